//! Lines of option files with which MariaDB's own programs print or do something else than they are asked.

use super::super::Problem;
use super::topology::Server;
use crate::facts::DatabaseServer;
use crate::mariadb::ClientOption;
use crate::plan::{Hint, shell_line};

/// Returns the first line by which the client's answers are others, if there is one.
pub fn of_answers(server: &DatabaseServer) -> Option<&ClientOption> {
    server
        .client_options
        .iter()
        .find(|option| option.changes_answers())
}

/// Returns the first line by which dumps are others, if there is one.
pub fn of_dumps(server: &DatabaseServer) -> Option<&ClientOption> {
    server
        .client_options
        .iter()
        .find(|option| option.changes_dumps())
}

/// Says what is wrong with a line on a host.
pub fn sentence(host: &str, option: &ClientOption) -> String {
    let ClientOption {
        file,
        line,
        group,
        name,
    } = option;
    let what = match option.changes_dumps() {
        true => "may change what a dump has in it",
        false => "changes what MariaDB's client prints or does, and its answers would be misread",
    };
    format!("{name} in [{group}] on {host} ({file}, line {line}) {what}")
}

/// Returns what leads out.
pub fn leads_out(option: &ClientOption) -> Hint {
    let file = shell_line(std::slice::from_ref(&option.file));
    Hint {
        purpose: "to make a comment of that line".to_owned(),
        command: format!("sed -i --follow-symlinks '{}s/^/#/' {file}", option.line),
    }
}

/// Adds the option that the verbs refuse, before it is in the way.
pub(super) fn look(server: &Server, found: &mut Vec<Problem>) {
    let answers = of_answers(server.said);
    for option in answers.into_iter().chain(of_dumps(server.said)) {
        let hint = leads_out(option);
        found.push(
            Problem::new(option.changes_answers(), sentence(server.name, option))
                .next(&format!("{}{}", hint.purpose, server.place()), hint.command),
        );
    }
}
