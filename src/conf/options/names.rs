//! The names of the server's options: which release takes which, in full or abbreviated.
//!
//! The list is `names.txt`, measured on real servers. Names are compared as the server does: `-` and
//! `_` are the same, and so are capitals (seen on 10.11 and 11.8).

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::mariadb::Version;
use crate::names::nearest;

/// A release series of MariaDB, such as 10.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Release {
    /// 10 in 10.11.
    pub major: u16,
    /// 11 in 10.11.
    pub minor: u16,
}

impl Release {
    /// Returns the series of a major and a minor number.
    pub const fn new(major: u16, minor: u16) -> Release {
        Release { major, minor }
    }

    /// Returns the groups of an option file that a server of this release reads.
    ///
    /// As `mariadbd --help` prints them. Their order means nothing: the order of the files does.
    pub fn groups(self) -> Vec<String> {
        let mut groups = Vec::new();
        for name in ["mysqld", "mariadb", "mariadbd"] {
            groups.push(name.to_owned());
            groups.push(format!("{name}-{self}"));
        }
        groups.extend(["server", "client-server", "galera"].map(str::to_owned));
        groups
    }

    /// Tells whether a server of this release reads a group.
    pub fn reads(self, group: &str) -> bool {
        self.groups()
            .iter()
            .any(|name| name.eq_ignore_ascii_case(group))
    }
}

impl From<Version> for Release {
    fn from(version: Version) -> Release {
        Release::new(version.major, version.minor)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// An option that some release of MariaDB knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name, with underscores.
    pub name: &'static str,
    /// Whether 10.11 takes it.
    in_10_11: Taken,
    /// Whether 11.8 takes it.
    in_11_8: Taken,
    /// The kind of value it takes.
    pub value: ValueKind,
    /// Whether it can be changed while the server runs.
    pub runtime: Runtime,
}

/// The treatment of an option in a file by a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taken {
    /// The server refuses to start.
    No,
    /// The server takes the option and does nothing with it.
    Idle,
    /// The server takes the option.
    Yes,
}

/// The kind of value that an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// The option needs a number.
    Number,
    /// The option needs a word or a text.
    Text,
    /// The option may have a value.
    Maybe,
    /// The option is a switch: on or off.
    Switch,
    /// Not known: neither server takes it.
    Unknown,
}

/// Whether an option can be changed while the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// `SET GLOBAL` changes it at once.
    Set,
    /// Its variable is read only: it takes a restart.
    Restart,
    /// There is no variable of that name: it takes a restart.
    NoVariable,
}

impl Known {
    /// Returns what a server of a release does with this option.
    ///
    /// Releases were measured at two points; between and around them the more lenient one counts.
    pub fn taken_by(&self, release: Release) -> Taken {
        match release {
            Release {
                major: 10,
                minor: 11,
            } => self.in_10_11,
            Release {
                major: 11,
                minor: 8,
            } => self.in_11_8,
            _ => self.in_10_11.max(self.in_11_8),
        }
    }

    /// Tells whether some measured release takes this option, perhaps not the one at hand.
    pub fn taken_somewhere(&self) -> Option<Release> {
        match (self.in_10_11, self.in_11_8) {
            (_, taken) if taken != Taken::No => Some(Release::new(11, 8)),
            (taken, _) if taken != Taken::No => Some(Release::new(10, 11)),
            _ => None,
        }
    }
}

/// All names of the list, in its order, which is that of the alphabet.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let lines = include_str!("names.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(parse)
        .collect()
});

fn parse(line: &'static str) -> Option<Known> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let mut taken = || match words.next()? {
        "yes" => Some(Taken::Yes),
        "idle" => Some(Taken::Idle),
        "no" => Some(Taken::No),
        _ => None,
    };
    let (in_10_11, in_11_8) = (taken()?, taken()?);
    let value = match words.next()? {
        "number" => ValueKind::Number,
        "text" => ValueKind::Text,
        "maybe" => ValueKind::Maybe,
        "none" => ValueKind::Switch,
        "-" => ValueKind::Unknown,
        _ => return None,
    };
    let runtime = match words.next()? {
        "set" => Runtime::Set,
        "restart" => Runtime::Restart,
        "-" => Runtime::NoVariable,
        _ => return None,
    };
    Some(Known {
        name,
        in_10_11,
        in_11_8,
        value,
        runtime,
    })
}

/// Returns a name as all its spellings are compared: small letters, underscores.
pub(super) fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// Returns an option of the list by its full name, whatever its spelling.
pub fn known_option(name: &str) -> Option<&'static Known> {
    let name = folded(name);
    let all = &*KNOWN;
    let at = all.binary_search_by(|known| known.name.cmp(&name)).ok()?;
    all.get(at)
}

