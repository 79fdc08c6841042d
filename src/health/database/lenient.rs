//! Settings with which a replica goes on without having applied what came: both threads run, the GTIDs
//! rise, and rows are missing all the same.

use super::super::Problem;
use super::topology::Topology;
use crate::conf::options::{FileLine, Release};
use crate::facts::DatabaseServer;
use crate::facts::database::Link;
use crate::mariadb::Version;

/// A setting of a server with which it passes over what it should apply, or applies it otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lenient {
    /// The variable.
    pub name: &'static str,
    pub value: String,
    /// The line of an option file that sets it; none where only the running server has it.
    pub place: Option<FileLine>,
    /// True when the running server has it; otherwise it does from its next start on.
    pub running: bool,
    /// The effect on a replica, as the rest of a sentence.
    does: &'static str,
    /// The statements that take it away from the running server; none where only a start does.
    statements: Option<String>,
}

/// The variable, which of its words are meant (none: all but those of `strict`), what a replica does
/// with it, and its values for a replica that stops instead.
type Known = (
    &'static str,
    Option<&'static str>,
    &'static str,
    &'static [&'static str],
);

/// Seen on 10.11 and 11.8: with each of these a changed or a missing row goes by without a word, and
/// `SHOW SLAVE STATUS` is that of a replica that is well.
const KNOWN: [Known; 4] = [
    (
        "slave_skip_errors",
        None,
        "passes over a change that fails with one of these errors",
        &["OFF", ""],
    ),
    (
        "slave_exec_mode",
        Some("IDEMPOTENT"),
        "passes over a change of a row that it lacks, and writes over one that it has already",
        &["STRICT"],
    ),
    (
        "slave_type_conversions",
        Some("ALL_LOSSY"),
        "cuts values that do not fit into its own columns",
        &[""],
    ),
    (
        "replicate_events_marked_for_skip",
        None,
        "does not apply what a client marked with skip_replication",
        &["REPLICATE"],
    ),
];

impl Lenient {
    /// Returns those that a server has, in its running self or in its option files.
    pub fn all_of(said: &DatabaseServer) -> Vec<Lenient> {
        let version = Version::find(&said.version).or_else(|| said.release());
        let release = Release::from(version.unwrap_or(Version::OLDEST));
        let files = said.options();
        let mut found = Vec::new();
        for (name, word, does, strict) in KNOWN {
            let is_meant = |value: &str| match word {
                Some(word) => value
                    .split(',')
                    .any(|one| one.trim().eq_ignore_ascii_case(word)),
                None => !strict.iter().any(|one| one.eq_ignore_ascii_case(value)),
            };
            let line = files.effective(release, name).map(|found| found.winner);
            let line = line.filter(|line| is_meant(&line.effect()));
            let running = said.variable(name).filter(|value| is_meant(value));
            let Some(value) = running
                .map(str::to_owned)
                .or_else(|| Some(line.as_ref()?.effect()))
            else {
                continue;
            };
            found.push(Lenient {
                name,
                value,
                place: line.map(|line| line.place),
                running: running.is_some(),
                does,
                statements: match name {
                    "slave_skip_errors" => None,
                    // Not while a replica applies (errno 1198).
                    "replicate_events_marked_for_skip" => Some(format!(
                        "STOP SLAVE; SET GLOBAL {name}=\"{}\"; START SLAVE",
                        strict[0]
                    )),
                    _ => Some(format!("SET GLOBAL {name}=\"{}\"", strict[0])),
                },
            });
        }
        found
    }

