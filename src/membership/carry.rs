//! A changed corosync.conf: to every node that has it, and then one reload, by which each reads its own.

use super::members;
use super::members::NodeAnswer;
use super::nodes;
use crate::conf::CorosyncConf;
use crate::facts::{COROSYNC_CONF, Facts, FileState};
use crate::plan::{Check, FileContent, Plan, Refusal, Step, Verify, over_ssh, words};

/// Returns how ssh reaches the other nodes that have this host's file, and need the new one.
///
/// # Errors
/// When one of them cannot be asked, or has another file: half of the nodes with another is no cluster.
pub fn holders(
    facts: &Facts,
    conf: &CorosyncConf,
    plan: &mut Plan,
) -> Result<Vec<String>, Refusal> {
    let mut names = Vec::new();
    let nodes = nodes::members_of(conf, facts);
    for node in nodes.iter().filter(|node| !node.own) {
        let (name, target) = (&node.name, members::target(node, facts));
        match members::answer(node, facts, plan) {
            NodeAnswer::Asking => names.push(target),
            NodeAnswer::Unreachable(why) => {
                let what = "its corosync.conf would stay the old one";
                return Err(members::unreachable(node, facts, &why, what));
            }
            NodeAnswer::OtherFile => return Err(members::other_file(name, &target)),
            NodeAnswer::Apart => {
                plan.check(Check::ok(format!(
                    "{name} has not joined yet: it gets the file when it does"
                )));
            }
            NodeAnswer::Same => {
                plan.check(
                    Check::ok(format!("{name} has the same corosync.conf and key"))
                        .note("ssh, sha256"),
                );
                names.push(target);
            }
        }
    }
    Ok(names)
}

/// Adds the steps that put a file in another's place here and on these nodes, and the reload. `proof` says
/// what a host, this one where it is none, shows of a file once it was read.
///
/// # Errors
/// When the file here is none that can be changed.
pub fn change(
    facts: &Facts,
    [old, new]: [&CorosyncConf; 2],
    others: &[String],
    why: &str,
    proof: impl Fn(&CorosyncConf, Option<&str>) -> Vec<Verify>,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let FileState::Text(content) = facts.file(COROSYNC_CONF) else {
        return Err(Refusal::check(format!("{COROSYNC_CONF} cannot be read")));
    };
    let proved = |mut step: Step, conf: &CorosyncConf, host: Option<&str>| {
        for verify in proof(conf, host) {
            step = step.verify(verify);
        }
        step
    };
    let after = FileContent {
        text: new.to_text(),
        ..content.clone()
    };
    let reload_back = members::reload("every node reads the file as it was");
    plan.step(
        Step::file(
            COROSYNC_CONF,
            facts.file(COROSYNC_CONF).before(),
            Some(after),
            why,
        )
        .after_undo(vec![proved(reload_back, old, None)]),
    );
    plan.step(Step::run(
        ["corosync", "-t"],
        "corosync's own look: a file that it does not read is ignored by a reload",
    ));
    for name in others {
        let back = members::write_conf(name, &content.text, "as it was");
        plan.step(
            Step::run(
                members::scp(COROSYNC_CONF, &members::remote(name, COROSYNC_CONF)),
                "each node reads its own file: it must be the same everywhere",
            )
            .verify(members::same_file(COROSYNC_CONF, name))
            .undone_by(vec![back]),
        );
    }
    let reload = members::reload("once, when all have it: every node reads its own file");
    let mut reload = proved(reload, new, None);
    for name in others {
        reload = proved(reload, new, Some(name));
    }
    plan.step(reload);
    Ok(())
}

/// Returns the proof that a host's corosync runs with the consensus of a file.
pub fn agrees_within(conf: &CorosyncConf, host: Option<&str>) -> Verify {
    let consensus = conf.consensus_in_force();
    let argv = words(&["corosync-cmapctl", "-g", "runtime.config.totem.consensus"]);
    let place = host.unwrap_or("this host");
    Verify::Prints {
        argv: match host {
            Some(host) => over_ssh(host, &argv),
            None => argv,
        },
        text: format!("= {consensus}"),
        proves: format!("corosync on {place} has a consensus of {consensus} ms"),
    }
}
