//! `db lock` and `db unlock`: nobody writes on this server, for as long as one session holds it so.
//!
//! The lock lives as long as its session: in the shell until `db unlock`, in front of a command until
//! that ends. Should this program die, the session ends with it and writes go on by themselves.
//! Nothing is written down: there is nothing to take back.

use crate::exec;
use crate::exec::session::HeldLock;
use crate::exit::Exit;
use crate::facts::{Facts, Needs, tool};
use crate::operate::{RunsItself, Session};
use crate::plan::{Check, Plan, Refusal, Step};
use crate::replication::servers;
use crate::report::Role;
use crate::verb::Change;
use clap::Args;
use std::time::Duration;

/// Let no one write on this host's server, while a command runs or until `db unlock`
///
/// FLUSH TABLES WITH READ LOCK in a session that stays: writes wait, reads go on. In the shell until
/// `db unlock`; on a command line in front of a command, whose exit status it returns.
#[derive(Debug, Args)]
pub struct Lock {
    /// Run this while nobody writes, then let go
    #[arg(value_name = "COMMAND", last = true, value_hint = clap::ValueHint::CommandWithArguments)]
    command: Vec<String>,
}

/// Let everybody write again, after `db lock` in this shell
#[derive(Debug, Args)]
pub struct Unlock {}

/// How long the lock may wait for running statements, in seconds. Everybody who writes queues behind
/// one that waits, and the server's own limit is a day.
const WAITS: u64 = 5;

/// Each statement of three may wait that long.
const DEADLINE: u64 = 3 * WAITS;

/// A session that says nothing for this long is ended by the server, and the lock with it.
const SILENT: u64 = 86_400;

/// A statement that has run for longer than this, in seconds, may hold the lock up.
const LONG: f64 = 1.0;

impl Change for Lock {
    fn needs(&self) -> Needs {
        servers::needs()
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let server = servers::this_server(facts)?;
        let mut plan = Plan::new(format!("nobody writes on {} for now", facts.host));
        for other in server.transactions().filter(|other| other.seconds > LONG) {
            let what = other.statement.as_deref().unwrap_or(&other.command);
            plan.check(
                Check::warning(format!(
                    "{} of {} from {} runs for {:.0} s: the lock waits for it, {WAITS} s at most",
                    what, other.user, other.host, other.seconds
                ))
                .note(format!("KILL CONNECTION {}", other.id)),
            );
        }
        if let Some(link) = server.link("").filter(|link| link.sql() == "Yes") {
            plan.check(Check::warning(format!(
                "what {} writes waits here as well",
                link.primary_host()
            )));
        }
        plan.check(Check::warning(
            "every write waits until the lock is gone, and its client with it; reads go on",
        ));
        let statements = [
            format!("SET SESSION lock_wait_timeout={WAITS}, wait_timeout={SILENT}"),
            "FLUSH TABLES WITH READ LOCK".to_owned(),
            "SHOW MASTER STATUS".to_owned(),
            "SELECT @@gtid_binlog_pos".to_owned(),
        ];
        let until = if self.command.is_empty() {
            "held until `db unlock`, or until this shell ends, however it ends"
        } else {
            "held until the command has ended, however it ends"
        };
        plan.step(
            servers::sql(server, None, statements, until)
                .in_session("lock")
                .within(DEADLINE),
        );
        if !self.command.is_empty() {
            plan.step(Step::run(self.command.clone(), "while nobody writes"));
        }
        Ok(plan)
    }
}

