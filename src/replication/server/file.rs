//! The option file of ours: what it must say here, and what stands in the files around it.

use super::bind_address::{bind, without};
use super::binlogs::BINLOG;
use super::{DesiredServer, ServerRole};
use crate::conf::options;
use crate::conf::options::{
    DROP_IN, DropIn, EditError, Effective, Fault, OptionConcern, OptionDifference, OptionFiles,
    Release, Runtime, ServerCheck, Setting, Surroundings, Weight, adds_up, same_value,
    server_id_beside,
};
use crate::facts::database::OptionFile;
use crate::facts::{DatabaseServer, Facts};
use crate::mariadb::Version;
use crate::plan::{Before, Check, FileContent, Plan, Refusal, Step, Verify, shell_line};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// The id of every server that nobody configured.
const DEFAULT_ID: u32 = 1;

/// Returns the release whose options the server takes.
pub fn release(server: &DatabaseServer) -> Release {
    let version = Version::find(&server.version).or_else(|| server.release());
    version.map_or(Release::new(10, 11), Release::from)
}

/// The options whose folders are looked for; `read.sh` has the same.
const NEEDED: [&str; 10] = [
    "log_bin",
    "relay_log",
    "log_error",
    "tmpdir",
    "secure_file_priv",
    "innodb_data_home_dir",
    "innodb_log_group_home_dir",
    "aria_log_dir_path",
    "init_file",
    "ssl_ca",
];

/// Returns what is wrong with option files, the worst first.
fn concerns(server: &DatabaseServer, files: &OptionFiles) -> Vec<OptionConcern> {
    // Also where a line counts only once another one is gone.
    let written_to: Vec<PathBuf> = NEEDED
        .into_iter()
        .flat_map(|name| server.defaults_of(name).map(move |value| (name, value)))
        .filter_map(|(name, value)| options::needed_folder(name, value))
        .collect();
    let plugins: Vec<&str> = server
        .plugins
        .iter()
        .map(|plugin| plugin.library.as_str())
        .filter(|library| !library.is_empty())
        .collect();
    let folder = |path: &Path| match server.folders.contains_key(path) {
        true => Some(true),
        // Nobody looked for others.
        false => written_to.iter().any(|one| one == path).then_some(false),
    };
    options::concerns(
        files,
        &Surroundings {
            release: release(server),
            folder: &folder,
            plugins: &plugins,
            accepted: server.check.as_ref().is_some_and(|check| check.code == 0),
        },
    )
}

/// Refuses where the server would not start with the options as they stand: it may be why it does not
/// answer, and a restart would end it.
///
/// # Errors
/// With the line that is wrong and what to write there.
pub fn starts_as_it_stands(facts: &Facts) -> Result<(), Refusal> {
    let Some(server) = &facts.database else {
        return Ok(());
    };
    let check = server.check.as_ref();
    if server.unanswered.is_none() && check.is_none_or(|check| check.code == 0) {
        return Ok(());
    }
    let files = server.options();
    let stops = concerns(server, &files).into_iter();
    let mut wrong: Vec<Wrong> = stops
        .filter(|concern| concern.weight == Weight::Stops)
        .map(Wrong::from)
        .collect();
    if let Some(check) = check.filter(|check| check.code != 0 && wrong.is_empty()) {
        let answer = ServerCheck {
            code: check.code,
            said: &check.said,
            values: &check.values,
            files: &files,
            release: release(server),
        };
        let faults = options::judge(&answer, &[]).err().unwrap_or_default();
        wrong = faults.into_iter().map(wrong_of).collect();
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(refused(&facts.host, true, wrong)),
    }
}

/// A line of an option file that is wrong.
struct Wrong {
    text: String,
    mend: String,
    file: Option<PathBuf>,
}

impl From<OptionConcern> for Wrong {
    fn from(concern: OptionConcern) -> Wrong {
        Wrong {
            text: format!("{}: {}", concern.place, concern.text),
            mend: concern.mend,
            file: Some(concern.place.path),
        }
    }
}

fn wrong_of(fault: Fault) -> Wrong {
    Wrong {
        text: match &fault.place {
            Some(place) => format!("{place}: {}", fault.text),
            None => fault.text,
        },
        mend: fault.mend,
        file: fault.place.map(|place| place.path),
    }
}

