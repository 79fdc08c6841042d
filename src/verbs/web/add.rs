//! `web add`: the cluster takes a service over from systemd.
//!
//! A unit that systemd starts at boot would run beside the cluster: Pacemaker then finds two active
//! copies and stops and starts both. So the unit is disabled on every node. The copy that runs now
//! is kept where Pacemaker can find it (it probes, and adopts the running process: no outage); the
//! other nodes' copies are stopped first, unless the service shall run everywhere.

use crate::cib::{Agent, Cib, CloneResource, Object, Primitive, ResourceOperation};
use crate::conf::Interval;
use crate::facts::{Facts, Needs, Peer, Unit};
use crate::membership::nodes::{self, Member};
use crate::names::{Name, ResourceId};
use crate::plan::{Again, Check, Plan, Refusal, Step, Verify};
use crate::reach;
use crate::resources::port::program;
use crate::resources::preconditions::HeldBack;
use crate::resources::takeover::{Adoption, AgentKind, Handover, ServiceOnNode};
use crate::resources::{port, preconditions, takeover};
use crate::verb::Change;
use clap::Args;
use std::path::PathBuf;

/// Let the cluster run a service
#[derive(Debug, Args)]
pub struct Add {
    /// The service, such as apache2 or nginx
    #[arg(value_name = "SERVICE", value_parser = service, add = Name::Unit)]
    service: String,
    /// The resource's name; the service's own when left out
    #[arg(long, value_name = "NAME")]
    name: Option<ResourceId>,
    /// What starts, stops and watches it: systemd:UNIT, lsb:SCRIPT, ocf:heartbeat:apache or
    /// ocf:heartbeat:nginx; systemd:SERVICE when left out
    #[arg(long, value_name = "AGENT", add = Name::Agent)]
    agent: Option<Agent>,
    /// How often the cluster checks it; every 10 s when left out, every 2 s with --everywhere
    #[arg(long, value_name = "SECONDS")]
    monitor: Option<Interval>,
    /// The page that ocf:heartbeat:apache asks for, such as http://127.0.0.1/server-status
    #[arg(long, value_name = "URL", value_parser = status_url)]
    status_url: Option<String>,
    /// Run it on every node, so that only the address has to move (vip add --with NAME)
    #[arg(long)]
    everywhere: bool,
    /// Leave the other nodes alone, and say what has to be typed there
    #[arg(long)]
    local: bool,
}

/// The interval at which the cluster checks a service.
const MONITOR: &str = "10s";

/// The interval at which it checks each copy of one that runs everywhere: the address leaves a dead copy as soon
/// as that is noticed, so it must be soon.
const MONITOR_EVERYWHERE: &str = "2s";

/// systemd's own rule for the names of units, without the suffix.
fn service(text: &str) -> Result<String, String> {
    let name = text.strip_suffix(".service").unwrap_or(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || ":-_.@\\".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins || name.len() > 200 || !name.chars().all(plain) {
        return Err("a service is named by its systemd unit, such as apache2".to_owned());
    }
    Ok(name.to_owned())
}

fn status_url(text: &str) -> Result<String, String> {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    let plain = |c: char| c.is_ascii_graphic() && !"\"'`\\<>".contains(c);
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(plain) => {
            Ok(text.to_owned())
        }
        _ => Err("a URL such as http://127.0.0.1/server-status is expected".to_owned()),
    }
}

/// Where the agents of resource-agents lie, on every release.
const AGENTS: &str = "/usr/lib/ocf/resource.d";

/// Debian's main file; the agent would look for Red Hat's.
const APACHE_FILE: &str = "/etc/apache2/apache2.conf";

/// Debian's sign that `a2enmod status` was done.
const STATUS_MODULE: &str = "/etc/apache2/mods-enabled/status.load";

impl Add {
    fn agent(&self) -> Result<(Agent, AgentKind), Refusal> {
        let agent = match &self.agent {
            Some(agent) => agent.clone(),
            None => Agent {
                class: "systemd".to_owned(),
                provider: None,
                name: self.service.clone(),
            },
        };
        let kind = match (agent.class.as_str(), agent.to_string().as_str()) {
            ("systemd", _) => AgentKind::Systemd,
            ("lsb", _) => AgentKind::Lsb,
            (_, "ocf:heartbeat:apache") => AgentKind::Apache,
            (_, "ocf:heartbeat:nginx") => AgentKind::Nginx,
            (_, name) => {
                return Err(Refusal::usage(format!(
                    "web add does not know the agent {name}: it takes systemd:UNIT, lsb:SCRIPT, \
                     ocf:heartbeat:apache and ocf:heartbeat:nginx"
                ))
                .hint(
                    "any other agent, by crmsh itself",
                    format!("crm configure primitive NAME {name}"),
                ));
            }
        };
        if self.status_url.is_some() && kind != AgentKind::Apache {
            return Err(Refusal::usage(format!(
                "--status-url is for ocf:heartbeat:apache, {agent} does not ask for a page"
            ))
            .again(
                "with it",
                Again::same().set("--agent", "ocf:heartbeat:apache"),
            ));
        }
        Ok((agent, kind))
    }

