//! Steps on this host that several verbs share: packages, services, the folder of the CIB.

use super::packages;
use crate::facts::{Facts, Monitor};
use crate::plan::{Plan, Step, Verify, words};
use std::path::Path;

/// The folder of corosync's configuration and the key.
pub const CONF_FOLDER: &str = "/etc/corosync";
/// The key that all nodes share.
pub const KEY: &str = "/etc/corosync/authkey";
/// The service that asks a quorum device's third host, where there is one: it needs corosync.
pub const DEVICE_DAEMON: &str = "corosync-qdevice";
/// Where Pacemaker keeps its folders.
pub const PACEMAKER: &str = "/var/lib/pacemaker";
/// Where Pacemaker keeps the configuration.
pub const CIB: &str = "/var/lib/pacemaker/cib";

/// How long a node may take to come back: 3 s among others, 20 to 23 s alone (dc-deadtime).
pub const REJOIN: u64 = 90;

/// The programs of a node: the file that is looked for, and the package that brings it.
const PACKAGES: [(&str, &str); 7] = [
    ("/usr/sbin/corosync", "corosync"),
    ("/usr/sbin/pacemakerd", "pacemaker"),
    ("/usr/sbin/cibadmin", "pacemaker-cli-utils"),
    ("/usr/sbin/crm", "crmsh"),
    (
        "/usr/lib/ocf/resource.d/heartbeat/IPaddr2",
        "resource-agents",
    ),
    ("/usr/bin/arping", "iputils-arping"),
    ("/usr/bin/scp", "openssh-client"),
];

/// Returns what is looked for to tell which packages are missing.
pub fn programs() -> Vec<String> {
    PACKAGES
        .iter()
        .map(|(path, _)| (*path).to_owned())
        .collect()
}

/// Returns the two services.
pub fn units() -> Vec<String> {
    ["corosync", "pacemaker"].map(str::to_owned).to_vec()
}

/// Adds the steps that install what is missing; returns true when there are any.
///
/// Debian starts what it installs: a cluster of its own, which would have to be stopped again and
/// for 20 s cannot be, since it waits for an election. A masked service is not started.
pub fn install(facts: &Facts, plan: &mut Plan) -> bool {
    let missing: Vec<(&str, &str)> = PACKAGES
        .iter()
        .filter(|(path, _)| !facts.has_program(path))
        .copied()
        .collect();
    if missing.is_empty() {
        return false;
    }
    plan.step(packages::update());
    let new: Vec<String> = units()
        .into_iter()
        .filter(|name| !facts.units.get(name).is_some_and(|unit| unit.exists))
        .collect();
    if !new.is_empty() {
        let back = unmask(&new, "what is installed may start again");
        plan.step(
            systemctl(
                "mask",
                &runtime(&new),
                "so that the packages do not start a cluster of their own",
            )
            .undone_by(vec![back]),
        );
    }
    let wanted: Vec<String> = missing
        .iter()
        .map(|(_, package)| (*package).to_owned())
        .collect();
    let mut step = packages::install(&wanted, "the cluster's programs and agents");
    for (path, _) in &missing {
        step = step.verify(Verify::Exists { path: path.into() });
    }
    plan.step(step);
    if !new.is_empty() {
        plan.step(unmask(&new, "they are ours to start now"));
    }
    true
}

/// A mask in /run is gone after a reboot, whatever happens to us.
fn runtime(units: &[String]) -> Vec<String> {
    let mut all = vec!["--runtime".to_owned()];
    all.extend(units.iter().cloned());
    all
}

fn unmask(units: &[String], why: &str) -> Step {
    systemctl("unmask", &runtime(units), why)
}

/// Returns those of the two services that run.
pub fn active(facts: &Facts) -> Vec<String> {
    let is = |unit: &String| facts.units.get(unit).is_some_and(|unit| unit.active);
    units().into_iter().filter(is).collect()
}

/// Returns true when both services run.
pub fn runs(facts: &Facts) -> bool {
    active(facts).len() == 2
}

fn unit(name: &str, enabled: Option<bool>, active: Option<bool>) -> Verify {
    Verify::Unit {
        unit: name.to_owned(),
        host: None,
        enabled,
        active,
    }
}

fn systemctl(verb: &str, units: &[String], why: &str) -> Step {
    let mut argv = words(&["systemctl", verb]);
    argv.extend(units.iter().cloned());
    Step::run(argv, why).within(90)
}

/// Returns the step that stops both services; undone by starting those that ran and, where this
/// host was among others that are `awaited`, by seeing it back among them.
pub fn stop(facts: &Facts, awaited: bool, why: &str) -> Step {
    let ran = active(facts);
    let both: Vec<String> = units().into_iter().rev().collect();
    let step = systemctl("stop", &both, why)
        .within(180)
        .verify(Verify::ClusterStopped)
        .verify(unit("corosync", None, Some(false)));
    if ran.is_empty() {
        return step;
    }
    let mut ran = ran;
    if facts
        .units
        .get(DEVICE_DAEMON)
        .is_some_and(|unit| unit.active)
    {
        // It ends with corosync, and does not start with it.
        ran.push(DEVICE_DAEMON.to_owned());
    }
    let mut again = systemctl("start", &ran, "as before");
    for name in &ran {
        again = again.verify(unit(name, None, Some(true)));
    }
    let nodes = facts.monitor.iter().flat_map(Monitor::members);
    let online: Vec<String> = nodes
        .filter(|node| node.online)
        .map(|node| node.name.clone())
        .collect();
    if awaited && !online.is_empty() {
        again = again
            .within(REJOIN)
            .waits_for(format!("{} to be let in again", facts.host))
            .verify(Verify::Online { nodes: online });
    }
    step.undone_by(vec![again])
}

