use crate::facts::Facts;
use crate::plan::{Undo, Verify};
use crate::trial::{RELEASES, commands, facts, is_usage_error, plan, refusal};

fn well(release: &str) -> Facts {
    facts(release, "link-well")
}

/// Sets a filter of the replica, which is this host.
fn filtered(release: &str, column: &str, value: &str) -> Facts {
    let mut facts = well(release);
    let link = &mut facts.database.as_mut().unwrap().links[0];
    link.columns.insert(column.to_owned(), value.to_owned());
    facts
}

#[test]
fn a_row_goes_through_two_sessions_that_stay() {
    for release in RELEASES {
        for (state, primary, replica) in [
            ("link-well", Some("172.16.0.10"), None),
            ("link-well-primary", None, Some("serv2")),
        ] {
            let facts = facts(release, state);
            let plan = plan("db test", &facts).unwrap();
            assert_eq!(
                plan.headline,
                "a row written on serv1 is read on serv2, in `site1`.`bascule_test`"
            );
            let hosts: Vec<Option<&str>> =
                plan.steps.iter().map(|step| step.host.as_deref()).collect();
            let (p, r) = (primary, replica);
            assert_eq!(hosts, [r, p, r, p, p, r]);
            // Whatever fails, the table goes; once all is done there is nothing to take back.
            assert_eq!(plan.no_return, Some(plan.steps.len()));
            assert!(plan.leaves_nothing && plan.danger.is_none());
            let undo = plan.steps.iter().filter_map(|step| match &step.undo {
                Undo::Steps { steps } => Some(steps[0].command().unwrap().1.unwrap()),
                _ => None,
            });
            let undo: Vec<String> = undo.collect();
            assert_eq!(undo.len(), 1);
            assert!(undo[0].contains("THEN DROP TABLE `site1`.`bascule_test`"));
            // The row is read in the step that writes it, before anything else is done.
            let Verify::Arrives { session, query, .. } = &plan.steps[3].verify[0] else {
                panic!("{:?}", plan.steps[3].verify);
            };
            assert_eq!(session, "replica");
            assert!(query.starts_with("SELECT IF(MASTER_GTID_WAIT('${written}', 10) = 0, "));
        }
    }
}

#[test]
fn readme_shows_what_it_tells() {
    let readme = include_str!("../../../../README.md");
    for release in RELEASES {
        let plan = plan("db test", &well(release)).unwrap();
        let Verify::Arrives { proves, .. } = &plan.steps[3].verify[0] else {
            panic!("{:?}", plan.steps[3].verify);
        };
        let begin = format!("serv2 › db test\n  ✓ {proves} after ");
        let (_, rest) = readme.split_once(&begin).expect(&begin);
        let number = rest
            .lines()
            .next()
            .and_then(|rest| rest.strip_suffix(" ms"));
        assert!(number.is_some_and(|number| number.parse::<f64>().is_ok()));
    }
}

#[test]
fn the_database_is_one_that_goes_through_the_filters() {
    for release in RELEASES {
        let site1 = commands("db test --database site1", &well(release));
        assert_eq!(site1, commands("db test", &well(release)));
        let only = filtered(release, "Replicate_Wild_Do_Table", "site1.%");
        assert_eq!(site1, commands("db test", &only));

        let other = filtered(release, "Replicate_Wild_Do_Table", "site2.%");
        assert!(
            refusal("db test", &other)
                .starts_with("no database that serv2 replicates is on both servers")
        );
        assert!(
            refusal("db test --database site1", &other)
                .starts_with("site1 is not replicated: a filter leaves it out")
        );
        // By USE: what is chosen counts.
        let by_use = filtered(release, "Replicate_Do_DB", "site1");
        assert!(commands("db test", &by_use)[1].contains("\nUSE `site1`;\n"));
    }
}

