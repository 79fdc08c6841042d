//! Whether a condition holds, by one look.

use crate::cib::{AttributeSet, Cib, Object};
use crate::conf::options::{Release, ServerCheck, Weight, judge, same_value};
use crate::facts::{self, COROSYNC_CONF, Cluster, Monitor, Needs, READING, tool};
use crate::health::{self, address};
use crate::mariadb;
use crate::mariadb::Version;
use crate::plan::{NodeState, Step, Verify, over_ssh};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The finding of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    Holds,
    /// The condition holds, and this says more than itself: where a resource runs.
    HoldsSo(String),
    /// The condition does not hold, and may yet: what is there instead.
    NotYet(String),
    /// The condition does not hold, and waiting will not help.
    Never(String),
}

use Observation::{Holds, HoldsSo, Never, NotYet};

fn holds_when(holds: bool, otherwise: impl FnOnce() -> String) -> Observation {
    if holds { Holds } else { NotYet(otherwise()) }
}

/// Looks once.
pub fn observe(verify: &Verify) -> Observation {
    match verify {
        Verify::Runs { resource, node } => {
            match on_monitor(|m| runs(m, resource, node.as_deref())) {
                look @ (Holds | HoldsSo(_)) => astray(resource).map_or(look, NotYet),
                look => look,
            }
        }
        Verify::RunsOn { resource, nodes } => on_monitor(|m| {
            let places = m.places(resource);
            let missing = nodes.iter().find(|node| !places.contains(&node.as_str()));
            match missing {
                None => Holds,
                Some(node) => failing(m, resource)
                    .unwrap_or_else(|| NotYet(format!("no copy runs on {node}"))),
            }
        }),
        Verify::Gone { resource } => on_monitor(|m| resource_gone(m, resource)),
        Verify::Stopped { resource } => on_monitor(|m| {
            let places = m.places(resource);
            holds_when(places.is_empty(), || {
                format!("it runs on {}", places.join(", "))
            })
        }),
        Verify::Settled => settled(),
        Verify::Configured { .. } | Verify::Unconfigured { .. } | Verify::Once { .. } => {
            configured(verify)
        }
        Verify::Node { node, state } => on_monitor(|m| node_is(m, node, *state)),
        Verify::Online { nodes } => online(nodes),
        Verify::ClusterStopped => {
            let unit = facts::read_unit("pacemaker");
            holds_when(!unit.active, || "Pacemaker still runs".to_owned())
        }
        Verify::Unit {
            unit,
            host,
            enabled,
            active,
        } => unit_is(unit, host.as_deref(), *enabled, *active),
        Verify::Exists { path } => {
            holds_when(path.exists(), || format!("{} is not there", path.display()))
        }
        Verify::SameEverywhere { path, hosts } => same_everywhere(&path.to_string_lossy(), hosts),
        Verify::Prints { argv, text, .. } => match tool::read(argv, READING) {
            Ok(output) if output.stdout.contains(text) || output.stderr.contains(text) => Holds,
            Ok(output) => NotYet(format!("{} says: {}", argv[0], output.first_line())),
            Err(error) => Never(error.to_string()),
        },
        Verify::Replicates { primary, host } => replicates(primary, host.as_deref()),
        Verify::Linked { columns } => linked(columns),
        Verify::Listens { port, addresses } => listens(*port, addresses),
        Verify::ServerParses { values } => server_parses(values),
        Verify::RelayApplied => relay_applied(),
        // Through a session that only a running plan has.
        Verify::Arrives { .. } => Never("no plan runs that could ask".to_owned()),
        Verify::Answers {
            host,
            client,
            query,
            answer,
            ..
        } => answers(host.as_deref(), client, query, answer),
    }
}

