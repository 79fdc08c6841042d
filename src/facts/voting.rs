//! Who votes: what corosync's tools say of the quorum, of a quorum device and of its certificates.
//!
//! Each is a line for a shell, asked here or on another host, and the parser of its answer.

use std::collections::BTreeMap;

/// The line that prints who votes.
pub const VOTES: &str = "corosync-quorumtool -s";
/// The line that prints how the device's daemon on a node stands to the third host.
pub const DAEMON: &str = "corosync-qdevice-tool -sv";
/// The line that prints the settings of the quorum that the running corosync has.
pub const SETTINGS: &str = "corosync-cmapctl quorum.";
/// The line that prints `failed` where systemd has given up on a node's daemon.
pub const STATE: &str = "systemctl is-failed corosync-qdevice";
/// The line that prints `enabled` where a node's daemon is started at boot.
pub const AT_BOOT: &str = "systemctl is-enabled corosync-qdevice 2>/dev/null";
/// The line that prints which certificates a node has for a device. A certificate is known by its own text: what
/// lies beside the database depends on who made it.
pub const CERTIFICATES: &str = "cd /etc/corosync/qdevice 2>/dev/null || exit 0; echo folder; \
     cd net/nssdb 2>/dev/null || exit 0; echo nssdb; \
     test ! -s qdevice-net-node.p12 || echo p12; \
     ca=$(certutil -L -d . -n \"QNet CA\" -a 2>/dev/null) && echo \"ca $(echo \"$ca\" | sha256sum)\"; \
     certutil -L -d . -n \"Cluster Cert\" 2>/dev/null | sed -n \"s/^ *Subject: .CN=\\(.*\\).$/subject \\1/p\"";
/// The line that prints the same certificate authority on the third host.
pub const AUTHORITY: &str = "cd /etc/corosync/qnetd/nssdb 2>/dev/null || exit 0; \
     ca=$(certutil -L -d . -n \"QNet CA\" -a 2>/dev/null) && echo \"ca $(echo \"$ca\" | sha256sum)\"";

/// Returns the line that prints the same of a file that was carried here from the third host.
pub fn carried_authority(file: &str) -> String {
    let file = crate::plan::shell_line(&[file.to_owned()]);
    format!(
        "ca=$(sed -n \"/^-----BEGIN/,/^-----END/p\" {file} 2>/dev/null) && test -n \"$ca\" && echo \"ca $(echo \"$ca\" | sha256sum)\""
    )
}

/// The port that the third host listens on.
pub const PORT: u16 = 5403;

/// Returns the line that prints `open` where the third host's port is reached.
pub fn reaches(host: &str) -> String {
    format!("timeout 3 bash -c 'exec 3<>/dev/tcp/{host}/{PORT}' && echo open")
}

/// Returns the line that prints which nodes of a cluster the third host serves.
pub fn served(cluster: &str) -> String {
    format!("corosync-qnetd-tool -l -c {cluster}")
}

/// Who votes, as one node sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Votes {
    /// How many votes there would be with all nodes and the device.
    pub expected: u32,
    /// How many there are.
    pub total: u32,
    /// How many are needed.
    pub quorum: u32,
    /// There are enough.
    pub quorate: bool,
    /// `2Node`, `WaitForAll`, `Qdevice` and others.
    pub flags: Vec<String>,
    /// The nodes that are there.
    pub nodes: Vec<VotingNode>,
    /// The votes that the device gives to this side; none where no device was ever started.
    pub device: Option<u32>,
}

/// A node that votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VotingNode {
    /// Its number.
    pub id: u32,
    /// Its votes.
    pub votes: u32,
    /// How its daemon stands to corosync: `A,V,NMW` is alive and voting; none without a device.
    pub device: Option<String>,
}

impl VotingNode {
    /// Returns true when its daemon is alive and votes.
    pub fn casts_the_device_vote(&self) -> bool {
        self.device
            .as_deref()
            .is_some_and(|flags| flags.starts_with("A,V"))
    }

