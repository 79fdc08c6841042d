//! The interactive shell: the same verbs, one line each, until the user leaves.
//!
//! Knows the terminal and the grammar, not the verbs. On a terminal the prompt is there before
//! anything slow is read, Ctrl-C never ends the shell, a paste of several lines is so many commands,
//! and a bug in a verb does not take the shell with it. Without a terminal it reads lines plainly,
//! and stops at the first that does not end well, as `sh -e` does.

mod crmsh;
mod help;
mod history;
mod line;
mod prompt;
mod tab;

use crate::cli::{self, Options};
use crate::exec::session::HeldLock;
use crate::exit::Exit;
use crate::host::{Host, Signals};
use crate::report::Role;
use crate::ui::{Painter, Ui};
use crate::words;
use clap::Command;
use line::{Then, run_line};
use prompt::{View, Watch};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::{DefaultHistory, History as _};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, ExternalPrinter, Helper};
use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

/// How long a prompt may wait for a fresh view of the cluster after a command.
const PATIENCE: Duration = Duration::from_millis(250);

/// What lines are run with.
struct Shell<'a> {
    host: &'a Host,
    signals: &'a Signals,
    ui: &'a mut Ui,
    /// The options that the shell was started with: they hold for every line.
    options: &'a Options,
    grammar: Command,
    /// The lock on this host's tables, from `db lock` to `db unlock`.
    lock: Option<HeldLock>,
}

/// Runs the shell until the user leaves it.
///
/// On a terminal it ends with 0; otherwise with the status of the command that it stopped at.
pub fn run(host: &Host, signals: &Signals, ui: &mut Ui, options: &Options) -> Exit {
    ui.enter_shell();
    let terminal = ui.can_ask();
    let signals = if terminal {
        signals.in_shell()
    } else {
        signals.clone()
    };
    let mut shell = Shell {
        host,
        signals: &signals,
        ui,
        options,
        grammar: cli::grammar(),
        lock: None,
    };
    let exit = if terminal {
        interact(&mut shell)
    } else {
        read_plainly(&mut shell)
    };
    let_go(&mut shell, exit)
}

/// Lets go of the lock that the shell still holds, and says so.
fn let_go(shell: &mut Shell, exit: Exit) -> Exit {
    let Some(mut lock) = shell.lock.take() else {
        return exit;
    };
    if !lock.is_held() {
        shell.ui.error(cli::LOCK_LOST);
        return match exit {
            Exit::Done => Exit::NotAsAsked,
            other => other,
        };
    }
    drop(lock);
    shell
        .ui
        .talk("the shell ends and lets go of its lock: writes go on");
    exit
}

/// Reads lines that nobody types.
fn read_plainly(shell: &mut Shell) -> Exit {
    if std::io::stdin().is_terminal() {
        shell.ui.talk("reading verbs, one on a line, until `quit`: the prompt needs a terminal for the output too");
    }
    let mut text = String::new();
    let mut number = 0;
    let mut rows = std::io::stdin().lock().lines();
    loop {
        let row = rows.next().and_then(Result::ok);
        let ended = row.is_none();
        if let Some(row) = row {
            number += 1;
            text.push_str(&row);
            text.push('\n');
            if words::is_unfinished(&text) || text.ends_with("\\\n") {
                continue;
            }
        } else if words::is_unfinished(&text) {
            shell.ui.error("the input ends within quotes");
            return Exit::Usage;
        }
        for line in words::split_lines(&std::mem::take(&mut text)) {
            match run_line(shell, &line) {
                Then::Leave => return Exit::Done,
                Then::Go(Exit::Done) => {}
                Then::Go(exit) => {
                    shell.ui.talk(&format!("stopped at line {number}: {line}"));
                    return exit;
                }
            }
        }
        if ended {
            return Exit::Done;
        }
    }
}

/// Reads what a person types.
fn interact(shell: &mut Shell) -> Exit {
    let Ok(mut editor) = editor(shell.ui) else {
        return read_plainly(shell);
    };
    greet(shell);
    let watch = watch(shell, &mut editor);
    let kept = keep_history(&mut editor, shell);
    let mut view = watch.view();
    loop {
        if let Some(helper) = editor.helper_mut() {
            helper.watch = Some(watch.clone());
            helper.shown = view.clone();
        }
        match editor.readline(&prompt(shell, &view)) {
            Ok(text) => {
                let lines = words::split_lines(&text);
                for line in &lines {
                    remember(&mut editor, kept.as_ref(), line);
                }
                if let Then::Leave = run_lines(shell, &lines)
                    && may_leave(shell)
                {
                    return Exit::Done;
                }
            }
            // Ctrl-C: the line is gone, nothing else.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) if !may_leave(shell) => {}
            Err(_) => return Exit::Done,
        }
        if shell.signals.leave() || shell.ui.is_closed() {
            return Exit::Done;
        }
        view = watch.refreshed(PATIENCE);
    }
}

/// Returns the prompt, with the lock that this shell holds; tells of one that was lost.
fn prompt(shell: &mut Shell, view: &View) -> String {
    let prompt = view.prompt(&shell.host.name);
    let Some(lock) = &mut shell.lock else {
        return prompt;
    };
    if lock.is_held() {
        return prompt.replace('›', &format!("LOCKED since {} ›", lock.since));
    }
    shell.lock = None;
    shell.ui.error(cli::LOCK_LOST);
    prompt
}

/// Asks before a lock goes with the shell.
fn may_leave(shell: &mut Shell) -> bool {
    shell.lock.is_none()
        || shell
            .ui
            .confirm("the tables are locked: let go of them and leave?")
}

