//! Starting the server anew, through whoever keeps it running: systemd, or the cluster.

use super::file;
use crate::cib::Primitive;
use crate::conf::options::{DropIn, same_value};
use crate::facts::{Database, Facts};
use crate::plan::{Check, Danger, Plan, Refusal, Step, Verify};

/// Recovery after a crash and writing out a large buffer pool take their time: the unit's own limit.
pub(super) const PATIENCE: u64 = 900;

/// How long, in seconds, until the cluster says where a resource runs that it has just started.
const RUNS: u64 = 15;

const SERVICE: &str = "mariadb.service";

/// Who keeps the server running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    /// systemd.
    Systemd,
    /// The cluster, as this resource; of a clone, the copy on this host.
    Cluster {
        /// The resource, or the clone that holds it.
        resource: String,
        /// True for a clone.
        is_clone: bool,
        /// This host.
        host: String,
        /// The element that a restart leaves empty in the configuration, where it is not there.
        leaves: Option<String>,
    },
}

impl Keeper {
    /// Returns who keeps the server of this host running.
    ///
    /// # Errors
    /// When nobody is known to, or an agent that sets replication up by itself.
    pub(super) fn of(facts: &Facts, server: &Database, plan: &mut Plan) -> Result<Keeper, Refusal> {
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
    pub(super) fn is_systemd(&self) -> bool {
        *self == Keeper::Systemd
    }

    /// Returns the steps that start the server anew with its options as they stand then.
    pub(super) fn restart(&self, server: &Database) -> Vec<Step> {
        let mut steps = self.anew("only a restart changes these");
        for step in &mut steps {
            step.on_failure = vec![last_words(server), many_starts()];
        }
        steps
    }

    /// Returns the steps that start the server anew with the options of before.
    pub(super) fn again(&self, server: &Database) -> Vec<Step> {
        let mut steps = vec![match self {
            Keeper::Systemd => many_starts(),
            Keeper::Cluster { resource, .. } => Step::run(
                ["crm_resource", "--cleanup", "--resource", resource],
                "after a start that failed, the cluster tries again only once that is forgotten",
            )
            .verify(Verify::Settled)
            .within(PATIENCE),
        }];
        steps.extend(self.anew("with the options of before"));
        for step in &mut steps {
            step.on_failure = vec![last_words(server)];
        }
        steps
    }

    fn anew(&self, why: &str) -> Vec<Step> {
        let Keeper::Cluster {
            resource,
            is_clone,
            host,
            leaves,
        } = self
        else {
            return vec![
                Step::run(["systemctl", "restart", SERVICE], why)
                    .verify(runs())
                    .within(PATIENCE)
                    .waits_for("MariaDB to answer"),
            ];
        };
        // `crm resource restart` would leave target-role=Started behind.
        let mut argv = vec!["crm_resource", "--restart", "--resource", resource];
        if *is_clone {
            argv.extend(["--node", host]);
        }
        let restart = Step::run(argv, why)
            .verify(Verify::Settled)
            .within(PATIENCE)
            .waits_for("the cluster to stop and start it");
        // A start that failed is not tried again: that is known at once when nothing moves any more.
        let runs = match is_clone {
            true => Verify::RunsOn {
                resource: resource.clone(),
                nodes: vec![host.clone()],
            },
            false => Verify::Runs {
                resource: resource.clone(),
                node: Some(host.clone()),
            },
        };
        let look = match leaves {
            Some(id) => Step::run(
                [
                    "cibadmin",
                    "--delete",
                    "--xpath",
                    &format!("//meta_attributes[@id='{id}'][not(*)]"),
                ],
                "what the restart leaves in the configuration: an empty element",
            ),
            None => Step::run(
                ["crm_resource", "--locate", "--resource", resource],
                "where it runs now",
            ),
        };
        vec![restart, look.verify(runs).within(RUNS)]
    }
}

/// Returns the step after which systemd does not count the starts that were.
///
/// It refuses a sixth start within ten seconds (`StartLimitBurst=`), whoever asked for the others; a way
/// back must not depend on what happened shortly before.
pub(super) fn many_starts() -> Step {
    Step::run(
        // A pattern, since a unit that is not loaded is an error.
        ["systemctl", "reset-failed", "mariadb.*"],
        "else systemd may refuse to start it even with good options",
    )
}

/// Returns the proof that systemd has the server running.
pub(super) fn runs() -> Verify {
    Verify::Unit {
        unit: SERVICE.to_owned(),
        host: None,
        enabled: None,
        active: Some(true),
    }
}

/// Returns the cluster's resource that is the server, if there is one and the cluster runs.
fn managed(facts: &Facts) -> Option<&Primitive> {
    facts.live()?.database_server()
}

fn in_cluster(facts: &Facts, primitive: &Primitive, plan: &mut Plan) -> Result<Keeper, Refusal> {
    let id = &primitive.id;
    let host = &facts.host;
    let monitor = facts.monitor.as_ref();
    let parts = monitor.map(|monitor| monitor.parts(id)).unwrap_or_default();
    let top = parts.first().map_or(id.as_str(), |part| part.top());
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
    if left_alone {
        plan.check(Check::warning(format!(
            "the cluster leaves {id} alone now (maintenance), so systemd restarts it"
        )));
        return Ok(Keeper::Systemd);
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
        "the cluster keeps MariaDB running, as {id}: it is restarted through the cluster"
    )));
    let clone = parts.iter().find_map(|part| part.clone.clone());
    let set = format!("{id}-meta_attributes");
    let has_set = cib.is_some_and(|cib| cib.ids().contains(&set));
    Ok(Keeper::Cluster {
        is_clone: clone.is_some(),
        // A copy is stopped by a ban that is lifted again, a resource by its target-role.
        leaves: (clone.is_none() && !has_set).then_some(set),
        resource: clone.unwrap_or_else(|| id.clone()),
        host: host.clone(),
    })
}