/// Looks at a replica's two threads.
fn replicates(primary: &str, host: Option<&str>) -> Observation {
    let server = facts::read_database(host);
    if let Some(why) = server.unanswered.as_ref().or(server.unreachable.as_ref()) {
        return NotYet(why.clone());
    }
    let Some(link) = server
        .link("")
        .filter(|link| link.primary_host() == primary)
    else {
        let replica = host.unwrap_or("this host");
        return Never(format!("{replica} does not replicate from {primary}"));
    };
    match error(link) {
        None if link.is_healthy() => Holds,
        None => NotYet(format!(
            "IO thread {}, SQL thread {}",
            link.io_state(),
            link.sql()
        )),
        Some(error) => error,
    }
}

/// Returns what a link's error means for whoever waits for it to run; none where it has none.
fn error(link: &facts::database::Link) -> Option<Observation> {
    let errors = [
        (link.io_errno(), link.io_error()),
        (link.sql_errno(), link.sql_error()),
    ];
    let (errno, text) = errors.into_iter().find(|(errno, _)| *errno != 0)?;
    Some(match mariadb::diagnose(errno, text) {
        // An account that is refused stays refused: waiting would only cost time.
        Some(known) if known.kind != mariadb::ErrorKind::Waiting => Never(format!(
            "{} (error {errno}: {text}); explain {errno}",
            known.what
        )),
        _ => NotYet(format!("error {errno}: {text}")),
    })
}

/// Looks whether a link is as it was.
fn linked(columns: &BTreeMap<String, String>) -> Observation {
    let server = facts::read_database(None);
    if let Some(why) = server.unanswered.as_ref().or(server.unreachable.as_ref()) {
        return NotYet(why.clone());
    }
    let before = facts::database::Link {
        columns: columns.clone(),
    };
    let Some(link) = server.link(before.connection()) else {
        return Never(format!("there is no link to {}", before.primary_host()));
    };
    let threads = ["Slave_IO_Running", "Slave_SQL_Running"];
    let other: Vec<String> = columns
        .iter()
        .filter(|(name, value)| !threads.contains(&name.as_str()) && link.column(name) != *value)
        .map(|(name, value)| format!("{name} is {:?}, not {value:?}", link.column(name)))
        .collect();
    if !other.is_empty() {
        return Never(format!("the link is not as it was: {}", other.join("; ")));
    }
    // One that was trying to connect may do so, or have got there.
    let is = |name: &str| match before.column(name) {
        thread @ ("Yes" | "No") => link.column(name) == thread,
        _ => link.column(name) != "No",
    };
    if threads.into_iter().all(is) {
        return Holds;
    }
    error(link).unwrap_or_else(|| {
        NotYet(format!(
            "IO thread {}, SQL thread {}",
            link.io_state(),
            link.sql()
        ))
    })
}

/// Looks who holds the port.
fn listens(port: u16, addresses: &[IpAddr]) -> Observation {
    let server = facts::read_database(None);
    let holders: Vec<_> = server
        .listeners
        .iter()
        .filter(|listener| listener.port == port)
        .collect();
    if holders.iter().any(|listener| listener.is_systemd()) {
        return NotYet(format!("systemd holds port {port}, for mariadb.socket"));
    }
    let missing = addresses.iter().find(|address| {
        !holders
            .iter()
            .any(|listener| listener.is_server() && listener.reaches(**address))
    });
    holds_when(missing.is_none(), || match missing {
        Some(address) if server.answers() => {
            format!("the server answers, and does not listen on {address}")
        }
        _ => server.unanswered.unwrap_or_default(),
    })
}

/// Has the installed server read its options, without starting it.
fn server_parses(values: &[(String, String)]) -> Observation {
    let server = facts::read_database_and_options(None);
    let Some(check) = &server.check else {
        return NotYet("the server's program could not be asked".to_owned());
    };
    let files = server.options();
    let version = Version::find(&server.version).or_else(|| server.release());
    let answer = ServerCheck {
        code: check.code,
        said: &check.said,
        values: &check.values,
        files: &files,
        release: Release::from(version.unwrap_or(Version::OLDEST)),
    };
    let faults = judge(&answer, &[]).err().unwrap_or_default();
    if let Some(fault) = faults.iter().find(|fault| fault.weight == Weight::Stops) {
        let place = fault.place.as_ref();
        let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
        return Never(format!("{place}{}; {}", fault.text, fault.mend));
    }
    let differs = values.iter().find_map(|(name, wanted)| {
        let value = check.value(name).unwrap_or("nothing");
        (!same_value(name, value, wanted))
            .then(|| format!("the server would start with {name} = {value}, not {wanted}"))
    });
    differs.map_or(Holds, Never)
}

