//! The events of what is replicated: they run on the primary alone, and stand by on its replica.
//!
//! Each server keeps in its own `mysql.event` whether an event runs, so that nothing of this is logged.

use super::role_swap::Filter;
use crate::facts::database::DatabaseEvent;
use crate::mariadb::{Filters, quote_string};
use crate::plan::{Check, Plan, Step};
use crate::replication::endpoint::Endpoint;
use crate::replication::source::few_names;

/// Whether an event runs, as `mysql.event` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventStatus {
    /// The event runs where the scheduler is on.
    Runs,
    /// The event stands by: its server is a replica.
    StandsBy,
}

impl EventStatus {
    /// Returns its name in `mysql.event`.
    const fn name(self) -> &'static str {
        match self {
            EventStatus::Runs => "ENABLED",
            EventStatus::StandsBy => "SLAVESIDE_DISABLED",
        }
    }

    /// Returns the words of `ALTER EVENT`.
    const fn words(self) -> &'static str {
        match self {
            EventStatus::Runs => "ENABLE",
            EventStatus::StandsBy => "DISABLE ON SLAVE",
        }
    }

    const fn opposite(self) -> EventStatus {
        match self {
            EventStatus::Runs => EventStatus::StandsBy,
            EventStatus::StandsBy => EventStatus::Runs,
        }
    }

    fn is_of(self, event: &DatabaseEvent) -> bool {
        event.status == self.name()
    }
}

/// The databases whose events follow the roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The databases that alone count; none for all there are.
    databases: Option<Vec<String>>,
}

impl Scope {
    /// Returns the databases that one of two servers takes from the other, by the filters they have.
    pub fn between(one: &Endpoint, other: &Endpoint, filter: Option<&Filter>) -> Scope {
        if let Some(filter) = filter {
            let names = filter.databases.iter();
            return Scope::only(names.map(|name| name.as_str().to_owned()).collect());
        }
        let sides = [one, other];
        // Where both have one it is the same, or the roles cannot be swapped.
        let value = |name: &str| {
            let values = sides.iter().filter_map(|side| side.server.variable(name));
            values.clone().find(|value| !value.is_empty()).unwrap_or("")
        };
        let logged = |of: fn(&crate::facts::database::BinlogCoordinates) -> &str| {
            let positions = sides
                .iter()
                .filter_map(|side| side.server.position.as_ref());
            positions
                .map(of)
                .find(|list| !list.is_empty())
                .unwrap_or("")
        };
        let filters = Filters {
            logged: logged(|position| &position.do_db),
            not_logged: logged(|position| &position.ignore_db),
            databases: value("replicate_do_db"),
            not_databases: value("replicate_ignore_db"),
            tables: "",
            not_tables: "",
            patterns: value("replicate_wild_do_table"),
            not_patterns: value("replicate_wild_ignore_table"),
            renamed: "",
        };
        if filters.is_empty() {
            return Scope::default();
        }
        let mut names: Vec<String> = sides
            .iter()
            .flat_map(|side| &side.server.databases)
            .map(|database| database.name.clone())
            .filter(|name| filters.lets_through(name, "%"))
            .collect();
        names.sort();
        names.dedup();
        Scope::only(names)
    }

    /// Returns these databases alone.
    pub fn only(databases: Vec<String>) -> Scope {
        let databases = Some(databases);
        Scope { databases }
    }

    fn holds(&self, event: &DatabaseEvent) -> bool {
        let names = self.databases.as_ref();
        names.is_none_or(|names| names.contains(&event.database))
    }

