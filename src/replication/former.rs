//! The primary whose place a server took: kept in a file there. Without it (`--primary-is-dead`) nothing
//! else knows it once the link is gone, and it may come back and take writes. With it, until it follows:
//! should the link between the two be cut past the point of no return, the file alone tells which of
//! them is the primary now.

use super::endpoint::Side;
use crate::facts::Database;
use crate::facts::database::{FORMER_PRIMARY, HANDED_OVER};
use crate::journal::STATE;
use crate::plan::{Step, shell_line};

/// Returns the step that keeps it; on the disk before the server takes a write.
pub fn remember(server: &Database, primary: &str) -> Step {
    let back = before(server, primary);
    write(
        primary,
        false,
        format!("`db status` goes on looking at {primary}, which may come back and take writes"),
    )
    .undone_by(vec![back])
}

/// Returns the step that keeps whom a server follows that becomes the primary with its help.
pub fn remember_until_it_follows(new: &Side, primary: &str) -> Step {
    let back = place(before(new.server, primary), new.via);
    let why = format!(
        "should {primary} be cut off half-way, `db status` on {} knows who is the primary",
        new.name()
    );
    place(write(primary, true, why), new.via).undone_by(vec![back])
}

/// Returns the step that forgets it: the two are a primary and its replica.
pub fn forget_once_it_follows(new: &Side, primary: &str) -> Step {
    let back = place(write(primary, true, "as before"), new.via);
    place(
        remove(format!("{primary} follows: nothing is left half done")),
        new.via,
    )
    .undone_by(vec![back])
}

/// Returns the step that forgets it, where there is one: the two are a primary and its replica again.
pub fn forget(server: &Database, via: Option<&str>) -> Option<Step> {
    let former = server.former_primary.as_deref()?;
    let step = place(remove(format!("{former} is one of the two again")), via);
    let back = write(former, server.handed_over, "as before");
    Some(step.undone_by(vec![place(back, via)]))
}

/// Returns the step that makes it as it was before it was kept.
fn before(server: &Database, primary: &str) -> Step {
    match &server.former_primary {
        Some(former) if former != primary => write(former, server.handed_over, "the one before it"),
        _ => remove("nobody's place was taken"),
    }
}

fn place(step: Step, via: Option<&str>) -> Step {
    match via {
        Some(host) => step.on(host),
        None => step,
    }
}

fn write(primary: &str, handed_over: bool, why: impl Into<String>) -> Step {
    let [address, file, folder] =
        [primary, FORMER_PRIMARY, STATE].map(|word| shell_line(&[word.to_owned()]));
    let lines = match handed_over {
        true => format!("printf '%s\\n' {address} '{HANDED_OVER}'"),
        false => format!("echo {address}"),
    };
    let script = format!(
        "umask 077; mkdir -p {folder}; {lines} >{file}.new && sync {file}.new && mv {file}.new {file} && sync {folder}"
    );
    Step::run(["sh", "-c", &script], why)
}

fn remove(why: impl Into<String>) -> Step {
    Step::run(["rm", "--force", FORMER_PRIMARY], why)
}
