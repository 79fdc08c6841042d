//! `node`: emptying a node for work, and letting it run things again.

mod document;

use crate::cib;
use crate::cib::Cib;
use crate::facts::{Facts, Monitor, MonitorNode, Movement, Needs, NodeKind};
use crate::names::{Name, NodeName};
use crate::plan::{Check, NodeState, Plan, Refusal, Step, Undo, Verify};
use crate::report::{Report, Role, Span};
use crate::resources::named::family;
use crate::resources::{forecast, preconditions};
use crate::verb::{Change, Look};
use clap::{Args, Subcommand};
use document::{ListedNode, NodeListDocument};

/// The cluster's nodes
#[derive(Debug, Subcommand)]
pub enum Node {
    // What a verb is stands with its arguments: a comment here would hide all but its first line.
    #[command(flatten)]
    NodeChange(NodeChange),
    List(List),
}

/// What a node can be turned into, one verb each.
#[derive(Debug, Subcommand)]
pub enum NodeChange {
    /// Empty a node: what runs there moves away, and nothing starts there
    Standby {
        /// The node
        #[arg(value_name = "NODE", add = Name::NodeInService)]
        node: NodeName,
    },
    /// End a standby: the node may run things again
    Online {
        /// The node
        #[arg(value_name = "NODE", add = Name::NodeInStandby)]
        node: NodeName,
    },
    /// Leave what runs on a node alone: nothing is started, stopped or watched there
    Maintenance {
        /// The node
        #[arg(value_name = "NODE", add = Name::NodeLookedAfter)]
        node: NodeName,
    },
    /// End a maintenance: the cluster takes care again
    Ready {
        /// The node
        #[arg(value_name = "NODE", add = Name::NodeInMaintenance)]
        node: NodeName,
    },
}

/// The nodes, their state, and what runs there
#[derive(Debug, Args)]
pub struct List {}

/// How long emptying a node may take: a service has up to 100 s to stop, another to start.
const EMPTYING: u64 = 240;

/// The effect of one of these verbs.
struct Effect {
    headline: String,
    why: &'static str,
    /// The node's attribute in the configuration, and its value.
    attribute: (&'static str, bool),
    state: NodeState,
}

impl NodeChange {
    fn node(&self) -> &str {
        match self {
            NodeChange::Standby { node }
            | NodeChange::Online { node }
            | NodeChange::Maintenance { node }
            | NodeChange::Ready { node } => node.as_str(),
        }
    }

    fn effect(&self) -> Effect {
        let node = self.node();
        match self {
            NodeChange::Standby { .. } => Effect {
                headline: format!("{node} will be empty, and nothing will start there"),
                why: "what runs there stops, and starts where it can",
                attribute: ("standby", true),
                state: NodeState::Standby,
            },
            NodeChange::Online { .. } => Effect {
                headline: format!("{node} may run things again"),
                why: "what runs elsewhere stays there, unless its preference outweighs its stickiness",
                attribute: ("standby", false),
                state: NodeState::Online,
            },
            NodeChange::Maintenance { .. } => Effect {
                headline: format!("what runs on {node} will be left alone"),
                why: "nothing stops; nothing there is watched, started or moved until it is ready",
                attribute: ("maintenance", true),
                state: NodeState::Maintenance,
            },
            NodeChange::Ready { .. } => Effect {
                headline: format!("the cluster takes care of {node} again"),
                why: "it looks what runs there, and goes on from that",
                attribute: ("maintenance", false),
                state: NodeState::Ready,
            },
        }
    }
}

impl Change for NodeChange {
    fn needs(&self) -> Needs {
        preconditions::needs_with_view()
    }

