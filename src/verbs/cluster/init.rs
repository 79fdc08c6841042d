//! `cluster init`: the first host of a new cluster, and new nodes of one that stands.

use crate::conf::corosync::new_cluster;
use crate::conf::{ConfNode, CorosyncConf, NodeSpec};
use crate::facts::{COROSYNC_CONF, Facts, Needs};
use crate::membership::nodes::Member;
use crate::membership::services::{CIB, KEY};
use crate::membership::standing::Standing;
use crate::membership::{nodes, services, standing};
use crate::names::{ClusterName, Name};
use crate::plan::{Again, Check, Danger, FileContent, Plan, Refusal, Step, Undo, Verify, words};
use crate::verb::Change;
use crate::{reach, wording};
use clap::Args;

/// Begin a cluster on its first host, or add a node to it
///
/// Installs what is missing, writes corosync.conf and a new key, seeds the configuration and starts
/// the cluster on this host. The other hosts come in by `cluster join`. Run again with one more
/// --node it adds just that.
#[derive(Debug, Args)]
pub struct Init {
    /// The cluster's name
    #[arg(long, value_name = "NAME", add = Name::NewCluster)]
    pub name: ClusterName,
    /// A node and its address, such as serv1=172.16.0.10; once for each node, this host included
    #[arg(long, value_name = "NAME=ADDRESS", required = true, add = Name::NodeToBe)]
    pub node: Vec<NodeSpec>,
}

/// How long the first election may take: 4.6 to 5.1 s with the seeded dc-deadtime of 2 s; 20 s more
/// should the seed not be taken.
const ELECTION: u64 = 60;

impl Change for Init {
    fn needs(&self) -> Needs {
        Needs {
            network: true,
            programs: services::programs(),
            folders: vec![services::PACEMAKER.into()],
            ..standing::needs()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        self.differ()?;
        let mut plan = Plan::new(format!(
            "{}: {}, begun on {}",
            self.name,
            wording::list(&self.names()),
            facts.host
        ));
        self.this_host(facts, &mut plan)?;
        match standing::standing(facts)? {
            Standing::Alone => {
                let held = standing::resources(facts.cib());
                if !held.is_empty() {
                    return Err(standing::own_resources(facts, &held));
                }
                self.check_peers(facts, &mut plan)?;
                self.add_start(facts, None, &mut plan);
            }
            Standing::Member(conf) => {
                if conf.cluster_name() != Some(self.name.as_str()) {
                    return Err(standing::another_cluster(facts, &conf));
                }
                let new = self.new_nodes(facts, &conf)?;
                if new.is_empty() {
                    self.add_start(facts, Some(&conf), &mut plan);
                    if plan.is_empty() {
                        plan.checks.clear();
                        plan.headline = format!(
                            "the cluster {} of {} runs here",
                            self.name,
                            wording::list(&standing::names(&conf))
                        );
                    }
                } else {
                    plan.headline = format!("{}: {} can join", self.name, wording::list(&new));
                    self.grow(facts, &conf, &new, &mut plan)?;
                }
            }
        }
        Ok(plan)
    }
}

impl Init {
    pub fn names(&self) -> Vec<&str> {
        self.node.iter().map(|node| node.name.as_str()).collect()
    }

    /// Refuses two nodes of one name or address.
    fn differ(&self) -> Result<(), Refusal> {
        for (at, node) in self.node.iter().enumerate() {
            for other in &self.node[..at] {
                if other.name == node.name {
                    return Err(Refusal::usage(format!(
                        "{} is given twice, as {other} and as {node}: one node, one --node",
                        node.name
                    )));
                }
                if other.address == node.address {
                    return Err(Refusal::usage(format!(
                        "{} and {} cannot both have {}",
                        other.name, node.name, node.address
                    )));
                }
            }
        }
        Ok(())
    }

    /// Refuses unless this host is one of the nodes and has that node's address.
    fn this_host(&self, facts: &Facts, plan: &mut Plan) -> Result<(), Refusal> {
        let host = facts.host.as_str();
        let Some(own) = self.node.iter().find(|node| node.name.as_str() == host) else {
            // Perhaps it is named, and called otherwise.
            let is_own = |node: &&NodeSpec| {
                let network = facts.network.as_ref();
                network.is_some_and(|network| network.holder(node.address).is_some())
            };
            let again = match self.node.iter().find(is_own) {
                Some(NodeSpec { name, address }) => {
                    Again::same().word(format!("{name}={address}"), format!("{host}={address}"))
                }
                None => Again::same().add("--node", format!("{host}=ADDRESS")),
            };
            return Err(Refusal::check(format!(
                "this host is {host}, none of the nodes: {}",
                wording::list(&self.names())
            ))
            .again("name it as `uname -n` does", again)
            .hint("or rename it", "hostnamectl set-hostname NAME"));
        };
        let Some(network) = &facts.network else {
            plan.check(Check::warning(
                "this host's addresses could not be read: ip is missing",
            ));
            return Ok(());
        };
        match network.holder(own.address) {
            Some(interface) if !interface.loopback => {
                plan.check(Check::ok(format!(
                    "{host} is this host, with {} on {}",
                    own.address, interface.name
                )));
            }
            _ => {
                let has: Vec<String> = network
                    .interfaces
                    .iter()
                    .filter(|interface| !interface.loopback)
                    .flat_map(|interface| &interface.addresses)
                    .map(|net| net.addr().to_string())
                    .collect();
                return Err(Refusal::check(format!(
                    "{} is no address of {host}: corosync would not start",
                    own.address
                ))
                .hint("it has", has.join(" ")));
            }
        }
        for other in &self.node {
            if network.route_to(other.address).is_none() {
                plan.check(Check::warning(format!(
                    "{} is in no network of this host: {} is reached through a router",
                    other.address, other.name
                )));
            }
        }
        Ok(())
    }

