//! `db status`: one screen of both ends of replication, measured, with what is wrong and what to do.

mod columns;
mod document;

use crate::facts::{Facts, Needs};
use crate::health;
use crate::health::database::{Edge, Lag, Topology, duration, history, kept_seconds, size};
use crate::mariadb::Relation;
use crate::plan::Refusal;
use crate::replication::servers;
use crate::report::{Report, Role, Span};
use crate::verb::Look;
use crate::verbs::problems;
use crate::wording::{amount, count, cut};
use clap::Args;
use columns::{filters, semi_sync, tls};
use document::DbStatusDocument;

/// How replication is: both ends, lag, what is wrong and what to do
///
/// Asks the servers at the other ends of this one's links by ssh: a replica's primary, a primary's
/// replicas. A host that ssh cannot reach is told, and the rest all the same.
#[derive(Debug, Args)]
pub struct Status {}

/// How many servers stand beside each other.
const COLUMNS: usize = 3;

/// How wide a server's column may be.
const WIDTH: usize = 34;

impl Look for Status {
    fn needs(&self) -> Needs {
        servers::needs()
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        health::database::needs_both(facts)
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        servers::installed(facts)?;
        let topology = Topology::of_facts(facts);
        let problems = health::problems_of_databases(facts);
        let mut report = Report::new(&DbStatusDocument::new(&facts.host, &topology, &problems));
        report.say("");
        let order = servers_in_order(&topology);
        for (at, columns) in order.chunks(COLUMNS).enumerate() {
            if at > 0 {
                report.say("");
            }
            report.table(table(&topology, columns));
        }
        let alone = topology.servers.len() == 1 && topology.role(0) == "alone";
        if alone && topology.servers[0].said.unfinished.is_empty() {
            how_to_begin(facts, &mut report);
        } else if problems.is_empty() {
            report.say("");
            report.line([Span::new(Role::Ok, "  ✓ "), Span::from("nothing is wrong")]);
        }
        for problem in &problems {
            problems::tell(problem, &mut report);
        }
        report.say("");
        Ok(report)
    }
}

/// Returns the servers, those that replicate from nowhere first.
fn servers_in_order(topology: &Topology) -> Vec<usize> {
    let mut order: Vec<usize> = (0..topology.servers.len()).collect();
    order.sort_by_key(|at| {
        let is_primary = topology.edges.iter().any(|edge| edge.primary == Some(*at));
        (topology.links_of(*at).next().is_some(), !is_primary)
    });
    order
}

/// Says how a server begins to replicate.
fn how_to_begin(facts: &Facts, report: &mut Report) {
    report.say("");
    report.say(format!("  {} replicates with no other server", facts.host));
    for (purpose, command) in [
        ("to make it a primary", "bascule db primary"),
        ("to make it a replica", "bascule db replicate PRIMARY"),
    ] {
        report.line([
            Span::from(format!("      {purpose}  ")),
            Span::new(Role::Command, command),
        ]);
    }
}

type Row = Vec<Span>;

/// Returns the table of these servers: what on the left, each server a column.
fn table(topology: &Topology, columns: &[usize]) -> Vec<Row> {
    let mut rows = vec![row("", columns, |at| heading(topology, at))];
    let mut add = |what: &str, cell: &dyn Fn(usize) -> Span| {
        let row = row(what, columns, |at| {
            if topology.servers[at].said.answers() || what == "role" {
                cell(at)
            } else {
                Span::from("")
            }
        });
        // What nobody has need not be told.
        if row.iter().skip(1).any(|span| !span.text.is_empty()) {
            rows.push(row);
        }
    };
    let edge = |at: usize| topology.links_of(at).next();
    add("role", &|at| Span::from(topology.role(at)));
    add("server", &|at| {
        let said = topology.servers[at].said;
        let version = said.version.split('-').next().unwrap_or_default();
        let id = said.server_id().unwrap_or(0);
        Span::from(format!("MariaDB {version}, id {id}"))
    });
    add("threads", &|at| threads(topology, at));
    add("GTID", &|at| {
        let server = &topology.servers[at];
        let history = match server.pulse {
            Some(pulse) => pulse.history.clone(),
            None => history(server.said),
        };
        let position = match edge(at) {
            Some(_) => history.position(),
            None => history.binlog_pos,
        };
        Span::from(position.to_string())
    });
    add("lag", &|at| match edge(at) {
        Some(edge) => lag_cell(topology, edge),
        None => Span::from(""),
    });
    add("link", &|at| match edge(at) {
        Some(edge) => Span::from(link_text(topology, edge)),
        None => Span::from(""),
    });
    add("writes", &|at| {
        let refused = topology.servers[at].said.is_read_only();
        let locked = topology.servers[at].said.locked_by().is_some();
        Span::from(match (refused, locked) {
            (true, _) => "refused (read_only)",
            (false, true) => "wait (db lock)",
            (false, false) => "allowed",
        })
    });
    add("filters", &|at| Span::from(filters(topology, at)));
    add("semi-sync", &|at| semi_sync(topology, at));
    add("binlogs", &|at| Span::from(binlogs(topology, at)));
    add("disk", &|at| {
        let free = topology.servers[at].said.free_for_data();
        Span::from(free.map_or(String::new(), |free| format!("{} free", amount(free))))
    });
    rows
}

