//! Prepared XA transactions, as `XA RECOVER FORMAT='SQL'` prints them.

use super::*;

fn prepare(server: &mut crate::facts::DatabaseServer, xids: &[&str]) {
    server.prepared = xids.iter().map(|xid| (*xid).to_owned()).collect();
}

#[test]
fn what_is_in_no_copy_is_refused_before_anything_is_done() {
    let text = refused(WORDS, |facts| prepare(there(facts, PRIMARY), &["'c'"]));
    assert!(
        text.contains("serv1 has a prepared XA transaction, 'c':"),
        "{text}"
    );
    assert!(text.contains("mariadb -e \"XA COMMIT 'c'\""), "{text}");
    assert!(text.contains("mariadb -e \"XA ROLLBACK 'c'\""), "{text}");
    let two = ["'c'", "X'6127',X'71',3"];
    let text = refused(WORDS, |facts| prepare(there(facts, PRIMARY), &two));
    assert!(
        text.contains("2 prepared XA transactions, 'c' and X'6127',X'71',3:"),
        "{text}"
    );
    assert!(
        text.contains("mariadb -e \"XA COMMIT X'6127',X'71',3\""),
        "{text}"
    );
}

#[test]
fn what_locks_the_replica_is_refused_and_ended_there_unlogged() {
    let text = refused(WORDS, |facts| prepare(here(facts), &["'own'"]));
    assert!(
        text.contains("serv2 has a prepared XA transaction, 'own':"),
        "{text}"
    );
    assert!(
        text.contains("mariadb -e \"SET SESSION sql_log_bin=0; XA ROLLBACK 'own'\""),
        "{text}"
    );
}

#[test]
fn where_nothing_is_copied_they_are_no_matter() {
    let mut facts = replica("bookworm");
    prepare(here(&mut facts), &["'b'"]);
    prepare(there(&mut facts, PRIMARY), &["'b'"]);
    assert!(plan("db replicate 172.16.0.10", &facts).is_ok());
}
