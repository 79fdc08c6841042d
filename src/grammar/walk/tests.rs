use super::*;
use clap::ArgMatches;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use proptest::prelude::*;
use std::cell::RefCell;

thread_local! {
    /// The grammar, which takes any text as a value: what a value may be is not the walk's to know.
    static GRAMMAR: (Command, RefCell<Command>) = {
        let mut grammar = any_value(crate::grammar::command()).no_binary_name(true);
        grammar.build();
        (grammar.clone(), RefCell::new(grammar))
    };
}

fn any_value(command: Command) -> Command {
    let command = command.mut_args(|arg| match takes_value(&arg) {
        true => arg.value_parser(clap::value_parser!(String)),
        false => arg,
    });
    command.mut_subcommands(any_value)
}

fn walked<T>(words: &[String], look: impl FnOnce(&Walk) -> T) -> T {
    GRAMMAR.with(|(grammar, _)| look(&Walk::of(grammar, words.iter().map(String::as_str))))
}

fn parsed(words: &[String]) -> Result<ArgMatches, clap::Error> {
    GRAMMAR.with(|(_, parser)| parser.borrow_mut().try_get_matches_from_mut(words))
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// What is put on a line next: of which sort, and which of that sort.
type Pick = (usize, usize);

/// Returns a line that is made of verbs, of options in all their spellings, and of what makes trouble.
fn line(picks: &[Pick]) -> Vec<String> {
    GRAMMAR.with(|(grammar, _)| {
        let mut at = grammar;
        let mut words = Vec::new();
        for (sort, which) in picks {
            words.push(word(&mut at, *sort, *which));
        }
        words
    })
}

fn word(at: &mut &Command, sort: usize, which: usize) -> String {
    let verbs: Vec<&Command> = at.get_subcommands().collect();
    let longs: Vec<&str> = at.get_arguments().filter_map(Arg::get_long).collect();
    let letters: Vec<char> = at.get_arguments().filter_map(Arg::get_short).collect();
    let letter = |number: usize| letters.get(number % letters.len().max(1)).unwrap_or(&'n');
    let long = longs.get(which % longs.len().max(1)).unwrap_or(&"yes");
    match sort {
        0..=5 if !verbs.is_empty() => {
            *at = verbs[which % verbs.len()];
            at.get_name().to_owned()
        }
        0..=5 => ["x", "serv1", "a=b", "vip", "list"][which % 5].to_owned(),
        6 | 7 => format!("--{long}"),
        8 => format!("--{long}={}", ["", "x", "a=b"][which % 3]),
        9 => format!("-{}", letter(which)),
        10 => format!("-{}{}", letter(which), letter(which / 7)),
        11 => format!(
            "-{}{}",
            letter(which),
            ["json", "=json", "=", "é"][which % 4]
        ),
        12 => format!("-{}-{}", letter(which), letter(which / 7)),
        _ => ["--", "-", "", "--nope", "-z", "--=", "help", "-é"][which % 8].to_owned(),
    }
}

/// Returns true when the parser stops at a word: nothing has its name, or nothing can stand there.
fn is_of_a_word(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand | ErrorKind::TooManyValues
    )
}

/// Holds the walk of a line against what the parser says of it.
fn compare(line: &[String]) {
    let parsed = parsed(line);
    walked(line, |walk| {
        let lacks_value = |given: &Given| takes_value(given.argument) && given.value.is_none();
        let lacks_value = walk.given.iter().any(lacks_value);
        assert!(!walk.waits() || lacks_value, "{line:?}");
        assert_eq!(walk.kinds.len(), line.len());
        match &parsed {
            Ok(matches) => {
                assert!(!walk.is_lost() && !lacks_value, "{line:?}: {walk:#?}");
                same_values(line, walk, matches);
            }
            Err(error) => match error.kind() {
                kind if is_of_a_word(kind) => assert!(walk.is_lost(), "{line:?}\n{error}"),
                ErrorKind::InvalidValue => assert!(lacks_value, "{line:?}\n{error}"),
                ErrorKind::MissingRequiredArgument
                | ErrorKind::MissingSubcommand
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                    assert!(!walk.is_lost() && !lacks_value, "{line:?}\n{error}");
                }
                // Both end the parser's work before the line's end.
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {}
                ErrorKind::ArgumentConflict => {}
                kind => panic!("{line:?}: {kind:?}\n{error}"),
            },
        }
    });
}