impl RunsItself for Lock {
    fn run(&self, session: &mut Session) -> Exit {
        if let Some(program) = self.command.first()
            && tool::find(program).is_none()
        {
            let refusal = Refusal::check(format!("{program} is not installed"));
            return session.refused(&refusal.hint("to see where it is", format!("type {program}")));
        }
        if let Some(mut held) = session.lock.take() {
            if held.is_held() {
                return self.run_in_lock(held, session);
            }
            lock_lost(session);
            // The command was to run under the lock that was taken; a bare word takes a new one.
            if !self.command.is_empty() {
                return Exit::NotAsAsked;
            }
        }
        if self.command.is_empty() && !session.ui.is_in_shell() && !session.shows_only() {
            return session.refused(
                &Refusal::usage(
                    "the lock would be gone at once: its session ends with this command",
                )
                .hint("to run a command under it", "bascule db lock -- COMMAND")
                .hint("to hold it, in the shell", "bascule"),
            );
        }
        let plan = match session.agreed(self) {
            Ok(plan) => plan,
            Err(exit) => return exit,
        };
        // Whoever changes this host, from here or from another one, would change it under the lock.
        let work = match session.at_work() {
            Ok(work) => work,
            Err(exit) => return exit,
        };
        let mut held = match take(&plan) {
            Ok(held) => held.beside(work),
            Err(why) => {
                return session.refused(
                    &Refusal::check(format!("the tables could not be locked: {why}"))
                        .hint("who is at work", "mariadb -e 'SHOW FULL PROCESSLIST'"),
                );
            }
        };
        let mark = session.ui.paint(Role::Ok, "✓");
        session
            .ui
            .talk(&format!("  {mark} locked: {}", held.position));
        if self.command.is_empty() {
            let next = session.ui.command("db unlock");
            session.ui.talk(&format!("  writes wait until {next}"));
            *session.lock = Some(held);
            return Exit::Done;
        }
        match self.run_under(&mut held, session) {
            Some(exit) => {
                drop(held);
                session.ui.talk(&format!("  {UNLOCKED}"));
                exit
            }
            None => Exit::NotAsAsked,
        }
    }
}

impl Lock {
    /// In a shell that holds the lock: says so, or runs the command under it.
    fn run_in_lock(&self, mut held: HeldLock, session: &mut Session) -> Exit {
        let said = format!("locked since {}: {}", held.since, held.position);
        if self.command.is_empty() {
            session.ui.line(&format!("nothing to do: {said}"));
            *session.lock = Some(held);
            return Exit::Done;
        }
        if session.shows_only() {
            let _ = session.agreed(self);
            *session.lock = Some(held);
            return Exit::Done;
        }
        session.ui.talk(&format!("  {said}"));
        match self.run_under(&mut held, session) {
            Some(exit) => {
                let next = session.ui.command("db unlock");
                session
                    .ui
                    .talk(&format!("  still locked: writes wait until {next}"));
                *session.lock = Some(held);
                exit
            }
            None => Exit::NotAsAsked,
        }
    }

    /// Runs the command on this terminal, and returns how it ended; nothing where the lock was lost
    /// meanwhile.
    fn run_under(&self, held: &mut HeldLock, session: &mut Session) -> Option<Exit> {
        let (program, arguments) = self.command.split_first()?;
        // A signal ends the command, and with that the lock goes in good order.
        session.signals.work();
        let ended = exec::hand_over(program, arguments);
        session.signals.rest();
        if !held.is_held() {
            lock_lost(session);
            return None;
        }
        Some(match ended {
            Err(why) => session.refused(&Refusal::check(why)),
            Ok(0) => Exit::Done,
            Ok(status) => Exit::OfCommand(u8::try_from(status).unwrap_or(1)),
        })
    }
}

/// The sentence on a lock that was gone before anybody let go of it.
pub const LOST: &str = "the lock was lost meanwhile: its session was killed, or the server restarted; \
                        writes went on (db lock takes a new one)";

/// The sentence when a lock goes.
const UNLOCKED: &str = "unlocked: writes go on";

/// Says that the lock was gone before anybody let go of it.
fn lock_lost(session: &mut Session) {
    session.ui.error(LOST);
}

fn take(plan: &Plan) -> Result<HeldLock, String> {
    let Some(step) = plan.steps.first() else {
        return Err("there is nothing to do".to_owned());
    };
    let Some((client, Some(text))) = step.command() else {
        return Err("there is nothing to say".to_owned());
    };
    HeldLock::take(&client, &text, Duration::from_secs(step.deadline)).map_err(|e| e.to_string())
}

impl RunsItself for Unlock {
    fn run(&self, session: &mut Session) -> Exit {
        let Some(mut held) = session.lock.take() else {
            session.ui.line(
                "nothing to do: nothing is locked here; a lock lives in the shell that took it",
            );
            return Exit::Done;
        };
        if !held.is_held() {
            lock_lost(session);
            return Exit::NotAsAsked;
        }
        drop(held);
        session.ui.line(UNLOCKED);
        Exit::Done
    }
}