/// Returns the step that shows what the server said when it did not start: in its thread 0, since the
/// others serve clients.
fn last_words(server: &Database) -> Step {
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
fn lost(server: &Database, ours: &DropIn) -> Option<String> {
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
                None => Some(format!("{name} is {now}")),
            }
        })
        .collect();
    (!lost.is_empty()).then(|| lost.join("; "))
}

/// Says what a restart means for those who use the server.
pub(super) fn warn(server: &Database, keeper: &Keeper, ours: &DropIn, plan: &mut Plan) {
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
    // crm_resource looks every two seconds only.
    let long = match keeper {
        Keeper::Systemd => "about a second",
        Keeper::Cluster { .. } => "some seconds",
    };
    plan.check(Check::warning(format!(
        "MariaDB restarts: {who}, and for {long} nobody gets in"
    )));
    if let Some(lost) = lost(server, ours) {
        plan.check(
            Check::warning(format!(
                "the restart forgets what was set at run time and stands in no option file: {lost}"
            ))
            .note("SET GLOBAL"),
        );
    }
    let pending = file::pending(server, ours);
    if let Some((setting, _)) = pending.first() {
        plan.danger = Some(Danger {
            what: format!(
                "others changed option files since MariaDB started ({}): should it not start with that, \
                 it stays down until it is mended",
                setting.place
            ),
            word: server.host.clone(),
        });
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
        let mut server = Database {
            check: Some(check),
            ..Database::default()
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
        let lost_with = |text: &str| lost(&server, &DropIn::parse(text));
        assert_eq!(
            lost_with("").as_deref(),
            Some("event_scheduler is ON, will be OFF; max_connections is 333, will be 151")
        );
        let ours = "[mysqld]\nevent_scheduler = ON\nmax_connections = 333\n";
        assert_eq!(lost_with(ours), None);
    }
}
