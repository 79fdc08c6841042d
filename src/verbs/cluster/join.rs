//! `cluster join`: one more host in a cluster that another host has begun.

use super::key::is_in_clear;
use crate::conf::CorosyncConf;
use crate::conf::corosync::log_files;
use crate::facts::{Ask, Bundle, COROSYNC_CONF, Facts, Needs, Peer};
use crate::membership::nodes::Member;
use crate::membership::services::{CONF_FOLDER, KEY};
use crate::membership::standing::Standing;
use crate::membership::{consequences, members, nodes, services, standing};
use crate::names::{Name, host};
use crate::plan::{Check, Danger, Plan, Refusal, Step, Undo, Verify, words};
use crate::verb::Change;
use crate::{reach, wording};
use clap::Args;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Join the cluster that another host has begun
///
/// Fetches corosync.conf and the key from that host over ssh, or from the file that `cluster
/// export` wrote there, and starts the cluster here.
#[derive(Debug, Args)]
pub struct Join {
    /// A host of the cluster, as ssh reaches it
    #[arg(value_name = "HOST", value_parser = host, required_unless_present = "bundle", add = Name::OtherHost)]
    pub host: Option<String>,
    /// The file that `cluster export` wrote, instead of a host
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = super::export::absolute, conflicts_with = "host")]
    pub bundle: Option<PathBuf>,
}

/// How long it may take until this host is let in; 3 s seen.
const LET_IN: u64 = 60;

/// The cluster's files, wherever they come from.
struct Source<'a> {
    conf: CorosyncConf,
    text: &'a str,
    key: &'a str,
}

