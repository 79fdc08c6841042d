//! A replica's links as they are, kept for the way back with both ends of what a plan replaces.
//!
//! The one mechanism of every verb that replaces or forgets a link. A link's password stands in
//! master.info alone, and how far it came is known only once it stands still: both are read when the
//! plan runs, after STOP SLAVE, and lie in a file for root until the link is in force again, its
//! threads run as they ran, and that was looked at. The file goes last, so that a way back that was
//! cut short can be gone again.

use super::link::{as_it_was, connection};
use super::{link, servers};
use crate::facts::DatabaseServer;
use crate::facts::database::Link;
use crate::mariadb::quote_string;
use crate::plan::{Guard, Step, Verify, heredoc, shell_line, sql_client};
use std::collections::BTreeMap;

/// The settings of a link, which a way back must have brought back: where it goes, and how.
const SETTINGS: [&str; 16] = [
    "Master_Host",
    "Master_Port",
    "Master_User",
    "Connect_Retry",
    "Using_Gtid",
    "SQL_Delay",
    "Slave_heartbeat_period",
    "Master_SSL_Allowed",
    "Master_SSL_Verify_Server_Cert",
    "Master_SSL_CA_File",
    "Master_SSL_CA_Path",
    "Master_SSL_Cert",
    "Master_SSL_Key",
    "Master_SSL_Cipher",
    "Master_SSL_Crl",
    "Master_SSL_Crlpath",
];

/// The filters that a running server can be given, by the column that shows each.
const FILTERS: [(&str, &str); 6] = [
    ("Replicate_Do_DB", "replicate_do_db"),
    ("Replicate_Ignore_DB", "replicate_ignore_db"),
    ("Replicate_Do_Table", "replicate_do_table"),
    ("Replicate_Ignore_Table", "replicate_ignore_table"),
    ("Replicate_Wild_Do_Table", "replicate_wild_do_table"),
    ("Replicate_Wild_Ignore_Table", "replicate_wild_ignore_table"),
];

/// The fate of the position that the data here stand at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionKeeping {
    /// The plan empties it, and the data stay as they are: it comes back with the link.
    WithLink,
    /// The plan replaces the data: it is kept, and comes back, with them.
    WithData,
    /// The link that takes this one's place moves it on: the old one goes on from there.
    Moves,
}

/// Links of the server on this host, kept.
#[derive(Debug)]
pub struct Kept<'a> {
    server: &'a DatabaseServer,
    links: Vec<&'a Link>,
    position: PositionKeeping,
}

impl<'a> Kept<'a> {
    /// Returns these links, to be kept once they stand still.
    pub fn new(
        server: &'a DatabaseServer,
        links: &[&'a Link],
        position: PositionKeeping,
    ) -> Kept<'a> {
        Kept {
            server,
            links: links.to_vec(),
            position,
        }
    }

    fn file(&self) -> String {
        let name = format!("{}.{}.sql", self.server.host, self.server.now);
        let folder = self.server.state.links();
        folder.join(name).display().to_string()
    }

    /// Returns the file as a shell's word.
    fn path(&self) -> String {
        shell_line(&[self.file()])
    }

    fn client(&self) -> String {
        shell_line(&sql_client(&self.server.client))
    }

    /// Returns the step that keeps the links with their passwords, and how far they came, as the
    /// statements that make them anew.
    pub fn keep(&self) -> Step {
        let (path, client) = (self.path(), self.client());
        let folder = shell_line(&[self.server.state.links().display().to_string()]);
        let ask = match self.position {
            PositionKeeping::WithLink => {
                "SELECT CONCAT('SET GLOBAL gtid_slave_pos=', QUOTE(@@gtid_slave_pos), ';');\n"
            }
            // By this it is known on the way back whether it has moved.
            PositionKeeping::WithData | PositionKeeping::Moves => {
                "SELECT CONCAT('-- at ', @@gtid_slave_pos);\n"
            }
        };
        let (opening, ask) = heredoc(ask);
        let mut script = format!(
            "umask 077\nmkdir -p {folder}\n{{\n\
             echo \"SET SESSION sql_log_off=1, sql_log_bin=0, sql_mode='';\"\n\
             {client} --raw {opening}\n{ask}\n"
        );
        for link in &self.links {
            let (opening, text) = heredoc(&as_it_was(link));
            script += &format!("cat {opening}\n{text}\n");
            if link.using_gtid() == "No" {
                script += &self.coordinates(link, ", ");
            }
            // printf is the shell's own: no other process has the password on its command line.
            let info = shell_line(&[self
                .server
                .datadir()
                .join(format!("master{}.info", suffix(link.connection())))
                .display()
                .to_string()]);
            script += &format!(
                "test -s {info}\n\
                 printf \", MASTER_PASSWORD='%s';\\n\" \"$(sed -n \"6{{s/[\\\\\\\\']/\\\\\\\\&/g;p;}}\" {info})\"\n"
            );
        }
        script +=
            &format!("}} >{path}.new\nsync {path}.new\nmv {path}.new {path}\nsync {folder}\n");
        Step::run(
            ["sh", "-eu"],
            "the link as it is, for the way back: its password is in master.info alone, and how far \
             it came is known now that it stands still",
        )
        .stdin(script)
        .undone_by(self.back())
    }

