//! One step of a plan: a command, a CIB transaction, a CIB patch, a file, SQL or a dump.

use super::client::{client_argv, over_ssh, sql_text, ssh_line, words};
use super::{Companion, Guard, Verify};
use crate::cib::{AttributeSet, Object};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// One step: what is done, why, how it is proved, and how it is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// Why, in one line.
    pub why: String,
    /// The other host it is done on, by `ssh root@HOST`; this host when null.
    #[serde(default)]
    pub host: Option<String>,
    /// What must hold afterwards. Polled until it does or the deadline is over.
    #[serde(default)]
    pub verify: Vec<Verify>,
    /// What takes it back.
    pub undo: Undo,
    /// The file on its host that it writes, and that its own way back puts back: one that a newer operation wrote
    /// is not what this one left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<PathBuf>,
    /// What must be so before an undo of it begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// Where it cannot be taken back, no step before it is: they keep what that needs.
    #[serde(default, skip_serializing_if = "is_false")]
    pub holds_the_rest: bool,
    /// What is done once it is taken back, such as the reload of a file that was put back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after_undo: Vec<Step>,
    /// What is done at once when the step fails, is not as asked or is interrupted, so that nothing
    /// of it stays. Part of the step: written down with it, not numbered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_failure: Vec<Step>,
    /// How long the command, and then the proof of it, may each take, in seconds.
    pub deadline: u64,
    /// What the proof waits for, in words; null where it takes no noticeable time.
    #[serde(default)]
    pub waits_for: Option<String>,
}

// Closed on purpose: a new kind makes the compiler list the places to teach, of which `files` and
// `changes_cib` say what becomes of the rest. It is seldom wanted: a command is a `Step::run`, a file a `Step::file`.
/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// A command with its whole standard input.
    Run {
        /// Program and arguments.
        argv: Vec<String>,
        /// Its standard input; null for an empty one.
        #[serde(default)]
        stdin: Option<String>,
        /// The name by which later steps know the last line that it prints, as `${name}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
    },
    /// Objects put into the CIB by `crm configure load update -`, in one commit.
    Crm {
        /// The objects, each whole: crmsh replaces, it does not merge.
        objects: Vec<Object>,
    },
    /// A versioned patch of the CIB, by `cibadmin --patch --xml-pipe`.
    Patch {
        /// The patch, as `crm_diff` printed it.
        patch: String,
        /// What it changes, for people: one line each.
        summary: Vec<String>,
    },
    /// A file written, replaced or removed in one rename.
    File {
        /// Its absolute path.
        path: PathBuf,
        /// What is there before.
        before: Before,
        /// What is there afterwards; null where the file is removed.
        after: Option<FileContent>,
    },
    /// Statements for a MariaDB server, through the standard input of its client.
    Sql {
        /// The client's name on the host: `mariadb`, or `mysql` on older ones.
        client: String,
        /// The held session that they run in, which lives as long as the plan runs; null for a
        /// client of their own. A lock lasts only as long as its session.
        #[serde(default)]
        session: Option<String>,
        /// The statements, without the semicolon at their ends.
        statements: Vec<String>,
        /// The name by which later statements know the last line of the answer, as `${name}`; null where none does.
        #[serde(default)]
        answer: Option<String>,
        /// What the last line of the answer must be; null where any will do.
        #[serde(default)]
        expect: Option<Expect>,
    },
    /// What one command prints into another, through this program, which counts the bytes and
    /// knows a whole dump from one that was cut: the statuses of a pipe do not tell it.
    Pipe {
        /// The command that prints.
        from: Vec<String>,
        /// The other host it runs on, by ssh; this host when null.
        #[serde(default)]
        from_host: Option<String>,
        /// The command that reads, on this host.
        into: Vec<String>,
        /// What the last line begins with when nothing is missing.
        whole: String,
        /// About how many bytes will come; null where that is not known.
        #[serde(default)]
        bytes: Option<u64>,
        /// What is learned from its last lines.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<DumpValue>,
    },
    /// Commands that run beside the steps that follow; each line that they print is kept with its time, beside the
    /// operation.
    Beside {
        /// The commands.
        commands: Vec<Companion>,
    },
    /// The end of the commands that run beside: their standard input ends, and so do they.
    EndBeside {
        /// The hosts of those that run elsewhere, for who reads the plan.
        names: Vec<String>,
    },
}

