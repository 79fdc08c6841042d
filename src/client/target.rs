//! What is asked.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A page: a status below 400 is a good answer.
    Http {
        /// The host's name or address.
        host: String,
        /// The port.
        port: u16,
        /// The path with its query.
        path: String,
    },
    /// A port that takes connections.
    Tcp {
        /// The host's name or address.
        host: String,
        /// The port.
        port: u16,
    },
    /// A host, whatever it serves: one that refuses a connection is there.
    Address(IpAddr),
}

/// A port that nobody serves; whoever has the address says so at once.
const DISCARD: u16 = 9;

/// The port of a MariaDB server.
const MARIADB: u16 = 3306;

impl Target {
    /// Returns where its connections go.
    ///
    /// # Errors
    /// When its name is not known.
    pub fn socket(&self) -> std::io::Result<SocketAddr> {
        let (host, port) = match self {
            Target::Http { host, port, .. } | Target::Tcp { host, port } => (host.as_str(), *port),
            Target::Address(ip) => return Ok((*ip, DISCARD).into()),
        };
        let unknown = || std::io::Error::other(format!("{host} has no address"));
        (host, port).to_socket_addrs()?.next().ok_or_else(unknown)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let bare = |host: &str| match host.contains(':') {
            true => format!("[{host}]"),
            false => host.to_owned(),
        };
        match self {
            Target::Http {
                host,
                port: 80,
                path,
            } => write!(f, "http://{}{path}", bare(host)),
            Target::Http { host, port, path } => write!(f, "http://{}:{port}{path}", bare(host)),
            Target::Tcp { host, port } => write!(f, "tcp://{}:{port}", bare(host)),
            Target::Address(ip) => write!(f, "{ip}"),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Target, String> {
        if let Ok(ip) = text.parse() {
            return Ok(Target::Address(ip));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(format!(
                "{text} is no target: http://172.16.0.12/, tcp://172.16.0.12:443 or 172.16.0.12"
            ));
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = split_port(authority)?;
        if path.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("a path has no blanks: write %20".to_owned());
        }
        match (scheme, port) {
            ("http", port) => Ok(Target::Http {
                host,
                port: port.unwrap_or(80),
                path: path.to_owned(),
            }),
            // It would block this host.
            ("tcp", Some(MARIADB)) => Err(format!(
                "a MariaDB server blocks who connects 100 times without a word (max_connect_errors): ask {host} alone"
            )),
            ("tcp", Some(port)) => Ok(Target::Tcp { host, port }),
            ("tcp", None) => Err(format!("which port of {host}? tcp://{host}:PORT")),
            ("https", port) => Err(format!(
                "what is behind TLS is asked for its connection: tcp://{host}:{}",
                port.unwrap_or(443)
            )),
            (other, _) => Err(format!("{other} is not known: http or tcp")),
        }
    }
}

fn split_port(authority: &str) -> Result<(String, Option<u16>), String> {
    let number = |port: &str| {
        port.parse()
            .map_err(|_| format!("{port} is no port: 1 to 65535"))
    };
    let (host, port) = match authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let host = crate::names::host(host).map_err(|error| error.to_string())?;
    Ok((host, port.map(number).transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_written_as_it_is_read() {
        for text in [
            "http://172.16.0.12/",
            "http://172.16.0.12:8080/status?a=b",
            "http://[fd00::1]/",
            "tcp://172.16.0.12:8443",
            "tcp://[fd00::1]:443",
            "172.16.0.12",
            "fd00::1",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        let page: Target = "http://web".parse().unwrap();
        assert_eq!(page.to_string(), "http://web/");
    }

    #[test]
    fn what_is_no_target_is_told_with_what_would_be() {
        for (text, said) in [
            ("web", "http://172.16.0.12/"),
            ("https://web/", "tcp://web:443"),
            ("tcp://web", "tcp://web:PORT"),
            ("tcp://172.16.0.12:3306", "ask 172.16.0.12 alone"),
            ("ftp://web", "http or tcp"),
            ("http://web:99999/", "1 to 65535"),
            ("http://-x/", "begins with"),
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