impl Change for Join {
    fn needs(&self) -> Needs {
        let ask = self.host.iter().map(|host| Ask {
            host: host.clone(),
            units: services::units(),
            files: words(&[KEY]),
            texts: words(&[COROSYNC_CONF]),
            ..Ask::default()
        });
        Needs {
            network: true,
            programs: services::programs(),
            folders: vec![services::PACEMAKER.into()],
            bundle: self.bundle.clone(),
            peers: ask.collect(),
            ..standing::needs()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let mut plan = Plan::new("");
        let source = match (&self.host, &self.bundle) {
            (Some(host), _) => self.host_files(host, facts, &mut plan)?,
            (None, Some(path)) => self.bundled_files(path, facts)?,
            (None, None) => return Err(Refusal::usage("join which host?")),
        };
        let name = standing::called(&source.conf).to_owned();
        plan.headline = format!("{} joins {name}", facts.host);
        let own = self.check_named(facts, &source.conf, &mut plan)?;
        self.steps(facts, &source, &own, &mut plan)?;
        if plan.is_empty() {
            plan.checks.clear();
            plan.headline = format!("{} is in {name} and runs", facts.host);
        }
        Ok(plan)
    }
}

impl Join {
    fn host_files<'a>(
        &self,
        host: &str,
        facts: &'a Facts,
        plan: &mut Plan,
    ) -> Result<Source<'a>, Refusal> {
        let unasked = || Refusal::check(format!("{host} was not asked"));
        let peer = facts.peers.get(host).ok_or_else(unasked)?;
        if let Some(why) = &peer.unreachable {
            return Err(reach::refusal(host, why, "")
                .hint(
                    format!("without ssh, on {host}"),
                    "bascule cluster export FILE",
                )
                .hint("and here", "bascule cluster join --bundle FILE"));
        }
        let own = facts.network.as_ref();
        if facts.who.is_same_host(own, &peer.who, Some(&peer.network)) {
            return Err(Refusal::check(format!("{host} is this host itself"))
                .hint("where the name leads", format!("getent hosts {host}"))
                .hint("name another one", "bascule cluster join HOST"));
        }
        if peer.host == facts.host {
            return Err(self.namesake(host, peer, facts));
        }
        if peer.who.same_machine(&facts.who) {
            plan.check(nodes::clone_of(&peer.host));
        }
        let none = || {
            Refusal::check(format!("there is no cluster on {host} yet")).hint(
                format!("on {host}"),
                format!(
                    "bascule cluster init --name NAME --node {}=ADDRESS --node {}=ADDRESS",
                    peer.host, facts.host
                ),
            )
        };
        let text = peer.texts.get(COROSYNC_CONF).ok_or_else(none)?;
        let conf = CorosyncConf::parse(text).map_err(|error| {
            Refusal::check(format!(
                "corosync cannot read {COROSYNC_CONF} on {host}: {error}"
            ))
        })?;
        if conf.is_as_packaged() {
            return Err(none());
        }
        let Some(Some(key)) = peer.files.get(KEY) else {
            if is_in_clear(&conf) {
                let from = members::remote(peer.target(host), COROSYNC_CONF);
                let mut refusal = Refusal::check(format!(
                    "{} talks in clear and has no key: there is none to bring here",
                    standing::called(&conf)
                ));
                if !in_file(&conf, facts).iter().any(|node| node.own) {
                    let add = with_this_host(facts, &conf);
                    refusal = refusal.hint(format!("on {host}, first"), add);
                }
                return Err(refusal
                    .hint(
                        "to come into it as it is",
                        format!("scp -p {from} {COROSYNC_CONF}"),
                    )
                    .hint("then", "systemctl enable --now corosync pacemaker"));
            }
            return Err(Refusal::check(format!("{host} has no key in {KEY}"))
                .hint(format!("on {host}"), "bascule cluster key"));
        };
        let runs = |unit: &String| peer.units.get(unit).is_some_and(|unit| unit.active);
        if !services::units().iter().all(runs) {
            return Err(Refusal::check(format!(
                "{} does not run on {host}",
                standing::called(&conf)
            ))
            .hint(format!("on {host}"), "bascule cluster start"));
        }
        plan.check(Check::ok(format!("{} runs on {host}", standing::called(&conf))).note("ssh"));
        Ok(Source { conf, text, key })
    }

    fn bundled_files<'a>(&self, path: &Path, facts: &'a Facts) -> Result<Source<'a>, Refusal> {
        let export = (
            "to make one, on a host of the cluster",
            "bascule cluster export FILE",
        );
        match &facts.bundle {
            None | Some(Bundle::Absent) => {
                Err(Refusal::check(format!("there is no {}", path.display()))
                    .hint(export.0, export.1))
            }
            Some(Bundle::Wrong { why }) => Err(Refusal::check(format!(
                "{} is no file of cluster export: {why}",
                path.display()
            ))
            .hint(export.0, export.1)),
            Some(Bundle::Of { conf: text, key }) => match CorosyncConf::parse(text) {
                Ok(conf) => Ok(Source { conf, text, key }),
                Err(error) => Err(Refusal::check(format!(
                    "corosync cannot read the corosync.conf in {}: {error}",
                    path.display()
                ))
                .hint(export.0, export.1)),
            },
        }
    }

    /// Returns the refusal of a host that is called as this one is: one was made from the other.
    fn namesake(&self, host: &str, peer: &Peer, facts: &Facts) -> Refusal {
        let conf = peer.texts.get(COROSYNC_CONF);
        let conf = conf.and_then(|text| CorosyncConf::parse(text).ok());
        let members = conf.map_or_else(Vec::new, |conf| in_file(&conf, facts));
        let name = members.iter().find(|node| node.own);
        let name = name.map_or("NAME", |node| node.name.as_str());
        let refusal = Refusal::check(format!(
            "{host} is another host, and is called {} as this one is: no two nodes may have one name",
            peer.host
        ));
        let Some(network) = &facts.network else {
            return refusal;
        };
        let own: Vec<String> = network.own_addresses().map(|ip| ip.to_string()).collect();
        refusal
            .hint(
                format!("to rename this one ({})", own.join(", ")),
                format!("hostnamectl set-hostname {name}"),
            )
            .hint(
                "and in its own file of names",
                format!("sed -i 's/^127\\.0\\.1\\.1.*/127.0.1.1 {name}/' /etc/hosts"),
            )
    }

    /// Refuses unless the cluster's file names this host, by an address that it has.
    fn check_named(
        &self,
        facts: &Facts,
        conf: &CorosyncConf,
        plan: &mut Plan,
    ) -> Result<Member, Refusal> {
        let host = facts.host.as_str();
        let from = self.host.as_deref().unwrap_or("a host of the cluster");
        let members = in_file(conf, facts);
        let called = members.iter().find(|node| node.name == host);
        let Some(own) = members.iter().find(|node| node.own) else {
            return Err(match called {
                Some(node) => Refusal::check(format!(
                    "{} knows {host} at {}, which is no address of this host",
                    standing::called(conf),
                    node.addresses.first().map_or("no address", String::as_str)
                ))
                .hint("this host has", "ip -brief address"),
                None => Refusal::check(format!(
                    "{} has no node {host}; it has {}",
                    standing::called(conf),
                    wording::list(&standing::names(conf))
                ))
                .hint(format!("on {from}"), with_this_host(facts, conf)),
            });
        };
        if let Some(other) = called.filter(|node| !node.own) {
            return Err(Refusal::check(format!(
                "this host has {}, the address of {}, and is called {host}, which {} knows at {}",
                own.addresses.join(", "),
                own.name,
                standing::called(conf),
                other.addresses.join(", ")
            ))
            .hint(
                "to rename it",
                format!("hostnamectl set-hostname {}", own.name),
            ));
        }
        if !own.name.eq_ignore_ascii_case(host) {
            plan.check(Check::warning(format!(
                "this host is {} in {}, by its address; it calls itself {host}",
                own.name,
                standing::called(conf)
            )));
        }
        let held = facts.network.as_ref().and_then(|network| {
            let ip = |address: &String| address.parse::<IpAddr>().ok();
            own.addresses
                .iter()
                .filter_map(ip)
                .find_map(|ip| Some((ip, network.holder(ip)?)))
        });
        match (held, own.addresses.first()) {
            (Some((ip, interface)), _) => {
                plan.check(Check::ok(format!(
                    "{} is one of its nodes, with {ip} on {}",
                    own.name, interface.name
                )));
            }
            (None, Some(address)) if address.parse::<IpAddr>().is_err() => {
                plan.check(Check::warning(format!(
                    "{host} stands there by name ({address}): it must resolve to the same address on every node"
                )));
            }
            _ => {}
        }
        Ok(own.clone())
    }

    fn steps(
        &self,
        facts: &Facts,
        source: &Source,
        own: &Member,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let name = standing::called(&source.conf);
        let mut again = false;
        match standing::standing(facts)? {
            Standing::Alone => {
                let held = standing::resources(facts.cib());
                if !held.is_empty() {
                    return Err(standing::own_resources(facts, &held));
                }
            }
            Standing::Member(own) if own.cluster_name() != source.conf.cluster_name() => {
                return Err(standing::another_cluster(facts, &own));
            }
            Standing::Member(_) => again = true,
        }
        services::install(facts, plan);
        let own_text = facts.file(COROSYNC_CONF).text();
        let own_key = facts.sums.get(Path::new(KEY)).map(String::as_str);
        let new_files = own_text != Some(source.text) || own_key != Some(source.key);
        let new_cib =
            standing::is_foreign(facts.cib(), name) && (new_files || !services::runs(facts));
        let runs = services::active(facts);
        let stops = (new_files || new_cib) && !runs.is_empty();
        if stops && again {
            let what_happens = format!("the cluster stops on {} for a moment", facts.host);
            consequences::of_stopping(facts, Some(&source.conf), &what_happens, plan);
            let why = "it runs with other files than the cluster's";
            plan.step(services::stop(facts, true, why));
        } else if stops {
            services::stop_empty(
                facts,
                "what Debian started with the packages: a cluster called debian of one node",
                plan,
            );
        }
        if new_files {
            standing::warn_of_concerns(&source.conf, plan);
            self.fetch(plan);
            for step in log_folders(&source.conf) {
                plan.step(step);
            }
            plan.step(services::look_of_corosync());
        }
        if new_cib {
            services::put_cib_aside(
                facts,
                "put aside, so that this host takes the cluster's configuration and not its own along",
                plan,
            );
        }
        services::enable(facts, plan);
        if new_files || new_cib || runs.len() < 2 {
            plan.step(self.start(facts, stops, &source.conf, own));
        }
        if let Some(host) = source.conf.device_host()
            && !facts
                .units
                .get(services::DEVICE_DAEMON)
                .is_some_and(|unit| unit.enabled)
        {
            plan.check(Check::warning(format!(
                "{host} has a vote in {name}: {} has a part in it once it has certificate and daemon",
                own.name
            )));
            plan.next.push(format!("bascule quorum add {host}"));
        }
        if !plan.is_empty() {
            plan.undo_danger = Some(Danger::new(
                format!("{name} stops on {}: what runs here moves", facts.host),
                &facts.host,
            ));
            plan.next.push("bascule status".to_owned());
        }
        Ok(())
    }

    /// Adds the steps that bring the two files here; the key goes from disk to disk.
    fn fetch(&self, plan: &mut Plan) {
        let files = |paths: &[&str]| Undo::Files {
            paths: paths.iter().map(PathBuf::from).collect(),
        };
        if let Some(host) = &self.host {
            for (path, why) in [
                (KEY, "the cluster's key, from disk to disk: nobody sees it"),
                (COROSYNC_CONF, "who is in the cluster, and how they talk"),
            ] {
                plan.step(
                    Step::run(members::scp(&members::remote(host, path), path), why)
                        .verify(members::same_file(path, host))
                        .undo(files(&[path])),
                );
            }
        }
        if let Some(path) = &self.bundle {
            let mut argv = words(&["tar", "--extract", "--no-same-owner", "--force-local"]);
            argv.extend([
                "--file".to_owned(),
                path.display().to_string(),
                "--directory".to_owned(),
                CONF_FOLDER.to_owned(),
            ]);
            argv.extend(crate::facts::BUNDLED.map(str::to_owned));
            plan.step(
                Step::run(argv, "the cluster's corosync.conf and key")
                    .verify(Verify::Exists { path: KEY.into() })
                    .undo(files(&[COROSYNC_CONF, KEY])),
            );
            plan.next.push(format!(
                "shred --remove {}",
                crate::plan::shell_line(&[path.display().to_string()])
            ));
        }
    }

    fn start(&self, facts: &Facts, stopped: bool, conf: &CorosyncConf, own: &Member) -> Step {
        let mut nodes = vec![own.name.clone()];
        let members = in_file(conf, facts);
        let others: Vec<&Member> = members.iter().filter(|node| !node.own).collect();
        let peer = self.host.as_ref().and_then(|host| facts.peers.get(host));
        let is_peer = |node: &&&Member| {
            let ips = node
                .addresses
                .iter()
                .filter_map(|address| address.parse().ok());
            let mut ips = ips.filter_map(|ip: IpAddr| peer?.network.holder(ip));
            ips.next().is_some()
        };
        match (peer, others.iter().find(is_peer)) {
            (_, Some(node)) => nodes.push(node.name.clone()),
            (Some(peer), None) => nodes.push(peer.host.clone()),
            // The other one of two must be there; of more, those that make the quorum.
            (None, None) if others.len() == 1 => nodes.push(others[0].name.clone()),
            (None, None) => {}
        }
        let waited = wording::list(&nodes);
        services::start(
            facts,
            stopped,
            "corosync finds its peers, Pacemaker is let in",
        )
        .within(LET_IN)
        .waits_for(format!("{waited} to see each other, about 3 s"))
        .verify(Verify::Online { nodes })
        .verify(Verify::Prints {
            argv: words(&["corosync-quorumtool", "-s"]),
            text: "Quorate:          Yes".to_owned(),
            proves: "the cluster has quorum".to_owned(),
        })
    }
}

