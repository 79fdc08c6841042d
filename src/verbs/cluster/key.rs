//! `cluster key`: a new key on every node, without a moment in which two nodes could not talk.
//!
//! A running corosync keeps the key it has until a reload, and a reload is cluster-wide: so the new
//! key goes to every node's disk first, is compared everywhere, and only then one reload follows.
//! Seen when it does not: each node alone with quorum, and both hold the address. Should the
//! program die half-way, all nodes still talk with the old key in memory, and the undo puts it back
//! on every disk.

use crate::conf::CorosyncConf;
use crate::facts::{COROSYNC_CONF, Facts, Needs};
use crate::membership::members::NodeAnswer;
use crate::membership::nodes::Member;
use crate::membership::services::KEY;
use crate::membership::{members, nodes, services, standing};
use crate::plan::{Check, Plan, Refusal, Step, Undo, Verify, words};
use crate::verb::Change;
use crate::wording;
use clap::Args;
use std::path::Path;

/// Give the cluster a new key, on every node at once
///
/// For when the old key may be known to somebody, or a node has left. The cluster goes on
/// meanwhile; every node must be online and reached by ssh.
#[derive(Debug, Args)]
pub struct Key {}

/// The new key before it takes the old one's place.
const NEW: &str = "/etc/corosync/authkey.new";

impl Change for Key {
    fn needs(&self) -> Needs {
        Needs {
            runtime: true,
            programs: words(&["scp"]),
            ..standing::needs()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let conf = standing::membership(facts)?;
        let name = standing::called(&conf);
        let nodes = nodes::members_of(&conf, facts);
        let all = nodes::names(&nodes);
        let others: Vec<&Member> = nodes.iter().filter(|node| !node.own).collect();
        if others.len() == nodes.len() {
            return Err(standing::not_a_node(facts, &conf));
        }
        let mut plan = Plan::new(format!(
            "{name}: a new key on {}, without interruption",
            wording::list(&all)
        ));
        if !services::runs(facts) {
            return Err(
                Refusal::check(format!("{name} does not run on {}", facts.host))
                    .hint("to start it", "bascule cluster start"),
            );
        }
        self.uses_a_key(&conf)?;
        self.all_online(facts, &all, &mut plan)?;
        for other in &others {
            self.plan_other_node(other, facts, &mut plan)?;
        }
        self.steps(facts, &nodes, &others, &mut plan);
        Ok(plan)
    }
}

/// Returns true for a cluster that uses no key.
pub fn is_in_clear(conf: &CorosyncConf) -> bool {
    let cipher = conf.get("totem.crypto_cipher").unwrap_or("none");
    let hash = conf.get("totem.crypto_hash").unwrap_or("none");
    let secauth = matches!(conf.get("totem.secauth"), Some("on" | "yes"));
    cipher == "none" && hash == "none" && !secauth
}

/// Returns the refusal with the way from a cluster that talks in clear to one that does not.
pub fn to_encrypt(refusal: Refusal) -> Refusal {
    refusal
        .hint("to encrypt, first on every node", "bascule cluster stop")
        .hint(
            "then on one, with crypto_cipher: aes256 and crypto_hash: sha256 in totem",
            format!("sensible-editor {COROSYNC_CONF}"),
        )
        .hint("then there", "corosync-keygen")
        .hint(
            "then from there to each other node",
            format!("scp -p {COROSYNC_CONF} {KEY} root@NODE:/etc/corosync/"),
        )
        .hint("then on every node", "bascule cluster start")
}

impl Key {
    fn uses_a_key(&self, conf: &CorosyncConf) -> Result<(), Refusal> {
        let file = conf.get("totem.keyfile").unwrap_or(KEY);
        if file != KEY || conf.get("totem.key").is_some() {
            return Err(Refusal::check(format!(
                "the cluster's key is not in {KEY} but where {COROSYNC_CONF} says (totem.keyfile, totem.key)"
            ))
            .hint("to see it", format!("grep -n key {COROSYNC_CONF}")));
        }
        if is_in_clear(conf) {
            return Err(to_encrypt(Refusal::check(
                "the cluster talks in clear and uses no key: corosync cannot begin to encrypt \
                 while it runs",
            )));
        }
        Ok(())
    }

    fn all_online(&self, facts: &Facts, all: &[String], plan: &mut Plan) -> Result<(), Refusal> {
        let Some(monitor) = &facts.monitor else {
            return Err(
                Refusal::check("the cluster does not answer").hint("to see why", "bascule status")
            );
        };
        for name in all {
            if !monitor
                .node(name)
                .is_some_and(|node| node.online && !node.pending)
            {
                return Err(Refusal::check(format!(
                    "{name} is not online: it would come back with the old key and be alone"
                ))
                .hint(format!("on {name}, first"), "bascule cluster start"));
            }
        }
        let are = if all.len() == 1 { "is" } else { "are" };
        plan.check(Check::ok(format!("{} {are} online", wording::list(all))));
        Ok(())
    }

    fn plan_other_node(
        &self,
        node: &Member,
        facts: &Facts,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let (name, target) = (&node.name, members::target(node, facts));
        match members::answer(node, facts, plan) {
            NodeAnswer::Asking => Ok(()),
            NodeAnswer::Unreachable(why) => Err(members::unreachable(
                node,
                facts,
                &why,
                "it would keep the old key, and be alone at its next start",
            )),
            NodeAnswer::OtherFile => Err(members::other_file(name, &target)),
            NodeAnswer::Apart => Err(Refusal::check(format!(
                "{name} is online and has another key on its disk than this host"
            ))
            .hint(
                "was an exchange cut short? to take it back",
                "bascule history",
            )
            .hint(
                format!("else give {name} the key of here"),
                format!("scp -p {KEY} {}", members::remote(&target, KEY)),
            )),
            NodeAnswer::Same => {
                plan.check(
                    Check::ok(format!("{name} has the same key and corosync.conf"))
                        .note("ssh, sha256"),
                );
                Ok(())
            }
        }
    }

