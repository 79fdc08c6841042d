//! `fence add`: from the words to devices that were tried, and fencing that is on.
//!
//! Nothing is written before each device has answered each node that may have to use it, and fencing is
//! turned on last of all. Whatever does not end well on the way is taken back at once.

mod nodes;
mod options;
mod steps;

pub use options::Options;

use super::node_target::NodeTarget;
use crate::cib::{Location, Object, Pairs, Primitive, ResourceOperation, Score};
use crate::conf::CorosyncConf;
use crate::facts::{Ask, COROSYNC_CONF, Facts, Needs};
use crate::fencing::agent::FenceAgent;
use crate::fencing::machine::{self, Machine};
use crate::fencing::{device, enabling, secret};
use crate::membership::nodes::{Member, all_members, others};
use crate::plan::{Check, Plan, Refusal, words};
use crate::resources::{password, preconditions};
use crate::wording::list;
use options::Action;
use std::path::{Path, PathBuf};

/// How a device is told which node it switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// It has an address of its own for each node.
    Address,
    /// One address switches all, each by a name or a number.
    Plug,
}

/// What is to be added.
#[derive(Debug)]
pub struct Addition<'a> {
    pub agent: FenceAgent,
    pub nodes: &'a [NodeTarget],
    pub target: Target,
    /// The parameters that are the same for all.
    pub params: Pairs,
    /// Whose password the agent needs; none where it needs none.
    pub user: Option<&'a str>,
    /// The private key that lets it in, which is to be on every node.
    pub key: Option<&'a Path>,
    /// What it can switch off; none where that may be anything.
    pub fits: Option<Machine>,
    pub options: &'a Options,
}

/// One device of an addition.
struct NewDevice {
    id: String,
    node: String,
    /// Its parameters but for the password and Pacemaker's own.
    params: Pairs,
}
const OS_RELEASE: &str = "/etc/os-release";

/// How long a device may take to start: the first look at a BMC that does not answer takes 20 s, and is
/// repeated (57 s were seen).
const START: &str = "60s";

