//! A step as the lines that an administrator would type.

use super::client::abbreviated;
use super::line::{heredoc, shell_line};
use super::{Action, Before, Difference, FileContent, Step, over_ssh_watched};
use crate::wording;
use std::path::Path;

/// Returns a step as the lines shown on the screen: its command with its input, or a file's diff.
///
/// A patch is summed up, and so is what every session with MariaDB begins with; `full` shows all of it.
pub fn step_lines(step: &Step, full: bool) -> Vec<String> {
    let mut lines = action_lines(step, full);
    for clearing in &step.on_failure {
        let clearing = action_lines(clearing, full);
        lines.extend(
            clearing
                .iter()
                .map(|line| format!("# should it fail: {line}")),
        );
    }
    match full {
        true => lines,
        false => lines.iter().map(|line| abbreviated(line)).collect(),
    }
}

/// Returns a step in one line, for where it was shown in full before: the host it is done on, and
/// what is done there, without the ways of getting it there.
pub fn title(step: &Step) -> String {
    let what = match &step.action {
        Action::Run { argv, .. } => abbreviated(&shell_line(argv)),
        Action::Sql { statements, .. } => telling(statements),
        Action::Pipe {
            from,
            from_host,
            into,
            ..
        } => {
            let end = |argv: &[String]| argv.first().cloned().unwrap_or_default();
            let place = from_host
                .as_ref()
                .map_or(String::new(), |host| format!("{host}: "));
            return format!("{place}{} | {}", end(from), end(into));
        }
        Action::Beside { commands } => {
            let names: Vec<&str> = commands.iter().map(|one| one.name.as_str()).collect();
            return format!("begin to look on: {}", names.join(", "));
        }
        Action::EndBeside { names } => return format!("end of looking on: {}", names.join(", ")),
        Action::Crm { .. } | Action::Patch { .. } | Action::File { .. } => {
            let first = action_lines(step, false)
                .into_iter()
                .next()
                .unwrap_or_default();
            let (title, _) = first.split_once(" <<").unwrap_or((&first, ""));
            title.to_owned()
        }
    };
    match &step.host {
        Some(host) => format!("{host}: {what}"),
        None => what,
    }
}

/// Returns the statement that says what it is about: not the one that only prepares the session.
fn telling(statements: &[String]) -> String {
    let prepares = |statement: &&String| {
        ["SET SESSION", "SET NAMES", "BEGIN NOT ATOMIC", "USE "]
            .iter()
            .any(|begin| statement.starts_with(begin))
    };
    let first = statements
        .iter()
        .find(|statement| !prepares(statement))
        .or(statements.first());
    let first = first.and_then(|statement| statement.lines().next());
    first.unwrap_or_default().to_owned()
}

fn action_lines(step: &Step, full: bool) -> Vec<String> {
    match &step.action {
        Action::File {
            path,
            before,
            after,
        } => file_lines(path, before, after.as_ref(), full),
        Action::Patch { summary, .. } if !full => {
            let mut lines = vec!["cibadmin --patch --xml-pipe".to_owned()];
            lines.extend(summary.iter().map(|line| format!("  {line}")));
            lines
        }
        Action::Pipe { .. } => pipe_ends(step)
            .map(|(from, into)| vec![format!("{from} |"), format!("  {into}")])
            .unwrap_or_default(),
        Action::Beside { commands } => commands
            .iter()
            .map(|one| format!("{} &", shell_line(&one.command())))
            .collect(),
        Action::EndBeside { names } => vec![format!("# the end of {}", wording::list(names))],
        Action::Run { .. } | Action::Crm { .. } | Action::Patch { .. } | Action::Sql { .. } => {
            let Some((argv, stdin)) = step.command() else {
                return Vec::new();
            };
            match stdin {
                None => vec![shell_line(&argv)],
                Some(text) => {
                    let (open, rest) = heredoc(&text);
                    let mut lines = vec![format!(
                        "{} {open}{}",
                        shell_line(&argv),
                        session_comment(step)
                    )];
                    let end = rest.lines().count().saturating_sub(1);
                    lines.extend(rest.lines().enumerate().map(|(at, line)| {
                        if at < end {
                            format!("  {line}")
                        } else {
                            line.to_owned()
                        }
                    }));
                    lines
                }
            }
        }
    }
}

