//! The steps by which two servers swap their roles.
//!
//! Until the point of no return nothing but the lock of a held session keeps writes off the old
//! primary, and in the very last step before it `read_only`: when this program or its link dies, the
//! lock goes with the session, and writes go on by themselves. Every step in between costs the clients
//! time, so that all that can be done before the freeze or after it is done there.
//!
//! A server may restart at any moment, and comes back as its option files say. That the old primary
//! comes back without writes is on its disk before the new one takes the first; that the new one comes
//! back with them, only after it.

use super::events::{EventStatus, Scope};
use super::files;
use super::files::RequiredOptions;
use super::pair::SwitchoverPair;
use super::role_swap::{Filter, RoleSwap};
use crate::conf::{AccountName, DatabaseName};
use crate::plan::{Plan, Refusal, Step, Undo, Verify};
use crate::replication::account::{Account, Logged};
use crate::replication::link::{
    CONNECT, Tls, Upstream, forget_position_step, lets_in, position_back, release, tls_offer,
};
use crate::replication::{account, former, proof, servers};

/// The held session with the server that becomes the primary.
const NEW: &str = "new";

/// The held session with the server that was it: the one with the lock.
const OLD: &str = "old";

/// How long the replica may take to catch up before anything is frozen, in seconds.
const CATCH_UP: u64 = 60;

/// How long it may take with the last transactions while writes wait, in seconds: in good order it
/// is there already.
const LAST: u64 = 2;

/// How long the lock outlives a coordinator that fell silent, in seconds. Longer than any step under
/// the lock may take, or it would be gone in the middle; each of them would notice.
const SILENCE: u64 = 4;

/// How long a step under the lock may take as this program sees it, in seconds.
const STEP: u64 = LAST + 1;

/// Ends every client's session but this one: those of replicas and of the server itself stay.
///
/// A session with an open transaction that commits after the lock, by an account that may write on
/// a read-only server, would leave a transaction that the new primary lacks (seen on 10.11). One that
/// has ended by itself meanwhile is no error: 1094.
pub const END_CLIENTS: &str = "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; \
    FOR r IN (SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() \
    AND command NOT IN ('Binlog Dump', 'Daemon', 'Slave_IO', 'Slave_SQL', 'Slave_worker') \
    AND user <> 'event_scheduler') DO EXECUTE IMMEDIATE CONCAT('KILL CONNECTION ', r.id); END FOR; END";

/// Waits for a second at most until no session that was ended waits for the lock any more: one that gets
/// the lock before it has noticed its end would still commit.
const ENDED: &str = "BEGIN NOT ATOMIC DECLARE n INT DEFAULT 50; WHILE n > 0 AND EXISTS \
    (SELECT 1 FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND command NOT LIKE 'Slave_%' \
    AND state LIKE 'Waiting for % lock') DO DO SLEEP(0.02); SET n = n - 1; END WHILE; END";

/// The statement by which a held session lives: the server's own limit for idle sessions is not meant for it.
const PATIENT: &str = "SET SESSION wait_timeout=600";

/// Asks where a server stands in its own binlog.
pub const POSITION: &str = "SELECT @@gtid_binlog_pos";

/// Lets a server take writes again, unless it follows another one by now: a way back may be typed
/// long after its plan was cut short.
const OPEN: &str = "BEGIN NOT ATOMIC IF EXISTS (SELECT 1 FROM information_schema.GLOBAL_STATUS \
    WHERE VARIABLE_NAME = 'SLAVES_RUNNING' AND VARIABLE_VALUE > 0) THEN \
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'it follows another server by now, and stays without writes'; \
    ELSE SET GLOBAL read_only=0; END IF; END";

