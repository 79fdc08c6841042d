//! Where plans keep what they replace: in this host's state folder what is kept on it, in the usual one
//! what is kept on another host, on the way forth, on the way back and in what an undo asks.

use crate::facts::Facts;
use crate::state::StateFolder;
use crate::trial::{RELEASES, facts, here, plan, there};
use serde_json::Value;
use std::path::Path;

const USUAL: &str = "/var/lib/bascule";
const MOVED: &str = "/srv/state";

/// How often the folder is named for this host, and for others.
#[derive(Debug, Default)]
struct Named {
    here: usize,
    elsewhere: usize,
}

/// Plans with the usual folder and with another one, and compares every text of both.
fn named(words: &str, facts: &Facts) -> Named {
    let planned = |facts: &Facts| {
        let plan = plan(words, facts).unwrap_or_else(|refusal| panic!("{words}: {refusal}"));
        serde_json::to_value(plan).unwrap()
    };
    let mut moved = facts.clone();
    here(&mut moved).state = StateFolder::from(Path::new(MOVED));
    let mut named = Named::default();
    compare(&planned(facts), &planned(&moved), false, &mut named);
    named
}

fn compare(usual: &Value, moved: &Value, elsewhere: bool, named: &mut Named) {
    match (usual, moved) {
        (Value::Object(a), Value::Object(b)) => {
            let over_ssh = a.get("argv").is_some_and(|argv| argv[0] == "ssh");
            let elsewhere = match a.get("host") {
                _ if over_ssh => true,
                Some(host) => host.is_string(),
                None => elsewhere,
            };
            assert!(a.keys().eq(b.keys()));
            for (key, value) in a {
                compare(value, &b[key], elsewhere, named);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len());
            for (a, b) in a.iter().zip(b) {
                compare(a, b, elsewhere, named);
            }
        }
        (Value::String(a), Value::String(b)) if elsewhere => {
            named.elsewhere += a.matches(USUAL).count();
            assert_eq!(a, b);
        }
        (Value::String(a), Value::String(b)) => {
            named.here += a.matches(USUAL).count();
            assert_eq!(&a.replace(USUAL, MOVED), b);
        }
        _ => assert_eq!(usual, moved),
    }
}

#[test]
fn what_is_kept_lies_on_this_host_where_it_was_asked_for_and_elsewhere_where_it_always_does() {
    for release in RELEASES {
        let mut stopped = facts(release, "db-replica");
        for thread in ["Slave_IO_Running", "Slave_SQL_Running"] {
            let link = &mut here(&mut stopped).links[0];
            link.columns.insert(thread.to_owned(), "No".to_owned());
        }
        for (words, facts, is_here, is_elsewhere) in [
            // Databases and the link here, the account on the primary.
            (
                "db replicate 172.16.0.10 --database site1 --reseed --lock-tables",
                &stopped,
                true,
                true,
            ),
            // The link here, its account there.
            ("db remove", &facts(release, "link-well"), true, true),
            // Accounts that change here.
            (
                "db replicate 172.16.0.10 --accounts",
                &facts(release, "accounts-otherwise"),
                true,
                false,
            ),
            // Whose place was taken.
            ("db promote", &facts(release, "link-well"), true, false),
            // The new primary is the other host: it knows whose place it took.
            (
                "db promote 172.16.0.11",
                &facts(release, "db-pair"),
                false,
                true,
            ),
            // Binlogs that only this server has, on the way back.
            (
                "db primary --replica 172.16.0.11",
                &facts(release, "db-fresh"),
                true,
                false,
            ),
        ] {
            let named = named(words, facts);
            assert_eq!(
                (named.here > 0, named.elsewhere > 0),
                (is_here, is_elsewhere),
                "{release}: {words}: {named:?}"
            );
        }
    }
}

#[test]
fn what_forgets_a_former_primary_names_the_file_of_the_host_that_it_is_typed_on() {
    let problems = |change: fn(&mut Facts)| {
        let mut facts = facts("bookworm", "db-replica");
        let server = here(&mut facts);
        server.former_primary = Some("172.16.0.10".to_owned());
        server.links.clear();
        let gone = Some("ssh: connect to host 172.16.0.10 port 22: No route to host".to_owned());
        *there(&mut facts, "172.16.0.10") = crate::facts::DatabaseServer {
            unreachable: gone,
            ..crate::facts::DatabaseServer::default()
        };
        change(&mut facts);
        format!("{:?}", crate::health::problems_of_databases(&facts))
    };
    let usual = problems(|_| {});
    assert!(
        usual.contains("rm /var/lib/bascule/former-primary"),
        "{usual}"
    );
    let moved = problems(|facts| here(facts).state = StateFolder::from(Path::new("/srv/my state")));
    assert!(
        moved.contains("rm '/srv/my state/former-primary'"),
        "{moved}"
    );
}