    /// Looks whether the other hosts answer, by ssh; one that does not can still join by a bundle.
    fn check_peers(&self, facts: &Facts, plan: &mut Plan) -> Result<(), Refusal> {
        for node in &self.node {
            if node.name.as_str() != facts.host {
                self.check_peer(node, facts, plan)?;
            }
        }
        Ok(())
    }

    /// Looks whether a host that is to join is what its --node says.
    pub fn check_peer(
        &self,
        node: &NodeSpec,
        facts: &Facts,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let (name, address) = (&node.name, node.address);
        let node = Member {
            name: name.to_string(),
            addresses: vec![address.to_string()],
            ..Member::default()
        };
        let Some(peer) = node.its_answer(facts, plan) else {
            plan.check(Check::pending(
                format!("asking {name} for its name and address"),
                node.probe(services::units(), words(&[COROSYNC_CONF, KEY]), None),
            ));
            return Ok(());
        };
        let target = peer.target(name.as_str());
        if let (Some(other), Some(why)) = (&peer.astray, &peer.unreachable) {
            return Err(Refusal::check(format!(
                "{address} is no address of {other}, the host that answers as {name}; and {}",
                reach::sentence(target, why)
            ))
            .hint(
                "its addresses",
                format!("ssh root@{name} ip -brief address"),
            ));
        }
        if let Some(why) = &peer.unreachable {
            plan.check(
                Check::warning(format!(
                    "{}: {name} can join by a file",
                    reach::sentence(target, why)
                ))
                .note("cluster export FILE"),
            );
            return Ok(());
        }
        if peer.host != name.as_str() {
            let refusal = Refusal::check(format!(
                "the host that answers as {name} calls itself {}: the cluster would not know it",
                peer.host
            ));
            // A clone that is still called as its model is.
            return Err(if peer.host == facts.host {
                refusal.hint(
                    "to rename it",
                    format!("ssh root@{target} hostnamectl set-hostname {name}"),
                )
            } else {
                refusal.again(
                    "name it as `uname -n` does there",
                    Again::same().word(
                        format!("{name}={address}"),
                        format!("{}={address}", peer.host),
                    ),
                )
            });
        }
        if peer.who.same_machine(&facts.who) {
            plan.check(nodes::clone_of(name.as_str()));
        }
        match peer.network.holder(address) {
            Some(interface) => {
                plan.check(
                    Check::ok(format!(
                        "{name} answers, with {address} on {}",
                        interface.name
                    ))
                    .note("ssh"),
                );
                Ok(())
            }
            None => Err(
                Refusal::check(format!("{address} is no address of {name}")).hint(
                    "its addresses",
                    format!("ssh root@{name} ip -brief address"),
                ),
            ),
        }
    }

    /// Adds what is missing to a cluster of these nodes that runs here: all of it on a bare host,
    /// nothing where it stands.
    fn add_start(&self, facts: &Facts, conf: Option<&CorosyncConf>, plan: &mut Plan) {
        let missing = services::install(facts, plan);
        let new_file = conf.is_none();
        let new_key = new_file || !facts.sums.contains_key(std::path::Path::new(KEY));
        let new_cib = new_file
            || (!services::runs(facts) && standing::is_foreign(facts.cib(), self.name.as_str()));
        let starts = new_file || new_key || new_cib || !services::runs(facts);
        let stops = (new_file || new_key || new_cib) && !services::active(facts).is_empty();
        if stops {
            services::stop_empty(
                facts,
                "what Debian started with the packages: a cluster called debian of one node",
                plan,
            );
        }
        if new_key {
            plan.step(
                Step::run(
                    ["corosync-keygen", "-k", KEY],
                    "the key that only the cluster's nodes have: it signs and encrypts their talk",
                )
                .undo(Undo::Files {
                    paths: vec![KEY.into()],
                })
                .verify(Verify::Exists { path: KEY.into() }),
            );
        }
        if new_file {
            let file = self.file(facts, missing, plan);
            plan.step(file);
            plan.step(services::look_of_corosync());
        }
        if new_cib {
            services::put_cib_aside(
                facts,
                "whatever configuration is there is kept aside: Debian's says cluster-name=debian for ever",
                plan,
            );
            seed(plan);
        }
        services::enable(facts, plan);
        if starts {
            plan.step(self.start(facts, stops, new_cib));
        }
        let hurried = facts
            .live_cib()
            .and_then(|cib| cib.property("dc-deadtime"))
            .is_some_and(|time| time == SEEDED_DEADTIME);
        if new_cib || hurried {
            let mut argv = words(&["crm_attribute", "--type", "crm_config"]);
            argv.extend(words(&["--name", "dc-deadtime", "--delete"]));
            plan.step(Step::run(
                argv,
                "back to its default of 20 s: only the first start needed no patience",
            ));
        }
        self.tell(facts, new_file, plan);
    }

