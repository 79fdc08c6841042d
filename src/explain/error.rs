//! `explain ERRNO`: what an error of MariaDB means, why, and the next command.

use super::document::{
    ErrorDocument, ErrorMeaning, ErrorText, ErrorTextsDocument, ErrorTitle, ErrorsDocument,
};
use crate::mariadb::errno;
use crate::mariadb::errno::{Diagnosis, ErrorEntry};
use crate::names::nearest;
use crate::plan::Refusal;
use crate::report::{Prose, Report, Role, Span};
use unicode_width::UnicodeWidthStr;

/// The columns of a line, with its indent.
const COLUMNS: usize = 80;

/// A paragraph below a number.
const PARAGRAPH: Prose = Prose {
    columns: COLUMNS,
    hang: 2,
};

/// Returns what is known of an error: asked for by its number, by its number and one of its texts,
/// or by a line that was pasted. Nothing where the words are about no error.
pub fn find(asked: &str) -> Option<Result<Report, Refusal>> {
    let words = asked
        .strip_prefix("errno ")
        .or_else(|| asked.strip_prefix("error "))
        .unwrap_or(asked)
        .trim();
    let Some(number) = errno::number_in(words)
        .filter(|number| *number > 0 && errno::entries_of(*number).count() > 0)
    else {
        let alone = !words.is_empty() && words.bytes().all(|byte| byte.is_ascii_digit());
        return match alone {
            true => Some(Err(unknown(words))),
            false => errno::recognise(words).map(|told| Ok(one_meaning(&told, &[]))),
        };
    };
    let rest = words.strip_prefix(&number.to_string()).map(str::trim);
    if rest == Some("") {
        return Some(Ok(all_meanings(number)));
    }
    let by_name = errno::entries_of(number).find(|entry| rest == Some(entry.name.as_str()));
    Some(match by_name {
        Some(entry) => Ok(one_meaning(&entry.diagnosis(), &entry.server_texts())),
        None => match errno::diagnose_exactly(number, words) {
            Some(told) => Ok(one_meaning(&told, &[])),
            None => match (rest.and_then(|rest| nearest_name(number, rest)), rest) {
                (Some(_), Some(rest)) => Err(no_such_text(number, rest)),
                // A text that nobody has seen is one of this number's all the same.
                (None, Some(_)) => errno::diagnose(number, words).map_or_else(
                    || Ok(all_meanings(number)),
                    |told| Ok(one_meaning(&told, &[])),
                ),
                (_, None) => Ok(all_meanings(number)),
            },
        },
    })
}

/// Returns the list of all that are known.
pub fn list() -> Report {
    let errors = errno::numbers().map(|errno| ErrorTitle {
        errno,
        title: errno::title(errno),
    });
    let mut report = Report::new(&ErrorsDocument {
        errors: errors.collect(),
    });
    report.table(
        errno::numbers()
            .map(|number| {
                vec![
                    Span::new(Role::Command, number.to_string()),
                    Span::from(errno::title(number)),
                ]
            })
            .collect(),
    );
    report
}

fn unknown(words: &str) -> Refusal {
    let known: Vec<String> = errno::numbers().map(|number| number.to_string()).collect();
    Refusal::usage(format!(
        "the error {words} is not among those that are explained here"
    ))
    .perhaps_by(nearest(words, known.iter().map(String::as_str)), |number| {
        format!("bascule explain {number}")
    })
    .hint("MariaDB's own words for it", format!("perror {words}"))
    .hint("those that are", "bascule explain errors")
}

/// Returns the name of the number's text that was perhaps meant.
fn nearest_name(number: u32, asked: &str) -> Option<&'static str> {
    let names = errno::entries_of(number).map(|entry| entry.name.as_str());
    nearest(asked, names.filter(|name| !name.is_empty()))
}

fn no_such_text(number: u32, asked: &str) -> Refusal {
    Refusal::usage(format!(
        "the error {number} has no text {asked:?} that is known here"
    ))
    .perhaps_by(nearest_name(number, asked), |name| {
        format!("bascule explain {number} {name}")
    })
    .hint("all of it", format!("bascule explain {number}"))
}

