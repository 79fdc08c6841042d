//! The primary whose place a server took without it: kept in a file there, since once the link is gone
//! nothing else knows it, and it may come back and take writes.

use crate::facts::Database;
use crate::facts::database::FORMER_PRIMARY;
use crate::journal::STATE;
use crate::plan::{Step, shell_line};

/// Returns the step that keeps it; on the disk before the server takes a write.
pub fn remember(server: &Database, primary: &str) -> Step {
    let back = match &server.former_primary {
        Some(before) => vec![write(before, "the one before it")],
        None => vec![remove("nobody's place was taken")],
    };
    write(
        primary,
        format!("`db status` goes on looking at {primary}, which may come back and take writes"),
    )
    .undone_by(back)
}

/// Returns the step that forgets it, where there is one: the two are a primary and its replica again.
pub fn forget(server: &Database, via: Option<&str>) -> Option<Step> {
    let former = server.former_primary.as_deref()?;
    let on = |step: Step| match via {
        Some(host) => step.on(host),
        None => step,
    };
    let step = on(remove(format!("{former} is one of the two again")));
    Some(step.undone_by(vec![on(write(former, "as before"))]))
}

fn write(primary: &str, why: impl Into<String>) -> Step {
    let [address, file, folder] =
        [primary, FORMER_PRIMARY, STATE].map(|word| shell_line(&[word.to_owned()]));
    let script = format!(
        "umask 077; mkdir -p {folder}; echo {address} >{file}.new && sync {file}.new && mv {file}.new {file} && sync {folder}"
    );
    Step::run(["sh", "-c", &script], why)
}

fn remove(why: impl Into<String>) -> Step {
    Step::run(["rm", "--force", FORMER_PRIMARY], why)
}
