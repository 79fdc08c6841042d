//! Names that the server does not know, or knows otherwise than they seem.

use super::super::foreign::{Instead, foreign};
use super::super::names::{
    Release, Resolved, Runtime, Taken, folded, known_option, nearest_option, resolve,
};
use super::super::{FileLine, Setting};
use super::{OptionConcern, OptionFindings, Weight};

/// How the options of plugins begin that are known only while their plugin is loaded, and the file of
/// the plugin where it is called otherwise.
const OF_PLUGINS: [(&str, &str); 21] = [
    ("aws_key_management", ""),
    ("connect_", "ha_connect"),
    ("cracklib_password_check", ""),
    ("disks_", "disks"),
    ("file_key_management", ""),
    ("gssapi_", "auth_gssapi"),
    ("handlersocket", ""),
    ("hashicorp_key_management", ""),
    ("mroonga_", "ha_mroonga"),
    ("oqgraph_", "ha_oqgraph"),
    ("pam_", "auth_pam"),
    ("password_reuse_check", ""),
    ("provider_", ""),
    ("query_response_time", ""),
    ("rocksdb_", "ha_rocksdb"),
    ("s3_", "ha_s3"),
    ("server_audit", ""),
    ("simple_password_check", ""),
    ("sphinx_", "ha_sphinx"),
    ("spider_", "ha_spider"),
    ("sql_error_log", "sql_errlog"),
];

impl OptionFindings<'_> {
    pub(super) fn names(&mut self) {
        let release = self.around.release;
        let mut loaded: Vec<String> = self
            .around
            .plugins
            .iter()
            .map(|name| plugin_name(name))
            .collect();
        for setting in &self.settings {
            if let Some("plugin_load" | "plugin_load_add") = setting.option() {
                let value = setting.value.as_deref().unwrap_or_default();
                // `file_key_management`, `NAME=FILE.so`, several with semicolons.
                loaded.extend(
                    value
                        .split([';', ':'])
                        .flat_map(|one| one.split('=').map(plugin_name)),
                );
            }
        }
        for setting in self.settings.clone() {
            match &setting.resolved {
                // It tells the server itself that the name may be unknown.
                Resolved::Unknown { loose: true, .. } => {}
                // The installed server knows its names better than any list.
                Resolved::Unknown { .. } | Resolved::Ambiguous(_) if self.around.accepted => {}
                Resolved::Unknown { bare, .. } if is_behind(bare, &loaded) => {}
                Resolved::Unknown { .. } => self.concerns.extend(unknown(&setting, release)),
                Resolved::Ambiguous(names) => {
                    let text = format!(
                        "`{}` is the beginning of {} options: the server does not start",
                        setting.written,
                        names.len()
                    );
                    let useful = |name: &&str| {
                        known_option(name)
                            .is_some_and(|known| known.taken_by(release) == Taken::Yes)
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
                    if known.taken_by(release) == Taken::Idle {
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
                if known_option(&bare).is_some() || foreign(&bare).is_some() {
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
                let place = FileLine {
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
pub fn unknown(setting: &Setting, release: Release) -> Option<OptionConcern> {
    let Resolved::Unknown { bare, loose } = &setting.resolved else {
        return None;
    };
    let (text, mend) = explain(setting, bare, release);
    let (weight, text) = if *loose {
        (Weight::Notes, text)
    } else {
        (Weight::Stops, format!("{text}: the server does not start"))
    };
    Some(OptionConcern {
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
        let joined = folded(&written.split_whitespace().collect::<Vec<_>>().join("_"));
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
    if let Some(known) = known_option(bare) {
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
    if let Some((family, file)) = of_plugin(bare) {
        let text = format!("MariaDB {release} knows {written} only when its plugin is loaded");
        let plugin = match (file, family.strip_suffix('_')) {
            ("", None) => family,
            ("", Some(_)) => "FILE",
            (file, _) => file,
        };
        let mend = match encrypts(bare) {
            // Without its keys no encrypted table can be read.
            true => format!("write plugin_load_add = {plugin} above it, and leave the line"),
            false => format!("write plugin_load_add = {plugin} above it, or loose_{bare}"),
        };
        return (text, mend);
    }
    let text = format!("MariaDB {release} has no option {written}");
    match nearest_option(bare, release) {
        Some(name) => (text, with(name)),
        None if encrypts(bare) => (
            text,
            "load the plugin that it is for with plugin_load_add, and leave the line".to_owned(),
        ),
        None => (text, "remove the line".to_owned()),
    }
}

/// Returns the family of plugins' options that a name belongs to, with the plugin's file.
fn of_plugin(bare: &str) -> Option<(&'static str, &'static str)> {
    let mut families = OF_PLUGINS.into_iter();
    families.find(|(family, _)| bare.starts_with(family))
}

/// Tells whether an option is one without which encrypted data may be unreadable.
pub(in super::super) fn encrypts(name: &str) -> bool {
    let name = folded(name);
    name.contains("encrypt") || name.contains("key_management")
}

/// Returns a plugin's file as it is compared: without its folder's habits, `ha_connect.so` and
/// `ha_connect`.
fn plugin_name(file: &str) -> String {
    let file = folded(file.trim());
    file.strip_suffix(".so").unwrap_or(&file).to_owned()
}

/// Tells whether an option may be one of a plugin that is loaded.
fn is_behind(bare: &str, loaded: &[String]) -> bool {
    let own = |file: &String| {
        let name = ["ha_", "auth_"]
            .iter()
            .find_map(|kind| file.strip_prefix(kind))
            .unwrap_or(file);
        !name.is_empty() && bare.starts_with(name)
    };
    let by_family = || {
        let (family, file) = of_plugin(bare)?;
        let file = if file.is_empty() { family } else { file };
        loaded.iter().find(|one| one.starts_with(file))
    };
    loaded.iter().any(own) || by_family().is_some()
}

/// Tells whether one name is another with a slip of the fingers; `#user = …` of some example is none.
fn is_slip(written: &str, meant: &str) -> bool {
    written.len() > 5 && strsim::damerau_levenshtein(written, meant) <= 2
}