    /// Returns the step that writes corosync.conf.
    fn file(&self, facts: &Facts, missing: bool, plan: &mut Plan) -> Step {
        let nodes: Vec<ConfNode> = self
            .node
            .iter()
            .map(|node| ConfNode::new(node.name.as_str(), node.address.to_string()))
            .collect();
        let text = new_cluster(self.name.as_str(), &nodes);
        if let Ok(conf) = CorosyncConf::parse(&text) {
            standing::warn_of_concerns(&conf, plan);
        }
        let before = if missing {
            crate::plan::Before::AsFound
        } else {
            facts.file(COROSYNC_CONF).before()
        };
        Step::file(
            COROSYNC_CONF,
            before,
            Some(FileContent::root(text, 0o644)),
            match self.node.len() {
                2 => {
                    "who is in the cluster, and how they talk; consensus: two nodes need not wait 1.2 tokens to agree on \
                     who is left"
                }
                _ => "who is in the cluster, and how they talk",
            },
        )
    }

    fn start(&self, facts: &Facts, stopped: bool, seeded: bool) -> Step {
        let why = if seeded {
            "corosync finds its peers, Pacemaker elects a DC"
        } else {
            "as it is configured"
        };
        let patience = if seeded { SEEDED_DEADTIME } else { "20s" };
        services::start(facts, stopped, why)
            .within(ELECTION)
            .waits_for(format!(
                "the first election: {} listens {patience} for other nodes (dc-deadtime)",
                facts.host
            ))
            .verify(Verify::Online {
                nodes: vec![crate::membership::nodes::own_name(facts)],
            })
    }

    /// Says what follows, and what an undo would stop.
    fn tell(&self, facts: &Facts, new: bool, plan: &mut Plan) {
        if plan.is_empty() {
            return;
        }
        plan.undo_danger = Some(Danger::new(
            format!("the cluster {} stops on {}", self.name, facts.host),
            &facts.host,
        ));
        if !new {
            return;
        }
        plan.check(
            Check::warning("fencing is off: after a split both nodes could run the same service")
                .note("explain fencing"),
        );
        let others: Vec<&str> = self
            .names()
            .into_iter()
            .filter(|name| *name != facts.host)
            .collect();
        match others.as_slice() {
            [] => {}
            [other] => {
                plan.check(
                    Check::warning(format!(
                        "no quorum until {other} has joined: nothing starts before"
                    ))
                    .note("explain two_node"),
                );
            }
            _ => {
                plan.check(
                    Check::warning("no quorum until more than half of the nodes have joined")
                        .note("explain quorum"),
                );
            }
        }
        for other in others {
            plan.next
                .push(format!("on {other}: bascule cluster join {}", facts.host));
        }
    }
}

/// With 2 s the first DC stands after 5 s instead of 23; safe on an empty cluster, where nothing
/// can run twice.
const SEEDED_DEADTIME: &str = "2s";

/// The configuration that a new cluster starts with, in crm's words.
///
/// Stickiness keeps a service where it is after a repair; without it Pacemaker moves it back to
/// balance the nodes, which is a second outage.
const SEED: &str = "property dc-deadtime=2s stonith-enabled=false\n\
                    rsc_defaults rsc-options: resource-stickiness=200\n";

/// Adds the steps that write the first configuration while Pacemaker is stopped.
fn seed(plan: &mut Plan) {
    let file = format!("{CIB}/cib.xml");
    let empty =
        format!("cibadmin --empty | install -o hacluster -g haclient -m 600 /dev/stdin {file}");
    plan.step(
        Step::run(
            words(&["sh", "-c", &empty]),
            "an empty configuration in this Pacemaker's own format",
        )
        .verify(Verify::Exists {
            path: file.clone().into(),
        }),
    );
    let argv = words(&["env", &format!("CIB_file={file}"), "crm"]);
    plan.step(
        Step::run(
            [argv, words(&["configure", "load", "update", "-"])].concat(),
            "the first properties, before the first start: it then waits 2 s for a DC, not 20",
        )
        .stdin(SEED)
        .verify(Verify::Prints {
            argv: words(&["cat", &file]),
            text: "rsc-options-resource-stickiness".to_owned(),
            proves: "the first properties stand in the configuration".to_owned(),
        }),
    );
}
