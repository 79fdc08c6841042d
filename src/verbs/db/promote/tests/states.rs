//! Every state that two servers can be left in: what `db status` says of it first, and that what it
//! advises is planned in that state.
//!
//! From what a pair said that was well (`link-well`: serv2 of 172.16.0.11 follows serv1 of 172.16.0.10),
//! with what a promotion changes: who takes writes, and who follows whom.

use crate::health::problems_of_databases;
use crate::verbs::db::promote::tests::*;

/// Two servers: `W` takes writes, `R` does not; `-` follows nobody, `>` follows the other one, `x` would
/// and was stopped. serv1 first.
fn state(release: &str, words: &str) -> Facts {
    let mut facts = facts(release, "link-well");
    let link = here(&mut facts).links[0].clone();
    let marks: Vec<char> = words.chars().filter(|c| *c != ' ').collect();
    let set_up = |server: &mut DatabaseServer, marks: &[char], primary: &str, id: &str| {
        let on = if marks[0] == 'R' { "ON" } else { "OFF" };
        set(server, "read_only", on);
        server.links.clear();
        if marks[1] != '-' {
            let mut link = link.clone();
            link.columns.insert("Master_Host".into(), primary.into());
            link.columns.insert("Master_Server_Id".into(), id.into());
            if marks[1] == 'x' {
                link.columns.insert("Slave_IO_Running".into(), "No".into());
                link.columns.insert("Slave_SQL_Running".into(), "No".into());
            }
            server.links.push(link);
        }
    };
    set_up(here(&mut facts), &marks[2..], PRIMARY, "10");
    set_up(there(&mut facts, PRIMARY), &marks[..2], "172.16.0.11", "11");
    // Whoever follows has an account at the other one, and is connected unless it was stopped.
    let session = there(&mut facts, PRIMARY)
        .sessions
        .iter()
        .find(|session| session.is_replica())
        .cloned()
        .unwrap();
    let account = there(&mut facts, PRIMARY)
        .accounts
        .iter()
        .find(|account| account.replicates && account.host == "172.16.0.11")
        .cloned()
        .unwrap();
    let serves = |server: &mut DatabaseServer, mark: char, address: &str| {
        server.sessions.retain(|session| !session.is_replica());
        if mark == '>' {
            let mut session = session.clone();
            session.host = format!("{address}:50000");
            server.sessions.push(session);
        }
        if mark != '-' && server.account(&account.user, address).is_none() {
            let mut account = account.clone();
            account.host = address.to_owned();
            server.accounts.push(account);
        }
    };
    serves(there(&mut facts, PRIMARY), marks[3], "172.16.0.11");
    serves(here(&mut facts), marks[1], PRIMARY);
    facts.pulses.clear();
    facts
}

/// The same as the other host sees it.
fn turned(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    let serv1 = facts.database_hosts.remove(PRIMARY).unwrap();
    let serv2 = facts.database.replace(serv1).unwrap();
    facts.host = "serv1".to_owned();
    // By its address as a link has it, by its name as the server has its sessions.
    facts
        .database_hosts
        .insert("serv2".to_owned(), serv2.clone());
    facts.database_hosts.insert("172.16.0.11".to_owned(), serv2);
    facts
}

/// What is said first, and the first command, with the host it is for.
fn told(facts: &Facts) -> (String, String) {
    let problems = problems_of_databases(facts);
    let Some(first) = problems.first() else {
        return ("nothing is wrong".to_owned(), String::new());
    };
    let Some(hint) = first.next.first() else {
        return (first.what.clone(), String::new());
    };
    let place = match hint.purpose.rsplit_once(", on ") {
        Some((_, place)) => place.to_owned(),
        None => facts.host.clone(),
    };
    (first.what.clone(), format!("{place}: {}", hint.command))
}

