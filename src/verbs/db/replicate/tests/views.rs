//! Views that a dump stops at.

use super::*;

#[test]
fn a_view_that_a_dump_stops_at_is_refused_before_anything_is_done() {
    let broken = |server: &mut crate::facts::DatabaseServer| {
        server.broken_views.push(crate::facts::database::View {
            database: "site1".to_owned(),
            name: "v".to_owned(),
        });
    };
    let says = "since what they are made of is gone (error 1356): site1.v";
    let text = refused(WORDS, |facts| broken(here(facts)));
    assert!(text.contains("these views on serv2"), "{text}");
    assert!(text.contains(says), "{text}");
    assert!(
        text.contains("mariadb -e 'SET sql_log_bin=0; DROP VIEW `site1`.`v`'"),
        "{text}"
    );
    let text = refused(WORDS, |facts| broken(there(facts, PRIMARY)));
    assert!(text.contains("these views on serv1"), "{text}");
    assert!(text.contains("ssh root@172.16.0.10"), "{text}");
    assert!(!text.contains("sql_log_bin"), "{text}");
    // Where nothing is dumped it is no matter.
    let mut facts = replica("bookworm");
    broken(here(&mut facts));
    assert!(plan("db replicate 172.16.0.10", &facts).is_ok());
}
