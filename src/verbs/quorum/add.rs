//! `quorum add`: a third host gets a vote, so that one of two nodes may go on when the other is lost, and
//! only one when they lose each other.
//!
//! The order is that of the least harm: programs, then certificates on all nodes, then one corosync.conf on
//! all, then one reload and at once the daemons. From the reload until the daemons vote there are two votes of
//! three, so that the loss of one node then would stop everything. Whatever fails is taken back at once.

use super::picture::{Picture, argv_on, on};
use super::{SETTLES, certificates, files};
use crate::conf::corosync::Device;
use crate::conf::{CorosyncConf, Interval};
use crate::facts::{Facts, Needs, Peer};
use crate::membership::device::{self, SERVER, Server, Side};
use crate::membership::nodes::Member;
use crate::membership::services::DEVICE_DAEMON;
use crate::membership::{members, nodes, packages, standing};
use crate::names::{Name, host};
use crate::plan::{Check, Plan, Refusal, Step, Verify, shell_line, words};
use crate::verb::Change;
use crate::{reach, wording};
use clap::Args;
use std::net::IpAddr;
use std::path::PathBuf;

/// Give a third host a vote, so that one of two nodes can go on alone
///
/// Installs corosync-qnetd there and corosync-qdevice on the nodes, has the third host sign the nodes'
/// certificate, and writes the device into corosync.conf on all nodes; the cluster goes on meanwhile. Run again,
/// it mends what is not so.
#[derive(Debug, Args)]
pub struct Add {
    /// The third host, as ssh reaches it: neither a node nor an address of the cluster
    #[arg(value_name = "HOST", value_parser = host, add = Name::OutsideHost)]
    pub host: String,
    /// How long the nodes wait for the third host before they go on without it: 2s to 120s
    #[arg(long, value_name = "TIME")]
    pub wait: Option<Interval>,
    /// Where no ssh reaches it: a folder here with what is carried to it and from it; each run says what comes next
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath, value_parser = crate::verbs::cluster::export::absolute)]
    pub by_hand: Option<PathBuf>,
}

/// What a heartbeat may be (0.8 of the timeout, 1 s to 120 s: corosync-qdevice(8)), in seconds.
const TIMEOUTS: std::ops::RangeInclusive<u32> = 2..=120;

/// What this host shows to another one that lets it in.
const PUBLIC_KEYS: [&str; 3] = [
    "/root/.ssh/id_ed25519.pub",
    "/root/.ssh/id_ecdsa.pub",
    "/root/.ssh/id_rsa.pub",
];

