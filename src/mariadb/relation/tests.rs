use super::*;
use proptest::prelude::*;

/// A server with a binlog: its id, `gtid_binlog_state` and `gtid_slave_pos`.
pub(in crate::mariadb) fn server(server_id: u32, state: &str, slave_pos: &str) -> History {
    let binlog_state: BinlogState = state.parse().unwrap();
    History {
        server_id,
        binlog_pos: binlog_state.position(),
        binlog_state,
        slave_pos: slave_pos.parse().unwrap(),
        written: Vec::new(),
    }
}

fn gtid(text: &str) -> Gtid {
    text.parse().unwrap()
}

fn gtids(text: &str) -> Vec<Gtid> {
    text.split(',').map(|gtid| gtid.parse().unwrap()).collect()
}

#[test]
fn a_seeded_replica_is_behind_by_what_came_since() {
    // serv2 just loaded the dump: its own binlog is empty.
    let replica = server(11, "", "0-10-3");
    assert_eq!(
        replica.relation_to(&server(10, "0-10-3", "")),
        Relation::Same
    );
    assert_eq!(
        replica.relation_to(&server(10, "0-10-7", "")),
        Relation::Behind(4)
    );
    // And then follows, with log_slave_updates.
    let replica = server(11, "0-10-7", "0-10-7");
    assert_eq!(
        replica.relation_to(&server(10, "0-10-7", "")),
        Relation::Same
    );
}

#[test]
fn empty_positions_are_no_proof() {
    let primary = server(10, "0-10-4", "");
    let fresh = server(11, "", "");
    assert_eq!(
        fresh.relation_to(&primary),
        Relation::Unknown(Doubt::ReplicaEmpty)
    );
    assert_eq!(
        fresh.relation_to(&server(10, "", "")),
        Relation::Unknown(Doubt::ReplicaEmpty)
    );
    // After RESET MASTER the primary takes a replica at 0-10-4: IO and SQL Yes, errno 0 (seen).
    let replica = server(11, "0-10-4", "0-10-4");
    let reset = server(10, "", "");
    assert_eq!(
        replica.relation_to(&reset),
        Relation::Unknown(Doubt::PrimaryEmpty)
    );
    assert!(!replica.relation_to(&reset).may_follow());
    // And when it writes again, before it passes the replica.
    let writing = server(10, "0-10-1", "");
    assert_eq!(
        replica.relation_to(&writing),
        Relation::Ahead(gtids("0-10-4"))
    );
}

#[test]
fn equal_ids_tell_nothing() {
    let relation = server(1, "0-1-4", "").relation_to(&server(1, "0-1-4", ""));
    assert_eq!(relation, Relation::Unknown(Doubt::SameServerId(1)));
}

#[test]
fn a_write_of_its_own_is_seen_before_the_next_event_stops_it() {
    // IO and SQL stay Yes until then, and then it is 1950 (seen).
    let primary = server(10, "0-10-4", "");
    let replica = server(11, "0-10-4,0-11-5", "0-10-4");
    assert_eq!(
        replica.relation_to(&primary),
        Relation::Ahead(gtids("0-11-5"))
    );
    let primary = server(10, "0-10-6", "");
    let relation = replica.relation_to(&primary);
    assert_eq!(
        relation,
        Relation::Diverged {
            extra: gtids("0-11-5"),
            missing: 2,
        }
    );
    assert_eq!(relation.errant(), gtids("0-11-5"));
    assert!(!relation.may_follow());
}

#[test]
fn without_strict_mode_it_is_seen_after_the_next_event_too() {
    let primary = server(10, "0-10-6", "");
    let replica = server(11, "0-11-5,0-10-6", "0-10-6");
    assert_eq!(
        replica.relation_to(&primary),
        Relation::Ahead(gtids("0-11-5"))
    );
    // Two of its own, and the primary's next one with a lower number.
    let replica = server(11, "0-11-6,0-10-5", "0-10-5");
    assert_eq!(
        replica.relation_to(&server(10, "0-10-5", "")),
        Relation::Ahead(gtids("0-11-6"))
    );
}