    /// Returns the systemd unit that runs the same program, and must not do so any more.
    fn unit(&self) -> String {
        match self.agent() {
            Ok((agent, AgentKind::Systemd | AgentKind::Lsb)) => agent
                .name
                .strip_suffix(".service")
                .unwrap_or(&agent.name)
                .to_owned(),
            Ok((_, AgentKind::Apache)) => "apache2".to_owned(),
            Ok((_, AgentKind::Nginx)) => "nginx".to_owned(),
            Err(_) => self.service.clone(),
        }
    }

    /// Returns the file that the agent is, for those that are one.
    fn agent_file(&self) -> Option<PathBuf> {
        match self.agent().ok()? {
            (_, AgentKind::Systemd) => None,
            (agent, AgentKind::Lsb) => Some(PathBuf::from("/etc/init.d").join(agent.name)),
            (agent, AgentKind::Apache | AgentKind::Nginx) => {
                Some(PathBuf::from(AGENTS).join("heartbeat").join(agent.name))
            }
        }
    }

    fn name(&self) -> Result<String, Refusal> {
        match &self.name {
            Some(name) => Ok(name.to_string()),
            None => match self.service.parse::<ResourceId>() {
                Ok(name) => Ok(name.to_string()),
                Err(error) => Err(Refusal::usage(error.to_string()).again(
                    "to give it another name",
                    Again::same().set("--name", "NAME"),
                )),
            },
        }
    }

    fn clone_name(name: &str) -> String {
        format!("{name}-clone")
    }

    /// Returns the resource. The timeouts are those for which crmsh has no warning, on both
    /// releases; with 100 s a `systemd:` stop is looked at again after 2 s.
    fn primitive(&self, name: &str, agent: Agent, kind: AgentKind, facts: &Facts) -> Primitive {
        let (start, stop, monitor) = match kind {
            AgentKind::Systemd => ("100s", "100s", "100s"),
            AgentKind::Lsb => ("20s", "20s", "20s"),
            AgentKind::Apache => ("40s", "60s", "20s"),
            AgentKind::Nginx => ("40s", "60s", "30s"),
        };
        let interval = match (&self.monitor, self.everywhere) {
            (Some(interval), _) => interval.to_string(),
            (None, false) => MONITOR.to_owned(),
            (None, true) => MONITOR_EVERYWHERE.to_owned(),
        };
        let mut params = Vec::new();
        if kind == AgentKind::Apache {
            if facts.file(APACHE_FILE).exists() {
                params.push(("configfile".to_owned(), APACHE_FILE.to_owned()));
            }
            params.extend(
                self.status_url
                    .iter()
                    .map(|url| ("statusurl".to_owned(), url.clone())),
            );
        }
        Primitive {
            id: name.to_owned(),
            agent,
            params,
            meta: Vec::new(),
            operations: vec![
                ResourceOperation::new("start", "0", Some(start)),
                ResourceOperation::new("stop", "0", Some(stop)),
                ResourceOperation::new("monitor", &interval, Some(monitor)),
            ],
        }
    }

    fn objects(&self, primitive: Primitive) -> Vec<Object> {
        let name = primitive.id.clone();
        let mut objects = vec![Object::Primitive(primitive)];
        if self.everywhere {
            let meta = [
                ("interleave", "true"),
                // One failure is enough for the address to leave; a minute later it may be well.
                ("migration-threshold", "1"),
                ("failure-timeout", "60s"),
            ];
            objects.push(Object::Clone(CloneResource {
                id: Add::clone_name(&name),
                member: name,
                meta: meta.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
            }));
        }
        objects
    }

