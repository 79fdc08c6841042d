//! What the verbs on resources stand on: the configuration, the nodes, what keeps things still.

use super::goes;
use crate::cib::{Agent, Cib, Fencing, Object, Primitive, ResourceOperation};
use crate::facts::{COROSYNC_CONF, Cluster, Facts, Monitor, Needs};
use crate::health;
use crate::plan::{Action, Blocked, Check, Danger, Plan, Refusal, Step, Undo, Verify};

/// Returns what every verb that lists what there is must know.
pub fn listed() -> Needs {
    Needs {
        cib: true,
        monitor: true,
        files: vec![COROSYNC_CONF.into()],
        ..Needs::default()
    }
}

/// Returns the configuration, from the cluster or from the disk.
///
/// # Errors
/// When there is no cluster on this host at all.
pub fn read(facts: &Facts) -> Result<&Cib, Refusal> {
    if health::is_an_example(facts) {
        return Err(Refusal::check(only_the_packages_own(facts))
            .hint("to make one", init_command(facts))
            .hint("to join one, on this host", "bascule cluster join HOST"));
    }
    match &facts.cluster {
        Cluster::Running(cib) | Cluster::Stopped { cib: Some(cib), .. } => Ok(cib),
        Cluster::Stopped { why, missing, .. } => Err(no_cluster(facts, why, *missing)),
        Cluster::Unread => Err(no_cluster(facts, "it was not read", false)),
    }
}

/// Returns the configuration to plan on, and notes in the plan what it stands on: its version, and
/// that it cannot be run where it comes from the disk.
///
/// # Errors
/// When there is no cluster on this host at all.
pub fn configuration<'a>(facts: &'a Facts, plan: &mut Plan) -> Result<&'a Cib, Refusal> {
    let cib = read(facts)?;
    match facts.cluster.absence() {
        None => plan.base = Some(cib.version()),
        Some(absence) => {
            plan.check(Check::warning(format!(
                "{absence}: planned from the configuration on disk"
            )));
            plan.blocked = Some(Blocked {
                why: absence,
                mend: "bascule cluster start".to_owned(),
            });
        }
    }
    Ok(cib)
}

/// Returns what every verb that changes the configuration must know.
pub fn needs() -> Needs {
    Needs {
        cib: true,
        programs: vec!["crm".to_owned()],
        files: vec![COROSYNC_CONF.into()],
        ..Needs::default()
    }
}

/// Returns the needs of a change, and the cluster's view of what runs where.
pub fn needs_with_view() -> Needs {
    Needs {
        monitor: true,
        ..needs()
    }
}

/// Returns the configuration to change, as [`configuration`] does, where crmsh can change it.
///
/// # Errors
/// When there is no cluster on this host, or crmsh is missing.
pub fn to_change<'a>(facts: &'a Facts, plan: &mut Plan) -> Result<&'a Cib, Refusal> {
    let cib = configuration(facts, plan)?;
    program(facts, "crm", "crmsh")?;
    Ok(cib)
}

/// Returns the refusal for a host without a cluster, which may be one without its packages.
fn no_cluster(facts: &Facts, why: &str, missing: bool) -> Refusal {
    if missing {
        return Refusal::check(format!("there is no cluster on this host: {why}"))
            .hint("to make one", init_command(facts));
    }
    Refusal::check(format!("the cluster on this host does not answer: {why}"))
        .hint("to start it", "bascule cluster start")
        .hint("to make one", init_command(facts))
}

/// Returns, as a sentence without full stop, that nobody has made a cluster here yet.
pub fn only_the_packages_own(facts: &Facts) -> String {
    format!(
        "there is no cluster on {} yet, but for the one-node cluster that its packages leave",
        facts.host
    )
}

/// Returns the command that makes a cluster.
fn init_command(facts: &Facts) -> String {
    format!(
        "bascule cluster init --name NAME --node {}=ADDRESS --node …",
        facts.host
    )
}

