//! Clients that stay, behind two file descriptors each.

use crate::plan::{Action, Plan, Step, shell_line};

/// The first file descriptor of the first session; each has two, and a shell knows those up to 9.
const FIRST_DESCRIPTOR: usize = 3;

pub(super) fn session_name(step: &Step) -> Option<&str> {
    match &step.action {
        Action::Sql { session, .. } => session.as_deref(),
        _ => None,
    }
}

/// Returns the names of the sessions in the order in which they begin.
pub(super) fn sessions(plan: &Plan) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in plan.steps.iter().filter_map(session_name) {
        if !all.iter().any(|known| known == name) {
            all.push(name.to_owned());
        }
    }
    all
}

/// Returns the two file descriptors of a session.
pub(super) fn descriptors(name: &str, sessions: &[String]) -> String {
    let at = sessions.iter().position(|known| known == name);
    let first = FIRST_DESCRIPTOR + 2 * at.unwrap_or(sessions.len());
    format!("{first} {}", first + 1)
}

pub(super) fn begin_session(step: &Step, sessions: &[String]) -> String {
    let (Some(name), Some((argv, _))) = (session_name(step), step.command()) else {
        return String::new();
    };
    format!(
        "session {} {}\n",
        descriptors(name, sessions),
        shell_line(&argv)
    )
}
