//! The option files of both servers: `read_only`, and the filter of a replica, which follow the roles.

use crate::conf::options::{DROP_IN, DropIn, OptionFiles, Release, Setting, same_value};
use crate::conf::{DatabaseName, options};
use crate::facts::database::OptionFile;
use crate::plan::{Before, FileContent, Plan, Refusal, Step, Verify, over_ssh, shell_line};
use crate::replication::endpoint::Endpoint;
use sha1::{Digest, Sha1};
use std::path::{Path, PathBuf};

/// The options that the files of a server must have.
#[derive(Debug, Clone, Copy)]
pub struct RequiredOptions<'a> {
    /// Whether the server takes no writes.
    pub read_only: bool,
    /// The databases that alone it takes from its primary, where that changes.
    pub databases: Option<&'a [DatabaseName]>,
}

const READ_ONLY: &str = "read_only";

/// Returns the databases that a server takes alone from its primary, by the option file of ours.
pub fn databases(side: &Endpoint) -> Vec<DatabaseName> {
    crate::health::database::filters::filtered_databases(side.server)
}

/// Adds the steps after which a server begins in its role; none where its files say so already.
///
/// The line that counts is changed where it stands, since a line of ours in a file that is read
/// before that one would not count. Where there is none, it comes into the file of ours.
///
/// # Errors
/// When a value cannot stand in an option file.
pub fn write(side: &Endpoint, wanted: &RequiredOptions, plan: &mut Plan) -> Result<(), Refusal> {
    plan.steps.extend(steps(side, wanted)?);
    Ok(())
}

/// Adds the steps after which a server that takes writes comes back without them, should it restart:
/// on its disk before another one takes the first write in its stead. `open` is what makes it take
/// writes again once the files are back: a restart in between has shut it.
///
/// # Errors
/// When a value cannot stand in an option file.
pub fn add_read_only(
    side: &Endpoint,
    wanted: &RequiredOptions,
    open: Vec<Step>,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let mut files = steps(side, wanted)?;
    files.push(begins_read_only(side));
    // The way back goes from the last step to the first.
    let first = files.remove(0).after_undo(open);
    plan.step(first);
    plan.steps.extend(files);
    Ok(())
}

/// Returns the step that asks the installed server how it would begin: whatever else its option files
/// say, and where.
fn begins_read_only(side: &Endpoint) -> Step {
    // From 12.0 on there are words for it; whatever is not off is read-only.
    const ASK: &str = "PATH=$PATH:/usr/sbin; server=$(command -v mariadbd || command -v mysqld); \
        $server --verbose --help 2>/dev/null | awk '$1 == \"read-only\" { is = $2 } END { \
        if (is == \"\" || is == \"FALSE\" || is == \"OFF\") { print \"its option files still say that it takes writes\"; exit 1 } }'";
    let step = Step::run(
        ["sh", "-c", ASK],
        format!(
            "should {} restart from here on, it comes back without writes",
            side.name()
        ),
    );
    side.place(step)
}

fn steps(side: &Endpoint, wanted: &RequiredOptions) -> Result<Vec<Step>, Refusal> {
    let mut plan = Vec::new();
    let counts = counts(side)?;
    let says = counts
        .as_ref()
        .is_some_and(|line| same_value(READ_ONLY, &line.effect(), "ON"));
    let value = if wanted.read_only { "ON" } else { "OFF" };
    let trouble =
        |error: options::EditError| Refusal::check(format!("on {}: {error}", side.name()));
    let lies = side.server.option_file(Path::new(DROP_IN));
    let mut ours = DropIn::parse(lies.map_or("", |file| &file.text));
    if says != wanted.read_only {
        let theirs = counts.filter(|line| line.place.path != Path::new(DROP_IN));
        match theirs.and_then(|line| Some((side.server.option_file(&line.place.path)?, line))) {
            Some((file, line)) => {
                let mut edited = options::OptionFile::parse(&file.text);
                edited
                    .set(&line.group, &line.written, value)
                    .map_err(trouble)?;
                plan.push(write_step(side, Some(file), edited.to_text(), wanted));
            }
            // OFF is the default: where nothing else stands in the file, it has done its duty.
            None if !wanted.read_only && ours.values().len() == 1 => {
                ours.remove(READ_ONLY);
            }
            None => {
                ours.set(READ_ONLY, value).map_err(trouble)?;
            }
        }
    } else if ours.get(READ_ONLY).is_some() {
        // Ours agrees with the line that counts.
        ours.set(READ_ONLY, value).map_err(trouble)?;
    }
    if let Some(databases) = wanted.databases {
        ours.set_databases(databases).map_err(trouble)?;
    }
    let text = ours.to_text();
    match lies {
        Some(file) if ours.values().is_empty() && file.text != text => {
            plan.push(remove(side, file, wanted));
        }
        _ if lies.map_or("", |file| &file.text) != text => {
            plan.push(write_step(side, lies, text, wanted));
        }
        _ => {}
    }
    Ok(plan)
}

