//! What a completer may know of the line: clap's give it the typed word at most.
//!
//! Set for the time of one question, in this thread.

use std::cell::RefCell;

/// The line around the word that is being completed.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    /// The arguments before, by the name of their field, and their values.
    pub given: Vec<(String, String)>,
    /// What is typed of the value so far.
    pub typed: String,
    /// Somebody will read what the candidates are.
    pub described: bool,
}

thread_local! {
    static NOW: RefCell<Asking> = RefCell::new(Asking::default());
}

/// Runs something that asks the completers.
pub fn asking<T>(about: Asking, ask: impl FnOnce() -> T) -> T {
    let before = NOW.replace(about);
    let answer = ask();
    NOW.replace(before);
    answer
}

/// Returns what is asked now.
pub fn now() -> Asking {
    NOW.with_borrow(Clone::clone)
}

impl Asking {
    /// Returns the values given before to an argument.
    pub fn values<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let of_it = move |(name, _): &&(String, String)| name == field;
        let given = self.given.iter().filter(of_it);
        given.map(|(_, value)| value.as_str())
    }

    /// Returns the value given before to an argument that takes one.
    pub fn value<'a>(&'a self, field: &'a str) -> Option<&'a str> {
        self.values(field).next()
    }
}
