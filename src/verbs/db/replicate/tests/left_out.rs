//! What a filter leaves out.

use super::*;

/// The primary has a second database, `logs`, and so has the replica.
fn with_logs(release: &str) -> Facts {
    let mut facts = unlinked(release);
    for server in [
        facts.database.as_mut().unwrap(),
        facts.database_hosts.get_mut(PRIMARY).unwrap(),
    ] {
        let mut logs = server.databases[0].clone();
        logs.name = "logs".to_owned();
        server.databases.insert(0, logs);
    }
    facts
}

#[test]
fn what_a_filter_leaves_out_is_not_compared_and_told_by_name() {
    let words = "db replicate 172.16.0.10 --reseed";
    for release in RELEASES {
        let counted = |facts: &Facts| {
            let lines = commands(words, facts);
            let compare = lines.iter().find(|line| line.contains("'equal'"));
            compare.cloned().unwrap_or_default()
        };
        let all = with_logs(release);
        assert!(counted(&all).contains("IN ('logs', 'site1')"));
        assert!(!warnings(&plan(words, &all).unwrap()).contains("leaves out"));
        for (name, value) in [
            ("replicate_ignore_db", "logs"),
            ("replicate_do_db", "site1"),
            ("replicate_wild_ignore_table", "logs.%"),
            ("replicate_do_table", "site1.pages"),
            ("replicate_rewrite_db", "logs->archive"),
        ] {
            let mut facts = with_logs(release);
            set(here(&mut facts), name, value);
            let compare = counted(&facts);
            assert!(
                compare.contains("TABLE_SCHEMA IN ('site1')"),
                "{name}: {compare}"
            );
            assert!(!compare.contains("'logs'"), "{name}: {compare}");
            // And what is missing here may be what is left out.
            assert!(compare.contains("SET @left = '';\nIF"), "{name}: {compare}");
            let told = warnings(&plan(words, &facts).unwrap());
            assert!(
                told.contains("a filter on serv2 leaves out logs: nothing of it arrives, and its rows are not compared"),
                "{name}: {told}"
            );
            // The row that is sent to prove it goes where it arrives.
            let lines = commands(words, &facts).join("\n");
            assert_eq!(
                lines.contains("USE `site1`"),
                name != "replicate_do_table",
                "{lines}"
            );
            assert!(!lines.contains("USE `logs`"), "{lines}");
        }
        // Of some tables alone the others are compared.
        let mut facts = with_logs(release);
        set(here(&mut facts), "replicate_ignore_table", "logs.l");
        let compare = counted(&facts);
        assert!(compare.contains("IN ('logs', 'site1')"), "{compare}");
        assert!(
            compare.contains(
                "AND NOT (CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) COLLATE utf8mb3_bin = 'logs.l')"
            ),
            "{compare}"
        );
        let told = warnings(&plan(words, &facts).unwrap());
        assert!(told.contains("leaves out tables of logs"), "{told}");
    }
}
