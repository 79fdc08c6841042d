//! `db check`: what the primary and its replica hold, compared row by row while both work.
//!
//! That both threads run and the GTIDs are the same proves nothing of the rows: errors that were passed
//! over, writes on the replica, a copy that was not whole. Nothing is written on either server.

mod document;
mod named;

use super::test;
use super::test::PrimaryAndReplica;
use crate::conf::DatabaseName;
use crate::exec::compare;
use crate::exec::compare::{Compared, Ends, Job, Limits, Stop};
use crate::exit::Exit;
use crate::facts;
use crate::facts::Facts;
use crate::mariadb::filter::Share;
use crate::mariadb::quote_name;
use crate::names::{Name, host};
use crate::operate::{Format, RunsItself, Session};
use crate::plan::Refusal;
use crate::replication::{servers, strays};
use crate::report::{Report, Role, Span};
use crate::ui::Bar;
use crate::wording::count;
use clap::Args;
use document::{DbCheckDocument, DbCheckPlannedDocument};
use named::TableName;
use std::time::{Duration, Instant};

/// Compare the primary and its replica, row by row, while both work
///
/// On the primary or on the replica. Both are read at one GTID position: for that the replica's SQL
/// thread stands still for some hundredths of a second, every half minute; its IO thread never stops.
/// Nothing is written on either server, and nobody waits but for tables that are not InnoDB.
#[derive(Debug, Args)]
pub struct Check {
    /// Only this database; may be given several times. Without: all that are replicated
    #[arg(long = "database", value_name = "DB", add = Name::Database)]
    databases: Vec<DatabaseName>,
    /// Only this table, with its database before a dot; may be given several times
    #[arg(long = "table", value_name = "DB.TABLE")]
    tables: Vec<TableName>,
    /// The replica, where a primary has several
    #[arg(long, value_name = "HOST", value_parser = host, add = Name::OtherHost)]
    replica: Option<String>,
    /// Compare no more than so many rows a second
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    rate: Option<u64>,
}

/// How long a late replica is waited for, in seconds, unless --timeout says otherwise.
const PATIENCE: u64 = 60;

/// How long one question about a chunk, or about a whole table without a key, may take.
const LONGEST: Duration = Duration::from_secs(6 * 3600);

impl RunsItself for Check {
    fn run(&self, session: &mut Session) -> Exit {
        if !session.host.root {
            let refusal = Refusal::check("only root can read both servers")
                .hint("as root", format!("sudo bascule {}", session.command));
            return session.refused(&refusal);
        }
        let facts = facts::gather_all(
            &servers::needs(),
            |facts| test::needs_then(facts, self.replica.as_deref()),
            &session.host.name,
            session.host.root,
        );
        let pair = match self.pair(&facts) {
            Ok(pair) => pair,
            Err(refusal) => return session.refused(&refusal),
        };
        if !self.databases.is_empty() || !self.tables.is_empty() {
            let there = match named::tables(&pair) {
                Ok(there) => there,
                Err(stop) => return stopped(&pair, stop, session, Session::refused),
            };
            if let Err(refusal) = named::compared(&self.databases, &self.tables, &pair, &there) {
                return session.refused(&refusal);
            }
        }
        // Nothing is changed: also programs get what was found without a question.
        if session.settings.dry_run || session.settings.format == Format::Sh {
            return self.show_plan(&pair, session);
        }
        session.signals.work();
        let began = Instant::now();
        let mut compared = self.compare(&pair, session);
        session.signals.rest();
        let (asked_for, others) = self.left_out(&pair);
        for name in asked_for {
            let why = "a filter leaves it out".to_owned();
            compared.not_compared.push((name, why));
        }
        let report = report(&pair, &compared, &others, began.elapsed());
        session.report(&report);
        match compared.stopped {
            Some(Stop::Asked) => Exit::Interrupted,
            // The report says why it ended.
            Some(stop) => stopped(&pair, stop, session, Session::refused_beside),
            None if compared.differences.is_empty() && compared.not_compared.is_empty() => {
                Exit::Done
            }
            None => Exit::NotAsAsked,
        }
    }
}

