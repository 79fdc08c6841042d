//! What things come to: the texts of `explain`.
//!
//! One file per topic beside this one; its first line is the title. The facts in them were
//! measured on Debian 12 and 13.

/// Something that can be explained.
#[derive(Debug, PartialEq, Eq)]
pub struct Topic {
    /// What it is asked for by: one or two words.
    pub name: &'static str,
    text: &'static str,
}

impl Topic {
    /// Returns what it is, in a few words.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Returns the lines that explain it.
    pub fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.text.lines().skip(1)
    }
}

static TOPICS: &[Topic] = &[];

/// Returns every topic, in the order of a list.
pub fn topics() -> &'static [Topic] {
    TOPICS
}
