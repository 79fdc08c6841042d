use super::super::tests::{facts, linked, told};
use crate::facts::Facts;
use crate::facts::database::OptionFile;

const RELEASES: [&str; 2] = ["bookworm", "trixie"];

/// Rows that are missing do not show in threads or GTIDs: what lets them be missing does.
#[test]
fn a_replica_that_passes_over_errors_is_never_well() {
    const FILE: &str = "/etc/mysql/mariadb.conf.d/98-lax.cnf";
    // As the two servers print them.
    let settings = [
        (
            "slave_skip_errors",
            "1032,1062",
            "systemctl restart mariadb",
        ),
        (
            "slave_exec_mode",
            "IDEMPOTENT",
            "mariadb -e 'SET GLOBAL slave_exec_mode=\"STRICT\"'",
        ),
        (
            "slave_type_conversions",
            "ALL_LOSSY",
            "mariadb -e 'SET GLOBAL slave_type_conversions=\"\"'",
        ),
        (
            "replicate_events_marked_for_skip",
            "FILTER_ON_SLAVE",
            "mariadb -e 'STOP SLAVE; SET GLOBAL replicate_events_marked_for_skip=\"REPLICATE\"; \
             START SLAVE'",
        ),
    ];
    for release in RELEASES {
        for (name, value, mend) in settings {
            let mut facts = facts(release, "well");
            let here = facts.database.as_mut().unwrap();
            here.variables.insert(name.to_owned(), value.to_owned());
            let told = |facts: &Facts| match told(facts).as_slice() {
                [(true, what, next)] => (what.clone(), next.clone()),
                other => panic!("{release} {name}: {other:#?}"),
            };
            let (what, next) = told(&facts);
            assert!(
                what.contains(&format!("{name} = {value} (in no option file")),
                "{what}"
            );
            let reseed = "bascule db replicate 172.16.0.10 --reseed";
            assert_eq!(next, [mend, "bascule db check", reseed]);
            let here = facts.database.as_mut().unwrap();
            here.option_files.push(OptionFile {
                path: FILE.into(),
                text: format!("[mysqld]\n{name} = {value}\n"),
                mode: 0o644,
                owner: "root".to_owned(),
                group: "root".to_owned(),
                ..OptionFile::default()
            });
            let (what, next) = told(&facts);
            assert!(what.starts_with("serv2 "), "{what}");
            assert!(
                what.contains(&format!("{name} = {value} ({FILE}:2)")),
                "{what}"
            );
            assert_eq!(next[0], format!("editor +2 {FILE}"));
            assert_eq!(next[1], mend);
            // Only in the file so far: it counts from the next start on.
            let here = facts.database.as_mut().unwrap();
            let strict = match name {
                "slave_skip_errors" => "OFF",
                "slave_exec_mode" => "STRICT",
                "slave_type_conversions" => "",
                _ => "REPLICATE",
            };
            here.variables.insert(name.to_owned(), strict.to_owned());
            let (what, next) = told(&facts);
            assert!(what.ends_with("from its next start on"), "{what}");
            assert_eq!(next[0], format!("editor +2 {FILE}"));
        }
        for (column, value, name) in [
            ("Replicate_Ignore_Server_Ids", "3, 10", "IGNORE_SERVER_IDS"),
            ("Replicate_Ignore_Domain_Ids", "0", "IGNORE_DOMAIN_IDS"),
            ("Replicate_Do_Domain_Ids", "1", "DO_DOMAIN_IDS"),
        ] {
            let mut facts = facts(release, "well");
            let here = facts.database.as_mut().unwrap();
            here.links[0]
                .columns
                .insert(column.to_owned(), value.to_owned());
            let told = told(&facts);
            let wanted = format!("{name} = ({value})");
            assert!(told[0].1.contains(&wanted), "{release}: {told:#?}");
        }
    }
}

#[test]
fn a_filter_by_use_is_mended_with_all_that_it_lets_through() {
    for release in RELEASES {
        let all = linked(release, &[("Replicate_Do_DB", "employees,hive,my shop")]);
        let [(false, _, next)] = all.as_slice() else {
            panic!("{all:#?}");
        };
        assert_eq!(
            next,
            &[
                "bascule db replicate 172.16.0.10 --database employees --database hive --database 'my shop'"
            ]
        );
        // What is left out by name cannot be said by naming the others: what is made tomorrow would
        // be left out as well.
        let all = linked(release, &[("Replicate_Ignore_DB", "employees")]);
        let [(false, what, next)] = all.as_slice() else {
            panic!("{all:#?}");
        };
        assert!(what.contains("replicate_ignore_db=employees"), "{what}");
        assert_eq!(next, &["grep -rniE 'replicate[-_]ignore[-_]db' /etc/mysql"]);
    }
}
