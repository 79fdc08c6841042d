//! Setting and removing keys of corosync.conf.

use super::{BLANK, CorosyncConf, CorosyncLineKind, Line, Section, join};

/// The longest line that every corosync 3 reads whole.
pub(super) const LONGEST_LINE: usize = 510;

/// Sections that stand for one thing each, so that a key alone does not say which is meant.
const ONE_EACH: &[&str] = &[
    "nodelist.node",
    "totem.interface",
    "totem.interface.member",
    "logging.logger_subsys",
    "logging.logging_daemon",
    "uidgid",
];

/// Why an edit was refused; the file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EditError(pub String);

impl CorosyncConf {
    /// Sets a key such as `totem.token`; tells whether that changed the file.
    ///
    /// A key that is there is changed in place. A new one follows the last of its section, and a
    /// missing section is made at the end of the one around it.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, EditError> {
        check_key(key)?;
        check_value(key, value)?;
        let (path, name) = key.rsplit_once('.').unwrap_or(("", key));
        self.check_unique(path)?;

        if let Some(line) = self.lines_of(key).pop() {
            return Ok(self.replace_value(line, value));
        }
        match self.sections_of(path).pop() {
            Some(section) => {
                let indent = self.indent_in(&section);
                let at = section
                    .items
                    .last()
                    .copied()
                    .or(section.open)
                    .map_or(section.close, |line| line + 1);
                self.insert(at, &[format!("{indent}{name}: {value}")]);
            }
            None => self.add_section(path, &format!("{name}: {value}")),
        }
        Ok(true)
    }

    /// Removes a key wherever it stands; tells whether it was there.
    pub fn remove(&mut self, key: &str) -> Result<bool, EditError> {
        check_key(key)?;
        self.check_unique(key.rsplit_once('.').map_or("", |(path, _)| path))?;
        let lines = self.lines_of(key);
        for &line in lines.iter().rev() {
            self.lines.remove(line);
        }
        Ok(!lines.is_empty())
    }

    fn check_unique(&self, path: &str) -> Result<(), EditError> {
        let count = self.sections_of(path).len();
        if count > 1 && ONE_EACH.contains(&path) {
            return Err(EditError(format!(
                "{path} stands {count} times in the file: edit the one you mean by hand"
            )));
        }
        Ok(())
    }

    fn replace_value(&mut self, line: usize, value: &str) -> bool {
        let Line {
            text,
            kind: CorosyncLineKind::Item { value: range, .. },
            ..
        } = &mut self.lines[line]
        else {
            return false;
        };
        if &text[range.clone()] == value {
            return false;
        }
        // An empty value has its place right after the colon.
        let gap = if text[..range.start].ends_with(':') && text[range.clone()].is_empty() {
            " "
        } else {
            ""
        };
        text.replace_range(range.clone(), &format!("{gap}{value}"));
        let start = range.start + gap.len();
        *range = start..start + value.len();
        true
    }

    /// Makes the missing sections of a path around one item.
    fn add_section(&mut self, path: &str, item: &str) {
        let (mut around, mut missing) = (path, Vec::new());
        while !around.is_empty() && !self.has_section(around) {
            let (outer, name) = around.rsplit_once('.').unwrap_or(("", around));
            missing.insert(0, name);
            around = outer;
        }
        let Some(parent) = self.sections_of(around).pop() else {
            return;
        };
        let (indent, unit) = (self.indent_in(&parent), self.indent_unit());
        let pad = |depth: usize| format!("{indent}{}", unit.repeat(depth));

        let depth = missing.len();
        let mut lines: Vec<String> = missing
            .iter()
            .enumerate()
            .map(|(depth, name)| format!("{}{name} {{", pad(depth)))
            .collect();
        lines.push(format!("{}{item}", pad(depth)));
        lines.extend((0..depth).rev().map(|depth| format!("{}}}", pad(depth))));
        if parent.open.is_none() && self.separates_sections() {
            lines.insert(0, String::new());
        }
        self.insert(parent.close, &lines);
    }

    /// Puts lines in before another, with the line ending of the file.
    pub(super) fn insert(&mut self, at: usize, texts: &[String]) {
        let ending = match self.lines.first().map(|line| line.ending) {
            Some("\r\n") => "\r\n",
            _ => "\n",
        };
        if let Some(before) = at.checked_sub(1).and_then(|line| self.lines.get_mut(line))
            && before.ending.is_empty()
        {
            before.ending = ending;
        }
        let lines = texts.iter().filter_map(|text| {
            let kind = CorosyncLineKind::parse(text).ok()?;
            Some(Line {
                text: text.clone(),
                ending,
                kind,
            })
        });
        self.lines.splice(at..at, lines.collect::<Vec<_>>());
    }

    /// Returns the white space before what stands in a section.
    pub(super) fn indent_in(&self, section: &Section) -> String {
        let Some(open) = section.open else {
            return String::new();
        };
        let from_items = section.items.last().copied();
        let inside = self.lines[open + 1..section.close].iter();
        let from_sections = || {
            inside
                .clone()
                .position(|line| matches!(line.kind, CorosyncLineKind::Open(_)))
                .map(|at| open + 1 + at)
        };
        match from_items.or_else(from_sections) {
            Some(line) => self.indent_of(line),
            None => format!("{}{}", self.indent_of(open), self.indent_unit()),
        }
    }

    /// Returns the white space at the start of a line.
    pub(super) fn indent_of(&self, line: usize) -> String {
        let text = &self.lines[line].text;
        text[..text.len() - text.trim_start_matches(BLANK).len()].to_owned()
    }

    /// Returns what the file puts in for one level: that of its first item in a section, or a tab.
    pub(super) fn indent_unit(&self) -> String {
        self.sections()
            .iter()
            .find_map(|section| Some((section.open?, section.items.first()?)))
            .map_or_else(
                || "\t".to_owned(),
                |(open, &item)| {
                    let (outer, inner) = (self.indent_of(open), self.indent_of(item));
                    inner.strip_prefix(&outer).unwrap_or_default().to_owned()
                },
            )
    }

    /// Tells whether the file has an empty line between its sections; an empty file would have one.
    fn separates_sections(&self) -> bool {
        let mut lines = self.lines.windows(2);
        lines.any(|pair| {
            pair[0].text.is_empty() && matches!(pair[1].kind, CorosyncLineKind::Open(_))
        })
    }
}