/// Looks whether the applying thread has come to the end of what the reading one has brought.
fn relay_applied() -> Observation {
    let server = facts::read_database(None);
    let Some(link) = server.link("") else {
        return match server.unanswered {
            Some(why) => NotYet(why),
            None => Never("this host replicates from nobody".to_owned()),
        };
    };
    if link.sql_errno() != 0 {
        return Never(format!("error {}: {}", link.sql_errno(), link.sql_error()));
    }
    let position = |text: &str| text.parse::<mariadb::Position>().unwrap_or_default();
    let applied = position(server.variable("gtid_slave_pos").unwrap_or_default());
    let received = position(link.gtid_io_pos());
    // 10.11: `Slave has read all relay log; waiting for more updates`, 10.5 ends it otherwise.
    // One that was stopped says nothing of that.
    let waits = link.sql() == "No" || link.sql_state().starts_with("Slave has read all relay log");
    let reached = received.is_empty() || applied.reaches(&received).is_proved();
    holds_when(waits && reached, || {
        format!("{applied} of {received} is applied")
    })
}

/// Asks a MariaDB server one question.
fn answers(host: Option<&str>, client: &str, query: &str, wanted: &str) -> Observation {
    let mut step = Step::sql(client, [query], "");
    step.host = host.map(str::to_owned);
    let (argv, stdin) = step.command().unwrap_or_default();
    match tool::read_with(&argv, stdin.as_deref(), &[], READING) {
        Ok(output) if output.code == Some(0) => {
            let line = output.stdout.lines().next_back().unwrap_or_default();
            holds_when(line == wanted, || {
                format!("it answers {line:?}, not {wanted:?}")
            })
        }
        Ok(output) => NotYet(output.first_line()),
        Err(error) => Never(error.to_string()),
    }
}

fn on_monitor(see: impl FnOnce(&Monitor) -> Observation) -> Observation {
    match facts::live_monitor() {
        Some(monitor) => see(&monitor),
        None => NotYet("the cluster does not answer".to_owned()),
    }
}

fn runs(monitor: &Monitor, resource: &str, node: Option<&str>) -> Observation {
    let places = monitor.places(resource);
    if monitor.started(resource) && node.is_none_or(|node| places == [node]) {
        return HoldsSo(format!("{resource} runs on {}", places.join(", ")));
    }
    if let Some(failing) = failing(monitor, resource) {
        return failing;
    }
    let parts = monitor.primitives_of(resource);
    let Some(part) = parts
        .iter()
        .find(|part| part.role != "Started")
        .or(parts.first())
    else {
        return NotYet(format!("the cluster does not know {resource} yet"));
    };
    let mut is = format!("{} is {}", part.id, part.role.to_lowercase());
    if !places.is_empty() {
        is += &format!(" on {}", places.join(", "));
    }
    // It may be an old failure, so it is told, not concluded from.
    let failure = monitor.failures.iter().find(|failure| {
        node.is_none_or(|node| node == failure.node)
            && parts.iter().any(|part| part.id == failure.resource)
    });
    if let Some(failure) = failure {
        is += &format!(
            "; {} of {} failed on {}: {}",
            failure.task, failure.resource, failure.node, failure.reason
        );
    }
    NotYet(is)
}