#[test]
fn without_any_database_it_makes_its_own() {
    for release in RELEASES {
        let mut facts = well(release);
        facts.database.as_mut().unwrap().databases.clear();
        let plan = plan("db test", &facts).unwrap();
        let text = |at: usize| plan.steps[at].command().unwrap().1.unwrap();
        assert!(
            text(1).starts_with("CREATE DATABASE `bascule_test`;\n"),
            "{}",
            text(1)
        );
        assert!(text(6).starts_with("DROP DATABASE `bascule_test`;\n"));
        let Undo::Steps { steps } = &plan.steps[1].undo else {
            panic!();
        };
        let undo = steps[0].command().unwrap().1.unwrap();
        assert!(undo.contains("THEN DROP DATABASE `bascule_test`"), "{undo}");

        // Somebody's database of that name is not made, and not dropped.
        let primary = facts.database_hosts.get_mut("172.16.0.10").unwrap();
        primary.databases[0].name = "bascule_test".to_owned();
        let mine = primary.databases.clone();
        assert!(refusal("db test", &facts).starts_with("no database that serv2 replicates"));
        facts.database.as_mut().unwrap().databases = mine;
        assert!(
            !commands("db test", &facts)
                .concat()
                .contains("DATABASE `bascule_test`")
        );
    }
}

#[test]
fn what_cannot_work_is_refused_with_the_next_command() {
    for release in RELEASES {
        let said = |words: &str, facts: &Facts| refusal(words, facts);
        assert_eq!(
            said("db test", &facts(release, "link-1045")),
            "serv2 does not replicate from serv1 now: IO Connecting, SQL Yes, error 1045\n\
             to see why, and what to do: bascule db status"
        );
        assert!(
            said("db test", &facts(release, "link-1045-primary"))
                .starts_with("serv2 does not replicate from serv1 now: IO Connecting")
        );
        let stopped = said("db test", &facts(release, "link-stopped"));
        assert!(stopped.starts_with("serv2 does not replicate from serv1 now: IO No, SQL No"));
        let cut = said("db test", &facts(release, "link-cut"));
        assert!(
            cut.starts_with("172.16.0.10 does not answer (No route to host)"),
            "{cut}"
        );
        let cut = said("db test", &facts(release, "link-cut-primary"));
        assert!(
            cut.starts_with("serv2 does not answer (Connection timed out)"),
            "{cut}"
        );
        let alone = said("db test", &{
            let mut alone = facts(release, "db-fresh");
            alone.database_hosts.clear();
            alone
        });
        assert!(
            alone.starts_with("serv1 is neither a replica nor has it one that is connected"),
            "{alone}"
        );
        assert!(
            said("db test --database site7", &well(release))
                .starts_with("there is no database site7 on serv1")
        );
        let mut not_there = well(release);
        not_there.database.as_mut().unwrap().databases.clear();
        assert!(
            said("db test --database site1", &not_there)
                .starts_with("there is no database site1 on serv2")
        );
        let mut off = well(release);
        let primary = off.database_hosts.get_mut("172.16.0.10").unwrap();
        primary
            .variables
            .insert("log_bin".to_owned(), "OFF".to_owned());
        assert!(said("db test", &off).starts_with("serv1 writes no binlog"));
    }
    assert!(is_usage_error(&["db", "test", "--database", "../x"]));
}

#[test]
fn of_several_replicas_one_is_named() {
    for release in RELEASES {
        let mut facts = facts(release, "link-well-primary");
        let mut second = facts.database_hosts["serv2"].clone();
        second.host = "serv3".to_owned();
        facts.database_hosts.insert("serv3".to_owned(), second);
        let said = refusal("db test", &facts);
        assert_eq!(
            said,
            "serv1 has several replicas: serv2, serv3\nfor one of them: bascule db test --replica serv2"
        );
        facts.database_hosts.remove("serv2");
        let plan = plan("db test --replica serv3", &facts).unwrap();
        assert!(plan.headline.contains("is read on serv3"));
        let said = refusal("db test --replica serv9", &well(release));
        assert!(said.contains("serv2 is a replica itself"), "{said}");
    }
}

#[test]
fn a_replica_that_holds_back_is_waited_for() {
    for release in RELEASES {
        let facts = filtered(release, "SQL_Delay", "30");
        let plan = plan("db test", &facts).unwrap();
        assert!(
            plan.checks[0]
                .text
                .contains("holds each transaction back for 30 s")
        );
        assert!(plan.steps[2].deadline > 40);
        let (_, text) = plan.steps[2].command().unwrap();
        assert_eq!(text.unwrap(), "SELECT MASTER_GTID_WAIT('${made}', 40);\n");
    }
}
