//! Values that the server refuses, or takes for something else.

use std::path::{Path, PathBuf};

use super::super::Setting;
use super::super::compare::{number, switch_value};
use super::super::names::{Effect, Known, Resolved, Runtime, ValueKind};
use super::{OptionFindings, Weight};

/// Switches that take no value at all.
const BARE: [&str; 4] = ["ansi", "bootstrap", "safe_mode", "skip_host_cache"];

/// Options that name a file whose folder must be there.
const IN_FOLDERS: [(&str, Weight, &str); 10] = [
    ("log_bin", Weight::Stops, "the server does not start"),
    ("log_bin_index", Weight::Stops, "the server does not start"),
    (
        "relay_log",
        Weight::Misleads,
        "CHANGE MASTER fails (errno 29)",
    ),
    (
        "relay_log_index",
        Weight::Misleads,
        "CHANGE MASTER fails (errno 29)",
    ),
    (
        "log_error",
        Weight::Misleads,
        "the server starts and writes its errors nowhere",
    ),
    ("init_file", Weight::Stops, "the server does not start"),
    ("ssl_ca", Weight::Stops, "the server does not start"),
    (
        "general_log_file",
        Weight::Misleads,
        "the server starts and writes no such log",
    ),
    (
        "slow_query_log_file",
        Weight::Misleads,
        "the server starts and writes no such log",
    ),
    (
        "log_slow_query_file",
        Weight::Misleads,
        "the server starts and writes no such log",
    ),
];

/// Options that name a folder without which the server does not start, though its own check takes
/// them (but for `secure_file_priv`).
const FOLDERS: [&str; 6] = [
    "datadir",
    "tmpdir",
    "secure_file_priv",
    "innodb_data_home_dir",
    "innodb_log_group_home_dir",
    "aria_log_dir_path",
];

/// Returns what an option's value needs there: the folder that it names, or that of its file; none
/// for an option that names none.
pub fn needed_folder(name: &str, value: &str) -> Option<PathBuf> {
    if FOLDERS.contains(&name) {
        return Some(PathBuf::from(value.strip_suffix('/').unwrap_or(value)));
    }
    let is_file = IN_FOLDERS.iter().any(|(file, ..)| *file == name);
    let folder = Path::new(value).parent().map(Path::to_path_buf);
    folder.filter(|_| is_file)
}

