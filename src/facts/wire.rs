//! What answers for an address on the wire.

use crate::facts::tool;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;

/// The use of an address, as the wire tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressUse {
    /// Nothing.
    Free,
    /// Something: its hardware address when it is known.
    Used {
        /// The hardware address, or an empty text.
        by: String,
    },
    /// The wire could not be asked.
    Unknown {
        /// Why.
        why: String,
    },
}

/// `arping -w 1` itself ends after a second.
pub const ARPING: Duration = Duration::from_secs(4);

/// Asks the wire. `-w 1` sends two probes, whatever `-c` says (iputils 20221126 and 20240905).
pub fn arping(address: IpAddr, interface: &str) -> AddressUse {
    let address = address.to_string();
    let argv = [
        "arping", "-D", "-c", "3", "-w", "1", "-I", interface, &address,
    ];
    match tool::read(&argv, ARPING) {
        Err(error) => AddressUse::Unknown {
            why: error.to_string(),
        },
        // Exit status 1 means an answer, but also a bad option: only a named reply counts.
        Ok(output) => match output
            .stdout
            .lines()
            .find(|line| line.contains("reply from"))
        {
            Some(line) => {
                let by = line.split(['[', ']']).nth(1).unwrap_or_default().to_owned();
                AddressUse::Used { by }
            }
            None if output.code == Some(0) => AddressUse::Free,
            None => AddressUse::Unknown {
                why: output.first_line(),
            },
        },
    }
}

/// Sends two pings, each with a second for its answer.
pub fn ping(address: IpAddr) -> AddressUse {
    let address = address.to_string();
    match tool::read(&["ping", "-n", "-c", "2", "-W", "1", &address], ARPING) {
        Err(error) => AddressUse::Unknown {
            why: error.to_string(),
        },
        // iputils ends with 1 where nothing answered, and with 2 where it could not ask.
        Ok(output) => match output.code {
            Some(0) => AddressUse::Used { by: String::new() },
            Some(1) => AddressUse::Free,
            _ => AddressUse::Unknown {
                why: output.first_line(),
            },
        },
    }
}