/// Returns where an address of the resource is not where the cluster says that it runs.
fn astray(resource: &str) -> Option<String> {
    let needs = Needs {
        cib: true,
        monitor: true,
        network: true,
        files: vec![COROSYNC_CONF.into()],
        ..Needs::default()
    };
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let facts = facts::gather_all(&needs, address::needs, host.trim(), true);
    let monitor = facts.monitor.as_ref()?;
    let ours = |id: &str| {
        monitor
            .primitives_of(resource)
            .iter()
            .any(|part| part.id == id)
    };
    let found = address::astray(&facts);
    found
        .into_iter()
        .find(|astray| ours(&astray.resource))
        .map(|astray| astray.what)
}

/// A blocked resource stays so until somebody cleans it up: waiting would not help.
fn failing(monitor: &Monitor, resource: &str) -> Option<Observation> {
    let parts = monitor.primitives_of(resource);
    let blocked = parts.iter().find(|part| part.blocked)?;
    let reason = monitor
        .failures
        .iter()
        .find(|failure| failure.resource == blocked.id)
        .map(|failure| format!(": {} on {}: {}", failure.task, failure.node, failure.reason))
        .unwrap_or_default();
    Some(Never(format!(
        "{} failed and is blocked{reason}",
        blocked.id
    )))
}

fn resource_gone(monitor: &Monitor, resource: &str) -> Observation {
    let parts = monitor.primitives_of(resource);
    match parts.first() {
        None => Holds,
        Some(part) if part.blocked => Never(format!(
            "{resource} could not be stopped and is left over, blocked; \
             crm_resource --cleanup -r {resource} clears it"
        )),
        Some(part) => NotYet(format!("{} is {}", part.id, part.role.to_lowercase())),
    }
}

fn settled() -> Observation {
    let Cluster::Running(cib) = facts::cluster() else {
        return NotYet("the cluster does not answer".to_owned());
    };
    match facts::predict(cib.text()) {
        Err(why) => NotYet(why),
        Ok(prediction) => match prediction.movements.first() {
            None if prediction.operations == 0 => Holds,
            None => NotYet(format!(
                "{} operations are still to come",
                prediction.operations
            )),
            Some(next) => NotYet(format!(
                "{} of {} is still to come",
                next.action, next.resource
            )),
        },
    }
}

/// Returns true when the cluster will do nothing more by itself: every member is there, nothing is
/// under way, and its scheduler plans nothing. A node that may yet come would change that.
pub fn at_rest() -> bool {
    let Some(monitor) = facts::live_monitor() else {
        return false;
    };
    let is_there = |node: &facts::MonitorNode| node.online && !node.pending;
    monitor.dc.is_some()
        && monitor.members().all(is_there)
        && !monitor.resources.iter().any(|part| part.pending)
        && settled() == Holds
}

fn configured(verify: &Verify) -> Observation {
    let cib = match facts::live_cib() {
        Ok(cib) => cib,
        Err(why) => return NotYet(why),
    };
    match verify {
        Verify::Configured { objects } => objects
            .iter()
            .find_map(|object| missing(object, &cib))
            .map_or(Holds, Never),
        Verify::Unconfigured { ids } => {
            let known = cib.ids();
            match ids.iter().find(|id| known.contains(id.as_str())) {
                None => Holds,
                Some(id) => NotYet(format!("{id} still stands in the configuration")),
            }
        }
        Verify::Once { resource, thing } => match cib.twins(resource).first() {
            None => Holds,
            Some(twin) => {
                let id = &twin.id;
                let also = match thing.parse::<IpAddr>() {
                    Ok(_) => format!("{id} has {thing} as well"),
                    Err(_) => format!("{id} runs {thing} as well"),
                };
                Never(format!("{also}, added meanwhile by somebody else"))
            }
        },
        _ => Holds,
    }
}