/// Returns the refusal of option files, each line with what to write there.
fn refused(host: &str, stops: bool, wrong: Vec<Wrong>) -> Refusal {
    let lines: Vec<&str> = wrong.iter().map(|one| one.text.as_str()).collect();
    let what = match stops {
        true => "would not start with its option files as they are",
        false => "does not read its option files as they were meant",
    };
    let mut refusal = Refusal::check(format!(
        "MariaDB on {host} {what}:\n  {}",
        lines.join("\n  ")
    ));
    for Wrong { mend, file, .. } in wrong {
        let argv = file.map(|file| ["sensible-editor".to_owned(), file.display().to_string()]);
        refusal = refusal.hint(
            format!("to mend it, {mend}"),
            argv.map_or(String::new(), |argv| shell_line(&argv)),
        );
    }
    refusal
}

/// Returns the file of ours as it must be: what is there stays, but for what the role asks.
///
/// # Errors
/// When a value cannot stand in an option file.
pub fn drop_in(
    server: &DatabaseServer,
    wanted: &DesiredServer,
    address: IpAddr,
) -> Result<DropIn, Refusal> {
    let release = release(server);
    let without_ours = server.options().with(DROP_IN, "");
    let theirs = |name: &str| {
        let Effective { winner, .. } = without_ours.effective(release, name)?;
        Some(winner)
    };
    let lies = server.option_file(Path::new(DROP_IN));
    let old = lies.map(|lies| DropIn::parse(&lies.text));
    let ours = |name: &str| old.as_ref()?.get(name);

    let number = |id: String| id.parse::<u32>().ok().filter(|id| *id > DEFAULT_ID);
    let id = ours("server_id").and_then(number);
    let id = id.or_else(|| number(theirs("server_id")?.effect()));
    let id = id.filter(|id| !wanted.taken.contains(&u64::from(*id)));
    let id = id.unwrap_or_else(|| server_id_beside(address, wanted.taken));
    let read_only = wanted.role == ServerRole::Replica;
    let fresh = DropIn::new(id, &[address], read_only);

    let mut file = old.clone().unwrap_or_else(|| fresh.clone());
    let mut edit = || -> Result<(), EditError> {
        for (name, value) in fresh.values() {
            match name.as_str() {
                "server_id" | "read_only" | "log_slave_updates" => file.set(&name, &value)?,
                "bind_address" => {
                    let ours = ours(&name).map(|value| without(&value, wanted.peers));
                    let value = bind(&without_ours, release, ours, address);
                    file.set(&name, &value)?
                }
                "log_bin" => file.set(&name, &basename(server, &name, BINLOG))?,
                "relay_log" => file.set(&name, &basename(server, &name, &value))?,
                // How much is kept is the administrator's to say, here and elsewhere.
                "binlog_expire_logs_seconds" if old.is_none() => {
                    let seconds = theirs(&name).and_then(|setting| seconds(&setting));
                    file.set(&name, &seconds.unwrap_or(value))?
                }
                "max_binlog_size" if old.is_none() => {
                    let size = theirs(&name).map(|setting| setting.effect());
                    file.set(&name, &size.unwrap_or(value))?
                }
                _ if file.get(&name).is_none() => file.set(&name, &value)?,
                _ => false,
            };
        }
        if server.is_on("skip_networking")
            || theirs("skip_networking").is_some_and(|setting| switch(setting.effect()) == "ON")
        {
            file.set("skip_networking", "OFF")?;
        }
        if !wanted.databases.is_empty() {
            file.set_databases(wanted.databases)?;
        }
        Ok(())
    };
    edit().map_err(|error| Refusal::usage(error.to_string()))?;
    Ok(file)
}

/// Returns what a running server filters by the database that was chosen with `USE`, to be gone where
/// databases are named.
pub fn filters_by_use(server: &DatabaseServer) -> Vec<OptionDifference> {
    let running = |name: &&str| {
        let value = server.variable(name).filter(|value| !value.is_empty())?;
        Some(OptionDifference {
            name: (*name).to_owned(),
            running: Some(value.to_owned()),
            wanted: String::new(),
            runtime: Runtime::Set,
        })
    };
    ["replicate_do_db", "replicate_ignore_db"]
        .iter()
        .filter_map(running)
        .collect()
}

