//! Who listens at which port of a host, and where a web server's configuration has it listen.

use super::{READING, tool};
use serde::{Deserialize, Serialize};

/// The words of the shell that print both: `ss` first, then each configuration behind a mark.
///
/// `nginx -t` finds no fault with a port that another has (nginx 1.22 and 1.26), nor does Apache's. Both it and
/// `nginx -T` listen themselves for a moment, and a socket whose process has just gone is nobody's: such a
/// one counts where it is still there a moment later.
pub const ASK: &str = "open() { ss -ltnpH --cgroup | tr -s ' '; }; now=$(open); nginx=$(nginx -T 2>/dev/null); \
                       printf '%s\n' \"$now\" | grep 'users:'; \
                       printf '%s\n' \"$now\" | grep -v 'users:' | grep -xF -e \"$(open)\"; \
                       echo '= nginx'; printf '%s\n' \"$nginx\"; \
                       echo '= apache2'; cat /etc/apache2/ports.conf 2>/dev/null";

/// The sockets that programs listen on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// The sockets that are open.
    pub now: Vec<Listener>,
    /// Where a server would listen: its unit and the socket's address.
    pub configured: Vec<(String, ListenAddress)>,
}

/// An open socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Where.
    pub place: ListenAddress,
    /// The process that has it; may be empty.
    pub process: String,
    /// The systemd unit it belongs to; may be empty.
    pub unit: String,
}

/// An address and a port; of all addresses the address is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenAddress {
    /// The address.
    pub address: String,
    /// The port.
    pub port: u16,
}

impl ListenAddress {
    /// Parses `0.0.0.0:80`, `*:80`, `[::]:80` or `80`; none of anything else.
    pub fn parse(text: &str) -> Option<ListenAddress> {
        let (address, port) = text.rsplit_once(':').unwrap_or(("", text));
        let address = address.trim_matches(['[', ']']);
        let address = address.split('%').next().unwrap_or_default();
        let all = matches!(address, "*" | "0.0.0.0" | "::");
        Some(ListenAddress {
            address: if all { "" } else { address }.to_owned(),
            port: port.parse().ok()?,
        })
    }

    /// Returns true when both cannot be had by two servers of one host. Of all addresses of IPv4 and of
    /// IPv6 a server asks for both, one line each, or for IPv6 with IPv4.
    pub fn clashes(&self, other: &ListenAddress) -> bool {
        let same = self.address == other.address;
        self.port == other.port && (same || self.address.is_empty() || other.address.is_empty())
    }
}

impl Listener {
    /// Returns true when it is of this service, whoever started it.
    pub fn is_of(&self, unit: &str) -> bool {
        self.unit == unit || self.process == unit
    }

    /// Returns who it is, for people.
    pub fn owner(&self) -> &str {
        match (self.unit.as_str(), self.process.as_str()) {
            // An agent's own child has Pacemaker's unit.
            ("" | "pacemaker", "") => "something",
            ("" | "pacemaker", process) => process,
            (unit, _) => unit,
        }
    }
}

impl Listening {
    /// Returns where a service listens, or would.
    pub fn addresses_of<'a>(&'a self, unit: &'a str) -> impl Iterator<Item = &'a ListenAddress> {
        let now = self.now.iter().filter(move |one| one.is_of(unit));
        let configured = self.configured.iter().filter(move |(of, _)| of == unit);
        now.map(|one| &one.place)
            .chain(configured.map(|(_, place)| place))
    }
}

/// Reads this host's.
pub fn read() -> Option<Listening> {
    let argv = ["sh", "-c", ASK];
    Some(parse(&tool::read(&argv, READING).ok()?.stdout))
}

/// Parses what [`ASK`] printed.
pub fn parse(text: &str) -> Listening {
    let mut found = Listening::default();
    let mut section = "";
    let mut depth = 0usize;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("= ") {
            section = name;
            continue;
        }
        match section {
            "" => found.now.extend(listener(line)),
            "nginx" => {
                let place = line
                    .strip_prefix("listen")
                    .filter(|rest| rest.starts_with(char::is_whitespace))
                    .and_then(|rest| rest.trim().split([' ', ';', '\t']).next())
                    .and_then(ListenAddress::parse);
                found
                    .configured
                    .extend(place.map(|p| (section.to_owned(), p)));
            }
            _ => {
                // What a module must be there for is not judged.
                if line.starts_with("</") {
                    depth = depth.saturating_sub(1);
                } else if line.starts_with('<') {
                    depth += 1;
                }
                let mut words = line.split_whitespace();
                let is_listen = words
                    .next()
                    .is_some_and(|w| w.eq_ignore_ascii_case("listen"));
                let place = words.next().and_then(ListenAddress::parse);
                let place = place.filter(|_| is_listen && depth == 0);
                found
                    .configured
                    .extend(place.map(|p| (section.to_owned(), p)));
            }
        }
    }
    found
}

