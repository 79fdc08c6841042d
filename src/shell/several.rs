//! Several lines entered at once, as a paste brings them: listed, then run one by one.

use super::line::{Then, run_line};
use super::reading::Reading;
use super::session::Shell;
use crate::complete;
use crate::exit::Exit;
use crate::report::Role;

/// Runs lines that were entered at once, each as if it were typed.
pub fn run_lines(shell: &mut Shell, lines: &[String]) -> Then {
    if lines.len() > 1 {
        list(shell, lines);
    }
    // A Ctrl-C of before is not meant for these.
    shell.signals.forget();
    for (at, line) in lines.iter().enumerate() {
        if lines.len() > 1 {
            let text = format!("{} of {}  {}", at + 1, lines.len(), line.trim());
            let text = shell.ui.paint(Role::Strong, &text);
            shell.ui.line(&text);
        }
        let Then::Go(exit) = run_line(shell, line) else {
            return Then::Leave;
        };
        // What follows a step that failed may count on it; and a Ctrl-C is meant for all of them,
        // also where a verb that only looks came to its end all the same.
        let failed = matches!(
            exit,
            Exit::Failed | Exit::NotAsAsked | Exit::Interrupted | Exit::OfCommand(_)
        );
        if failed || shell.signals.asked() {
            match lines.len() - at - 1 {
                0 => {}
                1 => shell.ui.line("the command after it was not run"),
                n => shell
                    .ui
                    .line(&format!("the {n} commands after it were not run")),
            }
            break;
        }
    }
    Then::Go(Exit::Done)
}

/// Shows what will be run, with what is wrong in it: each change still asks for itself.
fn list(shell: &mut Shell, lines: &[String]) {
    let text = format!("{} commands, one after the other:", lines.len());
    let text = shell.ui.paint(Role::Dim, &text);
    shell.ui.line(&text);
    let width = lines.len().to_string().len();
    for (at, line) in lines.iter().enumerate() {
        let line = line.trim();
        let mut reading = Reading::read_line(&mut shell.grammar, &format!("{line} "));
        // What a line before it makes is not there yet.
        let known = complete::current_snapshot()
            .filter(|_| at == 0)
            .unwrap_or_default();
        reading.check_names(&known, usize::MAX);
        let wrong = reading
            .wrong
            .map_or(String::new(), |wrong| format!("   ✗ {wrong}"));
        let wrong = shell.ui.paint(Role::Fail, &wrong);
        shell
            .ui
            .line(&format!("  {:width$}  {line}{wrong}", at + 1));
    }
}
