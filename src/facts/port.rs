//! Whether anything takes a connection at a port of another host.

use serde::{Deserialize, Serialize};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The result of a connection to a port, which is closed again without a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Port {
    /// Somebody took it.
    Open,
    /// Nobody did: refused, no route, no answer in time, no such name.
    Closed {
        /// In the system's words.
        why: String,
    },
}

/// A host that is up answers at once; one that is gone never does.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks one port.
pub(super) fn ask(host: &str, port: u16) -> Port {
    let closed = |error: std::io::Error| Port::Closed {
        why: match error.kind() {
            std::io::ErrorKind::TimedOut => {
                format!("no answer within {} s", PATIENCE.as_secs())
            }
            _ => error.to_string(),
        },
    };
    let addresses = match (host, port).to_socket_addrs() {
        Ok(addresses) => addresses,
        Err(error) => return closed(error),
    };
    let mut last = Port::Closed {
        why: format!("{host} has no address"),
    };
    for address in addresses {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Port::Open,
            Err(error) => last = closed(error),
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_open_while_somebody_listens() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(ask("127.0.0.1", port), Port::Open);
        drop(listener);
        assert!(matches!(ask("127.0.0.1", port), Port::Closed { why } if why.contains("refused")));
    }
}
