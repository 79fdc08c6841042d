//! A lossless editor of corosync.conf.
//!
//! The file is kept as its lines, each with what corosync reads in it, so that writing it back gives
//! the same bytes and an edit touches only its own lines. The grammar is corosync's own: one item a
//! line, the first `{` of a line wins over the first `:`, and only a line that begins with `#` is a
//! comment. `edit` and `nodes` change the file, `concerns` says what corosync takes in silence though
//! it is wrong, `new_cluster` writes the first file of a cluster.

mod concerns;
pub mod consensus;
mod device;
mod edit;
mod keys;
mod new_cluster;
mod nodes;

use std::fmt;
use std::ops::Range;

pub use concerns::{CorosyncConcern, LogFile, Severity, concern_here, concerns, log_files};
pub use device::Device;
pub use edit::EditError;
pub use new_cluster::new_cluster;
pub use nodes::ConfNode;

/// The characters that corosync takes for white space.
const BLANK: [char; 2] = [' ', '\t'];

/// The text of a corosync.conf and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorosyncConf {
    lines: Vec<Line>,
}

/// A line that corosync would not start with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ConfError {
    /// The number of the line, from 1.
    pub line: usize,
    /// The trouble with it.
    pub what: String,
}

/// A line: its text, what ended it, and what corosync reads in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    text: String,
    ending: &'static str,
    kind: CorosyncLineKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum CorosyncLineKind {
    /// An empty line or a comment.
    Nothing,
    /// `name {`
    Open(String),
    /// `}`
    Close,
    /// `key: value`, and where the value stands in the text.
    Item { key: String, value: Range<usize> },
}

/// A section as it stands in the file; the first of a file is the whole file, without a name.
#[derive(Debug)]
struct Section {
    /// Its name after those of the sections around it: `nodelist.node`.
    path: String,
    /// The line that opens it; none for the whole file.
    open: Option<usize>,
    /// The line that closes it, or the number of lines for the whole file.
    close: usize,
    /// The lines of its own items, without those of the sections inside.
    items: Vec<usize>,
}

/// A `key: value` with the line it stands on.
#[derive(Debug, Clone, Copy)]
struct Item<'a> {
    line: usize,
    key: &'a str,
    value: &'a str,
}