    /// Returns what a link passes over of its primary's, by the numbers of server and domain.
    pub fn of_link(link: &Link, server_id: Option<u64>, domain: Option<u64>) -> Vec<Lenient> {
        let lists = |column: &str, number: Option<u64>| {
            let listed = number.map(|number| number.to_string());
            let mut items = link.column(column).split(',').map(str::trim);
            listed.is_some_and(|listed| items.any(|item| item == listed))
        };
        let ignores_server = lists("Replicate_Ignore_Server_Ids", server_id);
        let ignores_domain = lists("Replicate_Ignore_Domain_Ids", domain);
        let takes = link.column("Replicate_Do_Domain_Ids");
        let takes_other =
            !takes.is_empty() && domain.is_some() && !lists("Replicate_Do_Domain_Ids", domain);
        [
            (
                ignores_server,
                "IGNORE_SERVER_IDS",
                "Replicate_Ignore_Server_Ids",
            ),
            (
                ignores_domain,
                "IGNORE_DOMAIN_IDS",
                "Replicate_Ignore_Domain_Ids",
            ),
            (takes_other, "DO_DOMAIN_IDS", "Replicate_Do_Domain_Ids"),
        ]
        .into_iter()
        .filter(|(so, ..)| *so)
        .map(|(_, name, column)| Lenient {
            name,
            value: format!("({})", link.column(column)),
            place: None,
            running: true,
            does: "passes over what its primary itself writes",
            statements: Some(format!(
                "STOP SLAVE; CHANGE MASTER TO {name}=(); START SLAVE"
            )),
        })
        .collect()
    }

    /// Returns the setting with where it stands: `slave_exec_mode = IDEMPOTENT (FILE:3)`.
    pub fn setting(&self) -> String {
        let Lenient { name, value, .. } = self;
        let written = format!("{name} = {value}");
        match &self.place {
            Some(place) if self.running => format!("{written} ({place})"),
            Some(place) => format!("{written} ({place}), from its next start on"),
            None if self.name.ends_with("_IDS") => format!("{written} (CHANGE MASTER)"),
            None => format!("{written} (in no option file: somebody has set it)"),
        }
    }

    /// Returns what a host with this setting does, without the host's name before.
    pub fn effect(&self) -> String {
        format!("{}: {}", self.does, self.setting())
    }

    /// Returns the commands that take it away, typed on that host, with what each is for.
    pub fn mend(&self, client: &str) -> Vec<(String, String)> {
        let mut mend = Vec::new();
        if let Some(FileLine { path, line }) = &self.place {
            let line = line.map_or(String::new(), |line| format!("+{line} "));
            mend.push((
                format!("to take {} out", self.name),
                format!("editor {line}{}", path.display()),
            ));
        }
        let at_once = match &self.statements {
            _ if !self.running => None,
            Some(statements) => Some(format!("{client} -e '{statements}'")),
            None => Some("systemctl restart mariadb".to_owned()),
        };
        let purpose = match mend.is_empty() {
            true => format!("to take {} away", self.name),
            false => "and of the running server".to_owned(),
        };
        mend.extend(at_once.map(|command| (purpose, command)));
        mend
    }
}

/// Returns what a replica passes over of what a primary writes, where that one was asked.
pub fn leniences(
    replica: &DatabaseServer,
    link: &Link,
    primary: Option<&DatabaseServer>,
) -> Vec<Lenient> {
    let number = |name: &str| primary.and_then(|primary| primary.number(name));
    let mut found = Lenient::all_of(replica);
    found.extend(Lenient::of_link(
        link,
        number("server_id").or_else(|| Some(link.primary_id()).filter(|id| *id > 0)),
        number("gtid_domain_id"),
    ));
    found
}

/// Adds what a replica passes over.
pub(super) fn judge(topology: &Topology, at: usize, found: &mut Vec<Problem>) {
    let server = &topology.servers[at];
    let said = server.said;
    let Some(edge) = topology.links_of(at).next() else {
        return;
    };
    let primary = edge.primary.map(|primary| topology.servers[primary].said);
    for lenient in leniences(said, edge.link, primary.filter(|said| said.answers())) {
        let mut problem = Problem::new(true, format!("{} {}", server.name, lenient.effect()));
        problem.cause =
            "Both threads run on all the same, GTIDs rise, and what the two servers hold \
                         differs."
                .to_owned();
        for (purpose, command) in lenient.mend(&said.client) {
            problem = problem.next(&format!("{purpose}{}", server.place()), command);
        }
        problem = problem.next("then to see which rows differ", "bascule db check");
        found.push(problem.next(
            &format!("and to take the primary's data, on {}", server.name),
            format!("bascule db replicate {} --reseed", edge.link.primary_host()),
        ));
    }
}

#[cfg(test)]
mod tests;
