//! All option files of one server, in the order it reads them: which line sets an option, and which
//! lines it overrides.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use super::names::{self, Effect, Release, Resolved, adds_up, folded, resolve};
use super::{OptionFile, OptionLine, Said};

/// The files a server opens of its own accord; all others are included by them.
const ROOTS: [&str; 3] = ["/etc/my.cnf", "/etc/mysql/my.cnf", "/etc/mysql/mariadb.cnf"];

/// How deep files may include each other.
const DEEPEST: usize = 10;

/// The option files of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OptionFiles {
    files: Vec<File>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    path: PathBuf,
    content: OptionFile,
    ignored: Option<Ignored>,
}

/// Why a server passes over a whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ignored {
    /// Everybody may write to it: the server warns and leaves it out.
    WorldWritable,
    /// The server's user may not read it: it is left out without a word.
    Unreadable {
        /// The permission bits.
        mode: u32,
        /// The owner and the group.
        owner: String,
    },
}

impl Ignored {
    /// Returns why a server that runs as `mysql` passes over a file with this mode and owner.
    pub fn reason(mode: u32, owner: &str, group: &str) -> Option<Ignored> {
        if mode & 0o002 != 0 {
            return Some(Ignored::WorldWritable);
        }
        // The kernel looks at the first that fits, and at no other.
        let bit = match (owner, group) {
            ("mysql", _) => 0o400,
            (_, "mysql") => 0o040,
            _ => 0o004,
        };
        (mode & bit == 0).then(|| Ignored::Unreadable {
            mode,
            owner: format!("{owner}:{group}"),
        })
    }
}

/// A line of an option file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileLine {
    /// The file.
    pub path: PathBuf,
    /// The number of the line, from 1; none for the file as a whole.
    pub line: Option<usize>,
}

impl fmt::Display for FileLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// An option as the server gets it from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Where it stands.
    pub place: FileLine,
    /// The group it stands in.
    pub group: String,
    /// Its name as it is written.
    pub written: String,
    /// Its value as it is written, without quotes; none without a `=`.
    pub value: Option<String>,
    /// The option that the name comes to.
    pub resolved: Resolved,
}

impl Setting {
    /// Returns the name of the server's option, with underscores; none for one it does not know.
    pub fn option(&self) -> Option<&'static str> {
        match &self.resolved {
            Resolved::Option { known, .. } => Some(known.name),
            _ => None,
        }
    }

    /// Returns the value as the server takes it: `skip-log-bin` has the value 0, `read_only` alone 1.
    pub fn effect(&self) -> String {
        let zero = self.value.as_deref() == Some("0");
        let effect = match &self.resolved {
            Resolved::Option { effect, .. } => *effect,
            _ => Effect::Plain,
        };
        match effect {
            Effect::Off if zero => "1".to_owned(),
            Effect::Off => "0".to_owned(),
            Effect::On if zero => "0".to_owned(),
            Effect::On => "1".to_owned(),
            _ => self.value.clone().unwrap_or_else(|| "1".to_owned()),
        }
    }

    /// Tells whether this sets an option of one of these names.
    fn is_one_of(&self, names: &[String]) -> bool {
        match self.option() {
            Some(option) => names.iter().any(|name| name == option),
            None => names.contains(&folded(&self.written)),
        }
    }

    /// Returns the line's option and value as one would write them: `server-id = 10`.
    pub fn text(&self) -> String {
        match &self.value {
            Some(value) => format!("{} = {value}", self.written),
            None => self.written.clone(),
        }
    }
}

/// The line that sets an option, and the lines it overrides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The line that counts: the last one read.
    pub winner: Setting,
    /// The settings of it that were read before, in order.
    pub overridden: Vec<Setting>,
}

/// A line that says something, in the order a server comes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step<'a> {
    pub path: &'a Path,
    pub line: usize,
    pub what: Said<'a>,
    /// Whether the server opens the file of its own accord.
    pub root: bool,
}