#[test]
fn what_status_says_first_of_each_state_leads_out() {
    let modes = ["W", "R"];
    let links = ["-", ">", "x"];
    let mut said = Vec::new();
    for one in modes {
        for link in links {
            for other in modes {
                for back in links {
                    let words = format!("{one}{link} {other}{back}");
                    for release in RELEASES {
                        let facts = state(release, &words);
                        let (what, command) = told(&facts);
                        let trouble = planned(&facts, &command);
                        let line = format!("{words}  {what}  =>  {command}{trouble}");
                        if !said.contains(&line.trim_end().to_owned()) {
                            said.push(line.trim_end().to_owned());
                        }
                    }
                }
            }
        }
    }
    let wanted = include_str!("states.txt");
    assert_eq!(said.join("\n"), wanted.trim_end(), "{}", said.join("\n"));
}

/// Gives a server a transaction that the other one lacks.
fn own(server: &mut DatabaseServer, gtid: &str) {
    let state = server.variable("gtid_binlog_state").unwrap();
    let origin = &gtid[..=gtid.rfind('-').unwrap()];
    // One of each server, the last one last.
    let kept = state.split(',').filter(|one| !one.starts_with(origin));
    let state = kept.chain([gtid]).collect::<Vec<_>>().join(",");
    set(server, "gtid_binlog_state", &state);
    set(server, "gtid_binlog_pos", gtid);
}

#[test]
fn whoever_holds_what_the_other_lacks_is_the_primary_and_nothing_is_thrown_away() {
    for release in RELEASES {
        for words in [
            "W- W-", "W- W>", "W- Wx", "R- Wx", "R- R>", "R- Rx", "R> R>", "Wx Wx", "W- R-",
            "R- W-",
        ] {
            // A server has all that stands before its own write of the same domain.
            let more = "0-11-900000000";
            let mut facts = state(release, words);
            own(here(&mut facts), more);
            let (_, command) = told(&facts);
            assert!(
                matches!(
                    command.as_str(),
                    "serv2: bascule db promote" | "serv1: bascule db rejoin 172.16.0.11"
                ),
                "{release} {words}: {command}"
            );
            assert_eq!(
                planned(&facts, &command),
                "",
                "{release} {words}: {command}"
            );

            // Each has something: it is shown, and no data are taken instead.
            own(there(&mut facts, PRIMARY), "0-10-900000000");
            let problems = problems_of_databases(&facts);
            let said = format!("{:?}", problems[0]);
            assert!(
                said.contains("hold what the other lacks")
                    || said.contains("holds what the other lacks"),
                "{release} {words}: {said}"
            );
            assert!(
                said.contains("bascule db rejoin ") && !said.contains("--reseed"),
                "{said}"
            );
        }
    }
}

#[test]
fn a_stopped_replica_that_holds_more_is_shown_before_it_is_started() {
    for release in RELEASES {
        for both in [false, true] {
            let mut facts = state(release, "W- Rx");
            own(here(&mut facts), "0-11-900000000");
            if both {
                own(there(&mut facts, PRIMARY), "0-10-900000000");
            }
            let (what, command) = told(&facts);
            assert!(what.contains("writes of its own"), "{release}: {what}");
            assert_eq!(command, "serv2: bascule db rejoin 172.16.0.10", "{release}");
        }
    }
}

#[test]
fn who_has_written_since_a_cut_promotion_finishes_another_one() {
    for release in RELEASES {
        let mut facts = state(release, "Wx W>");
        own(here(&mut facts), "0-11-900000000");
        let (_, command) = told(&facts);
        assert_eq!(command, "serv2: bascule db promote", "{release}");
        assert_eq!(planned(&facts, &command), "", "{release}");
        // Without it, the other one's promotion comes first.
        let refusal = plan("db promote", &state(release, "Wx W>")).unwrap_err();
        assert!(refusal.what.contains("that comes first"), "{refusal}");
    }
}

