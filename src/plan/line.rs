//! Commands as lines that a shell takes.

use crate::plan::values::names;

/// Returns the command line that a shell splits into exactly these words.
pub fn shell_line(argv: &[String]) -> String {
    // Only a NUL cannot be quoted, and no argv can hold one.
    argv.iter()
        .map(|word| quote(word))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns a command line as it is typed here to run on another host by ssh, which hands it to a shell
/// there: what is quoted for that one is quoted once more for this one.
pub fn line_on(host: &str, line: &str) -> String {
    let ssh = shell_line(&["ssh".to_owned(), format!("root@{host}")]);
    // What no shell reads as anything else is typed as it is.
    let words = line.split(' ');
    if words
        .clone()
        .all(|word| !word.is_empty() && quote(word) == word)
    {
        return format!("{ssh} {line}");
    }
    // Easier to read than quotes that are quoted, where both say the same.
    match line.contains(['"', '$', '`', '\\', '!']) {
        false => format!("{ssh} \"{line}\""),
        true => format!("{ssh} {}", quote(line)),
    }
}

pub fn quote(word: &str) -> String {
    // `=`, `,` and `:` are plain inside a word; shlex quotes `=` in `NAME=value` arguments.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Returns a here-document's opening and its lines, with an end word that the text does not hold.
///
/// Where the text names values, the shell fills them in, and nothing else.
pub fn heredoc(text: &str) -> (String, String) {
    let mut end = "END".to_owned();
    while text.lines().any(|line| line == end) {
        end.push('_');
    }
    let newline = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    if names(text).is_empty() {
        return (format!("<<'{end}'"), format!("{text}{newline}{end}"));
    }
    (
        format!("<<{end}"),
        format!("{}{newline}{end}", escaped(text)),
    )
}

/// Returns a text in which a shell fills in the names of values, and nothing else.
pub fn escaped(text: &str) -> String {
    let mut escaped = text
        .replace('\\', "\\\\")
        .replace('`', "\\`")
        .replace('$', "\\$");
    for name in names(text) {
        escaped = escaped.replace(&format!("\\${{{name}}}"), &format!("${{{name}}}"));
    }
    escaped
}