/// Something that stands in the last lines of a dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpValue {
    /// The name by which later steps know it, as `${name}`.
    pub name: String,
    /// What its line begins with.
    pub after: String,
    /// The character that ends it.
    pub until: char,
}

/// What a server must answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expect {
    /// The last line of the answer.
    pub line: String,
    /// What it means when it is another one, as a sentence without full stop.
    pub otherwise: String,
}

/// What a file step finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// Nothing.
    Absent,
    /// These bytes; anything else makes the plan stale.
    Content(FileContent),
    /// Whatever an earlier step of this plan leaves there, such as a package's own file.
    AsFound,
}

/// A file's text with mode and owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileContent {
    /// The whole text.
    pub text: String,
    /// The permission bits: 0644 is 420.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
}

impl FileContent {
    /// Returns a text that belongs to root.
    pub fn root(text: impl Into<String>, mode: u32) -> FileContent {
        FileContent {
            text: text.into(),
            mode,
            uid: 0,
            gid: 0,
        }
    }
}

/// What takes a step back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// It leaves nothing behind: a check, a wait, a reload of what other steps put back.
    Nothing,
    /// Of a file step, or of a command that writes these files: the bytes, mode and owner before.
    Files {
        /// The files whose before-images are kept before the step starts.
        paths: Vec<PathBuf>,
    },
    /// The configuration elements it changed are put back, ids and order included.
    Cib {
        /// The ids of what the step changes (resources, constraints, nodes, properties).
        touches: Vec<String>,
    },
    /// These steps, in this order.
    Steps {
        /// The inverse.
        steps: Vec<Step>,
    },
    /// Nothing takes it back.
    Impossible {
        /// Why, and what is left, in one clause.
        reason: String,
    },
}

fn is_false(value: &bool) -> bool {
    !value
}

/// How long an ordinary command may take, in seconds.
const COMMAND: u64 = 30;

impl Step {
    /// Returns the guard that asks what this step's command asks, which changes nothing.
    pub fn guard(&self, line: impl Into<String>, otherwise: impl Into<String>) -> Guard {
        let (argv, stdin) = self.command().unwrap_or_default();
        Guard {
            argv,
            stdin,
            line: line.into(),
            otherwise: otherwise.into(),
            hints: Vec::new(),
        }
    }

    fn new(action: Action, undo: Undo, why: impl Into<String>) -> Step {
        Step {
            action,
            why: why.into(),
            host: None,
            verify: Vec::new(),
            undo,
            writes: None,
            guards: Vec::new(),
            holds_the_rest: false,
            after_undo: Vec::new(),
            on_failure: Vec::new(),
            deadline: COMMAND,
            waits_for: None,
        }
    }

    /// Returns a step that runs a command without standard input, and leaves nothing behind.
    pub fn run<S: Into<String>>(argv: impl IntoIterator<Item = S>, why: impl Into<String>) -> Step {
        let argv = argv.into_iter().map(Into::into).collect();
        let action = Action::Run {
            argv,
            stdin: None,
            answer: None,
        };
        Step::new(action, Undo::Nothing, why)
    }

    /// Returns a step that commits objects to the CIB at once.
    pub fn crm(objects: Vec<Object>, why: impl Into<String>) -> Step {
        let touches = objects.iter().flat_map(touches).collect();
        let verify = vec![Verify::Configured {
            objects: objects.clone(),
        }];
        let mut step = Step::new(Action::Crm { objects }, Undo::Cib { touches }, why);
        step.verify = verify;
        step
    }

    /// Returns a step that patches the CIB.
    pub fn patch(
        patch: impl Into<String>,
        summary: Vec<String>,
        touches: Vec<String>,
        why: impl Into<String>,
    ) -> Step {
        let action = Action::Patch {
            patch: patch.into(),
            summary,
        };
        Step::new(action, Undo::Cib { touches }, why)
    }

    /// Returns a step that gives statements to a MariaDB server, and leaves nothing behind.
    pub fn sql<S: Into<String>>(
        client: impl Into<String>,
        statements: impl IntoIterator<Item = S>,
        why: impl Into<String>,
    ) -> Step {
        let action = Action::Sql {
            client: client.into(),
            session: None,
            statements: statements.into_iter().map(Into::into).collect(),
            answer: None,
            expect: None,
        };
        Step::new(action, Undo::Nothing, why)
    }

