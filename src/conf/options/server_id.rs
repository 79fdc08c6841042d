//! The server id of a host, from its address.

use std::net::{IpAddr, Ipv6Addr};

/// The default of every server, so that two unconfigured ones have the same.
const DEFAULT: u32 = 1;

/// Returns the server id for a host with an address: what its last 16 bits are as a number.
///
/// 172.16.0.10 gives 10 and 172.16.1.10 gives 266, so that the ids, which stand in every GTID, stay
/// short and two hosts of one /16 never have the same. An address that would come to 0, which turns
/// replication off, or to 1, the default of a server that nobody configured, gives
/// [`long_server_id`] instead. The id follows from the host's own address alone: it is the same
/// whichever host is set up first.
pub fn server_id(address: IpAddr) -> u32 {
    let [.., high, low] = octets(address);
    let short = u32::from(u16::from_be_bytes([high, low]));
    if short > DEFAULT {
        short
    } else {
        long_server_id(address)
    }
}

/// Returns the server id for a host whose short one another server has already: the whole IPv4
/// address as a number, or 32 bits made of the whole IPv6 address.
///
/// Never equal to a short one, since it is above 65535.
pub fn long_server_id(address: IpAddr) -> u32 {
    let id = match address.to_canonical() {
        IpAddr::V4(v4) => u32::from(v4),
        // FNV-1a, which never changes: an id must be the same in ten years.
        IpAddr::V6(v6) => v6.octets().iter().fold(0x811c_9dc5, |hash: u32, octet| {
            (hash ^ u32::from(*octet)).wrapping_mul(0x0100_0193)
        }),
    };
    if id > u32::from(u16::MAX) {
        id
    } else {
        id | 0x8000_0000
    }
}

/// Returns the server id for a host beside others: the short one unless one of them has it.
pub fn server_id_beside(address: IpAddr, taken: &[u64]) -> u32 {
    let short = server_id(address);
    if taken.contains(&u64::from(short)) {
        long_server_id(address)
    } else {
        short
    }
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => Ipv6Addr::octets(&v6),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(address: &str) -> u32 {
        server_id(address.parse().unwrap())
    }

    #[test]
    fn the_hosts_of_the_notes_have_theirs() {
        assert_eq!((id("172.16.0.10"), id("172.16.0.11")), (10, 11));
        assert_eq!((id("10.0.1.10"), id("10.0.2.10")), (266, 522));
        assert_eq!((id("fd00::a"), id("fd00::b")), (10, 11));
        assert_eq!(id("::ffff:172.16.0.10"), 10);
    }

    #[test]
    fn an_id_is_neither_off_nor_the_default() {
        assert_eq!(id("10.1.0.1"), 0x0a01_0001);
        assert_eq!(id("10.1.0.0"), 0x0a01_0000);
        assert!(id("fd00::1") > 65535);
        assert_ne!(id("fd00::1"), id("fd01::1"));
    }

    #[test]
    fn a_taken_id_gives_way() {
        let address = "10.7.0.10".parse().unwrap();
        assert_eq!(server_id_beside(address, &[1, 11]), 10);
        assert_eq!(server_id_beside(address, &[10]), 0x0a07_000a);
    }

    proptest! {
        #[test]
        fn two_hosts_of_one_network_differ(network in any::<u16>(), one in any::<u16>(), other in any::<u16>()) {
            let host = |host: u16| IpAddr::from((u32::from(network) << 16 | u32::from(host)).to_be_bytes());
            prop_assume!(one != other && network > 0);
            prop_assert_ne!(server_id(host(one)), server_id(host(other)));
        }

        #[test]
        fn a_long_id_is_no_short_one(octets in any::<[u8; 16]>(), v4 in any::<[u8; 4]>()) {
            for address in [IpAddr::from(octets), IpAddr::from(v4)] {
                prop_assert!(long_server_id(address) > 65535);
                prop_assert!(server_id(address) > 1);
            }
        }
    }
}
