//! The text of an error with places for what differs, and what stood there.

use std::collections::BTreeMap;
use std::fmt;

/// The longest value that is repeated in a sentence.
const LONGEST: usize = 80;

/// A text with places: `Access denied for user '{user}'@'{host}'`; `…` is any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(String),
}

/// The words that stood in the places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, String>);

/// Splits a text at its places, each with its name.
fn split_pattern(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['{', '…']) {
        let (before, place) = rest.split_at(start);
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let (name, after) = match place.strip_prefix('…') {
            Some(after) => ("", after),
            None => place[1..].split_once('}').unwrap_or((&place[1..], "")),
        };
        parts.push(Part::Place(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    parts
}

impl Pattern {
    pub fn new(text: &str) -> Pattern {
        Pattern(split_pattern(text))
    }

    /// Returns how many letters of its own it has.
    pub fn length(&self) -> usize {
        let texts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.len(),
            Part::Place(_) => 0,
        });
        texts.sum()
    }

    /// Returns the names of its places.
    #[cfg(test)]
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Place(name) if !name.is_empty() => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns what stands in its places when the text has it somewhere.
    pub fn values_in(&self, text: &str) -> Option<Values> {
        // The first piece of text may stand earlier than where the rest fits.
        let starts: Vec<usize> = match self.0.first() {
            Some(Part::Text(first)) => text.match_indices(first).map(|(at, _)| at).collect(),
            _ => vec![0],
        };
        starts
            .into_iter()
            .find_map(|at| self.values_at(&text[at..]))
    }

    fn values_at(&self, text: &str) -> Option<Values> {
        let mut values = Values::default();
        let mut rest = text;
        let mut place: Option<&str> = None;
        for part in &self.0 {
            match (part, place.take()) {
                (Part::Place(name), _) => place = Some(name),
                (Part::Text(text), None) => rest = rest.strip_prefix(text.as_str())?,
                (Part::Text(text), Some(name)) => {
                    let (value, after) = rest.split_once(text.as_str())?;
                    values.put_value(name, value);
                    rest = after;
                }
            }
        }
        if let Some(name) = place {
            values.put_value(name, rest);
        }
        Some(values)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Place(_) => f.write_str("…"),
        })
    }
}

impl Values {
    fn put_value(&mut self, name: &str, value: &str) {
        if !name.is_empty() && !value.is_empty() {
            self.0
                .entry(name.to_owned())
                .or_insert_with(|| value.to_owned());
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Adds others; what is known already stays.
    pub fn add(&mut self, others: Values) {
        for (name, value) in others.0 {
            self.put_value(&name, &value);
        }
    }

    /// Returns a sentence with the values in their places; in capitals what is not known.
    pub fn in_prose(&self, text: &str) -> String {
        self.filled(text, |value| {
            let clean: String = value.chars().filter(|c| !c.is_control()).collect();
            let short = clean.char_indices().nth(LONGEST);
            Some(match short {
                Some((end, _)) => format!("{}…", &clean[..end]),
                None => clean,
            })
        })
    }

    /// Returns a command with the values in their places. A value comes from a server's text, and
    /// the command is pasted into a shell: nothing goes in that a shell or SQL could obey.
    pub fn in_command(&self, text: &str) -> String {
        let tame = |c: char| c.is_ascii_alphanumeric() || "_.:%@/-".contains(c);
        self.filled(text, |value| {
            let fits = value.chars().all(tame) && !value.starts_with('-') && value.len() <= LONGEST;
            fits.then(|| value.to_owned())
        })
    }

    fn filled(&self, text: &str, value: impl Fn(&str) -> Option<String>) -> String {
        split_pattern(text)
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => text,
                Part::Place(name) if name.is_empty() => "…".to_owned(),
                Part::Place(name) => {
                    let known = self.0.get(&name).and_then(|known| value(known));
                    known.unwrap_or_else(|| name.to_uppercase())
                }
            })
            .collect()
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Values {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Values {
        let mut values = Values::default();
        for (name, value) in pairs {
            values.put_value(name, value);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DENIED: &str = "Access denied for user '{user}'@'{host}' (using password: {password})";

    fn found(pattern: &str, text: &str) -> Option<Vec<(String, String)>> {
        let values = Pattern::new(pattern).values_in(text)?;
        Some(values.0.into_iter().collect())
    }

    #[test]
    fn a_text_is_found_within_another() {
        let text = "message: Access denied for user 'repl'@'serv2' (using password: YES)";
        let values = Pattern::new(DENIED).values_in(text).unwrap();
        assert_eq!(
            values.in_prose("{user} from {host}, {primary}"),
            "repl from serv2, PRIMARY"
        );
        assert_eq!(found(DENIED, "Access denied for user 'a'@'b'"), None);
        assert_eq!(
            found("Access denied…NO)", "x Access denied for (password: NO)"),
            Some(vec![])
        );
    }

    #[test]
    fn it_is_looked_for_again_where_its_beginning_stands_twice() {
        let text = "Table 'a' of Table 'b' doesn't exist";
        let values = found("Table '{table}' doesn't", text).unwrap();
        assert_eq!(
            values[0].1, "a' of Table 'b",
            "the shortest that fits, from the first start"
        );
        assert_eq!(found("to x{y}", "to y, to x1").unwrap()[0].1, "1");
    }

    #[test]
    fn nothing_that_a_shell_obeys_gets_into_a_command() {
        let values: Values = [
            ("user", "x'; rm -rf /; '"),
            ("host", "serv-2.example"),
            ("file", "-rf"),
        ]
        .into_iter()
        .collect();
        assert_eq!(
            values.in_command("mariadb -h {host} -u {user} {file}"),
            "mariadb -h serv-2.example -u USER FILE"
        );
        let odd: Values = [("user", "a\u{1b}[2Jb")].into_iter().collect();
        assert_eq!(odd.in_prose("{user}"), "a[2Jb");
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,60}", user in "\\PC{0,20}") {
            let _ = Pattern::new(&text).values_in(&user);
            let said = format!("x Access denied for user '{user}'@'h' (using password: NO)");
            prop_assert!(Pattern::new(DENIED).values_in(&said).is_some());
            let values: Values = [("user", user.as_str())].into_iter().collect();
            let command = values.in_command("a {user} b");
            let shell = "'\"`$\\;&|<>(){}*?!#~ \n";
            prop_assert!(!command[2..command.len() - 2].contains(|c| shell.contains(c)));
        }
    }
}
