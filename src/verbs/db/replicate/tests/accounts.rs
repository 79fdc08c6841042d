//! What of the account's statements a primary writes into its binlog, where a replica without a filter
//! executes them, which may have the account or not.

use super::{PRIMARY, WORDS, unlinked};
use crate::facts::Facts;
use crate::plan::Undo;
use crate::trial::{RELEASES, plan, there};

/// The statements about accounts that are logged, there and back.
fn logged(facts: &Facts) -> (Vec<String>, Vec<String>) {
    let plan = plan(WORDS, facts).unwrap();
    let of = |text: &str| -> Vec<String> {
        let until = text.find("sql_log_bin=0").unwrap_or(text.len());
        let words = [
            "CREATE USER",
            "ALTER USER",
            "GRANT ",
            "REVOKE ",
            "DROP USER",
        ];
        let lines = text[..until].lines().map(str::trim);
        lines
            .filter(|line| words.iter().any(|word| line.starts_with(word)))
            .map(|line| line.split(" IDENTIFIED").next().unwrap().to_owned())
            .collect()
    };
    let mut both = (Vec::new(), Vec::new());
    for step in &plan.steps {
        let text = |step: &crate::plan::Step| step.command().and_then(|(_, stdin)| stdin);
        both.0.extend(of(&text(step).unwrap_or_default()));
        if let Undo::Steps { steps } = &step.undo {
            for step in steps {
                both.1.extend(of(&text(step).unwrap_or_default()));
            }
        }
    }
    both
}

#[test]
fn what_a_primary_logs_of_an_account_is_harmless_where_the_account_is_not() {
    const NAME: &str = "'replication_user'@'172.16.0.11'";
    for release in RELEASES {
        let mut facts = unlinked(release);
        let made = [
            format!("CREATE USER IF NOT EXISTS {NAME}"),
            format!("GRANT REPLICATION SLAVE ON *.* TO {NAME};"),
        ];
        let accounts = &mut there(&mut facts, PRIMARY).accounts;
        assert!(
            accounts.iter().any(|one| one.host == "172.16.0.11"),
            "{accounts:?}"
        );
        let (to, back) = logged(&facts);
        assert_eq!(to, made, "{release}: it is there");
        assert_eq!(back, Vec::<String>::new(), "{release}: it is there");

        let accounts = &mut there(&mut facts, PRIMARY).accounts;
        accounts.retain(|one| one.host != "172.16.0.11");
        let (to, back) = logged(&facts);
        assert_eq!(to, made, "{release}: it is not");
        assert_eq!(
            back,
            [format!("DROP USER IF EXISTS {NAME};")],
            "{release}: it is not"
        );
    }
}

#[test]
fn one_that_is_there_gets_its_password_unlogged() {
    let facts = unlinked("trixie");
    let plan = plan(WORDS, &facts).unwrap();
    let texts: Vec<String> = plan
        .steps
        .iter()
        .filter_map(|step| step.command()?.1)
        .collect();
    let text = texts
        .iter()
        .find(|text| text.contains("ALTER USER"))
        .unwrap();
    assert!(
        text.find("sql_log_bin=0").unwrap() < text.find("ALTER USER").unwrap(),
        "{text}"
    );
}
