//! What a host wrote down: the lines of corosync's and Pacemaker's own logs since a moment, by one command.
//!
//! The host itself leaves out the lines in which none of the asked words stands, and counts them: a day of
//! `pacemaker.log` is megabytes, and what means something is some hundred lines of it. The log files come first,
//! which have milliseconds and Pacemaker's `info` lines (Debian 12 and 13); the journal tells what systemd saw
//! of the services, and stands in for a file that is not there.

use super::peer::{self, Ask};
use super::tool;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The question what a host wrote down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordsAsk {
    /// Its name, as the cluster has it.
    pub name: String,
    /// Its addresses, where another host is asked; none for this one.
    pub addresses: Option<Vec<String>>,
    /// Since when.
    pub since: Timestamp,
    /// The words of which one must stand in a line.
    pub words: Vec<String>,
    /// Whether its bascule is asked for its journal.
    pub operations: bool,
}

/// What a host wrote down since a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRecords {
    /// Its name, as the cluster has it.
    pub host: String,
    /// Why it could not be asked, in ssh's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable: Option<String>,
    /// The lines in which one of the words stands, each source's in its order.
    pub lines: Vec<RecordLine>,
    /// How many lines there were besides.
    pub rest: u64,
    /// The logs that were not read, or not all the way back.
    pub gaps: Vec<Gap>,
    /// The boots since the moment.
    pub boots: Vec<Boot>,
    /// How far its clock is ahead of this host's, in milliseconds, as closely as that can be told.
    #[serde(default)]
    pub ahead: i64,
    /// Its bascule's journal, as `history -o json` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<String>,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLine {
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it: `corosync`, `pacemaker-controld`, `systemd`.
    pub program: String,
    /// Its text, without the level and without what Pacemaker puts behind a bar for its developers.
    pub text: String,
}

/// A log that was not read as far back as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gap {
    /// There is no such file; the journal was read instead.
    NoFile(String),
    /// The file begins later than what was asked for.
    Begins(String, Timestamp),
    /// The host keeps its journal in memory: what it had before the last boot is gone.
    Volatile,
    /// The journal could not be read.
    NoJournal(String),
}

/// A boot of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// The first entry of its journal.
    pub at: Timestamp,
    /// The last entry of the boot before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Timestamp>,
}

/// A day of records is read in some tenths of a second; a host that hangs must not hang us.
const RECORDS: Duration = Duration::from_secs(10);

/// A log that begins so much later than what was asked for was not there before.
const BEGINS: SignedDuration = SignedDuration::from_secs(1);

/// Reads what a host wrote down.
pub fn read(ask: &RecordsAsk) -> HostRecords {
    let script = script(ask);
    let begun = Timestamp::now();
    let answer = match &ask.addresses {
        None => tool::read(&["sh", "-c", &script], RECORDS)
            .map(|output| output.stdout)
            .map_err(|error| error.to_string()),
        Some(addresses) => {
            let peer = peer::ask(&Ask {
                host: ask.name.clone(),
                addresses: addresses.clone(),
                lines: vec![script.clone()],
                ..Ask::default()
            });
            match peer.unreachable {
                Some(why) => Err(why),
                None => Ok(peer.said.get(&script).cloned().unwrap_or_default()),
            }
        }
    };
    match answer {
        Ok(text) => parse(&text, ask, (begun, Timestamp::now())),
        Err(why) => HostRecords {
            host: ask.name.clone(),
            unreachable: Some(why),
            ..HostRecords::default()
        },
    }
}

/// Returns the script that prints what a host wrote down: parts, each behind a line that begins with `@`, as no
/// line of a log does.
pub fn script(ask: &RecordsAsk) -> String {
    let words: String = ask.words.iter().map(|word| format!("{word}\n")).collect();
    let operations = match ask.operations {
        true => {
            "command -v bascule >/dev/null && echo '@operations' && bascule history --last 1000 -o json"
        }
        false => "true",
    };
    let since = ask.since.as_second();
    include_str!("records.sh")
        .replace("{since}", &since.to_string())
        .replace("{words}\n", &words)
        .replace("{operations}", operations)
}