/// Runs lines that were entered at once, each as if it were typed.
fn run_lines(shell: &mut Shell, lines: &[String]) -> Then {
    if lines.len() > 1 {
        let text = format!("{} commands, one after the other:", lines.len());
        let text = shell.ui.paint(Role::Dim, &text);
        shell.ui.line(&text);
    }
    for (at, line) in lines.iter().enumerate() {
        if lines.len() > 1 {
            let text = format!("{} of {}  {}", at + 1, lines.len(), line.trim());
            let text = shell.ui.paint(Role::Strong, &text);
            shell.ui.line(&text);
        }
        match run_line(shell, line) {
            Then::Leave => return Then::Leave,
            // What follows a step that failed may count on it.
            Then::Go(Exit::Failed | Exit::NotAsAsked | Exit::Interrupted | Exit::OfCommand(_)) => {
                match lines.len() - at - 1 {
                    0 => {}
                    1 => shell.ui.line("the command after it was not run"),
                    n => shell
                        .ui
                        .line(&format!("the {n} commands after it were not run")),
                }
                break;
            }
            Then::Go(_) => {}
        }
    }
    Then::Go(Exit::Done)
}

/// What rustyline asks while a line is edited.
struct Assistant {
    grammar: RefCell<Command>,
    watch: Option<Watch>,
    /// The view that the prompt on the screen was made from.
    shown: View,
    paint: Painter,
}

type LineEditor = Editor<Assistant, DefaultHistory>;

fn editor(ui: &Ui) -> rustyline::Result<LineEditor> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .max_history_size(history::LINES)?
        .history_ignore_dups(true)?
        .history_ignore_space(true)
        .auto_add_history(false)
        // Not for colour, which `paint` alone decides: the prompt learns the count this way.
        .color_mode(rustyline::ColorMode::Forced)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Assistant {
        grammar: RefCell::new(cli::grammar()),
        watch: None,
        shown: View::default(),
        paint: ui.painter(),
    }));
    Ok(editor)
}

/// Says where we are, from what can be read in no time.
fn greet(shell: &mut Shell) {
    let ui = &mut *shell.ui;
    let view = View::at_start();
    let name = ui.paint(Role::Strong, concat!("bascule ", env!("CARGO_PKG_VERSION")));
    let place = match &view.cluster {
        Some(cluster) => format!("{cluster} of {}", view.nodes.join(", ")),
        None => format!("no cluster here yet.  Try: {}", ui.command("cluster init")),
    };
    ui.line(&format!(
        "{name} · {} · {place}.  Tab completes, help lists",
        shell.host.name
    ));
    if !shell.host.root {
        let sudo = ui.paint(Role::Command, "sudo bascule");
        ui.line(&format!(
            "not root: clusters are read and changed with {sudo}"
        ));
    }
    for line in crate::cli::unfinished(shell.host) {
        let mark = shell.ui.paint(Role::Warn, "!");
        shell.ui.line(&format!("{mark} {line}"));
    }
}

/// Returns how wide the terminal is now.
fn columns() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
}

/// Starts reading the cluster; what comes of it is told above the first prompt.
fn watch(shell: &Shell, editor: &mut LineEditor) -> Watch {
    let printer = editor.create_external_printer().ok();
    let paint = shell.ui.painter();
    Watch::start(shell.host, move |view, problems| {
        let Some(mut printer) = printer else {
            return;
        };
        let grave = problems.iter().filter(|problem| problem.grave).count();
        let text = match (view.online, grave) {
            // Without a cluster there is nothing to tell but of the database.
            (None, 0) => return,
            (Some(0), _) => format!("{} the cluster does not run here", paint(Role::Fail, "!")),
            (Some(online), 0) => format!("{} {}", paint(Role::Ok, "✓"), nodes(view, online)),
            (Some(online), grave) => format!(
                "{} {}; {}",
                paint(Role::Fail, "!"),
                nodes(view, online),
                wrong(grave)
            ),
            (None, grave) => format!("{} {}", paint(Role::Fail, "!"), wrong(grave)),
        };
        let more = if grave > 0 || view.online == Some(0) {
            format!(": {}", paint(Role::Command, "status"))
        } else {
            String::new()
        };
        // The terminal may be gone by now; then nobody reads it.
        let _ = printer.print(format!("  {text}{more}\n"));
    })
}

fn nodes(view: &View, online: usize) -> String {
    format!("{online} of {} nodes online", view.nodes.len())
}

fn wrong(count: usize) -> String {
    match count {
        1 => "something is wrong".to_owned(),
        n => format!("{n} things are wrong"),
    }
}

/// Loads the history; returns where new lines go.
fn keep_history(editor: &mut LineEditor, shell: &Shell) -> Option<PathBuf> {
    let path = history::path(shell.host)?;
    history::prepare(&path).ok()?;
    // An unreadable history is as good as none.
    let _ = editor.load_history(&path);
    Some(path)
}

fn remember(editor: &mut LineEditor, path: Option<&PathBuf>, line: &str) {
    if !history::keeps(line) {
        return;
    }
    let added = editor.history_mut().add(line).unwrap_or(false);
    if let (true, Some(path)) = (added, path) {
        // A full disk must not keep anybody from working; the line is still there with the arrow.
        let _ = editor.append_history(path);
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(tab::complete(
            &mut self.grammar.borrow_mut(),
            line,
            cursor,
            columns(),
        ))
    }
}

impl Highlighter for Assistant {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match &self.watch {
            Some(watch) => Cow::Owned(watch.view().freshen(prompt, &self.shown, &self.paint)),
            None => Cow::Borrowed(prompt),
        }
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(if words::is_unfinished(context.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Helper for Assistant {}
