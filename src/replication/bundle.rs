//! The file of `db export`: how what is in it comes out.

use crate::facts::archive;
use crate::facts::database::bundle::{DUMP, PASSWORD, ROWS};
use crate::plan::shell_line;
use std::path::Path;

/// Returns the command that prints the dump of a bundle.
pub fn print_dump(path: &Path) -> Vec<String> {
    let script = format!(
        "{} | gzip --decompress",
        shell_line(&print_entry(path, DUMP))
    );
    ["sh".to_owned(), "-c".to_owned(), script].to_vec()
}

/// Returns the command that prints the password of a bundle.
pub fn print_password(path: &Path) -> Vec<String> {
    print_entry(path, PASSWORD)
}

/// Returns the command that prints how many rows each table had.
pub fn print_rows(path: &Path) -> Vec<String> {
    print_entry(path, ROWS)
}

fn print_entry(path: &Path, entry: &str) -> Vec<String> {
    archive::print_command(&path.display().to_string(), entry)
}