/// Parses what the script printed, between these two moments of this host's clock.
pub fn parse(text: &str, ask: &RecordsAsk, (begun, ended): (Timestamp, Timestamp)) -> HostRecords {
    let mut records = HostRecords {
        host: ask.name.clone(),
        ..HostRecords::default()
    };
    let mut clock = Clock {
        now: ended,
        zone: TimeZone::UTC,
    };
    let (mut part, mut argument) = ("", "");
    for line in text.lines() {
        if let Some(mark) = line.strip_prefix('@') {
            (part, argument) = mark.split_once(' ').unwrap_or((mark, ""));
            match part {
                "now" => {
                    if let Ok(now) = argument.parse() {
                        clock.now = now;
                        records.ahead = ahead(now, begun, ended);
                    }
                }
                "zone" => clock.zone = zone(argument).unwrap_or(clock.zone),
                "count" => records.rest += argument.parse::<u64>().unwrap_or(0),
                "missing" => records.gaps.push(Gap::NoFile(argument.to_owned())),
                "volatile" => records.gaps.push(Gap::Volatile),
                _ => {}
            }
            continue;
        }
        match part {
            "first" => {
                if let Some((at, _)) = clock.stamp(line)
                    && at > ask.since + BEGINS
                {
                    records.gaps.push(Gap::Begins(argument.to_owned(), at));
                }
            }
            "file" => records.lines.extend(file_line(line, &clock)),
            "journal" => records.lines.extend(journal_line(line)),
            "failed" => records.gaps.push(Gap::NoJournal(line.to_owned())),
            "boots" => records.boots = boots(line, ask.since),
            "operations" => records.operations = Some(line.to_owned()),
            _ => {}
        }
    }
    if records.boots.is_empty() {
        // What was in memory is all there.
        records.gaps.retain(|gap| *gap != Gap::Volatile);
    }
    records.lines.retain(|line| line.at >= ask.since);
    let kept = u64::try_from(records.lines.len()).unwrap_or(u64::MAX);
    records.rest = records.rest.saturating_sub(kept);
    records
}

/// Returns how far a clock that showed `now` some time between the two moments is ahead, in milliseconds.
fn ahead(now: Timestamp, begun: Timestamp, ended: Timestamp) -> i64 {
    let by = |moment: Timestamp| now.as_millisecond() - moment.as_millisecond();
    match () {
        () if now > ended => by(ended),
        () if now < begun => by(begun),
        () => 0,
    }
}

/// Returns the time zone of a host: its name in the database, or its offset now.
fn zone(words: &str) -> Option<TimeZone> {
    let (path, offset) = words.rsplit_once(' ')?;
    let named = path
        .split_once("zoneinfo/")
        .and_then(|(_, name)| TimeZone::get(name).ok());
    named.or_else(|| {
        let number: i32 = offset.parse().ok()?;
        let seconds = (number / 100 * 60 + number % 100) * 60;
        Some(Offset::from_seconds(seconds).ok()?.to_time_zone())
    })
}

/// What stamps without a year and without a zone are read by.
struct Clock {
    now: Timestamp,
    zone: TimeZone,
}

impl Clock {
    /// Returns the moment of a stamp such as `Dec 01 04:08:16.527`, and what stands behind it.
    fn stamp<'a>(&self, line: &'a str) -> Option<(Timestamp, &'a str)> {
        let (day, rest) = line.split_at_checked(7)?;
        let rest = rest.trim_start();
        let end = rest.find(' ')?;
        let year = self.now.to_zoned(self.zone.clone()).year();
        let of_year = |year: i16| {
            let text = format!("{year} {day} {}", &rest[..end]);
            let at = jiff::civil::DateTime::strptime("%Y %b %d %H:%M:%S%.f", &text).ok()?;
            Some(at.to_zoned(self.zone.clone()).ok()?.timestamp())
        };
        let mut at = of_year(year)?;
        // The stamp has no year: one that is yet to come is last year's.
        if at > self.now + SignedDuration::from_hours(24) {
            at = of_year(year - 1)?;
        }
        Some((at, &rest[end + 1..]))
    }
}

/// Reads a line of corosync.log or pacemaker.log.
fn file_line(line: &str, clock: &Clock) -> Option<RecordLine> {
    let (at, rest) = clock.stamp(line)?;
    if rest.starts_with('[') {
        // [211] serv1 corosync notice  [TOTEM ] A processor failed …
        let mut words = rest.splitn(4, ' ');
        let program = words.nth(2)?;
        let (_, text) = words.next()?.split_once("] ")?;
        return Some(RecordLine {
            at,
            program: program.to_owned(),
            text: text.trim_end().to_owned(),
        });
    }
    // serv1 pacemaker-controld  [227] (do_state_transition) <tab>notice: State transition … | input=…
    let (head, text) = rest.split_once('\t')?;
    let program = head.split_whitespace().nth(1)?;
    let program = program.split('[').next().unwrap_or(program);
    let (_, text) = text.split_once(": ")?;
    let text = match text.rsplit_once(" | ") {
        Some((text, _)) => text,
        // 2.1.5 forgets the blank before the bar here and there.
        None => text.rsplit_once("| ").map_or(text, |(text, _)| text),
    };
    Some(RecordLine {
        at,
        program: program.to_owned(),
        text: text.trim_end().to_owned(),
    })
}