/// The effect of a word before the name of an option, such as `skip-` in `skip-log-bin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The value is taken as it stands.
    Plain,
    /// `skip-`, `disable-`: off, and on where the value is 0.
    Off,
    /// `enable-`: on, and off where the value is 0.
    On,
    /// `maximum-`: the most that a session may set.
    Maximum,
    /// `autoset-`: the server chooses.
    Auto,
}

/// The meaning of a name in an option file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// An option of the server.
    Option {
        /// The option.
        known: &'static Known,
        /// The effect of a word before the name.
        effect: Effect,
        /// Whether the name is only the beginning of the option's.
        abbreviated: bool,
    },
    /// The beginning of several names: the server refuses to start.
    Ambiguous(Vec<&'static str>),
    /// No option of this server.
    Unknown {
        /// The name without the words before it.
        bare: String,
        /// Whether `loose-` tells the server to go on all the same.
        loose: bool,
    },
}

/// The words that may stand before a name, in the order the server tries them.
const PREFIXES: [(&str, Option<Effect>); 6] = [
    ("skip_", Some(Effect::Off)),
    ("disable_", Some(Effect::Off)),
    ("enable_", Some(Effect::On)),
    ("maximum_", Some(Effect::Maximum)),
    ("loose_", None),
    ("autoset_", Some(Effect::Auto)),
];

/// Returns what a name comes to on a server of a release.
pub fn resolve(written: &str, release: Release) -> Resolved {
    let folded = folded(written);
    // `hot.key_buffer_size` sets the option of one cache.
    let mut name = match folded.split_once('.') {
        Some((_, option)) if !option.is_empty() => option,
        _ => folded.as_str(),
    };
    let (mut effect, mut loose) = (Effect::Plain, false);
    loop {
        match find(name, release).as_slice() {
            [known] => {
                return Resolved::Option {
                    known,
                    effect,
                    abbreviated: known.name != name,
                };
            }
            [] => {}
            several => {
                return Resolved::Ambiguous(several.iter().map(|known| known.name).collect());
            }
        }
        let prefix = PREFIXES
            .iter()
            .find_map(|(word, effect)| Some((name.strip_prefix(word)?, effect)));
        let Some((rest, does)) = prefix else {
            return Resolved::Unknown {
                bare: name.to_owned(),
                loose,
            };
        };
        match does {
            Some(does) => effect = *does,
            None => loose = true,
        }
        name = rest;
    }
}

/// Returns the option of exactly this name, or all whose names begin so.
fn find(name: &str, release: Release) -> Vec<&'static Known> {
    let taken = |known: &&Known| known.taken_by(release) != Taken::No;
    if let Some(exact) = known_option(name).filter(taken) {
        return vec![exact];
    }
    let all = &*KNOWN;
    let from = all.partition_point(|known| known.name < name);
    all[from..]
        .iter()
        .take_while(|known| known.name.starts_with(name))
        .filter(taken)
        .collect()
}

/// Returns the option of a release whose name is nearest to one that nobody knows.
pub fn nearest_option(bare: &str, release: Release) -> Option<&'static str> {
    let bare = folded(bare);
    // What is much longer or shorter is no slip, and need not be compared letter by letter.
    let near = 2 + bare.len() / 4;
    let taken = KNOWN
        .iter()
        .filter(|known| known.name.len().abs_diff(bare.len()) <= near)
        .filter(|known| known.taken_by(release) == Taken::Yes)
        .map(|known| known.name);
    nearest(&bare, taken)
}

/// Options whose values add up over all files, instead of the last one winning.
const ADDING: [&str; 11] = [
    "binlog_do_db",
    "binlog_ignore_db",
    "plugin_load_add",
    "replicate_do_db",
    "replicate_do_table",
    "replicate_ignore_db",
    "replicate_ignore_table",
    "replicate_rewrite_db",
    "replicate_wild_do_table",
    "replicate_wild_ignore_table",
    "performance_schema_instrument",
];

/// Tells whether the values of an option add up over all files.
pub fn adds_up(name: &str) -> bool {
    ADDING.contains(&folded(name).as_str())
}

/// Names that set one and the same variable, so that the last of either wins.
///
/// `expire_logs_days = 10` in Debian's file and `binlog_expire_logs_seconds` are such a pair since
/// 10.6 (seen: whichever is read last sets both).
const TWINS: [[&str; 2]; 4] = [
    ["expire_logs_days", "binlog_expire_logs_seconds"],
    ["slow_query_log_file", "log_slow_query_file"],
    ["slow_query_log", "log_slow_query"],
    ["long_query_time", "log_slow_query_time"],
];

/// Returns all names of the variable that an option sets, the given one first.
pub(super) fn same_variable(name: &str) -> Vec<String> {
    let name = folded(name);
    let other = TWINS.iter().find_map(|pair| match pair {
        [one, other] if *one == name => Some(*other),
        [other, one] if *one == name => Some(*other),
        _ => None,
    });
    let mut names = vec![name];
    names.extend(other.map(str::to_owned));
    names
}

#[cfg(test)]
mod tests;