impl Check {
    fn pair<'a>(&self, facts: &'a Facts) -> Result<PrimaryAndReplica<'a>, Refusal> {
        let pair = test::pair(facts, self.replica.as_deref())?;
        test::replicates(&pair)?;
        named::databases(
            &pair,
            self.databases
                .iter()
                .map(DatabaseName::as_str)
                .chain(self.tables.iter().map(|table| table.database.as_str())),
        )?;
        Ok(pair)
    }

    /// Returns true for a table that is to be compared.
    fn is_wanted(&self, pair: &PrimaryAndReplica, database: &str, table: &str) -> bool {
        let named = self.databases.is_empty() && self.tables.is_empty()
            || self.databases.iter().any(|name| name.as_str() == database)
            || self
                .tables
                .iter()
                .any(|name| name.database == database && name.table == table);
        named && test::filters(pair).lets_through(database, table)
    }

    /// Returns what filters leave out: of what was asked for by name, and else.
    fn left_out(&self, pair: &PrimaryAndReplica) -> (Vec<String>, Vec<String>) {
        let filters = test::filters(pair);
        if !self.databases.is_empty() || !self.tables.is_empty() {
            let databases = self.databases.iter().map(DatabaseName::as_str);
            let databases = databases.filter(|name| filters.share_of(name) == Share::None);
            let tables = self.tables.iter();
            let tables = tables.filter(|one| !filters.lets_through(&one.database, &one.table));
            let tables = tables.map(|one| format!("{}.{}", one.database, one.table));
            return (
                databases.map(str::to_owned).chain(tables).collect(),
                Vec::new(),
            );
        }
        let all = pair.primary.server.databases.iter();
        let others = all.filter_map(|one| match filters.share_of(&one.name) {
            Share::All => None,
            Share::Part => Some(format!("tables of {}", one.name)),
            Share::None => Some(one.name.clone()),
        });
        (Vec::new(), others.collect())
    }

    /// Says what would be done.
    fn show_plan(&self, pair: &PrimaryAndReplica, session: &mut Session) -> Exit {
        let databases: Vec<String> = pair
            .primary
            .server
            .databases
            .iter()
            .map(|database| database.name.clone())
            .filter(|name| {
                self.is_wanted(pair, name, "bascule")
                    || self.tables.iter().any(|table| table.database == *name)
            })
            .collect();
        let (primary, replica) = (pair.primary.name(), pair.replica.name());
        let mut report = Report::new(&DbCheckPlannedDocument {
            primary,
            replica,
            databases: &databases,
        });
        let quoted: Vec<String> = databases.iter().map(|name| quote_name(name)).collect();
        report.say(format!(
            "  {primary} and {replica} would be compared: {}",
            quoted.join(", ")
        ));
        report.say(format!(
            "  the SQL thread of {replica} would stand still for some hundredths of a second, twice a minute"
        ));
        session.report(&report)
    }

    fn compare(&self, pair: &PrimaryAndReplica, session: &mut Session) -> Compared {
        let takes = |database: &str, table: &str| self.is_wanted(pair, database, table);
        let job = Job {
            ends: Ends {
                primary: pair.primary.client(),
                replica: pair.replica.client(),
                primary_name: pair.primary.name().to_owned(),
                replica_name: pair.replica.name().to_owned(),
                delay: pair.link.delay(),
                patience: session
                    .settings
                    .timeout
                    .map_or(PATIENCE, |patience| patience.as_secs()),
                stop: session.signals.flag(),
            },
            takes: &takes,
            tables_only: self.databases.is_empty() && !self.tables.is_empty(),
            limits: Limits {
                rows_a_second: self.rate,
                longest: LONGEST,
            },
        };
        let quiet = session.settings.format == Format::Json;
        let mut bar = Bar::new(session.ui, session.signals.flag(), quiet);
        compare::run(&job, &mut bar)
    }
}

/// Says why it ended before its end.
fn stopped<'a>(
    pair: &PrimaryAndReplica,
    stop: Stop,
    session: &mut Session<'a>,
    refused: fn(&mut Session<'a>, &Refusal) -> Exit,
) -> Exit {
    let replica = pair.replica.name();
    match stop {
        Stop::Late(seconds) => refused(
            session,
            &Refusal::check(format!(
                "{replica} is late: it did not reach the position of {} within {seconds} s",
                pair.primary.name()
            ))
            .hint("how far it is, and why", "bascule db status")
            .hint(
                "once it has caught up, again",
                format!("bascule {}", session.command),
            ),
        ),
        Stop::Busy => refused(
            session,
            &Refusal::check(format!(
                "{replica} is being compared by somebody else already"
            ))
            .hint(
                "who that is",
                pair.replica
                    .typed_sql("SELECT IS_USED_LOCK(\"bascule_check\")"),
            )
            .hint(
                "once that has ended, again",
                format!("bascule {}", session.command),
            ),
        ),
        Stop::Stands => {
            session.ui.error(&format!(
                "the SQL thread of {replica} does not go on; to start it, there: bascule db start"
            ));
            Exit::Failed
        }
        stop => {
            session
                .ui
                .error(&format!("the comparison broke off: {stop}"));
            let next = session.ui.command("bascule db status");
            session.ui.talk(&format!("  how both are  {next}"));
            Exit::Failed
        }
    }
}

