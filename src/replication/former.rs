//! The primary whose place a server took: kept in a file there. Without it (`--primary-is-dead`) nothing
//! else knows it once the link is gone, and it may come back and take writes. With it, until it follows:
//! should the link between the two be cut past the point of no return, the file alone tells which of
//! them is the primary now.

use super::endpoint::Endpoint;
use crate::facts::DatabaseServer;
use crate::facts::database::HANDED_OVER;
use crate::plan::{Step, shell_line};
use crate::state::StateFolder;
use std::path::Path;

/// Returns the step that keeps it; on the disk before the server takes a write.
pub fn remember(server: &DatabaseServer, primary: &str) -> Step {
    let back = before(server, primary);
    write(
        &server.state,
        primary,
        false,
        format!("`db status` goes on looking at {primary}, which may come back and take writes"),
    )
    .undone_by(vec![back])
}

/// Returns the step that keeps whom a server follows that becomes the primary with its help.
pub fn remember_until_it_follows(new: &Endpoint, primary: &str) -> Step {
    let back = new.place(before(new.server, primary));
    let why = format!(
        "should {primary} be cut off half-way, `db status` on {} knows who is the primary",
        new.name()
    );
    new.place(write(&new.server.state, primary, true, why))
        .undone_by(vec![back])
}

/// Returns the step that forgets it: the two are a primary and its replica.
pub fn forget_once_it_follows(new: &Endpoint, primary: &str) -> Step {
    let state = &new.server.state;
    let back = new.place(write(state, primary, true, "as before"));
    let why = format!("{primary} follows: nothing is left half done");
    new.place(remove(state, why)).undone_by(vec![back])
}

/// Returns the step that forgets it, where there is one: the two are a primary and its replica again.
pub fn forget(server: &DatabaseServer, via: Option<&str>) -> Option<Step> {
    let former = server.former_primary.as_deref()?;
    let state = &server.state;
    let step = remove(state, format!("{former} is one of the two again")).at(via);
    let back = write(state, former, server.handed_over, "as before").at(via);
    Some(step.undone_by(vec![back]))
}

/// Returns the step that makes it as it was before it was kept.
fn before(server: &DatabaseServer, primary: &str) -> Step {
    let state = &server.state;
    match &server.former_primary {
        Some(former) if former != primary => {
            write(state, former, server.handed_over, "the one before it")
        }
        _ => remove(state, "nobody's place was taken"),
    }
}

fn write(state: &StateFolder, primary: &str, handed_over: bool, why: impl Into<String>) -> Step {
    let word = |path: &Path| shell_line(&[path.display().to_string()]);
    let address = shell_line(&[primary.to_owned()]);
    let (file, folder) = (word(&state.former_primary()), word(state.path()));
    let lines = match handed_over {
        true => format!("printf '%s\\n' {address} '{HANDED_OVER}'"),
        false => format!("echo {address}"),
    };
    let script = format!(
        "umask 077; mkdir -p {folder}; {lines} >{file}.new && sync {file}.new && mv {file}.new {file} && sync {folder}"
    );
    Step::run(["sh", "-c", &script], why)
}

fn remove(state: &StateFolder, why: impl Into<String>) -> Step {
    let file = state.former_primary().display().to_string();
    Step::run(["rm", "--force", &file], why)
}