#[test]
fn a_seed_that_was_logged_is_a_write_of_its_own() {
    // The load without sql_log_bin=0: 0-11-n of the dump, and 1948 or 1950 at once.
    let relation = server(11, "0-11-42", "").relation_to(&server(10, "0-10-1", ""));
    assert_eq!(
        relation,
        Relation::Diverged {
            extra: gtids("0-11-42"),
            missing: 1,
        }
    );
}

#[test]
fn after_a_promote_both_ids_are_on_both() {
    let primary = server(11, "0-10-7786,0-11-7790", "0-10-7786");
    let replica = server(10, "0-10-7786,0-11-7788", "0-11-7788");
    assert_eq!(replica.relation_to(&primary), Relation::Behind(2));
    // MASTER_DEMOTE_TO_SLAVE just set its slave position to its own last write.
    let demoted = server(10, "0-10-7786", "0-10-7786");
    assert_eq!(demoted.relation_to(&primary), Relation::Behind(4));
    // And back again.
    let primary = server(10, "0-11-7790,0-10-7791", "0-11-7790");
    let replica = server(11, "0-11-7790,0-10-7791", "0-10-7791");
    assert_eq!(replica.relation_to(&primary), Relation::Same);
}

#[test]
fn what_came_from_a_primary_since_it_was_read_is_not_too_much() {
    // A promotion cut short under a client that writes on serv2, which was read first.
    let primary = server(11, "0-10-7786,0-11-7790", "0-10-7786");
    let replica = server(10, "0-10-7786,0-11-7794", "0-11-7794");
    assert_eq!(
        replica.relation_to(&primary),
        Relation::Ahead(gtids("0-11-7794"))
    );
    assert_eq!(replica.relation_to_earlier(&primary), Relation::Same);
    assert_eq!(replica.domains_of(11), [0]);
    // Nothing of it had come there before, and in another domain.
    let replica = server(10, "0-10-7786,0-11-7794,3-11-2", "0-11-7794,3-11-2");
    let fresh = server(11, "0-10-7786", "0-10-7786");
    assert_eq!(replica.relation_to_earlier(&fresh), Relation::Same);
    assert_eq!(replica.domains_of(11), [0, 3]);
    // A write of its own stays one, whatever came since.
    let wrote = server(10, "0-11-7794,0-10-7795", "0-11-7794");
    for earlier in [&primary, &fresh] {
        assert_eq!(
            wrote.relation_to_earlier(earlier).errant(),
            gtids("0-10-7795")
        );
    }
    // And so does what has a third origin, which the primary need not have.
    let third = server(10, "0-10-7786,0-11-7794,0-12-7795", "0-12-7795");
    assert_eq!(
        third.relation_to_earlier(&primary).errant(),
        gtids("0-12-7795")
    );
    // A binlog that was reset proves nothing in any order.
    assert_eq!(
        replica.relation_to_earlier(&server(11, "", "")),
        Relation::Unknown(Doubt::PrimaryEmpty)
    );
}

#[test]
fn a_root_session_that_committed_during_the_freeze_is_found() {
    // 0-10-28506 appeared on the demoted server (seen).
    let primary = server(11, "0-10-28505,0-11-28510", "0-10-28505");
    let old = server(10, "0-10-28506", "0-10-28505");
    assert_eq!(
        old.relation_to(&primary),
        Relation::Diverged {
            extra: gtids("0-10-28506"),
            missing: 5,
        }
    );
}