/// Adds the steps that stop a cluster without resources, such as the one that Debian starts.
pub fn stop_empty(facts: &Facts, why: &str, plan: &mut Plan) {
    let electing = facts
        .monitor
        .as_ref()
        .is_some_and(|monitor| monitor.dc.is_none());
    if electing {
        plan.step(Step::run(
            ["systemctl", "kill", "--signal=KILL", "pacemaker"],
            "it is in its first election and would not stop before 20 s are over; it runs nothing",
        ));
    }
    plan.step(stop(facts, false, why));
}

/// Returns the step that lets corosync look at what it is about to start with.
pub fn look_of_corosync() -> Step {
    Step::run(
        ["corosync", "-t"],
        "corosync's own look at the file and the key",
    )
}

/// Returns the step that starts both services; undone by stopping those that did not run, which
/// are both where the plan stops them first.
pub fn start(facts: &Facts, stopped: bool, why: &str) -> Step {
    let ran = if stopped { Vec::new() } else { active(facts) };
    let mut started = units();
    if facts
        .units
        .get(DEVICE_DAEMON)
        .is_some_and(|unit| unit.enabled)
    {
        // It ends with corosync, and only a boot starts both.
        started.push(DEVICE_DAEMON.to_owned());
    }
    let mut step = systemctl("start", &started, why)
        .verify(unit("corosync", None, Some(true)))
        .verify(unit("pacemaker", None, Some(true)));
    let stop: Vec<String> = units()
        .into_iter()
        .rev()
        .filter(|name| !ran.contains(name))
        .collect();
    if !stop.is_empty() {
        let mut back = systemctl("stop", &stop, "as before").within(180);
        for name in &stop {
            back = back.verify(unit(name, None, Some(false)));
        }
        step = step.undone_by(vec![back]);
    }
    step
}

/// Adds the step that has both services started at boot, if they are not yet.
pub fn enable(facts: &Facts, plan: &mut Plan) {
    let asleep: Vec<String> = units()
        .into_iter()
        .filter(|name| !facts.units.get(name).is_some_and(|unit| unit.enabled))
        .collect();
    if asleep.is_empty() {
        return;
    }
    let mut back = systemctl("disable", &asleep, "as before");
    for name in &asleep {
        back = back.verify(unit(name, Some(false), None));
    }
    plan.step(
        systemctl(
            "enable",
            &units(),
            "started at boot: a node that reboots comes back",
        )
        .verify(unit("corosync", Some(true), None))
        .verify(unit("pacemaker", Some(true), None))
        .undone_by(vec![back]),
    );
}

/// Adds the step that has neither service started at boot, if one is.
pub fn disable(facts: &Facts, plan: &mut Plan) {
    let awake: Vec<String> = units()
        .into_iter()
        .filter(|name| facts.units.get(name).is_some_and(|unit| unit.enabled))
        .collect();
    if awake.is_empty() {
        return;
    }
    let mut step = systemctl("disable", &awake, "no longer started at boot");
    let mut back = systemctl("enable", &awake, "as before");
    for name in &awake {
        step = step.verify(unit(name, Some(false), None));
        back = back.verify(unit(name, Some(true), None));
    }
    plan.step(step.undone_by(vec![back]));
}

/// Adds the steps that put Pacemaker's configuration aside and leave an empty folder.
///
/// Two configurations with a history that meet are no merge: the one with the higher version
/// wins. Undone by bringing the folder back; what grew in the new one is kept beside it.
pub fn put_cib_aside(facts: &Facts, why: &str, plan: &mut Plan) {
    let (before, undone) = names_aside(facts);
    let back = format!(
        "if test -d {before}; then if test -e {CIB}; then mv -T {CIB} {undone}; fi; \
         mv -T {before} {CIB}; fi"
    );
    let back = Step::run(
        words(&["sh", "-c", &back]),
        format!("the configuration as before; the one there now is kept as {undone}"),
    )
    .verify(Verify::Exists { path: CIB.into() });
    plan.step(
        Step::run(words(&["mv", "-T", CIB, &before]), why)
            .verify(Verify::Exists {
                path: before.into(),
            })
            .undone_by(vec![back]),
    );
    let argv = ["install", "-d", "-o", "hacluster", "-g", "haclient", "-m"];
    plan.step(
        Step::run(
            [words(&argv), words(&["0750", CIB])].concat(),
            "an empty one in its place, for Pacemaker's own user",
        )
        .verify(Verify::Exists { path: CIB.into() }),
    );
}

/// Returns two names that nothing has: for what is put aside, and for what an undo puts aside.
fn names_aside(facts: &Facts) -> (String, String) {
    let none = Vec::new();
    let there = facts.folders.get(Path::new(PACEMAKER)).unwrap_or(&none);
    let free = |number: &u32| {
        let taken = |name: &str| there.contains(&format!("cib.{name}-{number}"));
        !taken("before") && !taken("undone")
    };
    let number = (1..).find(free).unwrap_or_default();
    (
        format!("{CIB}.before-{number}"),
        format!("{CIB}.undone-{number}"),
    )
}