    /// Returns the objects that are not there yet.
    fn missing(&self, cib: &Cib, objects: Vec<Object>) -> Result<Vec<Object>, Refusal> {
        let name = objects.first().map_or("", Object::id).to_owned();
        let clone = cib.parent_of(&name).filter(|parent| {
            let object = cib.object(parent);
            object.and_then(Object::clone_resource).is_some()
        });
        let there = cib.object(&name).and_then(Object::primitive).is_some();
        let (is, how) = match (clone, self.everywhere) {
            (Some(_), false) => ("runs everywhere already", "on one node only"),
            (None, true) if there => ("runs on one node already", "everywhere"),
            _ => ("", ""),
        };
        if !is.is_empty() {
            return Err(Refusal::check(format!("{name} {is}"))
                .hint(
                    format!("to have it {how}, first"),
                    format!("bascule web remove {name}"),
                )
                .again("and then", Again::same()));
        }
        let missing = preconditions::missing(cib, objects)?;
        match self.same_program(cib, &name) {
            Some(other) if !missing.is_empty() => Err(Refusal::check(format!(
                "{} runs {} already, by {}",
                other.id,
                self.unit(),
                other.agent
            ))
            .hint("to see it", "bascule web list")
            .hint(
                "to replace it, first",
                format!("bascule web remove {}", other.id),
            )),
            _ => Ok(missing),
        }
    }

    /// Returns the resource of another name that runs the same program: two would fight.
    fn same_program<'a>(&self, cib: &'a Cib, name: &str) -> Option<&'a Primitive> {
        let unit = self.unit();
        cib.objects()
            .iter()
            .find_map(|object| match object.resolved() {
                Object::Primitive(other) if other.id != name => {
                    (program(other)? == unit).then_some(other)
                }
                _ => None,
            })
    }
}

impl Change for Add {
    fn needs(&self) -> Needs {
        let unit = self.unit();
        let mut files: Vec<PathBuf> = self.agent_file().into_iter().collect();
        files.extend([APACHE_FILE, STATUS_MODULE].map(PathBuf::from));
        preconditions::needs_with_view().and(Needs {
            files,
            web: Some(unit.clone()),
            foundation: Some(unit.clone()),
            units: vec![unit],
            network: true,
            database: takeover::is_database(&self.unit()),
            ..Needs::default()
        })
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let name = self.name()?;
        let (agent, kind) = self.agent()?;
        let unit = self.unit();
        let everywhere = if self.everywhere {
            "every node"
        } else {
            "one node"
        };
        let mut plan = Plan::new(format!("{name}: the cluster runs {agent} on {everywhere}"));
        let cib = preconditions::to_change(facts, &mut plan)?;
        let primitive = self.primitive(&name, agent, kind, facts);
        let objects = self.missing(cib, self.objects(primitive))?;
        let adopts = !objects.is_empty();

        let own = nodes::own_name(facts);
        let agent_file = self.agent_file();
        let shown = |there: bool| {
            agent_file
                .as_ref()
                .map(|p| (p.display().to_string(), there))
        };
        let here = ServiceOnNode {
            host: &own,
            target: "",
            here: true,
            unit: facts.units.get(&unit).cloned().unwrap_or_default(),
            agent_file: shown(agent_file.as_ref().is_some_and(|p| facts.file(p).exists())),
            web: facts.web.as_ref(),
        };
        takeover::usable(&here, &unit, kind)?;
        if let Some(foundation) = facts.foundation.as_ref().filter(|f| f.is_needed()) {
            return Err(takeover::stands_on(foundation, &unit));
        }
        if adopts && !self.everywhere {
            takeover::replicates(facts.database.as_ref(), &own, &unit)?;
        }
        if let Some(web) = here.web {
            plan.check(Check::ok(format!("{unit}'s configuration parses here")).note(&web.command));
        }
        if self.status_url.is_some() && !facts.file(STATUS_MODULE).exists() {
            plan.check(Check::warning(
                "Apache's status module is not enabled here: a2enmod status does that",
            ));
        }
        let mut handovers = vec![Handover {
            there: here,
            keeps: true,
        }];
        let others = nodes::others(facts);
        for node in &others {
            if self.local {
                self.leave_alone(&node.name, &unit, adopts, &mut plan);
                continue;
            }
            // Most likely it was installed there in the same way.
            let like_here = handovers[0].there.unit.clone();
            let there = self.on_node(node, facts, kind, like_here, &mut plan)?;
            handovers.push(Handover { there, keeps: true });
        }
        if adopts {
            port::in_no_conflict(cib, facts, &unit, &own, &others)?;
            let address = crate::resources::address::holder(cib, facts.monitor.as_ref());
            let adoption = Adoption {
                unit: &unit,
                kind,
                everywhere: self.everywhere,
                address: address.as_deref(),
                stays: cib
                    .resource_default("resource-stickiness")
                    .is_some_and(|stickiness| stickiness != "0"),
            };
            takeover::choose_what_runs_on(&adoption, &mut handovers, &mut plan);
        }
        for handover in handovers.iter().skip(1).chain(handovers.first()) {
            if let Some(step) = handover.step(&unit) {
                plan.step(step);
            }
        }
        if adopts {
            self.add(&name, kind, objects, cib, facts, &mut plan)?;
        }
        plan.base = plan.base.filter(|_| !plan.is_empty());
        if plan.is_empty() {
            plan.next.clear();
        }
        Ok(plan)
    }
}

