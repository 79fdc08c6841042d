//! Setting, adding and removing options of one file.

use super::{BLANK, Line, OptionFile, OptionLineKind, names::folded, value};

/// Why an edit was refused; the file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EditError(pub String);

impl OptionFile {
    /// Returns the value of an option in a group: the last one, as MariaDB takes it.
    ///
    /// An option without a `=` has the value 1, as in `read_only`.
    pub fn get(&self, group: &str, name: &str) -> Option<String> {
        self.get_all(group, name).pop()
    }

    /// Returns all values of an option in a group, for those that add up.
    pub fn get_all(&self, group: &str, name: &str) -> Vec<String> {
        let lines = self.lines_of(group, name).into_iter();
        lines.map(|line| self.value_on(line)).collect()
    }

    fn value_on(&self, line: usize) -> String {
        let Line { text, kind, .. } = &self.lines[line];
        match kind {
            OptionLineKind::Option {
                value: Some(range), ..
            } => value::read(&text[range.clone()]),
            _ => "1".to_owned(),
        }
    }

    /// Sets an option of a group; tells whether that changed the file.
    ///
    /// An option that is there is changed in place, its comment stays. A new one follows the last of
    /// its group, and a missing group is made at the end of the file.
    pub fn set(&mut self, group: &str, name: &str, value: &str) -> Result<bool, EditError> {
        check(group, name, value)?;
        let Some(line) = self.lines_of(group, name).pop() else {
            self.insert(group, &format!("{name} = {}", value::write(value)));
            return Ok(true);
        };
        if self.get(group, name).as_deref() == Some(value) {
            return Ok(false);
        }
        let Line {
            text,
            kind: OptionLineKind::Option { name, value: range },
            ..
        } = &self.lines[line]
        else {
            return Ok(false);
        };
        let written = value::write(value);
        let (head, tail) = match range {
            Some(range) => (&text[..range.start], &text[range.end..]),
            None => (&text[..name.end], &text[name.end..]),
        };
        let gap = match range {
            Some(range) if range.is_empty() && head.ends_with('=') => " ",
            Some(_) => "",
            None => " = ",
        };
        let changed = format!("{head}{gap}{written}{tail}");
        let ended = !self.lines[line].ending.is_empty();
        self.lines[line].kind = OptionLineKind::parse(&changed, ended);
        self.lines[line].text = changed;
        Ok(true)
    }

    /// Adds an option once more, for those whose values add up, such as `replicate_wild_do_table`;
    /// tells whether that changed the file.
    pub fn add(&mut self, group: &str, name: &str, value: &str) -> Result<bool, EditError> {
        check(group, name, value)?;
        if self.get_all(group, name).iter().any(|there| there == value) {
            return Ok(false);
        }
        let text = format!("{name} = {}", value::write(value));
        match self.lines_of(group, name).pop() {
            Some(line) => self.insert_at(line + 1, &text),
            None => self.insert(group, &text),
        }
        Ok(true)
    }

    /// Returns the options of a group with their values, in the order of the file.
    pub fn options(&self, group: &str) -> Vec<(String, String)> {
        let lines = self.lines.iter().enumerate();
        let names = lines.filter_map(|(index, line)| match &line.kind {
            OptionLineKind::Option { name, .. } => Some((index, &line.text[name.clone()])),
            _ => None,
        });
        names
            .filter(|(index, name)| self.lines_of(group, name).contains(index))
            .map(|(index, name)| (name.to_owned(), self.value_on(index)))
            .collect()
    }

    /// Rewrites the lines of an option that have no comment yet.
    pub(super) fn comment(&mut self, group: &str, name: &str, rewrite: impl Fn(&str) -> String) {
        for index in self.lines_of(group, name) {
            let line = &mut self.lines[index];
            if value::comment_at(&line.text, 0) == line.text.len() {
                line.text = rewrite(&line.text);
                line.kind = OptionLineKind::parse(&line.text, !line.ending.is_empty());
            }
        }
    }

    /// Removes an option from a group, wherever it stands there; tells whether it did.
    pub fn remove(&mut self, group: &str, name: &str) -> bool {
        let lines = self.lines_of(group, name);
        for &line in lines.iter().rev() {
            self.lines.remove(line);
        }
        !lines.is_empty()
    }

