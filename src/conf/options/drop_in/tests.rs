//! The drop-in of ours: written, read back, changed.

use proptest::prelude::*;

use super::*;

const PRIMARY: &str = "\
# Written by bascule for MariaDB replication. `bascule undo` takes it back;
# by hand: delete this file, then systemctl restart mariadb.
[mysqld]
server_id = 10                          # from the address; two servers with the same id: errno 1593
bind_address = 127.0.0.1,172.16.0.10    # 127.0.0.1 alone would keep the replica out: errno 2003
log_bin = mysql-bin                     # what replicas read; without a folder: in the data directory
log_slave_updates = ON                  # a replica logs what it applies, so that roles can be swapped
relay_log = relay-bin                   # a name that does not change with the host's
binlog_format = ROW                     # rows, not statements: the same result on every server
gtid_strict_mode = ON                   # a replica that has diverged stops instead of going on
sync_binlog = 1                         # on disk at each commit: a power cut loses nothing
innodb_flush_log_at_trx_commit = 1      # the same for the tables
binlog_expire_logs_seconds = 864000     # ten days; a replica away for longer needs a new seed
max_binlog_size = 100M                  # a new binlog file after this much
read_only = OFF                         # ON on a replica, OFF on the primary
";

fn primary() -> DropIn {
    DropIn::new(10, &["172.16.0.10".parse().unwrap()], false)
}

fn databases(names: &[&str]) -> Vec<DatabaseName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[test]
fn each_line_has_its_reason() {
    assert_eq!(primary().to_text(), PRIMARY);
    assert_eq!(DropIn::parse(PRIMARY), primary());
    for (name, reason) in REASONS {
        assert!(known_option(name).is_some(), "{name}");
        assert!(reason.is_ascii() && COLUMN + reason.len() < 104, "{reason}");
    }
}

#[test]
fn a_promotion_is_one_word() {
    let mut file = primary();
    assert_eq!(file.set("read_only", "ON"), Ok(true));
    assert_eq!(file.to_text(), PRIMARY.replace("= OFF ", "= ON "));
    assert_eq!(file.set("read_only", "ON"), Ok(false));
    assert_eq!(file.set("read_only", "OFF"), Ok(true));
    assert_eq!(file.to_text(), PRIMARY);
}

#[test]
fn databases_are_told_from_their_patterns() {
    let mut file = primary();
    let names = databases(&["site1", "a_b", "it's 100% #1"]);
    assert_eq!(file.set_databases(&names), Ok(true));
    assert_eq!(file.set_databases(&names), Ok(false));
    assert_eq!(file.databases(), names);
    let added: Vec<String> = file.to_text().lines().skip(15).map(str::to_owned).collect();
    assert_eq!(
        added,
        [
            "replicate_wild_do_table = site1.%       # this database alone, whatever was chosen with USE",
            "replicate_wild_do_table = a\\_b.%        # this database alone, whatever was chosen with USE",
            "replicate_wild_do_table = \"it\\'s 100\\% #1.%\"  # this database alone, whatever was chosen with USE",
        ]
    );
    assert_eq!(file.set_databases(&[]), Ok(true));
    assert_eq!(file, primary());
    // A pattern of somebody's own stands for no database.
    let own = DropIn::parse("[mysqld]\nreplicate_wild_do_table = site%.%\n");
    assert_eq!(own.databases(), []);
}

#[test]
fn addresses_stand_once_and_without_the_hosts_own_loopback() {
    let addresses = ["fd00::a", "127.0.0.1", "fd00::a", "::1"].map(|a| a.parse().unwrap());
    let file = DropIn::new(10, &addresses, true);
    assert_eq!(file.get("bind-address").unwrap(), "127.0.0.1,fd00::a");
    assert_eq!(file.get("read_only").unwrap(), "ON");
}