#[test]
fn a_cut_promotion_is_finished_while_the_new_primary_goes_on_writing() {
    for release in RELEASES {
        for words in ["R> Wx", "R> W>", "W> W-", "Rx Wx"] {
            // serv2 was read first: what serv1 has more is serv2's own.
            let mut facts = state(release, words);
            let since = "0-11-900000000";
            own(there(&mut facts, PRIMARY), since);
            for (verb, facts) in [
                ("db promote", facts.clone()),
                ("db promote 172.16.0.11", turned(&facts)),
            ] {
                let plan =
                    plan(verb, &facts).unwrap_or_else(|refusal| panic!("{words}: {refusal}"));
                let steps = serde_json::to_string(&plan.steps).unwrap();
                assert!(steps.contains("${received}"), "{release} {words}: {steps}");
                // The next one finds it further on, and is the same plan.
                assert!(!steps.contains("900000000"), "{release} {words}: {steps}");
            }
            // What serv1 wrote itself is not passed over.
            own(there(&mut facts, PRIMARY), "0-10-900000001");
            let refusal = plan("db promote", &facts).unwrap_err();
            assert!(refusal.what.contains("has taken writes"), "{refusal}");
        }
    }
}

#[test]
fn what_a_cut_promotion_left_of_its_test_is_dropped_by_the_one_that_finishes_it() {
    for release in RELEASES {
        let drops = |left: bool| {
            let mut facts = state(release, "Rx Wx");
            own(there(&mut facts, PRIMARY), "0-11-900000000");
            let here = facts.database.as_mut().unwrap();
            for database in &mut here.databases {
                database.has_test = left && database.name == "site1";
            }
            let plan = plan("db promote", &facts).unwrap_or_else(|refusal| panic!("{refusal}"));
            let steps = serde_json::to_string(&plan.steps).unwrap();
            steps.contains("THEN DROP TABLE `site1`.`bascule_test`; END IF")
        };
        assert!(drops(true) && !drops(false), "{release}");
    }
}

/// Plans what is advised, where it is advised; returns what is wrong with that, if anything is.
fn planned(facts: &Facts, command: &str) -> String {
    let Some((place, line)) = command.split_once(": ") else {
        return String::new();
    };
    let Some(verb) = line.strip_prefix("bascule ") else {
        // A statement for the server: what it leaves is another state of the table.
        return String::new();
    };
    let there = if place == "serv1" {
        turned(facts)
    } else {
        facts.clone()
    };
    match plan(verb, &there) {
        Ok(plan) if plan.is_empty() => "  NOTHING TO DO".to_owned(),
        Ok(_) => String::new(),
        Err(refusal) => format!("  REFUSED: {refusal}"),
    }
}

/// serv2 has taken serv1's place without it.
fn taken(release: &str, words: &str) -> Facts {
    let mut facts = state(release, words);
    here(&mut facts).former_primary = Some(PRIMARY.to_owned());
    facts
}

#[test]
fn a_former_primary_is_told_first_and_the_same_from_both_ends() {
    let both = "both take writes";
    let rejoin = "serv1: bascule db rejoin 172.16.0.11";
    for release in RELEASES {
        for (words, own_there, own_here, what, command) in [
            ("W- W-", false, false, both, rejoin),
            ("W- W-", false, true, both, rejoin),
            // Nothing is lost the other way round.
            (
                "W- W-",
                true,
                false,
                both,
                "serv2: bascule db rejoin 172.16.0.10",
            ),
            (
                "W- W-",
                true,
                true,
                both,
                "serv1: mariadb -e 'SET GLOBAL read_only=1'",
            ),
            (
                "R- W-",
                false,
                true,
                "serv1 does not follow serv2, which takes the writes",
                rejoin,
            ),
            (
                "R- W-",
                true,
                true,
                "each hold what the other lacks",
                rejoin,
            ),
        ] {
            let mut facts = taken(release, words);
            if own_here {
                own(here(&mut facts), "0-11-900000000");
            }
            if own_there {
                own(there(&mut facts, PRIMARY), "0-10-900000000");
            }
            // Where each has something it asks what that is before it refuses.
            if !(own_here && own_there) {
                assert_eq!(planned(&facts, command), "", "{release} {words}");
            }
            for facts in [facts.clone(), turned(&facts)] {
                let (said, then) = told(&facts);
                assert!(said.contains(what), "{release} {words}: {said}");
                assert_eq!(then, command, "{release} {words}: {said}");
                if what == both {
                    for address in ["serv1 (172.16.0.10)", "serv2 (172.16.0.11)"] {
                        assert!(said.contains(address), "{said}");
                    }
                }
            }
        }
    }
}

