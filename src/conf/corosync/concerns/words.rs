//! Words that corosync does not know, and lines that say something else than they seem to.

use super::CorosyncFindings;
use crate::conf::corosync::edit::LONGEST_LINE;
use crate::conf::corosync::keys::{self, SECTIONS};
use crate::conf::corosync::{CorosyncLineKind, Item, Section, join};
use crate::names::nearest;

impl CorosyncFindings<'_> {
    pub(super) fn unknown_sections(&mut self) {
        let sections = self.conf.sections();
        let unknown = |path: &str| !path.is_empty() && keys::keys_of(path).is_none();
        for Section { path, open, .. } in &sections {
            if !unknown(path) {
                continue;
            }
            let (around, name) = path.rsplit_once('.').unwrap_or(("", path));
            if unknown(around) {
                continue;
            }
            if let Some(mend) = keys::obsolete(path) {
                self.add(
                    *open,
                    path,
                    format!("corosync 3 reads no {name} section"),
                    mend,
                );
                continue;
            }
            let siblings = SECTIONS
                .iter()
                .filter_map(|known| match known.path.rsplit_once('.') {
                    Some((outer, name)) => (outer == around).then_some(name),
                    None => around.is_empty().then_some(known.path),
                });
            let mend = match nearest(name, siblings) {
                Some(near) => format!("write `{near} {{`"),
                None => "remove the section".to_owned(),
            };
            let place = if around.is_empty() {
                String::new()
            } else {
                format!(" in {around}")
            };
            self.add(
                *open,
                path,
                format!("corosync knows no section {name}{place} and ignores it"),
                mend,
            );
        }
    }

    pub(super) fn keys(&mut self) {
        for section in self.conf.sections() {
            let known = match keys::keys_of(&section.path) {
                Some(known) => known,
                None if section.path.is_empty() => &[],
                None => continue,
            };
            let items: Vec<Item> = self.conf.items_in(&section).collect();
            for (index, item) in items.iter().enumerate() {
                self.unknown_key(&section.path, known, item);
                // uidgid may name several users.
                let again = items[index + 1..]
                    .iter()
                    .find(|later| later.key == item.key);
                if let Some(later) = again.filter(|_| section.path != "uidgid") {
                    let key = join(&section.path, item.key);
                    let text = format!(
                        "{} stands here and on line {}, and corosync takes the last",
                        item.key,
                        later.line + 1
                    );
                    self.add(Some(item.line), &key, text, "remove one of them");
                }
            }
        }
    }

    fn unknown_key(&mut self, path: &str, known: &[&str], item: &Item) {
        let key = join(path, item.key);
        let command = path == "quorum.device.heuristics" && item.key.starts_with("exec_");
        if known.contains(&item.key) || command {
            return;
        }
        if let Some(mend) = keys::obsolete(&key) {
            self.add(
                Some(item.line),
                &key,
                format!("{} does nothing in corosync 3", item.key),
                mend,
            );
            return;
        }
        let elsewhere = SECTIONS
            .iter()
            .find(|section| section.keys.contains(&item.key));
        let mend = match (nearest(item.key, known.iter().copied()), elsewhere) {
            (Some(near), _) => format!("write `{near}: {}`", item.value),
            (None, Some(section)) => format!("write it in {}, where it is known", section.path),
            (None, None) => "remove the line".to_owned(),
        };
        let place = if path.is_empty() {
            "outside of all sections".to_owned()
        } else {
            format!("in {path}")
        };
        self.add(
            Some(item.line),
            &key,
            format!("corosync knows no {} {place} and ignores it", item.key),
            mend,
        );
    }

    /// Compares the look of each line with what corosync reads in it.
    pub(super) fn lines(&mut self) {
        for (index, line) in self.conf.lines.iter().enumerate() {
            let key = match &line.kind {
                CorosyncLineKind::Item { key, .. } | CorosyncLineKind::Open(key) => key.as_str(),
                // Behind one, no comment begins and no bracket ends anything.
                _ if line
                    .text
                    .trim_start_matches([' ', '\t'])
                    .starts_with('\u{a0}') =>
                {
                    ""
                }
                _ => continue,
            };
            if line.text.len() > LONGEST_LINE {
                let text = format!(
                    "the line has {} bytes, and corosync takes {LONGEST_LINE} at most",
                    line.text.len()
                );
                self.add(Some(index), key, text, "shorten it");
            }
            if line.text.contains('\u{a0}') {
                let text = "a non-breaking space stands in this line: corosync takes it for a letter, \
                            and most often does not start (exit 8)";
                self.add(Some(index), key, text, "write ordinary spaces");
            }
            let Some(item) = self.conf.item(index) else {
                continue;
            };
            if let Some((value, comment)) = item.value.split_once('#')
                && (value.is_empty() || value.ends_with([' ', '\t']))
            {
                let text = format!(
                    "#{comment} is no comment here: the value is {:?}",
                    item.value
                );
                self.add(
                    Some(index),
                    key,
                    text,
                    "write the comment on a line of its own",
                );
            }
        }
    }
}
