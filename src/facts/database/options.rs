//! Option files as they lie on the host, and what the server says of them.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How deep files may include each other; the server stops there as well.
const DEPTH: usize = 10;

/// The files that the server reads of its own accord, in this order.
pub(super) const ROOTS: [&str; 2] = ["/etc/my.cnf", "/etc/mysql/my.cnf"];

/// An option file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionFile {
    /// Its path, as the server opens it.
    pub path: PathBuf,
    /// Where that path leads, when it is a link: `/etc/mysql/my.cnf` to `/etc/mysql/mariadb.cnf`.
    #[serde(default)]
    pub target: Option<PathBuf>,
    /// Its text, byte for byte unless it is no UTF-8.
    pub text: String,
    /// The permission bits.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The owner's name.
    pub owner: String,
    /// The group's name.
    pub group: String,
}

/// The output of `mariadbd --help --verbose`, run as the user `mysql`.
///
/// Its exit status is 0 also for a broken group and an unreadable file; see what it said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionCheck {
    /// Its exit status: 7 for an unknown option, 2, 9, 13 for bad values.
    pub code: i32,
    /// The lines on standard error.
    pub said: Vec<String>,
    /// The values it would start with, by their names as it prints them, such as `server-id`.
    pub values: BTreeMap<String, String>,
}

impl OptionCheck {
    /// Returns a value by its name, with either `-` or `_`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(&name.replace('_', "-")).map(String::as_str)
    }
}

/// A line that includes other files.
enum Include<'a> {
    File(&'a str),
    Folder(&'a str),
}

impl<'a> Include<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let words = line.trim().strip_prefix('!')?.trim_start();
        let after = |word: &str| {
            let rest = words.strip_prefix(word)?;
            rest.starts_with(char::is_whitespace).then(|| rest.trim())
        };
        after("includedir")
            .map(Include::Folder)
            .or_else(|| after("include").map(Include::File))
    }
}

/// Returns the files in the order in which they are first opened, following what each includes.
pub(super) fn in_order(mut files: BTreeMap<PathBuf, OptionFile>) -> Vec<OptionFile> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for root in ROOTS {
        visit_file(Path::new(root), &files, &mut seen, &mut order, 0);
    }
    order
        .iter()
        .filter_map(|path: &PathBuf| files.remove(path))
        .collect()
}

fn visit_file(
    path: &Path,
    files: &BTreeMap<PathBuf, OptionFile>,
    seen: &mut BTreeSet<PathBuf>,
    order: &mut Vec<PathBuf>,
    depth: usize,
) {
    let Some(file) = files.get(path) else { return };
    if depth > DEPTH || !seen.insert(path.to_owned()) {
        return;
    }
    order.push(path.to_owned());
    for include in file.text.lines().filter_map(Include::parse) {
        match include {
            Include::File(one) => visit_file(Path::new(one), files, seen, order, depth + 1),
            // The map is sorted by bytes, as the server sorts a folder.
            Include::Folder(folder) => files
                .keys()
                .filter(|path| path.parent() == Some(Path::new(folder)))
                .for_each(|path| visit_file(path, files, seen, order, depth + 1)),
        }
    }
}
