//! What a server leaves out of its binlog by the database that a session chose with `USE`: with MIXED or
//! STATEMENT whole statements, with ROW those that are no rows (CREATE, ALTER, DROP). Both threads run,
//! GTIDs are level, and a replica lacks it all the same, or stops at the next row (1146).

use super::super::Problem;
use super::topology::Topology;
use crate::conf::options::{FileLine, Release};
use crate::facts::DatabaseServer;
use crate::mariadb::Version;
use crate::plan::Check;

/// A filter of a server's own binlog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlogged {
    /// The option.
    pub name: &'static str,
    /// The databases, with commas between them.
    pub value: String,
    /// The lines of option files that set it.
    pub places: Vec<FileLine>,
    /// True when the running server has it; otherwise it does from its next start on.
    pub running: bool,
}

impl Unlogged {
    /// Returns those that a server has, in its running self or in its option files.
    pub fn all_of(said: &DatabaseServer) -> Vec<Unlogged> {
        let version = Version::find(&said.version).or_else(|| said.release());
        let release = Release::from(version.unwrap_or(Version::OLDEST));
        let files = said.options();
        let position = said.position.clone().unwrap_or_default();
        let mut found = Vec::new();
        for (name, running) in [
            ("binlog_do_db", position.do_db),
            ("binlog_ignore_db", position.ignore_db),
        ] {
            let lines = files.settings_of(release, name);
            let written: Vec<String> = lines
                .iter()
                .map(|line| line.effect())
                .filter(|value| !value.is_empty())
                .collect();
            // Without any binlog nothing of it counts.
            let counts = said.has_binlog() || !said.answers();
            if running.is_empty() && (written.is_empty() || !counts) {
                continue;
            }
            found.push(Unlogged {
                name,
                running: !running.is_empty(),
                value: match running.is_empty() {
                    true => written.join(","),
                    false => running,
                },
                places: lines.into_iter().map(|line| line.place).collect(),
            });
        }
        found
    }

    /// Returns the setting with where it stands: `binlog_do_db = site1 (FILE:3)`.
    pub fn setting(&self) -> String {
        let Unlogged { name, value, .. } = self;
        let places: Vec<String> = self.places.iter().map(ToString::to_string).collect();
        let written = match places.is_empty() {
            true => format!("{name} = {value} (in no option file any more)"),
            false => format!("{name} = {value} ({})", places.join(", ")),
        };
        match self.running {
            true => written,
            false => format!("{written}, from its next start on"),
        }
    }

    /// Returns the sentence without the host's name before it.
    pub fn effect(&self) -> String {
        format!(
            "logs or leaves out statements by the database chosen with USE: {}",
            self.setting()
        )
    }

    /// Returns the commands that take it away, typed on that host, with what each is for.
    fn mend(&self) -> Vec<(String, String)> {
        let mut mend = Vec::new();
        for FileLine { path, line } in &self.places {
            let line = line.map_or(String::new(), |line| format!("+{line} "));
            mend.push((
                format!("to take {} out", self.name),
                format!("editor {line}{}", path.display()),
            ));
        }
        if self.running {
            mend.push((
                "and of the running server".to_owned(),
                "systemctl restart mariadb".to_owned(),
            ));
        }
        mend
    }
}

/// Returns what a server leaves out as a primary, as checks; `host` is its name.
pub fn checks(server: &DatabaseServer, host: &str) -> Vec<Check> {
    Unlogged::all_of(server)
        .into_iter()
        .map(|one| {
            let check = Check::warning(format!(
                "{host} {}: some are lost for replicas and for recovery",
                one.effect()
            ));
            let mend = one.mend().into_iter().next();
            mend.map_or(check.clone(), |(_, command)| check.note(command))
        })
        .collect()
}

/// Adds what a server leaves out: what its replicas lack, or would lack once it is a primary.
pub(super) fn judge(topology: &Topology, at: usize, found: &mut Vec<Problem>) {
    let server = &topology.servers[at];
    let is_primary = topology.has_replicas(at);
    let is_replica = topology.links_of(at).next().is_some();
    if !is_primary && !is_replica {
        return;
    }
    for one in Unlogged::all_of(server.said) {
        let what = match is_primary {
            true => format!("{} {}", server.name, one.effect()),
            false => format!("as a primary {} {}", server.name, one.effect()),
        };
        let mut problem = Problem::new(is_primary && one.running, what);
        problem.cause = "What is left out never reaches a replica, and no position tells: a table \
                         made so is missing there, and its first row stops it (1146)."
            .to_owned();
        for (purpose, command) in one.mend() {
            problem = problem.next(&format!("{purpose}{}", server.place()), command);
        }
        if is_primary {
            problem = problem.next("then to see which rows differ", "bascule db check");
        }
        found.push(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{facts, told};
    use crate::facts::DatabaseServer;
    use crate::facts::database::OptionFile;

    const FILE: &str = "/etc/mysql/my.cnf";

    fn file(said: &mut DatabaseServer, text: &str) {
        said.option_files.push(OptionFile {
            path: FILE.into(),
            text: text.to_owned(),
            mode: 0o644,
            owner: "root".to_owned(),
            group: "root".to_owned(),
            ..OptionFile::default()
        });
    }

    #[test]
    fn what_a_primary_does_not_log_is_told_from_both_ends() {
        for release in ["bookworm", "trixie"] {
            for (name, other) in [("binlog_do_db", false), ("binlog_ignore_db", true)] {
                for state in ["well", "well-primary"] {
                    let mut facts = facts(release, state);
                    let primary = match state {
                        "well" => facts.database_hosts.values_mut().next().unwrap(),
                        _ => facts.database.as_mut().unwrap(),
                    };
                    let position = primary.position.as_mut().unwrap();
                    match other {
                        false => position.do_db = "site1".to_owned(),
                        true => position.ignore_db = "site1".to_owned(),
                    }
                    file(primary, &format!("[mariadb]\n{name} = site1\n"));
                    let all = told(&facts);
                    let one = all.iter().find(|(_, what, _)| what.contains(name));
                    let Some((grave, what, next)) = one else {
                        panic!("{release} {state}: {all:#?}");
                    };
                    assert!(*grave, "{what}");
                    assert!(
                        what.contains("/etc/mysql/my.cnf:2") && what.contains("= site1"),
                        "{what}"
                    );
                    assert!(
                        next.iter().any(|one| one.contains("editor +2 /etc/mysql")),
                        "{next:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_replica_with_it_is_no_trouble_before_it_is_a_primary() {
        let mut facts = facts("trixie", "well");
        file(
            facts.database.as_mut().unwrap(),
            "[mariadb]\nbinlog-do-db = site1\n",
        );
        let all = told(&facts);
        let [(false, what, _)] = all.as_slice() else {
            panic!("{all:#?}");
        };
        assert!(
            what.starts_with("as a primary serv2 logs or leaves out")
                && what.ends_with("from its next start on"),
            "{what}"
        );
    }
}
