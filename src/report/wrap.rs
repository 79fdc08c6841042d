//! Long lines broken between their words, so that a narrow terminal breaks none within one.

use textwrap::{Options, WordSeparator, WordSplitter};

/// How a paragraph is broken into lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prose {
    /// The columns of a line at most.
    pub columns: usize,
    /// The blanks before each line but the first.
    pub hang: usize,
}

impl Prose {
    /// Returns how a line is broken whose words stand behind a label: where the terminal is narrower, and what
    /// follows stands below the words.
    pub fn below(label: usize) -> Prose {
        Prose {
            columns: usize::MAX,
            hang: label,
        }
    }
}

/// Returns how a painted line is broken in so many columns: what follows stands below its first word,
/// behind the indent, and behind a mark such as `✓`.
pub fn prose_of(text: &str, columns: usize) -> Prose {
    let plain = anstream::adapter::strip_str(text).to_string();
    let blanks = plain.len() - plain.trim_start_matches(' ').len();
    let mut chars = plain[blanks..].chars();
    let marked = chars
        .next()
        .is_some_and(|mark| !mark.is_alphanumeric() && mark != '"')
        && chars.next() == Some(' ');
    Prose {
        columns,
        hang: blanks + if marked { 2 } else { 0 },
    }
}

/// Returns the lines that a painted text takes. A word that is longer than a line, such as a path that
/// is to be copied, stays whole.
pub fn wrap(text: &str, prose: Prose) -> Vec<String> {
    let Prose { columns, hang } = prose;
    // A deep one would leave no room for words.
    let hang = " ".repeat(if hang * 2 < columns { hang } else { 2 });
    let options = Options::new(columns)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
        .subsequent_indent(&hang);
    textwrap::wrap(&with_units(text), &options)
        .into_iter()
        .map(|line| line.replace(HELD, " "))
        .collect()
}

/// A blank at which no line is broken.
const HELD: char = '\u{a0}';

/// Returns the text with each number held to its unit: `10 s`.
fn with_units(text: &str) -> String {
    let mut held = String::with_capacity(text.len());
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        held.push_str(word);
        let Some(next) = words.peek() else { break };
        let number = word.ends_with(|c: char| c.is_ascii_digit());
        let unit = next.trim_end_matches([',', '.', ':', ')']);
        held.push(if number && unit == "s" { HELD } else { ' ' });
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, columns: usize) -> Vec<String> {
        wrap(text, prose_of(text, columns))
    }

    #[test]
    fn a_line_is_broken_between_words() {
        assert_eq!(broken("one two three", 7), ["one two", "three"]);
        assert_eq!(broken("every 10 s.", 8), ["every", "10 s."]);
        assert_eq!(broken("", 7), [""]);
        assert_eq!(broken("extraordinary", 7), ["extraordinary"]);
        assert_eq!(
            broken("see /etc/mysql/my.cnf", 9),
            ["see", "/etc/mysql/my.cnf"]
        );
    }

    #[test]
    fn what_follows_stands_below_the_first_word() {
        assert_eq!(
            broken("  ✓ serv2 has a route to it", 16),
            ["  ✓ serv2 has a", "    route to it"]
        );
        assert_eq!(
            broken("     why it is so", 14),
            ["     why it is", "     so"]
        );
        // Colours take no room, and are no words.
        assert_eq!(
            broken("  \u{1b}[32m✓\u{1b}[0m serv2 has a route", 16),
            ["  \u{1b}[32m✓\u{1b}[0m serv2 has a", "    route"]
        );
    }

    #[test]
    fn a_deep_hang_leaves_room_on_a_narrow_terminal() {
        let prose = Prose {
            columns: 20,
            hang: 16,
        };
        assert_eq!(wrap("  name  a b c", Prose::below(8)), ["  name  a b c"]);
        assert_eq!(
            wrap("  name          what it means here", prose),
            ["  name          what", "  it means here"]
        );
    }
}
