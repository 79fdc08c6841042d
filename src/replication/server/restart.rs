//! Starting the server anew, through whoever keeps it running: systemd, or the cluster.

use super::file;
use crate::cib::Primitive;
use crate::conf::options::{DropIn, same_value};
use crate::facts::{DatabaseServer, Facts};
use crate::plan::{Check, Danger, NodeState, Plan, Refusal, Step, Verify};
use crate::resources::preconditions::attribute_until_boot;

/// Recovery after a crash and writing out a large buffer pool take their time: the unit's own limit.
pub const PATIENCE: u64 = 900;

/// How long, in seconds, until the cluster has come to rest once a node is left alone, or no longer.
const RESTS: u64 = 60;

const SERVICE: &str = "mariadb.service";

/// The keeper of the server: what starts it, and keeps it running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    Systemd,
    Cluster(InCluster),
}

/// The resource that is the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCluster {
    /// The resource itself.
    primitive: String,
    /// The clone that holds it.
    clone: Option<String>,
    host: String,
    /// True where its agent starts the server by itself, not as systemd's unit.
    by_agent: bool,
    /// True where the cluster leaves it alone already.
    is_left_alone: bool,
}

impl Keeper {
    /// Returns who keeps the server of this host running.
    ///
    /// # Errors
    /// When nobody is known to, or an agent that sets replication up by itself.
    pub fn find(
        facts: &Facts,
        server: &DatabaseServer,
        plan: &mut Plan,
    ) -> Result<Keeper, Refusal> {
        let host = &facts.host;
        if let Some(primitive) = managed(facts) {
            return in_cluster(facts, primitive, plan);
        }
        if !server.service().active {
            return Err(Refusal::check(format!(
                "MariaDB answers on {host}, but {SERVICE} does not run: nobody is known who could restart it"
            ))
            .hint("who started it", "ps -fC mariadbd"));
        }
        Ok(Keeper::Systemd)
    }

    /// Returns true when systemd does.
    pub fn is_systemd(&self) -> bool {
        *self == Keeper::Systemd
    }

    /// Returns the steps that start the server anew with its options as they stand then.
    pub fn restart(&self, server: &DatabaseServer) -> Vec<Step> {
        let mut steps = self.restart_steps("only a restart changes these");
        for step in &mut steps {
            step.on_failure = vec![last_words(server), many_starts()];
        }
        steps
    }

    /// Returns the steps that start the server anew with the options of before.
    pub fn start_with_old(&self, server: &DatabaseServer) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.is_by_agent() {
            steps.push(many_starts());
        }
        steps.extend(self.restart_steps("with the options of before"));
        for step in &mut steps {
            step.on_failure = vec![last_words(server)];
        }
        steps
    }

    fn is_by_agent(&self) -> bool {
        matches!(self, Keeper::Cluster(kept) if kept.by_agent)
    }

    fn restart_steps(&self, why: &str) -> Vec<Step> {
        match self {
            Keeper::Cluster(kept) if kept.by_agent => {
                let argv = |what: &str| {
                    let argv = ["crm_resource", "--resource", &kept.primitive, what];
                    argv.map(str::to_owned).to_vec()
                };
                // Of a clone, crm_resource refuses to start what it believes to run still.
                let mut start = argv("--force-start");
                start.push("--force".to_owned());
                let stop = Step::run(argv("--force-stop"), why);
                vec![
                    stop.within(PATIENCE)
                        .waits_for("the resource's agent to stop MariaDB"),
                    Step::run(start, "the resource's agent starts it again")
                        .within(PATIENCE)
                        .waits_for("MariaDB to answer"),
                ]
            }
            _ => vec![
                Step::run(["systemctl", "restart", SERVICE], why)
                    .verify(runs())
                    .within(PATIENCE)
                    .waits_for("MariaDB to answer"),
            ],
        }
    }

    /// Returns the cluster that must be told not to look while the server restarts.
    fn watching(&self) -> Option<&InCluster> {
        match self {
            Keeper::Cluster(kept) if !kept.is_left_alone => Some(kept),
            _ => None,
        }
    }

    /// Returns the step before all that restarts the server or takes a restart back: from then on
    /// nothing moves from this host. None where nobody would move anything.
    pub fn leave_alone(&self) -> Option<Step> {
        let kept = self.watching()?;
        Some(kept.left_alone().undone_by(vec![kept.looked_after()]))
    }

    /// Returns the step after it.
    pub fn look_after(&self) -> Option<Step> {
        let kept = self.watching()?;
        Some(kept.looked_after().undone_by(vec![kept.left_alone()]))
    }
}