/// Parses a line of `ss -ltnpH --cgroup`.
fn listener(line: &str) -> Option<Listener> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let place = ListenAddress::parse(words.get(3)?)?;
    let process = line
        .split_once("((\"")
        .and_then(|(_, rest)| rest.split('"').next());
    let group = words.iter().find_map(|word| word.strip_prefix("cgroup:"));
    let unit = group.and_then(|group| {
        group
            .rsplit('/')
            .find_map(|part| part.strip_suffix(".service"))
    });
    Some(Listener {
        place,
        process: process.unwrap_or_default().to_owned(),
        unit: unit.unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // On Debian 13 with both servers installed, the lines that matter.
    const SAID: &str = r#"LISTEN 0      511      0.0.0.0:80   0.0.0.0:* users:(("apache2",pid=104,fd=3),("apache2",pid=103,fd=3)) cgroup:/system.slice/apache2.service
LISTEN 0      80     127.0.0.1:3306 0.0.0.0:* users:(("mariadbd",pid=64,fd=25)) cgroup:/system.slice/mariadb.service
LISTEN 0      128         [::]:22      [::]:* users:(("sshd",pid=96,fd=7)) cgroup:/system.slice/ssh.service
= nginx
	listen 80 default_server;
	listen [::]:80 default_server;
	listen 127.0.0.1:8080;
	listen unix:/run/nginx.sock;
#	listen 443;
= apache2
Listen 80

<IfModule ssl_module>
	Listen 443
</IfModule>
"#;

    #[test]
    fn a_socket_that_nobody_has_counts_where_it_stays() {
        // As `nginx -T` left one while its process went, beside a kernel's own (nfsd) and sshd's.
        let script = format!(
            "ss() {{\n\
             echo 'LISTEN 0 64  0.0.0.0:2049 0.0.0.0:* cgroup:unreachable:1'\n\
             echo 'LISTEN 0 128 0.0.0.0:22   0.0.0.0:* users:((\"sshd\",pid=9,fd=3)) cgroup:/system.slice/ssh.service'\n\
             test -e \"$seen\" || echo 'LISTEN 0 511 0.0.0.0:8080 0.0.0.0:* cgroup:unreachable:2'\n\
             }}\nnginx() {{ touch \"$seen\"; }}\n{ASK}"
        );
        let folder = tempfile::tempdir().unwrap();
        let said = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("seen", folder.path().join("seen"))
            .output()
            .unwrap();
        let found = parse(&String::from_utf8(said.stdout).unwrap());
        let mut ports: Vec<u16> = found.now.iter().map(|one| one.place.port).collect();
        ports.sort_unstable();
        assert_eq!(ports, [22, 2049]);
    }

    #[test]
    fn who_listens_and_who_would() {
        let said = parse(SAID);
        assert_eq!(said.now.len(), 3);
        assert_eq!(
            (said.now[0].owner(), said.now[0].place.port),
            ("apache2", 80)
        );
        let ports = |unit: &str| said.addresses_of(unit).map(|p| p.port).collect::<Vec<_>>();
        assert_eq!(ports("nginx"), [80, 80, 8080]);
        assert_eq!(ports("apache2"), [80, 80]);
        assert_eq!(ports("mariadb"), [3306]);
    }

    #[test]
    fn two_addresses_of_one_port_do_not_clash() {
        let clash = |one: &str, other: &str| {
            let (one, other) = (
                ListenAddress::parse(one).unwrap(),
                ListenAddress::parse(other).unwrap(),
            );
            one.clashes(&other) && other.clashes(&one)
        };
        assert!(clash("80", "0.0.0.0:80") && clash("*:80", "127.0.0.1:80"));
        assert!(!clash("172.16.0.12:80", "127.0.0.1:80") && !clash("80", "8080"));
    }
}