    /// Returns true when its daemon is registered with its corosync.
    pub fn has_daemon(&self) -> bool {
        self.device
            .as_deref()
            .is_some_and(|flags| flags.starts_with("A,"))
    }
}

impl Votes {
    /// Parses what [`VOTES`] prints; none where corosync does not answer.
    pub fn parse(text: &str) -> Option<Votes> {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        let number = |name: &str| -> Option<u32> {
            // `2 Activity blocked` where there are not enough.
            field(name)?.split_whitespace().next()?.parse().ok()
        };
        let mut votes = Votes {
            expected: number("Expected votes")?,
            total: number("Total votes")?,
            quorum: number("Quorum")?,
            quorate: field("Quorate")? == "Yes",
            flags: field("Flags")?
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            ..Votes::default()
        };
        let rows = text
            .lines()
            .skip_while(|line| !line.trim_start().starts_with("Nodeid"));
        for row in rows.skip(1) {
            let mut words = row.split_whitespace();
            let mut next = || words.next().and_then(|word| word.parse::<u32>().ok());
            let (Some(id), Some(count)) = (next(), next()) else {
                continue;
            };
            let flags = words.next().filter(|word| word.contains(','));
            if id == 0 {
                votes.device = Some(count);
            } else {
                votes.nodes.push(VotingNode {
                    id,
                    votes: count,
                    device: flags.map(str::to_owned),
                });
            }
        }
        Some(votes)
    }

    /// Returns true when a flag is set.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|one| one == flag)
    }
}

/// How the device's daemon on a node stands to the third host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Daemon {
    /// The third host with the port, as it is configured.
    pub host: String,
    /// `Connected`, or what keeps it from that.
    pub state: String,
    /// The connection is encrypted, and the node has shown its certificate.
    pub certified: bool,
    /// How long it waits for the third host, in milliseconds.
    pub timeout: Option<u32>,
    /// The same while the membership changes.
    pub sync_timeout: Option<u32>,
    /// What it asks the third host for is to split evenly (`ffsplit`).
    pub splits_evenly: bool,
}

impl Daemon {
    /// Parses what [`DAEMON`] prints; none where no daemon answers.
    pub fn parse(text: &str) -> Option<Daemon> {
        // Each part has a heartbeat interval of its own: the first is the device's.
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        let milliseconds = |name: &str| field(name)?.strip_suffix("ms")?.parse().ok();
        Some(Daemon {
            host: field("QNetd host")?.to_owned(),
            state: field("State").unwrap_or("unknown").to_owned(),
            certified: field("TLS active")
                .is_some_and(|tls| tls.contains("client certificate sent")),
            timeout: milliseconds("HB interval"),
            sync_timeout: milliseconds("Sync HB interval"),
            splits_evenly: field("Algorithm").is_some_and(|name| name.starts_with("Fifty-Fifty")),
        })
    }

    /// Returns true when the third host is reached.
    pub fn is_connected(&self) -> bool {
        self.state == "Connected"
    }
}

/// The certificates that a node has for a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificates {
    /// The folder of the device's daemon is there.
    pub folder: bool,
    /// The folder of its certificates is there.
    pub database: bool,
    /// The sum of the certificate authority's certificate.
    pub authority: Option<String>,
    /// The cluster that its own certificate is made for.
    pub cluster: Option<String>,
    /// The file with certificate and key that other nodes are given is there.
    pub bundled: bool,
}

impl Certificates {
    /// Parses what [`CERTIFICATES`] or [`AUTHORITY`] prints.
    pub fn parse(text: &str) -> Certificates {
        let is = |word: &str| text.lines().any(|line| line == word);
        let word = |name: &str| {
            let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
            rest.split_whitespace().next().map(str::to_owned)
        };
        Certificates {
            folder: is("folder"),
            database: is("nssdb"),
            authority: word("ca "),
            cluster: word("subject "),
            bundled: is("p12"),
        }
    }
}