/// The attribute by which a node's resources are left alone until it is gone again, or until the node
/// boots: in the status, not in the configuration, so that nothing has to be put back there.
///
/// Were the server stopped through the cluster, an address that is placed with it would go to the
/// server of another node, which takes writes of its own as long as it is no replica.
fn maintenance(host: &str) -> [&str; 7] {
    attribute_until_boot(host, "maintenance")
}

impl InCluster {
    fn left_alone(&self) -> Step {
        let host = &self.host;
        let mut argv = maintenance(host).to_vec();
        argv.extend(["--update", "true"]);
        Step::run(
            argv,
            format!(
                "no address leaves {host} while MariaDB restarts: the cluster looks away meanwhile"
            ),
        )
        .verify(Verify::Node {
            node: host.clone(),
            state: NodeState::Maintenance,
        })
        // Its monitors are cancelled by then.
        .verify(Verify::Settled)
        .within(RESTS)
    }

    fn looked_after(&self) -> Step {
        let host = &self.host;
        let mut argv = maintenance(host).to_vec();
        argv.push("--delete");
        let runs = match &self.clone {
            Some(clone) => Verify::RunsOn {
                resource: clone.clone(),
                nodes: vec![host.clone()],
            },
            None => Verify::Runs {
                resource: self.primitive.clone(),
                node: Some(host.clone()),
            },
        };
        Step::run(argv, format!("the cluster takes care of {host} again"))
            .verify(Verify::Node {
                node: host.clone(),
                state: NodeState::Ready,
            })
            .verify(Verify::Settled)
            .verify(runs)
            .within(RESTS)
    }
}

/// Returns the step after which systemd does not count the starts that were.
///
/// It refuses a sixth start within ten seconds (`StartLimitBurst=`), whoever asked for the others; a way
/// back must not depend on what happened shortly before.
pub fn many_starts() -> Step {
    Step::run(
        // A pattern, since a unit that is not loaded is an error.
        ["systemctl", "reset-failed", "mariadb.*"],
        "else systemd may refuse to start it even with good options",
    )
}

/// Returns the proof that systemd has the server running.
pub fn runs() -> Verify {
    Verify::Unit {
        unit: SERVICE.to_owned(),
        host: None,
        enabled: None,
        active: Some(true),
    }
}

/// Returns the cluster's resource that is the server, if there is one and the cluster runs.
fn managed(facts: &Facts) -> Option<&Primitive> {
    facts.live_cib()?.database_server()
}

fn in_cluster(facts: &Facts, primitive: &Primitive, plan: &mut Plan) -> Result<Keeper, Refusal> {
    let id = &primitive.id;
    let host = &facts.host;
    let monitor = facts.monitor.as_ref();
    let parts = monitor
        .map(|monitor| monitor.primitives_of(id))
        .unwrap_or_default();
    let top = parts
        .first()
        .map_or(id.as_str(), |part| part.outermost_id());
    let cib = facts.cib();
    let promotable = cib.and_then(|cib| cib.object(top)).is_some_and(|object| {
        let clone = object.clone_resource();
        clone.is_some_and(crate::cib::CloneResource::is_promotable)
    });
    if promotable || primitive.agent.to_string() == "ocf:heartbeat:mariadb" {
        return Err(Refusal::check(format!(
            "the resource {id} ({}) decides by itself which server is the primary, and would undo this",
            primitive.agent
        ))
        .hint("what it is", format!("crm configure show {id}"))
        .hint("an agent that only starts and stops the server", "bascule explain agents"));
    }
    let left_alone = monitor.is_some_and(|monitor| {
        monitor.maintenance || monitor.node(host).is_some_and(|node| node.maintenance)
    }) || parts.iter().any(|part| !part.managed);
    let kept = InCluster {
        primitive: id.clone(),
        clone: parts.iter().find_map(|part| part.clone.clone()),
        host: host.clone(),
        by_agent: primitive.agent.class == "ocf",
        is_left_alone: left_alone,
    };
    if left_alone {
        let who = match kept.by_agent {
            true => "its agent is told here to restart it",
            false => "systemd restarts it",
        };
        plan.check(Check::warning(format!(
            "the cluster leaves {id} alone now (maintenance), so {who}"
        )));
        return Ok(match kept.by_agent {
            true => Keeper::Cluster(kept),
            false => Keeper::Systemd,
        });
    }
    let here = parts
        .iter()
        .any(|part| part.nodes.iter().any(|node| node == host));
    if !here {
        return Err(Refusal::check(format!(
            "MariaDB answers on {host}, but the cluster does not run {id} there"
        ))
        .hint("what the cluster says", "bascule status"));
    }
    plan.check(Check::ok(format!(
        "the cluster keeps MariaDB running, as {id}: it leaves {host} alone during the restart, so that \
         no address moves to another server"
    )));
    Ok(Keeper::Cluster(kept))
}

