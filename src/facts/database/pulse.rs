//! Another look at one end of a link: whether it moves, and when the other end was last heard.
//!
//! One look cannot tell a healthy link from a cut one: MariaDB says `Yes` for up to
//! `slave_net_timeout`. The kernel knows better how long ago something came over the connection
//! (heartbeats do, every `Slave_heartbeat_period`) and whether what was sent was ever answered; and
//! a position that does not reach the primary's while it is waited for does not move.
//!
//! The primary's port is not knocked at: a connection without a login counts as an error, and after
//! `max_connect_errors` of them the server blocks the whole host, replica included (seen).

use super::{Link, batch};
use crate::facts::{READING, tool};
use crate::mariadb::{BinlogState, History, Position};
use crate::plan::{UTF8, over_ssh, shell_line};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A second look that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PulseAsk {
    /// The host, by ssh; this one when absent.
    pub host: Option<String>,
    /// Its client's program.
    pub client: String,
    /// The other ends' ports: the connections that lead there are looked at.
    pub ports: Vec<u16>,
    /// The position that its replica is to reach; it is waited for for a moment.
    pub reach: Option<Position>,
}

/// The findings of a second look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pulse {
    /// Why there is no answer.
    pub unanswered: Option<String>,
    /// The server's connections with the other ends.
    pub wires: Vec<TcpConnection>,
    /// The other ends' ports of those that the other end has closed. A primary that sends nothing takes
    /// them for open until its next heartbeat, by default every 30 s (seen).
    pub ended: Vec<u16>,
    /// Whether the position waited for was reached, and after how long.
    pub waited: Option<Waited>,
    /// The positions, after the wait.
    pub history: History,
    /// The links, after the wait.
    pub links: Vec<Link>,
}

/// How a wait for a position ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    /// The position asked for was reached.
    pub reached: bool,
    /// After how many milliseconds, on the server's own clock.
    pub milliseconds: u64,
}

/// A TCP connection of the server, as the kernel knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpConnection {
    /// The other end's address.
    pub address: String,
    /// The other end's port.
    pub port: u16,
    /// Milliseconds since something came.
    pub heard: u64,
    /// Milliseconds since something that was sent was acknowledged.
    pub acknowledged: u64,
    /// Bytes that were sent and not acknowledged yet.
    pub unacknowledged: u64,
    /// How often the oldest of these was sent again.
    pub retries: u32,
}

/// How long a position is waited for: a replica that keeps up needs a few milliseconds.
pub const PATIENCE: Duration = Duration::from_millis(1500);

/// Stands before a connection that the other end has closed.
const ENDED: &str = "ended ";

/// Separates the kernel's answer from the server's.
const MARK: &str = "@bascule sql";

/// Looks again, by one `sh -s` here or over ssh.
pub fn read(ask: &PulseAsk) -> Pulse {
    let unanswered = |why: String| Pulse {
        unanswered: Some(why),
        ..Pulse::default()
    };
    let shell = ["sh", "-s"].map(str::to_owned);
    let argv = match &ask.host {
        Some(host) => over_ssh(host, &shell),
        None => shell.to_vec(),
    };
    // ssh gives up on a silent host after 5 s.
    let deadline = READING + READING + PATIENCE;
    match tool::read_with(&argv, Some(&script(ask)), &[], deadline) {
        Ok(output) if output.code == Some(0) => parse(&output.stdout),
        Ok(output) => unanswered(output.first_line()),
        Err(error) => unanswered(error.to_string()),
    }
}

