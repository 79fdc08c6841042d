//! What `mariadb-dump` prints.

/// The beginning of a dump's last line when nothing is missing.
pub const DUMP_COMPLETED: &str = "-- Dump completed";