fn check_key(key: &str) -> Result<(), EditError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let good = |part: &str| !part.is_empty() && part.chars().all(plain);
    if key.split('.').all(good) {
        return Ok(());
    }
    Err(EditError(format!(
        "{key:?} is not a key of corosync.conf: write one like totem.token"
    )))
}

/// Refuses a value that corosync would read as something else.
pub(super) fn check_value(key: &str, value: &str) -> Result<(), EditError> {
    let fault = if value.is_empty() {
        "is empty"
    } else if value.trim_matches([' ', '\t', '\u{a0}']) != value {
        "has a space at its end"
    } else if value.contains(['\n', '\r', '\0']) {
        "has a line break in it"
    } else if value.contains('{') {
        "has a { in it, which opens a section"
    } else if join(key, value).len() + 16 > LONGEST_LINE {
        "is too long for one line"
    } else {
        return Ok(());
    };
    Err(EditError(format!("the value of {key} {fault}: {value:?}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{NOTES, any_text, conf};
    use super::*;

    fn edited(text: &str, edit: impl FnOnce(&mut CorosyncConf)) -> String {
        let mut conf = conf(text);
        edit(&mut conf);
        // What was edited must read back as what is held.
        assert_eq!(CorosyncConf::parse(&conf.to_text()).unwrap(), conf);
        conf.to_text()
    }

    fn set(text: &str, key: &str, value: &str) -> String {
        edited(text, |conf| assert!(conf.set(key, value).unwrap()))
    }

    #[test]
    fn a_key_is_changed_in_place() {
        assert_eq!(
            set(
                "totem {\r\n\ttoken :\t3000 \r\n}\r\n",
                "totem.token",
                "1000"
            ),
            "totem {\r\n\ttoken :\t1000 \r\n}\r\n"
        );
        assert_eq!(
            set("totem {\ntoken:\n}\n", "totem.token", "1000"),
            "totem {\ntoken: 1000\n}\n"
        );
        let mut conf = conf("totem {\ntoken: 1000\n}\n");
        assert_eq!(conf.set("totem.token", "1000"), Ok(false));
    }

    #[test]
    fn a_new_key_follows_the_others_of_its_section() {
        assert_eq!(
            set(
                "totem {\n    version: 2\n    # why\n    interface {\n    }\n}\n",
                "totem.token",
                "1000"
            ),
            "totem {\n    version: 2\n    token: 1000\n    # why\n    interface {\n    }\n}\n"
        );
        assert_eq!(
            set("quorum {\n}\n", "quorum.two_node", "1"),
            "quorum {\n\ttwo_node: 1\n}\n"
        );
        assert_eq!(
            set("a {\n  b: 1\n}\nquorum {\n}", "quorum.two_node", "1"),
            "a {\n  b: 1\n}\nquorum {\n  two_node: 1\n}"
        );
    }

    #[test]
    fn a_missing_section_is_made() {
        assert_eq!(
            set("", "totem.token", "1000"),
            "totem {\n\ttoken: 1000\n}\n"
        );
        assert_eq!(
            set(
                "totem {\n  version: 2\n}\n\nlogging {\n}",
                "quorum.device.net.host",
                "qnet"
            ),
            "totem {\n  version: 2\n}\n\nlogging {\n}\n\nquorum {\n  device {\n    net {\n      host: qnet\n    }\n  }\n}\n"
        );
        assert_eq!(
            set(
                "quorum {\n\tprovider: corosync_votequorum\n}\n",
                "quorum.device.votes",
                "1"
            ),
            "quorum {\n\tprovider: corosync_votequorum\n\tdevice {\n\t\tvotes: 1\n\t}\n}\n"
        );
    }

    #[test]
    fn a_removed_key_is_gone_wherever_it_stood() {
        let text = edited(
            "totem {\ntoken: 1\n# t\ntoken: 2\nversion: 2\n}\n",
            |conf| {
                assert_eq!(conf.remove("totem.token"), Ok(true));
                assert_eq!(conf.remove("totem.token"), Ok(false));
            },
        );
        assert_eq!(text, "totem {\n# t\nversion: 2\n}\n");
    }

    #[test]
    fn what_would_be_read_as_something_else_is_refused() {
        let mut conf = conf(NOTES);
        for (key, value) in [
            ("totem.token", "1\n}"),
            ("totem.token", "{"),
            ("totem.token", ""),
            ("totem.token", " 1"),
            ("totem.token", "1\u{a0}"),
            ("totem.token", &"1".repeat(600)),
            ("totem..token", "1"),
            ("", "1"),
            ("totem.to ken", "1"),
            ("nodelist.node.name", "serv3"),
        ] {
            assert!(conf.set(key, value).is_err(), "{key} {value:?}");
        }
        assert!(conf.remove("nodelist.node.name").is_err());
        assert_eq!(conf.to_text(), NOTES);
    }

    fn any_key() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "totem.token",
            "quorum.two_node",
            "x",
            "totem.node.x",
            "quorum.x",
        ])
    }

    proptest! {
        #[test]
        fn what_is_set_is_got(text in any_text(), key in any_key(), value in "[a-z0-9:#}]{1,9}") {
            let mut conf = conf(&text);
            conf.set(key, &value).unwrap();
            prop_assert_eq!(conf.get(key), Some(value.as_str()));
            prop_assert_eq!(CorosyncConf::parse(&conf.to_text()).unwrap(), conf);
        }

        #[test]
        fn a_set_touches_only_its_lines(text in any_text(), key in any_key(), value in "[a-z0-9]{1,9}") {
            let before = conf(&text);
            let mut after = before.clone();
            after.set(key, &value).unwrap();
            let (old, new) = (before.to_text(), after.to_text());
            let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
            let same_head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
            let rest = old.len().min(new.len()) - same_head;
            let same_tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
            if before.get(key).is_some() {
                prop_assert_eq!(old.len(), new.len());
                prop_assert!(old.len() - same_head - same_tail <= 1);
            } else {
                prop_assert_eq!(same_head + same_tail, old.len());
            }
        }

        #[test]
        fn what_is_removed_is_gone(text in any_text(), key in any_key()) {
            let mut conf = conf(&text);
            conf.remove(key).unwrap();
            prop_assert_eq!(conf.get(key), None);
            prop_assert_eq!(CorosyncConf::parse(&conf.to_text()).unwrap(), conf);
        }
    }
}
