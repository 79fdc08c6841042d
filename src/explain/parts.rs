//! What a verb's text ends with: `Examples:`, `Exit status:`, `Environment:`, `Files:`, `See also:`.
//!
//! They are written once, in the topic's file, and stand in `explain VERB`, in `VERB --help` and in
//! the verb's man page.

use super::topic::Topic;

/// The lines that begin these parts.
const HEADINGS: [&str; 5] = [
    "Examples:",
    "Exit status:",
    "Environment:",
    "Files:",
    "See also:",
];

/// A line that can be typed, and what it does.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// The line, as it is typed in the shell; with a backslash where it goes on.
    pub command: String,
    /// The effect of the command; empty where that is plain.
    pub about: String,
}

/// A file that a verb keeps, a variable or a status, and what it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// The meaning of the word.
    pub about: String,
}

impl Topic {
    /// Returns the lines that explain it, without examples, files and further reading.
    pub fn body(&self) -> impl Iterator<Item = &'static str> {
        self.lines().take_while(|line| heading(line).is_none())
    }

    /// Returns its examples as they stand in its text.
    pub fn example_lines(&self) -> Vec<&'static str> {
        self.part("Examples:")
    }

    /// Returns its examples.
    pub fn examples(&self) -> Vec<Example> {
        let mut examples: Vec<Example> = Vec::new();
        let mut goes_on = false;
        for line in self.part("Examples:") {
            let text = line.trim();
            match examples.last_mut() {
                Some(example) if goes_on => {
                    example.command = format!("{}\n{text}", example.command)
                }
                Some(example) if line.starts_with("        ") => {
                    let blank = if example.about.is_empty() { "" } else { " " };
                    example.about = format!("{}{blank}{text}", example.about);
                }
                _ => examples.push(Example {
                    command: text.to_owned(),
                    about: String::new(),
                }),
            }
            goes_on = text.ends_with('\\');
        }
        examples
    }

    /// Returns its files, and what is in them.
    pub fn files(&self) -> Vec<Described> {
        self.entries("Files:")
    }

    /// Returns the variables of the environment that it heeds.
    pub fn environment(&self) -> Vec<Described> {
        self.entries("Environment:")
    }

    /// Returns what its exit statuses mean, where that is not as everywhere.
    pub fn statuses(&self) -> Vec<Described> {
        self.entries("Exit status:")
    }

    fn entries(&self, part: &str) -> Vec<Described> {
        let mut entries: Vec<Described> = Vec::new();
        for line in self.part(part) {
            let text = line.trim();
            match entries.last_mut() {
                Some(entry) if line.starts_with("        ") => {
                    let blank = if entry.about.is_empty() { "" } else { " " };
                    entry.about = format!("{}{blank}{text}", entry.about);
                }
                _ => {
                    let (name, about) = text.split_once(' ').unwrap_or((text, ""));
                    entries.push(Described {
                        name,
                        about: about.trim().to_owned(),
                    });
                }
            }
        }
        entries
    }

    /// Returns what to read further: verbs, `explain WORD`, pages of the manual such as `crm(8)`.
    pub fn see_also(&self) -> Vec<String> {
        self.part("See also:")
            .join(" ")
            .split(',')
            .map(|word| word.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|word| !word.is_empty())
            .collect()
    }

    /// Returns the lines of a part that are not empty, without its heading.
    fn part(&self, wanted: &str) -> Vec<&'static str> {
        let mut lines = self.lines();
        let Some(first) = lines.find_map(|line| line.strip_prefix(wanted)) else {
            return Vec::new();
        };
        std::iter::once(first)
            .chain(lines.take_while(|line| heading(line).is_none()))
            .filter(|line| !line.trim().is_empty())
            .collect()
    }
}

fn heading(line: &str) -> Option<&'static str> {
    HEADINGS
        .into_iter()
        .find(|heading| line.starts_with(heading))
}

#[cfg(test)]
mod tests {
    use super::super::{find, topics};
    use super::*;

    #[test]
    fn a_text_ends_with_examples_files_and_further_reading() {
        let topic = find("db replicate").expect("a topic");
        assert!(topic.body().last().is_some_and(str::is_empty));
        assert!(topic.body().all(|line| !line.starts_with("Examples")));
        let examples = topic.examples();
        assert_eq!(
            examples[1],
            Example {
                command: "db replicate --bundle /root/site1.bundle".to_owned(),
                about: "without ssh: the file of `db export` on the primary".to_owned(),
            }
        );
        assert_eq!(topic.files()[1].name, "/var/lib/bascule/databases");
        assert!(topic.files()[0].about.starts_with("the options"));
        assert!(topic.see_also().contains(&"mariadb-dump(1)".to_owned()));
    }

    #[test]
    fn an_example_may_go_on_in_the_next_line() {
        let topic = find("cluster init").expect("a topic");
        let first = &topic.examples()[0];
        assert!(first.command.contains("\\\n--node"), "{first:?}");
        assert!(first.about.starts_with("on serv1"), "{first:?}");
    }

    #[test]
    fn what_to_read_further_is_there() {
        for topic in topics() {
            for word in topic.see_also() {
                let word = word.strip_prefix("explain ").unwrap_or(&word);
                let number = word.parse().unwrap_or(0);
                assert!(
                    word.ends_with(')')
                        || word == super::super::ERRORS.0
                        || crate::mariadb::errno::entries_of(number).count() > 0
                        || find(word).is_some(),
                    "{}: see also {word}",
                    topic.name
                );
            }
        }
    }
}
