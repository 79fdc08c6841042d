//! What a refusal says to type instead, from recorded facts: all that was typed, and one thing in it
//! another.

use crate::facts::Facts;
use crate::plan::Guard;
use crate::trial::{RELEASES, facts, here, refusal, there};

/// Returns the commands that a refusal of these words names.
fn named(words: &str, facts: &Facts) -> Vec<String> {
    let text = refusal(words, facts);
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    lines.map(|(_, command)| command.to_owned()).collect()
}

fn names(words: &str, facts: &Facts, command: &str) {
    let named = named(words, facts);
    assert!(
        named.iter().any(|one| one == command),
        "{words}: {named:#?}"
    );
}

#[test]
fn an_address_keeps_its_name_its_label_and_what_it_goes_with() {
    for release in RELEASES {
        let facts = facts(release, "everywhere");
        names(
            "vip add 10.9.9.9/24 --name far --label FAR --with apache2",
            &facts,
            "bascule vip add 10.9.9.9/24 --name far --label FAR --with apache2 --nic INTERFACE",
        );
        names(
            "vip add 172.16.0.70/24 --label much-too-long --monitor 5s",
            &facts,
            "bascule vip add 172.16.0.70/24 --label VIP --monitor 5s",
        );
    }
}

#[test]
fn a_service_keeps_its_name_and_how_it_is_looked_at() {
    for release in RELEASES {
        let facts = facts(release, "bare");
        names(
            "web add apach2 --name site --everywhere",
            &facts,
            "bascule web add apache2 --name site --everywhere",
        );
        names(
            "web add apache2 --status-url http://127.0.0.1/s --monitor 5s",
            &facts,
            "bascule web add apache2 --status-url http://127.0.0.1/s --monitor 5s --agent ocf:heartbeat:apache",
        );
    }
}

#[test]
fn a_group_gets_the_members_that_it_has_and_keeps_how_often_they_may_fail() {
    for release in RELEASES {
        names(
            "web group servweb serviceWeb --failures 3",
            &facts(release, "grouped"),
            "bascule web group servweb IPFailover serviceWeb --failures 3",
        );
    }
}

#[test]
fn a_cluster_keeps_its_name_and_its_other_nodes() {
    for release in RELEASES {
        let mut facts = facts(release, "fresh");
        names(
            "cluster init --name web --node one=172.16.0.10 --node serv2=172.16.0.11",
            &facts,
            "bascule cluster init --name web --node serv1=172.16.0.10 --node serv2=172.16.0.11",
        );
        names(
            "cluster init --name web --node serv2=172.16.0.11",
            &facts,
            "bascule cluster init --name web --node serv2=172.16.0.11 --node serv1=ADDRESS",
        );
        facts.peers.get_mut("serv2").unwrap().host = "two".to_owned();
        names(
            "cluster init --name web --node serv1=172.16.0.10 --node serv2=172.16.0.11",
            &facts,
            "bascule cluster init --name web --node serv1=172.16.0.10 --node two=172.16.0.11",
        );
    }
}

#[test]
fn a_replica_keeps_its_databases_its_account_and_its_address() {
    for release in RELEASES {
        let mut facts = facts(release, "db-replica");
        names(
            "db replicate 172.16.0.10 --database site1 --user other --reseed",
            &facts,
            "bascule db replicate 172.16.0.10 --database site1 --user other --reseed --lock-tables",
        );
        names(
            "db replicate 172.16.0.10 --password-file /root/none --database site1",
            &facts,
            "bascule db replicate 172.16.0.10 --database site1",
        );
        let position = there(&mut facts, "172.16.0.10").position.as_mut().unwrap();
        position.do_db = "site1".to_owned();
        let primary = there(&mut facts, "172.16.0.10");
        let mut other = primary.databases[0].clone();
        other.name = "other".to_owned();
        primary.databases.push(other);
        names(
            "db replicate 172.16.0.10 --database other --user me --database site1",
            &facts,
            "bascule db replicate 172.16.0.10 --user me --database site1",
        );
        there(&mut facts, "172.16.0.10").unreachable = Some("ssh: No route to host".to_owned());
        // The file has its own databases and account.
        names(
            "db replicate 172.16.0.10 --database site1 --user me --address 172.16.0.11 --lock-tables",
            &facts,
            "bascule db replicate --address 172.16.0.11 --bundle FILE",
        );
    }
}

#[test]
fn a_file_for_a_replica_keeps_where_it_goes_and_for_whom() {
    for release in RELEASES {
        let mut facts = facts(release, "db-pair");
        names(
            "db export /root/b --user nobody --lock-tables",
            &facts,
            "bascule db export /root/b --user nobody --lock-tables --replica ADDRESS",
        );
        // As one answers whose account lets the replica in.
        let server = here(&mut facts);
        let address = "172.16.0.11".parse().unwrap();
        let guard: Guard =
            crate::replication::guards::nobody_is_in(server, "replication_user", address, "");
        facts
            .guards
            .insert(guard.key(), Ok("172.16.0.11".to_owned()));
        let again = named("db export /root/b --lock-tables", &facts);
        let with_another = "bascule db export /root/b --lock-tables --replica 172.16.0.11 --user replication_user2";
        assert!(again.iter().any(|one| one == with_another), "{again:#?}");
    }
}