/// Returns a comment that tells which session a step's statements run in, if one is held.
fn session_comment(step: &Step) -> String {
    match &step.action {
        Action::Sql {
            session: Some(name),
            ..
        } => format!("  # in the held session {name}"),
        _ => String::new(),
    }
}

/// Returns the two commands of a pipe as a shell has them; none for other steps.
pub fn pipe_ends(step: &Step) -> Option<(String, String)> {
    let Action::Pipe {
        from,
        from_host,
        into,
        ..
    } = &step.action
    else {
        return None;
    };
    let from = match from_host {
        Some(host) => shell_line(&over_ssh_watched(host, from)),
        None => shell_line(from),
    };
    Some((from, shell_line(into)))
}

/// How many lines of a file's diff stand in a plan before `[d]iff` is asked for.
const DIFF_LINES: usize = 14;

/// How many lines of a new file stand in a plan.
const FILE_LINES: usize = 48;

/// Below this share of lines in common, a diff is no help.
const LITTLE_IN_COMMON: f32 = 0.5;

fn file_lines(
    path: &Path,
    before: &Before,
    after: Option<&FileContent>,
    full: bool,
) -> Vec<String> {
    let old = match before {
        Before::Content(content) => content.text.as_str(),
        Before::Absent | Before::AsFound => "",
    };
    let Some(after) = after else {
        return vec![format!("remove {}", path.display())];
    };
    let note = match before {
        Before::Absent => format!("new, mode {:04o}", after.mode),
        Before::AsFound => format!("replaced whatever is there, mode {:04o}", after.mode),
        Before::Content(_) => "the one there is kept in the journal".to_owned(),
    };
    let mut lines = vec![format!("file {}  ({note})", path.display())];
    // A file that has little in common with the one before is read as what it will be.
    let mut diff = Difference::of(old, &after.text);
    let replaced = !full && diff.in_common() < LITTLE_IN_COMMON;
    if replaced {
        diff = Difference::of("", &after.text);
    }
    let changed: Vec<String> = diff
        .lines()
        .filter(|(sign, _)| full || *sign != ' ')
        .map(|(sign, line)| format!("  {sign}{}", line.trim_end_matches('\n')))
        .collect();
    let shown = if full {
        changed.len()
    } else {
        changed
            .len()
            .min(if replaced { FILE_LINES } else { DIFF_LINES })
    };
    lines.extend_from_slice(&changed[..shown]);
    if shown < changed.len() {
        lines.push(format!("  … {} more lines: [d]iff", changed.len() - shown));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_line_splits_into_the_words_that_run() {
        for words in [
            vec!["crm", "node", "standby", "serv1"],
            vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
            vec!["sh", "-c", "echo \"it's\" $HOME; true", ""],
            vec!["a b", "c'd", "e\nf", "g\\h", "é", "~", "*", "#x"],
        ] {
            let argv: Vec<String> = words.into_iter().map(str::to_owned).collect();
            assert_eq!(shlex::split(&shell_line(&argv)), Some(argv));
        }
    }

    #[test]
    fn what_every_session_begins_with_is_in_the_full_plan_alone() {
        for step in [
            Step::sql("mariadb", ["DO 0"], ""),
            Step::sql("mariadb", ["DO 0"], "").on("serv2"),
        ] {
            let (brief, full) = (step_lines(&step, false), step_lines(&step, true));
            assert!(brief[0].contains("--init-command=…"), "{brief:?}");
            assert!(
                full[0].contains("--init-command=SET sql_mode=0, "),
                "{full:?}"
            );
        }
    }

    #[test]
    fn a_shell_fills_in_the_names_of_a_here_document_and_nothing_else() {
        let text = r"A '${password}' $HOME `id` \n $(id)";
        let (open, rest) = heredoc(text);
        let script = format!("password=x\ncat {open}\n{rest}\n");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.trim_end(), text.replace("${password}", "x"));
    }

    #[test]
    fn a_here_document_ends_where_it_should() {
        let (open, rest) = heredoc("a\nEND\n");
        assert_eq!((open.as_str(), rest.as_str()), ("<<'END_'", "a\nEND\nEND_"));
    }
}