impl RoleSwap<'_> {
    /// Returns the way from the old primary to the new one.
    fn upstream(&self) -> Upstream<'_> {
        let SwitchoverPair {
            new,
            old,
            new_address,
            ..
        } = &self.pair;
        Upstream {
            host: new_address.to_string(),
            port: new.server.port(),
            user: self.user,
            tls: Tls::between(tls_offer(new.server), release(old.server), None),
        }
    }

    /// Adds the account and its proof: all that can be done while nobody notices.
    ///
    /// # Errors
    /// When the account is one that cannot be used.
    pub fn let_in(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let SwitchoverPair {
            new,
            old,
            old_address,
            ..
        } = &self.pair;
        let upstream = self.upstream();
        lets_in(new.server, &upstream.tls)?;
        plan.check(upstream.tls.check());
        plan.secrets.push(account::password(self.password));
        let account = Account {
            user: self.user,
            from: *old_address,
        };
        account.let_in(new.server, new.via, Logged::No, plan)?;
        plan.step(old.place(upstream.login(old.server, "SELECT 1")));
        self.let_others_in(plan)
    }

    /// Adds what has the old primary come back without writes, should it restart, before anything else.
    ///
    /// # Errors
    /// When an option cannot be written.
    pub fn add_guard(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let wanted = RequiredOptions {
            read_only: true,
            databases: self.databases(),
        };
        files::add_read_only(&self.pair.old, &wanted, self.opened(None), plan)
    }

    /// The databases that alone the new replica takes, where that changes.
    fn databases(&self) -> Option<&[DatabaseName]> {
        self.filter
            .as_ref()
            .map(|filter| filter.databases.as_slice())
    }

    /// Returns what has the old primary take writes again, in that session or in one of its own: it
    /// may have been restarted meanwhile, so that it is waited for. None where it took none.
    fn opened(&self, session: Option<&str>) -> Vec<Step> {
        let old = &self.pair.old;
        if old.is_read_only() {
            return Vec::new();
        }
        let mut statements = vec![OPEN.to_owned()];
        match session {
            Some(_) => statements.push("UNLOCK TABLES".to_owned()),
            // What it began with is not what it had.
            None if self.filter.is_some() => statements.push(Filter::set("")),
            None => {}
        }
        let open = old
            .sql(
                statements,
                format!("{} takes writes, as before", old.name()),
            )
            .within(10);
        let open = match session {
            Some(session) => open.in_session(session),
            None => open,
        };
        vec![servers::awaited(old.server, old.via), open]
    }

    /// Returns a step of the old primary past the point of no return: should it fail, whatever the
    /// server came back with, it takes no writes.
    fn stays_shut(&self, step: Step) -> Step {
        let old = &self.pair.old;
        let shut = old.sql(
            ["SET GLOBAL read_only=1"],
            format!("{} takes no writes, however it came back", old.name()),
        );
        step.on_failure(vec![servers::awaited(old.server, old.via), shut])
    }

    /// Adds what keeps a server that is no longer the primary from writing.
    ///
    /// # Errors
    /// When its position is not known.
    pub fn add_read_only(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let old = &self.pair.old;
        let from = old.name();
        let position = old.history()?.binlog_pos.to_string();
        let mut step = old
            .sql(
                ["SET SESSION lock_wait_timeout=5", "SET GLOBAL read_only=1", END_CLIENTS, POSITION],
                format!("{from} takes no more writes, has no clients, and has written nothing since it was looked at"),
            )
            .expecting(position, format!("{from} has written since this plan was made"));
        if !old.is_read_only() {
            step = step.undone_by(self.opened(None));
        }
        plan.step(step);
        Ok(())
    }

    /// Adds the freeze, and all of it up to the new primary's first write: the point of no return.
    pub fn freeze(&self, plan: &mut Plan) {
        let to = self.pair.new.name();
        for step in self.catch_up() {
            plan.step(step);
        }
        plan.step(self.lock_writes());
        plan.step(
            self.pair
                .new
                .sql(
                    [format!("SELECT MASTER_GTID_WAIT('${{frozen}}', {LAST})")],
                    format!("{to} has all of it"),
                )
                .in_session(NEW)
                .expecting(
                    "0",
                    format!("{to} did not get the last transactions within {LAST} s"),
                )
                .within(STEP),
        );
        plan.step(self.shut_old());
        plan.no_return = Some(plan.steps.len());
        plan.step(
            self.pair
                .new
                .sql(
                    ["SET GLOBAL read_only=0"],
                    format!("{to} takes writes: it is the primary"),
                )
                .in_session(NEW),
        );
        plan.step(self.stays_shut(self.unlock()));
    }

    /// Returns the steps by which the new primary comes near the old one, while writes go on.
    fn catch_up(&self) -> [Step; 2] {
        let SwitchoverPair { new, old, .. } = &self.pair;
        let (to, from) = (new.name(), old.name());
        [
            old.sql(
                [PATIENT, POSITION],
                format!("what {from} has written so far; writes go on"),
            )
            .in_session(OLD)
            .answers_as("ahead"),
            new.sql(
                [
                    PATIENT.to_owned(),
                    format!("SELECT MASTER_GTID_WAIT('${{ahead}}', {CATCH_UP})"),
                ],
                format!("{to} catches up before anything stops"),
            )
            .in_session(NEW)
            .expecting("0", format!("{to} does not catch up within {CATCH_UP} s"))
            .within(CATCH_UP + 5),
        ]
    }

    /// Returns the step from which on every write on the old primary waits.
    fn lock_writes(&self) -> Step {
        let old = &self.pair.old;
        old.sql(
            [
                format!("SET SESSION lock_wait_timeout=1, wait_timeout={SILENCE}"),
                "FLUSH TABLES WITH READ LOCK".to_owned(),
                POSITION.to_owned(),
            ],
            format!(
                "writes wait from here on: for as long as this session speaks, \
                     and {SILENCE} s once it is silent"
            ),
        )
        .in_session(OLD)
        .answers_as("frozen")
        .undone_by(self.opened(Some(OLD)))
        .within(STEP)
    }

    /// Returns the step after which the old primary has no clients, and takes no writes.
    fn shut_old(&self) -> Step {
        let old = &self.pair.old;
        let from = old.name();
        let mut shut = old
            .sql(
                [END_CLIENTS, "SET GLOBAL read_only=1", POSITION],
                format!(
                    "{from} has no clients any more, takes no writes, and has written nothing since"
                ),
            )
            .in_session(OLD)
            .expecting("${frozen}", format!("{from} has written on under the lock"))
            .within(STEP);
        if !old.is_read_only() {
            shut = shut.undone_by(self.opened(Some(OLD)));
        }
        shut
    }

    /// Returns the step that unlocks the old primary, and proves that nothing was written under the lock.
    fn unlock(&self) -> Step {
        let SwitchoverPair { new, old, .. } = &self.pair;
        let (to, from) = (new.name(), old.name());
        // An event that begins under the lock waits for it, and with the rights of its definer it
        // would then write on a read-only server (seen on 11.8).
        let events = self.events();
        let has_events = events.has_any(old);
        let runs_events = has_events && old.server.is_on("event_scheduler");
        let mut statements = Vec::new();
        if runs_events {
            statements.push("SET GLOBAL event_scheduler=OFF");
        }
        statements.extend([END_CLIENTS, ENDED, "UNLOCK TABLES", PATIENT]);
        let mut statements: Vec<String> = statements.into_iter().map(str::to_owned).collect();
        if has_events {
            statements.extend(events.switch(EventStatus::StandsBy, &[]));
        }
        if runs_events {
            statements.push("SET GLOBAL event_scheduler=ON".to_owned());
        }
        statements.push(POSITION.to_owned());
        let slipped_in = format!(
            "an account that may write on a read-only server has written on {from}, and {to} lacks it"
        );
        old.sql(
            statements,
            format!("{from} is unlocked, and nobody slipped in"),
        )
        .in_session(OLD)
        .expecting("${frozen}", slipped_in)
    }

    /// Adds what makes the old primary a replica, and ends the new one's being one.
    ///
    /// # Errors
    /// When an option cannot be written.
    pub fn follow(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let SwitchoverPair { new, old, .. } = &self.pair;
        let (to, from) = (new.name(), old.name());
        let was_linked = new.link_to(old).is_some();
        let primary = RequiredOptions {
            read_only: false,
            databases: self.databases().map(|_| [].as_slice()),
        };
        files::write(new, &primary, plan)?;
        if was_linked {
            plan.step(
                new.sql(["STOP SLAVE"], format!("{to} looks to {from} no longer"))
                    .in_session(NEW),
            );
        }
        plan.step(self.stays_shut(self.old_follows()?));
        let events = self.events();
        if events.has_any(new) {
            let standing = events.silent_before(new, old);
            let why = format!("the events run on {to}");
            plan.step(events.step(new, EventStatus::Runs, &standing, why));
            if let Some(check) = events.silent(new, old) {
                plan.check(check);
            }
        }
        plan.steps.extend(self.end_being_a_replica());
        if let Some(last) = plan.steps.last_mut() {
            last.verify.push(Verify::Answers {
                host: new.via.map(str::to_owned),
                client: new.server.client.clone(),
                query: "SELECT @@read_only".to_owned(),
                answer: "0".to_owned(),
                proves: format!("{to} takes writes"),
            });
        }
        if let Some(link) = new.link_to(old) {
            plan.step(former::forget_once_it_follows(new, link.primary_host()));
            plan.steps.extend(shut_out(&self.pair, self.user));
        }
        if let Some(database) = self.tested() {
            let held = |step: Step| {
                let session = if step.host.as_deref() == new.via {
                    NEW
                } else {
                    OLD
                };
                step.in_session(session)
            };
            plan.steps
                .extend(proof::a_row_goes(new, old, &database).into_iter().map(held));
        }
        Ok(())
    }

    /// Returns the step by which the old primary follows the new one.
    ///
    /// # Errors
    /// When its position cannot be read.
    fn old_follows(&self) -> Result<Step, Refusal> {
        let SwitchoverPair {
            new,
            old,
            new_address,
            ..
        } = &self.pair;
        let (to, from) = (new.name(), old.name());
        let mut statements = self
            .upstream()
            .change_master(true, release(old.server).demotes());
        if !release(old.server).demotes() {
            // This release lacks MASTER_DEMOTE_TO_SLAVE, which sets the position like this.
            statements.insert(1, "SET GLOBAL gtid_slave_pos=@@gtid_binlog_pos".to_owned());
        }
        if let Some(filter) = &self.filter {
            statements.insert(1, Filter::set(&filter.patterns));
        }
        statements.push("START SLAVE".to_owned());
        let mut back = vec!["STOP SLAVE".to_owned(), "RESET SLAVE ALL".to_owned()];
        if self.filter.is_some() {
            back.push(Filter::set(""));
        }
        let (before, set) = (old.history()?.slave_pos, old.history()?.position());
        back.push(position_back(&before, &set));
        let verify = Verify::Replicates {
            primary: new_address.to_string(),
            host: old.via.map(str::to_owned),
        };
        Ok(old
            .sql(
                statements,
                format!("{from} follows {to}, from the last transaction it wrote itself"),
            )
            .in_session(OLD)
            .undone_by(vec![
                old.sql(back, format!("{from} follows nobody, as before")),
                forget_position_step(old.server, old.via, to),
            ])
            .verify(verify)
            .within(CONNECT)
            .waits_for(format!("{to} to let {from} in")))
    }

    /// Returns the step after which nothing of the new primary's link and filter is left.
    fn end_being_a_replica(&self) -> Option<Step> {
        let SwitchoverPair { new, old, .. } = &self.pair;
        let (to, was_linked) = (new.name(), new.link_to(old).is_some());
        let mut statements = Vec::new();
        if was_linked {
            statements.push("RESET SLAVE ALL".to_owned());
        }
        if self.filter.is_some() {
            statements.push(Filter::set(""));
        }
        if statements.is_empty() {
            return None;
        }
        let back = self
            .filter
            .iter()
            .map(|filter| new.sql([Filter::set(&filter.patterns)], "as before"));
        Some(
            new.sql(
                statements,
                format!("nothing of its having been a replica stays on {to}"),
            )
            .in_session(NEW)
            .undone_by(back.collect()),
        )
    }

    /// Adds what keeps the events of a replica from running: by an account that may write on a
    /// read-only server, each would leave a transaction that the primary lacks.
    pub fn events_stand_by(&self, plan: &mut Plan) {
        let (old, events) = (&self.pair.old, self.events());
        if events.has_any(old) {
            let why = format!("the events on {} stand by", old.name());
            plan.step(events.step(old, EventStatus::StandsBy, &[], why));
        }
    }

    /// Returns the databases whose events follow the roles.
    fn events(&self) -> Scope {
        Scope::between(&self.pair.new, &self.pair.old, self.filter.as_ref())
    }

    /// Returns a database in which a row arrives.
    fn tested(&self) -> Option<DatabaseName> {
        let SwitchoverPair { new, old, .. } = &self.pair;
        let named = match &self.filter {
            Some(filter) => filter.databases.clone(),
            None => files::databases(old),
        };
        proof::tested(new, old, named)
    }
}

