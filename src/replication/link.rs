//! A replica's link to its primary: how the two talk, what `CHANGE MASTER` says, and the same login
//! tried before with the client.

use super::account::PASSWORD;
use super::servers;
use crate::conf::AccountName;
use crate::facts::DatabaseServer;
use crate::facts::database::Link;
use crate::mariadb::{Position, Version, quote_string};
use crate::plan::{Check, NOT_AS_BEFORE, Refusal, Step, Verify, sql_client};

/// How long the replica may take to connect: MariaDB tries again every ten seconds.
pub const CONNECT: u64 = 30;

/// How many seconds a replica waits before it tries its primary again.
const RETRY: u32 = 10;

/// Where a primary is, and how a replica gets in there.
#[derive(Debug, Clone)]
pub struct Upstream<'a> {
    /// The primary's address, as the replica reaches it.
    pub host: String,
    pub port: u16,
    /// The account's name there.
    pub user: &'a AccountName,
    /// Whether the two talk by TLS.
    pub tls: Tls,
}

/// Whether a replica and its primary talk by TLS.
///
/// From 11.4 on a replica insists on it and on the primary's certificate, which two such servers
/// settle between themselves by the password; an older primary offers none by itself (errno 2026).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// The primary's certificate is checked.
    Verified,
    /// By TLS, with whoever answers: its certificate could be anybody's.
    Unverified,
    /// In clear.
    Off,
    /// As the link has it, with a certificate that the administrator gave it.
    Kept {
        /// The file of the certificate that is trusted.
        authority: String,
    },
}

impl Tls {
    /// Returns what two servers can agree on; `link` is the one there is to that primary.
    pub fn between(primary: (Version, bool), replica: Version, link: Option<&Link>) -> Tls {
        let (release, offers) = primary;
        let authority = link.map_or("", |link| link.column("Master_SSL_CA_File"));
        if !authority.is_empty() {
            let authority = authority.to_owned();
            return Tls::Kept { authority };
        }
        match (
            offers,
            release.makes_a_certificate() && replica.verifies_tls(),
        ) {
            (false, _) => Tls::Off,
            (true, true) => Tls::Verified,
            (true, false) => Tls::Unverified,
        }
    }

    /// Returns what `CHANGE MASTER` says of it.
    fn words(&self) -> &'static str {
        match self {
            Tls::Verified => ", MASTER_SSL=1, MASTER_SSL_VERIFY_SERVER_CERT=1",
            Tls::Unverified => ", MASTER_SSL=1, MASTER_SSL_VERIFY_SERVER_CERT=0",
            Tls::Off => ", MASTER_SSL=0",
            Tls::Kept { .. } => "",
        }
    }

    /// Returns what makes the client do the same.
    fn options(&self) -> Vec<String> {
        match self {
            Tls::Verified => vec!["--ssl-verify-server-cert".to_owned()],
            // Without a check 11.8 would still insist on one.
            Tls::Unverified => vec![
                "--ssl".to_owned(),
                "--skip-ssl-verify-server-cert".to_owned(),
            ],
            Tls::Off => vec!["--skip-ssl".to_owned()],
            Tls::Kept { authority } => vec![
                format!("--ssl-ca={authority}"),
                "--ssl-verify-server-cert".to_owned(),
            ],
        }
    }

    /// Returns what is said of it before the question.
    pub fn check(&self) -> Check {
        match self {
            Tls::Verified => Check::ok("the two talk by TLS, and the primary's certificate is checked"),
            Tls::Unverified => Check::warning(
                "the two talk by TLS, but nobody checks the primary's certificate",
            )
            .note("explain tls"),
            Tls::Off => Check::warning(
                "the primary has no certificate: rows go over the network in clear, the password does not",
            )
            .note("explain tls"),
            Tls::Kept { authority } => Check::ok(format!(
                "the two talk by TLS, and the primary's certificate is checked against {authority}"
            )),
        }
    }

    /// Returns true when a link is so.
    pub fn is_of(&self, link: &Link) -> bool {
        let is = (link.tls_allowed(), link.tls_verified());
        match self {
            Tls::Verified => is == (true, true),
            Tls::Unverified => is == (true, false),
            Tls::Off => !is.0,
            Tls::Kept { .. } => true,
        }
    }
}

/// Returns a server's release and whether it offers TLS, as [`Tls::between`] wants them of a primary.
pub fn tls_offer(server: &DatabaseServer) -> (Version, bool) {
    (release(server), server.is_on("have_ssl"))
}

