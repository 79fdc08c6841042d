//! The file of `db export`: what is in it, and how it comes out.

use crate::plan::shell_line;
use std::path::Path;

/// The dump's name in it.
pub const DUMP: &str = "dump.sql.gz";

/// The password's name in it.
pub const PASSWORD: &str = "password";

/// Returns the command that prints the dump of a bundle.
pub fn print_dump(path: &Path) -> Vec<String> {
    let file = shell_line(&[path.display().to_string()]);
    let script =
        format!("tar --extract --to-stdout --force-local --file {file} {DUMP} | gzip --decompress");
    ["sh".to_owned(), "-c".to_owned(), script].to_vec()
}

/// Returns the command that prints the password of a bundle.
pub fn print_password(path: &Path) -> Vec<String> {
    let file = path.display().to_string();
    [
        "tar",
        "--extract",
        "--to-stdout",
        "--force-local",
        "--file",
        &file,
        PASSWORD,
    ]
    .map(str::to_owned)
    .to_vec()
}