impl OptionFiles {
    /// Puts files together, each with its text.
    ///
    /// Where `/etc/my.cnf` or `/etc/mysql/my.cnf` is among them, only what these include is read, at
    /// the line that includes it. Without them every file is read, in the order given.
    pub fn new<P: Into<PathBuf>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> OptionFiles {
        let files = files.into_iter().map(|(path, text)| File {
            path: path.into(),
            content: OptionFile::parse(text.as_ref()),
            ignored: None,
        });
        OptionFiles {
            files: files.collect(),
        }
    }

    /// Notes that the server passes over a file.
    #[must_use]
    pub fn ignoring(mut self, path: &Path, why: Option<Ignored>) -> OptionFiles {
        if let Some(file) = self.files.iter_mut().find(|file| file.path == path) {
            file.ignored = why;
        }
        self
    }

    /// Puts the text of a file in the place of what it was, or adds the file: what would be read
    /// after a change.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, text: &str) -> OptionFiles {
        let (path, content) = (path.into(), OptionFile::parse(text));
        let file = File {
            path,
            content,
            ignored: None,
        };
        match self.files.iter_mut().find(|old| old.path == file.path) {
            Some(old) => *old = file,
            None => self.files.push(file),
        }
        self
    }

    /// Returns one file.
    pub fn file(&self, path: &Path) -> Option<&OptionFile> {
        let file = self.files.iter().find(|file| file.path == path)?;
        Some(&file.content)
    }

    /// Returns the files that the server would read but passes over, with the reason.
    pub fn ignored(&self) -> Vec<(&Path, &Ignored)> {
        let mut all = self.clone();
        all.files.iter_mut().for_each(|file| file.ignored = None);
        let reached: BTreeSet<PathBuf> = all.reached().into_iter().map(Path::to_owned).collect();
        self.files
            .iter()
            .filter(|file| reached.contains(&file.path))
            .filter_map(|file| Some((file.path.as_path(), file.ignored.as_ref()?)))
            .collect()
    }

    /// Returns the files that the server reads, each once.
    pub(super) fn read(&self) -> Vec<(&Path, &OptionFile)> {
        let reached = self.reached();
        self.files
            .iter()
            .filter(|file| file.ignored.is_none() && reached.contains(file.path.as_path()))
            .map(|file| (file.path.as_path(), &file.content))
            .collect()
    }

    /// Returns the paths that the server opens.
    fn reached(&self) -> BTreeSet<&Path> {
        let mut reached = BTreeSet::new();
        self.visit_lines(&mut |file, _, _| {
            reached.insert(file.path.as_path());
        });
        reached
    }

    /// Returns the options that a server of a release gets, in the order it gets them.
    pub fn settings(&self, release: Release) -> Vec<Setting> {
        let steps = self.steps().into_iter();
        steps
            .filter_map(|step| match step.what {
                Said::Option { group, name, value } if release.reads(group) => Some(Setting {
                    place: FileLine {
                        path: step.path.to_owned(),
                        line: Some(step.line),
                    },
                    group: group.to_owned(),
                    written: name.to_owned(),
                    value,
                    resolved: resolve(name, release),
                }),
                _ => None,
            })
            .collect()
    }

    /// Returns the line that sets an option, by any name of its variable.
    pub fn effective(&self, release: Release, name: &str) -> Option<Effective> {
        let mut overridden = self.settings_of(release, name);
        let winner = overridden.pop()?;
        Some(Effective { winner, overridden })
    }

    /// Returns all lines that set an option, in the order they are read; for those whose values add
    /// up, all of them count.
    pub fn settings_of(&self, release: Release, name: &str) -> Vec<Setting> {
        let mut settings = self.settings(release);
        let names = names::same_variable(name);
        settings.retain(|setting| setting.is_one_of(&names));
        settings
    }

    /// Returns what keeps the options of one file from counting: each option of it whose line is
    /// overridden by a later file, with the line that counts.
    pub fn overrides(&self, release: Release, path: &Path) -> Vec<(Setting, Setting)> {
        let settings = self.settings(release);
        let mut found: Vec<(Setting, Setting)> = Vec::new();
        for ours in settings.iter().filter(|ours| ours.place.path == path) {
            let Some(name) = ours.option().filter(|name| !adds_up(name)) else {
                continue;
            };
            let names = names::same_variable(name);
            let winner = settings.iter().rfind(|other| other.is_one_of(&names));
            if let Some(winner) = winner.filter(|winner| winner.place.path != path)
                && !found.iter().any(|(known, _)| known.option() == Some(name))
            {
                found.push((ours.clone(), winner.clone()));
            }
        }
        found
    }

    /// Returns all lines that say something, in the order a server comes to them.
    pub(super) fn steps(&self) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        self.visit_lines(&mut |file, root, entry| {
            steps.extend(entry.map(|entry| Step {
                path: &file.path,
                line: entry.line,
                what: entry.what,
                root,
            }));
        });
        steps
    }

    /// Goes through the files as a server does, and calls for each file and for each line of it.
    fn visit_lines<'a>(&'a self, see: &mut impl FnMut(&'a File, bool, Option<OptionLine<'a>>)) {
        let is_root = |file: &File| {
            ROOTS.iter().any(|root| file.path == Path::new(root))
                || file.path.file_name().is_some_and(|name| name == ".my.cnf")
        };
        let rooted = self.files.iter().any(is_root);
        let included = self.included();
        for file in &self.files {
            let root = is_root(file);
            if (root || !rooted) && !included.contains(file.path.as_path()) {
                self.walk_from(file, 0, root, see);
            }
        }
    }

    fn walk_from<'a>(
        &'a self,
        file: &'a File,
        depth: usize,
        root: bool,
        see: &mut impl FnMut(&'a File, bool, Option<OptionLine<'a>>),
    ) {
        if file.ignored.is_some() {
            return;
        }
        see(file, root, None);
        for entry in file.content.entries() {
            let inner = match &entry.what {
                Said::Include(path) => self.find(Path::new(path)),
                Said::IncludeDir(folder) => self.folder(Path::new(folder)),
                _ => Vec::new(),
            };
            see(file, root, Some(entry));
            if depth < DEEPEST {
                for file in inner {
                    self.walk_from(file, depth + 1, false, see);
                }
            }
        }
    }

    fn find(&self, path: &Path) -> Vec<&File> {
        self.files
            .iter()
            .filter(|file| file.path == path)
            .take(1)
            .collect()
    }

    /// Returns the files of a folder that the server reads, in its order: that of the bytes.
    fn folder(&self, folder: &Path) -> Vec<&File> {
        let mut files: Vec<&File> = self
            .files
            .iter()
            .filter(|file| file.path.parent() == Some(folder))
            .filter(|file| file.path.as_os_str().as_encoded_bytes().ends_with(b".cnf"))
            .collect();
        files.sort_by_key(|file| file.path.as_os_str().as_encoded_bytes());
        files.dedup_by_key(|file| &file.path);
        files
    }

    /// Returns the files that others include.
    fn included(&self) -> BTreeSet<&Path> {
        let mut included = BTreeSet::new();
        for file in self.files.iter().filter(|file| file.ignored.is_none()) {
            for entry in file.content.entries() {
                let inner = match entry.what {
                    Said::Include(path) => self.find(Path::new(path)),
                    Said::IncludeDir(folder) => self.folder(Path::new(folder)),
                    _ => continue,
                };
                included.extend(
                    inner
                        .iter()
                        .map(|inner| inner.path.as_path())
                        .filter(|path| *path != file.path),
                );
            }
        }
        included
    }
}

#[cfg(test)]
mod tests;