/// Refuses where a program that a step runs is missing.
///
/// # Errors
/// When it is not on PATH.
fn program(facts: &Facts, name: &str, package: &str) -> Result<(), Refusal> {
    if facts.has_program(name) {
        return Ok(());
    }
    Err(
        Refusal::check(format!("{name} is not installed on {}", facts.host))
            .hint("to install it", format!("apt-get install {package}")),
    )
}

/// Adds the warning every resource deserves while a split could leave it running twice.
pub fn warn_of_fencing(cib: &Cib, plan: &mut Plan) {
    if cib.fencing() == Fencing::Off {
        plan.check(
            Check::warning("fencing is off: after a split both nodes could run it")
                .note("bascule fence add"),
        );
    }
}

/// A property by which the cluster as a whole starts and moves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterHold {
    why: &'static str,
    ends: &'static str,
}

impl ClusterHold {
    /// Returns the refusal of what it keeps from happening.
    pub fn refusal(&self, what: &str) -> Refusal {
        Refusal::check(format!("{what}: {}", self.why)).hint("to end that", self.ends)
    }
}

/// Returns the property by which the cluster as a whole starts and moves nothing, if one does.
pub fn cluster_holds(cib: &Cib) -> Option<ClusterHold> {
    let is = |name: &str| cib.is_on(name) == Some(true);
    let held = |why, ends| Some(ClusterHold { why, ends });
    match () {
        () if is("maintenance-mode") => held(
            "the cluster is in maintenance",
            "bascule cluster set maintenance-mode=false",
        ),
        () if is("stop-all-resources") => held(
            "stop-all-resources is set",
            "bascule cluster set stop-all-resources=false",
        ),
        () => None,
    }
}

/// What keeps a resource from being started now, though it can be configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBack {
    /// A property by which the cluster as a whole starts and moves nothing.
    Cluster(ClusterHold),
    /// Too few nodes see each other.
    NoQuorum,
    /// No node takes anything.
    NoNode,
    /// No location names it yet, and the cluster wants one.
    OptIn,
}

impl HeldBack {
    /// Returns it as a sentence without full stop.
    pub fn why(self) -> &'static str {
        match self {
            HeldBack::Cluster(hold) => hold.why,
            HeldBack::NoQuorum => "there is no quorum",
            HeldBack::NoNode => "every node is in standby or maintenance",
            HeldBack::OptIn => {
                "symmetric-cluster is false, nothing runs on a node that no location of it names"
            }
        }
    }
}

/// Returns why nothing would start now, if so: it can be configured all the same.
pub fn held_back(cib: &Cib) -> Option<HeldBack> {
    let is = |name: &str, value: &str| cib.property(name).as_deref() == Some(value);
    if let Some(hold) = cluster_holds(cib) {
        return Some(HeldBack::Cluster(hold));
    }
    if !cib.have_quorum() && !is("no-quorum-policy", "ignore") {
        return Some(HeldBack::NoQuorum);
    }
    let mut nodes = cib.nodes().iter();
    let takes_nothing = nodes.len() > 0 && nodes.all(|node| node.standby || node.maintenance);
    takes_nothing.then_some(HeldBack::NoNode)
}

/// Returns why something new, which no location names yet, would not start now, if so.
pub fn held_back_new(cib: &Cib) -> Option<HeldBack> {
    let opt_in = || (cib.is_on("symmetric-cluster") == Some(false)).then_some(HeldBack::OptIn);
    held_back(cib).or_else(opt_in)
}

