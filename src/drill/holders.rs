//! Who had an address, from what the kernel of each node said of it.

use super::result::{HeldAddress, HeldTime};
use crate::exec::{Seen, What};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The line by which a node says that it still lives.
pub const ALIVE: &str = ".";

/// Returns the times in which each node had an address.
///
/// A node that says nothing any more has no power: it has the address until its last word.
pub fn holders(address: IpAddr, nodes: &[String], seen: &[Seen], end: f64) -> HeldAddress {
    let mut times = Vec::new();
    for node in nodes {
        let mut since: Option<f64> = None;
        let mut last = None;
        for seen in seen {
            match &seen.what {
                What::Line { of, text } if of == node => {
                    // What ssh says of a host that it has lost is said here.
                    if text == ALIVE || text.contains(" inet") {
                        last = Some(seen.at);
                    }
                    match said(text, address) {
                        Some(true) => since = since.or(Some(seen.at)),
                        Some(false) => times.extend(since.take().map(|from| HeldTime {
                            node: node.clone(),
                            from,
                            to: seen.at,
                        })),
                        None => {}
                    }
                }
                What::Gone { of } if of == node => {
                    let to = last.unwrap_or(seen.at);
                    times.extend(since.take().map(|from| HeldTime {
                        node: node.clone(),
                        from,
                        to,
                    }));
                }
                _ => {}
            }
        }
        times.extend(since.map(|from| HeldTime {
            node: node.clone(),
            from,
            to: end,
        }));
    }
    HeldAddress {
        address,
        overlap: overlap(&times),
        times,
    }
}

/// Returns whether a line says that the address came (true) or went (false); none where it is about something else.
///
/// `ip -o address` and `ip -o monitor address` print `2: host0    inet 172.16.0.12/24 …`, the latter with
/// `Deleted ` before it where the address went.
fn said(line: &str, address: IpAddr) -> Option<bool> {
    let mut words = line.split_whitespace();
    let went = line.starts_with("Deleted ");
    words.find(|word| matches!(*word, "inet" | "inet6"))?;
    let (ip, _) = words.next()?.split_once('/')?;
    let about = ip.parse::<IpAddr>().is_ok_and(|ip| ip == address);
    about.then_some(!went)
}

/// Returns the seconds in which more than one node had it.
fn overlap(times: &[HeldTime]) -> f64 {
    let mut moments: Vec<f64> = times.iter().flat_map(|time| [time.from, time.to]).collect();
    moments.sort_by(f64::total_cmp);
    let mut total = 0.0;
    for pair in moments.windows(2) {
        let middle = f64::midpoint(pair[0], pair[1]);
        let mut nodes: BTreeMap<&str, ()> = BTreeMap::new();
        for time in times
            .iter()
            .filter(|time| time.from <= middle && middle < time.to)
        {
            nodes.insert(&time.node, ());
        }
        if nodes.len() > 1 {
            total += pair[1] - pair[0];
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(172, 16, 0, 12));

    fn line(at: f64, of: &str, text: &str) -> Seen {
        Seen {
            at,
            what: What::Line {
                of: of.to_owned(),
                text: text.to_owned(),
            },
        }
    }

    fn nodes() -> Vec<String> {
        vec!["serv1".to_owned(), "serv2".to_owned()]
    }

    /// As iproute2 6.1 and 6.15 print it.
    const THERE: &str = r"2: host0    inet 172.16.0.12/24 brd 172.16.0.255 scope global secondary host0:VIP\       valid_lft forever preferred_lft forever";

    #[test]
    fn an_address_that_moves_has_one_holder_at_a_time() {
        let gone = format!("Deleted {THERE}");
        let seen = [
            line(1.0, "serv1", THERE),
            line(5.0, "serv1", &gone),
            line(5.25, "serv2", THERE),
        ];
        let held = holders(IP, &nodes(), &seen, 9.0);
        assert_eq!(held.times.len(), 2);
        assert_eq!((held.times[0].from, held.times[0].to), (1.0, 5.0));
        assert_eq!((held.times[1].from, held.times[1].to), (5.25, 9.0));
        assert_eq!(held.overlap, 0.0);
    }

    #[test]
    fn what_two_nodes_have_at_once_is_counted() {
        let seen = [line(1.0, "serv1", THERE), line(5.0, "serv2", THERE)];
        assert_eq!(holders(IP, &nodes(), &seen, 9.0).overlap, 4.0);
    }

    #[test]
    fn a_node_without_power_has_it_until_its_last_word() {
        let gone = Seen {
            at: 8.0,
            what: What::Gone {
                of: "serv1".to_owned(),
            },
        };
        let seen = [
            line(1.0, "serv1", THERE),
            line(3.0, "serv1", ALIVE),
            line(5.0, "serv2", THERE),
            line(7.9, "serv1", "Timeout, server serv1 not responding.\r"),
            gone,
        ];
        let held = holders(IP, &nodes(), &seen, 9.0);
        assert_eq!((held.times[0].to, held.overlap), (3.0, 0.0));
    }

    #[test]
    fn another_address_is_none_of_its_business() {
        let other = THERE.replace("172.16.0.12/", "172.16.0.120/");
        let held = holders(IP, &nodes(), &[line(1.0, "serv1", &other)], 9.0);
        assert_eq!(held.times, []);
    }
}
