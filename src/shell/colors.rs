//! The line in colour while it is typed: verbs, options, what goes to crmsh, and what is wrong.

use super::reading::{Reading, WordKind};
use crate::report::Role;
use std::ops::Range;

/// Returns the line with its words painted; the text itself stays as it is.
pub fn paint(reading: &Reading, line: &str, paint: impl Fn(Role, &str) -> String) -> String {
    let mut spots: Vec<(Range<usize>, Role)> = reading
        .words
        .iter()
        .map(|(at, kind)| (at.clone(), role(*kind)))
        .collect();
    spots.extend(reading.comments.iter().map(|at| (at.clone(), Role::Dim)));
    if let Some(wrong) = &reading.wrong {
        spots.retain(|(at, _)| *at != wrong.at);
        spots.push((wrong.at.clone(), Role::Fail));
    }
    spots.sort_by_key(|(at, _)| at.start);
    let mut painted = String::new();
    let mut end = 0;
    for (at, role) in spots {
        painted.push_str(line.get(end..at.start).unwrap_or_default());
        painted.push_str(&paint(role, line.get(at.clone()).unwrap_or_default()));
        end = at.end.max(end);
    }
    painted.push_str(line.get(end..).unwrap_or_default());
    painted
}

fn role(kind: WordKind) -> Role {
    match kind {
        WordKind::Verb => Role::Strong,
        WordKind::Option | WordKind::Theirs => Role::Command,
        WordKind::Value => Role::Plain,
        WordKind::Unknown => Role::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_painted_and_the_text_stays() {
        let mut grammar = crate::grammar::grammar();
        let mut painted = |line: &str| {
            paint(
                &Reading::read_line(&mut grammar, line),
                line,
                |role, text| match role {
                    Role::Plain => text.to_owned(),
                    role => format!("<{role:?} {text}>"),
                },
            )
        };
        assert_eq!(
            painted("vip  add 'a b' --name x # é"),
            "<Strong vip>  <Strong add> <Fail 'a b'> <Command --name> x <Dim # é>"
        );
        assert_eq!(painted("vpi list"), "<Fail vpi> list");
        assert_eq!(
            painted("configure show"),
            "<Command configure> <Command show>"
        );
        assert_eq!(
            painted("vip list then nope "),
            "<Strong vip> <Strong list> <Strong then> <Fail nope> "
        );
    }
}
