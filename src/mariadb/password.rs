//! Which passwords an account for replication can have.

/// The longest password that CHANGE MASTER keeps whole: MariaDB takes 32 characters and cuts a longer
/// one at its next start (MDEV-29994).
pub const LONGEST: usize = 32;

/// Returns the password that a file holds: its first line, without the end that an editor gives it.
///
/// # Errors
/// Why it can be none, as words after "the password in FILE".
pub fn first_line(bytes: &[u8]) -> Result<&str, String> {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let password =
        std::str::from_utf8(line).map_err(|_| "has a byte that is not UTF-8".to_owned())?;
    check_fits(password)?;
    Ok(password)
}

/// Looks whether a password stays what it is in SQL's `'…'`, in an option file's `"…"` and in a shell's
/// here-document: these are what it is written into, without escapes, which each of them reads otherwise
/// (and SQL by its `sql_mode`).
///
/// # Errors
/// Why it does not.
pub fn check_fits(password: &str) -> Result<(), String> {
    if password.is_empty() {
        return Err("is empty: it is the first line that counts".to_owned());
    }
    if password.len() > LONGEST {
        return Err(format!(
            "has more than {LONGEST} bytes: MariaDB would cut it when it restarts"
        ));
    }
    if password.contains('\0') {
        return Err("has a NUL byte".to_owned());
    }
    if let Some(bad) = password.chars().find(|c| "'\"\\".contains(*c)) {
        return Err(format!(
            "has a {bad}, which ends or changes a text in SQL or in an option file"
        ));
    }
    if password.contains("${") {
        return Err("has ${, which stands for a value in a plan".to_owned());
    }
    if password.trim() != password {
        return Err("begins or ends with a blank, which nobody sees".to_owned());
    }
    let plain = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    match password.chars().find(|c| !plain(*c)) {
        Some(bad) => Err(format!(
            "has a character that is not printed (U+{:04X})",
            bad as u32
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
            ("", "is empty"),
            ("\nsecond line", "is empty"),
            ("it's", "has a '"),
            ("a\"b", "has a \""),
            ("a\\b", "has a \\"),
            ("a${password_hash}", "has ${"),
            (" a", "begins or ends with a blank"),
            ("a ", "begins or ends with a blank"),
            ("a\0b", "NUL"),
            ("a\tb", "U+0009"),
            ("\u{feff}a", "U+FEFF"),
            (&"x".repeat(33), "more than 32 bytes"),
        ] {
            let said = first_line(bad.as_bytes()).unwrap_err();
            assert!(said.contains(why), "{bad:?}: {said}");
        }
        assert!(first_line(b"caf\xe9").unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn what_stays_what_it_is_is_taken() {
        for good in ["bigs3cret-%_.!@", "a b", "a#b", "a$b", "$x`y`;--", "é"] {
            assert_eq!(first_line(good.as_bytes()), Ok(good));
        }
        assert_eq!(first_line(b"a b\r\nmore"), Ok("a b"));
    }
}
