//! What may stand at a place in the grammar: verbs, options, and the values of arguments.

use super::asking::Asking;
use super::{Candidate, files, names};
use crate::grammar::Walk;
use crate::names::Name;
use clap::{Arg, ValueHint};

/// Returns what may stand there and begins with what is typed; what they are is only looked up where
/// somebody will read it.
pub(super) fn candidates_at(walk: &Walk, typed: &str, described: bool) -> Vec<Candidate> {
    if walk.takes_options() && typed.starts_with('-') {
        return match typed.split_once('=') {
            Some((option, value)) => of_option(walk, option, value, described),
            None => options(walk, typed),
        };
    }
    let mut found = match walk.next() {
        Some(arg) if walk.refuses(arg) => Vec::new(),
        Some(arg) => values(walk, arg, typed, described),
        None => Vec::new(),
    };
    if walk.takes_options() {
        found.extend(verbs(walk, typed));
        if typed.is_empty() {
            found.extend(options(walk, typed));
        }
    }
    found
}

/// Returns the verbs that may follow.
fn verbs(walk: &Walk, typed: &str) -> Vec<Candidate> {
    let shown = walk.command.get_subcommands();
    let shown = shown.filter(|verb| !verb.is_hide_set() && verb.get_name().starts_with(typed));
    shown
        .map(|verb| Candidate::new(verb.get_name(), text(verb.get_about())))
        .collect()
}

/// Returns the options that may follow, by their long names: those say what they are.
fn options(walk: &Walk, typed: &str) -> Vec<Candidate> {
    let free = |arg: &&Arg| !arg.is_hide_set() && walk.adds(arg);
    let all = || walk.command.get_arguments().filter(free);
    // `-n` is whole.
    let short = all().filter(|arg| {
        arg.get_short()
            .is_some_and(|short| format!("-{short}") == typed)
    });
    let short = short.map(|arg| Candidate::new(typed, text(arg.get_help())));
    let long = all().filter_map(|arg| {
        let name = format!("--{}", arg.get_long()?);
        name.starts_with(typed)
            .then(|| Candidate::new(name, text(arg.get_help())))
    });
    short.chain(long).collect()
}

/// Returns what may stand behind `--option=`, with that.
fn of_option(walk: &Walk, option: &str, value: &str, described: bool) -> Vec<Candidate> {
    let taken = |arg: &&Arg| !walk.refuses(arg) && arg.get_action().takes_values();
    let Some(arg) = self::option(walk, option).filter(taken) else {
        return Vec::new();
    };
    let mut found = values(walk, arg, value, described);
    for one in &mut found {
        one.value = format!("{option}={}", one.value);
    }
    found
}

/// Returns the option that `--name` is, or the last letter of `-ny`.
pub(super) fn option<'a>(walk: &Walk<'a>, typed: &str) -> Option<&'a Arg> {
    let mut arguments = walk.command.get_arguments();
    match typed.strip_prefix("--") {
        Some(name) => arguments.find(|option| option.get_long() == Some(name)),
        None => {
            let letter = typed.strip_prefix('-')?.chars().next_back();
            arguments.find(|option| option.get_short() == letter)
        }
    }
}

/// Returns the values that an argument may take.
fn values(walk: &Walk, arg: &Arg, typed: &str, described: bool) -> Vec<Candidate> {
    let fixed = arg.get_possible_values();
    if !fixed.is_empty() {
        let shown = fixed.iter();
        let shown = shown.filter(|one| !one.is_hide_set() && one.get_name().starts_with(typed));
        return shown
            .map(|one| Candidate::new(one.get_name(), text(one.get_help())))
            .collect();
    }
    if let Some(name) = Name::of_argument(arg) {
        let given = walk.given.iter();
        let given = given
            .filter_map(|one| Some((one.argument.get_id().to_string(), one.value?.to_owned())))
            .collect();
        let about = Asking {
            given,
            typed: typed.to_owned(),
            described,
        };
        let mut found = names::candidates_for(name, &about);
        found.retain(|one| one.value.starts_with(typed));
        return found;
    }
    match arg.get_value_hint() {
        ValueHint::FilePath | ValueHint::AnyPath => files::beginning(typed),
        _ => Vec::new(),
    }
}

fn text(told: Option<&clap::builder::StyledStr>) -> String {
    told.map(ToString::to_string).unwrap_or_default()
}