/// Adds the step that configures something, which is proved by running, unless something holds it
/// back: then `otherwise` says what will not be.
pub fn add_and_prove(
    plan: &mut Plan,
    step: Step,
    proof: Verify,
    held_back: Option<&str>,
    otherwise: &str,
) {
    // Before it is waited for, since two of them would not come to rest; and at the end once more, since
    // somebody else may have added the other one meanwhile.
    let once: Vec<Verify> = match &step.action {
        Action::Crm { objects } => objects.iter().filter_map(unique_proof).collect(),
        _ => Vec::new(),
    };
    let prove_once = |step: Step| once.iter().cloned().fold(step, Step::verify);
    let step = match held_back {
        None => prove_once(prove_once(step).verify(proof)),
        Some(why) => {
            plan.check(Check::warning(format!(
                "{why}: it will be configured, and {otherwise}"
            )));
            prove_once(step)
        }
    };
    plan.step(step);
}

/// Returns the proof that nothing else is the same address or service.
fn unique_proof(object: &Object) -> Option<Verify> {
    let primitive = object.primitive()?;
    Some(Verify::Once {
        resource: primitive.id.clone(),
        thing: primitive.unique_thing()?.to_string(),
    })
}

/// Returns the node of that name, or the refusal that names the existing ones.
///
/// # Errors
/// When there is none.
pub fn node<'a>(cib: &'a Cib, name: &str) -> Result<&'a crate::cib::Node, Refusal> {
    cib.node(name).ok_or_else(|| {
        let names: Vec<&str> = cib.nodes().iter().map(|node| node.name.as_str()).collect();
        Refusal::check(format!(
            "the cluster has no node {name}; it has {}",
            names.join(", ")
        ))
        .did_you_mean(name, names)
        .hint("the nodes", "bascule node list")
    })
}

/// Returns the nodes that can run something now; without the cluster's own view, those that the
/// configuration does not empty.
pub fn able_nodes(cib: &Cib, monitor: Option<&Monitor>) -> Vec<String> {
    cib.nodes()
        .iter()
        .filter(|node| !node.standby && !node.maintenance)
        .filter(|node| {
            monitor.is_none_or(|monitor| {
                monitor
                    .node(&node.name)
                    .is_some_and(|node| node.online && !node.standby && !node.maintenance)
            })
        })
        .map(|node| node.name.clone())
        .collect()
}

/// The use of a name in the configuration, for a verb that wants to add it.
pub enum NameUse {
    /// The name is not there.
    New,
    /// The object is there, just so.
    There,
}

/// Finds out whether a name that no object has can be given to one.
///
/// # Errors
/// When it stands for something else: crmsh takes a node and a resource of one name for each other.
pub fn unused(cib: &Cib, name: &str) -> Result<(), Refusal> {
    if cib.node(name).is_some() {
        return Err(Refusal::check(format!(
            "{name} is the name of a node: crmsh would take one for the other"
        ))
        .hint("the names that nodes have", "bascule node list"));
    }
    if cib.ids().contains(name) {
        return Err(Refusal::check(format!(
            "the name {name} is taken by something else in the configuration"
        ))
        .hint("to see it", format!("crm configure show {name}")));
    }
    Ok(())
}

/// Returns the command that removes what has a name: none for properties, without which there is no
/// cluster.
fn removal(cib: &Cib, there: &Object) -> Option<String> {
    let name = there.id();
    match there {
        _ if there.primitive().is_some_and(Primitive::fences) => {
            Some("bascule fence remove".to_owned())
        }
        _ if there.is_resource() => Some(match super::address::find_address(cib, name) {
            Ok(_) => format!("bascule vip remove {name}"),
            Err(_) => format!("bascule web remove {name}"),
        }),
        Object::Location(_) | Object::Colocation(_) | Object::Order(_) => {
            Some(format!("crm configure delete {name}"))
        }
        _ => None,
    }
}