#[test]
fn a_primary_that_died_may_hold_what_its_successor_never_got() {
    let old = server(10, "0-10-104", "");
    let successor = server(11, "0-10-100", "0-10-100");
    assert_eq!(
        old.relation_to(&successor),
        Relation::Ahead(gtids("0-10-104"))
    );
    assert_eq!(successor.relation_to(&old), Relation::Behind(4));
    let successor = server(11, "0-10-100,0-11-110", "0-10-100");
    assert_eq!(
        old.relation_to(&successor),
        Relation::Diverged {
            extra: gtids("0-10-104"),
            missing: 10,
        }
    );
    assert_eq!(
        server(10, "0-10-100", "").relation_to(&successor),
        Relation::Behind(10)
    );
}

#[test]
fn what_came_with_a_seed_is_held_though_no_binlog_names_it() {
    // serv1 was installed anew, seeded from serv2, and is the primary again.
    let primary = server(10, "0-10-201", "0-11-200");
    let replica = server(11, "0-10-100,0-11-200", "0-10-100");
    assert_eq!(replica.relation_to(&primary), Relation::Behind(1));
    // A new machine with an id of its own.
    let primary = server(12, "0-12-301", "0-10-300");
    let replica = server(11, "0-11-200,0-10-300", "0-10-300");
    assert_eq!(replica.relation_to(&primary), Relation::Behind(1));
}

#[test]
fn a_position_that_was_only_set_hides_no_write() {
    // A promote was taken back: the primary's slave position is its own last write, the replica
    // was behind and wrote something with a lower number.
    let primary = server(10, "0-10-7786", "0-10-7786");
    let replica = server(11, "0-10-7780,0-11-7781", "0-10-7780");
    assert_eq!(replica.relation_to(&primary).errant(), gtids("0-11-7781"));
}

#[test]
fn domains_are_judged_one_by_one() {
    let primary = server(10, "0-10-100,1-10-5", "");
    assert_eq!(
        server(11, "0-10-100", "0-10-100").relation_to(&primary),
        Relation::Behind(5)
    );
    let replica = server(11, "0-10-90,1-10-5,2-11-1", "0-10-90,1-10-5");
    assert_eq!(
        replica.relation_to(&primary),
        Relation::Diverged {
            extra: gtids("2-11-1"),
            missing: 10,
        }
    );
}

#[test]
fn what_came_by_another_link_is_not_compared() {
    // Real servers: serv1 and serv2 follow each other, in domains 1 and 2, and serv2 follows serv3 too.
    let serv3 = server(3, "3-3-2", "");
    let serv2 = server(2, "1-1-3,3-3-2", "1-1-3,3-3-2");
    assert_eq!(serv2.relation_to(&serv3), Relation::Same);
    assert_eq!(
        serv2.relation_to(&server(3, "3-3-5", "")),
        Relation::Behind(3)
    );
    // What it wrote itself is told of one primary, and is none of the second one's.
    let wrote = server(2, "1-1-3,2-2-7,3-3-2", "1-1-3,3-3-2");
    assert_eq!(wrote.relation_to(&serv3).errant(), gtids("2-2-7"));
    assert_eq!(wrote.relation_to_one_of(&serv3), Relation::Same);
    let written = server(2, "1-1-3,3-3-2,3-2-3", "1-1-3,3-3-2");
    assert_eq!(written.relation_to_one_of(&serv3).errant(), gtids("3-2-3"));
    // By position all are in one domain.
    let serv2 = server(2, "0-3-20,0-1-50", "");
    let serv3 = server(3, "0-3-20", "");
    assert_eq!(serv2.relation_to_one_of(&serv3), Relation::Same);

    // serv3's binlog was reset, and it has written since.
    for state in ["3-3-1", "0-3-1,3-3-1"] {
        let reset = server(3, state, "");
        let serv2 = server(2, "1-1-3,3-3-2", "1-1-3,3-3-2");
        assert_eq!(serv2.relation_to(&reset).errant(), gtids("3-3-2"));
        assert_eq!(serv2.relation_to_one_of(&reset).errant(), gtids("3-3-2"));
    }
    // In another domain: what it wrote in the first one is its own all the same.
    let reset = server(3, "1-1-3,5-3-1", "");
    let serv2 = server(2, "1-1-3,3-3-2", "1-1-3,3-3-2");
    assert_eq!(serv2.relation_to(&reset).errant(), gtids("3-3-2"));
    assert_eq!(serv2.relation_to_one_of(&reset).errant(), gtids("3-3-2"));
    // Another server in its place, with nothing in common.
    let another = server(4, "0-4-9", "");
    assert_eq!(serv2.relation_to(&another).errant(), gtids("1-1-3,3-3-2"));
}