    /// Returns the lines that hold an option in a group, whether MariaDB gets to them or not.
    fn lines_of(&self, group: &str, name: &str) -> Vec<usize> {
        let mut inside = false;
        let mut found = Vec::new();
        for (index, Line { text, kind, .. }) in self.lines.iter().enumerate() {
            match kind {
                OptionLineKind::Group(other) => inside = other.eq_ignore_ascii_case(group),
                OptionLineKind::BrokenGroup => inside = false,
                OptionLineKind::Option { name: range, .. }
                    if inside && folded(&text[range.clone()]) == folded(name) =>
                {
                    found.push(index);
                }
                _ => {}
            }
        }
        found
    }

    /// Puts a new option after the last of its group, or the group at the end of the file.
    fn insert(&mut self, group: &str, text: &str) {
        let mut inside = false;
        let mut place = None;
        for (index, line) in self.lines.iter().enumerate() {
            match &line.kind {
                OptionLineKind::Group(name) => {
                    inside = name.eq_ignore_ascii_case(group);
                    place = if inside { Some(index) } else { place };
                }
                OptionLineKind::BrokenGroup => inside = false,
                OptionLineKind::Option { .. } if inside => place = Some(index),
                _ => {}
            }
        }
        match place {
            Some(line) => {
                let indent = match &self.lines[line].kind {
                    OptionLineKind::Option { name, .. } => &self.lines[line].text[..name.start],
                    _ => "",
                };
                let text = format!("{indent}{text}");
                self.insert_at(line + 1, &text);
            }
            None => {
                let end = self.lines.len();
                self.insert_at(end, text);
                self.insert_at(end, &format!("[{group}]"));
                if end > 0 && !self.lines[end - 1].text.trim_matches(BLANK).is_empty() {
                    self.insert_at(end, "");
                }
            }
        }
    }

    /// Puts a line in before another, with the line ending of the file.
    pub(super) fn insert_at(&mut self, at: usize, text: &str) {
        let ending = match self.lines.first().map(|line| line.ending) {
            Some("\r\n") => "\r\n",
            _ => "\n",
        };
        if let Some(before) = at.checked_sub(1).and_then(|line| self.lines.get_mut(line))
            && before.ending.is_empty()
        {
            // A lone carriage return at the end of the file becomes part of the line break.
            before.ending = if before.text.ends_with('\r') {
                before.text.pop();
                "\r\n"
            } else {
                ending
            };
            before.kind = OptionLineKind::parse(&before.text, true);
        }
        self.lines.insert(
            at,
            Line {
                text: text.to_owned(),
                ending,
                kind: OptionLineKind::parse(text, true),
            },
        );
    }
}