#[test]
fn of_a_former_primary_that_says_nothing_nothing_is_invented() {
    for release in RELEASES {
        let mut facts = taken(release, "W- W-");
        let down = there(&mut facts, PRIMARY);
        down.variables.clear();
        down.unanswered = Some("ERROR 2002 (HY000): Can't connect".to_owned());
        let (said, then) = told(&facts);
        assert_eq!(
            said,
            "MariaDB on serv1 is stopped; it was the primary until serv2 took its place"
        );
        assert_eq!(
            then,
            "serv1: systemctl start mariadb && bascule db rejoin 172.16.0.11"
        );
        *there(&mut facts, PRIMARY) = DatabaseServer {
            unreachable: Some(
                "ssh: connect to host 172.16.0.10 port 22: Connection timed out".to_owned(),
            ),
            ..DatabaseServer::default()
        };
        let problems = problems_of_databases(&facts);
        let what = &problems[0].what;
        assert!(
            what.starts_with("whether 172.16.0.10 takes writes is not known: it was the primary"),
            "{what}"
        );
        let commands: Vec<&str> = problems[0]
            .next
            .iter()
            .map(|hint| hint.command.as_str())
            .collect();
        assert!(
            commands.contains(&"bascule db rejoin 172.16.0.11"),
            "{commands:?}"
        );
        assert!(
            commands.contains(&"rm /var/lib/bascule/former-primary"),
            "{commands:?}"
        );
        // Once it follows, it is a replica like others.
        let facts = taken(release, "R> W-");
        assert!(!format!("{:?}", problems_of_databases(&facts)).contains("place"));
    }
}

#[test]
fn it_is_asked_about_until_it_follows() {
    for release in RELEASES {
        let facts = taken(release, "W- W-");
        let asked = crate::health::database::others(facts.database.as_ref().unwrap());
        assert!(asked.contains(&PRIMARY.to_owned()), "{asked:?}");
        let back = turned(&facts);
        let plan = plan("db rejoin 172.16.0.11", &back).unwrap();
        let last = plan.steps.last().unwrap();
        let (argv, _) = last.command().unwrap();
        assert!(
            argv.join(" ")
                .contains("rm --force /var/lib/bascule/former-primary"),
            "{argv:?}"
        );
        assert_eq!(last.host.as_deref(), Some("172.16.0.11"));
    }
}

/// serv2 takes serv1's place with its help, and serv1 cannot be asked.
fn cut_off(release: &str, words: &str) -> Facts {
    let mut facts = taken(release, words);
    here(&mut facts).handed_over = true;
    *there(&mut facts, PRIMARY) = DatabaseServer {
        unreachable: Some("ssh: connect to host 172.16.0.10 port 22: No route to host".to_owned()),
        ..DatabaseServer::default()
    };
    facts
}

#[test]
fn the_new_primary_of_a_promotion_that_was_cut_off_is_left_alone() {
    for release in RELEASES {
        for words in ["R- W>", "R- Wx"] {
            let facts = cut_off(release, words);
            let problems = problems_of_databases(&facts);
            let [first, ..] = problems.as_slice() else {
                panic!("{release} {words}: nothing is said");
            };
            assert_eq!(
                first.what,
                "serv2 is the primary now; 172.16.0.10, which was it before, does not follow it yet"
            );
            assert!(first.cause.contains("has all that 172.16.0.10 had written"));
            let next: Vec<&str> = problems
                .iter()
                .flat_map(|problem| &problem.next)
                .map(|hint| hint.command.as_str())
                .collect();
            assert_eq!(
                next,
                ["bascule db promote", "bascule db promote --primary-is-dead"],
                "{release} {words}"
            );
            // Once it is back the same verb finishes it; without it nothing is said to be lost.
            let back = taken(release, words);
            assert_eq!(
                told(&back).1,
                "serv2: bascule db promote",
                "{release} {words}"
            );
            assert_eq!(
                planned(&back, "serv2: bascule db promote"),
                "",
                "{release} {words}"
            );
            let plan = plan("db promote --primary-is-dead", &facts).unwrap();
            assert!(plan.danger.is_none(), "{release} {words}");
            let checks: Vec<&str> = plan
                .checks
                .iter()
                .map(|check| check.text.as_str())
                .collect();
            assert!(
                checks.iter().any(|text| text.ends_with("nothing is lost")),
                "{release} {words}: {checks:?}"
            );
            assert!(statements(&plan).contains(&"RESET SLAVE ALL".to_owned()));
            // A replica whose promotion never came so far is a replica.
            let mut facts = facts.clone();
            set(here(&mut facts), "read_only", "ON");
            let problems = problems_of_databases(&facts);
            assert!(!problems.iter().any(|it| it.what.contains("primary now")));
        }
    }
}