/// Compares what is asked for with what has its name.
///
/// # Errors
/// When something else has the name: says what differs.
pub fn wanted(cib: &Cib, object: &Object) -> Result<NameUse, Refusal> {
    let Some(there) = cib.object(object.id()) else {
        unused(cib, object.id())?;
        return Ok(NameUse::New);
    };
    let differs = there.difference(object);
    if differs.is_empty() {
        return Ok(NameUse::There);
    }
    let refusal = Refusal::check(format!(
        "there is a {} {} already, and it differs: {}",
        there.kind(),
        object.id(),
        differs.join("; ")
    ))
    .hint("to see it", format!("crm configure show {}", object.id()));
    Err(match removal(cib, there) {
        Some(command) => refusal.hint("to replace it, first", command),
        None => refusal,
    })
}

/// Returns a monitor.
pub fn monitor(interval: &str, timeout: &str) -> ResourceOperation {
    ResourceOperation::new("monitor", interval, Some(timeout))
}

/// Returns one of our own agents, which are known to parse.
pub fn own_agent(name: &'static str) -> Agent {
    name.parse().expect("a name written in this program")
}

/// Returns those objects that are not there yet.
///
/// # Errors
/// When something else has a name.
pub fn missing(cib: &Cib, objects: Vec<Object>) -> Result<Vec<Object>, Refusal> {
    let mut missing = Vec::new();
    for object in objects {
        if let NameUse::New = wanted(cib, &object)? {
            missing.push(object);
        }
    }
    Ok(missing)
}

/// Says in a plan that there is nothing of a name to remove; `meant` is the name that was perhaps meant.
pub fn nothing_to_remove(name: &str, meant: Option<String>, plan: &mut Plan) {
    plan.headline = format!("there is no {name}");
    plan.base = None;
    if let Some(near) = meant {
        plan.check(Check::warning(format!("did you mean {near}?")));
    }
}

/// Adds the step that stops and removes resources, with all that points to them.
///
/// # Errors
/// When the cluster would not stop them, so that they would run on unconfigured.
pub fn remove(facts: &Facts, cib: &Cib, names: &[String], plan: &mut Plan) -> Result<(), Refusal> {
    let monitor = facts.monitor.as_ref();
    let touches = goes::note_removal_effects(facts, cib, names, plan);
    let running: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| monitor.is_some_and(|monitor| !monitor.places(name).is_empty()))
        .collect();
    if let Some(word) = running.first() {
        let stays = format!("{word} runs and would not be stopped");
        match held_back(cib) {
            Some(HeldBack::Cluster(hold)) => return Err(hold.refusal(&stays)),
            Some(held @ HeldBack::NoQuorum) => {
                return Err(Refusal::check(format!("{stays}: {}", held.why()))
                    .hint("to see why", "bascule status"));
            }
            // A node in standby stops what it has.
            Some(HeldBack::NoNode | HeldBack::OptIn) | None => {}
        }
        let left_alone = monitor.and_then(|monitor| {
            let mut each = names.iter();
            each.find_map(|name| health::left_alone(monitor, name))
        });
        if let Some(left_alone) = left_alone {
            return Err(left_alone.refusal("it would not be stopped", cib));
        }
        plan.danger = Some(Danger::new(
            format!("{} will stop", running.join(", ")),
            *word,
        ));
    }
    let mut argv = vec!["crm", "--force", "configure", "delete"];
    argv.extend(names.iter().map(String::as_str));
    let mut step = Step::run(
        argv,
        "stopped, waited for, then removed from the configuration",
    )
    .undo(Undo::Cib { touches })
    .within(60)
    .verify(Verify::Unconfigured {
        ids: names.to_vec(),
    });
    for name in names {
        step = step.verify(Verify::Gone {
            resource: name.clone(),
        });
    }
    plan.step(step);
    Ok(())
}

/// Returns the beginning of the command that sets or deletes a node's attribute until it boots: in the status,
/// not in the configuration.
pub fn attribute_until_boot<'a>(node: &'a str, name: &'a str) -> [&'a str; 7] {
    [
        "crm_attribute",
        "--node",
        node,
        "--lifetime",
        "reboot",
        "--name",
        name,
    ]
}