#[test]
fn an_old_domain_in_a_position_is_not_what_a_primary_lost() {
    // Real servers: serv1 was seeded from serv2, whose position has a domain of a former primary.
    let serv1 = server(10, "0-10-31", "0-11-30");
    let serv2 = server(11, "0-10-31", "0-10-31,3-3-2");
    assert_eq!(serv2.relation_to(&serv1), Relation::Same);
    assert!(serv2.domains_unknown_to(&serv1).is_empty());
    assert!(serv1.relation_to(&serv2).may_follow());
    let lacking = crate::mariadb::Lacking::between(&serv2, &serv1);
    assert_eq!(lacking.select(), ["--skip-gtid-strict-mode"]);
    // In its binlog the domain would be sent to who follows it.
    let serv2 = server(11, "0-10-31,3-3-2", "0-10-31,3-3-2");
    assert_eq!(serv2.relation_to(&serv1), Relation::Same);
    assert_eq!(serv2.domains_unknown_to(&serv1), gtids("3-3-2"));
    // A primary that has some of the domain is compared in it.
    let behind = server(10, "0-10-31,3-3-1", "0-11-30");
    assert_eq!(serv2.relation_to(&behind).errant(), gtids("3-3-2"));
}

#[test]
fn numbers_that_fall_tell_nothing() {
    let primary = server(10, "0-11-900,0-10-5", "");
    let replica = server(11, "0-11-900", "0-11-900");
    assert_eq!(
        replica.relation_to(&primary),
        Relation::Unknown(Doubt::OutOfOrder(0))
    );
}

#[test]
fn the_doubts_read_well() {
    assert_eq!(
        Doubt::ReplicaEmpty.to_string(),
        "the replica has no GTID position, which says nothing about the data it holds"
    );
}

/// A primary that wrote `written` transactions; servers 10 and 11 take turns.
fn strict(turns: &[u8]) -> Vec<Gtid> {
    (1..)
        .zip(turns)
        .map(|(sequence, turn)| Gtid {
            domain: 0,
            server: 10 + u32::from(turn % 2),
            sequence,
        })
        .collect()
}

fn holding(server_id: u32, log: &[Gtid]) -> History {
    let mut last = BTreeMap::new();
    for gtid in log {
        last.insert(gtid.server, *gtid);
    }
    let mut state: Vec<Gtid> = last.into_values().collect();
    state.sort_by_key(|gtid| gtid.sequence);
    let text: Vec<String> = state.iter().map(Gtid::to_string).collect();
    let foreign = log.iter().rev().find(|gtid| gtid.server != server_id);
    server(
        server_id,
        &text.join(","),
        &foreign.map(Gtid::to_string).unwrap_or_default(),
    )
}

