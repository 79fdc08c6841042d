//! The value of an option, between what stands in the file and what the server gets.

/// Returns where the comment after an option begins, or the end of the line.
///
/// Quotes protect a `#` wherever they stand, and within them a backslash protects a quote.
pub(super) fn comment_at(line: &str, start: usize) -> usize {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in line[start..].char_indices() {
        match c {
            '\'' | '"' if !escaped => match quote {
                None => quote = Some(c),
                Some(open) if open == c => quote = None,
                Some(_) => {}
            },
            '#' if quote.is_none() => return start + at,
            _ => {}
        }
        escaped = quote.is_some() && c == '\\' && !escaped;
    }
    line.len()
}

/// Returns a value as the server gets it: without its quotes, with its escapes resolved.
pub(super) fn read(raw: &str) -> String {
    let inner = ['\'', '"']
        .into_iter()
        .find_map(|quote| raw.strip_prefix(quote)?.strip_suffix(quote));
    let mut chars = inner.unwrap_or(raw).chars();
    let mut value = String::new();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some('b') => value.push('\u{8}'),
            Some('s') => value.push(' '),
            Some(same @ ('"' | '\'' | '\\')) => value.push(same),
            Some(other) => value.extend(['\\', other]),
            None => value.push('\\'),
        }
    }
    value
}

/// Returns how a value is written, so that [`read`] gives it back: in quotes where it needs them.
pub(super) fn write(value: &str) -> String {
    // In a value of plain characters nothing is read as something else. MariaDB looks at bytes, and
    // takes the last one of an `à` for a blank: only ASCII is left without quotes.
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '\'' | '"' | '\\');
    if value.chars().all(plain) {
        return value.to_owned();
    }
    let mut escaped = String::with_capacity(value.len() + 4);
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            '\r' => escaped.push_str("\\r"),
            '\u{8}' => escaped.push_str("\\b"),
            // A backslash that begins no escape stays as it is, which is how `\_` reads best.
            '\\' if chars.peek().is_some_and(|&next| matches!(next, '_' | '%')) => {
                escaped.push('\\')
            }
            '\\' | '"' | '\'' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    let bare = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '\'' | '"');
    if value.chars().all(bare) {
        return escaped;
    }
    format!("\"{escaped}\"")
}

/// Tells whether a value can stand in an option file at all.
pub(super) fn can_be_written(value: &str) -> bool {
    // The server's buffer for a line; a longer one is cut in two.
    const LONGEST: usize = 4000;
    !value.contains('\0') && write(value).len() < LONGEST
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::BLANK;
    use super::*;

    /// Reads back what was written, as it is read in a line of a file.
    fn read_back(written: &str) -> String {
        let line = format!("name = {written}  # why");
        read(line[7..comment_at(&line, 0)].trim_matches(BLANK))
    }

    #[test]
    fn values_are_read_as_mariadb_reads_them() {
        for (raw, value) in [
            ("10", "10"),
            ("'x y'", "x y"),
            ("\"it's\"", "it's"),
            ("a'#'b", "a'#'b"),
            ("'", "'"),
            ("''", ""),
            ("'a\"", "'a\""),
            (r"a\sb\nc", "a b\nc"),
            (r"site\_1.%", r"site\_1.%"),
            (r"a\\b\", r"a\b\"),
        ] {
            assert_eq!(read(raw), value, "{raw}");
        }
    }

    #[test]
    fn values_are_written_as_plainly_as_they_can_be() {
        for (value, written) in [
            ("127.0.0.1,172.16.0.10", "127.0.0.1,172.16.0.10"),
            ("", ""),
            (r"site\_1.%", r"site\_1.%"),
            ("a b.%", "\"a b.%\""),
            ("a#b.%", "\"a#b.%\""),
            ("it's", "\"it\\'s\""),
            ("voilà", "\"voilà\""),
        ] {
            assert_eq!(write(value), written);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in "[ -~\t\n\r\u{8}é]{0,12}") {
            prop_assert_eq!(read_back(&write(&value)), value);
        }

        #[test]
        fn values_full_of_escapes_are_read_back(value in "[\\\\'\"#_%sn =;!\\[\\]]{0,10}") {
            prop_assert_eq!(read_back(&write(&value)), value);
        }
    }
}
