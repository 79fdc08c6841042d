//! A name that stands in a line.

use crate::complete::{Snapshot, existing};
use crate::grammar::Walk;
use crate::names::{Existing, Name};
use crate::shell::reading::Wrong;
use crate::words::Placed;
use std::ops::Range;

/// A name in a line.
#[derive(Debug, Clone)]
pub struct Mention {
    name: Existing,
    /// Its words with their places; only a phrase has several.
    words: Vec<(Range<usize>, String)>,
    /// Another command comes before.
    behind: bool,
}

impl Mention {
    /// Returns the names among the words of a command of what must be there already.
    pub fn all_in(walk: &Walk, words: &[Placed], behind: bool) -> Vec<Mention> {
        let mut names: Vec<Mention> = Vec::new();
        for given in &walk.given {
            let name = Name::of_argument(given.argument).and_then(Name::existing);
            let (Some(name), Some(text)) = (name, given.value) else {
                continue;
            };
            let word = (words[given.word()].at.clone(), text.to_owned());
            match names.last_mut() {
                // An argument of that kind has the line to itself.
                Some(phrase) if name.is_phrase() => phrase.words.push(word),
                _ => names.push(Mention {
                    name,
                    words: vec![word],
                    behind,
                }),
            }
        }
        names
    }

    /// Returns what is wrong with it, as far as is known, while the cursor stands there.
    pub fn wrong(&self, known: &Snapshot, cursor: usize) -> Option<Wrong> {
        let nothing = Snapshot::default();
        let known = if self.behind { &nothing } else { known };
        let words: Vec<&str> = self.words.iter().map(|(_, word)| word.as_str()).collect();
        let text = words.join(" ");
        let (first, last) = (&self.words.first()?.0, &self.words.last()?.0);
        let typed = first.start < cursor && (cursor <= last.end || self.name.is_phrase());
        let gap = if cursor > last.end { " " } else { "" };
        if text.is_empty() || typed && existing::begins(self.name, known, &format!("{text}{gap}")) {
            return None;
        }
        let refusal = existing::refusal(self.name, known, &text)?;
        // Of a phrase, the first word that leads nowhere.
        let lost = (1..words.len()).find(|count| {
            let begin = format!("{} ", words[..*count].join(" "));
            !existing::begins(self.name, known, &begin)
        });
        let (at, _) = &self.words[lost.unwrap_or(words.len()) - 1];
        Some(Wrong {
            at: at.clone(),
            why: refusal.what.lines().next().unwrap_or_default().to_owned(),
            meant: refusal.meant,
        })
    }
}