#[test]
fn an_old_primary_that_was_cut_off_is_not_told_to_take_writes() {
    for release in RELEASES {
        let mut facts = turned(&state(release, "R- W>"));
        let other = "172.16.0.11";
        facts.database_hosts.clear();
        let gone = DatabaseServer {
            unreachable: Some(
                "ssh: connect to host 172.16.0.11 port 22: No route to host".to_owned(),
            ),
            ..DatabaseServer::default()
        };
        facts.database_hosts.insert(other.to_owned(), gone);
        let by_hand = problems_of_databases(&facts);
        assert!(
            by_hand[0].what.contains("the primary and read-only"),
            "{by_hand:#?}"
        );
        here(&mut facts).defaults.push("--read-only=1".to_owned());
        let problems = problems_of_databases(&facts);
        assert!(
            problems[0]
                .what
                .contains("172.16.0.11 may be the primary by now"),
            "{problems:#?}"
        );
        assert_eq!(problems[0].next[0].command, "bascule db status");
        // Its host answers, and its server is stopped.
        let stopped = DatabaseServer {
            host: "serv2".to_owned(),
            unanswered: Some("ERROR 2002 (HY000)".to_owned()),
            ..DatabaseServer::default()
        };
        facts.database_hosts.insert(other.to_owned(), stopped);
        let problems = problems_of_databases(&facts);
        assert!(problems[0].what.contains("serv2 may be the primary by now"));
        assert_eq!(
            problems[0].next[0].purpose,
            "to start MariaDB, which tells, on serv2"
        );
        assert_eq!(problems[0].next[0].command, "systemctl start mariadb");
    }
}

#[test]
fn a_session_whose_replica_follows_no_more_makes_nobody_a_primary() {
    for release in RELEASES {
        // Right after the roles were swapped: serv1 follows serv2, whose old session is still there.
        let mut facts = state(release, "R> W-");
        let mut session = here(&mut facts)
            .sessions
            .iter()
            .find(|session| session.is_replica())
            .cloned()
            .unwrap();
        session.host = "172.16.0.11:50001".to_owned();
        there(&mut facts, PRIMARY).sessions.push(session);
        set(there(&mut facts, PRIMARY), "sync_binlog", "0");
        let seen = turned(&facts);
        for problem in problems_of_databases(&seen) {
            for hint in &problem.next {
                assert_ne!(
                    hint.command, "bascule db primary",
                    "{release}: {problem:#?}"
                );
            }
        }
        let refused = |facts: &Facts| match plan("db replicate 172.16.0.11", facts) {
            Ok(_) => String::new(),
            Err(refusal) => refusal.to_string(),
        };
        let itself = "is a primary itself";
        assert!(
            !refused(&seen).contains(itself),
            "{release}: {}",
            refused(&seen)
        );
        // Of one that is not known nobody can say, and there is a way on once it follows no more.
        let mut other = seen.clone();
        for session in &mut here(&mut other).sessions {
            if session.host == "172.16.0.11:50001" {
                session.host = "172.16.0.99:50001".to_owned();
            }
        }
        let said = match plan("db replicate 172.16.0.11", &other) {
            Ok(_) => panic!("{release}: planned"),
            Err(refusal) => refusal,
        };
        assert!(said.what.contains(itself), "{release}: {said}");
        assert_eq!(
            said.hints.last().map(|hint| hint.command.as_str()),
            Some("bascule db replicate 172.16.0.11")
        );
    }
}
