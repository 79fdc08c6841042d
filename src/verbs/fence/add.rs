//! `fence add`: from the words to devices that were tried, and fencing that is on.
//!
//! Nothing is written before each device has answered each node that may have to use it, and fencing is
//! turned on last of all. Whatever does not end well on the way is taken back at once.

use super::node_target::NodeTarget;
use crate::cib::{Cib, Location, Object, Pairs, Primitive, ResourceOperation, Score};
use crate::conf::{CorosyncConf, Interval};
use crate::facts::{Ask, COROSYNC_CONF, Facts, Needs, PasswordFile};
use crate::fencing::agent::{FenceAgent, Packaging};
use crate::fencing::machine::{self, Machine};
use crate::fencing::secret::Place;
use crate::fencing::{device, enabling, secret};
use crate::membership::nodes::Member;
use crate::membership::{members, nodes, packages};
use crate::plan::values::{Keeper, Named, Source};
use crate::plan::{Again, Check, Plan, Refusal, Step, Undo, Verify, over_ssh, words};
use crate::reach;
use crate::resources::{preconditions, property};
use crate::wording::{list, verb_ending};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// What every kind of device is asked.
#[derive(Debug, Args)]
pub struct Options {
    /// Where the password is: the first line of this file; asked for when left out
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute)]
    password_file: Option<PathBuf>,
    /// What becomes of a lost node
    #[arg(long, value_name = "ACTION", value_enum, default_value_t = Action::Reboot)]
    action: Action,
    /// How long the node with less on it waits before it shoots; 5s where there are two nodes and no
    /// third vote
    #[arg(long, value_name = "SECONDS", value_parser = delay)]
    delay: Option<u32>,
    /// Which choice it is for its node: 2 is used where the first fails
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=9))]
    level: u8,
    /// A further parameter of the agent
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = option)]
    more: Vec<(String, String)>,
}

/// What becomes of a lost node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// It is switched off and on again, and comes back by itself
    Reboot,
    /// It is switched off and stays so until somebody switches it on: about 4 s sooner
    Off,
}

/// What an agent calls its password: one that is typed as an option would stand in the configuration in clear.
const PASSWORDS: [&str; 4] = ["password", "passwd", "password_script", "passwd_script"];

/// What has a word of its own, and would be there twice.
const TYPED: [&str; 8] = [
    "ip",
    "ipaddr",
    "plug",
    "port",
    "username",
    "login",
    "pcmk_host_list",
    "pcmk_host_map",
];

