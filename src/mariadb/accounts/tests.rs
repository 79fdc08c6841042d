use super::*;

fn right(on: Object, names: &[&str]) -> Right {
    Right {
        holder: Name::new("o'app", "10.0.0.%"),
        on,
        privileges: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn a_right_is_given_and_taken_by_statements() {
    let database = || Object::Database("site\\_1".to_owned());
    let some = right(database(), &["SELECT", "INSERT"]);
    assert_eq!(
        some.grant(),
        "GRANT INSERT, SELECT ON `site\\_1`.* TO 'o''app'@'10.0.0.%'"
    );
    assert_eq!(
        some.revoke(),
        "REVOKE INSERT, SELECT ON `site\\_1`.* FROM 'o''app'@'10.0.0.%'"
    );
    let option = right(database(), &["GRANT OPTION"]);
    assert_eq!(
        option.grant(),
        "GRANT USAGE ON `site\\_1`.* TO 'o''app'@'10.0.0.%' WITH GRANT OPTION"
    );
    assert_eq!(
        option.revoke(),
        "REVOKE GRANT OPTION ON `site\\_1`.* FROM 'o''app'@'10.0.0.%'"
    );
    let column = right(
        Object::Column {
            database: "site1".to_owned(),
            table: "t`t".to_owned(),
            column: "c".to_owned(),
        },
        &["UPDATE"],
    );
    assert_eq!(
        column.grant(),
        "GRANT UPDATE (`c`) ON `site1`.`t``t` TO 'o''app'@'10.0.0.%'"
    );
    let routine = right(
        Object::Routine {
            database: "site1".to_owned(),
            kind: "PACKAGE BODY".to_owned(),
            name: "p".to_owned(),
        },
        &["EXECUTE"],
    );
    assert_eq!(
        routine.revoke(),
        "REVOKE EXECUTE ON PACKAGE BODY `site1`.`p` FROM 'o''app'@'10.0.0.%'"
    );
    assert_eq!(Name::role("readers").sql(), "`readers`");
}

#[test]
fn rights_have_one_name_whatever_their_table_calls_them() {
    let names: Vec<String> = privileges([
        "Create_tmp_table",
        "Grant",
        "Delete versioning rows",
        "Show view",
        "",
    ])
    .into_iter()
    .collect();
    assert_eq!(
        names,
        [
            "CREATE TEMPORARY TABLES",
            "DELETE HISTORY",
            "GRANT OPTION",
            "SHOW VIEW"
        ]
    );
}

#[test]
fn rights_on_everything_are_read_by_their_bits() {
    // Seen of `GRANT SELECT, PROCESS, SUPER ON *.*`, and of `GRANT SLAVE MONITOR`.
    let of = |bits, on| global(bits, on).into_iter().collect::<Vec<_>>();
    assert_eq!(of(33025, true), ["SELECT"]);
    assert_eq!(of(33025, false), ["PROCESS", "SUPER"]);
    assert_eq!(of(274_877_906_944, false), ["SLAVE MONITOR"]);
    // Debian's `mysql@localhost` and `root@localhost`.
    assert_eq!(
        of(u64::MAX, true).len() + of(u64::MAX, false).len(),
        GLOBAL.len()
    );
}
