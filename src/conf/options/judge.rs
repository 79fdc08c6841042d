//! What the server's own check of its options comes to.
//!
//! `mariadbd --help --verbose` reads all option files and prints the values it would start with. Its exit
//! status alone says little: it is 0 for a file that is broken off, for one that is left out, and for a
//! value that is taken as another (seen on 10.11 and 11.8). So its words and its table are read too.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Said;
use super::compare::same_value;
use super::concerns::names::encrypts;
use super::concerns::{OptionConcern, Surroundings, Weight, concerns};
use super::files::{FileLine, OptionFiles, Setting};
use super::names::{Release, adds_up, folded};

/// Something that the server's own check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line it is about, where that can be told.
    pub place: Option<FileLine>,
    /// Whether the server would refuse to start.
    pub weight: Weight,
    /// The trouble: the server's own words, or what value it would start with.
    pub text: String,
    /// The mend: what to write or do.
    pub mend: String,
}

/// The answer of the server's own check, and the files it read.
pub struct ServerCheck<'a> {
    /// Its exit status.
    pub code: i32,
    /// The lines on standard error.
    pub said: &'a [String],
    /// The values it would start with, by their names as it prints them, such as `server-id`.
    pub values: &'a BTreeMap<String, String>,
    /// The option files.
    pub files: &'a OptionFiles,
    /// The release of the server.
    pub release: Release,
}

/// Returns what is wrong with an answer, the worst first; `wanted` are options with the values that must
/// be in force.
///
/// What the check cannot see, such as a folder that does not exist, is among the [`concerns`].
pub fn judge(answer: &ServerCheck, wanted: &[(&str, &str)]) -> Result<(), Vec<Fault>> {
    let mut judged = Judged {
        answer,
        settings: answer.files.settings(answer.release),
        concerns: concerns(
            answer.files,
            &Surroundings {
                release: answer.release,
                folder: &|_| None,
                plugins: &[],
                accepted: false,
            },
        ),
        faults: Vec::new(),
    };
    for line in answer.said {
        judged.line(line);
    }
    if answer.code == 0 {
        judged.values(wanted);
    } else if !judged
        .faults
        .iter()
        .any(|fault| fault.weight == Weight::Stops)
    {
        let text = format!(
            "the server's check of its options ended with status {}",
            answer.code
        );
        judged.add(None, Weight::Stops, text);
    }
    let mut faults = judged.faults;
    faults.sort_by_key(|fault| fault.weight);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

struct Judged<'a> {
    answer: &'a ServerCheck<'a>,
    settings: Vec<Setting>,
    concerns: Vec<OptionConcern>,
    faults: Vec<Fault>,
}