    /// Returns a server's events of these databases that are so.
    pub fn events<'a>(&self, side: &Endpoint<'a>, status: EventStatus) -> Vec<&'a DatabaseEvent> {
        let all = side.server.schedule.iter();
        all.filter(|event| self.holds(event) && status.is_of(event))
            .collect()
    }

    /// Returns true when there is any event that could have to be switched.
    pub fn has_any(&self, side: &Endpoint) -> bool {
        side.server.schedule.iter().any(|event| self.holds(event))
    }

    /// Returns the statements that switch all events of these databases to a status which are in the
    /// other one when it runs, but for those named; not logged.
    ///
    /// `ALTER EVENT` is what tells the scheduler (it does not look at the table again, not when it is
    /// switched off and on either), and sets the definer to the caller, the character sets to those of
    /// the session and the originator to this server: so each row gets back all that it had, at once.
    /// Seen on 10.11 and 11.8: every column but `status` is the same byte for byte then.
    pub fn switch(&self, to: EventStatus, but: &[&DatabaseEvent]) -> Vec<String> {
        let name = "'`', REPLACE(r.db, '`', '``'), '`.`', REPLACE(r.name, '`', '``'), '`'";
        // A definer without a host is a role, which is the caller's own until the row is put back.
        let host = "SUBSTRING_INDEX(r.definer, '@', -1)";
        let user = format!("LEFT(r.definer, CHAR_LENGTH(r.definer) - CHAR_LENGTH({host}) - 1)");
        let definer = format!(
            "IF({host} = '' OR LOCATE('@', r.definer) = 0, '', CONCAT('DEFINER=', QUOTE({user}), '@', QUOTE({host})))"
        );
        let kept: Vec<String> = KEPT
            .iter()
            .map(|name| format!("{name} = r.{name}"))
            .collect();
        vec![
            "SET SESSION sql_log_bin=0".to_owned(),
            // The names of events and definers are in UTF-8.
            "SET NAMES utf8mb4".to_owned(),
            format!(
                "BEGIN NOT ATOMIC FOR r IN (SELECT * FROM mysql.event WHERE status = '{}'{}{}) DO \
                 EXECUTE IMMEDIATE CONCAT('ALTER ', {definer}, ' EVENT ', {name}, ' {}'); \
                 UPDATE mysql.event SET {} WHERE db = r.db AND name = r.name; END FOR; END",
                to.opposite().name(),
                self.condition(),
                exception(but),
                to.words(),
                kept.join(", "),
            ),
            "SET SESSION sql_log_bin=1".to_owned(),
        ]
    }

    /// Returns the events of the new primary that did not run on the old one: on a replica one that
    /// somebody disabled stands by like all others (seen on 10.11 and 11.8), and is to stay silent.
    ///
    /// Where an earlier run was cut short those of the old primary stand by since then.
    pub fn silent_before<'a>(
        &self,
        new: &Endpoint<'a>,
        old: &Endpoint<'a>,
    ) -> Vec<&'a DatabaseEvent> {
        let mut ran = self.events(old, EventStatus::Runs);
        if old.is_read_only() {
            ran.extend(self.events(old, EventStatus::StandsBy));
        }
        let mut standing = self.events(new, EventStatus::StandsBy);
        standing.retain(|event| !ran.iter().any(|ran| event.is_same(ran)));
        standing
    }

    /// Adds the step that has the events run on the new primary, where any of them waits for it.
    pub fn run_on(&self, new: &Endpoint, old: &Endpoint, plan: &mut Plan) {
        let silent = self.silent_before(new, old);
        if self.events(new, EventStatus::StandsBy).len() > silent.len() {
            let why = format!("the events run on {}", new.name());
            plan.step(self.step(new, EventStatus::Runs, &silent, why));
        }
    }

    /// Returns what is said of events that run on the old primary and are disabled on the new one, so
    /// that they will run nowhere.
    pub fn silent(&self, new: &Endpoint, old: &Endpoint) -> Option<Check> {
        let disabled = |event: &&&DatabaseEvent| {
            let mut there = new.server.schedule.iter();
            there.any(|one| one.is_same(event) && one.status == "DISABLED")
        };
        let running = self.events(old, EventStatus::Runs);
        let names: Vec<String> = running
            .iter()
            .filter(disabled)
            .map(|event| event.name())
            .collect();
        (!names.is_empty()).then(|| {
            Check::warning(format!(
                "disabled on {}, so that nowhere will run: {}",
                new.name(),
                few_names(&names)
            ))
        })
    }

    fn condition(&self) -> String {
        let Some(names) = &self.databases else {
            return String::new();
        };
        let names: Vec<String> = names.iter().map(|name| quote_string(name)).collect();
        match names.is_empty() {
            true => " AND FALSE".to_owned(),
            false => format!(" AND db IN ({})", names.join(", ")),
        }
    }

    /// Returns the step that switches a server's events, and on the way back those that it switched.
    pub fn step(
        &self,
        side: &Endpoint,
        to: EventStatus,
        but: &[&DatabaseEvent],
        why: String,
    ) -> Step {
        let before = self.events(side, to);
        let back = side.sql(self.switch(to.opposite(), &before), "as before");
        side.sql(self.switch(to, but), why).undone_by(vec![back])
    }
}

