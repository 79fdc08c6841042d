//! Lines into words: what is typed so far, and what was pasted.
//!
//! Complete lines are split into words by shlex; here is what it does not do: the words of an
//! unfinished line for completion, whether more must be typed, and cutting a paste of several lines
//! into commands. shlex takes a newline for a blank, so that two pasted lines would become one
//! command.

use std::ops::Range;

/// Where in a line a character stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// Between words.
    Blank,
    /// In a word, outside quotes.
    Word,
    /// In quotes of this kind.
    Quote(char),
    /// After `#` at the start of a word, until the line ends.
    Comment,
}

/// The meaning of a character, or of a pair of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// A character that belongs to the word.
    Part(char),
    /// The begin or end of quotes: no text, but there is a word.
    Mark,
    /// The end of a word.
    Gap,
    LineEnd,
    /// A character that is dropped: a comment, or a newline behind a backslash.
    Nothing,
}

/// Walks through text by the rules of the shell, which are those of shlex but for one: a backslash
/// before a newline is nothing at all, also between words.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    place: Quoting,
    /// A backslash stands at the very end.
    dangling: bool,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str) -> Walk<'a> {
        Walk {
            text,
            at: 0,
            place: Quoting::Blank,
            dangling: false,
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Returns what the character behind a backslash becomes.
    fn escaped(&mut self) -> Piece {
        match self.take() {
            None => {
                self.dangling = true;
                Piece::Nothing
            }
            Some('\n') => Piece::Nothing,
            Some(c) => Piece::Part(c),
        }
    }

    /// Returns the next piece with the byte it begins at.
    fn next(&mut self) -> Option<(usize, Piece)> {
        let start = self.at;
        let c = self.take()?;
        let piece = match (self.place, c) {
            (Quoting::Comment, '\n') => {
                self.place = Quoting::Blank;
                Piece::LineEnd
            }
            (Quoting::Comment, _) => Piece::Nothing,
            (Quoting::Quote(open), _) if c == open => {
                self.place = Quoting::Word;
                Piece::Mark
            }
            (Quoting::Quote('"'), '\\') => match self.peek() {
                Some('$' | '`' | '"' | '\\' | '\n') => self.escaped(),
                _ => Piece::Part(c),
            },
            (Quoting::Quote(_), _) => Piece::Part(c),
            (_, '\n') => {
                self.place = Quoting::Blank;
                Piece::LineEnd
            }
            (_, ' ' | '\t') => {
                self.place = Quoting::Blank;
                Piece::Gap
            }
            (Quoting::Blank, '#') => {
                self.place = Quoting::Comment;
                Piece::Nothing
            }
            (_, '\'' | '"') => {
                self.place = Quoting::Quote(c);
                Piece::Mark
            }
            (_, '\\') => {
                let piece = self.escaped();
                if piece != Piece::Nothing {
                    self.place = Quoting::Word;
                }
                piece
            }
            (_, c) => {
                self.place = Quoting::Word;
                Piece::Part(c)
            }
        };
        Some((start, piece))
    }
}

/// The words of an unfinished line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Never empty: the last is the word being typed, which is empty after a blank.
    pub words: Vec<String>,
    /// The byte of the line at which the word being typed begins.
    pub start: usize,
    /// The line ends in a comment: there is nothing to complete.
    pub in_comment: bool,
}

/// Splits a line up to the cursor; of several lines, the last one.
pub fn split_unfinished(line: &str) -> Words {
    let mut words = Vec::new();
    let mut word: Option<(usize, String)> = None;
    let mut walk = Walk::new(line);
    while let Some((at, piece)) = walk.next() {
        match piece {
            Piece::Part(c) => word.get_or_insert_with(|| (at, String::new())).1.push(c),
            Piece::Mark => {
                word.get_or_insert_with(|| (at, String::new()));
            }
            Piece::Gap => words.extend(word.take().map(|(_, word)| word)),
            Piece::LineEnd => {
                words.clear();
                word = None;
            }
            Piece::Nothing => {}
        }
    }
    let (start, last) = word.unwrap_or((line.len(), String::new()));
    words.push(last);
    Words {
        words,
        start,
        in_comment: walk.place == Quoting::Comment,
    }
}

/// A word where it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The word, without its quotes.
    pub word: String,
    /// The bytes it takes, quotes included.
    pub at: Range<usize>,
}

/// Returns the words of a text with their places, command by command as [`split_lines`] cuts it,
/// and the place of each comment. A command without a word is there, and empty.
pub fn places(text: &str) -> (Vec<Vec<Placed>>, Vec<Range<usize>>) {
    let mut commands = vec![Vec::new()];
    let mut comments: Vec<Range<usize>> = Vec::new();
    let mut word: Option<Placed> = None;
    let mut walk = Walk::new(text);
    while let Some((at, piece)) = walk.next() {
        let begun = || Placed {
            word: String::new(),
            at: at..at,
        };
        match piece {
            Piece::Part(_) | Piece::Mark => {
                let word = word.get_or_insert_with(begun);
                word.at.end = walk.at;
                if let Piece::Part(c) = piece {
                    word.word.push(c);
                }
            }
            Piece::Gap | Piece::LineEnd => {
                if let Some(last) = commands.last_mut() {
                    last.extend(word.take());
                }
                if piece == Piece::LineEnd {
                    commands.push(Vec::new());
                }
            }
            Piece::Nothing if walk.place == Quoting::Comment => match comments.last_mut() {
                Some(comment) if comment.end == at => comment.end = walk.at,
                _ => comments.push(at..walk.at),
            },
            Piece::Nothing => {}
        }
    }
    if let Some(last) = commands.last_mut() {
        last.extend(word);
    }
    (commands, comments)
}

