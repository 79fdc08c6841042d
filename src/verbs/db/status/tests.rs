use crate::trial::{RELEASES, facts};
use crate::verbs::db::status::*;
use unicode_width::UnicodeWidthStr;

fn lines(report: &Report) -> Vec<String> {
    report
        .lines
        .iter()
        .map(|line| line.iter().map(|span| span.text.as_str()).collect())
        .collect()
}

fn screen(release: &str, state: &str) -> Vec<String> {
    let facts = facts(release, &format!("link-{state}"));
    lines(&Status {}.report(&facts).unwrap())
}

#[test]
fn a_pair_that_is_well_fits_on_one_screen() {
    for release in RELEASES {
        for state in ["well", "well-primary"] {
            let screen = screen(release, state);
            assert!(screen.len() <= 20, "{screen:#?}");
            assert!(screen.iter().all(|line| line.width() <= 100), "{screen:#?}");
            let row = |name: &str| screen.iter().find(|line| line.contains(name)).unwrap();
            // The primary stands first, wherever it was asked.
            assert!(row("● serv1").find("serv1") < row("● serv1").find("serv2"));
            assert!(
                row("role").contains("primary") && row("role").contains("replica of 172.16.0.10")
            );
            assert!(row("threads").contains("IO Yes, SQL Yes"));
            assert!(row("lag").trim_end().ends_with("none") || row("lag").ends_with(" ms"));
            assert!(row("writes").contains("allowed") && row("writes").contains("read_only"));
            assert!(screen.iter().any(|line| line == "  ✓ nothing is wrong"));
        }
    }
}

#[test]
fn what_is_wrong_stands_below_with_what_to_do() {
    for release in RELEASES {
        let screen = screen(release, "own-writes");
        let said = screen
            .iter()
            .position(|line| line.starts_with("  ! serv2 has writes of its own"))
            .unwrap();
        assert!(screen[said + 1].starts_with("    Somebody wrote on serv2;"));
        assert!(
            screen[said..]
                .iter()
                .any(|line| line.ends_with("db replicate 172.16.0.10 --reseed"))
        );
        assert!(
            screen
                .iter()
                .any(|line| line.contains("ahead of its primary"))
        );
    }
}

#[test]
fn a_host_that_is_not_reached_has_a_column_all_the_same() {
    for release in RELEASES {
        let screen = screen(release, "cut");
        assert!(screen[1].contains("◐ 172.16.0.10"), "{screen:#?}");
        assert!(screen[2].contains("not reached"), "{screen:#?}");
        assert!(
            screen
                .iter()
                .any(|line| line.contains("not measured; MariaDB says 0 s"))
        );
    }
}

#[test]
fn a_server_that_replicates_with_nobody_learns_how() {
    for release in RELEASES {
        let mut facts = facts(release, "db-fresh");
        facts.database_hosts.clear();
        let report = Status {}.report(&facts).unwrap();
        let screen = lines(&report);
        assert!(
            screen
                .iter()
                .any(|line| line.ends_with("serv1 replicates with no other server"))
        );
        assert_eq!(report.value()["servers"][0]["role"], "alone");
        facts.database.as_mut().unwrap().installed = false;
        let refusal = Status {}.report(&facts).unwrap_err();
        assert_eq!(refusal.what, "MariaDB is not installed on serv1");
    }
}

#[test]
fn programs_are_told_the_same() {
    for release in RELEASES {
        let json = |state: &str| {
            let facts = facts(release, &format!("link-{state}"));
            Status {}.report(&facts).unwrap().value()
        };
        let well = json("well");
        assert_eq!(well["links"][0]["replica"], "serv2");
        assert_eq!(well["links"][0]["primary"], "serv1");
        assert_eq!(well["links"][0]["lag"]["transactions"], 0);
        assert_eq!(well["links"][0]["relation"], "same");
        assert_eq!(well["problems"], serde_json::json!([]));
        let own = json("own-writes");
        assert_eq!(own["links"][0]["relation"], "ahead");
        assert!(
            own["links"][0]["extra"][0]
                .as_str()
                .unwrap()
                .starts_with("0-11-")
        );
        assert_eq!(own["problems"][0]["grave"], true);
        let stopped = json("primary-stopped");
        let primary = stopped["servers"].as_array().unwrap().iter();
        assert!(
            primary
                .clone()
                .any(|server| server["unanswered"].is_string())
        );
    }
}