impl CorosyncConf {
    /// Reads the text of a corosync.conf.
    pub fn parse(text: &str) -> Result<CorosyncConf, ConfError> {
        let mut lines = Vec::new();
        let mut open = Vec::new();
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let fail = |what| ConfError {
                line: index + 1,
                what,
            };
            let line = Line::parse(whole).map_err(fail)?;
            match line.kind {
                CorosyncLineKind::Open(_) => open.push(index),
                CorosyncLineKind::Close if open.pop().is_none() => {
                    return Err(fail("this } closes no section: remove it".to_owned()));
                }
                _ => {}
            }
            lines.push(line);
        }
        match open.pop() {
            Some(index) => Err(ConfError {
                line: index + 1,
                what: "this section is never closed: write a } on a line of its own after it"
                    .to_owned(),
            }),
            None => Ok(CorosyncConf { lines }),
        }
    }

    /// Returns the text of the file: the bytes that were parsed, but for what was edited.
    pub fn to_text(&self) -> String {
        self.to_string()
    }

    /// Returns the value of a key such as `totem.token`.
    ///
    /// Where a key stands several times this is the last one, which is the one corosync takes. Keys of
    /// nodes are better read with [`CorosyncConf::nodes`].
    pub fn get(&self, key: &str) -> Option<&str> {
        let line = self.lines_of(key).pop()?;
        self.item(line).map(|item| item.value)
    }

    /// Returns the name of the cluster.
    pub fn cluster_name(&self) -> Option<&str> {
        self.get("totem.cluster_name")
    }

    /// Tells whether this is what Debian's package puts there: a cluster called debian whose one node can
    /// talk to itself alone. With another name it is somebody's.
    pub fn is_as_packaged(&self) -> bool {
        self.cluster_name() == Some("debian")
            && matches!(self.nodes().as_slice(), [node] if node.addresses == ["127.0.0.1"])
    }

    /// Tells whether one of two nodes may go on alone.
    pub fn two_node(&self) -> bool {
        self.is_on("quorum.two_node")
    }

    /// Tells whether a third host has a vote.
    pub fn has_quorum_device(&self) -> bool {
        self.has_section("quorum.device")
    }

    /// Tells whether a key is a number other than zero, as corosync wants its switches.
    fn is_on(&self, key: &str) -> bool {
        self.get(key)
            .and_then(|value| value.parse::<u8>().ok())
            .is_some_and(|number| number != 0)
    }

    /// Returns all sections, each before those inside it.
    fn sections(&self) -> Vec<Section> {
        let end = self.lines.len();
        let mut sections = vec![Section {
            path: String::new(),
            open: None,
            close: end,
            items: Vec::new(),
        }];
        let mut around = vec![0];
        for (index, line) in self.lines.iter().enumerate() {
            let inside = around.last().copied().unwrap_or(0);
            match &line.kind {
                CorosyncLineKind::Nothing => {}
                CorosyncLineKind::Item { .. } => sections[inside].items.push(index),
                CorosyncLineKind::Close => {
                    sections[inside].close = index;
                    around.pop();
                }
                CorosyncLineKind::Open(name) => {
                    around.push(sections.len());
                    let path = join(&sections[inside].path, name);
                    sections.push(Section {
                        path,
                        open: Some(index),
                        close: end,
                        items: Vec::new(),
                    });
                }
            }
        }
        sections
    }

    /// Returns the sections of one path, such as `nodelist.node`.
    fn sections_of(&self, path: &str) -> Vec<Section> {
        self.sections()
            .into_iter()
            .filter(|section| section.path == path)
            .collect()
    }

    fn has_section(&self, path: &str) -> bool {
        !self.sections_of(path).is_empty()
    }

    /// Returns the lines that hold a key, in the order of the file.
    fn lines_of(&self, key: &str) -> Vec<usize> {
        let mut lines: Vec<usize> = self
            .sections()
            .iter()
            .filter(|section| key.starts_with(&section.path))
            .flat_map(|section| {
                self.items_in(section)
                    .filter(|item| join(&section.path, item.key) == key)
                    .map(|item| item.line)
            })
            .collect();
        lines.sort_unstable();
        lines
    }

    fn items_in(&self, section: &Section) -> impl Iterator<Item = Item<'_>> {
        section.items.iter().filter_map(|&line| self.item(line))
    }

    fn item(&self, line: usize) -> Option<Item<'_>> {
        let Line { text, kind, .. } = self.lines.get(line)?;
        match kind {
            CorosyncLineKind::Item { key, value } => Some(Item {
                line,
                key,
                value: &text[value.clone()],
            }),
            _ => None,
        }
    }
}

impl fmt::Display for CorosyncConf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines
            .iter()
            .try_for_each(|line| write!(f, "{}{}", line.text, line.ending))
    }
}

impl Line {
    /// Reads a line together with its ending.
    fn parse(whole: &str) -> Result<Line, String> {
        let (text, ending) = match whole.strip_suffix('\n') {
            Some(text) => match text.strip_suffix('\r') {
                Some(text) => (text, "\r\n"),
                None => (text, "\n"),
            },
            None => (whole, ""),
        };
        let kind = CorosyncLineKind::parse(text)?;
        Ok(Line {
            text: text.to_owned(),
            ending,
            kind,
        })
    }
}

impl CorosyncLineKind {
    fn parse(text: &str) -> Result<CorosyncLineKind, String> {
        let trimmed = text.trim_matches(BLANK);
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return Ok(CorosyncLineKind::Nothing);
        }
        if let Some((name, rest)) = text.split_once('{') {
            let name = name
                .trim_start_matches(BLANK)
                .trim_end_matches([' ', '\t', ':']);
            return match rest.trim_matches(BLANK) {
                _ if name.is_empty() => Err("{ opens a section without a name".to_owned()),
                "" => Ok(CorosyncLineKind::Open(name.to_owned())),
                after => Err(format!("{after:?} follows {{: write it on the next line")),
            };
        }
        if let Some((key, rest)) = text.split_once(':') {
            let key = key.trim_matches(BLANK);
            if key.is_empty() {
                return Err(format!("{trimmed:?} is a value without a key"));
            }
            let value = rest.trim_matches(BLANK);
            let start = text.len() - rest.trim_start_matches(BLANK).len();
            return Ok(CorosyncLineKind::Item {
                key: key.to_owned(),
                value: start..start + value.len(),
            });
        }
        match trimmed {
            "}" => Ok(CorosyncLineKind::Close),
            other if other.contains('}') => {
                Err(format!("{other:?}: write }} on a line of its own"))
            }
            other => Err(format!("{other:?} has no colon: write it as `key: value`")),
        }
    }
}

/// Puts a name after the path of the sections around it.
fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests;
