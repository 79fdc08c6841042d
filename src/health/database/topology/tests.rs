use super::super::tests::{facts, told};
use super::*;

const RELEASES: [&str; 2] = ["bookworm", "trixie"];

#[test]
fn two_hosts_that_call_themselves_alike_are_two() {
    for release in RELEASES {
        for state in ["well", "well-primary"] {
            let mut facts = facts(release, state);
            let own = facts.host.clone();
            for said in facts.database_hosts.values_mut() {
                said.host.clone_from(&own);
            }
            facts.add(Facts::default());
            let topology = Topology::of_facts(&facts);
            let names: Vec<&str> = topology.servers.iter().map(|server| server.name).collect();
            assert_eq!(names.len(), 2, "{release} {state}: {names:?}");
            assert_ne!(names[0], names[1], "{release} {state}");
            let edge = &topology.edges[0];
            assert_eq!(edge.primary, Some(1 - edge.replica), "{release} {state}");
            let all = told(&facts);
            let [(false, what, _)] = all.as_slice() else {
                panic!("{release} {state}: {all:#?}");
            };
            let told = format!("{} calls itself {own}, as another host does", names[1]);
            assert_eq!(*what, told, "{release} {state}");
            // The same host under another name is still one.
            let twice = facts.database.clone().unwrap();
            facts.database_hosts.insert("alias".to_owned(), twice);
            facts.add(Facts::default());
            assert_eq!(
                Topology::of_facts(&facts).servers.len(),
                2,
                "{release} {state}"
            );
        }
    }
}

#[test]
fn a_replica_whose_session_has_the_own_name_is_asked_by_its_account() {
    for release in RELEASES {
        let mut said = facts(release, "well-primary").database.unwrap();
        let before = others(&said);
        for session in &mut said.sessions {
            if let Some((_, port)) = session.host.rsplit_once(':') {
                session.host = format!("{}:{port}", said.host);
            }
        }
        let asked = others(&said);
        assert_eq!(asked, ["172.16.0.11"], "{release}: before {before:?}");
        said.accounts.clear();
        assert_eq!(others(&said), [said.host.clone()], "{release}");
    }
}

#[test]
fn the_other_ends_are_those_of_links_sessions_and_accounts() {
    for release in RELEASES {
        let here = facts(release, "well").database.unwrap();
        assert_eq!(others(&here), ["172.16.0.10"]);
        let mut here = facts(release, "well-primary").database.unwrap();
        // Its session accounts for its account.
        assert_eq!(others(&here), ["serv2"]);
        let mut second = here
            .accounts
            .iter()
            .find(|a| a.host == "172.16.0.11")
            .unwrap()
            .clone();
        second.host = "172.16.0.13".to_owned();
        here.accounts.push(second);
        assert_eq!(others(&here), ["serv2", "172.16.0.11", "172.16.0.13"]);
        // A word that is none for ssh.
        here.sessions
            .iter_mut()
            .for_each(|s| s.host = "-oProxyCommand=x y:1".to_owned());
        assert_eq!(others(&here), ["172.16.0.11", "172.16.0.13"]);
    }
}
