//! The password of a fence device: in a file of its own on every node, and nowhere else.
//!
//! A parameter `password` stands in the CIB in clear, and so in every copy of it that Pacemaker keeps
//! (`pe-input`) and in what `cibadmin` prints to whoever may read it. The agents' own way round it is
//! `password_script`, a command whose output is the password (4.12 and 4.16 run it by a shell, each time
//! they need it: a file that is written anew counts at once). Pacemaker's own, `cibsecret`, gives the value
//! to its processes as an argument for a moment, and fenced remembers what it read until the device is
//! registered anew.

use super::device::Device;
use crate::membership::members;
use crate::plan::{Step, words};
use std::collections::BTreeSet;

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
    (
        "password_script".to_owned(),
        format!("cat {}", path(device)),
    )
}

/// Returns the file of a device's password, where it is one of ours.
pub fn file_of<'a>(device: &Device<'a>) -> Option<&'a str> {
    let parameter = device.primitive.param("password_script")?;
    let path = parameter.strip_prefix("cat ")?;
    let name = path.strip_prefix(FOLDER)?.strip_prefix('/')?;
    (!name.is_empty() && !name.contains('/')).then_some(path)
}

/// A node whose file is written or removed.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its name.
    pub node: &'a str,
    /// What ssh takes to reach it; none for this host.
    pub target: Option<&'a str>,
}

/// Returns the steps that write a device's password, from `${password}`. One that is there is kept beside it
/// under this number, for an undo.
pub fn write(device: &str, kept: Option<u32>, place: Place) -> Vec<Step> {
    let path = path(device);
    let mut steps: Vec<Step> = kept
        .map(|number| keep(&path, number, place))
        .into_iter()
        .collect();
    let write = Step::run(
        words(&["install", "-D", "-m", "600", "/dev/stdin", &path]),
        format!(
            "for root on {} alone; the configuration has only the file's name",
            place.node
        ),
    )
    .stdin(format!("${{{PASSWORD}}}\n"))
    .at(place.target)
    .writing(&path)
    .undone_by(vec![as_before(&path, kept, place)]);
    steps.push(write);
    steps
}

/// Returns the steps that bring a device's password from this host to another one. One that is there is kept
/// under this number.
pub fn copy(device: &str, kept: Option<u32>, node: &str, target: &str) -> Vec<Step> {
    let path = path(device);
    let place = Place {
        node,
        target: Some(target),
    };
    let mut steps: Vec<Step> = kept
        .map(|number| keep(&path, number, place))
        .into_iter()
        .collect();
    let folder = words(&["install", "-d", "-m", "700", FOLDER]);
    // The copy is a command of this host, and what it writes is there.
    let folder = Step::run(folder, format!("a folder for it on {node}")).on(target);
    steps.push(folder.writing(&path));
    let copy = Step::run(
        members::scp(&path, &members::remote(target, &path)),
        match kept {
            Some(_) => format!("from disk to disk: {node} has another one"),
            None => format!("from disk to disk: {node} has none"),
        },
    )
    .undone_by(vec![as_before(&path, kept, place)]);
    steps.push(copy);
    steps
}

/// The line that prints what lies beside the passwords.
pub const LIST: &str = "ls /etc/pacemaker/fencing 2>/dev/null";

/// Returns a number under which no node has kept a password yet, by what [`LIST`] printed on each: no operation
/// overwrites what another one needs for its undo.
pub fn free_number<'a>(lists: impl IntoIterator<Item = &'a str>) -> u32 {
    let taken: BTreeSet<u32> = lists
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|name| name.rsplit_once(".before-")?.1.parse().ok())
        .collect();
    (1..).find(|number| !taken.contains(number)).unwrap_or(1)
}

/// Returns the name under which a password is kept.
fn kept(path: &str, number: u32) -> String {
    format!("{path}.before-{number}")
}

/// Returns the step that keeps a password that was there beside it, for an undo.
fn keep(path: &str, number: u32, place: Place) -> Step {
    let before = kept(path, number);
    Step::run(
        words(&["cp", "-p", path, &before]),
        format!("the one that {} has, in case it is wanted back", place.node),
    )
    .at(place.target)
    .writing(path)
    .undone_by(vec![
        Step::run(words(&["rm", "-f", &before]), "it is not needed").at(place.target),
    ])
}

/// Returns the step that takes back what was written: it can be run again, and fails where what was kept is gone.
fn as_before(path: &str, kept_under: Option<u32>, place: Place) -> Step {
    let step = match kept_under {
        Some(number) => Step::run(words(&["cp", "-p", &kept(path, number), path]), "as before"),
        None => Step::run(words(&["rm", "-f", path]), "it was not there before"),
    };
    step.at(place.target)
}

/// Returns the step that moves a removed password back; one that was not moved is still there.
fn bring_back(path: &str, before: &str, place: Place) -> Step {
    let script = "if test -e \"$0\"; then mv -f \"$0\" \"$1\"; else test -e \"$1\"; fi";
    Step::run(words(&["sh", "-c", script, before, path]), "as before").at(place.target)
}

/// Returns the step that removes a device's password, and keeps it under this number.
pub fn remove(device: &str, number: u32, place: Place) -> Step {
    let path = path(device);
    let before = kept(&path, number);
    Step::run(
        words(&["mv", "-f", &path, &before]),
        format!(
            "no longer used on {}; kept beside it for an undo",
            place.node
        ),
    )
    .at(place.target)
    .writing(&path)
    .undone_by(vec![bring_back(&path, &before, place)])
}
