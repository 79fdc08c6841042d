//! What bind_address must say.

use crate::conf::options::{Effective, OptionFiles, Release};
use std::net::IpAddr;

/// Returns the value of `bind_address` with which the server listens also at an address: all that it
/// listened at before stays, since applications may come in there.
pub fn bind(
    files: &OptionFiles,
    release: Release,
    ours: Option<String>,
    address: IpAddr,
) -> String {
    let theirs = || {
        let Effective { winner, .. } = files.effective(release, "bind_address")?;
        Some(winner.effect())
    };
    // The server's own default, where no file says anything: everywhere.
    let before = ours.or_else(theirs).unwrap_or_default();
    let mut parts: Vec<&str> = before.split(',').map(str::trim).collect();
    if parts.iter().any(|part| reaches(part, address)) {
        return match before.as_str() {
            "" => "*".to_owned(),
            _ => before,
        };
    }
    if parts.iter().any(|part| is_everywhere(part)) {
        // 0.0.0.0 and an IPv6 address, or the other way round.
        return "*".to_owned();
    }
    // A list is taken from 10.11 on.
    if release < Release::new(10, 11) {
        return "0.0.0.0".to_owned();
    }
    let address = address.to_string();
    if !parts.contains(&"127.0.0.1") {
        parts.insert(0, "127.0.0.1");
    }
    parts.push(&address);
    parts.join(",")
}

/// Returns a list of addresses without those of other hosts: the file came here with a copy of the
/// disk of one, and MariaDB listens at an address that no interface has without a word.
pub fn without(value: &str, peers: &[IpAddr]) -> String {
    let is_theirs = |part: &str| part.parse().is_ok_and(|one: IpAddr| peers.contains(&one));
    let left: Vec<&str> = value
        .split(',')
        .map(str::trim)
        .filter(|part| !is_theirs(part))
        .collect();
    match left.is_empty() {
        // The loopback is left, to which `bind` adds this host's own address: others came in at that of the
        // other host, and come in at this one's.
        true => "127.0.0.1".to_owned(),
        false => left.join(","),
    }
}

pub fn is_everywhere(part: &str) -> bool {
    matches!(part, "" | "*" | "0.0.0.0" | "::")
}

/// Returns true when a server bound to this listens at an address.
pub fn reaches(part: &str, address: IpAddr) -> bool {
    match part {
        "" | "*" => true,
        // MariaDB lets IPv4 in as well.
        "::" => true,
        "0.0.0.0" => address.is_ipv4(),
        one => one.parse() == Ok(address),
    }
}
