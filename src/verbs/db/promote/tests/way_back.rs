//! What would refuse the way back is told before.

use super::*;

#[test]
fn what_would_refuse_the_way_back_is_told_before() {
    const BACK: &str = "the way back would be refused: ";
    assert!(!warnings(&promoted(|_| ())).contains(BACK));
    let told = |change: fn(&mut Facts), says: &str, mend: &str| {
        let plan = promoted(change);
        let found = plan.checks.iter().find(|check| check.text.contains(says));
        let check = found.unwrap_or_else(|| panic!("no {says} in {}", warnings(&plan)));
        assert!(check.text.starts_with(BACK), "{}", check.text);
        assert_eq!(check.note.as_deref(), Some(mend));
    };
    told(
        |facts| set(there(facts, PRIMARY), "log_slave_updates", "OFF"),
        "log_slave_updates is off on serv1: serv2 could not go on from its binlog",
        "first, on serv1: bascule db primary",
    );
    told(
        |facts| {
            for listener in &mut there(facts, PRIMARY).listeners {
                listener.address = "127.0.0.1".to_owned();
            }
        },
        "MariaDB on serv1 does not listen on 172.16.0.10:3306: serv2 could not follow it",
        "first, on serv1: /etc/mysql/mariadb.conf.d/99-bascule.cnf",
    );
    told(
        |facts| {
            let position = there(facts, PRIMARY).position.as_mut();
            position.unwrap().do_db = "site1".to_owned();
        },
        "serv1 logs other databases than serv2 does: binlog_do_db is site1 there",
        "first, on serv1: grep -rn binlog_ /etc/mysql",
    );
    // An account that the replica alone has is missing after the way back.
    for release in RELEASES {
        let same = facts(release, "accounts-same");
        let mut facts = facts(release, "db-replica");
        here(&mut facts).rights = same.database.unwrap().rights;
        there(&mut facts, PRIMARY).rights = same.database_hosts[PRIMARY].rights.clone();
        let told = |words: &str, facts: &Facts| warnings(&plan(words, facts).unwrap());
        assert!(!told("db promote", &facts).contains(BACK));
        let holders = &mut there(&mut facts, PRIMARY).rights.holders;
        holders.retain(|one| one.name.user != "app");
        let says = "the way back would be refused: applications could not log in on serv1 as on \
                    serv2 (1045, 1130): app@% (missing)";
        let said = told("db promote", &facts);
        assert!(said.contains(says), "{said}");
        // The undo has the same option then.
        assert!(!told("db promote --without-accounts", &facts).contains(BACK));
    }
}
