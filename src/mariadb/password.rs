//! Which passwords an account for replication can have.

/// The longest password that CHANGE MASTER keeps whole: MariaDB takes 32 characters and cuts a longer
/// one at its next start (MDEV-29994).
pub const LONGEST: usize = 32;

/// Looks whether a password stays what it is in SQL's `'…'` and in an option file's `"…"`: these are what
/// it is written into, without escapes, which each of them reads otherwise (and SQL by its `sql_mode`).
///
/// # Errors
/// Why it does not, as words after "the password in FILE".
pub fn check_fits(password: &str) -> Result<(), String> {
    if password.len() > LONGEST {
        return Err(format!(
            "has more than {LONGEST} bytes: MariaDB would cut it when it restarts"
        ));
    }
    match password.chars().find(|c| "'\"\\".contains(*c)) {
        Some(bad) => Err(format!(
            "has a {bad}, which ends or changes a text in SQL or in an option file"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_would_be_read_as_something_else_is_refused_with_the_reason() {
        for (bad, why) in [
            ("it's", "has a '"),
            ("a\"b", "has a \""),
            ("a\\b", "has a \\"),
            (&"x".repeat(33), "more than 32 bytes"),
        ] {
            let said = check_fits(bad).unwrap_err();
            assert!(said.contains(why), "{bad:?}: {said}");
        }
        for good in ["bigs3cret-%_.!@", "a b", "a#b", "a$b", "$x`y`;--", "é"] {
            assert_eq!(check_fits(good), Ok(()), "{good}");
        }
    }
}