fn option(text: &str) -> Result<(String, String), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let Some((name, value)) = text.split_once('=') else {
        return Err("write it as NAME=VALUE, such as ssl_insecure=1".to_owned());
    };
    if name.is_empty() || !name.chars().all(plain) {
        return Err("write it as NAME=VALUE, such as ssl_insecure=1".to_owned());
    }
    if PASSWORDS.contains(&name) {
        return Err("a password is asked for, or is in the file of --password-file".to_owned());
    }
    if TYPED.contains(&name) {
        return Err(format!("{name} is said by the verb's own words"));
    }
    // A line of the agent's input, and a value in crmsh's quotes.
    if value.is_empty()
        || value
            .chars()
            .any(|c| c.is_control() || c == '"' || c == '\\')
    {
        return Err(format!(
            "the value of {name} is one line without quotes and backslashes"
        ));
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn delay(text: &str) -> Result<u32, String> {
    match text {
        "0" | "0s" => Ok(0),
        text => {
            let interval: Interval = text.parse().map_err(|error| format!("{error}"))?;
            let seconds = interval.to_string();
            seconds
                .trim_end_matches('s')
                .parse()
                .map_err(|_| "a number of seconds is expected, such as 5s".to_owned())
        }
    }
}

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

/// A node of the cluster, as the addition sees it.
struct NodeHere<'a> {
    member: &'a Member,
    /// What ssh takes to reach it; none for this host.
    target: Option<String>,
    /// The programs that it lacks.
    lacks: Vec<String>,
    packaging: Packaging,
    /// The sha256 of the password's file of each device, where it has one.
    sums: Vec<Option<String>>,
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
            ..Ask::default()
        };
        Needs {
            peers: nodes::others(facts).into_iter().map(ask).collect(),
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
        let members = nodes::all_members(facts);
        self.all_take_part(facts, cib, &members)?;
        let here = self.look_at(&members, &devices, facts)?;
        self.has_key(&members, facts)?;
        plan.checks.extend(self.fits_this_host(facts));
        plan.checks.extend(self.password_file(facts)?);

        let objects: Vec<Object> = devices
            .iter()
            .flat_map(|new| self.objects(new, &members, facts))
            .collect();
        let missing = preconditions::missing(cib, objects)?;
        let is_new = |new: &NewDevice| missing.iter().any(|object| object.id() == new.id);
        let writes = self.passwords_to_write(facts, &devices, &here, &is_new)?;

        let before = plan.steps.len();
        self.install(&here, &mut plan);
        if devices.iter().any(is_new) || writes.is_some() {
            self.try_devices(&devices, &here, writes, &mut plan);
        }
        self.bring_passwords(&devices, &here, writes, &mut plan);
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

    /// Refuses where a node is not there, or its device could not start.
    fn all_take_part(&self, facts: &Facts, cib: &Cib, members: &[Member]) -> Result<(), Refusal> {
        if let Some(held) = preconditions::cluster_holds(cib) {
            return Err(held.refusal("no device would start"));
        }
        // Planned from the disk: it cannot be run anyway.
        let Some(monitor) = &facts.monitor else {
            return Ok(());
        };
        for member in members {
            let name = &member.name;
            let node = monitor.node(name);
            let refused = |why: &str, purpose: &str, command: String| {
                Err(Refusal::check(format!("{name} {why}")).hint(purpose, command))
            };
            match node {
                Some(node) if node.online && !node.pending => {}
                _ => {
                    return refused(
                        "is not online: its device could not be tried from it, and with fencing on it would be switched off at once",
                        &format!("on {name}, first"),
                        "bascule cluster start".to_owned(),
                    );
                }
            }
            let configured = cib.node(name);
            if node.is_some_and(|node| node.standby) || configured.is_some_and(|node| node.standby)
            {
                return refused(
                    "is in standby: no fence device runs there",
                    "to use it again",
                    format!("bascule node online {name}"),
                );
            }
            if node.is_some_and(|node| node.maintenance) {
                return refused(
                    "is in maintenance: no fence device would be started there",
                    "to end that",
                    format!("bascule node ready {name}"),
                );
            }
        }
        Ok(())
    }

    /// Returns what each node has of what is needed, this host first.
    fn look_at<'m>(
        &self,
        members: &'m [Member],
        devices: &[NewDevice],
        facts: &Facts,
    ) -> Result<Vec<NodeHere<'m>>, Refusal> {
        let mut all = Vec::new();
        for member in members {
            let files: Vec<String> = devices
                .iter()
                .map(|device| secret::path(&device.id))
                .collect();
            if member.own {
                let text = facts.file(OS_RELEASE).reads_as().unwrap_or_default();
                let lacks = self.agent.programs().into_iter();
                all.push(NodeHere {
                    member,
                    target: None,
                    lacks: lacks
                        .filter(|program| !facts.has_program(program))
                        .collect(),
                    packaging: Packaging::of_release(text),
                    sums: files
                        .iter()
                        .map(|file| facts.sums.get(&PathBuf::from(file)).cloned())
                        .collect(),
                });
                continue;
            }
            let target = members::target(member, facts);
            let Some(peer) = facts.peers.get(&member.name) else {
                return Err(reach::refusal(
                    &target,
                    "it was not asked",
                    "its agent is to be put there",
                ));
            };
            if let Some(why) = &peer.unreachable {
                return Err(reach::refusal(
                    &target,
                    why,
                    "the agent and its password are to be put there, and each device is tried from it",
                ));
            }
            let there = |file: &String| peer.files.get(file).cloned().flatten();
            let text = peer.texts.get(OS_RELEASE).map_or("", String::as_str);
            let lacks = self.agent.programs().into_iter();
            all.push(NodeHere {
                member,
                target: Some(target),
                lacks: lacks.filter(|program| there(program).is_none()).collect(),
                packaging: Packaging::of_release(text),
                sums: files.iter().map(there).collect(),
            });
        }
        all.sort_by_key(|node| node.target.is_some());
        Ok(all)
    }

    /// Refuses where a node lacks the private key that lets the agent in.
    fn has_key(&self, members: &[Member], facts: &Facts) -> Result<(), Refusal> {
        let Some(key) = self.key_file() else {
            return Ok(());
        };
        for member in members {
            let there = match facts.peers.get(&member.name) {
                Some(peer) => peer.files.get(&key).is_some_and(Option::is_some),
                None => facts.sums.contains_key(&PathBuf::from(&key)),
            };
            if !there {
                let refusal = Refusal::check(format!(
                    "{} has no {key}: its agent would not be let in",
                    member.name
                ));
                return Err(match member.own {
                    true => refusal.hint("to make one", format!("ssh-keygen -f {key}")),
                    false => {
                        let target = members::target(member, facts);
                        let copy = format!("scp -p {key} root@{target}:{key}");
                        refusal.hint("to bring it there", copy)
                    }
                });
            }
        }
        Ok(())
    }

    /// Says whether such a device can switch a host like this one.
    fn fits_this_host(&self, facts: &Facts) -> Option<Check> {
        let text = |name: &str| facts.file(name).reads_as().unwrap_or_default();
        let [vendor, product] = machine::FILES.map(text);
        let (fits, is) = (self.fits?, Machine::of(vendor, product)?);
        let own = nodes::own_name(facts);
        Some(match fits == is {
            true => Check::ok(format!("{own} is {}", is.name())).note(machine::FILES[0]),
            false => Check::warning(format!(
                "{own} is {}, by its firmware, and {} is for {}: {} fits",
                is.name(),
                self.agent,
                match fits {
                    Machine::Server => "servers with a BMC",
                    Machine::Kvm => "KVM guests",
                    Machine::VirtualBox => "VirtualBox guests",
                    Machine::Vmware => "VMware guests",
                },
                is.verbs()
            )),
        })
    }

    fn password_file(&self, facts: &Facts) -> Result<Option<Check>, Refusal> {
        let Some(path) = &self.options.password_file else {
            return Ok(None);
        };
        let name = path.display();
        let refused = |what: String| {
            let asked = Again::same().without("--password-file");
            Err(Refusal::check(what).again("without one, it is asked for", asked))
        };
        match facts.passwords.get(path) {
            None | Some(PasswordFile::Absent) => {
                refused(format!("there is no password file {name}"))
            }
            Some(PasswordFile::NoFile(what)) => refused(format!("the password file {name} {what}")),
            Some(PasswordFile::Unreadable(why)) => {
                refused(format!("the password file {name} cannot be read: {why}"))
            }
            Some(PasswordFile::Unfit(why)) => refused(format!("the password in {name} {why}")),
            Some(PasswordFile::Fit { mode, .. }) if mode & 0o077 != 0 => Ok(Some(
                Check::warning(format!(
                    "{name} has mode {mode:04o}: others than its owner may read the password"
                ))
                .note(format!("chmod 600 {name}")),
            )),
            Some(PasswordFile::Fit { .. }) => Ok(None),
        }
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

/// Where a password that is to be written comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PasswordFrom {
    /// The file that was named, or the keyboard.
    Given,
    /// The node here, which has it.
    Here,
}