/// Refuses what MariaDB would read as something else.
fn check(group: &str, name: &str, value: &str) -> Result<(), EditError> {
    let plain = |word: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !word.is_empty() && word.chars().all(plain)
    };
    if !plain(group) {
        return Err(EditError(format!(
            "{group:?} is not a group of an option file: write one like mysqld"
        )));
    }
    if !plain(name) {
        return Err(EditError(format!(
            "{name:?} is not the name of an option: write one like server_id"
        )));
    }
    if !value::can_be_written(value) {
        return Err(EditError(format!(
            "the value of {name} does not fit on a line of an option file"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::any_text;
    use super::*;

    fn edited(text: &str, edit: impl FnOnce(&mut OptionFile)) -> String {
        let mut file = OptionFile::parse(text);
        edit(&mut file);
        // What was edited must read back as what is held.
        assert_eq!(OptionFile::parse(&file.to_text()), file);
        file.to_text()
    }

    fn set(text: &str, name: &str, value: &str) -> String {
        edited(text, |file| {
            assert!(file.set("mysqld", name, value).unwrap())
        })
    }

    #[test]
    fn an_option_is_changed_in_place() {
        assert_eq!(
            set("[mysqld]\r\n server-id=1 # why\r\n", "server_id", "10"),
            "[mysqld]\r\n server-id=10 # why\r\n"
        );
        assert_eq!(
            set(
                "[MySQLd]\nread_only = ON   # a replica\n",
                "read_only",
                "OFF"
            ),
            "[MySQLd]\nread_only = OFF   # a replica\n"
        );
        assert_eq!(
            set("[mysqld]\nlog_bin # here\n", "log_bin", "mysql-bin"),
            "[mysqld]\nlog_bin = mysql-bin # here\n"
        );
        assert_eq!(set("[mysqld]\nx='a b'", "x", "c"), "[mysqld]\nx=c");
        assert_eq!(set("[mysqld]\nx=", "x", "c d"), "[mysqld]\nx= \"c d\"");
        let mut file = OptionFile::parse("[mysqld]\nx = \"a\"\n");
        assert_eq!(file.set("mysqld", "x", "a"), Ok(false));
    }

    #[test]
    fn the_last_of_several_is_changed_since_it_wins() {
        assert_eq!(
            set("[mysqld]\nx=1\n[server]\nx=2\n[mysqld]\nX=3\n", "x", "9"),
            "[mysqld]\nx=1\n[server]\nx=2\n[mysqld]\nX=9\n"
        );
    }

    #[test]
    fn a_new_option_follows_the_others_of_its_group() {
        assert_eq!(
            set("[mysqld]\n  a=1\n# c\n[client]\nb=1\n", "x", "2"),
            "[mysqld]\n  a=1\n  x = 2\n# c\n[client]\nb=1\n"
        );
        assert_eq!(
            set("[client]\nb=1", "x", "2"),
            "[client]\nb=1\n\n[mysqld]\nx = 2\n"
        );
        assert_eq!(set("", "x", "2"), "[mysqld]\nx = 2\n");
    }

    #[test]
    fn values_that_add_up_stand_together() {
        let text = edited("[mysqld]\nr = a.%\ny=1\n", |file| {
            assert_eq!(file.add("mysqld", "r", r"b\_.%"), Ok(true));
            assert_eq!(file.add("mysqld", "r", "a.%"), Ok(false));
            assert_eq!(file.get_all("mysqld", "r"), ["a.%", r"b\_.%"]);
        });
        assert_eq!(text, "[mysqld]\nr = a.%\nr = b\\_.%\ny=1\n");
    }

    #[test]
    fn a_removed_option_is_gone_wherever_it_stood() {
        let text = edited(
            "[mysqld]\nx=1\n[client]\nx=2\n[mysqld]\nX=3\ny=1\n",
            |file| {
                assert!(file.remove("mysqld", "x"));
                assert!(!file.remove("mysqld", "x"));
            },
        );
        assert_eq!(text, "[mysqld]\n[client]\nx=2\n[mysqld]\ny=1\n");
    }

    #[test]
    fn what_would_be_read_as_something_else_is_refused() {
        let mut file = OptionFile::parse("[mysqld]\nx=1\n");
        for (group, name, value) in [
            ("mysqld", "", "1"),
            ("mysqld", "a b", "1"),
            ("mysqld", "a=b", "1"),
            ("mysqld", "#a", "1"),
            ("my]sqld", "a", "1"),
            ("mysqld", "a", "\0"),
            ("mysqld", "a", &"1".repeat(5000)),
        ] {
            assert!(file.set(group, name, value).is_err(), "{name}");
            assert!(file.add(group, name, value).is_err(), "{name}");
        }
        assert_eq!(file.to_text(), "[mysqld]\nx=1\n");
    }

    /// The lines of a file; a carriage return at its very end becomes part of a line break.
    fn lines(text: &str) -> Vec<&str> {
        text.lines()
            .map(|line| line.trim_end_matches('\r'))
            .collect()
    }

    fn any_name() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["server_id", "bind-address", "x", "new"])
    }

    proptest! {
        #[test]
        fn what_is_set_is_got(text in any_text(), name in any_name(), value in "[ -~é\t\n]{0,9}") {
            let mut file = OptionFile::parse(&text);
            file.set("mysqld", name, &value).unwrap();
            prop_assert_eq!(file.get("mysqld", name), Some(value));
            prop_assert_eq!(OptionFile::parse(&file.to_text()), file);
        }

        #[test]
        fn a_set_touches_only_its_lines(text in any_text(), name in any_name(), value in "[a-z# ]{1,9}") {
            let before = OptionFile::parse(&text);
            let mut after = before.clone();
            after.set("mysqld", name, &value).unwrap();
            let (old, new) = (before.to_text(), after.to_text());
            let (old, new) = (lines(&old), lines(&new));
            let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
            let rest = old.len().min(new.len()) - head;
            let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
            if before.get("mysqld", name).is_some() {
                prop_assert_eq!(old.len(), new.len());
                prop_assert!(old.len() - head - tail <= 1);
            } else {
                prop_assert_eq!(head + tail, old.len());
            }
        }

        #[test]
        fn what_is_removed_is_gone(text in any_text(), name in any_name()) {
            let mut file = OptionFile::parse(&text);
            file.remove("mysqld", name);
            prop_assert_eq!(file.get("mysqld", name), None);
            prop_assert_eq!(OptionFile::parse(&file.to_text()), file);
        }
    }
}