impl Addition<'_> {
    fn devices(&self) -> Vec<NewDevice> {
        let one = |target: &NodeTarget| {
            let node = target.node.to_string();
            let name = match self.target {
                Target::Address => "ip",
                Target::Plug => "plug",
            };
            let mut params = vec![(name.to_owned(), target.word.clone())];
            let more = &self.options.more;
            let common = self.params.iter().filter(|(name, _)| {
                // What is said by name is meant, such as `lanplus=0`.
                !more.iter().any(|(other, _)| other == name)
            });
            params.extend(common.cloned());
            params.extend(more.iter().cloned());
            NewDevice {
                id: device::name(&node, self.options.level),
                node,
                params,
            }
        };
        self.nodes.iter().map(one).collect()
    }

    fn secret_files(&self) -> Vec<String> {
        match self.user {
            Some(_) => self
                .devices()
                .iter()
                .map(|device| secret::path(&device.id))
                .collect(),
            None => Vec::new(),
        }
    }

    /// Returns the private key's file, where there is one.
    fn key_file(&self) -> Option<String> {
        self.key.map(|key| key.display().to_string())
    }

    pub fn needs(&self) -> Needs {
        let machine = machine::FILES.map(PathBuf::from);
        let sums = self.secret_files().into_iter().chain(self.key_file());
        preconditions::needs_with_view().and(Needs {
            files: std::iter::once(OS_RELEASE.into()).chain(machine).collect(),
            programs: self.agent.programs(),
            sums: sums.map(PathBuf::from).collect(),
            lines: words(&[secret::LIST]),
            passwords: self.options.password_file.iter().cloned().collect(),
            network: true,
            ..Needs::default()
        })
    }

    pub fn needs_then(&self, facts: &Facts) -> Needs {
        let ask = |member: Member| Ask {
            host: member.name,
            addresses: member.addresses,
            files: [
                self.agent.programs(),
                self.secret_files(),
                self.key_file().into_iter().collect(),
            ]
            .concat(),
            texts: words(&[OS_RELEASE]),
            lines: words(&[secret::LIST]),
            ..Ask::default()
        };
        Needs {
            peers: others(facts).into_iter().map(ask).collect(),
            ..Needs::default()
        }
    }

    pub fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let devices = self.devices();
        let names: Vec<&str> = devices.iter().map(|device| device.node.as_str()).collect();
        let mut plan = Plan::new(format!(
            "{} can be switched off by {}, and fencing is on",
            list(&names),
            self.agent
        ));
        let cib = preconditions::to_change(facts, &mut plan)?;
        for (at, name) in names.iter().enumerate() {
            preconditions::node(cib, name)?;
            if names[..at].contains(name) {
                return Err(Refusal::usage(format!("{name} is named twice")));
            }
        }
        let members = all_members(facts);
        self.all_take_part(facts, cib, &members)?;
        let here = self.look_at(&members, &devices, facts)?;
        self.has_key(&members, facts)?;
        plan.checks.extend(self.fits_this_host(facts));
        if let Some(path) = &self.options.password_file {
            plan.checks.extend(password::of_file(
                path,
                "without one, it is asked for",
                facts,
            )?);
        }

        let objects: Vec<Object> = devices
            .iter()
            .flat_map(|new| self.objects(new, &members, facts))
            .collect();
        let missing = preconditions::missing(cib, objects)?;
        if let Some(shared) = device::shared(cib).first() {
            return Err(Refusal::check(shared.sentence())
                .hint("to take them away, first", shared.way_out()));
        }
        if let Some(shared) = device::shared(&cib.with(&missing)).first() {
            return Err(Refusal::check(shared.sentence())
                .hint("the devices that there are", "bascule fence list"));
        }
        let is_new = |new: &NewDevice| missing.iter().any(|object| object.id() == new.id);
        let writes = self.passwords_to_write(facts, &devices, &here, &is_new)?;

        for other in device::devices(cib) {
            let nodes: Vec<&str> = names
                .iter()
                .copied()
                .filter(|name| other.may_switch(name))
                .collect();
            let own = devices.iter().any(|device| device.id == other.id());
            if self.options.level == 1 && !own && !nodes.is_empty() {
                plan.check(Check::warning(format!(
                    "{} may switch {} off as well, and Pacemaker takes whichever it finds first: remove it, \
                     or give these `--level 2`",
                    other.id(),
                    list(&nodes)
                )));
            }
        }
        let before = plan.steps.len();
        self.install(&here, &mut plan);
        if devices.iter().any(is_new) || writes.is_some() {
            self.try_devices(&devices, &here, writes, &mut plan);
        }
        self.bring_passwords(&devices, &here, writes, &mut plan);
        let stopped = |new: &&NewDevice| {
            let monitor = facts.monitor.as_ref();
            !is_new(new)
                && (writes.is_some() || monitor.is_some_and(|monitor| !monitor.started(&new.id)))
        };
        for known in devices.iter().filter(stopped) {
            self.look_again(&known.id, &mut plan);
        }
        if !missing.is_empty() {
            self.load(missing.clone(), &devices, &here, &mut plan);
        }
        self.turn_on(facts, &cib.with(&missing), &members, &mut plan);
        if plan.steps.len() == before {
            plan.base = None;
            plan.blocked = None;
            return Ok(plan);
        }
        // Half of it is of no use to anybody: what was done is taken back.
        plan.no_return = Some(plan.steps.len());
        Ok(plan)
    }
    /// Returns the objects of a device: itself, and that it runs anywhere but on the node that it switches.
    fn objects(&self, new: &NewDevice, members: &[Member], facts: &Facts) -> Vec<Object> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut params: Pairs = new.params.clone();
        params.extend(self.user.map(|_| secret::parameter(&new.id)));
        match self.target {
            Target::Address => params.push(pair("pcmk_host_list", &new.node)),
            Target::Plug => {
                let plug = new.params.iter().find(|(name, _)| name == "plug");
                let plug = plug.map_or("", |(_, plug)| plug.as_str());
                params.retain(|(name, _)| name != "plug");
                params.push(pair("pcmk_host_map", &format!("{}:{plug}", new.node)));
            }
        }
        if self.options.action == Action::Off {
            params.push(pair("pcmk_reboot_action", "off"));
        }
        let is_first = members.first().is_some_and(|first| first.name == new.node);
        if is_first && self.delay_of(members, facts) > 0 && self.options.level == 1 {
            params.push(pair(
                "pcmk_delay_base",
                &format!("{}s", enabling::TIE_BREAK),
            ));
        }
        let device = Primitive {
            id: new.id.clone(),
            agent: crate::cib::Agent {
                class: "stonith".to_owned(),
                provider: None,
                name: self.agent.to_string(),
            },
            params,
            // A BMC that is silent while it is started for the first time leaves the device Stopped, for
            // ever without this, and the next loss of its node is an outage without end (seen).
            meta: vec![pair("failure-timeout", "30s")],
            operations: vec![
                ResourceOperation::new("start", "0", Some(START)),
                ResourceOperation::new("stop", "0", Some("15s")),
                ResourceOperation::new("monitor", "60s", Some(START)),
            ],
        };
        let elsewhere = Location {
            id: format!("{}-elsewhere", new.id),
            resource: new.id.clone(),
            node: new.node.clone(),
            score: Score::MinusInfinity,
            role: None,
        };
        vec![Object::Primitive(device), Object::Location(elsewhere)]
    }

    /// Returns how long one of two nodes waits before it shoots, in seconds.
    fn delay_of(&self, members: &[Member], facts: &Facts) -> u32 {
        let text = facts.file(COROSYNC_CONF).reads_as();
        let conf = text.and_then(|text| CorosyncConf::parse(text).ok());
        let third_vote = conf.is_some_and(|conf| conf.get("quorum.device.model").is_some());
        match self.options.delay {
            Some(seconds) => seconds,
            None if members.len() == 2 && !third_vote => enabling::DELAY,
            None => 0,
        }
    }
}
