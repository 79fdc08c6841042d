//! What a step does, as lines of a script.

use crate::plan::Action;
use crate::plan::Before;
use crate::plan::Companion;
use crate::plan::Step;
use crate::plan::heredoc;
use crate::plan::render::pipe_ends;
use crate::plan::script::session::descriptors;
use crate::plan::script::word::double;
use crate::plan::script::word::literal;
use crate::plan::script::word::word;
use crate::plan::shell_line;
use crate::plan::step::DumpValue;
use crate::plan::step::FileContent;
use std::fmt::Write;
use std::path::Path;

/// Returns the lines that bring back what a step's file was, where the plan itself tells that.
pub fn file_back(action: &Action, sessions: &[String]) -> Option<String> {
    let (path, before) = match action {
        Action::File {
            path,
            before: Before::Absent,
            ..
        } => (path, None),
        Action::File {
            path,
            before: Before::Content(content),
            ..
        } => (path, Some(content.clone())),
        Action::File {
            before: Before::AsFound,
            ..
        }
        | Action::Run { .. }
        | Action::Crm { .. }
        | Action::Patch { .. }
        | Action::Sql { .. }
        | Action::Pipe { .. }
        | Action::Beside { .. }
        | Action::EndBeside { .. } => return None,
    };
    let back = Step::file(path, Before::AsFound, before, "");
    Some(step_text(&back, sessions))
}

/// Returns the lines that do what a step does.
pub fn step_text(step: &Step, sessions: &[String]) -> String {
    match &step.action {
        Action::File { path, after, .. } => file_step(path, after.as_ref()),
        Action::Pipe { whole, found, .. } => pipe_step(step, whole, found.as_ref()),
        Action::Sql { .. } => sql_step(step, sessions),
        Action::Run { answer, .. } => command_step(step, answer.as_deref()),
        Action::Crm { .. } | Action::Patch { .. } => command_step(step, None),
        Action::Beside { commands } => beside(commands),
        Action::EndBeside { .. } => END_BESIDE.to_owned(),
    }
}

/// Returns the lines that begin commands beside the script, which end with a standard input that all have.
fn beside(commands: &[Companion]) -> String {
    let mut text =
        "beside=$(mktemp -d); mkfifo \"$beside/on\"; exec 8<>\"$beside/on\"\n".to_owned();
    for companion in commands {
        let _ = writeln!(
            text,
            "{} <\"$beside/on\" 8>&- >\"$beside/\"{} &",
            shell_line(&companion.command()),
            word(&companion.name)
        );
    }
    for companion in commands {
        let _ = writeln!(
            text,
            "wait_until 30 {} grep -qF {} \"$beside/\"{}",
            word(&format!("{} looks on", companion.name)),
            word(&companion.ready),
            word(&companion.name)
        );
    }
    text
}

/// What was printed is left for who reads it.
const END_BESIDE: &str = "exec 8>&-; wait; echo \"what was seen is in $beside\"\n";

/// Returns the lines that write a file in one rename, or remove it.
fn file_step(path: &Path, after: Option<&FileContent>) -> String {
    let path = word(&path.display().to_string());
    let Some(content) = after else {
        return format!("rm -f {path}\n");
    };
    let (open, rest) = heredoc(&content.text);
    format!(
        "(umask 077; cat >{path}.new {open}\n{rest}\n)\nchown {}:{} {path}.new\nchmod {:04o} {path}.new\nmv {path}.new {path}\n",
        content.uid, content.gid, content.mode
    )
}

/// Returns the lines that let one command print into another. The statuses of a pipe do not tell a dump
/// that was cut; its last line does.
fn pipe_step(step: &Step, whole: &str, found: Option<&DumpValue>) -> String {
    let Some((from, into)) = pipe_ends(step) else {
        return String::new();
    };
    let learn = found.map(|found| {
        let after: String = found.after.chars().flat_map(literal).collect();
        let until: String = literal(found.until).collect();
        let sed = word(&format!(
            "s/^{after}\\([^{}]*\\){until}.*/\\1/p",
            found.until
        ));
        let name = &found.name;
        format!("{name}=$(sed -n {sed} \"$copy/last\")\n[ -n \"${name}\" ]\n")
    });
    format!(
        "copy=$(mktemp -d)\nmkfifo \"$copy/fifo\"\ntail -n 20 \"$copy/fifo\" >\"$copy/last\" &\n\
         {from} </dev/null | tee \"$copy/fifo\" |\n  {into}\nwait $!\n\
         tail -n 1 \"$copy/last\" | grep -q -- {} || {{ echo 'the dump was cut' >&2; exit 1; }}\n\
         {}rm -r \"$copy\"\n",
        word(&format!("^{whole}")),
        learn.unwrap_or_default()
    )
}

/// Returns the lines that run a command, and keep its last line under a name where later steps need it.
fn command_step(step: &Step, answer: Option<&str>) -> String {
    let Some((argv, stdin)) = step.command() else {
        return String::new();
    };
    let line = shell_line(&argv);
    match (stdin, answer) {
        (None, None) => format!("{line} </dev/null\n"),
        (None, Some(name)) => format!(
            "{name}=$({line} </dev/null)\n{name}=$(printf '%s\\n' \"${name}\" | tail -n 1)\n"
        ),
        (Some(stdin), None) => {
            let (open, rest) = heredoc(&stdin);
            format!("{line} {open}\n{rest}\n")
        }
        // A pipe's status would be that of its end.
        (Some(stdin), Some(name)) => {
            let (open, rest) = heredoc(&stdin);
            format!(
                "{name}=$({line} {open}\n{rest}\n)\n{name}=$(printf '%s\\n' \"${name}\" | tail -n 1)\n"
            )
        }
    }
}

/// Returns the lines that give statements to a server and look at its answer.
fn sql_step(step: &Step, sessions: &[String]) -> String {
    let Action::Sql {
        session,
        answer,
        expect,
        ..
    } = &step.action
    else {
        return String::new();
    };
    let Some((argv, Some(stdin))) = step.command() else {
        return String::new();
    };
    let (open, rest) = heredoc(&stdin);
    let line = shell_line(&argv);
    let mut text = match session {
        Some(name) => format!("tell {} {open}\n{rest}\n", descriptors(name, sessions)),
        None if answer.is_none() && expect.is_none() => return format!("{line} {open}\n{rest}\n"),
        None => format!(
            "said=$({line} {open}\n{rest}\n)\nsaid=$(printf '%s\\n' \"$said\" | tail -n 1)\n"
        ),
    };
    if let Some(expect) = expect {
        let _ = writeln!(
            text,
            "[ \"$said\" = {} ] || {{ echo {} >&2; exit 1; }}",
            double(&expect.line),
            word(&expect.otherwise)
        );
    }
    if let Some(name) = answer {
        let _ = writeln!(text, "{name}=$said");
    }
    text
}