/// Returns true when more must be typed: quotes are open, or the text ends in a backslash.
pub fn is_unfinished(text: &str) -> bool {
    let mut walk = Walk::new(text);
    while walk.next().is_some() {}
    walk.dangling || matches!(walk.place, Quoting::Quote(_))
}

/// Cuts text into command lines, at newlines outside quotes. Lines without a word are left out,
/// comments and newlines behind a backslash are gone.
pub fn split_lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut walk = Walk::new(&text);
    while let Some((at, piece)) = walk.next() {
        match piece {
            Piece::LineEnd => lines.push(std::mem::take(&mut line)),
            Piece::Nothing => {}
            Piece::Part(_) | Piece::Mark | Piece::Gap => line.push_str(&text[at..walk.at]),
        }
    }
    lines.push(line);
    lines.retain(|line| !line.trim().is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(line: &str) -> (Vec<String>, usize) {
        let words = split_unfinished(line);
        (words.words, words.start)
    }

    #[test]
    fn the_word_being_typed_is_the_last_one() {
        assert_eq!(split(""), (vec![String::new()], 0));
        assert_eq!(split("vip de"), (vec!["vip".into(), "de".into()], 4));
        assert_eq!(split("vip "), (vec!["vip".into(), String::new()], 4));
        assert_eq!(split("vip \"a b"), (vec!["vip".into(), "a b".into()], 4));
        assert_eq!(split("é è"), (vec!["é".into(), "è".into()], 3));
    }

    #[test]
    fn words_stand_where_they_were_typed() {
        let (commands, comments) = places("vip  'a b' # no\nweb");
        let shown: Vec<Vec<(&str, Range<usize>)>> = commands
            .iter()
            .map(|words| {
                words
                    .iter()
                    .map(|w| (w.word.as_str(), w.at.clone()))
                    .collect()
            })
            .collect();
        assert_eq!(
            shown,
            [vec![("vip", 0..3), ("a b", 5..10)], vec![("web", 16..19)]]
        );
        assert_eq!(comments.first(), Some(&(11..15)));
        assert_eq!(comments.len(), 1);
    }

    #[test]
    fn a_comment_has_nothing_to_complete() {
        assert!(split_unfinished("vip # note").in_comment);
        assert!(!split_unfinished("vip a#b").in_comment);
    }

    #[test]
    fn a_paste_is_cut_at_newlines_outside_quotes() {
        let lines =
            split_lines("vip list\r\n\n# a note: don't\n  web list # two\nvip add 'a\nb'\n");
        assert_eq!(lines, ["vip list", "  web list ", "vip add 'a\nb'"]);
    }

    #[test]
    fn a_backslash_joins_lines() {
        assert_eq!(
            split_lines("vip add 10.0.0.1/24 \\\n  --name A\nquit"),
            ["vip add 10.0.0.1/24   --name A", "quit"]
        );
    }

    #[test]
    fn open_quotes_and_a_last_backslash_want_more() {
        assert!(is_unfinished("vip add 'a"));
        assert!(is_unfinished("vip add \"a'"));
        assert!(is_unfinished("vip add \\"));
        assert!(!is_unfinished("vip add '\\'"));
        assert!(!is_unfinished("vip list # don't \\"));
    }

    /// Text made of what matters to the rules.
    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            proptest::sample::select(vec!['a', ' ', '\t', '\'', '"', '\\', '$', '#', 'é', '\n']),
            0..14,
        )
        .prop_map(|chars| chars.into_iter().collect())
    }

    fn is_joined(text: &str) -> bool {
        text.contains("\\\n")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8000))]

        #[test]
        fn what_is_unfinished_is_what_shlex_refuses(text in text()) {
            // Where shlex lets a joined line begin a word, bash does not.
            if !is_joined(&text) {
                prop_assert_eq!(is_unfinished(&text), shlex::split(&text).is_none());
            }
        }

        #[test]
        fn the_words_are_those_of_shlex(text in text()) {
            let line = text.replace('\n', "");
            if let Some(expected) = shlex::split(&line) {
                let found = split_unfinished(&format!("{line} "));
                if !found.in_comment {
                    prop_assert_eq!(&found.words[..found.words.len() - 1], &expected[..]);
                }
            }
        }

        #[test]
        fn cutting_a_paste_loses_no_word(text in text()) {
            if let Some(expected) = shlex::split(&text) && !is_joined(&text) {
                let found: Vec<String> =
                    split_lines(&text).iter().flat_map(|line| shlex::split(line).unwrap()).collect();
                prop_assert_eq!(found, expected);
            }
        }

        #[test]
        fn every_word_has_its_place(text in text()) {
            if let Some(expected) = shlex::split(&text) && !is_joined(&text) {
                let (commands, _) = places(&text);
                let found: Vec<&str> = commands.iter().flatten().map(|w| w.word.as_str()).collect();
                prop_assert_eq!(found, expected);
                for word in commands.iter().flatten() {
                    prop_assert!(text.is_char_boundary(word.at.start) && text.is_char_boundary(word.at.end));
                }
            }
        }

        #[test]
        fn the_word_being_typed_starts_on_a_character(text in text()) {
            let words = split_unfinished(&text);
            prop_assert!(text.is_char_boundary(words.start));
            prop_assert!(!words.words.is_empty());
        }
    }
}