/// Returns how an object is not in the configuration as it was asked for, if it is not.
fn missing(object: &Object, cib: &Cib) -> Option<String> {
    let pairs = |set: &AttributeSet, value: &dyn Fn(&str) -> Option<String>| {
        set.pairs
            .iter()
            .find_map(|(name, asked)| match value(name) {
                Some(is) if is == *asked => None,
                Some(is) => Some(format!("{name} is {is}, not {asked}")),
                None => Some(format!("{name} is not set")),
            })
    };
    match object {
        // In the set itself: whether it holds now may depend on a rule of the set.
        Object::Property(set) => pairs(set, &|name| {
            let own = cib.pair_of(&set.id, name).map(str::to_owned);
            own.or_else(|| cib.property(name))
        }),
        Object::ResourceDefaults(set) => pairs(set, &|name| {
            let own = cib.pair_of(&set.id, name).map(str::to_owned);
            own.or_else(|| cib.resource_default(name))
        }),
        object => match cib.object(object.id()) {
            None => Some(format!("{} is not in the configuration", object.id())),
            Some(is) => {
                let differs = is.difference(object);
                (!differs.is_empty()).then(|| format!("{}: {}", object.id(), differs.join(", ")))
            }
        },
    }
}

fn node_is(monitor: &Monitor, name: &str, state: NodeState) -> Observation {
    let Some(node) = monitor.node(name) else {
        return NotYet(format!("the cluster does not know {name}"));
    };
    let is = match state {
        NodeState::Online => node.online && !node.standby,
        NodeState::Ready => node.online && !node.maintenance,
        // Emptied, not only told to be.
        NodeState::Standby => node.standby && node.running == 0,
        NodeState::Maintenance => node.maintenance,
    };
    holds_when(is, || match (node.standby, node.running) {
        _ if !node.online => format!("{name} is offline"),
        (true, running) => match health::left_alone_on(monitor, name) {
            Some(left_alone) => left_alone.sentence(),
            None => format!("{running} still run on {name}"),
        },
        (false, _) if node.maintenance => format!("{name} is in maintenance"),
        (false, _) => format!("{name} is online"),
    })
}

fn online(nodes: &[String]) -> Observation {
    on_monitor(|monitor| {
        if monitor.dc.is_none() {
            return NotYet("no DC is elected yet".to_owned());
        }
        let away = nodes.iter().find(|name| {
            monitor
                .node(name)
                .is_none_or(|node| !node.online || node.pending)
        });
        match away {
            None => Holds,
            Some(node) => NotYet(format!("{node} is not online yet")),
        }
    })
}

fn unit_is(
    name: &str,
    host: Option<&str>,
    enabled: Option<bool>,
    active: Option<bool>,
) -> Observation {
    let unit = match host {
        None => facts::read_unit(name),
        Some(host) => {
            let peer = facts::ask_peer(host, &[name.to_owned()], &[]);
            if let Some(why) = peer.unreachable {
                return NotYet(format!("{host} does not answer: {why}"));
            }
            peer.units.get(name).cloned().unwrap_or_default()
        }
    };
    let right =
        enabled.is_none_or(|is| is == unit.enabled) && active.is_none_or(|is| is == unit.active);
    holds_when(right, || {
        let boot = if unit.enabled {
            "started at boot"
        } else {
            "not started at boot"
        };
        let runs = if unit.active { "running" } else { "stopped" };
        format!("{name} is {runs} and {boot}")
    })
}

fn same_everywhere(path: &str, hosts: &[String]) -> Observation {
    let sum = |text: &str| text.split_whitespace().next().map(str::to_owned);
    let read = |argv: &[String]| -> Result<Option<String>, String> {
        let output = tool::read(argv, READING).map_err(|error| error.to_string())?;
        if output.code == Some(0) {
            Ok(sum(&output.stdout))
        } else {
            Err(output.first_line())
        }
    };
    let argv = ["sha256sum", path].map(str::to_owned);
    let here = match read(&argv) {
        Ok(here) => here,
        Err(why) => return Never(why),
    };
    for host in hosts {
        match read(&over_ssh(host, &argv)) {
            Ok(there) if there == here => {}
            Ok(_) => return Never(format!("{path} is another one on {host}")),
            Err(why) => return NotYet(format!("{host}: {why}")),
        }
    }
    Holds
}
