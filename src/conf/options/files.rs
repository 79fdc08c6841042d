//! All option files of one server, in the order it reads them: which line sets an option, and which
//! lines it overrides.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use super::names::{self, Effect, Release, Resolved, adds_up, fold, resolve};
use super::{OptionFile, Said};

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
    pub fn by(mode: u32, owner: &str, group: &str) -> Option<Ignored> {
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
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The number of the line, from 1; none for the file as a whole.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// One option as the server gets it from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Where it stands.
    pub place: Place,
    /// The group it stands in.
    pub group: String,
    /// Its name as it is written.
    pub written: String,
    /// Its value as it is written, without quotes; none without a `=`.
    pub value: Option<String>,
    /// What the name comes to.
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
            None => names.contains(&fold(&self.written)),
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
    /// Those read before it, in order.
    pub overridden: Vec<Setting>,
}

/// One line that says something, in the order a server comes to it.
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

    /// Returns the files that the server passes over, with the reason.
    pub fn ignored(&self) -> impl Iterator<Item = (&Path, &Ignored)> {
        self.files
            .iter()
            .filter_map(|file| Some((file.path.as_path(), file.ignored.as_ref()?)))
    }

    /// Returns the options that a server of a release gets, in the order it gets them.
    pub fn settings(&self, release: Release) -> Vec<Setting> {
        let steps = self.steps().into_iter();
        steps
            .filter_map(|step| match step.what {
                Said::Option { group, name, value } if release.reads(group) => Some(Setting {
                    place: Place {
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
        let mut overridden = self.all(release, name);
        let winner = overridden.pop()?;
        Some(Effective { winner, overridden })
    }

    /// Returns all lines that set an option, in the order they are read; for those whose values add
    /// up, all of them count.
    pub fn all(&self, release: Release, name: &str) -> Vec<Setting> {
        let mut settings = self.settings(release);
        let names = names::twins(name);
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
            let names = names::twins(name);
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
        let is_root = |file: &File| {
            ROOTS.iter().any(|root| file.path == Path::new(root))
                || file.path.file_name().is_some_and(|name| name == ".my.cnf")
        };
        let rooted = self.files.iter().any(is_root);
        let included = self.included();
        let mut steps = Vec::new();
        for file in &self.files {
            let root = is_root(file);
            if (root || !rooted) && !included.contains(file.path.as_path()) {
                self.walk(file, 0, root, &mut steps);
            }
        }
        steps
    }

    fn walk<'a>(&'a self, file: &'a File, depth: usize, root: bool, steps: &mut Vec<Step<'a>>) {
        if file.ignored.is_some() {
            return;
        }
        for entry in file.content.entries() {
            let inner = match &entry.what {
                Said::Include(path) => self.find(Path::new(path)),
                Said::IncludeDir(folder) => self.folder(Path::new(folder)),
                _ => Vec::new(),
            };
            steps.push(Step {
                path: &file.path,
                line: entry.line,
                what: entry.what,
                root,
            });
            if depth < DEEPEST {
                for file in inner {
                    self.walk(file, depth + 1, false, steps);
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
mod tests {
    use super::*;

    const RELEASE: Release = Release::new(10, 11);
    const SERVER: &str = "/etc/mysql/mariadb.conf.d/50-server.cnf";
    const OURS: &str = "/etc/mysql/mariadb.conf.d/99-bascule.cnf";
    const MAIN: &str = "[client-server]\nsocket = /run/s\n!includedir /etc/mysql/mariadb.conf.d/\n";

    fn host(files: &[(&str, &str)]) -> OptionFiles {
        OptionFiles::new([("/etc/mysql/my.cnf", MAIN)].iter().chain(files).copied())
    }

    /// The line that counts and those it overrides.
    fn who(files: &OptionFiles, name: &str) -> Option<String> {
        let Effective { winner, overridden } = files.effective(RELEASE, name)?;
        let mut text = format!("{} {}", winner.place, winner.effect());
        for setting in overridden {
            text += &format!(" over {} {}", setting.place, setting.effect());
        }
        Some(
            text.replace("/etc/mysql/mariadb.conf.d/", "")
                .replace("/etc/mysql/", ""),
        )
    }

    #[test]
    fn the_last_line_read_wins() {
        let files = host(&[
            (
                OURS,
                "[mysqld]\nserver_id = 10\nbind_address = 127.0.0.1,172.16.0.10\n",
            ),
            (
                SERVER,
                "[mysqld]\nbind-address = 127.0.0.1\n[client]\nserver_id = 3\n",
            ),
        ]);
        assert_eq!(who(&files, "server-id").unwrap(), "99-bascule.cnf:2 10");
        assert_eq!(
            who(&files, "bind_address").unwrap(),
            "99-bascule.cnf:3 127.0.0.1,172.16.0.10 over 50-server.cnf:2 127.0.0.1"
        );
        assert_eq!(who(&files, "socket").unwrap(), "my.cnf:2 /run/s");
        assert_eq!(who(&files, "log_bin"), None);
    }

    #[test]
    fn what_stands_after_an_include_is_read_after_it() {
        let files = OptionFiles::new([
            (
                "/etc/mysql/my.cnf",
                "!includedir /etc/mysql/mariadb.conf.d\n[mysqld]\nserver_id=77\n",
            ),
            (OURS, "[mysqld]\nserver_id=10\n"),
        ]);
        assert_eq!(
            who(&files, "server_id").unwrap(),
            "my.cnf:3 77 over 99-bascule.cnf:2 10"
        );
        let [(ours, winner)] = files
            .overrides(RELEASE, Path::new(OURS))
            .try_into()
            .unwrap();
        assert_eq!(
            (ours.text(), winner.effect()),
            ("server_id = 10".to_owned(), "77".to_owned())
        );
    }

    #[test]
    fn two_names_of_one_variable_override_each_other() {
        let files = host(&[
            (SERVER, "[mysqld]\nexpire_logs_days = 10\n"),
            (OURS, "[mysqld]\nbinlog_expire_logs_seconds = 864000\n"),
        ]);
        assert_eq!(
            who(&files, "expire_logs_days"),
            Some("99-bascule.cnf:2 864000 over 50-server.cnf:2 10".to_owned())
        );
        assert!(files.overrides(RELEASE, Path::new(OURS)).is_empty());
    }

    #[test]
    fn the_order_of_a_folder_is_that_of_the_bytes() {
        let files = host(&[
            ("/etc/mysql/mariadb.conf.d/a.cnf", "[mysqld]\nx=4\n"),
            ("/etc/mysql/mariadb.conf.d/Z.cnf", "[mysqld]\nx=3\n"),
            ("/etc/mysql/mariadb.conf.d/.h.cnf", "[mysqld]\nx=1\n"),
            ("/etc/mysql/mariadb.conf.d/10.cnf", "[mysqld]\nx=2\n"),
            ("/etc/mysql/mariadb.conf.d/b.conf", "[mysqld]\nx=9\n"),
            ("/etc/mysql/mariadb.conf.d/c.cnf.bak", "[mysqld]\nx=9\n"),
            ("/etc/mysql/debian.cnf", "[mysqld]\nx=9\n"),
        ]);
        let values: Vec<String> = files
            .all(RELEASE, "x")
            .iter()
            .map(Setting::effect)
            .collect();
        assert_eq!(values, ["1", "2", "3", "4"]);
    }

    #[test]
    fn filters_add_up() {
        let files = host(&[
            (SERVER, "[mysqld]\nreplicate-wild-do-table = a.%\n"),
            (
                OURS,
                "[mariadb-10.11]\nreplicate_wild_do_table = b.%\n[mariadb-11.8]\nreplicate_wild_do_table = c.%\n",
            ),
        ]);
        let values = |release| -> Vec<String> {
            let all = files.all(release, "replicate_wild_do_table");
            all.iter().map(Setting::effect).collect()
        };
        assert_eq!(values(RELEASE), ["a.%", "b.%"]);
        assert_eq!(values(Release::new(11, 8)), ["a.%", "c.%"]);
        assert!(files.overrides(RELEASE, Path::new(SERVER)).is_empty());
    }

    #[test]
    fn the_rest_of_a_broken_file_does_not_count_but_its_beginning_does() {
        let files = host(&[(SERVER, "[mysqld]\nserver_id=9\n[mysqld\nserver_id=10\n")]);
        assert_eq!(who(&files, "server_id").unwrap(), "50-server.cnf:2 9");
    }

    #[test]
    fn a_file_that_is_passed_over_says_nothing() {
        let files = host(&[(OURS, "[mysqld]\nserver_id=9\n")]);
        let ignored = |mode, owner: &str| {
            let why = Ignored::by(mode, owner, "root");
            who(&files.clone().ignoring(Path::new(OURS), why), "server_id")
        };
        assert_eq!(ignored(0o646, "root"), None);
        assert_eq!(ignored(0o600, "root"), None);
        assert_eq!(ignored(0o040, "root"), None);
        assert!(ignored(0o600, "mysql").is_some());
        assert!(ignored(0o644, "root").is_some());
        assert_eq!(Ignored::by(0o640, "root", "mysql"), None);
        assert_eq!(
            Ignored::by(0o646, "root", "mysql"),
            Some(Ignored::WorldWritable)
        );
        // The group's bits do not help the owner.
        assert!(Ignored::by(0o044, "mysql", "mysql").is_some());
    }

    #[test]
    fn files_that_include_each_other_come_to_an_end() {
        let files = OptionFiles::new([
            ("/etc/my.cnf", "!include /etc/a.cnf\n"),
            ("/etc/a.cnf", "[mysqld]\nx=1\n!include /etc/b.cnf\n"),
            ("/etc/b.cnf", "!include /etc/a.cnf\n!include /etc/b.cnf\n"),
        ]);
        assert!(!files.all(RELEASE, "x").is_empty());
        let alone = OptionFiles::new([("/x/a.cnf", "[mysqld]\nx=1\n!include /x/a.cnf\n")]);
        assert_eq!(alone.all(RELEASE, "x").len(), 11);
    }

    #[test]
    fn a_word_before_the_name_turns_its_value() {
        let files = host(&[(
            SERVER,
            "[mysqld]\nlog_bin = a\nskip-log-bin\nread_only\nskip-read-only=0\n",
        )]);
        assert!(
            who(&files, "log_bin")
                .unwrap()
                .starts_with("50-server.cnf:3 0 over")
        );
        assert!(
            who(&files, "read_only")
                .unwrap()
                .starts_with("50-server.cnf:5 1 over")
        );
    }

    #[test]
    fn what_would_be_read_after_a_change_is_known_before() {
        let files =
            host(&[(SERVER, "[mysqld]\nserver_id=1\n")]).with(OURS, "[mysqld]\nserver_id=10\n");
        assert_eq!(
            who(&files, "server_id").unwrap(),
            "99-bascule.cnf:2 10 over 50-server.cnf:2 1"
        );
        assert!(files.file(Path::new(OURS)).is_some());
    }
}
