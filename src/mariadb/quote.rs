//! Names and texts as SQL has them.

/// Returns a name as an identifier of SQL, in backquotes: a backquote in it is doubled.
pub fn quote_name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Returns a text as a string of SQL, on one line.
///
/// Right for a session whose `sql_mode` has no `NO_BACKSLASH_ESCAPES`, which is the default.
pub fn quote_string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\0' => quoted.push_str("\\0"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            // The client takes Ctrl-Z for the end of its input on some systems.
            '\u{1a}' => quoted.push_str("\\Z"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}