impl Add {
    /// Says what has to be typed on a node that is left alone.
    fn leave_alone(&self, peer: &str, unit: &str, adopts: bool, plan: &mut Plan) {
        let next = if adopts && !self.everywhere {
            format!("systemctl disable --now {unit}")
        } else {
            format!("systemctl disable {unit}")
        };
        plan.check(Check::warning(format!(
            "{peer} is left alone: while systemd starts {unit} there, two copies may run"
        )));
        plan.next.push(format!("on {peer}: {next}"));
    }

    /// Returns the service on another node: as that node says, or as it is here until it was asked.
    ///
    /// # Errors
    /// When the node cannot be asked, or the service cannot be used there.
    fn on_node<'a>(
        &self,
        node: &'a Member,
        facts: &'a Facts,
        kind: AgentKind,
        like_here: Unit,
        plan: &mut Plan,
    ) -> Result<ServiceOnNode<'a>, Refusal> {
        let (peer, unit, agent_file) = (node.name.as_str(), self.unit(), self.agent_file());
        let (target, unit) = match node.its_answer(facts, plan) {
            None => {
                let files = agent_file.iter().map(|p| p.display().to_string()).collect();
                plan.check(Check::pending(
                    format!("asking {peer} for {unit} and its configuration"),
                    node.probe(vec![unit.clone()], files, Some(unit)),
                ));
                (peer, like_here)
            }
            Some(answer) => {
                let there = self.ask(peer, answer, &unit, agent_file.as_ref())?;
                takeover::usable(&there, &unit, kind)?;
                let parses = if there.web.is_some() {
                    ", its configuration parses"
                } else {
                    ""
                };
                plan.check(Check::ok(format!("{peer} has {unit}{parses}")).note("ssh"));
                (answer.target(peer), there.unit)
            }
        };
        Ok(ServiceOnNode {
            host: peer,
            target,
            here: false,
            unit,
            agent_file: None,
            web: None,
        })
    }

    /// Returns what a peer said, or the refusal when it said nothing.
    fn ask<'a>(
        &self,
        peer: &'a str,
        answer: &'a Peer,
        unit: &str,
        agent_file: Option<&PathBuf>,
    ) -> Result<ServiceOnNode<'a>, Refusal> {
        if let Some(why) = &answer.unreachable {
            return Err(reach::refusal(
                answer.target(peer),
                why,
                &format!("{unit} must not be started at boot there, beside the cluster"),
            )
            .again(
                "to leave it alone and go there yourself",
                Again::same().flag("--local"),
            ));
        }
        Ok(ServiceOnNode {
            host: peer,
            target: answer.target(peer),
            here: false,
            unit: answer.units.get(unit).cloned().unwrap_or_default(),
            agent_file: agent_file.map(|path| {
                let path = path.display().to_string();
                let there = answer.files.get(&path).is_some_and(Option::is_some);
                (path, there)
            }),
            web: answer.web.as_ref(),
        })
    }

    fn add(
        &self,
        name: &str,
        kind: AgentKind,
        objects: Vec<Object>,
        cib: &Cib,
        facts: &Facts,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        if kind == AgentKind::Systemd && !self.everywhere {
            plan.check(
                Check::warning("a planned move takes 2.4 s with systemd:, 0.3 s with --everywhere")
                    .note("explain agents"),
            );
        }
        preconditions::warn_of_fencing(cib, plan);
        let why = if self.everywhere {
            "one transaction: a copy on every node; one failure is enough for an address to leave it"
        } else {
            "one transaction: the cluster looks where it runs, and starts it if nowhere"
        };
        let step = Step::crm(objects, why).within(120);
        let resource = name.to_owned();
        let held_back = preconditions::held_back_new(cib);
        let proof = if self.everywhere {
            let nodes = preconditions::able_nodes(cib, facts.monitor.as_ref());
            Verify::RunsOn { resource, nodes }
        } else {
            let node = None;
            Verify::Runs { resource, node }
        };
        if self.everywhere && held_back.is_none() {
            plan.next
                .push(format!("bascule vip add ADDRESS/PREFIX --with {name}"));
        }
        if held_back == Some(HeldBack::OptIn) && !self.everywhere {
            plan.next.push(format!("bascule web prefer {name} NODE"));
        }
        preconditions::add_and_prove(plan, step, proof, held_back.map(HeldBack::why), "not start");
        Ok(())
    }
}