fn script(ask: &PulseAsk) -> String {
    let ports: Vec<String> = ask
        .ports
        .iter()
        .map(|port| format!("dport = :{port}"))
        .collect();
    let mut script = String::from("PATH=$PATH:/usr/sbin:/sbin LC_ALL=C; export PATH LC_ALL\n");
    if !ports.is_empty() {
        let ports = ports.join(" or ");
        script += &format!(
            "ss -tinpHO state established '( {ports} )' 2>/dev/null\n\
             ss -tnpHO state close-wait '( {ports} )' 2>/dev/null | sed 's/^/{ENDED}/'\n"
        );
    }
    let wait = match ask.reach.as_ref().filter(|position| !position.is_empty()) {
        None => String::new(),
        Some(position) => format!(
            "SET @began = NOW(6), @reached = MASTER_GTID_WAIT('{position}', {});\n\
             SELECT 'waited' AS what, @reached AS a, \
             TIMESTAMPDIFF(MICROSECOND, @began, NOW(6)) AS b;\n",
            PATIENCE.as_secs_f32()
        ),
    };
    let client = shell_line(&[ask.client.clone(), UTF8.to_owned()]);
    script += &format!(
        "echo '{MARK}'\n\
         {client} --batch --skip-raw --column-names --force --skip-print-query-on-error \
         --connect-timeout=3 2>&1 <<'END'\n\
         {wait}\
         SELECT 'history' AS what, @@server_id AS a, @@gtid_binlog_state AS b, \
         @@gtid_binlog_pos AS c, @@gtid_slave_pos AS d;\n\
         SHOW ALL SLAVES STATUS;\n\
         END\n\
         true\n"
    );
    script
}

fn parse(text: &str) -> Pulse {
    let mut pulse = Pulse::default();
    let (kernel, server) = text.split_once(MARK).unwrap_or((text, ""));
    let (ended, open): (Vec<&str>, Vec<&str>) =
        kernel.lines().partition(|line| line.starts_with(ENDED));
    pulse.wires = open.into_iter().filter_map(parse_connection).collect();
    let ended = ended
        .into_iter()
        .filter_map(|line| line.strip_prefix(ENDED));
    pulse.ended = ended
        .filter_map(parse_connection)
        .map(|wire| wire.port)
        .collect();
    let lines: Vec<&str> = server.lines().filter(|line| !line.is_empty()).collect();
    let mut answered = false;
    let mut at = 0;
    while at < lines.len() {
        // Each answer begins with a line of names.
        let rows = match lines[at].split('\t').next() {
            Some("what") => 1,
            Some("Connection_name") => lines.len() - at - 1,
            _ => {
                at += 1;
                continue;
            }
        };
        let end = (at + 1 + rows).min(lines.len());
        for row in batch::table(&lines[at..end]) {
            let column = |name: &str| row.get(name).map_or("", String::as_str);
            match column("what") {
                "waited" => {
                    let micro: u64 = column("b").parse().unwrap_or(0);
                    pulse.waited = Some(Waited {
                        reached: column("a") == "0",
                        milliseconds: micro / 1000,
                    });
                }
                "history" => {
                    answered = true;
                    pulse.history = History {
                        server_id: column("a").parse().unwrap_or(0),
                        binlog_state: column("b")
                            .parse()
                            .unwrap_or_else(|_| BinlogState::default()),
                        binlog_pos: column("c").parse().unwrap_or_else(|_| Position::default()),
                        slave_pos: column("d").parse().unwrap_or_else(|_| Position::default()),
                        written: Vec::new(),
                    };
                }
                _ => pulse.links.push(Link { columns: row }),
            }
        }
        at = end;
    }
    if !answered {
        let error = lines.iter().find(|line| line.starts_with("ERROR"));
        let why = error.or(lines.last()).copied().unwrap_or("it said nothing");
        pulse.unanswered = Some(why.to_owned());
    }
    pulse
}