    /// Returns the guard of a link whose primary is not to be changed from here: it must still take the
    /// password of before. `login` is the step that tries one.
    pub fn is_let_in(&self, login: &Step) -> Option<Guard> {
        let link = self.links.first()?;
        let (argv, _) = login.command()?;
        let (path, login) = (self.path(), shell_line(&argv));
        let user = link.primary_user();
        // What else keeps it from there may be over by the time.
        let script = format!(
            "test -s {path} || {{ echo yes; exit 0; }}\n\
             {{ printf '[client]\\nuser=\"%s\"\\npassword=\"' {}\n\
             sed -n \"s/^, MASTER_PASSWORD='\\\\(.*\\\\)';\\$/\\\\1/p\" {path} | tail -n 1 | sed 's/\"/\\\\\"/g' | tr -d '\\n'\n\
             printf '\"\\n'; }} | {login} 2>&1 >/dev/null | grep -q 'ERROR 1045' && echo no || echo yes\n",
            shell_line(&[user.to_owned()])
        );
        let primary = link.primary_host();
        let guard = Step::run(["sh"], "").stdin(script).guard(
            "yes",
            format!("{primary} does not take the password that the link of before has for {user}"),
        );
        Some(
            guard
                .hint(
                    format!(
                        "where `db export` gave it another one, take that back first, on {primary}"
                    ),
                    "bascule history",
                )
                .hint(
                    "to follow it anew, with another password",
                    format!("bascule db replicate {}", shell_line(&[primary.to_owned()])),
                ),
        )
    }

    /// Returns the steps after which the links are as they were, and are seen to be.
    fn back(&self) -> Vec<Step> {
        let (path, client) = (self.path(), self.client());
        let filters = self.filters();
        // It may be there already and run, from a way back that was cut short.
        let put = format!(
            "if test -s {path}; then {{ echo 'STOP ALL SLAVES;'; cat {path}{filters}; }} | {client}; fi\n"
        );
        let mut steps = vec![
            servers::awaited(self.server, None),
            Step::run(
                ["sh", "-eu"],
                match self.position {
                    PositionKeeping::WithLink => {
                        "the link as it was, from the GTID that it had reached"
                    }
                    PositionKeeping::WithData => {
                        "the link as it was, from where it stood with these data"
                    }
                    PositionKeeping::Moves => {
                        "the link as it was, from where the data have come to"
                    }
                },
            )
            .stdin(put),
        ];
        for link in &self.links {
            let threads = link::threads(link);
            let start = threads.map_or_else(
                || "DO 1".to_owned(),
                |threads| format!("START SLAVE{}{threads}", connection(link)),
            );
            steps.push(
                servers::sql(
                    self.server,
                    None,
                    [start],
                    "it is as it was, and so are its threads",
                )
                .verify(is_as_before(link))
                .within(link::CONNECT)
                .waits_for(format!("{} to let this replica in", link.primary_host())),
            );
        }
        steps.push(Step::run(
            ["rm", "-f", &self.file(), &format!("{}.new", self.file())],
            "the password is where it belongs",
        ));
        steps
    }

    /// Returns what sets the filters of before, which a restart forgets where no option file has them.
    fn filters(&self) -> String {
        let Some(link) = self.links.iter().find(|link| link.connection().is_empty()) else {
            return String::new();
        };
        let set = FILTERS.iter().filter_map(|(column, variable)| {
            let value = Some(link.column(column)).filter(|value| !value.is_empty())?;
            Some(format!("SET GLOBAL {variable}={};", quote_string(value)))
        });
        let set: Vec<String> = set.collect();
        match set.is_empty() {
            true => String::new(),
            false => format!("; echo {}", shell_line(&[set.join(" ")])),
        }
    }

    /// Returns the step that makes the link anew on the way forth, with its password and all that no
    /// new `CHANGE MASTER` says: it was forgotten so that no restart would set it going.
    pub fn restore_step(&self) -> Step {
        Step::run(
            ["sh", "-eu"],
            "the link as it was, standing still: what is not said anew stays so",
        )
        .stdin(format!("{} <{}\n", self.client(), self.path()))
        .undone_by(vec![self.forget("for the one of before")])
    }

