//! Pairs whose ends differ: what a well pair said (`link-well`), with other values, and the plugins that
//! real servers have (`databases/RELEASE/plugins`).

use super::super::tests::{facts, told};
use super::*;
use crate::facts::Facts;
use crate::facts::database::{Account, ForeignTable, Plugin, UserDatabase};

const RELEASES: [&str; 2] = ["bookworm", "trixie"];

/// A pair that is well, seen from the replica, serv2; `primary` and `replica` change the two.
fn pair(
    release: &str,
    primary: impl Fn(&mut DatabaseServer),
    replica: impl Fn(&mut DatabaseServer),
) -> Facts {
    let mut facts = facts(release, "well");
    replica(facts.database.as_mut().unwrap());
    facts.database_hosts.values_mut().for_each(primary);
    facts
}

fn set(name: &'static str, value: &'static str) -> impl Fn(&mut DatabaseServer) {
    move |server| {
        server.variables.insert(name.to_owned(), value.to_owned());
    }
}

#[test]
fn a_pair_that_tells_capitals_apart_at_one_end_alone_loses_rows() {
    for release in RELEASES {
        for (theirs, ours) in [("0", "1"), ("1", "0")] {
            let name = "lower_case_table_names";
            let all = told(&pair(release, set(name, theirs), set(name, ours)));
            let [(true, what, next)] = all.as_slice() else {
                panic!("{release}: {all:#?}");
            };
            assert!(what.contains("are lost without an error"), "{what}");
            let mend = format!(
                "printf '[mariadb]\\n{name} = {theirs}\\n' >>{LAST} && systemctl restart mariadb"
            );
            let again = "bascule db replicate 172.16.0.10 --reseed".to_owned();
            assert_eq!(*next, [mend, again]);
        }
    }
}

#[test]
fn what_can_stop_a_replica_is_told_and_what_waits_for_a_switchover_is_not() {
    for release in RELEASES {
        let large = set("max_allowed_packet", "67108864");
        let all = told(&pair(
            release,
            large,
            set("slave_max_allowed_packet", "16777216"),
        ));
        let whats: Vec<&str> = all.iter().map(|(_, what, _)| what.as_str()).collect();
        assert_eq!(whats.len(), 2, "{whats:#?}");
        assert!(whats[0].starts_with("slave_max_allowed_packet is 16777216 on serv2"));
        assert!(all[0].2[0].ends_with("mariadb -e 'SET GLOBAL slave_max_allowed_packet=67108864'"));
        assert!(whats[1].starts_with("max_allowed_packet is 67108864 on serv1 and 16777216"));
        let engine = pair(release, |_| {}, set("default_storage_engine", "Aria"));
        assert!(told(&engine)[0].1.contains("CREATE TABLE without ENGINE"));
        assert_eq!(told(&pair(release, |_| {}, set("sql_mode", ""))), []);
    }
}

#[test]
fn a_collation_is_set_with_its_character_set() {
    let replica = |server: &mut DatabaseServer| {
        set("character_set_server", "latin1")(server);
        set("collation_server", "latin1_swedish_ci")(server);
    };
    let facts = pair("bookworm", |_| {}, replica);
    let primary = facts.database_hosts.values().next().unwrap();
    let all = unlike(
        primary,
        facts.database.as_ref().unwrap(),
        &|_, _| true,
        true,
    );
    let [one] = all.as_slice() else {
        panic!("{all:#?}");
    };
    assert_eq!(one.verdict, Verdict::AtSwap);
    let mend = one.mend.as_ref().unwrap();
    assert_eq!(
        mend.command,
        format!(
            "printf '[mariadb]\\ncharacter_set_server = utf8mb4\\ncollation_server = utf8mb4_general_ci\\n' \
             >>{LAST} && mariadb -e \"SET GLOBAL collation_server='utf8mb4_general_ci'\""
        )
    );
}

fn plugin(kind: &str, name: &str, library: &str) -> Plugin {
    Plugin {
        name: name.to_owned(),
        kind: kind.to_owned(),
        library: library.to_owned(),
    }
}

#[test]
fn what_the_primary_uses_and_the_replica_does_not_have_is_told_with_how_to_load_it() {
    let innodb = || plugin("STORAGE ENGINE", "InnoDB", "");
    let primary = |server: &mut DatabaseServer| {
        server.plugins = vec![
            innodb(),
            plugin("STORAGE ENGINE", "ARCHIVE", "ha_archive.so"),
            plugin("AUTHENTICATION", "ed25519", "auth_ed25519.so"),
            plugin(
                "ENCRYPTION",
                "file_key_management",
                "file_key_management.so",
            ),
        ];
        server.databases = vec![UserDatabase {
            name: "site1".to_owned(),
            foreign: vec![ForeignTable {
                name: "arc".to_owned(),
                engine: "ARCHIVE".to_owned(),
            }],
            ..UserDatabase::default()
        }];
        server.accounts.push(Account {
            user: "app".to_owned(),
            host: "%".to_owned(),
            plugin: "ed25519".to_owned(),
            ..Account::default()
        });
    };
    let facts = pair("trixie", primary, |server| server.plugins = vec![innodb()]);
    let all = told(&facts);
    let text = format!("{all:#?}");
    for (what, next) in [
        (
            "of the engine ARCHIVE, which serv2 does not have",
            "INSTALL SONAME 'ha_archive'",
        ),
        (
            "serv1 encrypts by file_key_management",
            "key_management /etc/mysql",
        ),
        (
            "app@% on serv1 proves itself by ed25519",
            "INSTALL SONAME 'auth_ed25519'",
        ),
    ] {
        let found = all.iter().find(|(_, is, _)| is.contains(what));
        let (grave, _, is_next) = found.unwrap_or_else(|| panic!("{what}: {text}"));
        assert!(!grave && is_next[0].contains(next), "{text}");
    }
    let same = pair("trixie", primary, primary);
    assert_eq!(told(&same), []);
}