    fn steps(&self, facts: &Facts, nodes: &[Member], others: &[&Member], plan: &mut Plan) {
        let targets: Vec<String> = others
            .iter()
            .map(|node| members::target(node, facts))
            .collect();
        plan.step(
            Step::run(
                ["corosync-keygen", "-k", NEW],
                "beside the old one, which stays in force until the reload",
            )
            .verify(Verify::Exists { path: NEW.into() })
            .undone_by(vec![Step::run(
                ["rm", "-f", NEW],
                "the new key is not needed",
            )]),
        );
        for other in &targets {
            let remove = Step::run(["rm", "-f", NEW], "the new key is not needed").on(other);
            plan.step(
                Step::run(
                    members::scp(NEW, &members::remote(other, NEW)),
                    "from disk to disk; compared before anything counts on it",
                )
                .verify(members::same_file(NEW, other))
                .undone_by(vec![remove]),
            );
        }
        let back = self.reload_back(nodes, others, &targets);
        for (at, other) in targets.iter().enumerate() {
            let mut step = Step::run(
                ["mv", "-f", NEW, KEY],
                "one rename; its corosync still uses the old key in memory",
            )
            .on(other)
            .undone_by(self.old_key_to(other, facts));
            // Undone last of all renames: by then every disk has the old key again.
            if at == 0 {
                step = step.after_undo(back.clone());
            }
            plan.step(step);
        }
        let mut here = Step::run(["mv", "-f", NEW, KEY], "the same here").undo(Undo::Files {
            paths: vec![KEY.into()],
        });
        for other in &targets {
            here = here.verify(members::same_file(KEY, other));
        }
        if others.is_empty() {
            here = here.after_undo(back);
        }
        plan.step(here);
        plan.step(self.reload(facts, nodes, others));
    }

    /// Returns the one reload with the proof that nobody was lost by it.
    fn reload(&self, facts: &Facts, nodes: &[Member], others: &[&Member]) -> Step {
        let mut step =
            members::reload("once, when every disk has the same: all nodes change over together")
                .within(20);
        // An answer through the cluster itself needs the new key on both sides.
        for other in others {
            step = step.verify(answers(&other.name));
        }
        for node in nodes {
            let (Some(id), name) = (node.nodeid, &node.name) else {
                continue;
            };
            let joins = format!("runtime.members.{id}.join_count");
            if let Some(count) = facts.runtime.get(&joins) {
                step = step.verify(value(
                    "icmap",
                    &joins,
                    count,
                    format!("{name} was never away meanwhile"),
                ));
            }
            for link in 0..node.addresses.len() {
                let connected = format!("stats.knet.node{id}.link{link}.connected");
                if !node.own && facts.runtime.contains_key(&connected) {
                    step = step.verify(value(
                        "stats",
                        &connected,
                        "1",
                        format!("link {link} to {name} is up"),
                    ));
                }
            }
        }
        step.verify(Verify::Online {
            nodes: nodes::names(nodes),
        })
    }

    /// Returns the steps that give a node the old key again, once it is back on this host's disk:
    /// the very bytes that both had when the plan was made.
    fn old_key_to(&self, other: &str, facts: &Facts) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Some(sum) = facts.sums.get(Path::new(KEY)) {
            steps.push(
                Step::run(
                    ["sha256sum", "--check", "--quiet"],
                    "the key here is the old one, which that node had too",
                )
                .stdin(format!("{sum}  {KEY}\n")),
            );
        }
        steps.push(
            Step::run(
                members::scp(KEY, &members::remote(other, NEW)),
                "the old key, beside the one there",
            )
            .verify(Verify::Exists { path: KEY.into() }),
        );
        steps.push(
            Step::run(["mv", "-f", NEW, KEY], "one rename")
                .on(other)
                .verify(members::same_file(KEY, other)),
        );
        steps
    }

    /// Returns the reloads at the end of an undo: here, then on each node, since one that had
    /// restarted in between and stands alone does not hear the first.
    fn reload_back(&self, nodes: &[Member], others: &[&Member], targets: &[String]) -> Vec<Step> {
        let mut steps = vec![members::reload(
            "when every disk has the old key again: all nodes change back together",
        )];
        for target in targets {
            steps.push(members::reload("once more there, should it have been alone").on(target));
        }
        if let Some(last) = steps.pop() {
            let nodes = nodes::names(nodes);
            let mut last = last.within(30).verify(Verify::Online { nodes });
            for other in others {
                last = last.verify(answers(&other.name));
            }
            steps.push(last);
        }
        steps
    }
}

/// Returns the proof that a node's controller answers through the cluster.
fn answers(name: &str) -> Verify {
    Verify::Prints {
        argv: words(&["crmadmin", &format!("--status={name}")]),
        text: "ok".to_owned(),
        proves: format!("{name} answers through the cluster"),
    }
}

fn value(map: &str, key: &str, value: &str, proves: String) -> Verify {
    Verify::Prints {
        argv: words(&["corosync-cmapctl", "-m", map, "-g", key]),
        text: format!("= {value}"),
        proves,
    }
}