/// Every column of `mysql.event` that `ALTER EVENT` may write but `status`; `created` would change by
/// any update.
const KEPT: [&str; 12] = [
    "definer",
    "body",
    "body_utf8",
    "created",
    "modified",
    "originator",
    "sql_mode",
    "time_zone",
    "character_set_client",
    "collation_connection",
    "db_collation",
    "on_completion",
];

fn exception(events: &[&DatabaseEvent]) -> String {
    if events.is_empty() {
        return String::new();
    }
    let pair = |event: &&DatabaseEvent| {
        format!(
            "({}, {})",
            quote_string(&event.database),
            quote_string(&event.name)
        )
    };
    let pairs: Vec<String> = events.iter().map(pair).collect();
    format!(" AND (db, name) NOT IN ({})", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::DatabaseServer;

    fn server(host: &str, filter: &str, events: &[(&str, &str, &str)]) -> DatabaseServer {
        let mut server = DatabaseServer {
            host: host.to_owned(),
            ..DatabaseServer::default()
        };
        let name = "replicate_wild_do_table".to_owned();
        server.variables.insert(name, filter.to_owned());
        for (database, name, status) in events {
            server.schedule.push(DatabaseEvent {
                database: (*database).to_owned(),
                name: (*name).to_owned(),
                status: (*status).to_owned(),
            });
            server.databases.push(crate::facts::database::UserDatabase {
                name: (*database).to_owned(),
                ..Default::default()
            });
        }
        server
    }

    fn side(server: &DatabaseServer) -> Endpoint<'_> {
        Endpoint { server, via: None }
    }

    #[test]
    fn only_events_of_what_is_replicated_are_switched() {
        let new = server(
            "new",
            "site1.%",
            &[("site1", "nightly", "SLAVESIDE_DISABLED")],
        );
        let events = [
            ("site1", "nightly", "ENABLED"),
            ("own", "rotate", "ENABLED"),
            ("site1", "off", "DISABLED"),
        ];
        let old = server("old", "", &events);
        let scope = Scope::between(&side(&new), &side(&old), None);
        let running = scope.events(&side(&old), EventStatus::Runs);
        assert_eq!(running, [&old.schedule[0]]);
        let text = scope.switch(EventStatus::StandsBy, &[]).concat();
        assert!(
            text.contains("WHERE status = 'ENABLED' AND db IN ('site1')) DO"),
            "{text}"
        );
        assert!(text.contains("' DISABLE ON SLAVE')"), "{text}");
        // What the statement would set to the caller's own is put back, whatever it is.
        for column in [
            "definer",
            "character_set_client",
            "collation_connection",
            "db_collation",
            "body",
        ] {
            assert!(
                text.contains(&format!("{column} = r.{column}")),
                "{column}: {text}"
            );
        }
        let other = server("old", "", &[("other", "nightly", "ENABLED")]);
        let scope = Scope::between(&side(&new), &side(&other), None);
        assert!(!scope.has_any(&side(&other)));
    }

    #[test]
    fn the_way_back_leaves_out_what_was_so_before() {
        let events = [
            ("site1", "it''s", "SLAVESIDE_DISABLED"),
            ("site1", "nightly", "ENABLED"),
        ];
        let old = server("old", "", &events);
        let step = Scope::default().step(&side(&old), EventStatus::StandsBy, &[], String::new());
        let crate::plan::Undo::Steps { steps } = step.undo else {
            panic!("no way back")
        };
        let crate::plan::Action::Sql { statements, .. } = &steps[0].action else {
            panic!("no statements")
        };
        let text = statements.concat();
        assert!(
            text.contains(
                "status = 'SLAVESIDE_DISABLED' AND (db, name) NOT IN (('site1', 'it''''s'))) DO"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_will_run_nowhere_is_said() {
        let new = server(
            "new",
            "",
            &[("a", "x", "DISABLED"), ("a", "y", "SLAVESIDE_DISABLED")],
        );
        let old = server("old", "", &[("a", "x", "ENABLED"), ("a", "y", "DISABLED")]);
        let check = Scope::default().silent(&side(&new), &side(&old));
        assert_eq!(
            check.map(|check| check.text).as_deref(),
            Some("disabled on new, so that nowhere will run: a.x")
        );
    }
}