impl Change for Add {
    fn needs(&self) -> Needs {
        let mut needs = device::needs_here();
        needs.files.extend(PUBLIC_KEYS.map(Into::into));
        needs
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let Ok(conf) = standing::membership(facts) else {
            return Needs::default();
        };
        let nodes = nodes::members_of(&conf, facts);
        if self.node(&nodes).is_some() || self.address(facts).is_some() {
            return Needs::default();
        }
        let others: Vec<Member> = nodes.into_iter().filter(|node| !node.own).collect();
        let mut needs = device::needs_of_nodes(&others, Some(&self.host));
        let name = conf
            .cluster_name()
            .filter(|name| device::can_be_certified(name));
        match (&self.by_hand, name) {
            (Some(folder), Some(name)) => needs.and(device::needs_by_hand(folder, name)),
            (None, Some(name)) => {
                needs.peers.push(device::ask_server(&self.host, name));
                needs
            }
            (_, None) => needs,
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let mut plan = Plan::new("");
        let conf = standing::membership(facts)?;
        let nodes = nodes::members_of(&conf, facts);
        self.is_outside(&nodes, facts)?;
        self.fits(&conf, &nodes, facts)?;
        let picture = Picture::of(facts, Some(&self.host), &mut plan)?;
        let timeout = self.milliseconds(&conf)?;
        let (server, host) = match &self.by_hand {
            Some(folder) => {
                let server = Server::by_hand(&self.host, folder, &picture.name, facts);
                self.has_an_address()?;
                self.was_carried(&picture, &server, folder)?;
                self.is_reached(&picture, &server)?;
                if certificates::is_to_be_asked(&picture, &server, &self.host)? {
                    self.ask(&picture, &server, folder, &mut plan);
                    return Ok(plan);
                }
                (server, self.host.clone())
            }
            None => {
                let peer = self.third_host(&picture, facts)?;
                let server = Server::of(&self.host, peer, &picture.name);
                self.serves_no_other(&picture, &server)?;
                self.is_reached(&picture, &server)?;
                (server, self.address_in_file(&picture, facts, peer))
            }
        };
        let device = Device { host, timeout };
        plan.headline = format!("{}: {} has a third vote", picture.name, self.host);
        self.steps(&picture, &server, &device, facts, &mut plan)?;
        if plan.is_empty() {
            plan.checks.clear();
            plan.headline = format!("{} has a vote in {} already", self.host, picture.name);
        }
        Ok(plan)
    }
}

impl Add {
    /// Returns the node that the third host would be.
    fn node<'a>(&self, nodes: &'a [Member]) -> Option<&'a Member> {
        nodes
            .iter()
            .find(|node| node.name == self.host || node.addresses.contains(&self.host))
    }

    /// Returns the resource whose virtual address the third host would be.
    fn address<'a>(&self, facts: &'a Facts) -> Option<&'a str> {
        let ip: IpAddr = self.host.parse().ok()?;
        let mut all = facts.cib()?.virtual_addresses();
        let (found, _) = all.find(|(_, address)| *address == ip)?;
        Some(found.id.as_str())
    }

    /// Refuses a third host that is in the cluster: it would be lost with what it is to outvote.
    fn is_outside(&self, nodes: &[Member], facts: &Facts) -> Result<(), Refusal> {
        let host = &self.host;
        if let Some(resource) = self.address(facts) {
            return Err(Refusal::check(format!(
                "{host} is the cluster's own address {resource}, which is on one of the nodes"
            ))
            .hint("name a host outside the cluster", "bascule quorum add HOST"));
        }
        let leads = self.node(nodes).or_else(|| {
            let peer = facts.peers.get(host)?;
            let own = facts.network.as_ref();
            nodes.iter().find(|node| {
                let mut ips = node.addresses.iter().filter_map(|text| text.parse().ok());
                ips.any(|ip: IpAddr| peer.network.holder(ip).is_some())
                    || (node.own && facts.who.is_same_host(own, &peer.who, Some(&peer.network)))
            })
        });
        let Some(node) = leads else { return Ok(()) };
        let what = match node.name == *host {
            true => format!("{host} is a node of the cluster"),
            false => format!("{host} is {}, a node of the cluster", node.name),
        };
        Err(
            Refusal::check(format!("{what}: a third vote must be on a third host"))
                .hint("name a host outside the cluster", "bascule quorum add HOST"),
        )
    }

    /// Refuses what goes with no device.
    fn fits(&self, conf: &CorosyncConf, nodes: &[Member], facts: &Facts) -> Result<(), Refusal> {
        let name = standing::called(conf);
        match nodes.len() {
            2 => {}
            1 => {
                return Err(Refusal::check(format!(
                    "{name} has one node: a vote of a third host is for two"
                ))
                .hint("on the other node, first", "bascule cluster join HOST"));
            }
            count if count % 2 == 1 => {
                return Err(Refusal::check(format!(
                    "{name} has {count} nodes, of which {} are a majority without a third host's vote",
                    count / 2 + 1
                ))
                .hint("how many may be lost", "bascule quorum status"));
            }
            count => {
                return Err(Refusal::check(format!(
                    "{name} has {count} nodes: bascule gives a third host a vote where there are two"
                ))
                .hint("by hand", "man corosync-qdevice"));
            }
        }
        if !conf.cluster_name().is_some_and(device::can_be_certified) {
            return Err(Refusal::check(format!(
                "the third host knows a cluster by a name of letters, digits, `.`, `_` and `-`, and this one \
                 is {name}"
            ))
            .hint("what says it", "corosync-cmapctl -g totem.cluster_name"));
        }
        if let Some((key, value)) = conf.conflict_with_device() {
            return Err(Refusal::check(format!(
                "{key} is {value} in {}, which goes with no quorum device",
                crate::facts::COROSYNC_CONF
            ))
            .hint(
                "to take it out, on every node",
                format!("sensible-editor {}", crate::facts::COROSYNC_CONF),
            ));
        }
        let policy = facts.cib().and_then(|cib| cib.property("no-quorum-policy"));
        if policy.as_deref() == Some("ignore") {
            return Err(Refusal::check(
                "no-quorum-policy is ignore: a node that is outvoted would run everything all the same",
            )
            .hint("first", "bascule cluster set no-quorum-policy=stop"));
        }
        Ok(())
    }

    /// Returns what the third host said.
    fn third_host<'a>(&self, picture: &Picture, facts: &'a Facts) -> Result<&'a Peer, Refusal> {
        let host = &self.host;
        let unasked = || Refusal::check(format!("{host} was not asked"));
        let peer = facts.peers.get(host).ok_or_else(unasked)?;
        let Some(why) = &peer.unreachable else {
            return Ok(peer);
        };
        let what = format!("it must sign the certificate of {}", picture.name);
        let refusal = reach::refusal(host, why, &what);
        let key = PUBLIC_KEYS.iter().find_map(|path| facts.file(path).text());
        Err(match key.and_then(|text| text.lines().next()) {
            // ssh-copy-id wants a password by ssh, which root seldom has. Only `add` and `remove` come by ssh.
            Some(key) => refusal.hint(
                "or there, at its own console, until this is done",
                format!(
                    "mkdir -p -m 700 /root/.ssh && echo {} >>/root/.ssh/authorized_keys",
                    shell_line(&[key.trim().to_owned()])
                ),
            ),
            None => refusal.hint(
                "this host has no key to show; to make one",
                "ssh-keygen -t ed25519",
            ),
        })
    }

    /// Refuses a third host that knows another cluster by this name: both would be one to it.
    fn serves_no_other(&self, picture: &Picture, server: &Server) -> Result<(), Refusal> {
        let ours = |address: &&String| {
            let mut nodes = picture.nodes.iter();
            nodes.any(|node| node.addresses.contains(address))
        };
        // A node may reach it from an address that is not corosync's: then its daemon says so.
        let connected = picture.sides.iter().filter(|side| {
            let reaches = |daemon: &crate::facts::voting::Daemon| daemon.is_connected();
            side.daemon.as_ref().is_some_and(reaches)
        });
        let others: Vec<&String> = server.serves.iter().filter(|one| !ours(one)).collect();
        if others.is_empty() || server.serves.len() <= connected.count() {
            return Ok(());
        }
        Err(Refusal::check(format!(
            "{} has a vote already in another cluster called {}, of {}: both would be one to it",
            self.host,
            picture.name,
            wording::list(&others)
        ))
        .hint(
            "to see it",
            format!("ssh root@{} corosync-qnetd-tool -l", server.target),
        )
        .hint("with another host", "bascule quorum add HOST"))
    }

    /// Refuses a third host that listens where a node does not reach it, and one without its certificates.
    fn is_reached(&self, picture: &Picture, server: &Server) -> Result<(), Refusal> {
        if let Some(refusal) = self.masked(picture, server) {
            return Err(refusal);
        }
        if server.unit.exists && server.authority.is_none() {
            return Err(Refusal::check(format!(
                "{} has corosync-qnetd and no certificates of its own",
                self.host
            ))
            .hint(
                "to make them",
                format!("ssh root@{} corosync-qnetd-certutil -i -G", server.target),
            ));
        }
        if !server.unit.active {
            return Ok(());
        }
        let port = crate::facts::voting::PORT;
        for side in &picture.sides {
            if let (Some(Err(why)), Some(_)) = (&side.port, &server.carried) {
                let there = format!("on {}", self.host);
                return Err(Refusal::check(format!(
                    "{} does not reach port {port} of {} ({why})",
                    side.name, self.host
                ))
                .hint(&there, format!("systemctl enable --now {SERVER}"))
                .hint(
                    format!("{there}, which packets are dropped"),
                    "nft list ruleset",
                ));
            }
            if let Some(Err(why)) = &side.port {
                return Err(Refusal::check(format!(
                    "{} does not reach port {port} of {}, though corosync-qnetd runs there ({why})",
                    side.name, self.host
                ))
                .hint(
                    "who listens there",
                    format!("ssh root@{} ss -ltn sport = :{port}", server.target),
                )
                .hint(
                    "which packets are dropped there",
                    format!("ssh root@{} nft list ruleset", server.target),
                ));
            }
        }
        Ok(())
    }

    /// Returns the refusal of a service that somebody has masked: its package is there, and nothing starts it.
    fn masked(&self, picture: &Picture, server: &Server) -> Option<Refusal> {
        let refusal = |unit: &str, host: &str, own: bool| {
            let place = match own {
                true => "to have it start again".to_owned(),
                false => format!("to have it start again, on {host}"),
            };
            Refusal::check(format!(
                "{unit} is masked on {host}: nothing starts it there"
            ))
            .hint(place, format!("systemctl unmask {unit}"))
        };
        if server.unit.masked {
            return Some(refusal(SERVER, &self.host, false));
        }
        let side = picture.sides.iter().find(|side| side.unit.masked)?;
        Some(refusal(DEVICE_DAEMON, &side.name, side.target.is_none()))
    }

    /// Returns what stands for the third host in corosync.conf: an address, since each node may resolve a name
    /// differently, or not at all when it is needed.
    fn address_in_file(&self, picture: &Picture, facts: &Facts, peer: &Peer) -> String {
        if self.host.parse::<IpAddr>().is_ok() {
            return self.host.clone();
        }
        let holds = |text: &str| {
            let ip = text.parse::<IpAddr>();
            ip.is_ok_and(|ip| peer.network.holder(ip).is_some())
        };
        if let Some(written) = picture.conf.device_host().filter(|host| holds(host)) {
            return written.to_owned();
        }
        let own = facts.network.iter().flat_map(|network| &network.interfaces);
        let nets: Vec<_> = own
            .filter(|interface| !interface.loopback)
            .flat_map(|interface| &interface.addresses)
            .collect();
        let theirs = peer.network.interfaces.iter();
        let mut theirs = theirs
            .filter(|interface| !interface.loopback)
            .filter_map(|interface| interface.addresses.first())
            .map(ipnet::IpNet::addr);
        let near = theirs.find(|ip| nets.iter().any(|net| net.contains(ip)));
        near.map_or_else(|| self.host.clone(), |ip| ip.to_string())
    }

    /// Returns how long a node waits: as asked, as the file has it, or as it is best.
    fn milliseconds(&self, conf: &CorosyncConf) -> Result<u32, Refusal> {
        let Some(asked) = self.wait else {
            return Ok(conf.device_timeout().unwrap_or(Device::TIMEOUT));
        };
        let seconds = asked.seconds();
        if !TIMEOUTS.contains(&seconds) {
            return Err(Refusal::usage(format!(
                "--wait {asked}: corosync-qdevice takes {}s to {}s",
                TIMEOUTS.start(),
                TIMEOUTS.end()
            )));
        }
        Ok(seconds * 1000)
    }

    fn steps(
        &self,
        picture: &Picture,
        server: &Server,
        device: &Device,
        facts: &Facts,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let mut edited = picture.conf.clone();
        let wrong = |error: crate::conf::EditError| Refusal::check(error.to_string());
        edited.put_device(device).map_err(wrong)?;
        standing::warn_of_concerns(&edited, plan);
        let text = edited.to_text();
        self.programs(picture, server, plan);
        certificates::bring(picture, server, &self.host, plan)?;
        self.reaches(picture, server, device, plan);
        files::beside(picture, facts, &text, plan);
        let asleep: Vec<&Side> = picture.sides.iter().filter(|s| !s.unit.enabled).collect();
        if !asleep.is_empty() {
            let why = "started at boot: a node that reboots votes again";
            plan.step(files::at_boot(&asleep, true, why));
        }
        self.vote(picture, device, &text, plan);
        if !plan.is_empty() {
            // Whatever fails: half a device is worse than none.
            plan.no_return = Some(plan.steps.len());
            // A removal that was cut short is mended by it.
            plan.settles = Some(SETTLES.to_owned());
            plan.next.push("bascule quorum status".to_owned());
        }
        Ok(())
    }

    /// Adds the steps after which the programs are there and the third host's service runs.
    pub(super) fn programs(&self, picture: &Picture, server: &Server, plan: &mut Plan) {
        if !server.unit.exists {
            plan.step(packages::update().on(&server.target));
            plan.step(
                packages::install(
                    &words(&[SERVER]),
                    "the third host's service: it starts by itself",
                )
                .on(&server.target)
                .verify(runs(server)),
            );
        } else if !server.unit.active || !server.unit.enabled {
            let argv = ["systemctl", "enable", "--now", SERVER];
            let mut back = vec!["systemctl", "disable"];
            if !server.unit.active {
                back.push("--now");
            }
            back.push(SERVER);
            plan.step(
                Step::run(argv, "the third host's service, now and at each boot")
                    .on(&server.target)
                    .verify(runs(server))
                    .undone_by(vec![Step::run(back, "as before").on(&server.target)]),
            );
        }
        for side in picture.sides.iter().filter(|side| !side.unit.exists) {
            plan.step(on(packages::update(), side));
            let step = packages::install(
                &words(&[DEVICE_DAEMON]),
                "the daemon that asks the third host",
            );
            plan.step(on(step, side));
        }
    }

    /// Adds the proof that the nodes reach the third host, where it did not listen yet.
    fn reaches(&self, picture: &Picture, server: &Server, device: &Device, plan: &mut Plan) {
        let missing = files::differing(picture, "").len();
        if server.unit.active || missing == 0 {
            return;
        }
        let port = crate::facts::voting::PORT;
        let line = format!("exec 3<>/dev/tcp/{}/{port}", device.host);
        for side in &picture.sides {
            plan.step(on(
                Step::run(
                    ["timeout", "5", "bash", "-c", &line],
                    format!("port {port} of the third host answers {}", side.name),
                ),
                side,
            ));
        }
    }

    /// Adds the steps by which the file takes its place and the daemons vote.
    fn vote(&self, picture: &Picture, device: &Device, text: &str, plan: &mut Plan) {
        let wanted = device.settings();
        let as_wanted = |side: &Side| {
            let is = |(key, value): &(String, String)| side.settings.get(key) == Some(value);
            wanted.iter().all(is)
                && side
                    .settings
                    .get("quorum.two_node")
                    .is_none_or(|value| value == "0")
        };
        let differing = files::differing(picture, text);
        let reload = !differing.is_empty() || !picture.sides.iter().all(as_wanted);
        let stopped: Vec<&Side> = picture.sides.iter().filter(|s| !s.unit.active).collect();
        for side in picture.sides.iter().filter(|side| side.failed) {
            let step = Step::run(
                ["systemctl", "reset-failed", DEVICE_DAEMON],
                "systemd gave up on it, and would not start it again",
            );
            plan.step(on(step, side));
        }
        let had_none = !picture.sides.iter().any(Side::runs_with_device);
        let back = match (had_none, stopped.len()) {
            (true, 1..) => {
                let why = "the daemons, and at once the file as it was: in between the nodes need each other";
                let step = files::stop_and_reload(&stopped, why);
                step.verify(members::expects(None, picture.nodes.len()))
            }
            _ => members::reload("every node reads its file as it was"),
        };
        let stale = self.stale(picture, device);
        let restart = |side: &&Side| {
            let why = "a daemon reads its settings when it starts; the other one votes meanwhile";
            on(
                Step::run(["systemctl", "restart", DEVICE_DAEMON], why),
                side,
            )
        };
        let back: Vec<Step> = std::iter::once(back)
            .chain(stale.iter().map(restart))
            .collect();
        files::rename(picture, text, &back, plan);
        if reload || !stopped.is_empty() {
            let gap = reload && had_none;
            let why = match (gap, stopped.is_empty()) {
                (true, _) => {
                    "at once one after the other: in between there are 2 of 3 votes, and both nodes are needed"
                }
                (false, true) => "every node reads the file",
                (false, false) => "the daemon that was not running",
            };
            let step = files::reload_and_start(reload, &stopped, why);
            plan.step(self.proved(step, picture, !stale.is_empty()));
            if gap {
                plan.check(Check::warning(
                    "from the reload until the daemons vote, about half a second, the loss of one node stops everything",
                ));
            }
        }
        for side in &stale {
            plan.step(self.proved(restart(side), picture, false));
        }
    }

    /// Returns the sides whose daemon runs with other settings than the device is to have.
    fn stale<'a>(&self, picture: &'a Picture, device: &Device) -> Vec<&'a Side> {
        let host = format!("{}:{}", device.host, crate::facts::voting::PORT);
        let stale = |side: &&Side| {
            side.unit.active
                && !side.daemon.as_ref().is_some_and(|daemon| {
                    daemon.host == host
                        && daemon.timeout == Some(device.timeout)
                        && daemon.sync_timeout == Some(device.sync_timeout())
                        && daemon.splits_evenly
                        && daemon.certified
                })
        };
        picture.sides.iter().filter(stale).collect()
    }

    /// Returns a step with the proof that all vote and the third host is reached from every node.
    fn proved(&self, step: Step, picture: &Picture, before_restarts: bool) -> Step {
        // Daemons that are to be restarted yet may stand as they will.
        if before_restarts {
            return step;
        }
        let mut step = step.waits_for("the third host's vote, about a second");
        for side in &picture.sides {
            step = files::counted(step, side, picture.nodes.len() + 1);
            step = step.verify(Verify::Prints {
                argv: argv_on(side, &["corosync-qdevice-tool", "-sv"]),
                text: "(client certificate sent)".to_owned(),
                proves: format!(
                    "{} is connected to {}, with its certificate",
                    side.name, self.host
                ),
            });
        }
        for (node, id) in picture
            .sides
            .iter()
            .filter_map(|s| Some((&s.name, s.nodeid?)))
        {
            step = step.verify(Verify::Prints {
                argv: words(&["corosync-quorumtool", "-s"]),
                // Alive, votes; as quorumtool sets its columns.
                text: format!("{id:>10} {:>10} {:>10} ", 1, "A,V,NMW"),
                proves: format!("{node} casts the device's vote"),
            });
        }
        step
    }
}

/// Returns the proof that the third host's service runs, now and at each boot.
fn runs(server: &Server) -> Verify {
    Verify::Unit {
        unit: SERVER.to_owned(),
        host: Some(server.target.clone()),
        enabled: Some(true),
        active: Some(true),
    }
}