fn row(what: &str, columns: &[usize], cell: impl Fn(usize) -> Span) -> Row {
    let mut row = vec![Span::new(Role::Dim, what)];
    row.extend(columns.iter().map(|at| {
        let mut span = cell(*at);
        span.text = cut(&span.text, WIDTH);
        span
    }));
    row
}

fn heading(topology: &Topology, at: usize) -> Span {
    let server = &topology.servers[at];
    let (role, mark) = match (&server.said.unreachable, &server.said.unanswered) {
        (Some(_), _) => (Role::Warn, "◐"),
        (None, Some(_)) => (Role::Fail, "○"),
        (None, None) => (Role::Ok, "●"),
    };
    let here = if server.asked.is_none() {
        " (this host)"
    } else {
        ""
    };
    Span::new(role, format!("{mark} {}{here}", server.name))
}

/// Returns how the threads of each link are; those of a connection with a name have it before them.
fn threads(topology: &Topology, at: usize) -> Span {
    let (mut role, mut all) = (Role::Plain, Vec::new());
    for Edge { link, .. } in topology.links_of(at) {
        match (link.io_state(), link.sql()) {
            ("Yes", "Yes") => {}
            ("No", _) | (_, "No") => role = Role::Fail,
            _ if role == Role::Plain => role = Role::Warn,
            _ => {}
        }
        let name = match link.connection() {
            "" => String::new(),
            name => format!("{name}: "),
        };
        all.push(format!("{name}IO {}, SQL {}", link.io_state(), link.sql()));
    }
    Span::new(role, all.join("; "))
}

fn lag_cell(topology: &Topology, edge: &Edge) -> Span {
    // Numbers alone do not tell where each goes its own way.
    match topology.relation(edge) {
        Some(Relation::Diverged { missing, .. }) => {
            let missing = count(missing, "transaction");
            return Span::new(Role::Fail, format!("diverged, lacks {missing}"));
        }
        Some(Relation::Ahead(_)) => return Span::new(Role::Fail, "ahead of its primary"),
        _ => {}
    }
    match topology.lag(edge) {
        Lag::Unknown => match edge.link.seconds_behind() {
            Some(seconds) => Span::from(format!("not measured; MariaDB says {seconds} s")),
            None => Span::from("not known"),
        },
        Lag::Level(0) => Span::from("none"),
        Lag::Level(ms) => Span::from(format!("{ms} ms")),
        Lag::Behind {
            transactions,
            gained,
            within,
        } => {
            let speed = match within {
                0 => String::new(),
                _ if gained == 0 => ", does not move".to_owned(),
                ms => format!(", {} a second", gained * 1000 / ms),
            };
            Span::new(
                Role::Warn,
                format!("{}{speed}", count(transactions, "transaction")),
            )
        }
    }
}

/// Returns how a link is made: by what it finds its place, and whether others can read along.
fn link_text(topology: &Topology, edge: &Edge) -> String {
    let by = match edge.link.using_gtid() {
        "No" => "file and position",
        _ => "GTID",
    };
    format!("{by}, {}", tls(topology, edge))
}

fn binlogs(topology: &Topology, at: usize) -> String {
    let server = &topology.servers[at];
    if !server.said.has_binlog() {
        return "off".to_owned();
    }
    let time = match kept_seconds(server) {
        Some(seconds) => format!("for {}", duration(seconds)),
        None => "for ever".to_owned(),
    };
    format!("{}, kept {time}", amount(size(server)))
}

#[cfg(test)]
mod tests;