/// Tells a number: in full where it means one thing, otherwise what its texts mean.
fn all_meanings(number: u32) -> Report {
    let entries: Vec<&'static ErrorEntry> = errno::entries_of(number).collect();
    if let [entry] = entries.as_slice() {
        return one_meaning(&entry.diagnosis(), &entry.server_texts());
    }
    let meanings: Vec<_> = entries
        .iter()
        .map(|entry| (entry, entry.diagnosis(), entry.server_texts()))
        .collect();
    let texts = meanings.iter().map(|(entry, told, says)| ErrorText {
        name: &entry.name,
        meaning: ErrorMeaning::new(told, says),
    });
    let mut report = Report::new(&ErrorTextsDocument {
        errno: number,
        symbol: &entries[0].symbol,
        texts: texts.collect(),
    });
    heading(
        &mut report,
        number,
        &entries[0].symbol,
        "",
        errno::title(number),
    );
    let width = entries
        .iter()
        .map(|entry| entry.name.width())
        .max()
        .unwrap_or(0);
    let mut example = "";
    for entry in &entries {
        let name = match entry.name.as_str() {
            "" => "else",
            name => name,
        };
        if example.is_empty() {
            example = name;
        }
        let indent = width + 4;
        report.prose(
            Prose {
                columns: COLUMNS,
                hang: indent,
            },
            [
                Span::new(Role::Strong, format!("  {name:width$}  ")),
                Span::from(entry.diagnosis().what),
            ],
        );
        for text in entry.server_texts() {
            let text = format!("{:indent$}\"{text}\"", "");
            report.prose(
                Prose {
                    columns: COLUMNS,
                    hang: indent,
                },
                [Span::new(Role::Dim, text)],
            );
        }
        report.say("");
    }
    report.say("  Why, and what to do:");
    report.line([Span::new(
        Role::Command,
        format!("      bascule explain {number} {example}"),
    )]);
    report.say("");
    report
}

/// Tells one meaning in full.
fn one_meaning(told: &Diagnosis, texts: &[String]) -> Report {
    let mut report = Report::new(&ErrorDocument {
        meaning: ErrorMeaning::new(told, texts),
    });
    heading(
        &mut report,
        told.errno,
        told.symbol,
        told.kind.meaning(),
        &told.what,
    );
    for text in texts {
        report.prose(PARAGRAPH, [Span::new(Role::Dim, format!("  \"{text}\""))]);
    }
    if !texts.is_empty() {
        report.say("");
    }
    for prose in [&told.cause, &told.look] {
        if !prose.is_empty() {
            report.prose(PARAGRAPH, [format!("  {prose}")]);
            report.say("");
        }
    }
    for hint in &told.next {
        report.say(format!("  {}", hint.purpose));
        report.line([Span::new(Role::Command, format!("      {}", hint.command))]);
    }
    if !told.next.is_empty() {
        report.say("");
    }
    report
}

