//! The shell on a terminal: a prompt, a line, what came of it.

use super::ask::{Asked, ask};
use super::crm_names::Crmsh;
use super::editor_helper::EditorHelper;
use super::greet::{NoticePrinter, greet};
use super::history;
use super::line::Then;
use super::notices::Notices;
use super::plain::read_plainly;
use super::prompt::Prompt;
use super::session::Shell;
use super::several::run_lines;
use super::view::View;
use super::watch::Watch;
use super::word::Question;
use crate::exit::Exit;
use crate::ui::{Ui, is_not_text};
use crate::{grammar, verbs, words};
use rustyline::error::ReadlineError;
use rustyline::history::{DefaultHistory, History as _};
use rustyline::{CompletionType, Config, Editor, EventHandler, KeyCode, KeyEvent, Modifiers};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a prompt may wait for a fresh view of the cluster after a command.
const PATIENCE: Duration = Duration::from_millis(250);

type LineEditor = Editor<EditorHelper, DefaultHistory>;

/// Reads what a person types.
pub fn interact(shell: &mut Shell) -> Exit {
    let Ok(mut editor) = editor(shell.ui) else {
        return read_plainly(shell);
    };
    greet(shell);
    let notices = Notices::start(editor.create_external_printer().ok());
    explains(&mut editor, shell.ui, &notices);
    if let Some(helper) = editor.helper_mut() {
        helper.crmsh = Some(Crmsh::start(notices.clone()));
    }
    let printer = NoticePrinter {
        notices: notices.clone(),
        paint: Mutex::new(shell.ui.painter()),
        colors: shell.ui.colors(),
    };
    let watch = Watch::start(shell.host, printer);
    let kept = keep_history(&mut editor, shell);
    let mut view = watch.current_view();
    // A line that was asked for, to be looked at before Enter.
    let mut begun: Option<String> = None;
    loop {
        let prompt = prompt(shell, &view);
        if let Some(helper) = editor.helper_mut() {
            helper.shown = prompt.clone();
            helper.now = Some((watch.clone(), fresh(shell)));
        }
        for text in notices.at_prompt() {
            shell.ui.write(&text);
        }
        let plain = prompt.as_spoken();
        let typed = match begun.take() {
            Some(line) => editor.readline_with_initial(&plain, (&line, "")),
            None => editor.readline(&plain),
        };
        notices.verb_begins();
        match typed {
            Ok(text) => {
                let mut lines = words::split_lines(&text);
                if let [line] = lines.as_slice() {
                    match ask(shell, line) {
                        Asked::Nothing => {}
                        Asked::Left => {
                            view = watch.current_view();
                            continue;
                        }
                        Asked::Line { line, more: true } => {
                            begun = Some(format!("{line} "));
                            continue;
                        }
                        Asked::Line { line, more: false } => {
                            let prompt = self::prompt(shell, &watch.current_view()).as_spoken();
                            shell.ui.line(&format!("{prompt}{line}"));
                            lines = vec![line];
                        }
                    }
                }
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
            Err(error) if is_not_text(&error) => shell.ui.not_text(),
            Err(_) => return Exit::Done,
        }
        if shell.signals.leave() || shell.ui.is_closed() {
            return Exit::Done;
        }
        view = watch.refreshed(PATIENCE);
    }
}

/// Returns the prompt, with the lock that this shell holds; tells of one that was lost.
fn prompt(shell: &mut Shell, view: &View) -> Prompt {
    if let Some(lock) = &mut shell.lock
        && !lock.is_held()
    {
        shell.lock = None;
        shell.ui.error(verbs::db::LOST);
    }
    let since = shell.lock.as_ref().map(|lock| lock.since.to_string());
    Prompt::for_view(view, &shell.host.name, since.as_deref())
}

/// Returns what makes this prompt again from what is then known.
fn fresh(shell: &Shell) -> super::editor_helper::Now {
    let host = shell.host.name.clone();
    let since = shell.lock.as_ref().map(|lock| lock.since.to_string());
    Box::new(move |watch| Prompt::for_view(&watch.current_view(), &host, since.as_deref()))
}

/// Asks before a lock goes with the shell.
fn may_leave(shell: &mut Shell) -> bool {
    shell.lock.is_none()
        || shell
            .ui
            .confirm("the tables are locked: let go of them and leave?")
}

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
    let helper = EditorHelper::new(grammar::grammar(), ui.painter(), ui.colors());
    editor.set_helper(Some(helper));
    Ok(editor)
}

/// Makes `?` explain the word at the cursor.
fn explains(editor: &mut LineEditor, ui: &Ui, notices: &Notices) {
    let question = Question {
        // Made when it is needed: the first prompt does not wait for it.
        with: Mutex::new((None, ui.painter())),
        notices: Arc::new(Mutex::new(notices.clone())),
    };
    editor.bind_sequence(
        KeyEvent(KeyCode::Char('?'), Modifiers::NONE),
        EventHandler::Conditional(Box::new(question)),
    );
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
    if !history::may_be_kept(line) {
        return;
    }
    let line = line.trim_end();
    let added = editor.history_mut().add(line).unwrap_or(false);
    if let (true, Some(path)) = (added, path) {
        // A full disk must not keep anybody from working; the line is still there with the arrow.
        let _ = editor.append_history(path);
    }
}