/// Holds the verb and every value against those that the parser found.
fn same_values(line: &[String], walk: &Walk, matches: &ArgMatches) {
    let level = |given: &Given| {
        let before = walk.kinds[..given.words.start].iter();
        before.filter(|kind| **kind == WordKind::Verb).count()
    };
    let mut at = GRAMMAR.with(|(grammar, _)| grammar.clone());
    let mut matches = matches;
    for depth in 0.. {
        for arg in at.get_arguments() {
            let id = arg.get_id().as_str();
            if matches!(id, "help" | "version") {
                continue;
            }
            let of_it = walk
                .given
                .iter()
                .filter(|given| given.argument.get_id() == id);
            let of_it: Vec<&Given> = match arg.is_global_set() {
                // What is said behind the last verb counts everywhere.
                true => {
                    let deepest = of_it.clone().map(level).max();
                    of_it
                        .filter(|given| Some(level(given)) == deepest)
                        .collect()
                }
                false => of_it.filter(|given| level(given) == depth).collect(),
            };
            let typed = matches.value_source(id) == Some(ValueSource::CommandLine);
            assert_eq!(typed, !of_it.is_empty(), "{line:?}: {id}");
            if typed && takes_value(arg) {
                let raw = matches.get_raw(id).into_iter().flatten();
                let raw: Vec<&str> = raw.map(|raw| raw.to_str().unwrap()).collect();
                let walked: Vec<&str> = of_it.iter().filter_map(|given| given.value).collect();
                assert_eq!(walked, raw, "{line:?}: {id}");
            }
        }
        match matches.subcommand() {
            Some((name, below)) => {
                assert_eq!(walk.verb[depth], name, "{line:?}");
                at = at.find_subcommand(name).unwrap().clone();
                matches = below;
            }
            None => {
                assert_eq!(walk.verb.len(), depth, "{line:?}");
                break;
            }
        }
    }
}

/// Holds what may follow against what the parser says when it does.
fn compare_next(line: &[String], which: usize) {
    let may_go_on = match parsed(line) {
        Ok(_) => true,
        Err(error) => matches!(
            error.kind(),
            ErrorKind::MissingRequiredArgument
                | ErrorKind::MissingSubcommand
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        ),
    };
    if !may_go_on {
        return;
    }
    let and = |word: &str| [line, &[word.to_owned()]].concat();
    let refused = |line: &[String]| parsed(line).err().map(|error| error.kind());
    walked(line, |walk| {
        let refused_value = refused(&and("no-verb")).is_some_and(is_of_a_word);
        assert_eq!(walk.next().is_none(), refused_value, "{line:?}");
        if let Some(next) = walk.next() {
            let conflict = refused(&and("no-verb")) == Some(ErrorKind::ArgumentConflict);
            assert_eq!(walk.refuses(next), conflict, "{line:?}: {next}");
        }
        let options = walk
            .command
            .get_arguments()
            .filter(|arg| arg.get_long().is_some());
        let options: Vec<&Arg> = options.collect();
        let option = options[which % options.len()];
        if matches!(option.get_id().as_str(), "help" | "version") || walk.takes_dashes() {
            return;
        }
        let long = option.get_long().unwrap();
        let word = match takes_value(option) {
            true => format!("--{long}=x"),
            false => format!("--{long}"),
        };
        let refused = refused(&and(&word));
        if walk.takes_options() {
            let conflict = refused == Some(ErrorKind::ArgumentConflict);
            assert_eq!(walk.refuses(option), conflict, "{line:?}: {word}");
            assert!(!refused.is_some_and(is_of_a_word), "{line:?}: {word}");
        }
    });
}

proptest! {
    #[test]
    fn a_line_is_walked_as_the_parser_reads_it(
        picks in proptest::collection::vec((0usize..14, any::<usize>()), 0..9),
        which in any::<usize>(),
    ) {
        let line = line(&picks);
        for end in 0..=line.len() {
            compare(&line[..end]);
        }
        compare_next(&line, which);
    }
}

#[test]
fn lines_that_were_taken_differently_are_walked_as_the_parser_reads_them() {
    for line in [
        "vip list --output=json",
        "vip list -ojson",
        "vip list -o=json",
        "vip list -o=",
        "vip list -nyojson",
        "vip list -ny -n",
        "-n vip list -n",
        "-o json vip list -o human",
        "vip list -nz",
        "vip list -n=x",
        "vip list --dry-run=x",
        "vip add --label --name x",
        "vip add --label -- x",
        "vip add --label - x",
        "-- vip list",
        "vip add -- --name",
        "db lock true",
        "db lock -- sh -c true -n",
        "db lock -n -- -n",
        "crm -n configure -n",
        "crm -nx",
        "crm --version",
        "crm -o -x configure",
        "crm -- -n",
        "crm resource -- -n --",
        "web group g a b --failures 5 c",
        "db primary --database a --database=b",
        "db promote x --primary-is-dead",
        "-o vip list",
    ] {
        let line = words(line);
        for end in 0..=line.len() {
            compare(&line[..end]);
        }
        compare_next(&line, 0);
    }
}

#[test]
fn each_word_is_known_for_what_it_is() {
    use WordKind::{Option, Theirs, Unknown, Value, Verb};
    let kinds = |line: &str| walked(&words(line), |walk| walk.kinds.clone());
    assert_eq!(
        kinds("-n vip add x -ojson"),
        [Option, Verb, Verb, Value, Option]
    );
    assert_eq!(kinds("vip nope add"), [Verb, Unknown, Value]);
    assert_eq!(kinds("vip list -nz -n"), [Verb, Verb, Unknown, Option]);
    assert_eq!(kinds("-- vip"), [Option, Unknown]);
    assert_eq!(kinds("crm -n a -n"), [Verb, Option, Theirs, Theirs]);
    assert_eq!(
        kinds("db lock x -- x"),
        [Verb, Verb, Unknown, Option, Value]
    );
}
