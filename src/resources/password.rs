//! Whether a password can be read from the file that was named.

use crate::facts::{Facts, PasswordFile};
use crate::plan::{Again, Check, Refusal, shell_line};
use std::path::Path;

/// Looks whether a password file that was named can be taken; returns what is to be told of it. `without` is
/// what happens where none is named.
///
/// # Errors
/// When it cannot, with the reason.
pub fn of_file(path: &Path, without: &str, facts: &Facts) -> Result<Option<Check>, Refusal> {
    let name = path.display();
    let refused = |what: String| Err(refusal(what, without));
    match facts.passwords.get(path) {
        None | Some(PasswordFile::Absent) => refused(format!("there is no password file {name}")),
        Some(PasswordFile::NoFile(what)) => refused(format!("the password file {name} {what}")),
        Some(PasswordFile::Unreadable(why)) => {
            refused(format!("the password file {name} cannot be read: {why}"))
        }
        Some(PasswordFile::Unfit(why)) => refused(format!("the password in {name} {why}")),
        Some(PasswordFile::Fit { mode, .. }) if mode & 0o077 != 0 => Ok(Some(
            Check::warning(format!(
                "{name} has mode {mode:04o}: others than its owner may read the password"
            ))
            .note(format!("chmod 600 {}", shell_line(&[name.to_string()]))),
        )),
        Some(PasswordFile::Fit { .. }) => Ok(None),
    }
}

/// Returns the refusal of a password file.
pub fn refusal(what: String, without: &str) -> Refusal {
    Refusal::check(what).again(without, Again::same().without("--password-file"))
}