/// Reads a line of `journalctl -o short-unix`.
fn journal_line(line: &str) -> Option<RecordLine> {
    let (at, rest) = line.split_once(' ')?;
    let (_, rest) = rest.split_once(' ')?;
    let (program, text) = rest.split_once(": ")?;
    let program = program.split('[').next().unwrap_or(program);
    let text = text.trim_start();
    let text = match program {
        "corosync" => text.split_once("] ").map_or(text, |(_, text)| text),
        "systemd" | "corosync-qdevice" => text,
        _ => text.split_once(": ").map_or(text, |(_, text)| text),
    };
    Some(RecordLine {
        at: unix(at)?,
        program: program.to_owned(),
        text: text.trim_end().to_owned(),
    })
}

/// Returns the moment of `1796098024.092079`.
fn unix(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.')?;
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Timestamp::from_microsecond(seconds.parse::<i64>().ok()? * 1_000_000 + micros).ok()
}

/// Returns the boots since a moment, from `journalctl --list-boots -o json`.
fn boots(json: &str, since: Timestamp) -> Vec<Boot> {
    #[derive(Deserialize)]
    struct Listed {
        first_entry: i64,
        last_entry: i64,
    }
    let listed: Vec<Listed> = serde_json::from_str(json).unwrap_or_default();
    let moment = |micros: i64| Timestamp::from_microsecond(micros).ok();
    let mut before = None;
    let mut all = Vec::new();
    for boot in &listed {
        if let Some(at) = moment(boot.first_entry).filter(|at| *at >= since) {
            all.push(Boot { at, before });
        }
        before = moment(boot.last_entry);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn parsed(text: &str, since: &str) -> HostRecords {
        let ask = RecordsAsk {
            name: "serv1".to_owned(),
            since: moment(since),
            ..RecordsAsk::default()
        };
        let now = moment("2027-01-02T10:00:00Z");
        parse(text, &ask, (now, now))
    }

    /// The same lines from a file and from the journal, as both releases write them.
    #[test]
    fn a_line_says_the_same_in_a_file_and_in_the_journal() {
        let both = parsed(
            "@now 2027-01-02T10:00:00.000+00:00\n\
             @zone /usr/share/zoneinfo/Etc/UTC +0000\n\
             @file /var/log/corosync/corosync.log\n\
             Jan 02 04:10:41.603 [3812] serv1 corosync info    [KNET  ] link: host: 2 link: 0 is down\n\
             @count 40\n\
             @file /var/log/pacemaker/pacemaker.log\n\
             Jan 02 04:10:46.755 serv1 pacemaker-controld  [120] (log_executor_event) \tnotice: Result of start operation for ip on serv1: OK | graph action confirmed; call=18 key=ip_start_0 rc=0\n\
             Jan 02 04:10:47  IPaddr2(ip)[1862]:    INFO: IP status = ok, IP_CIP=\n\
             @count 2\n\
             @boots\n\
             [{\"index\":0,\"boot_id\":\"84d9\",\"first_entry\":1798700000000000,\"last_entry\":1798830700000000}]\n\
             @journal\n\
             1798863041.603000 serv1 corosync[3812]:   [KNET  ] link: host: 2 link: 0 is down\n\
             1798863046.755000 serv1 pacemaker-controld[120]:  notice: Result of start operation for ip on serv1: OK\n\
             1798863047.250000 serv1 systemd[1]: corosync.service: Main process exited, code=killed, status=9/KILL\n\
             @count 5\n",
            "2027-01-01T00:00:00Z",
        );
        assert_eq!(both.lines[..2], both.lines[2..4]);
        assert_eq!(both.lines[0].program, "corosync");
        assert_eq!(both.lines[0].text, "link: host: 2 link: 0 is down");
        assert_eq!(
            both.lines[1].text,
            "Result of start operation for ip on serv1: OK"
        );
        assert_eq!(both.lines[4].program, "systemd");
        assert_eq!(both.lines.len(), 5);
        // An agent's own line stands in no form that is known.
        assert_eq!(both.rest, 40 + 2 + 5 - 5);
        assert!(both.boots.is_empty() && both.gaps.is_empty());
    }

    #[test]
    fn a_stamp_without_a_year_and_a_zone_is_that_of_the_host() {
        let text = |zone: &str, stamp: &str| {
            format!(
                "@now 2027-01-02T10:00:00.000+00:00\n@zone {zone}\n@file f\n{stamp} [1] serv1 corosync notice  [QUORUM] Members[1]: 1\n"
            )
        };
        for (zone, stamp, expected) in [
            (
                "/usr/share/zoneinfo/Etc/UTC +0000",
                "Dec 31 23:59:59.500",
                "2026-12-31T23:59:59.5Z",
            ),
            (
                "/usr/share/zoneinfo/Europe/Paris +0100",
                "Jan 02 00:30:00.000",
                "2027-01-01T23:30:00Z",
            ),
            // No name that is known: by the offset.
            (
                "/etc/localtime -0530",
                "Jan 01 00:00:00",
                "2027-01-01T05:30:00Z",
            ),
            (
                "/usr/share/zoneinfo/Etc/UTC +0000",
                "Jan  2 09:00:00",
                "2027-01-02T09:00:00Z",
            ),
        ] {
            let read = parsed(&text(zone, stamp), "2026-12-01T00:00:00Z");
            assert_eq!(read.lines[0].at, moment(expected), "{zone} {stamp}");
        }
    }

    #[test]
    fn what_is_not_there_is_a_gap() {
        let read = parsed(
            "@now 2027-01-02T10:00:07.000+00:00\n\
             @zone /usr/share/zoneinfo/Etc/UTC +0000\n\
             @first /var/log/corosync/corosync.log\n\
             Jan 02 04:10:41.603 [1] serv1 corosync notice  [MAIN  ] Corosync Cluster Engine 3.1.7 starting up\n\
             @missing /var/log/pacemaker/pacemaker.log\n\
             @volatile\n\
             @boots\n\
             [{\"index\":0,\"boot_id\":\"84d9\",\"first_entry\":1798863000000000,\"last_entry\":1798863046000000}]\n\
             @failed\n\
             No journal files were found.\n",
            "2027-01-01T10:00:00Z",
        );
        let conf = "/var/log/corosync/corosync.log".to_owned();
        assert_eq!(
            read.gaps,
            [
                Gap::Begins(conf, moment("2027-01-02T04:10:41.603Z")),
                Gap::NoFile("/var/log/pacemaker/pacemaker.log".to_owned()),
                Gap::Volatile,
                Gap::NoJournal("No journal files were found.".to_owned()),
            ]
        );
        assert_eq!(read.ahead, 7000);
        assert_eq!(read.boots.len(), 1);
    }

    /// The script itself, on files that `logrotate` has turned over; it is read by the shell that Debian has.
    #[test]
    fn the_script_reads_what_was_rotated_and_counts_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let now = jiff::Zoned::now();
        let stamp = |ago: i64| {
            let at = &now - SignedDuration::from_mins(ago);
            at.strftime("%b %d %H:%M:%S.000").to_string()
        };
        let line = |ago: i64, text: &str| {
            format!(
                "{} serv1 pacemaker-controld  [1] (f) \tnotice: {text} | x\n",
                stamp(ago)
            )
        };
        let old = line(90, "Quorum lost") + &line(30, "Quorum acquired") + &line(20, "nothing");
        std::fs::write(path("pacemaker.log-1"), old).unwrap();
        let rotated = std::fs::File::options()
            .write(true)
            .open(path("pacemaker.log-1"));
        let before = std::time::SystemTime::now() - Duration::from_secs(60);
        rotated.unwrap().set_modified(before).unwrap();
        std::fs::write(path("pacemaker.log"), line(10, "Quorum lost")).unwrap();
        let ask = RecordsAsk {
            name: "serv1".to_owned(),
            since: (&now - SignedDuration::from_hours(1)).timestamp(),
            words: vec!["Quorum ".to_owned()],
            ..RecordsAsk::default()
        };
        let script = script(&ask)
            .replace("/etc/default/pacemaker", &path("default"))
            .replace("/etc/corosync/corosync.conf", &path("none"))
            .replace("/var/log/pacemaker/pacemaker.log", &path("pacemaker.log"));
        let output = tool::read(&["sh", "-c", &script], RECORDS).unwrap();
        let begun = Timestamp::now();
        let mut read = parse(&output.stdout, &ask, (begun, begun));
        read.lines
            .retain(|line| line.program == "pacemaker-controld");
        let texts: Vec<&str> = read.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            ["Quorum acquired", "Quorum lost"],
            "{}",
            output.stderr
        );
        assert!(read.rest >= 1, "{}", output.stdout);
        assert_eq!(
            read.gaps
                .iter()
                .filter(|gap| matches!(gap, Gap::Begins(..)))
                .count(),
            0
        );
    }
}