/// Reads a line of `ss -tinpHO`; connections of other programs are left out.
fn parse_connection(line: &str) -> Option<TcpConnection> {
    if !line.contains("((\"mariadbd\"") && !line.contains("((\"mysqld\"") {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let (address, port) = words.get(3)?.rsplit_once(':')?;
    let field = |name: &str| -> Option<u64> {
        let value = words
            .iter()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix(':'))?;
        value.parse().ok()
    };
    let address = address.trim_matches(['[', ']']);
    // A socket of both families, as systemd's, shows IPv4 so.
    let address = address.strip_prefix("::ffff:").unwrap_or(address);
    Some(TcpConnection {
        address: address.to_owned(),
        port: port.parse().ok()?,
        heard: field("lastrcv").unwrap_or(0),
        acknowledged: field("lastack").unwrap_or(0),
        unacknowledged: words.get(1)?.parse().ok()?,
        retries: field("backoff").unwrap_or(0).try_into().unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ss -tinpHO` on the primary 8 s after the link was cut and a row was written, and on its
    /// replica then (Debian 12).
    const PRIMARY: &str = r#"0      254    172.16.0.10:3306 172.16.0.11:39334 users:(("mariadbd",pid=213,fd=46)) timer:(on,1.308ms,3) ts sack bbr wscale:10,10 rto:1632 backoff:3 rtt:1.602/2.934 ato:40 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:1 bytes_sent:3392 bytes_retrans:1016 bytes_acked:2122 bytes_received:639 segs_out:36 segs_in:32 data_segs_out:35 data_segs_in:13 bbr:(bw:1930666200bps,mrtt:0.006,pacing_gain:2.88672,cwnd_gain:2.88672) send 7230961bps lastsnd:324 lastrcv:454116 lastack:8256 pacing_rate 15047886960bps delivery_rate 1930666664bps delivered:31 app_limited busy:2092ms unacked:1 retrans:1/4 lost:1 rcv_space:14480 rcv_ssthresh:64088 minrtt:0.006 snd_wnd:64512"#;
    const REPLICA: &str = r#"0      0      172.16.0.11:39334 172.16.0.10:3306 users:(("mariadbd",pid=205,fd=53)) timer:(keepalive,112min,0) ts sack bbr wscale:10,10 rto:204 rtt:0.082/0.09 ato:40 mss:1448 bytes_sent:639 lastsnd:452088 lastrcv:6228 lastack:6228 minrtt:0.005"#;

    #[test]
    fn the_kernel_knows_what_was_never_answered() {
        let wire = parse_connection(PRIMARY).unwrap();
        assert_eq!((wire.address.as_str(), wire.port), ("172.16.0.11", 39334));
        assert_eq!((wire.unacknowledged, wire.retries), (254, 3));
        assert_eq!(wire.acknowledged, 8256);
        assert_eq!(super::parse_connection(REPLICA).unwrap().heard, 6228);
        assert!(super::parse_connection(&REPLICA.replace("mariadbd", "php-fpm")).is_none());
        let mapped =
            super::parse_connection(&REPLICA.replace("172.16.0.10:", "[::ffff:172.16.0.10]:"));
        assert_eq!(mapped.unwrap().address, "172.16.0.10");
    }

    #[test]
    fn an_answer_has_what_was_waited_for_and_the_positions() {
        let text = format!(
            "{REPLICA}\n{MARK}\nwhat\ta\tb\nwaited\t-1\t1500512\n\
             what\ta\tb\tc\td\nhistory\t11\t0-10-5\t0-10-5\t0-10-5\n\
             Connection_name\tSlave_IO_Running\tGtid_IO_Pos\n\tYes\t0-10-5\n"
        );
        let pulse = parse(&text);
        let waited = pulse.waited.unwrap();
        assert_eq!((waited.reached, waited.milliseconds), (false, 1500));
        assert_eq!(pulse.history.slave_pos.to_string(), "0-10-5");
        assert_eq!(pulse.links[0].gtid_io_pos(), "0-10-5");
        assert_eq!((pulse.wires.len(), pulse.unanswered), (1, None));
    }

    /// What the replica's server left on its primary when it was stopped (Debian 12).
    #[test]
    fn what_the_other_end_has_closed_is_no_connection() {
        const CLOSED: &str = r#"ended 1      0      172.16.0.10:3306 172.16.0.11:49416 users:(("mariadbd",pid=1102,fd=46))"#;
        let pulse = parse(&format!("{PRIMARY}\n{CLOSED}\n{MARK}\n"));
        assert_eq!(pulse.wires.len(), 1);
        assert_eq!(pulse.ended, [49416]);
    }

    #[test]
    fn a_server_that_is_gone_says_so() {
        let pulse = parse(&format!("{MARK}\nERROR 2002 (HY000): Can't connect\n"));
        assert_eq!(
            pulse.unanswered.as_deref(),
            Some("ERROR 2002 (HY000): Can't connect")
        );
    }

    #[test]
    fn an_empty_position_is_never_waited_for() {
        let mut ask = PulseAsk {
            client: "mariadb".to_owned(),
            reach: Some(Position::default()),
            ..PulseAsk::default()
        };
        assert!(!script(&ask).contains("MASTER_GTID_WAIT"));
        ask.reach = "0-10-4".parse().ok();
        assert!(script(&ask).contains("MASTER_GTID_WAIT('0-10-4', 1.5)"));
    }
}