/// Returns the addresses of the nodes that the third host serves, by what [`served`] prints.
pub fn served_addresses(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("Client address:"))
        .filter_map(|address| {
            let address = address.trim();
            let (host, _port) = address.rsplit_once(':')?;
            let host = host.trim_start_matches('[').trim_end_matches(']');
            Some(host.strip_prefix("::ffff:").unwrap_or(host).to_owned())
        })
        .collect()
}

/// Parses what [`SETTINGS`] prints: `quorum.device.timeout (u32) = 3000`.
pub fn settings(text: &str) -> BTreeMap<String, String> {
    super::runtime::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As both tools print it on Debian 12 and 13, half a second after the first daemon was started.
    const SAID: &str = "\
Quorate:          Yes

Votequorum information
----------------------
Expected votes:   3
Highest expected: 3
Total votes:      3
Quorum:           2  
Flags:            Quorate Qdevice 

Membership information
----------------------
    Nodeid      Votes    Qdevice Name
         1          1    A,V,NMW serv1 (local)
         2          1  NA,NV,NMW serv2
         0          1            Qdevice
";

    #[test]
    fn who_votes_and_whose_daemon_is_dead() {
        let votes = Votes::parse(SAID).unwrap();
        assert_eq!((votes.expected, votes.total, votes.quorum), (3, 3, 2));
        assert!(votes.quorate && votes.has("Qdevice") && !votes.has("2Node"));
        assert_eq!(votes.device, Some(1));
        let voting: Vec<(u32, bool)> = votes
            .nodes
            .iter()
            .map(|node| (node.id, node.casts_the_device_vote()))
            .collect();
        assert_eq!(voting, [(1, true), (2, false)]);
        assert!(!votes.nodes[1].has_daemon());
        let blocked = SAID.replace(
            "Quorum:           2  ",
            "Quorum:           2 Activity blocked",
        );
        assert_eq!(Votes::parse(&blocked).unwrap().quorum, 2);
        let plain = SAID
            .replace("   A,V,NMW serv1", "serv1")
            .replace("         0          1            Qdevice\n", "");
        let plain = Votes::parse(&plain).unwrap();
        assert_eq!(
            (plain.nodes[0].device.as_deref(), plain.device),
            (None, None)
        );
        assert_eq!(Votes::parse("Cannot initialize CMAP service"), None);
    }

    #[test]
    fn the_daemon_and_its_timeouts() {
        let said = "Qdevice information\nHB interval:\t\t3000ms\nSync HB interval:\t6000ms\n\
                    Qdevice-net information\nQNetd host:\t\t172.16.0.13:5403\nHB interval:\t\t2400ms\n\
                    Algorithm:\t\tFifty-Fifty split\nState:\t\t\tConnected\n\
                    TLS active:\t\tYes (client certificate sent)\n";
        let daemon = Daemon::parse(said).unwrap();
        assert_eq!(
            (daemon.timeout, daemon.sync_timeout),
            (Some(3000), Some(6000))
        );
        assert!(daemon.is_connected() && daemon.certified && daemon.splits_evenly);
        assert_eq!(daemon.host, "172.16.0.13:5403");
        let dead = "corosync-qdevice-tool: Can't connect to QDevice socket (is QDevice running?)";
        assert_eq!(Daemon::parse(dead), None);
    }

    #[test]
    fn certificates_and_who_is_served() {
        let said = "folder\nnssdb\np12\nca 761f61  -\nsubject cluster_web";
        let made = Certificates::parse(said);
        assert!(made.folder && made.database && made.bundled);
        assert_eq!(made.authority.as_deref(), Some("761f61"));
        assert_eq!(made.cluster.as_deref(), Some("cluster_web"));
        assert_eq!(Certificates::parse(""), Certificates::default());
        let served = "Cluster \"web\":\n    Node ID 1:\n        Client address:\t\t::ffff:172.16.0.10:33590\n\
                      \x20   Node ID 2:\n        Client address:\t\t[fd00::2]:41528\n";
        assert_eq!(served_addresses(served), ["172.16.0.10", "fd00::2"]);
    }
}
