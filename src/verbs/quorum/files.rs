//! corosync.conf on every node: written beside, compared, renamed, and one reload; and the way back.

use super::picture::{Picture, argv_on, at_once, on};
use crate::facts::{COROSYNC_CONF, Facts, FileState};
use crate::membership::device::Side;
use crate::membership::members::{self, remote, same_file, scp};
use crate::membership::services::DEVICE_DAEMON;
use crate::plan::{Guard, Plan, Step, Undo, Verify, over_ssh, words};

/// The new file before it takes the old one's place.
const NEW: &str = "/etc/corosync/corosync.conf.new";
/// What stops a node's daemon. Told to end, it may end with status 1, since its own helper was told so too, and
/// then counts as failed (seen on 3.0.3).
const STOP: &str = "systemctl stop corosync-qdevice; \
     ! systemctl --quiet is-failed corosync-qdevice || systemctl reset-failed corosync-qdevice";
/// What has every node read its file.
const RELOAD: &str = "corosync-cfgtool -R";

/// Returns the sides whose file is another one.
pub fn differing<'a>(picture: &'a Picture, text: &str) -> Vec<&'a Side> {
    let differs = |side: &&Side| side.conf.as_deref() != Some(text);
    picture.sides.iter().filter(differs).collect()
}

/// Adds the steps that write the file beside on each node that has another one; nothing counts on it yet.
pub fn beside(picture: &Picture, facts: &Facts, text: &str, plan: &mut Plan) {
    let differing = differing(picture, text);
    if differing.is_empty() {
        return;
    }
    let mode = match facts.file(COROSYNC_CONF) {
        FileState::Text(content) => format!("{:o}", content.mode),
        _ => "644".to_owned(),
    };
    let remove = || Step::run(["rm", "-f", NEW], "the new file is not needed");
    plan.step(
        Step::run(
            ["install", "-m", &mode, "/dev/stdin", NEW],
            "beside the old one, which stays in force until the reload",
        )
        .stdin(text)
        .undone_by(vec![remove()]),
    );
    plan.step(Step::run(
        ["corosync", "-t", "-c", NEW],
        "corosync's own look at it",
    ));
    for target in differing.iter().filter_map(|side| side.target.as_ref()) {
        plan.step(
            Step::run(
                scp(NEW, &remote(target, NEW)),
                "from disk to disk; compared before anything counts on it",
            )
            .verify(same_file(NEW, target))
            .undone_by(vec![remove().on(target)]),
        );
    }
    if picture.own().conf.as_deref() == Some(text) {
        plan.step(remove());
    }
}

/// Adds the steps that rename it on each node. What has been done once the old one is everywhere again is the
/// way back's own, such as a reload.
pub fn rename(picture: &Picture, text: &str, back: &[Step], plan: &mut Plan) {
    let mut back = Some(back.to_vec());
    let differing = differing(picture, text);
    for side in differing.iter().rev() {
        let step = Step::run(["mv", "-f", NEW, COROSYNC_CONF], "one rename");
        let mut step = match &side.target {
            Some(target) => step
                .on(target)
                .undone_by(old_file(side, target))
                .guarded(unchanged(side, target, text)),
            None => step.undo(Undo::Files {
                paths: vec![COROSYNC_CONF.into()],
            }),
        };
        // Undone last of all renames: by then every node has its old file again.
        if let Some(back) = back.take() {
            step = step.after_undo(back);
        }
        if side.target.is_none() {
            for other in differing.iter().filter_map(|side| side.target.as_ref()) {
                step = step.verify(same_file(COROSYNC_CONF, other));
            }
        }
        plan.step(step);
    }
}

/// Returns the steps that give a node the file that it had.
fn old_file(side: &Side, target: &str) -> Vec<Step> {
    let Some(old) = side.conf.clone() else {
        return vec![Step::run(["rm", "-f", COROSYNC_CONF], "it had none").on(target)];
    };
    vec![
        Step::run(
            ["install", "-m", "644", "/dev/stdin", NEW],
            "the file as it was, beside the one there",
        )
        .stdin(old)
        .on(target),
        Step::run(["mv", "-f", NEW, COROSYNC_CONF], "one rename").on(target),
    ]
}

/// Returns the guard of a way back: the file on another node is still the one that was written.
fn unchanged(side: &Side, target: &str, text: &str) -> Guard {
    let look = format!("cmp -s - {COROSYNC_CONF} && echo same || echo changed");
    Guard {
        argv: over_ssh(target, &words(&["sh", "-c", &look])),
        stdin: Some(text.to_owned()),
        line: "same".to_owned(),
        otherwise: format!("{COROSYNC_CONF} on {} was changed since", side.name),
        hints: Vec::new(),
    }
    .hint(
        "to take a quorum device out all the same",
        "bascule quorum remove",
    )
}

/// Returns the step that stops these daemons everywhere at once and has every node read its file: in between
/// the votes that are left are all needed.
pub fn stop_and_reload(stopped: &[&Side], why: &str) -> Step {
    if stopped.is_empty() {
        return members::reload(why);
    }
    let stop = at_once(stopped, &["sh", "-c", STOP]);
    Step::run(["sh", "-euc", &format!("{stop}; {RELOAD}")], why).within(60)
}

/// Returns the step that has every node read its file, if it must, and starts these daemons everywhere at once.
pub fn reload_and_start(reload: bool, started: &[&Side], why: &str) -> Step {
    let argv = ["systemctl", "start", DEVICE_DAEMON];
    let step = match (reload, started) {
        (_, []) => members::reload(why),
        (false, [one]) => on(Step::run(argv, why), one),
        (false, _) => Step::run(["sh", "-euc", &at_once(started, &argv)], why),
        (true, _) => {
            let start = at_once(started, &argv);
            Step::run(["sh", "-euc", &format!("{RELOAD}; {start}")], why)
        }
    };
    step.within(60)
}

/// Returns a step with the proof that a node counts on so many votes and has them.
pub fn counted(step: Step, side: &Side, votes: usize) -> Step {
    step.verify(Verify::Prints {
        argv: argv_on(side, &["corosync-quorumtool", "-s"]),
        text: format!("Total votes:      {votes}"),
        proves: format!("{} counts {votes} votes", side.name),
    })
}

/// Returns the step that has the daemons start at boot on these nodes, or no longer; it takes a second for each
/// (`systemd-sysv-install`), so that all do it at once.
pub fn at_boot(sides: &[&Side], starts: bool, why: &str) -> Step {
    let (word, back) = match starts {
        true => ("enable", "disable"),
        false => ("disable", "enable"),
    };
    let step = |word: &str, why: &str| {
        let argv = ["systemctl", "--quiet", word, DEVICE_DAEMON];
        match sides {
            [one] => on(Step::run(argv, why), one),
            _ => Step::run(["sh", "-euc", &at_once(sides, &argv)], why),
        }
    };
    let mut done = step(word, why).undone_by(vec![step(back, "as before")]);
    for side in sides {
        done = done.verify(Verify::Unit {
            unit: DEVICE_DAEMON.to_owned(),
            host: side.target.clone(),
            enabled: Some(starts),
            active: None,
        });
    }
    done
}