    /// Returns a step that lets one command print into another, until a line that begins with
    /// `whole`.
    pub fn pipe(
        from: Vec<String>,
        from_host: Option<String>,
        into: Vec<String>,
        whole: impl Into<String>,
        bytes: Option<u64>,
        why: impl Into<String>,
    ) -> Step {
        let action = Action::Pipe {
            from,
            from_host,
            into,
            whole: whole.into(),
            bytes,
            found: None,
        };
        Step::new(action, Undo::Nothing, why)
    }

    /// Returns a step that begins commands beside those that follow.
    pub fn beside(commands: Vec<Companion>, why: impl Into<String>) -> Step {
        Step::new(Action::Beside { commands }, Undo::Nothing, why)
    }

    /// Returns the step that ends what runs beside.
    pub fn end_beside(names: Vec<String>, why: impl Into<String>) -> Step {
        Step::new(Action::EndBeside { names }, Undo::Nothing, why)
    }

    /// Returns a step that writes, replaces or removes a file.
    pub fn file(
        path: impl Into<PathBuf>,
        before: Before,
        after: Option<FileContent>,
        why: impl Into<String>,
    ) -> Step {
        let path = path.into();
        let undo = Undo::Files {
            paths: vec![path.clone()],
        };
        Step::new(
            Action::File {
                path,
                before,
                after,
            },
            undo,
            why,
        )
    }

    /// Returns the step done on another host.
    pub fn on(mut self, host: impl Into<String>) -> Step {
        self.host = Some(host.into());
        self
    }

    /// Returns the step done on a host: on this one where none is named.
    pub fn at(self, host: Option<impl Into<String>>) -> Step {
        Step {
            host: host.map(Into::into),
            ..self
        }
    }

    /// Returns the step with a standard input for its command.
    pub fn stdin(mut self, text: impl Into<String>) -> Step {
        if let Action::Run { stdin, .. } = &mut self.action {
            *stdin = Some(text.into());
        }
        self
    }

    /// Returns the step in a session that is held until the plan ends; of SQL steps only.
    pub fn in_session(mut self, name: impl Into<String>) -> Step {
        if let Action::Sql { session, .. } = &mut self.action {
            *session = Some(name.into());
        }
        self
    }

    /// Returns the step with a name for the last line of its answer; of SQL and of commands.
    pub fn answers_as(mut self, name: impl Into<String>) -> Step {
        if let Action::Sql { answer, .. } | Action::Run { answer, .. } = &mut self.action {
            *answer = Some(name.into());
        }
        self
    }

    /// Returns the step with a name for what stands in one of a dump's last lines between these
    /// two; of pipes only. A dump without it is none.
    pub fn finding(
        mut self,
        name: impl Into<String>,
        after: impl Into<String>,
        until: char,
    ) -> Step {
        if let Action::Pipe { found, .. } = &mut self.action {
            *found = Some(DumpValue {
                name: name.into(),
                after: after.into(),
                until,
            });
        }
        self
    }

    /// Returns the step with what the last line of its answer must be; of SQL steps only.
    pub fn expecting(mut self, line: impl Into<String>, otherwise: impl Into<String>) -> Step {
        if let Action::Sql { expect, .. } = &mut self.action {
            *expect = Some(Expect {
                line: line.into(),
                otherwise: otherwise.into(),
            });
        }
        self
    }

    /// Returns the step with one more thing that must hold afterwards.
    pub fn verify(mut self, verify: Verify) -> Step {
        self.verify.push(verify);
        self
    }

    /// Returns the step with what takes it back.
    pub fn undo(mut self, undo: Undo) -> Step {
        self.undo = undo;
        self
    }

    /// Returns the step taken back by these steps.
    pub fn undone_by(self, steps: Vec<Step>) -> Step {
        self.undo(Undo::Steps { steps })
    }

    /// Returns the step with the file on its host that it writes and its way back puts back.
    pub fn writing(mut self, path: impl Into<PathBuf>) -> Step {
        self.writes = Some(path.into());
        self
    }