    /// Returns the step after which there is no link: nothing that a restart could set going, and no
    /// relay log that a server with another name for them would look for in vain (1201: seen).
    pub fn forget(&self, why: &str) -> Step {
        let statements = self.links.iter().flat_map(|link| {
            let name = connection(link);
            [
                format!("STOP SLAVE{name}"),
                format!("RESET SLAVE{name} ALL"),
            ]
        });
        servers::sql(self.server, None, statements, why)
    }

    /// Returns the step of a way back that notes where the link that took this one's place has come
    /// to in the primary's binlog; it must stand still. None where nobody needs to know.
    pub fn moved_on(&self) -> Option<Step> {
        let link = self.links.first()?;
        if self.position != PositionKeeping::Moves || link.using_gtid() != "No" {
            return None;
        }
        let (path, client) = (self.path(), self.client());
        let coordinates = self.coordinates(link, "");
        let ask = format!("echo 'SELECT @@gtid_slave_pos;' | {client}");
        let (opening, trouble) = heredoc(&format!(
            "where the data here stand in the binlog of {} is not known: nothing came from there since \
             this replica was started. Once something did, undo again",
            link.primary_host()
        ));
        let script = format!(
            "test -s {path} || exit 0\n\
             at=$(sed -n 's/^-- at //p' {path} | tail -n 1)\n\
             now=$({ask})\n\
             test \"$now\" != \"$at\" || exit 0\n\
             came=$({coordinates})\n\
             if test -z \"$came\"; then cat >&2 {opening}\n{trouble}\nexit 1; fi\n\
             umask 077\n\
             {{ cat {path}; printf 'CHANGE MASTER TO %s;\\n-- at %s\\n' \"$came\" \"$now\"; }} >{path}.new\n\
             sync {path}.new\nmv {path}.new {path}\n"
        );
        Some(
            Step::run(
                ["sh", "-eu"],
                "where the data have come to: from there the link of before goes on",
            )
            .stdin(script),
        )
    }

    /// Returns the script that prints where a link has come to in its primary's binlog; nothing where
    /// it has not begun. By GTID the place is 4 until the first event says better.
    fn coordinates(&self, link: &Link, before: &str) -> String {
        let client = self.client();
        let name = shell_line(&[format!("name={}", link.connection())]);
        format!(
            "echo 'SHOW ALL SLAVES STATUS;' | {client} --raw --column-names | awk -F '\\t' -v {name} '\n\
             NR == 1 {{ for (i = 1; i <= NF; i++) at[$i] = i; next }}\n\
             $at[\"Connection_name\"] == name && $at[\"Relay_Master_Log_File\"] != \"\" \
             && ($at[\"Using_Gtid\"] == \"No\" || $at[\"Exec_Master_Log_Pos\"] > 4) {{\n\
             printf \"{before}MASTER_LOG_FILE=\\047%s\\047, MASTER_LOG_POS=%s\\n\", $at[\"Relay_Master_Log_File\"], $at[\"Exec_Master_Log_Pos\"]\n\
             }}'\n"
        )
    }
}

/// Returns the proof that a link is as it was, and its threads run as they ran.
fn is_as_before(link: &Link) -> Verify {
    let is_kept = |name: &str| {
        SETTINGS.contains(&name)
            || name.starts_with("Replicate_")
            || matches!(
                name,
                "Connection_name" | "Slave_IO_Running" | "Slave_SQL_Running"
            )
    };
    let columns = link.columns.iter().filter(|(name, _)| is_kept(name));
    Verify::Linked {
        columns: columns
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<BTreeMap<_, _>>(),
    }
}

/// Returns what MariaDB puts behind `master` in the name of a link's file: its own encoding of the
/// connection's name, in lower case (`master-zwei@002d1.info` for Zwei-1: seen).
fn suffix(connection: &str) -> String {
    if connection.is_empty() {
        return String::new();
    }
    let mut suffix = "-".to_owned();
    for c in connection.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            suffix.push(c);
        } else {
            suffix += &format!("@{:04x}", u32::from(c));
        }
    }
    suffix
}

#[cfg(test)]
mod tests {
    use super::suffix;

    #[test]
    fn a_links_file_is_called_as_mariadb_calls_it() {
        assert_eq!(suffix(""), "");
        assert_eq!(suffix("probe"), "-probe");
        // Seen on 10.11.
        assert_eq!(suffix("Zwei-1.x"), "-zwei@002d1@002ex");
    }
}
