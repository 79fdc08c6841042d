//! How commands reach another host, and SQL its server.

/// Returns the argv that runs a command as root on another host, without ever asking.
pub fn over_ssh(host: &str, argv: &[String]) -> Vec<String> {
    // ssh joins its words with blanks and the other side's shell splits them again.
    ssh_line(host, super::shell_line(argv))
}

pub fn ssh_line(host: &str, line: String) -> Vec<String> {
    let mut ssh = words(&["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]);
    ssh.extend([format!("root@{host}"), line]);
    ssh
}

/// Returns the argv that runs a command as root on another host and notices within seconds when the
/// link to it is cut: ssh alone waits for ever, since nothing is sent the other way meanwhile.
pub fn over_ssh_watched(host: &str, argv: &[String]) -> Vec<String> {
    let mut ssh = over_ssh(host, argv);
    let watch = words(&["-o", "ServerAliveInterval=2", "-o", "ServerAliveCountMax=3"]);
    ssh.splice(1..1, watch);
    ssh
}

/// The beginning of a line by which a step of a way back says what it cannot bring back.
pub const NOT_AS_BEFORE: &str = "not as before: ";

/// What a client or a dump is told so that names and values beyond ASCII mean the same on every host:
/// else it goes by the locale, which is latin1 under LANG=C, and by option files (seen on 10.11 and 11.8).
pub const UTF8: &str = "--default-character-set=utf8mb4";

/// What every session of bascule's own begins with, whatever a server's defaults are: `sql_mode=ORACLE` reads
/// statements otherwise (TRIM('') is NULL), with `autocommit=0` what is written waits for a COMMIT, with
/// `sql_select_limit` rows are left out. And the server gives up on a lock sooner than a step on its client
/// (30 s): what waited on would be executed once nobody expects it any more (all seen on 10.11 and 11.8).
const SESSION: &str = "sql_mode=0, autocommit=1, tx_read_only=0, sql_select_limit=~0, \
     max_statement_time=0, lock_wait_timeout=25, innodb_lock_wait_timeout=25";

/// Returns the option by which a client's session begins, with more settings behind the common ones: a
/// client knows one such option alone, the last (seen on 11.8).
pub fn session_begins(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { ", " };
    format!("--init-command=SET {SESSION}{comma}{more}")
}

/// The text on the screen for what every session begins with.
const BRIEF: &str = "--init-command=…";

/// Returns a line of a plan with [`BRIEF`] for what every session begins with; `-o sh` and the whole plan
/// have it in each command.
pub(super) fn abbreviated(line: &str) -> String {
    line.replace(&format!("--init-command=SET {SESSION}"), BRIEF)
}

/// Returns what tells a reader of such a line how it is typed; none for a line that is whole.
pub fn in_full(line: &str) -> Option<String> {
    let told = || format!("{BRIEF} above is short for --init-command=SET {SESSION}");
    line.contains(BRIEF).then(told)
}

/// Returns the argv of a MariaDB client that reads statements from its standard input.
///
/// On an error the client prints the whole failed statement, password included, unless told not to
/// (seen on 10.11 and 11.8).
pub fn sql_client(client: &str) -> Vec<String> {
    words(&[
        client,
        UTF8,
        "--batch",
        "--skip-column-names",
        "--skip-print-query-on-error",
        // Without a word it would go on in a new session, where all that was set is not.
        "--skip-reconnect",
        &session_begins(""),
    ])
}

/// Returns a statement as it is typed into a shell, in a terminal of any locale.
pub fn typed_sql(client: &str, statement: &str) -> String {
    let utf8 = (!statement.is_ascii()).then_some(UTF8);
    let mut argv = vec![client];
    argv.extend(utf8);
    argv.extend(["-e", statement]);
    super::shell_line(&words(&argv))
}

/// Returns a statement that writes, as it is typed on a server that is or may become a replica: logged
/// there it would be a transaction that the primary lacks, and with gtid_strict_mode replication stops
/// at the next one (errno 1950; seen on 10.11 and 11.8).
pub fn typed_sql_unlogged(client: &str, statement: &str) -> String {
    typed_sql(client, &format!("SET SESSION sql_log_bin=0; {statement}"))
}

/// Returns the same for a session of its own, or for one that is held.
pub fn client_argv(client: &str, held: bool) -> Vec<String> {
    let mut argv = sql_client(client);
    if held {
        argv.extend(words(&["--unbuffered"]));
    }
    argv
}

/// Returns statements as a client reads them, one below the other.
pub fn sql_text(statements: &[String]) -> String {
    statements
        .iter()
        .map(|statement| {
            // A compound statement holds semicolons of its own.
            if statement.contains(';') {
                format!("DELIMITER //\n{statement}//\nDELIMITER ;\n")
            } else {
                format!("{statement};\n")
            }
        })
        .collect()
}

/// Returns words as an argv.
pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