/// Looks whether a primary lets a replica in that talks so.
///
/// # Errors
/// When it wants TLS of everybody and offers none (errno 1045, seen on 10.11).
pub fn lets_in(primary: &DatabaseServer, tls: &Tls) -> Result<(), Refusal> {
    if *tls != Tls::Off || !primary.is_on("require_secure_transport") {
        return Ok(());
    }
    let (host, client) = (&primary.host, &primary.client);
    Err(Refusal::check(format!(
        "{host} lets nobody in without TLS (require_secure_transport), and has no certificate"
    ))
    .hint("how to give it one", "bascule explain tls")
    .hint(
        format!("or to let them in without, on {host}"),
        format!("{client} -e 'SET GLOBAL require_secure_transport=OFF'"),
    ))
}

/// Returns a server's release; the oldest known one where it says none.
pub fn release(server: &DatabaseServer) -> Version {
    server.release().unwrap_or(Version::OLDEST)
}

/// Returns the proof that this host replicates from its primary.
pub fn replicates(primary: &str) -> Verify {
    Verify::Replicates {
        primary: primary.to_owned(),
        host: None,
    }
}

/// Returns the statement that puts `gtid_slave_pos` back, where nothing was applied since it was set.
pub fn position_back(before: &Position, set: &Position) -> String {
    let word = |position: &Position| quote_string(&position.to_string());
    format!(
        "BEGIN NOT ATOMIC IF @@GLOBAL.gtid_slave_pos = {} THEN SET GLOBAL gtid_slave_pos={}; END IF; END",
        word(set),
        word(before)
    )
}

/// Returns the step of a way back that says where a server's position has come to: by the one of before it
/// would be told to take again what its data hold.
pub fn forget_position_step(server: &DatabaseServer, host: Option<&str>, primary: &str) -> Step {
    let before = server.variable("gtid_slave_pos").unwrap_or_default();
    let was = match before {
        "" => "empty",
        before => before,
    };
    let name = &server.host;
    let said = format!("{NOT_AS_BEFORE}gtid_slave_pos of {name} was {was} and is now ");
    let stays = format!("; what has come from {primary} by then stays");
    let say = format!(
        "SELECT CONCAT({}, @@gtid_slave_pos, {}) FROM DUAL WHERE @@gtid_slave_pos <> {}",
        quote_string(&said),
        quote_string(&stays),
        quote_string(before)
    );
    servers::sql(server, host, [say], "whether its position is as before")
}

impl Upstream<'_> {
    /// Returns the login with the very account from here, tried with the client: it tells a wrong
    /// password, a wrong host part, a closed port, a firewall and TLS apart before anything depends
    /// on it. Asks one thing, whose answer is printed.
    ///
    /// The password goes through standard input. No other option file is read: one in root's home
    /// would name another user.
    pub fn login(&self, replica: &DatabaseServer, query: &str) -> Step {
        let Upstream {
            host,
            port,
            user,
            tls,
        } = self;
        let mut argv = vec![
            replica.client.clone(),
            "--defaults-file=/dev/stdin".to_owned(),
        ];
        argv.extend([
            format!("--host={host}"),
            format!("--port={port}"),
            "--connect-timeout=5".to_owned(),
        ]);
        argv.extend(tls.options());
        argv.extend(sql_client(&replica.client).split_off(1));
        argv.push(format!("--execute={query}"));
        Step::run(
            argv,
            format!(
                "{host} lets {user} in from {} with that password, before anything depends on it",
                replica.host
            ),
        )
        .stdin(format!(
            "[client]\nuser={user}\npassword=\"${{{PASSWORD}}}\"\n"
        ))
        .within(15)
    }

    /// Returns the statements that point a replica there; `${password}` goes through standard input
    /// and not into the general log. Without `password` the link keeps the one it has.
    pub fn change_master(&self, password: bool, demote: bool) -> Vec<String> {
        let Upstream {
            host,
            port,
            user,
            tls,
        } = self;
        let secret = match password {
            true => format!(", MASTER_PASSWORD='${{{PASSWORD}}}'"),
            false => String::new(),
        };
        let demote = if demote {
            ", MASTER_DEMOTE_TO_SLAVE=1"
        } else {
            ""
        };
        vec![
            "SET SESSION sql_log_off=1".to_owned(),
            format!(
                "CHANGE MASTER TO MASTER_HOST={}, MASTER_PORT={port}, MASTER_USER={}{secret}, \
                 MASTER_CONNECT_RETRY={RETRY}, MASTER_USE_GTID=slave_pos{demote}{}",
                quote_string(host),
                quote_string(user.as_str()),
                tls.words()
            ),
        ]
    }

    /// Returns true when a link goes there, as that user, in that way.
    pub fn is_of(&self, link: &Link) -> bool {
        link.primary_host() == self.host
            && link.primary_port() == self.port
            && link.primary_user() == self.user.as_str()
            && link.using_gtid() == "Slave_Pos"
            && self.tls.is_of(link)
    }
}