    /// Plans it, unless it is so already.
    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let node = self.node();
        let effect = self.effect();
        let mut plan = Plan::new(&effect.headline);
        let cib = preconditions::to_change(facts, &mut plan)?;
        let change = AttributeChange::of(node, &effect, facts, cib)?;
        change.check_whole_cluster(cib)?;
        if change.is_done() {
            change.say_it_is_done(&effect, &mut plan);
            return Ok(plan);
        }
        if !change.runs {
            plan.check(Check::warning(format!(
                "{node} is offline: this takes effect once it is back"
            )));
        }
        let movements = change.forecast(facts, cib, &mut plan);
        forecast::tell(&movements, &mut plan);
        let stays = change.stays(facts);
        change.say_what_stays(&movements, &stays, &mut plan);
        let monitor = facts.monitor.as_ref();
        let ends = |movement: &&Movement| forecast::ends_nowhere(movement, &movements, monitor);
        let ends: Vec<&Movement> = movements.iter().filter(ends).collect();
        forecast::make_dangerous(ends, &mut plan);
        let mut steps = change.steps(effect.why);
        if change.runs
            && let Some(last) = steps.pop()
        {
            // The state is that of an empty node.
            let state = stays.is_empty().then_some(effect.state);
            steps.push(proved(last, node, state, cib, &movements));
        }
        for step in steps {
            plan.step(step);
        }
        if let NodeChange::Maintenance { .. } = self {
            plan.check(Check::warning(format!(
                "until `node ready {node}` a service that dies there is not restarted, nor moved"
            )));
        }
        Ok(plan)
    }
}

/// A node's attribute: how it is, and how it will be.
struct AttributeChange<'a> {
    node: &'a str,
    attribute: &'static str,
    value: bool,
    /// The attribute as the configuration has it.
    in_configuration: bool,
    /// The node as the cluster sees it.
    state: Option<&'a MonitorNode>,
    /// The node takes part in the cluster.
    runs: bool,
    /// The value that goes with the next boot: as `crm node standby NODE reboot` makes it; what
    /// takes care of the node again ends it too.
    until_boot: Option<String>,
}