impl Addition<'_> {
    /// Returns whether passwords are to be written, and from where.
    fn passwords_to_write(
        &self,
        facts: &Facts,
        devices: &[NewDevice],
        here: &[NodeHere],
        is_new: &dyn Fn(&NewDevice) -> bool,
    ) -> Result<Option<PasswordFrom>, Refusal> {
        if self.user.is_none() {
            return Ok(None);
        }
        let given = self.options.password_file.as_ref();
        if let Some(PasswordFile::Fit { sum, .. }) =
            given.and_then(|path| facts.passwords.get(path))
        {
            let same = |node: &NodeHere| node.sums.iter().all(|there| there.as_ref() == Some(sum));
            return Ok((!here.iter().all(same)).then_some(PasswordFrom::Given));
        }
        if devices.iter().any(is_new) {
            return Ok(Some(PasswordFrom::Given));
        }
        let own = here.iter().find(|node| node.target.is_none());
        let own = own.map(|node| node.sums.as_slice()).unwrap_or_default();
        let alike = here.iter().all(|node| node.sums == own);
        if alike && own.iter().all(Option::is_some) {
            return Ok(None);
        }
        match own.iter().all(Option::is_some) {
            true => Ok(Some(PasswordFrom::Here)),
            false => Ok(Some(PasswordFrom::Given)),
        }
    }

    fn install(&self, here: &[NodeHere], plan: &mut Plan) {
        for node in here.iter().filter(|node| !node.lacks.is_empty()) {
            let packages = self.agent.packages(node.packaging);
            let why = format!("what switches nodes off, for {}", node.member.name);
            let mut step = packages::install(&packages, why);
            if node.target.is_none() {
                step.verify = packages::there(&node.lacks);
            }
            plan.step(packages::update().at(node.target.as_deref()));
            plan.step(step.at(node.target.as_deref()));
        }
    }

    /// Adds the question to each device from each node that may have to use it.
    fn try_devices(
        &self,
        devices: &[NewDevice],
        here: &[NodeHere],
        writes: Option<PasswordFrom>,
        plan: &mut Plan,
    ) {
        let given = writes == Some(PasswordFrom::Given);
        if given && let Some(user) = self.user {
            plan.secrets.push(Named {
                name: secret::PASSWORD.to_owned(),
                source: match &self.options.password_file {
                    Some(path) => Source::File(path.clone()),
                    None => Source::Typed(format!("the password of {user} at the fence device")),
                },
                keeper: Keeper::File,
            });
        }
        for device in devices {
            // One that is only copied is tried where it comes from.
            let copied = writes == Some(PasswordFrom::Here);
            let asks = here.iter().filter(|node| match copied {
                true => node.target.is_none(),
                false => node.member.name != device.node,
            });
            for node in asks {
                let mut params = device.params.clone();
                if given {
                    let value = format!("${{{}}}", secret::PASSWORD);
                    params.push(("password".to_owned(), value));
                } else if self.user.is_some() {
                    // Each has it, or it is here.
                    params.push(secret::parameter(&device.id));
                }
                let why = format!(
                    "does {} see the power of {}? A wrong address, user or password says so here",
                    node.member.name, device.node
                );
                plan.step(
                    self.agent
                        .ask_power(&params, why)
                        .at(node.target.as_deref()),
                );
            }
        }
    }

    /// Adds the steps that put the passwords on each node.
    fn bring_passwords(
        &self,
        devices: &[NewDevice],
        here: &[NodeHere],
        writes: Option<PasswordFrom>,
        plan: &mut Plan,
    ) {
        let Some(from) = writes else { return };
        let own = here.iter().find(|node| node.target.is_none());
        for (number, device) in devices.iter().enumerate() {
            for node in here {
                let (path, name) = (secret::path(&device.id), &node.member.name);
                let there = node.sums.get(number).cloned().flatten();
                let had = there.is_some();
                match (from, &node.target) {
                    (PasswordFrom::Given, _) => {
                        let target = node.target.as_deref();
                        for step in secret::write(&device.id, had, Place { node: name, target }) {
                            plan.step(step);
                        }
                    }
                    (PasswordFrom::Here, Some(target)) => {
                        let own_sum = own.and_then(|own| own.sums.get(number).cloned().flatten());
                        if there == own_sum {
                            continue;
                        }
                        for step in secret::copy(&device.id, had, name, target) {
                            plan.step(step);
                        }
                    }
                    (PasswordFrom::Here, None) => {}
                }
                // This host comes first.
                if let (Some(target), Some(last)) = (&node.target, plan.steps.last_mut()) {
                    last.verify.push(members::same_file(&path, target));
                }
            }
        }
    }

    fn load(
        &self,
        missing: Vec<Object>,
        devices: &[NewDevice],
        here: &[NodeHere],
        plan: &mut Plan,
    ) {
        let mut step = Step::crm(
            missing,
            "one commit; each runs anywhere but on the node that it switches off",
        )
        .within(150)
        .waits_for("the devices to answer");
        for device in devices {
            step = step.verify(Verify::Runs {
                resource: device.id.clone(),
                node: None,
            });
        }
        plan.step(step);
        self.levels(devices, plan);
        for device in devices {
            for node in here.iter().filter(|node| node.member.name != device.node) {
                let argv = words(&["stonith_admin", "--list", &device.node]);
                let proof = Verify::Prints {
                    argv: match &node.target {
                        Some(target) => over_ssh(target, &argv),
                        None => argv,
                    },
                    text: device.id.clone(),
                    proves: format!(
                        "{} can switch {} off by {}",
                        node.member.name, device.node, device.id
                    ),
                };
                if let Some(last) = plan.steps.last_mut() {
                    last.verify.push(proof);
                }
            }
        }
    }

    /// Adds the order in which a node's devices are tried, where this is not the first.
    fn levels(&self, devices: &[NewDevice], plan: &mut Plan) {
        if self.options.level == 1 {
            return;
        }
        let mut xml = String::from("<fencing-topology>");
        let mut touches = Vec::new();
        for device in devices {
            for level in 1..=self.options.level {
                let id = format!("fence-{}-level-{level}", device.node);
                let name = device::name(&device.node, level);
                xml += &format!(
                    "<fencing-level id=\"{id}\" target=\"{}\" index=\"{level}\" devices=\"{name}\"/>",
                    device.node
                );
                touches.push(id);
            }
        }
        xml += "</fencing-topology>";
        let argv = [
            "cibadmin",
            "--modify",
            "--allow-create",
            "--scope",
            "fencing-topology",
            "--xml-pipe",
        ];
        plan.step(
            Step::run(
                words(&argv),
                "which is tried first, and which where that fails",
            )
            .stdin(xml)
            .undo(Undo::Cib { touches }),
        );
    }

    /// Adds the step that turns fencing on, where every node can then be switched off.
    fn turn_on(&self, facts: &Facts, cib: &Cib, members: &[Member], plan: &mut Plan) {
        let uncovered = enabling::uncovered(cib);
        if !uncovered.is_empty() {
            let s = verb_ending(&uncovered);
            plan.check(Check::warning(format!(
                "{} ha{} no device yet: fencing stays off until then, since a loss of that node would stop \
                 its services for ever",
                list(&uncovered),
                if s.is_empty() { "ve" } else { "s" },
            )));
            return;
        }
        let (mut properties, defaults) = enabling::delay(cib, self.delay_of(members, facts));
        if cib.is_on("stonith-enabled") == Some(false) {
            properties.push(("stonith-enabled".to_owned(), "true".to_owned()));
        }
        let objects = property::sets(cib, properties, defaults);
        if objects.is_empty() {
            return;
        }
        plan.check(Check::ok(self.price(members, facts)).note("explain fencing"));
        plan.step(
            Step::crm(objects, "last of all, now that the devices run").verify(Verify::Settled),
        );
        plan.next.push("bascule fence test".to_owned());
    }

    /// Returns what a loss will cost.
    fn price(&self, members: &[Member], facts: &Facts) -> String {
        let back = match self.options.action {
            Action::Reboot => "switched off and on: its services start elsewhere after about 8 s",
            Action::Off => {
                "switched off and stays off until somebody switches it on: its services start elsewhere \
                 after about 4 s"
            }
        };
        match self.delay_of(members, facts) {
            0 => format!("a lost node is {back}"),
            delay => format!(
                "a lost node is {back}, {delay} s later where it ran them: in a cut the other one waits, so \
                 that not both shoot"
            ),
        }
    }
}
