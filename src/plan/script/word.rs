//! One word of a script.

use crate::plan::line::escaped;
use crate::plan::shell_line;
use crate::plan::values::names;

/// Returns a character as itself in a pattern of sed.
pub fn literal(c: char) -> impl Iterator<Item = char> {
    let special = "\\/.*[]^$".contains(c);
    special.then_some('\\').into_iter().chain([c])
}

/// Returns a text as one word of the shell, with the values of its names.
pub fn double(text: &str) -> String {
    if names(text).is_empty() {
        return word(text);
    }
    format!("\"{}\"", escaped(text).replace('"', "\\\""))
}

pub fn word(text: &str) -> String {
    shell_line(&[text.to_owned()])
}