impl<'a> AttributeChange<'a> {
    /// Returns the change of one node.
    ///
    /// # Errors
    /// When there is no such node.
    fn of(
        node: &'a str,
        effect: &Effect,
        facts: &'a Facts,
        cib: &Cib,
    ) -> Result<AttributeChange<'a>, Refusal> {
        let (attribute, value) = effect.attribute;
        let monitor = facts.monitor.as_ref();
        let state = monitor.and_then(|monitor| monitor.node(node));
        let member = state.is_none_or(|state| state.kind == NodeKind::Member);
        let every = every_node(cib, monitor.filter(|_| !member));
        let configured = match every.iter().find(|known| known.name == node) {
            Some(known) => known,
            None => preconditions::node(cib, node)?,
        };
        let until_boot = match (facts.live_cib(), value) {
            (Some(cib), false) => cib::until_boot(cib.text(), node, attribute),
            _ => None,
        };
        Ok(AttributeChange {
            node,
            attribute,
            value,
            in_configuration: match attribute {
                "standby" => configured.standby,
                _ => configured.maintenance,
            },
            state,
            runs: state.is_none_or(|state| state.online && !state.pending),
            until_boot,
        })
    }

    /// Refuses to end the maintenance of one node while all of the cluster is in it.
    fn check_whole_cluster(&self, cib: &Cib) -> Result<(), Refusal> {
        let whole = cib.is_on("maintenance-mode") == Some(true);
        if self.attribute == "maintenance" && whole && !self.value {
            return Err(
                Refusal::check("the whole cluster is in maintenance, not only this node")
                    .hint("to end that", "bascule cluster set maintenance-mode=false"),
            );
        }
        Ok(())
    }

    /// Returns true when the node is so already, and will be after its next boot.
    fn is_done(&self) -> bool {
        let is = |state: &MonitorNode| match self.attribute {
            "standby" => state.standby,
            _ => state.maintenance,
        };
        // The cluster's own view knows a standby until the next boot as well.
        let now = self.state.map_or(self.in_configuration, is);
        now == self.value && (self.in_configuration == self.value || now)
    }

    fn say_it_is_done(&self, effect: &Effect, plan: &mut Plan) {
        let node = self.node;
        plan.base = None;
        plan.headline = format!("{node} is {} already", effect.state.word());
        let offline = self.state.is_some_and(|state| !state.online);
        if !self.value && self.attribute == "standby" && offline {
            plan.headline = format!("{node} is not in standby; it does not run");
            plan.check(Check::warning(format!("{node} is offline")).note("bascule cluster start"));
        }
    }

    /// Returns true when the configuration itself is changed, and not only what goes with the next boot.
    fn configures(&self) -> bool {
        self.until_boot.is_none() || self.in_configuration != self.value
    }

    fn word(&self) -> &'static str {
        match self.value {
            true => "on",
            false => "off",
        }
    }

    /// Returns what the cluster would move.
    fn forecast(&self, facts: &Facts, cib: &Cib, plan: &mut Plan) -> Vec<Movement> {
        let (node, attribute) = (self.node, self.attribute);
        if facts.live_cib().is_none() || !self.runs {
            return Vec::new();
        }
        let ended = match &self.until_boot {
            Some(_) => cib::without_until_boot(cib.text(), node, attribute),
            None => Some(cib.text().to_owned()),
        };
        let would = match self.configures() {
            true => {
                ended.and_then(|cib| cib::with_node_attribute(&cib, node, attribute, self.word()))
            }
            false => ended,
        };
        forecast::ask(facts, would, cib, plan)
    }

    /// Returns what runs on the node and would not be stopped by a standby, with the reason.
    fn stays(&self, facts: &Facts) -> Vec<(String, &'static str)> {
        match (&facts.monitor, self.empties()) {
            (Some(monitor), true) => left_alone(monitor, self.node),
            _ => Vec::new(),
        }
    }

    /// Returns true when what runs on the node has to leave it.
    fn empties(&self) -> bool {
        self.value && self.attribute == "standby" && self.runs
    }

    fn say_what_stays(
        &self,
        movements: &[Movement],
        stays: &[(String, &'static str)],
        plan: &mut Plan,
    ) {
        let node = self.node;
        for (resource, why) in stays {
            plan.check(Check::warning(format!(
                "{resource} stays on {node}: it {why}"
            )));
        }
        if !stays.is_empty() {
            plan.headline = format!("nothing will start on {node}, and it will not be empty");
        }
        if self.empties() && movements.is_empty() && stays.is_empty() {
            plan.check(Check::ok(format!("nothing runs on {node}")));
        }
    }

    /// Returns the steps: the configuration, and what goes with the next boot.
    fn steps(&self, why: &str) -> Vec<Step> {
        let (node, attribute) = (self.node, self.attribute);
        // Not `crm node standby`: where the node's name does not resolve, crmsh 4.4.1 pings it in
        // vain, writes nothing and ends with 0.
        let mut argv = vec!["crm_attribute", "--type", "nodes", "--node", node];
        argv.extend(["--name", attribute, "--update", self.word()]);
        let configured = Step::run(argv, why).undo(Undo::Cib {
            touches: vec![node.to_owned()],
        });
        let ended = self.until_boot.as_ref().map(|was| {
            let mut argv = preconditions::attribute_until_boot(node, attribute).to_vec();
            let back = argv.iter().copied().chain(["--update", was]);
            let back = Step::run(back, "as before, until it boots");
            argv.push("--delete");
            Step::run(argv, why).undone_by(vec![back])
        });
        let configured = self.configures().then_some(configured);
        configured.into_iter().chain(ended).collect()
    }
}

/// Returns the step with its proof: the node's state, and what moves where it was said to.
fn proved(
    step: Step,
    node: &str,
    state: Option<NodeState>,
    cib: &Cib,
    movements: &[Movement],
) -> Step {
    let mut step = step.within(EMPTYING);
    if let Some(state) = state {
        step = step.verify(Verify::Node {
            node: node.to_owned(),
            state,
        });
    }
    for movement in movements.iter().filter(|movement| movement.copy) {
        step.verify
            .extend(movement.to.iter().map(|to| Verify::RunsOn {
                resource: movement.resource.clone(),
                nodes: vec![to.clone()],
            }));
    }
    for resource in resources(cib, movements) {
        step = step.verify(Verify::Runs {
            resource,
            node: None,
        });
    }
    step
}

/// Returns what runs on a node and is not stopped there, with the reason.
fn left_alone(monitor: &Monitor, node: &str) -> Vec<(String, &'static str)> {
    monitor
        .resources
        .iter()
        .filter(|part| part.nodes.iter().any(|name| name == node))
        .filter_map(|part| match (part.blocked, part.managed) {
            (true, _) => Some((part.id.clone(), "failed and is blocked")),
            (false, false) => Some((part.id.clone(), "is not managed by the cluster")),
            _ => None,
        })
        .collect()
}

/// Returns what moves or starts, groups as a whole, unless part of it starts nowhere.
fn resources(cib: &Cib, movements: &[Movement]) -> Vec<String> {
    let mut wholes: Vec<String> = Vec::new();
    let single = |movement: &&Movement| !movement.copy && movement.to.is_some();
    for movement in movements.iter().filter(single) {
        let whole = cib.whole_of(&movement.resource);
        let nowhere = |name: &String| {
            movements
                .iter()
                .any(|other| other.action == "stop" && other.resource == *name)
        };
        if !wholes.iter().any(|known| known == whole) && !family(cib, whole).iter().any(nowhere) {
            wholes.push(whole.to_owned());
        }
    }
    wholes
}

impl Look for List {
    fn needs(&self) -> Needs {
        preconditions::listed()
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        let cib = preconditions::read(facts)?;
        let monitor = facts.monitor.as_ref();
        // Pacemaker 3 does not write a remote node into the configuration before it has an attribute.
        let nodes: Vec<cib::Node> = every_node(cib, monitor);
        let nodes: Vec<_> = nodes
            .iter()
            .map(|node| {
                let state = monitor.and_then(|monitor| monitor.node(&node.name));
                let runs: Vec<&str> = monitor
                    .map(|monitor| {
                        monitor
                            .resources
                            .iter()
                            .filter(|resource| resource.nodes.contains(&node.name))
                            .map(|resource| resource.id.as_str())
                            .collect()
                    })
                    .unwrap_or_default();
                let (role, word) = state_of(node, state);
                let kind = state.map(|state| state.kind).unwrap_or_default();
                (node.name.as_str(), kind, role, word, runs)
            })
            .collect();
        let listed = nodes.iter().map(|(name, kind, _, state, runs)| ListedNode {
            name,
            kind: *kind,
            state,
            runs: runs.clone(),
        });
        let mut report = Report::new(&NodeListDocument {
            live: facts.live_cib().is_some(),
            dc: monitor.and_then(|monitor| monitor.dc.as_deref()),
            quorum: monitor.map(|monitor| monitor.quorum),
            nodes: listed.collect(),
        });
        if let Some(absence) = facts.cluster.absence() {
            report.say(format!("{absence}: from the configuration on disk"));
        } else if monitor.is_some_and(|monitor| !monitor.quorum) {
            report.line([Span::new(Role::Fail, "no quorum: nothing is started here")]);
        }
        report.table(
            nodes
                .into_iter()
                .map(|(name, kind, role, word, runs)| {
                    let word = match kind {
                        NodeKind::Member => word.to_owned(),
                        NodeKind::Remote => format!("{word}, a remote node"),
                        NodeKind::Guest => format!("{word}, a guest node"),
                    };
                    let runs = match (runs.as_slice(), monitor.is_some()) {
                        ([], false) => String::new(),
                        ([], true) => "runs nothing".to_owned(),
                        (runs, _) => runs.join(", "),
                    };
                    vec![
                        Span::new(Role::Strong, name),
                        Span::new(role, word),
                        Span::from(runs),
                    ]
                })
                .collect(),
        );
        Ok(report)
    }
}

/// Returns the nodes of the configuration, and those that only the cluster itself knows.
fn every_node(cib: &Cib, monitor: Option<&Monitor>) -> Vec<cib::Node> {
    let mut nodes = cib.nodes().to_vec();
    for state in monitor.iter().flat_map(|monitor| &monitor.nodes) {
        if cib.node(&state.name).is_none() {
            nodes.push(cib::Node {
                id: state.name.clone(),
                name: state.name.clone(),
                standby: state.standby,
                maintenance: state.maintenance,
                attributes: Vec::new(),
            });
        }
    }
    nodes
}

fn state_of(node: &crate::cib::Node, state: Option<&MonitorNode>) -> (Role, &'static str) {
    let Some(state) = state else {
        return match (node.standby, node.maintenance) {
            (true, _) => (Role::Dim, "standby"),
            (_, true) => (Role::Dim, "maintenance"),
            _ => (Role::Dim, "unknown"),
        };
    };
    if state.unclean {
        (Role::Fail, "lost")
    } else if !state.online {
        (Role::Fail, "offline")
    } else if state.pending {
        (Role::Warn, "joining")
    } else if state.maintenance {
        (Role::Warn, "maintenance")
    } else if state.standby {
        (Role::Warn, "standby")
    } else {
        (Role::Ok, "online")
    }
}

#[cfg(test)]
mod tests;