#[test]
fn an_option_of_somebody_else_stays() {
    let text = PRIMARY.replace("[mysqld]\n", "[mysqld]\n# mine\nmax_connections = 500\n");
    let mut file = DropIn::parse(&text);
    file.set("server_id", "12").unwrap();
    file.set("skip_networking", "OFF").unwrap();
    assert!(file.to_text().contains("# mine\nmax_connections = 500\n"));
    assert!(
        file.to_text()
            .ends_with("skip_networking = OFF                   # no other host could connect\n")
    );
    assert!(file.remove("skip-networking"));
    assert_eq!(file.to_text(), text.replace("= 10 ", "= 12 "));
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

#[test]
fn what_the_running_server_has_otherwise_is_found() {
    let mut file = primary();
    file.set_databases(&databases(&["a_b", "c"])).unwrap();
    // As SHOW GLOBAL VARIABLES had them on Debian 12 with this file, but for three of them.
    let mut running = variables(&[
        ("server_id", "1"),
        ("bind_address", "127.0.0.1"),
        ("log_bin", "ON"),
        ("log_bin_basename", "/var/lib/mysql/mysql-bin"),
        ("datadir", "/var/lib/mysql/"),
        ("log_slave_updates", "ON"),
        ("relay_log", "relay-bin"),
        ("binlog_format", "ROW"),
        ("gtid_strict_mode", "ON"),
        ("sync_binlog", "1"),
        ("innodb_flush_log_at_trx_commit", "1"),
        ("binlog_expire_logs_seconds", "864000"),
        ("max_binlog_size", "1073741824"),
        ("read_only", "OFF"),
        ("replicate_wild_do_table", "a\\_b.%,c.%"),
    ]);
    let found = file.differences(&running);
    let said: Vec<(&str, Option<String>)> = found
        .iter()
        .map(|difference| (difference.name.as_str(), difference.statement()))
        .collect();
    assert_eq!(
        said,
        [
            ("server_id", Some("SET GLOBAL server_id=10".to_owned())),
            ("bind_address", None),
            (
                "max_binlog_size",
                Some("SET GLOBAL max_binlog_size=104857600".to_owned())
            ),
        ]
    );
    running.insert("log_bin".to_owned(), "OFF".to_owned());
    assert!(
        file.differences(&running)
            .iter()
            .any(|found| found.name == "log_bin")
    );
}

#[test]
fn a_statement_is_written_for_every_kind_of_value() {
    let statement = |name: &str, wanted: &str| {
        let runtime = known_option(name).unwrap().runtime;
        let (name, wanted) = (name.to_owned(), wanted.to_owned());
        OptionDifference {
            name,
            running: None,
            wanted,
            runtime,
        }
        .statement()
        .unwrap()
    };
    for (name, value, sql) in [
        ("read_only", "ON", "SET GLOBAL read_only=ON"),
        ("gtid_strict_mode", "1", "SET GLOBAL gtid_strict_mode=1"),
        ("binlog_format", "ROW", "SET GLOBAL binlog_format='ROW'"),
        ("sync_binlog", "1", "SET GLOBAL sync_binlog=1"),
        (
            "replicate_wild_do_table",
            "a\\_b.%",
            "SET GLOBAL replicate_wild_do_table='a\\\\_b.%'",
        ),
    ] {
        assert_eq!(statement(name, value), sql);
    }
}

proptest! {
    #[test]
    fn any_databases_are_read_back(names in prop::collection::vec("[a-z_%#' \"é-]{1,10}", 0..5)) {
        let mut names: Vec<DatabaseName> = names.iter().filter_map(|name| name.parse().ok()).collect();
        names.sort();
        names.dedup();
        let mut file = primary();
        file.set_databases(&names).unwrap();
        prop_assert_eq!(file.databases(), names);
        prop_assert_eq!(DropIn::parse(&file.to_text()), file);
    }
}

#[test]
fn options_of_somebody_else_are_told_apart() {
    let ours = DropIn::new(10, &["172.16.0.10".parse().unwrap()], false);
    assert_eq!(ours.foreign(), Vec::<String>::new());
    let text = format!(
        "{}\n# mine\n[mysqld]\ninnodb-buffer-pool-size=64M\nskip_name_resolve # no DNS\n[client]\nport = 3307\n",
        ours.to_text()
    );
    assert_eq!(
        DropIn::parse(&text).foreign(),
        ["innodb_buffer_pool_size", "skip_name_resolve", "port"]
    );
}