impl Judged<'_> {
    /// Adds a fault unless the same line of a file has one: the server often says two things of one.
    fn add(&mut self, place: Option<FileLine>, weight: Weight, text: String) {
        if place.is_some() && self.faults.iter().any(|fault| fault.place == place) {
            return;
        }
        let known = self
            .concerns
            .iter()
            .find(|concern| Some(&concern.place) == place.as_ref());
        let mend = known
            .map(|concern| concern.mend.clone())
            .unwrap_or_else(|| {
                let mend = match &place {
                    _ if text.starts_with("Can't read dir") => {
                        "make the folder, or remove the line"
                    }
                    _ if text.starts_with(NORMALIZE) => "make the folder, or remove the line",
                    _ if text.contains("shared library") && encrypts(&text) => {
                        "install the plugin, and leave the line: without it encrypted tables cannot be read"
                    }
                    _ if text.contains("shared library") => {
                        "install the plugin, or remove the line"
                    }
                    Some(_) => "correct the value",
                    None => "mariadbd --help --verbose >/dev/null",
                };
                mend.to_owned()
            });
        self.faults.push(Fault {
            place,
            weight,
            text,
            mend,
        });
    }

    /// Takes in one line of what the server said.
    fn line(&mut self, line: &str) {
        let (level, text) = cleaned(line);
        let weight = match level {
            _ if text.starts_with("Fatal error in defaults handling") => return,
            "ERROR" if self.answer.code != 0 => Weight::Stops,
            "ERROR" => Weight::Misleads,
            _ if text.starts_with(NORMALIZE) && self.answer.code != 0 => Weight::Stops,
            "Note" if text.contains("unique option prefix") => Weight::Notes,
            _ if is_fault(text) => self.of_files(text),
            _ => return,
        };
        let place = self.place(text);
        self.add(place, weight, text.to_owned());
    }

    /// An error in a file that the server opens of its own accord ends it, one in another does not.
    fn of_files(&self, text: &str) -> Weight {
        let fatal = "Fatal error in defaults handling";
        let ended = self.answer.said.iter().any(|line| line.contains(fatal));
        if ended && text.starts_with("error:") {
            Weight::Stops
        } else {
            Weight::Misleads
        }
    }

    /// Returns the line that a message of the server is about.
    fn place(&self, text: &str) -> Option<FileLine> {
        if let Some((_, rest)) = text.split_once("config file: ") {
            let (path, line) = rest.split_once(" at line")?;
            return Some(FileLine {
                path: PathBuf::from(path),
                line: line.trim_start_matches(':').trim().parse().ok(),
            });
        }
        if let Some((_, rest)) = text.split_once("config file '") {
            let (path, _) = rest.split_once('\'')?;
            return Some(FileLine {
                path: PathBuf::from(path),
                line: None,
            });
        }
        // `Can't`, `wasn't` and the like are no quotes.
        let text = &text.replace("n't ", "nt ");
        if text.starts_with(NORMALIZE) {
            let named = |setting: &&Setting| setting.option() == Some("secure_file_priv");
            return self
                .settings
                .iter()
                .rfind(named)
                .map(|setting| setting.place.clone());
        }
        let quoted: Vec<&str> = text.split('\'').skip(1).step_by(2).collect();
        let by = |is: &dyn Fn(&Setting) -> bool| {
            let found = self.settings.iter().rfind(|setting| is(setting))?;
            Some(found.place.clone())
        };
        // The line word for word, as in `unknown variable 'a=1'`.
        let whole = |setting: &Setting| {
            let text = match &setting.value {
                Some(value) => format!("{}={value}", setting.written),
                None => setting.written.clone(),
            };
            quoted
                .iter()
                .any(|part| part.strip_prefix("--").unwrap_or(part) == text)
        };
        // The option by its own name, as in `option 'server_id': …`, and the name as it is written.
        let named = |setting: &Setting| {
            let own = setting.option().unwrap_or_default();
            let written = folded(&setting.written);
            let after_for = text.rsplit_once(" for ").map(|(_, name)| name);
            quoted
                .iter()
                .copied()
                .chain(after_for)
                .map(|part| folded(part.strip_prefix("--").unwrap_or(part)))
                .any(|part| part == own || part == written)
        };
        // A value alone, as in `Could not add do table rule 'site1'`, or a plugin's file.
        let valued = |setting: &Setting| {
            let value = setting.value.as_deref().filter(|value| !value.is_empty());
            value.is_some_and(|value| {
                quoted
                    .iter()
                    .any(|part| *part == value || part.strip_suffix(".so") == Some(value))
                    || quoted
                        .iter()
                        .any(|part| part.ends_with(&format!("/{value}.so")))
            })
        };
        let included = || {
            let steps = self.answer.files.steps().into_iter();
            let mut found = steps.filter(|step| match step.what {
                Said::IncludeDir(folder) => quoted.contains(&folder),
                _ => false,
            });
            found.next().map(|step| FileLine {
                path: step.path.to_owned(),
                line: Some(step.line),
            })
        };
        by(&whole)
            .or_else(|| by(&named))
            .or_else(|| by(&valued))
            .or_else(included)
    }

    /// Compares the values that the server would start with to those that are wanted.
    fn values(&mut self, wanted: &[(&str, &str)]) {
        for (name, value) in wanted {
            // Those that add up are not in the table.
            let Some(found) = self.answer.values.get(&folded(name).replace('_', "-")) else {
                continue;
            };
            if adds_up(name) || same_value(name, found, value) {
                continue;
            }
            let found = if found.starts_with("(No default") {
                "nothing"
            } else {
                found
            };
            let text = format!("{} would be {found} instead of {value}", folded(name));
            let winner = self.answer.files.effective(self.answer.release, name);
            let (place, mend) = match winner.map(|effective| effective.winner) {
                Some(winner) if same_value(name, &winner.effect(), value) => {
                    let path = winner.place.path.display();
                    let mend =
                        format!("see whether mysql may read the file: sudo -u mysql cat {path}");
                    (Some(winner.place), mend)
                }
                Some(winner) => {
                    let mend = format!("remove `{}` there", winner.text());
                    (Some(winner.place), mend)
                }
                None => (
                    None,
                    format!(
                        "see what sets it: mariadbd --print-defaults | tr ' ' '\\n' | grep {name}"
                    ),
                ),
            };
            self.faults.push(Fault {
                place,
                weight: Weight::Misleads,
                text,
                mend,
            });
        }
    }
}

/// The words of the server on a folder for `secure_file_priv` that is not there, before it ends with 1
/// (seen on 10.11 and 11.8).
const NORMALIZE: &str = "Failed to normalize the argument for --secure-file-priv";

/// Messages without `[ERROR]` that are about the option files all the same. Everything else is left
/// out, such as `Could not increase number of max_open_files`, which depends on the host.
fn is_fault(text: &str) -> bool {
    const BEGINNINGS: [&str; 2] = ["error: ", "Warning: World-writable config file"];
    const PARTS: [&str; 6] = [
        " adjusted to ",
        "wasn't recognized",
        "ignoring option",
        "Can't read dir of",
        "maximum include",
        "Could not open mysql.plugin table",
    ];
    BEGINNINGS
        .iter()
        .any(|beginning| text.starts_with(beginning))
        || PARTS.iter().any(|part| text.contains(part))
}

/// Returns the level of a line of the server's log, empty where there is none, and what it says,
/// without the time and the name of the program.
fn cleaned(line: &str) -> (&str, &str) {
    let line = line.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let (level, text) = match line.split_once('[').and_then(|(time, rest)| {
        let logged = time
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | ':'));
        rest.split_once("] ").filter(|_| logged)
    }) {
        Some((level, text)) => (level, text),
        None => ("", line),
    };
    let text = text.strip_prefix("Buffered error: ").unwrap_or(text);
    let text = ["/usr/sbin/mariadbd: ", "mariadbd: "]
        .iter()
        .find_map(|program| text.strip_prefix(program))
        .unwrap_or(text);
    (level, text)
}

#[cfg(test)]
mod tests;