impl OptionFindings<'_> {
    pub(super) fn values(&mut self) {
        for setting in self.settings.clone() {
            if let Resolved::Option { known, effect, .. } = &setting.resolved {
                self.value_form(&setting, known, *effect);
                self.filter(&setting, known.name);
            }
        }
    }

    /// Values without the form that the option wants.
    fn value_form(&mut self, setting: &Setting, known: &Known, effect: Effect) {
        let (name, written) = (known.name, &setting.written);
        let needs = matches!(known.value, ValueKind::Number | ValueKind::Text);
        let Some(value) = setting.value.as_deref() else {
            if needs && effect == Effect::Plain {
                let text = format!("{written} has no value: the server does not start");
                self.add_at(
                    Weight::Stops,
                    setting,
                    text,
                    format!("write {written} = VALUE"),
                );
            }
            return;
        };
        if matches!(effect, Effect::Off | Effect::On) {
            // Behind such a word the server looks for `0` alone, and takes everything else for nothing
            // at all, without a warning (seen on 10.11 and 11.8).
            let off = matches!(
                value.to_ascii_lowercase().as_str(),
                "off" | "false" | "no" | "n" | "disable" | "disabled" | "00"
            );
            if off {
                let (is, meant) = match effect {
                    Effect::Off => ("off", "ON"),
                    _ => ("on", "OFF"),
                };
                let text = format!(
                    "behind such a word only 0 counts: {name} is {is} with {written} = {value}"
                );
                let mend = match known.value {
                    ValueKind::Switch => format!("write {name} = {meant}"),
                    _ => format!("write {written} = 0"),
                };
                self.add_at(Weight::Misleads, setting, text, mend);
            }
            return;
        }
        if known.value == ValueKind::Switch && BARE.contains(&name) {
            let text = format!("{written} takes no value: the server does not start");
            self.add_at(
                Weight::Stops,
                setting,
                text,
                format!("write {written} alone"),
            );
        } else if known.value == ValueKind::Switch && switch_value(value).is_none() {
            let yes = matches!(
                value.to_ascii_lowercase().as_str(),
                "yes" | "y" | "enable" | "enabled" | "t"
            );
            // Without a variable of that name the server keeps its own value, and says nothing.
            let takes = match known.runtime {
                Runtime::NoVariable => format!("leaves {written} as it is without the line"),
                _ => format!("takes {written} for OFF"),
            };
            let text = format!("`{value}` is neither ON nor OFF: the server {takes}");
            let mend = format!("write {written} = {}", if yes { "ON" } else { "OFF" });
            self.add_at(Weight::Misleads, setting, text, mend);
        } else if known.value == ValueKind::Number && !is_number(value) {
            let text = format!("`{value}` is no number for {written}: the server does not start");
            let mend = "write digits, with K, M, G or T behind them if need be";
            self.add_at(Weight::Stops, setting, text, mend);
        } else if name == "server_id" && number(value).is_none_or(|id| id == 0) {
            let text = "the server takes 1 instead, which every server has that nobody configured";
            self.add_at(Weight::Misleads, setting, text, "write an id above 1");
        } else if name == "log_bin" && effect == Effect::Plain && switch_value(value).is_some() {
            let text = format!(
                "log_bin takes a name: the binary log is on, and its files are called {value}.000001"
            );
            let mend = if switch_value(value) == Some(true) {
                "write log_bin = mysql-bin"
            } else {
                "write skip_log_bin"
            };
            self.add_at(Weight::Misleads, setting, text, mend);
        }
    }

    /// Filters that follow `USE`, or that name no database.
    fn filter(&mut self, setting: &Setting, name: &str) {
        let value = setting.value.as_deref().unwrap_or_default();
        let mend = match name {
            "replicate_do_db" => "write replicate_wild_do_table = ",
            "replicate_ignore_db" => "write replicate_wild_ignore_table = ",
            "binlog_do_db" => {
                "remove the line, and on the replica write replicate_wild_do_table = "
            }
            "binlog_ignore_db" => {
                "remove the line, and on the replica write replicate_wild_ignore_table = "
            }
            "replicate_do_table"
            | "replicate_ignore_table"
            | "replicate_wild_do_table"
            | "replicate_wild_ignore_table" => {
                if !value.contains('.') {
                    let text = format!(
                        "`{value}` names no table of a database: the server does not start"
                    );
                    let mend = format!("write {} = {value}.%", setting.written);
                    self.add_at(Weight::Stops, setting, text, mend);
                }
                return;
            }
            _ => return,
        };
        if value.contains(',') {
            let text = format!(
                "{} takes one name, and no database is called `{value}`",
                setting.written
            );
            let lines: Vec<String> = value
                .split(',')
                .map(|one| format!("{} = {}", setting.written, one.trim()))
                .collect();
            let mend = format!("write a line for each: {}", lines.join(" and "));
            self.add_at(Weight::Misleads, setting, text, mend);
        } else {
            let goes_wrong = match name.contains("ignore") {
                // What shall not go through does, and what shall does not.
                true => format!(
                    "a CREATE TABLE {value}.… sent from another one goes through all the same, and what \
                     is sent from {value} for others is lost"
                ),
                false => format!("a CREATE TABLE {value}.… sent from another one is lost"),
            };
            let text = format!(
                "{} goes by the database chosen with USE: {goes_wrong}",
                setting.written
            );
            self.add_at(Weight::Misleads, setting, text, format!("{mend}{value}.%"));
        }
    }

    /// Judges the lines that count: folders that are not there, no network.
    pub(super) fn winners(&mut self) {
        let release = self.around.release;
        let winner = |name| {
            let found = self.files.effective(release, name)?.winner;
            (!matches!(
                found.resolved,
                Resolved::Option {
                    effect: Effect::Off,
                    ..
                }
            ))
            .then_some(found)
        };
        let mut missing = Vec::new();
        for (name, weight, then) in IN_FOLDERS {
            // Both names of one variable find the same line.
            if let Some(setting) = winner(name).filter(|found| found.option() == Some(name))
                && let Some(folder) = folder_of(&setting)
            {
                missing.push((setting, folder, weight, then));
            }
        }
        for name in FOLDERS {
            if let Some(setting) = winner(name)
                && let Some(folder) = setting
                    .value
                    .as_deref()
                    .and_then(|value| needed_folder(name, value))
            {
                missing.push((setting, folder, Weight::Stops, "the server does not start"));
            }
        }
        let offline = winner("skip_networking");
        for (setting, folder, weight, then) in missing {
            if !folder.is_absolute() || (self.around.folder)(&folder) != Some(false) {
                continue;
            }
            let folder = folder.display();
            let mut mend = format!("mkdir -m 2750 {folder} && chown mysql:adm {folder}");
            match setting.option() {
                Some("log_bin") => mend += ", or write log_bin = mysql-bin, in the data directory",
                Some("relay_log") => {
                    mend += ", or write relay_log = relay-bin, in the data directory"
                }
                Some("log_error") => {
                    mend += ", or remove the line: journalctl -u mariadb has the errors"
                }
                _ => {}
            }
            let text = format!("the folder {folder} does not exist: {then}");
            self.add_at(weight, &setting, text, mend);
        }
        if let Some(setting) = offline.filter(|found| switch_value(&found.effect()) == Some(true)) {
            let text = "the server takes no connection from any other host";
            self.add_at(Weight::Misleads, &setting, text, "remove the line");
        }
    }
}

/// Returns the folder of the file that an option names, if it names one.
fn folder_of(setting: &Setting) -> Option<PathBuf> {
    let path = Path::new(setting.value.as_deref()?);
    path.parent().map(Path::to_path_buf)
}

/// Tells whether the server reads a number in a value, whole or with a fraction.
fn is_number(value: &str) -> bool {
    // A negative number is right for a few, and what `number` takes is right for all.
    let unsigned = value.strip_prefix(['-', '+']).unwrap_or(value);
    value.is_empty() || number(unsigned).is_some() || unsigned.parse::<f64>().is_ok()
}