/// Returns the nodes of another host's file; the configuration that lies here is another cluster's.
fn in_file(conf: &CorosyncConf, facts: &Facts) -> Vec<Member> {
    let facts = Facts {
        host: facts.host.clone(),
        network: facts.network.clone(),
        ..Facts::default()
    };
    nodes::members_of(conf, &facts)
}

/// Returns the command that adds this host to a cluster, for one of its hosts.
fn with_this_host(facts: &Facts, conf: &CorosyncConf) -> String {
    let nodes = conf.nodes();
    let mut line = format!("bascule cluster init --name {}", standing::called(conf));
    for node in &nodes {
        let address = node.addresses.first().map_or("ADDRESS", String::as_str);
        line += &format!(" --node {}={address}", node.label());
    }
    // The address of ours that lies in the others' network.
    let own = facts.network.as_ref().and_then(|network| {
        let theirs = nodes.first()?.addresses.first()?.parse::<IpAddr>().ok()?;
        let interface = network.route_to(theirs)?;
        let net = interface
            .addresses
            .iter()
            .find(|net| net.contains(&theirs))?;
        Some(net.addr().to_string())
    });
    let own = own.unwrap_or_else(|| "ADDRESS".to_owned());
    format!("{line} --node {}={own}", facts.host)
}

/// Returns the steps that make the folders of corosync's logs, but for those that the packages make:
/// where one is missing, corosync does not start.
///
/// What was not there goes again on the way back, with the log of a cluster that this host is then no
/// member of; whatever else lies there by then keeps it.
fn log_folders(conf: &CorosyncConf) -> Vec<Step> {
    const MAKE: &str = "test ! -d \"$0\" || exit 0\n\
        first=$0\n\
        until test -d \"$(dirname \"$first\")\"; do first=$(dirname \"$first\"); done\n\
        mkdir --parents \"$0\"\n\
        echo \"$first\" >\"$0/.made-by-bascule\"";
    const BACK: &str = "test -e \"$0/.made-by-bascule\" || exit 0\n\
        first=$(cat \"$0/.made-by-bascule\")\n\
        rm --force \"$@\"\n\
        test -z \"$(ls -A \"$0\" | grep -vFx .made-by-bascule)\" || exit 0\n\
        rm \"$0/.made-by-bascule\"\n\
        folder=$0\n\
        while rmdir \"$folder\" && test \"$folder\" != \"$first\"; do folder=$(dirname \"$folder\"); done";
    let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in log_files(conf) {
        let folder = file.folder.display().to_string();
        if !matches!(folder.as_str(), "/var/log" | "/var/log/corosync") {
            let files = folders.entry(folder).or_default();
            files.push(file.path.display().to_string());
        }
    }
    folders
        .into_iter()
        .map(|(folder, files)| {
            let mut back = vec!["sh".to_owned(), "-c".to_owned(), BACK.to_owned()];
            back.push(folder.clone());
            back.extend(files);
            Step::run(
                ["sh", "-euc", MAKE, &folder],
                "the folder of its log: corosync does not start without it",
            )
            .undone_by(vec![Step::run(back, "it was not there before")])
        })
        .collect()
}
