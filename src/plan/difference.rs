//! Two texts, line by line: what both have, what only the old one has, what only the new one.

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::udiff::UnifiedHunkHeader;
use similar::{DiffOp, DiffTag, diff_ratio, group_diff_ops};

/// The lines around a change that `diff -u` shows.
const AROUND: usize = 3;

/// How one text becomes another.
pub struct Difference<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
    parts: Vec<DiffOp>,
}

impl<'a> Difference<'a> {
    /// Compares two texts.
    ///
    /// By Myers's algorithm itself: `TextDiff` could be told of another one, and brings all six into the
    /// program, each of them several times. They were a twentieth of it.
    pub fn of(old: &'a str, new: &'a str) -> Difference<'a> {
        let old: Vec<&str> = old.split_inclusive('\n').collect();
        let new: Vec<&str> = new.split_inclusive('\n').collect();
        let mut found = Compact::new(Replace::new(Capture::new()), &old, &new);
        let Ok(()) = myers::diff(&mut found, &old, 0..old.len(), &new, 0..new.len());
        let parts = found.into_inner().into_inner().into_ops();
        Difference { old, new, parts }
    }

    /// Returns the share of lines that both have, from 0 to 1.
    pub fn in_common(&self) -> f32 {
        diff_ratio(&self.parts, self.old.len(), self.new.len())
    }

    /// Returns all lines, each with `-`, `+` or a blank.
    pub fn lines(&self) -> impl Iterator<Item = (char, &'a str)> {
        self.parts.iter().flat_map(move |part| self.lines_of(part))
    }

    fn lines_of(&self, part: &DiffOp) -> impl Iterator<Item = (char, &'a str)> {
        let (tag, old, new) = part.as_tag_tuple();
        let (removed, added) = match tag {
            DiffTag::Equal => (' ', None),
            _ => ('-', Some(&self.new[new])),
        };
        let old = self.old[old].iter();
        let old = old.map(move |line| (removed, *line));
        old.chain(added.into_iter().flatten().map(|line| ('+', *line)))
    }

    /// Returns the changes as `diff -u` prints them; nothing where there are none.
    pub fn unified(&self, old_name: &str, new_name: &str) -> String {
        let mut text = String::new();
        let parts = group_diff_ops(self.parts.clone(), AROUND);
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if text.is_empty() {
                text = format!("--- {old_name}\n+++ {new_name}\n");
            }
            text += &format!("{}\n", UnifiedHunkHeader::new(part));
            for (sign, line) in part.iter().flat_map(|part| self.lines_of(part)) {
                text.push(sign);
                text += line;
                if !line.ends_with('\n') {
                    text += "\n\\ No newline at end of file\n";
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use similar::TextDiff;

    fn text() -> impl Strategy<Value = String> {
        let lines = proptest::collection::vec("[a-d]{0,2}", 0..30);
        (lines, any::<bool>()).prop_map(|(lines, whole)| {
            let end = if whole { "\n" } else { "" };
            lines.join("\n") + end
        })
    }

    proptest! {
        #[test]
        fn it_is_the_one_that_textdiff_finds(old in text(), new in text()) {
            let (found, other) = (Difference::of(&old, &new), TextDiff::from_lines(&old, &new));
            let mut unified = other.unified_diff();
            prop_assert_eq!(
                found.unified("old", "new"),
                unified.header("old", "new").to_string()
            );
            prop_assert_eq!(found.in_common(), other.ratio());
            let lines: String = found.lines().map(|(sign, line)| format!("{sign}{line}")).collect();
            let others = other.iter_all_changes();
            let others: String = others.map(|one| format!("{}{}", one.tag(), one.value())).collect();
            prop_assert_eq!(lines, others);
        }
    }
}