/// Returns what a log's files are called: as they are where there are any, since with another name the
/// server would begin anew and every replica lose its place.
fn basename(server: &DatabaseServer, name: &str, fresh: &str) -> String {
    let in_use = match name {
        "log_bin" => server.has_binlog(),
        _ => server.is_replica(),
    };
    let path = server
        .variable(&format!("{name}_basename"))
        .unwrap_or_default();
    if !in_use || path.is_empty() {
        return fresh.to_owned();
    }
    let inside = Path::new(path).strip_prefix(server.datadir());
    inside.map_or(path.to_owned(), |rest| rest.display().to_string())
}

/// Returns a setting's value, in seconds where it says how many days binlogs are kept.
fn seconds(setting: &Setting) -> Option<String> {
    let value = setting.effect();
    if setting.option() != Some("expire_logs_days") {
        return Some(value);
    }
    let days: u64 = value.parse().ok()?;
    Some((days * 86400).to_string())
}

/// Returns a value as the server prints a switch.
pub fn switch(value: String) -> String {
    match value.to_ascii_lowercase().as_str() {
        "1" | "on" | "true" => "ON".to_owned(),
        "0" | "off" | "false" => "OFF".to_owned(),
        _ => value,
    }
}

/// Returns the server id that a file of ours has.
pub fn server_id(file: &DropIn) -> u32 {
    let id = file.get("server_id").and_then(|id| id.parse().ok());
    id.unwrap_or(DEFAULT_ID)
}

/// Returns true when the file lies there just so.
pub fn lies_so(server: &DatabaseServer, file: &DropIn) -> bool {
    server
        .option_file(Path::new(DROP_IN))
        .is_some_and(|lies| lies.text == file.to_text() && lies.mode & 0o777 == MODE)
}

/// Everybody may read it: it holds no secret, and the server's user must.
const MODE: u32 = 0o644;

/// Returns an option file as a step finds it.
pub fn before_step(file: &OptionFile) -> Before {
    Before::Content(FileContent {
        text: file.text.clone(),
        mode: file.mode,
        uid: file.uid,
        gid: file.gid,
    })
}

/// Returns the step that writes the file; the installed server must take it.
pub fn write(server: &DatabaseServer, file: &DropIn) -> Step {
    let before = server
        .option_file(Path::new(DROP_IN))
        .map_or(Before::Absent, before_step);
    let content = FileContent::root(file.to_text(), MODE);
    let values = file.values().into_iter();
    Step::file(
        DROP_IN,
        before,
        Some(content),
        "read after the distribution's files, which stay as they are; the server must take it before \
         anything else is done",
    )
    .verify(Verify::ServerParses {
        // The server's own table has no filters.
        values: values.filter(|(name, _)| !name.starts_with("replicate")).collect(),
    })
}

/// Looks at the files around ours.
///
/// # Errors
/// When ours is not read, or is not the last word.
pub fn check_files(
    facts: &Facts,
    server: &DatabaseServer,
    file: &DropIn,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let release = release(server);
    let after = server.options().with(DROP_IN, &file.to_text());
    let id = after.settings_of(release, "server_id");
    if !id
        .iter()
        .any(|setting| setting.place.path == Path::new(DROP_IN))
    {
        let folder = Path::new(DROP_IN).parent().unwrap_or(Path::new("/"));
        return Err(Refusal::check(format!(
            "MariaDB on {} does not read {}: /etc/mysql/my.cnf does not include it",
            facts.host,
            folder.display()
        ))
        .hint(
            "to have it read, add to /etc/mysql/my.cnf",
            format!("!includedir {}/", folder.display()),
        ));
    }
    left_out(facts, server, &after, plan)?;
    let differs = |(ours, winner): &(Setting, Setting)| {
        let name = ours.option().unwrap_or_default();
        !same_value(name, &ours.effect(), &winner.effect())
    };
    let mut overrides = after.overrides(release, Path::new(DROP_IN)).into_iter();
    if let Some((ours, winner)) = overrides.find(differs) {
        return Err(Refusal::check(format!(
            "{} sets {}, and is read after {DROP_IN}: {} would not count",
            winner.place,
            winner.text(),
            ours.text()
        ))
        .hint(
            "take that line out",
            format!("sensible-editor {}", winner.place.path.display()),
        ));
    }
    plan.check(
        Check::ok("the server takes its options as they stand").note("mariadbd --help --verbose"),
    );
    for (name, value) in file.values() {
        let Some(Effective { overridden, .. }) = after.effective(release, &name) else {
            continue;
        };
        if let Some(old) = overridden.last()
            && old.place.path != Path::new(DROP_IN)
            && !same_value(&name, &seconds(old).unwrap_or_default(), &value)
        {
            plan.check(
                Check::ok(format!("{name} = {value} counts instead of {}", old.text()))
                    .note(old.place.to_string()),
            );
        }
    }
    Ok(())
}

