//! Which text can be a secret: a password as it is typed, or the first line of a file.

/// Returns the secret that a text holds: its first line, without the end that an editor gives it.
///
/// # Errors
/// Why it can be none, as words after "the password in FILE".
pub fn first_line(bytes: &[u8]) -> Result<&str, String> {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let secret =
        std::str::from_utf8(line).map_err(|_| "has a byte that is not UTF-8".to_owned())?;
    check(secret)?;
    Ok(secret)
}

/// Looks whether a secret stays what it is in one line of a file and in a shell's here-document.
fn check(secret: &str) -> Result<(), String> {
    if secret.is_empty() {
        return Err("is empty: it is the first line that counts".to_owned());
    }
    if secret.contains('\0') {
        return Err("has a NUL byte".to_owned());
    }
    if secret.contains("${") {
        return Err("has ${, which stands for a value in a plan".to_owned());
    }
    if secret.trim() != secret {
        return Err("begins or ends with a blank, which nobody sees".to_owned());
    }
    let plain = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    match secret.chars().find(|c| !plain(*c)) {
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
    fn what_would_not_stay_as_it_is_is_refused_with_the_reason() {
        for (bad, why) in [
            ("", "is empty"),
            ("\nsecond line", "is empty"),
            ("a${password_hash}", "has ${"),
            (" a", "begins or ends with a blank"),
            ("a ", "begins or ends with a blank"),
            ("a\0b", "NUL"),
            ("a\tb", "U+0009"),
            ("\u{feff}a", "U+FEFF"),
        ] {
            let said = first_line(bad.as_bytes()).unwrap_err();
            assert!(said.contains(why), "{bad:?}: {said}");
        }
        assert!(first_line(b"\xff").unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn the_first_line_is_the_secret() {
        for text in [
            "it's \"one\"\\",
            "it's \"one\"\\\n",
            "it's \"one\"\\\r\nmore",
        ] {
            assert_eq!(first_line(text.as_bytes()), Ok("it's \"one\"\\"));
        }
    }
}
