//! Names that the server does not know, or knows otherwise than they seem.

use super::super::foreign::{Instead, foreign};
use super::super::names::{Release, Resolved, Runtime, Taken, fold, known, meant, resolve};
use super::super::{Place, Setting};
use super::{Concern, Found, Weight};

/// How the options of plugins begin that are known only while their plugin is loaded.
const OF_PLUGINS: [&str; 11] = [
    "connect_",
    "disks_",
    "mroonga_",
    "oqgraph_",
    "provider_",
    "rocksdb_",
    "s3_",
    "server_audit",
    "sphinx_",
    "spider_",
    "sql_error_log",
];

impl Found<'_> {
    pub(super) fn names(&mut self) {
        let release = self.around.release;
        let plugins = self
            .settings
            .iter()
            .any(|setting| matches!(setting.option(), Some("plugin_load" | "plugin_load_add")));
        for setting in self.settings.clone() {
            match &setting.resolved {
                Resolved::Unknown { bare, .. } if plugins && of_plugin(bare) => {}
                Resolved::Unknown { .. } => self.concerns.extend(unknown(&setting, release)),
                Resolved::Ambiguous(names) => {
                    let text = format!(
                        "`{}` is the beginning of {} options: the server does not start",
                        setting.written,
                        names.len()
                    );
                    let useful = |name: &&str| {
                        known(name).is_some_and(|known| known.taken(release) == Taken::Yes)
                    };
                    let mut names: Vec<&str> = names.iter().copied().filter(useful).collect();
                    names.sort_by_key(|name| name.len());
                    names.truncate(3);
                    let mend = format!("write the whole name, such as {}", names.join(" or "));
                    self.add_at(Weight::Stops, &setting, text, mend);
                }
                Resolved::Option {
                    known, abbreviated, ..
                } => {
                    if *abbreviated {
                        let text = format!(
                            "`{}` is short for {}, and another release may take it for something else",
                            setting.written, known.name
                        );
                        let mend = format!("write {}", known.name);
                        self.add_at(Weight::Notes, &setting, text, mend);
                    }
                    if known.taken(release) == Taken::Idle {
                        let text =
                            format!("MariaDB {release} does nothing with {}", setting.written);
                        self.add_at(Weight::Notes, &setting, text, "remove the line");
                    }
                }
            }
        }
    }

    /// Misspelt names behind a `#`, where the option itself is set elsewhere: whoever takes the `#`
    /// away is in for a surprise.
    pub(super) fn commented(&mut self) {
        let release = self.around.release;
        let files = self.files;
        for (path, file) in files.read() {
            for (line, name) in file.commented() {
                let Resolved::Unknown { bare, .. } = resolve(name, release) else {
                    continue;
                };
                if known(&bare).is_some() || foreign(&bare).is_some() {
                    continue;
                }
                let slip = |setting: &&Setting| {
                    let option = setting.option();
                    option.is_some_and(|option| is_slip(&bare, option))
                };
                // The last one read is the one that counts.
                let Some(real) = self.settings.iter().rfind(slip) else {
                    continue;
                };
                let meant = real.option().unwrap_or_default();
                let place = Place {
                    path: path.to_owned(),
                    line: Some(line),
                };
                let text = format!(
                    "`{name}` is misspelt, and this line is a comment: {} has `{}`",
                    real.place,
                    real.text()
                );
                self.add(Weight::Notes, place, name, text, format!("write {meant}"));
            }
        }
    }
}

/// Returns what is wrong with an option that the server does not know; none for one that it does.
pub fn unknown(setting: &Setting, release: Release) -> Option<Concern> {
    let Resolved::Unknown { bare, loose } = &setting.resolved else {
        return None;
    };
    let (text, mend) = explain(setting, bare, release);
    let (weight, text) = if *loose {
        (Weight::Notes, text)
    } else {
        (Weight::Stops, format!("{text}: the server does not start"))
    };
    Some(Concern {
        place: setting.place.clone(),
        option: setting.written.clone(),
        weight,
        text,
        mend,
    })
}

/// Returns what a name that nobody knows is, and what to write instead.
fn explain(setting: &Setting, bare: &str, release: Release) -> (String, String) {
    let written = &setting.written;
    let with = |name: &str| match &setting.value {
        Some(value) => format!("write {name} = {value}"),
        None => format!("write {name}"),
    };
    if let Some((name, value)) = written.split_once([' ', '\t']) {
        let (name, value) = (name.trim(), value.trim());
        let is_option = |name: &str| {
            matches!(
                resolve(name, release),
                Resolved::Option {
                    abbreviated: false,
                    ..
                }
            )
        };
        if setting.value.is_none() && is_option(name) {
            let text = format!("there is no = between `{name}` and its value");
            return (text, format!("write {name} = {value}"));
        }
        let joined = fold(&written.split_whitespace().collect::<Vec<_>>().join("_"));
        if is_option(&joined) {
            return (
                format!("`{written}` has a blank in the name"),
                with(&joined),
            );
        }
    }
    match foreign(bare) {
        Some(Instead::Option(name)) => {
            return (format!("MariaDB has no option {written}"), with(name));
        }
        Some(Instead::Advice(advice)) => {
            return (
                format!("MariaDB has no option {written}"),
                advice.to_owned(),
            );
        }
        None => {}
    }
    if let Some(known) = known(bare) {
        if let Some(other) = known.taken_somewhere() {
            let text = format!("{written} is an option of MariaDB {other}, not of {release}");
            let mend = format!("remove the line, or put it under [mariadb-{other}]");
            return (text, mend);
        }
        if known.runtime != Runtime::NoVariable {
            let text = format!("{written} is a variable of the running server, not an option");
            return (text, "remove the line".to_owned());
        }
    }
    if of_plugin(bare) {
        let text = format!("MariaDB {release} knows {written} only when its plugin is loaded");
        let mend = format!("load the plugin with plugin_load_add, or write loose_{bare}");
        return (text, mend);
    }
    let text = format!("MariaDB {release} has no option {written}");
    match meant(bare, release) {
        Some(name) => (text, with(name)),
        None => (text, "remove the line".to_owned()),
    }
}

fn of_plugin(bare: &str) -> bool {
    OF_PLUGINS.iter().any(|family| bare.starts_with(family))
}

/// Tells whether one name is another with a slip of the fingers; `#user = …` of some example is none.
fn is_slip(written: &str, meant: &str) -> bool {
    written.len() > 5 && strsim::damerau_levenshtein(written, meant) <= 2
}