/// Returns the step that shows what the server said when it did not start: in its thread 0, since the
/// others serve clients.
fn last_words(server: &DatabaseServer) -> Step {
    let why = "what the server said";
    let file = server
        .default_of("log_error")
        .or(server.variable("log_error"));
    let file = file
        .filter(|file| !file.is_empty())
        .map(|file| server.datadir().join(file));
    // Where its folder is missing, the server writes to the journal.
    let there = |file: &std::path::PathBuf| {
        let folder = file.parent();
        folder
            .is_some_and(|folder| folder == server.datadir() || server.folders.contains_key(folder))
    };
    match file.filter(there) {
        Some(file) => {
            // From the last start on.
            let script = r"/\[Note\] Starting MariaDB /h; / 0 \[ERROR\]/H; ${x;p}";
            Step::run(["sed", "-n", script, &file.display().to_string()], why)
        }
        None => Step::run(
            [
                "journalctl",
                "--quiet",
                "--unit",
                SERVICE,
                "--since",
                &format!("@{}", server.now),
                "--grep",
                r" 0 \[ERROR\]|Failed",
                "--output",
                "cat",
            ],
            why,
        ),
    }
}

/// Returns what was set by SET GLOBAL and will be otherwise once the server has started anew, each with
/// both values.
fn lost_setting(server: &DatabaseServer, ours: &DropIn) -> Option<String> {
    let check = server.check.as_ref();
    let lost: Vec<String> = server
        .set_at_run_time
        .iter()
        // The positions lie in tables and come back from there.
        .filter(|(name, _)| !name.starts_with("gtid_"))
        .filter_map(|(name, now)| {
            let then = ours
                .get(name)
                .or_else(|| Some(check?.value(name)?.to_owned()));
            match then {
                Some(then) if same_value(name, now, &then) => None,
                Some(then) => Some(format!("{name} is {now}, will be {then}")),
                // Without an option there is no filter, which is what it says now.
                None if now.is_empty() && name.starts_with("replicate_") => None,
                None => Some(format!("{name} is {now}")),
            }
        })
        .collect();
    (!lost.is_empty()).then(|| lost.join("; "))
}