    /// Returns the step with one more thing that must be so before an undo of it begins.
    pub fn guarded(mut self, guard: Guard) -> Step {
        self.guards.push(guard);
        self
    }

    /// Returns the step without whose way back those of the steps before it are not gone.
    pub fn holding_the_rest(mut self) -> Step {
        self.holds_the_rest = true;
        self
    }

    /// Returns the step with what is done once it is taken back.
    pub fn after_undo(mut self, steps: Vec<Step>) -> Step {
        self.after_undo = steps;
        self
    }

    /// Returns the step with what clears up after it when it does not end well.
    pub fn on_failure(mut self, steps: Vec<Step>) -> Step {
        self.on_failure = steps;
        self
    }

    /// Returns the step with a deadline in seconds.
    pub fn within(mut self, seconds: u64) -> Step {
        self.deadline = seconds;
        self
    }

    /// Returns the step with what its proof waits for.
    pub fn waits_for(mut self, what: impl Into<String>) -> Step {
        self.waits_for = Some(what.into());
        self
    }

    /// Returns true when the step changes the CIB.
    pub fn changes_cib(&self) -> bool {
        let changes = match &self.action {
            Action::Crm { .. } | Action::Patch { .. } => true,
            Action::Run { .. }
            | Action::File { .. }
            | Action::Sql { .. }
            | Action::Pipe { .. }
            | Action::Beside { .. }
            | Action::EndBeside { .. } => false,
        };
        changes || matches!(self.undo, Undo::Cib { .. })
    }

    /// Returns the files of this host that the step changes, or that its undo brings back: those whose
    /// images are kept.
    pub fn files(&self) -> Vec<&Path> {
        if let Undo::Files { paths } = &self.undo {
            return paths.iter().map(PathBuf::as_path).collect();
        }
        match &self.action {
            Action::File { path, .. } => vec![path],
            Action::Run { .. }
            | Action::Crm { .. }
            | Action::Patch { .. }
            | Action::Sql { .. }
            | Action::Pipe { .. }
            | Action::Beside { .. }
            | Action::EndBeside { .. } => Vec::new(),
        }
    }

    /// Returns the argv that runs this step's command, through ssh where it belongs to another
    /// host, and its standard input. None for a file on this host, which no command writes, for a pipe,
    /// which is two commands, and for what runs beside.
    pub fn command(&self) -> Option<(Vec<String>, Option<String>)> {
        let (argv, stdin) = match &self.action {
            Action::Run { argv, stdin, .. } => (argv.clone(), stdin.clone()),
            Action::Crm { objects } => {
                let text = objects
                    .iter()
                    .map(|object| object.to_crm() + "\n")
                    .collect();
                (
                    words(&["crm", "configure", "load", "update", "-"]),
                    Some(text),
                )
            }
            Action::Patch { patch, .. } => (
                words(&["cibadmin", "--patch", "--xml-pipe"]),
                Some(patch.clone()),
            ),
            Action::Sql {
                client,
                session,
                statements,
                ..
            } => (
                client_argv(client, session.is_some()),
                Some(sql_text(statements)),
            ),
            Action::File { .. }
            | Action::Pipe { .. }
            | Action::Beside { .. }
            | Action::EndBeside { .. } => return None,
        };
        let held = matches!(
            &self.action,
            Action::Sql {
                session: Some(_),
                ..
            }
        );
        let argv = match &self.host {
            // ssh carries errors beside answers and mixes their order; joined on the other side they
            // keep it.
            Some(host) if held => ssh_line(host, format!("exec {} 2>&1", super::shell_line(&argv))),
            Some(host) => over_ssh(host, &argv),
            None => argv,
        };
        Some((argv, stdin))
    }
}

/// Returns the names in the configuration that putting an object there changes.
pub fn touches(object: &Object) -> Vec<String> {
    let names = |set: &AttributeSet| set.pairs.iter().map(|(name, _)| name.clone()).collect();
    match object {
        // Not the set: Pacemaker writes properties of its own into it (dc-version and others).
        Object::Property(set) => names(set),
        Object::ResourceDefaults(set) => {
            let mut all: Vec<String> = names(set);
            all.push(set.id.clone());
            all
        }
        object => vec![object.id().to_owned()],
    }
}
