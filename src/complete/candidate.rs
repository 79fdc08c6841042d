//! One thing that may stand in a place, and what it is.

/// A word that may stand in a place, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word.
    pub value: String,
    /// The meaning, in a few words; may be empty.
    pub help: String,
    /// More of the word is to be typed: `NAME=`, a folder, what many names begin with.
    pub open: bool,
}

impl Candidate {
    /// Returns a candidate.
    pub fn new(value: impl Into<String>, help: impl Into<String>) -> Candidate {
        let value = value.into();
        Candidate {
            open: value.ends_with(['=', '/', ':', ',']),
            help: help.into(),
            value,
        }
    }
}

/// Returns a word as a shell's line has it: quoted only where splitting would change it.
pub fn quoted(word: &str) -> String {
    let plain = shlex::split(word).is_some_and(|words| words == [word]);
    match shlex::try_quote(word) {
        Ok(quoted) if !plain => quoted.into_owned(),
        _ => word.to_owned(),
    }
}