fn heading(report: &mut Report, number: u32, symbol: &str, kind: &str, title: &str) {
    report.say("");
    report.line([
        Span::from("  "),
        Span::new(Role::Strong, number.to_string()),
        Span::new(Role::Dim, format!("  {symbol}")),
    ]);
    if !kind.is_empty() {
        report.line([Span::new(Role::Dim, format!("  {kind}"))]);
    }
    report.say("");
    report.prose(PARAGRAPH, [format!("  {title}")]);
    report.say("");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::wrap::wrap;
    use proptest::prelude::*;

    fn said(asked: &str) -> String {
        match find(asked) {
            Some(Ok(report)) => {
                let lines = report.lines.iter().enumerate().flat_map(|(at, line)| {
                    let text: String = line.iter().map(|span| span.text.as_str()).collect();
                    match report.prose_at(at) {
                        Some(prose) => wrap(&text, prose),
                        None => vec![text],
                    }
                });
                lines.collect::<Vec<_>>().join("\n")
            }
            Some(Err(refusal)) => format!("refused: {refusal}"),
            None => "nothing".to_owned(),
        }
    }

    #[test]
    fn every_error_fits_an_old_terminal() {
        for entry in errno::entries() {
            for (asked, limit) in [
                (entry.errno.to_string(), COLUMNS),
                (format!("{} {}", entry.errno, entry.name), COLUMNS),
            ] {
                for line in said(&asked).lines() {
                    // Commands are pasted, not read.
                    let fits = line.width() <= limit || line.starts_with("      ");
                    assert!(fits, "{asked}: {line}");
                }
            }
        }
    }

    #[test]
    fn a_number_with_several_texts_lists_them_and_a_word_tells_one() {
        let list = said("1236");
        assert!(
            list.contains("purged") && list.contains("diverged"),
            "{list}"
        );
        assert!(said("1236 purged").contains("bascule db replicate PRIMARY"));
        assert!(said("1236 binlog off").contains("the primary writes no binlog"));
        assert_eq!(
            said("1236 purgd"),
            "refused: the error 1236 has no text \"purgd\" that is known here"
        );
    }

    #[test]
    fn what_is_pasted_is_told_with_its_own_words() {
        for pasted in [
            "ERROR 1045 (28000): Access denied for user 'repl'@'serv2' (using password: YES)",
            "1045 Access denied for user 'repl'@'serv2' (using password: YES)",
            "Last_IO_Errno: 1045 Last_IO_Error: Access denied for user 'repl'@'serv2' (using password: YES)",
            "message: Access denied for user 'repl'@'serv2' (using password: YES)",
        ] {
            assert!(
                said(pasted).contains("does not let repl in from serv2"),
                "{pasted}"
            );
        }
        assert!(said("error 1045").contains("does not let USER in from HOST"));
    }

    proptest! {
        #[test]
        fn a_known_number_is_told_whatever_its_text(
            number in prop::sample::select(errno::numbers().collect::<Vec<u32>>()),
            text in "[ -~]{0,60}",
        ) {
            let text = format!("ERROR {number} (HY000): {text}");
            let told = errno::diagnose(number, &text);
            prop_assert!(told.is_some_and(|told| told.errno == number), "{}", text);
            prop_assert!(matches!(find(&text), Some(Ok(_))), "{}", text);
        }
    }

    #[test]
    fn a_text_that_nobody_has_seen_is_told_by_its_number() {
        let told = said("1236 the dog ate the binlog");
        assert!(
            told.contains("the primary cannot send its binlog"),
            "{told}"
        );
        let told = said("ERROR 1205 (HY000): odd words");
        assert!(told.contains("somebody else held the lock"), "{told}");
    }

    #[test]
    fn older_servers_say_mysql() {
        for (pasted, means) in [
            (
                "ERROR 2003 (HY000): Can't connect to MySQL server on '10.0.0.1' (111)",
                "nothing listens on that port",
            ),
            (
                "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/run/mysqld/mysqld.sock' (2)",
                "there is no socket /run/mysqld/mysqld.sock",
            ),
            (
                "ERROR 2013 (HY000): Lost connection to MySQL server during query",
                "in the middle of a statement",
            ),
            (
                "ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial communication packet', system error: 104",
                "before the login",
            ),
            (
                "ERROR 2006 (HY000): MySQL server has gone away",
                "has closed this session",
            ),
            (
                "Last_IO_Errno: 1593 Last_IO_Error: Fatal error: The slave I/O thread stops because master and slave have equal MySQL server ids; these ids must be different",
                "the same server id",
            ),
            (
                "Last_IO_Errno: 1236 Last_IO_Error: Got fatal error 1236 from master when reading data from binary log: 'Misconfigured master - server id was not set'",
                "the primary has no server id",
            ),
            (
                "Last_SQL_Errno: 0 Last_SQL_Error: Query caused different errors on master and slave.     Error on master: message (format)='Table '%-.192s' already exists' error code=1050 ; Error on slave: actual message='no error', error code=0. Default database: ''. Query: 'x'",
                "failed half-way on the primary (errno 1050)",
            ),
            (
                "1146 Table 'mysql.gtid_slave_pos' doesn't exist",
                "its table of positions",
            ),
        ] {
            let told = said(pasted)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            assert!(told.contains(means), "{pasted}: {told}");
        }
    }

    #[test]
    fn an_unknown_number_is_refused_and_other_words_are_not_errors() {
        assert_eq!(
            said("1337"),
            "refused: the error 1337 is not among those that are explained here"
        );
        for other in ["fencing", "no such thing", "", "12x", "corrupt"] {
            assert_eq!(said(other), "nothing", "{other}");
        }
    }
}