/// Looks at what the other files say, and the server does not do.
///
/// # Errors
/// When the server would stop at it, or leaves a file or the rest of one out: with a restart all that
/// stood there would be gone without a word.
pub fn left_out(
    facts: &Facts,
    server: &DatabaseServer,
    after: &OptionFiles,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let release = release(server);
    let is_the_servers = |path: &Path| {
        let groups = after
            .file(path)
            .map(|file| file.groups().collect::<Vec<_>>());
        let groups = groups.unwrap_or_default();
        groups.is_empty() || groups.iter().any(|(_, group)| release.reads(group))
    };
    let (mut wrong, mut stops) = (Vec::new(), false);
    for concern in concerns(server, after) {
        // A file of passwords for the client is rightly for root alone.
        if !is_the_servers(&concern.place.path) {
            continue;
        }
        // What is about no option is about a file, or a group of one, that the server passes over.
        let passed_over = concern.weight == Weight::Misleads && concern.option.is_empty();
        stops |= concern.weight == Weight::Stops;
        if passed_over || concern.weight == Weight::Stops {
            wrong.push(Wrong::from(concern));
        } else {
            let text = format!("{}: {}", concern.place, concern.text);
            plan.check(Check::warning(text).note(concern.mend));
        }
    }
    wrong.extend(folders_missing(server));
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(refused(&facts.host, stops, wrong)),
    }
}

/// Returns the includes of folders that are not there, in files that others include: the server starts,
/// and reads no further in such a file (seen on 10.11 and 11.8).
fn folders_missing(server: &DatabaseServer) -> Vec<Wrong> {
    let Some(check) = server.check.as_ref().filter(|check| check.code == 0) else {
        return Vec::new();
    };
    let answer = ServerCheck {
        code: check.code,
        said: &check.said,
        values: &check.values,
        files: &server.options(),
        release: release(server),
    };
    let faults = options::judge(&answer, &[]).err().unwrap_or_default();
    faults
        .into_iter()
        .filter(|fault| fault.text.starts_with("Can't read dir of"))
        .map(|mut fault| {
            fault.text += ": the server reads no further in this file";
            wrong_of(fault)
        })
        .collect()
}

/// Returns what other files say and the running server does not have yet, with what it has: it counts
/// from the next start on, which is ours.
pub fn pending(server: &DatabaseServer, ours: &DropIn) -> Vec<(Setting, String)> {
    let release = release(server);
    let now = server.options();
    let files = now.clone().with(DROP_IN, &ours.to_text());
    let mut found = Vec::new();
    for setting in files.settings(release) {
        let Some(name) = setting.option().filter(|name| !adds_up(name)) else {
            continue;
        };
        let Some(running) = server.variable(name) else {
            continue;
        };
        // Some are shown with a fraction: `long_query_time 10.000000`.
        let running = match running.split_once('.') {
            Some((whole, zeros)) if zeros.chars().all(|c| c == '0') => whole,
            _ => running,
        };
        let counts = files
            .effective(release, name)
            .is_some_and(|one| one.winner == setting);
        let ours_counts = |files: &OptionFiles| {
            files
                .effective(release, name)
                .is_some_and(|one| one.winner.place.path == Path::new(DROP_IN))
        };
        // What ours sets, or has set until now, is no change of others.
        let is_ours = ours_counts(&files) || ours_counts(&now);
        if counts && !is_ours && !same_value(name, running, &setting.effect()) {
            found.push((setting, running.to_owned()));
        }
    }
    found
}