/// Returns the statement that points a link back to where it went, all but the password, which a
/// link to the same place keeps, and the place in a binlog of one that does not go by GTID.
pub fn as_it_was(link: &Link) -> String {
    let flag = |on: bool| u8::from(on);
    let files = [
        ("MASTER_SSL_CA", "Master_SSL_CA_File"),
        ("MASTER_SSL_CAPATH", "Master_SSL_CA_Path"),
        ("MASTER_SSL_CERT", "Master_SSL_Cert"),
        ("MASTER_SSL_KEY", "Master_SSL_Key"),
        ("MASTER_SSL_CIPHER", "Master_SSL_Cipher"),
        ("MASTER_SSL_CRL", "Master_SSL_Crl"),
        ("MASTER_SSL_CRLPATH", "Master_SSL_Crlpath"),
    ]
    .map(|(word, column)| match link.column(column) {
        "" => String::new(),
        path => format!(", {word}={}", quote_string(path)),
    });
    let ids = [
        ("IGNORE_SERVER_IDS", "Replicate_Ignore_Server_Ids"),
        ("DO_DOMAIN_IDS", "Replicate_Do_Domain_Ids"),
        ("IGNORE_DOMAIN_IDS", "Replicate_Ignore_Domain_Ids"),
    ]
    .map(|(word, column)| match link.column(column) {
        "" => String::new(),
        ids => format!(", {word}=({ids})"),
    });
    let gtid = match link.using_gtid() {
        "Current_Pos" => "current_pos",
        "No" => "no",
        _ => "slave_pos",
    };
    let delay = match link.delay() {
        0 => String::new(),
        seconds => format!(", MASTER_DELAY={seconds}"),
    };
    let heartbeat = match link.column("Slave_heartbeat_period") {
        "" => String::new(),
        seconds => format!(", MASTER_HEARTBEAT_PERIOD={seconds}"),
    };
    format!(
        "CHANGE MASTER{} TO MASTER_HOST={}, MASTER_PORT={}, MASTER_USER={}, MASTER_CONNECT_RETRY={}, \
         MASTER_USE_GTID={gtid}, MASTER_SSL={}, MASTER_SSL_VERIFY_SERVER_CERT={}{}{}{delay}{heartbeat}",
        connection(link),
        quote_string(link.primary_host()),
        link.primary_port(),
        quote_string(link.primary_user()),
        link.connect_retry(),
        flag(link.tls_allowed()),
        flag(link.tls_verified()),
        files.concat(),
        ids.concat()
    )
}

/// Returns what names a link in a statement: nothing for the usual one, a blank and its name for others.
pub fn connection(link: &Link) -> String {
    match link.connection() {
        "" => String::new(),
        name => format!(" {}", quote_string(name)),
    }
}

/// Returns the step that starts replication, proved by both threads.
pub fn start(replica: &DatabaseServer, primary: &str) -> Step {
    servers::sql(
        replica,
        None,
        ["START SLAVE"],
        "both threads go on from the GTID that came with the data",
    )
    .undone_by(vec![servers::sql(
        replica,
        None,
        ["STOP SLAVE"],
        "both threads end",
    )])
    .verify(replicates(primary))
    .within(CONNECT)
    .waits_for(format!("{primary} to let this replica in"))
}

/// Returns what names the threads of a link that run, as `START SLAVE` wants it; none where neither does.
pub fn threads(link: &Link) -> Option<&'static str> {
    match (link.io_state() != "No", link.sql() == "Yes") {
        (true, true) => Some(""),
        (true, false) => Some(" IO_THREAD"),
        (false, true) => Some(" SQL_THREAD"),
        (false, false) => None,
    }
}

/// Returns the step that stops a link's threads, and starts on the way back those that ran.
pub fn stop(replica: &DatabaseServer, link: &Link) -> Step {
    let mut back = Vec::new();
    let name = connection(link);
    if let Some(threads) = threads(link) {
        let start = format!("START SLAVE{name}{threads}");
        back.push(servers::sql(replica, None, [start], "it ran before"));
    }
    servers::sql(
        replica,
        None,
        [format!("STOP SLAVE{name}")],
        "neither its data nor its link change while it runs",
    )
    // A thread that is just trying to connect ends only after that time.
    .within(replica.number("slave_net_timeout").unwrap_or(60) + 30)
    .undone_by(back)
}