/// Returns the line that decides whether a server begins read-only.
fn counts(side: &Endpoint) -> Result<Option<Setting>, Refusal> {
    let files = side.server.option_files.iter();
    let files = OptionFiles::new(files.map(|file| (file.path.clone(), file.text.as_str())));
    let effective = files.effective(Release::from(side.version()?), READ_ONLY);
    Ok(effective.map(|one| one.winner))
}

fn remove(side: &Endpoint, file: &OptionFile, wanted: &RequiredOptions) -> Step {
    let Step { undo, why, .. } = write_step(side, Some(file), String::new(), wanted);
    match side.via {
        None => Step::file(&file.path, Before::Content(content(file)), None, why),
        Some(host) => {
            let path = file.path.display().to_string();
            let script = format!("rm {} && {}", shell_line(&[path]), synced(&file.path));
            Step::run(["sh", "-c", &script], why).on(host).undo(undo)
        }
    }
}

fn write_step(
    side: &Endpoint,
    before: Option<&OptionFile>,
    text: String,
    wanted: &RequiredOptions,
) -> Step {
    let role = if wanted.read_only {
        "replica"
    } else {
        "primary"
    };
    let why = format!("{} begins as the {role} after a restart too", side.name());
    // A link stays one.
    let path = before.map_or_else(
        || PathBuf::from(DROP_IN),
        |file| file.target.clone().unwrap_or_else(|| file.path.clone()),
    );
    match side.via {
        None => write_here(&path, before, text, why),
        Some(host) => write_there(host, &path, before, &text, why),
    }
}

/// Everybody may read it, and the server's user must.
const MODE: u32 = 0o644;

fn content(file: &OptionFile) -> FileContent {
    FileContent {
        text: file.text.clone(),
        mode: file.mode,
        uid: file.uid,
        gid: file.gid,
    }
}

fn write_here(path: &Path, before: Option<&OptionFile>, text: String, why: String) -> Step {
    match before {
        Some(file) => {
            let old = content(file);
            let new = FileContent {
                text,
                ..old.clone()
            };
            Step::file(path, Before::Content(old), Some(new), why)
        }
        None => Step::file(
            path,
            Before::Absent,
            Some(FileContent::root(text, MODE)),
            why,
        ),
    }
}

/// Returns the command that puts on disk what a folder holds: a rename or a removal in it.
fn synced(path: &Path) -> String {
    let folder = path.parent().unwrap_or(Path::new("/")).display();
    // With a name, sync(1) is fsync(2) of it, a folder as well (coreutils 8.24).
    format!("sync {}", shell_line(&[folder.to_string()]))
}

/// A file on another host comes into its place by one rename, synced, unless it is another one than
/// was read.
fn write_there(
    host: &str,
    path: &Path,
    before: Option<&OptionFile>,
    text: &str,
    why: String,
) -> Step {
    let sync = synced(path);
    let path = path.display().to_string();
    let file = shell_line(std::slice::from_ref(&path));
    let owner = before.map_or("root:root".to_owned(), |file| {
        format!("{}:{}", file.uid, file.gid)
    });
    let mode = before.map_or(MODE, |file| file.mode);
    let put = |guard: &str, text: &str, why: &str| {
        let script = format!(
            "{guard} && cat >{file}.new && chown {owner} {file}.new && chmod {mode:04o} {file}.new && sync {file}.new && mv {file}.new {file} && {sync}"
        );
        Step::run(["sh", "-c", &script], why).stdin(text).on(host)
    };
    let is = |text: &str| {
        let sum: String = Sha1::digest(text)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!(
            "echo {} | sha1sum --check --quiet",
            shell_line(&[format!("{sum}  {path}")])
        )
    };
    let absent = format!("test ! -e {file}");
    // A run that was cut short may have left it as it was, or half of the new one beside it.
    let unless = |there: &str, guard: &str| {
        format!("rm -f {file}.new; {there} >/dev/null 2>&1 && exit 0; {guard}")
    };
    let back = match before {
        Some(old) if text.is_empty() => put(
            &unless(&is(&old.text), &absent),
            &old.text,
            "as it was before",
        ),
        Some(old) => put(
            &unless(&is(&old.text), &is(text)),
            &old.text,
            "as it was before",
        ),
        None => {
            let script = format!("{} && rm {file} && {sync}", unless(&absent, &is(text)));
            Step::run(["sh", "-c", &script], "it was not there before").on(host)
        }
    };
    let guard = before.map_or(absent, |old| is(&old.text));
    put(&guard, text, &why)
        .undone_by(vec![back])
        .verify(Verify::Prints {
            argv: over_ssh(host, &["cat".to_owned(), path]),
            text: text.to_owned(),
            proves: why.clone(),
        })
}
