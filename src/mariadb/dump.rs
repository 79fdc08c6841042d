//! What `mariadb-dump` prints.

/// What a dump's last line begins with when nothing is missing.
pub const DUMP_COMPLETED: &str = "-- Dump completed";