/// Returns the step that drops the account of the new primary on the old one, if there is one: nobody
/// comes in by it any more, and the next promotion makes it anew.
pub fn shut_out(pair: &SwitchoverPair, user: &AccountName) -> Option<Step> {
    let SwitchoverPair {
        old, new_address, ..
    } = pair;
    let account = Account {
        user,
        from: *new_address,
    };
    account.on_server(old.server)?;
    let drop = format!("DROP USER IF EXISTS {}", account.name());
    let step = old.sql(
        ["SET SESSION sql_log_bin=0".to_owned(), drop],
        "nobody comes in by that account any more; the next promotion makes it anew",
    );
    let reason = format!("the password of {} is not kept", account.plain_name());
    Some(step.undo(Undo::Impossible { reason }))
}

/// Returns the step that lets a server go on after all: its link is as it was.
pub fn start(pair: &SwitchoverPair) -> Step {
    let SwitchoverPair {
        old, new_address, ..
    } = pair;
    let verify = Verify::Replicates {
        primary: new_address.to_string(),
        host: old.via.map(str::to_owned),
    };
    old.sql(
        ["START SLAVE"],
        format!("{} goes on following {}", old.name(), pair.new.name()),
    )
    .undone_by(vec![old.sql(["STOP SLAVE"], "as before")])
    .verify(verify)
    .within(CONNECT)
    .waits_for(format!("{} to let it in", pair.new.name()))
}
