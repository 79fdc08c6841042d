//! Options of MySQL and of old releases that MariaDB refuses to start with, and what to write instead.
//!
//! Each was given to 10.11 and to 11.8: neither takes it.

/// The line to write in the place of an option that MariaDB does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead {
    /// Another option that does the same.
    Option(&'static str),
    /// Nothing: what it is for is so without it, or is done elsewhere.
    Advice(&'static str),
}

use Instead::{Advice, Option};

const ALWAYS_GTID: Instead = Advice("remove the line: MariaDB always has GTIDs");
const CHANGE_MASTER: Instead =
    Advice("remove the line: where a replica reads from is told with CHANGE MASTER");

/// Options with the counterpart they have in MariaDB.
const FOREIGN: &[(&str, Instead)] = &[
    ("gtid_mode", ALWAYS_GTID),
    ("enforce_gtid_consistency", ALWAYS_GTID),
    ("session_track_gtids", ALWAYS_GTID),
    ("super_read_only", Option("read_only")),
    ("log_replica_updates", Option("log_slave_updates")),
    ("skip_replica_start", Option("skip_slave_start")),
    ("replica_parallel_workers", Option("slave_parallel_threads")),
    ("replica_parallel_type", Option("slave_parallel_mode")),
    ("slave_parallel_type", Option("slave_parallel_mode")),
    ("replica_net_timeout", Option("slave_net_timeout")),
    ("replica_skip_errors", Option("slave_skip_errors")),
    ("replica_load_tmpdir", Option("slave_load_tmpdir")),
    ("replica_exec_mode", Option("slave_exec_mode")),
    ("replica_type_conversions", Option("slave_type_conversions")),
    (
        "replica_compressed_protocol",
        Option("slave_compressed_protocol"),
    ),
    (
        "replica_max_allowed_packet",
        Option("slave_max_allowed_packet"),
    ),
    (
        "replica_transaction_retries",
        Option("slave_transaction_retries"),
    ),
    (
        "replica_sql_verify_checksum",
        Option("slave_sql_verify_checksum"),
    ),
    ("source_verify_checksum", Option("master_verify_checksum")),
    ("sync_source_info", Option("sync_master_info")),
    ("init_replica", Option("init_slave")),
    (
        "rpl_semi_sync_source_enabled",
        Option("rpl_semi_sync_master_enabled"),
    ),
    (
        "rpl_semi_sync_source_timeout",
        Option("rpl_semi_sync_master_timeout"),
    ),
    (
        "rpl_semi_sync_replica_enabled",
        Option("rpl_semi_sync_slave_enabled"),
    ),
    (
        "slave_preserve_commit_order",
        Advice("remove the line: MariaDB keeps the order of commits"),
    ),
    (
        "replica_preserve_commit_order",
        Advice("remove the line: MariaDB keeps the order of commits"),
    ),
    ("innodb_redo_log_capacity", Option("innodb_log_file_size")),
    ("max_execution_time", Option("max_statement_time")),
    ("log_error_verbosity", Option("log_warnings")),
    ("log_slow_extra", Option("log_slow_verbosity")),
    ("binlog_encryption", Option("encrypt_binlog")),
    ("admin_address", Option("extra_port")),
    ("admin_port", Option("extra_port")),
    ("default_character_set", Option("character_set_server")),
    ("log_slow_queries", Option("slow_query_log")),
    ("storage_engine", Option("default_storage_engine")),
    ("table_type", Option("default_storage_engine")),
    ("log_update", Option("log_bin")),
    ("master_host", CHANGE_MASTER),
    ("master_port", CHANGE_MASTER),
    ("master_user", CHANGE_MASTER),
    ("master_password", CHANGE_MASTER),
    ("master_connect_retry", CHANGE_MASTER),
    ("master_ssl", CHANGE_MASTER),
];

const REMOVE: Instead = Advice("remove the line");

/// Beginnings of names that only MySQL has.
const FAMILIES: &[&str] = &[
    "authentication_policy",
    "auto_generate_certs",
    "binlog_expire_logs_auto_purge",
    "binlog_group_commit_sync",
    "binlog_transaction_",
    "caching_sha2_password_",
    "connection_memory_limit",
    "default_collation_for_utf8mb4",
    "default_table_encryption",
    "disabled_storage_engines",
    "group_replication_",
    "information_schema_stats_expiry",
    "innodb_dedicated_server",
    "internal_tmp_",
    "log_error_services",
    "log_timestamps",
    "mandatory_roles",
    "mysqlx",
    "offline_mode",
    "partial_revokes",
    "password_history",
    "password_require_current",
    "password_reuse_",
    "persist_only_",
    "persisted_globals_load",
    "replica_",
    "temptable_max_",
    "tls_ciphersuites",
    "transaction_write_set_extraction",
    "validate_password",
];

/// Returns what to write instead of an option, by its name in small letters with underscores.
pub(super) fn foreign(name: &str) -> std::option::Option<Instead> {
    let one = FOREIGN.iter().find(|(foreign, _)| *foreign == name);
    let family = || FAMILIES.iter().any(|family| name.starts_with(family));
    one.map(|(_, instead)| *instead)
        .or_else(|| family().then_some(REMOVE))
}

#[cfg(test)]
mod tests {
    use super::super::names::{Release, Taken, known_option};
    use super::*;

    #[test]
    fn no_option_of_mariadb_is_called_foreign() {
        let releases = [Release::new(10, 11), Release::new(11, 8)];
        let taken = |name: &str| {
            known_option(name).is_some_and(|known| {
                releases
                    .iter()
                    .any(|release| known.taken_by(*release) != Taken::No)
            })
        };
        let names = include_str!("names.txt").lines();
        for name in names.filter_map(|line| line.split(' ').next()) {
            assert!(!taken(name) || foreign(name).is_none(), "{name}");
        }
    }

    #[test]
    fn what_is_to_be_written_instead_is_an_option() {
        for (name, instead) in FOREIGN {
            if let Option(instead) = instead {
                let known = known_option(instead).unwrap();
                assert_eq!(known.taken_by(Release::new(10, 11)), Taken::Yes, "{name}");
            }
        }
        assert_eq!(foreign("gtid_mode"), Some(ALWAYS_GTID));
        assert_eq!(foreign("mysqlx_port"), Some(REMOVE));
        assert_eq!(foreign("server_id"), None);
    }
}