/// Returns what was found, for people and for programs.
fn report(
    pair: &PrimaryAndReplica,
    compared: &Compared,
    left_out: &[String],
    took: Duration,
) -> Report {
    let names = (pair.primary.name(), pair.replica.name());
    let mut report = Report::new(&DbCheckDocument::new(names, compared, left_out, took));
    say_differences(names, compared, &mut report);
    if !left_out.is_empty() {
        report.line([
            Span::new(Role::Warn, "  ! "),
            Span::from(format!(
                "not compared, since a filter leaves it out: {}",
                left_out.join(", ")
            )),
        ]);
    }
    say_how_much(names, compared, &mut report);
    if !compared.position.is_empty() {
        let times = match compared.snapshots {
            0 | 1 => String::new(),
            n => format!(", the last of {n} positions"),
        };
        report.line([Span::new(
            Role::Dim,
            format!(
                "    both read at GTID {}{times}; the SQL thread stood still for {:.0} ms at most",
                compared.position,
                compared.still.as_secs_f64() * 1000.0
            ),
        )]);
    }
    say_what_mends(pair, compared, &mut report);
    report
}

/// Says each difference, the rows of a table below its name, and what could not be compared.
fn say_differences((primary, replica): (&str, &str), compared: &Compared, report: &mut Report) {
    let named = |text: &str| {
        text.replace("the primary", primary)
            .replace("the replica", replica)
    };
    let mut last = "";
    for one in &compared.differences {
        if one.row.is_none() || one.name != last {
            let what = match one.row {
                Some(_) => "rows differ".to_owned(),
                None => named(&one.what),
            };
            report.line([
                Span::new(Role::Fail, "  ✗ "),
                Span::new(Role::Strong, one.name.clone()),
                Span::from(format!(": {what}")),
            ]);
        }
        if let Some(row) = &one.row {
            report.line([Span::from(format!("      {row}: {}", named(&one.what)))]);
        }
        last = &one.name;
    }
    for (name, why) in &compared.not_compared {
        report.line([
            Span::new(Role::Warn, "  ! "),
            Span::from(format!("{name} was not compared: {}", named(why))),
        ]);
    }
}

/// Says how much was compared, and whether all of it is the same.
fn say_how_much((primary, replica): (&str, &str), compared: &Compared, report: &mut Report) {
    let same = compared.differences.is_empty() && compared.not_compared.is_empty();
    let counted = match (compared.tables, compared.others) {
        (0, others) if others > 0 => count(others, "definition"),
        (tables, _) => format!(
            "{} in {}",
            count(compared.rows, "row"),
            count(tables, "table")
        ),
    };
    let none = compared.tables + compared.others == 0;
    match (&compared.stopped, same) {
        (None, true) if none => report.line([
            Span::new(Role::Warn, "  ! "),
            Span::from(format!(
                "there was nothing to compare: no table that is replicated is on {primary} or {replica}"
            )),
        ]),
        (Some(_), _) => report.line([
            Span::new(Role::Warn, "  ! "),
            Span::from(format!("not all of it: {counted} were compared")),
        ]),
        (None, true) => report.line([
            Span::new(Role::Ok, "  ✓ "),
            Span::from(format!(
                "{counted} {} the same on {primary} and {replica}",
                match (compared.tables, compared.others) {
                    (0, 1) => "is",
                    _ => "are",
                }
            )),
        ]),
        (None, false) => report.say(format!("    {counted} were compared")),
    };
}

/// Says what makes the two the same again.
fn say_what_mends(pair: &PrimaryAndReplica, compared: &Compared, report: &mut Report) {
    let (primary, replica) = (pair.primary.name(), pair.replica.name());
    let strays = &compared.strays;
    if !strays.is_empty() {
        for (purpose, command) in strays::leads_out(strays, &pair.replica, &pair.primary) {
            report.line([
                Span::from(format!("      {purpose}  ")),
                Span::new(Role::Command, command),
            ]);
        }
    }
    // No copy of the primary's data takes those away.
    let is_stray = |name: &str| {
        let database = name.split('.').next().unwrap_or(name);
        strays.iter().any(|one| one == name || one == database)
    };
    if compared.differences.iter().any(|one| !is_stray(&one.name)) {
        let reseed = format!("bascule db replicate {} --reseed", pair.link.primary_host());
        report.line([
            Span::from(format!(
                "      to take all of {primary}'s data, on {replica}  "
            )),
            Span::new(Role::Command, reseed),
        ]);
        if !compared.not_exact.is_empty() {
            report.line([Span::from(format!(
                "      which does not mend {}: of what keeps its history a copy has six digits of FLOAT, and one code for each letter of text",
                compared.not_exact.join(", ")
            ))]);
        }
        report.line([
            Span::from("      what lets rows differ, if it is known  "),
            Span::new(Role::Command, "bascule db status"),
        ]);
    }
}

#[cfg(test)]
mod tests;