/// Says what a restart means for those who use the server.
pub fn warn_of_restart(server: &DatabaseServer, keeper: &Keeper, ours: &DropIn, plan: &mut Plan) {
    let sessions = server
        .sessions
        .iter()
        .filter(|session| !session.is_internal() && !session.is_replica())
        .count();
    let who = match sessions {
        0 => "nobody is connected now".to_owned(),
        1 => "1 session is cut off".to_owned(),
        n => format!("{n} sessions are cut off"),
    };
    // Its agent looks once a second only.
    let long = match keeper.is_by_agent() {
        false => "about a second",
        true => "some seconds",
    };
    plan.check(Check::warning(format!(
        "MariaDB restarts: {who}, and for {long} nobody gets in"
    )));
    if let Some(lost) = lost_setting(server, ours) {
        plan.check(
            Check::warning(format!(
                "the restart forgets what was set at run time and stands in no option file: {lost}"
            ))
            .note("SET GLOBAL"),
        );
    }
    let pending = file::pending(server, ours);
    if let Some((setting, _)) = pending.first() {
        plan.danger = Some(Danger::new(
            format!(
                "others changed option files since MariaDB started ({}): should it not start with that, \
                 it stays down until it is mended",
                setting.place
            ),
            &server.host,
        ));
    }
    for (setting, running) in pending {
        let now = match running.as_str() {
            "" => "now nothing".to_owned(),
            running => format!("now {running}"),
        };
        plan.check(
            Check::warning(format!(
                "with the restart this counts as well: {} ({now})",
                setting.text()
            ))
            .note(setting.place.to_string()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::database::OptionCheck;
    use crate::plan::{Undo, shell_line};

    #[test]
    fn what_was_set_at_run_time_is_told_unless_it_comes_back() {
        let mut check = OptionCheck::default();
        for (name, value) in [
            ("event-scheduler", "OFF"),
            ("max-connections", "151"),
            ("read-only", "TRUE"),
        ] {
            check.values.insert(name.to_owned(), value.to_owned());
        }
        let mut server = DatabaseServer {
            check: Some(check),
            ..DatabaseServer::default()
        };
        // As 10.11 and 11.8 have them in information_schema.SYSTEM_VARIABLES.
        for (name, value) in [
            ("event_scheduler", "ON"),
            ("max_connections", "333"),
            ("read_only", "ON"),
            ("gtid_slave_pos", "0-10-30"),
        ] {
            server
                .set_at_run_time
                .insert(name.to_owned(), value.to_owned());
        }
        let lost_with = |text: &str| lost_setting(&server, &DropIn::parse(text));
        assert_eq!(
            lost_with("").as_deref(),
            Some("event_scheduler is ON, will be OFF; max_connections is 333, will be 151")
        );
        let ours = "[mysqld]\nevent_scheduler = ON\nmax_connections = 333\n";
        assert_eq!(lost_with(ours), None);
    }

    fn kept(by_agent: bool, is_left_alone: bool) -> Keeper {
        Keeper::Cluster(InCluster {
            primitive: "p_mysql".to_owned(),
            clone: Some("cl_mysql".to_owned()),
            host: "serv1".to_owned(),
            by_agent,
            is_left_alone,
        })
    }

    fn lines<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Vec<String> {
        let commands = steps.into_iter().filter_map(Step::command);
        commands.map(|(argv, _)| shell_line(&argv)).collect()
    }

    const AWAY: &str =
        "crm_attribute --node serv1 --lifetime reboot --name maintenance --update true";
    const BACK: &str = "crm_attribute --node serv1 --lifetime reboot --name maintenance --delete";

    #[test]
    fn the_cluster_looks_away_from_before_the_restart_until_after_it_and_so_on_the_way_back() {
        let keeper = kept(false, false);
        let (before, after) = (keeper.leave_alone().unwrap(), keeper.look_after().unwrap());
        assert_eq!(lines([&before, &after]), [AWAY, BACK]);
        let undo = |step: &Step| match &step.undo {
            Undo::Steps { steps } => lines(steps),
            other => panic!("{other:?}"),
        };
        assert_eq!(undo(&before), [BACK]);
        assert_eq!(undo(&after), [AWAY]);
        assert!(before.verify.contains(&Verify::Settled));
        assert_eq!(
            lines(&keeper.restart_steps("")),
            ["systemctl restart mariadb.service"]
        );
    }

    #[test]
    fn a_server_that_an_agent_started_is_no_unit_of_systemd() {
        for left_alone in [false, true] {
            let keeper = kept(true, left_alone);
            assert_eq!(
                lines(&keeper.restart_steps("")),
                [
                    "crm_resource --resource p_mysql --force-stop",
                    "crm_resource --resource p_mysql --force-start --force",
                ]
            );
            // Whoever had the cluster look away before ends that himself.
            assert_eq!(keeper.leave_alone().is_none(), left_alone);
            assert_eq!(keeper.look_after().is_none(), left_alone);
        }
        assert!(Keeper::Systemd.leave_alone().is_none());
    }
}
