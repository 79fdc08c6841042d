//! The password of a fence device: in a file of its own on every node, and nowhere else.
//!
//! A parameter `password` stands in the CIB in clear, and so in every copy of it that Pacemaker keeps
//! (`pe-input`) and in what `cibadmin` prints to whoever may read it. The agents' own way round it is
//! `password_script`, a command whose output is the password (4.12 and 4.16 run it by a shell, each time
//! they need it: a file that is written anew counts at once). Pacemaker's own, `cibsecret`, gives the value
//! to its processes as an argument for a moment, and fenced remembers what it read until the device is
//! registered anew.

use crate::membership::members;
use crate::plan::{Step, Undo, words};

/// Where the passwords lie: beside Pacemaker's own key, so that fencing does not depend on this program.
const FOLDER: &str = "/etc/pacemaker/fencing";

/// The name by which steps know a device's password.
pub const PASSWORD: &str = "password";

/// Returns the file of a device's password.
pub fn path(device: &str) -> String {
    format!("{FOLDER}/{device}")
}

/// Returns the parameter by which an agent gets the password of a device.
pub fn parameter(device: &str) -> (String, String) {
    ("password_script".to_owned(), format!("cat {}", path(device)))
}

/// Returns the device whose password a file has, where a parameter is one of ours.
pub fn file_of(parameter: &str) -> Option<&str> {
    let path = parameter.strip_prefix("cat ")?;
    path.starts_with(FOLDER).then_some(path)
}

/// Returns the steps that write a device's password on this host, from `${password}`. One that was there
/// is kept beside it until an undo brings it back.
pub fn write(device: &str, was_there: bool, host: &str) -> Vec<Step> {
    let path = path(device);
    let mut steps: Vec<Step> = keep(&path, was_there, host).into_iter().collect();
    let mut write = Step::run(
        words(&["install", "-D", "-m", "600", "/dev/stdin", &path]),
        format!("for root on {host} alone; the configuration has only the file's name"),
    )
    .stdin(format!("${{{PASSWORD}}}\n"));
    if !was_there {
        write = write.undone_by(vec![remove_new(&path)]);
    }
    steps.push(write);
    steps
}

/// Returns the step that keeps a password that was there beside it, until an undo brings it back.
fn keep(path: &str, was_there: bool, host: &str) -> Option<Step> {
    let before = format!("{path}.before");
    let keep = Step::run(
        words(&["cp", "-p", path, &before]),
        format!("the one that {host} has, in case it is wanted back"),
    );
    let back = Step::run(words(&["mv", "-f", &before, path]), "as before");
    was_there.then(|| keep.undone_by(vec![back]))
}

fn remove_new(path: &str) -> Step {
    Step::run(words(&["rm", "-f", path]), "it was not there before")
}

/// Returns the steps that bring a device's password from this host to another one.
pub fn copy(device: &str, was_there: bool, host: &str, target: &str) -> Vec<Step> {
    let path = path(device);
    let mut steps: Vec<Step> = keep(&path, was_there, host).into_iter().collect();
    let folder = words(&["install", "-d", "-m", "700", FOLDER]);
    steps.push(Step::run(folder, format!("a folder for it on {host}")));
    let steps = steps.into_iter().map(|step| step.on(target));
    let mut copy = Step::run(
        members::scp(&path, &members::remote(target, &path)),
        format!("from disk to disk: {host} was off, or new, when it was written"),
    );
    if !was_there {
        copy = copy.undone_by(vec![remove_new(&path).on(target)]);
    }
    steps.chain([copy]).collect()
}

/// Returns the step that removes a device's password from this host.
pub fn remove(device: &str, host: &str) -> Step {
    let path = path(device);
    let removed = format!("{path}.removed");
    Step::run(
        words(&["mv", "-f", &path, &removed]),
        format!("no longer used on {host}; kept beside it for an undo"),
    )
    .undo(Undo::Steps {
        steps: vec![Step::run(words(&["mv", "-f", &removed, &path]), "as before")],
    })
}