proptest! {
    /// Whatever roles the two have had: a prefix of the primary's log may follow and lacks the
    /// rest, and one write more on the replica is always found.
    #[test]
    fn a_prefix_follows_and_a_write_too_many_is_found(turns in proptest::collection::vec(0u8..2, 1..30), cut in 1usize..30) {
        let log = strict(&turns);
        let cut = cut.min(log.len());
        let primary = holding(10, &log);
        let replica = holding(11, &log[..cut]);
        let missing = (log.len() - cut) as u64;
        let expected = if missing == 0 { Relation::Same } else { Relation::Behind(missing) };
        prop_assert_eq!(replica.relation_to(&primary), expected);

        let own = Gtid { domain: 0, server: 11, sequence: cut as u64 + 1 };
        let mut diverged = log[..cut].to_vec();
        diverged.push(own);
        // Unless the primary's next transaction is that very one.
        if log.get(cut) != Some(&own) && !log[cut..].iter().any(|gtid| gtid.server == 11) {
            let relation = holding(11, &diverged).relation_to(&primary);
            prop_assert_eq!(relation.errant(), &[own][..]);
        }
    }
}

/// What was read of a server's binlog: each number with what stands for the transaction.
fn reading(history: History, written: &[(&str, &str)]) -> History {
    let read = written.iter().map(|(gtid, sum)| Written {
        gtid: gtid.parse().unwrap(),
        sum: (*sum).to_owned(),
    });
    History {
        written: read.collect(),
        ..history
    }
}

#[test]
fn a_number_that_a_copy_of_the_disk_gave_out_as_well_is_its_own() {
    // Real servers: serv2 was made of serv1's disk at 0-10-2, wrote as server 10, and is 11 now.
    let (serv1, serv2) = (server(10, "0-10-4", ""), server(11, "0-10-3", ""));
    assert_eq!(serv2.unproved(&serv1), [gtid("0-10-3")]);
    assert_eq!(serv1.unproved(&serv2), [gtid("0-10-3")]);
    // Not read: nothing is said of it.
    assert_eq!(
        serv2.relation_to(&serv1),
        Relation::Unknown(Doubt::Unread(gtid("0-10-3")))
    );
    let there = reading(
        serv1,
        &[
            ("0-10-1", "a"),
            ("0-10-2", "b"),
            ("0-10-3", "p3"),
            ("0-10-4", "p4"),
        ],
    );
    let here = |third| {
        reading(
            serv2.clone(),
            &[("0-10-1", "a"), ("0-10-2", "b"), ("0-10-3", third)],
        )
    };
    // One that wrote nothing of its own.
    assert_eq!(here("p3").relation_to(&there), Relation::Behind(1));
    let own = here("mine");
    assert_eq!(
        own.relation_to(&there),
        Relation::Diverged {
            extra: vec![gtid("0-10-3")],
            missing: 2
        }
    );
    assert!(!there.relation_to(&own).may_follow());
    assert_eq!(own.common_with(&there).to_string(), "0-10-2");
    let lacking = crate::mariadb::Lacking::between(&own, &there);
    assert_eq!(lacking.held_words(), ["0-10-2"]);
    assert_eq!(lacking.start(), "0-10-2");
    // Where they parted before all that was read.
    let other = reading(serv2.clone(), &[("0-10-2", "x"), ("0-10-3", "mine")]);
    assert_eq!(
        other.relation_to(&there),
        Relation::Unknown(Doubt::TwoOfOne(gtid("0-10-3")))
    );
}

#[test]
fn what_was_received_needs_no_other_proof() {
    // A replica, a primary and its former one, and two replicas of a third.
    for (one, other) in [
        (server(11, "0-10-9", "0-10-9"), server(10, "0-10-12", "")),
        (
            server(10, "0-10-9", ""),
            server(11, "0-10-9,0-11-12", "0-10-9"),
        ),
        (
            server(12, "0-10-9", "0-10-9"),
            server(11, "0-10-8", "0-10-8"),
        ),
        (server(11, "", "0-10-9"), server(10, "0-10-12", "")),
    ] {
        assert_eq!(one.unproved(&other), []);
        assert_eq!(other.unproved(&one), []);
    }
    // Who forgot what it received is asked.
    let forgot = server(11, "0-10-9", "");
    assert_eq!(
        forgot.unproved(&server(10, "0-10-12", "")),
        [gtid("0-10-9")]
    );
}
