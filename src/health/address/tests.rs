use super::*;
use crate::facts::Peer;
use crate::health::problems;
use crate::trial::{RELEASES, facts};

/// What `ip -j addr` printed on hosts of Debian 12, the rest of it left out.
fn network(own: &str, flags: &str, held: bool) -> Network {
    let vip = match held {
        true => r#",{"family":"inet","local":"172.16.0.12","prefixlen":24,"scope":"global"}"#,
        false => "",
    };
    crate::facts::parse_network(&format!(
        r#"[{{"ifname":"host0","flags":[{flags}],"operstate":"UP","addr_info":[{{"family":"inet","local":"{own}","prefixlen":24}}{vip}]}}]"#
    ))
    .unwrap()
}

const WELL: &str = r#""BROADCAST","MULTICAST","UP","LOWER_UP""#;
const NO_CABLE: &str = r#""NO-CARRIER","BROADCAST","MULTICAST","UP""#;
const DOWN: &str = r#""BROADCAST","MULTICAST""#;

/// serv1, where IPFailover runs, and serv2.
fn pair(release: &str, here: Network, there: Option<Network>) -> Facts {
    let mut facts = facts(release, "grouped");
    let monitor = facts.monitor.as_ref().unwrap();
    assert_eq!(monitor.places("IPFailover"), ["serv1"]);
    facts.network = Some(here);
    let text = "nodelist {\n  node {\n    name: serv1\n    nodeid: 1\n    ring0_addr: 172.16.0.10\n  }\n  \
                node {\n    name: serv2\n    nodeid: 2\n    ring0_addr: 172.16.0.11\n  }\n}\n";
    let file = crate::facts::FileState::Text(crate::plan::FileContent {
        text: text.to_owned(),
        mode: 0o644,
        uid: 0,
        gid: 0,
    });
    facts.files.insert(crate::facts::COROSYNC_CONF.into(), file);
    let unreachable = there.is_none().then(|| "Permission denied".to_owned());
    let peer = Peer {
        unreachable,
        network: there.unwrap_or_default(),
        ..Peer::default()
    };
    facts.peers.insert("serv2".to_owned(), peer);
    facts
}

fn said(facts: &Facts) -> Vec<String> {
    astray(facts).into_iter().map(|one| one.what).collect()
}

#[test]
fn an_address_is_where_the_cluster_says_or_it_is_told_first() {
    let (own, other) = ("172.16.0.10", "172.16.0.11");
    let on = |flags, held| network(own, flags, held);
    let there = |flags, held| Some(network(other, flags, held));
    for release in RELEASES {
        let well = pair(release, on(WELL, true), there(WELL, false));
        assert_eq!(said(&well), Vec::<String>::new());
        for (here, there, what) in [
            (
                on(WELL, true),
                there(WELL, true),
                "host0 of serv2, and the cluster says that IPFailover runs on serv1: two hosts",
            ),
            (
                on(WELL, false),
                there(WELL, false),
                "runs on serv1, and 172.16.0.12 is on no interface there",
            ),
            (
                on(NO_CABLE, true),
                there(WELL, false),
                "host0 of serv1, which has no link",
            ),
            (
                on(DOWN, true),
                there(WELL, false),
                "host0 of serv1, which is down",
            ),
        ] {
            let facts = pair(release, here, there);
            let all = said(&facts);
            assert!(all.len() == 1 && all[0].contains(what), "{all:?}");
            assert!(problems(&facts)[0].what == all[0] && problems(&facts)[0].grave);
        }
    }
}

#[test]
fn whose_node_does_not_let_us_in_is_looked_for_on_the_wire() {
    for release in RELEASES {
        let ip: IpAddr = "172.16.0.12".parse().unwrap();
        let by = || AddressUse::Used {
            by: "2A:28:FD:D3:28:B0".to_owned(),
        };
        let mut facts = pair(release, network("172.16.0.10", WELL, true), None);
        let asked = needs(&facts);
        assert!(asked.peers.is_empty() && asked.wire == [(ip, "host0".to_owned())]);
        facts.wire.insert(ip, by());
        assert!(said(&facts)[0].contains("another host answers for it as well: 2A:28"));
        facts.wire.insert(ip, AddressUse::Free);
        assert_eq!(said(&facts), Vec::<String>::new());
        // The cluster says that serv2 has it.
        facts.network = Some(network("172.16.0.10", WELL, false));
        for part in &mut facts.monitor.as_mut().unwrap().resources {
            part.nodes = vec!["serv2".to_owned()];
        }
        assert!(said(&facts)[0].contains("runs on serv2, and nothing answers"));
        facts.wire.insert(ip, by());
        assert_eq!(said(&facts), Vec::<String>::new());
    }
}

#[test]
fn what_moves_meanwhile_and_what_is_on_lo_is_not_astray() {
    for release in RELEASES {
        let here = network("172.16.0.10", WELL, false);
        let mut facts = pair(release, here, Some(network("172.16.0.11", WELL, true)));
        assert_eq!(said(&facts).len(), 2);
        assert!(needs(&facts).monitor_again);
        let mut again = facts.monitor.clone().unwrap();
        for part in &mut again.resources {
            part.nodes = vec!["serv2".to_owned()];
        }
        facts.monitor_again = Some(again);
        assert_eq!(said(&facts), Vec::<String>::new());
        // The servers behind a load balancer have its address on lo, where nobody answers for it.
        let mut there = network("172.16.0.11", WELL, true);
        there.interfaces[0].loopback = true;
        let facts = pair(release, network("172.16.0.10", WELL, true), Some(there));
        assert_eq!(said(&facts), Vec::<String>::new());
    }
}
