//! The words that were typed, once more and changed in one thing: what a refusal says to type instead.
//!
//! A verb knows what it was asked, not how: which options were typed, and in which order. So it says only
//! what is to be another, and whoever has the words keeps all else of them.

use super::shell_line;

/// The word between two verbs.
pub const THEN: &str = "then";

/// The words that are to be other ones in what was typed; all else stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Again {
    changes: Vec<Change>,
    /// Which one of several verbs, joined by [`THEN`].
    verb: usize,
    /// The verb is typed on its own.
    alone: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    /// An option without a value is there.
    Flag(&'static str),
    /// An option has this value, whatever it had.
    Set(&'static str, String),
    /// An option is there once more, with this value.
    Add(&'static str, String),
    /// An option is not there, nor its value.
    Without(&'static str),
    /// An option without a value is not there.
    WithoutFlag(&'static str),
    /// Words are others, which stand where the first of them stood.
    Words(Vec<String>, Vec<String>),
}

impl Again {
    /// Returns the very same words.
    pub fn same() -> Again {
        Again::default()
    }

    /// Has an option that takes no value.
    #[must_use]
    pub fn flag(self, option: &'static str) -> Again {
        self.changed(Change::Flag(option))
    }

    /// Gives an option this value.
    #[must_use]
    pub fn set(self, option: &'static str, value: impl Into<String>) -> Again {
        self.changed(Change::Set(option, value.into()))
    }

    /// Has an option that can be given several times with this value as well.
    #[must_use]
    pub fn add(self, option: &'static str, value: impl Into<String>) -> Again {
        self.changed(Change::Add(option, value.into()))
    }

    /// Leaves out an option, as often as it is there, with its values.
    #[must_use]
    pub fn without(self, option: &'static str) -> Again {
        self.changed(Change::Without(option))
    }

    /// Leaves out an option that takes no value.
    #[must_use]
    pub fn without_flag(self, option: &'static str) -> Again {
        self.changed(Change::WithoutFlag(option))
    }

    /// Has another word in the place of one, also where that is an option's value.
    #[must_use]
    pub fn word(self, from: impl Into<String>, to: impl Into<String>) -> Again {
        self.changed(Change::Words(vec![from.into()], vec![to.into()]))
    }

    /// Has other words in the place of these.
    #[must_use]
    pub fn words(self, from: &[String], to: &[String]) -> Again {
        self.changed(Change::Words(from.to_vec(), to.to_vec()))
    }

    /// Leaves out the other verbs, where there are several.
    #[must_use]
    pub fn alone(mut self) -> Again {
        self.alone = true;
        self
    }

    /// Is about one of several verbs, counted from 0.
    pub(super) fn for_verb_at(&mut self, at: usize) {
        self.verb = at;
    }

    fn changed(mut self, change: Change) -> Again {
        self.changes.push(change);
        self
    }

    /// Returns what is to be another: all that can be said where nobody has the words.
    pub(super) fn fragment(&self) -> String {
        let words = self.changes.iter().flat_map(|change| match change {
            Change::Flag(option) => vec![(*option).to_owned()],
            Change::Set(option, value) | Change::Add(option, value) => {
                vec![(*option).to_owned(), value.clone()]
            }
            Change::Words(_, to) => to.clone(),
            Change::Without(_) | Change::WithoutFlag(_) => Vec::new(),
        });
        shell_line(&words.collect::<Vec<_>>())
    }

    /// Returns the command that these words come to, which were typed behind `bascule`.
    pub(super) fn line(&self, typed: &str) -> String {
        let Some(words) = shlex::split(typed) else {
            return self.fragment();
        };
        let mut verbs: Vec<Vec<String>> = words
            .split(|word| word == THEN)
            .map(<[String]>::to_vec)
            .collect();
        let Some(verb) = verbs.get_mut(self.verb) else {
            return self.fragment();
        };
        for change in &self.changes {
            change.make(verb);
        }
        if self.alone {
            verbs = vec![std::mem::take(verb)];
        }
        let words = verbs.join(&THEN.to_owned());
        shell_line(&[vec!["bascule".to_owned()], words].concat())
    }
}

impl Change {
    fn make(&self, words: &mut Vec<String>) {
        // Behind `--` stand the words of a command.
        let end = words.iter().position(|word| word == "--");
        let end = end.unwrap_or(words.len());
        match self {
            Change::Flag(option) if words[..end].iter().any(|word| word == option) => {}
            Change::Flag(option) => words.insert(end, (*option).to_owned()),
            Change::Set(option, value) => {
                if let Some(at) = words[..end].iter().position(|word| word == option) {
                    words.splice(at + 1..(at + 2).min(end), [value.clone()]);
                } else if let Some(at) = words[..end].iter().position(|word| joined(word, option)) {
                    words[at] = format!("{option}={value}");
                } else {
                    words.splice(end..end, [(*option).to_owned(), value.clone()]);
                }
            }
            Change::Add(option, value) => {
                words.splice(end..end, [(*option).to_owned(), value.clone()]);
            }
            Change::Without(option) => {
                let rest = words.split_off(end);
                let mut kept = std::mem::take(words).into_iter();
                while let Some(word) = kept.next() {
                    if word == *option {
                        kept.next();
                    } else if !joined(&word, option) {
                        words.push(word);
                    }
                }
                words.extend(rest);
            }
            Change::WithoutFlag(option) => {
                if let Some(at) = words[..end].iter().position(|word| word == option) {
                    words.remove(at);
                }
            }
            Change::Words(from, to) => {
                let found = from.iter().filter_map(|from| place(&words[..end], from));
                let mut found: Vec<(usize, String)> = found.collect();
                found.sort();
                let Some((first, option)) = found.first() else {
                    return;
                };
                let mut others = to.clone();
                if let Some(one) = others.first_mut() {
                    *one = format!("{option}{one}");
                }
                let first = *first;
                for (at, _) in found.iter().rev() {
                    words.remove(*at);
                }
                words.splice(first..first, others);
            }
        }
    }
}

/// Returns where a word stands behind the verb, which may be called as something is, with the option that
/// stands before it in one word: `--node=`.
fn place(words: &[String], wanted: &str) -> Option<(usize, String)> {
    let behind = words.iter().enumerate().skip(2);
    let mut found = behind.filter_map(|(at, word)| match word.split_once('=') {
        _ if word == wanted => Some((at, String::new())),
        Some((option, value)) if option.starts_with("--") && value == wanted => {
            Some((at, format!("{option}=")))
        }
        _ => None,
    });
    found.next()
}

/// Returns true for an option with its value in the same word.
fn joined(word: &str, option: &str) -> bool {
    word.strip_prefix(option)
        .is_some_and(|rest| rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPED: &str = "vip add 172.16.0.12/24 --name IP --label 'my label' --with apache2";

    #[test]
    fn all_that_was_typed_stays_and_one_thing_is_added() {
        assert_eq!(Again::same().line(TYPED), format!("bascule {TYPED}"));
        assert_eq!(
            Again::same().set("--nic", "INTERFACE").line(TYPED),
            format!("bascule {TYPED} --nic INTERFACE")
        );
        assert_eq!(
            Again::same().flag("--reseed").line("db replicate serv1"),
            "bascule db replicate serv1 --reseed"
        );
    }

    #[test]
    fn what_is_there_already_gets_its_other_value_where_it_stands() {
        assert_eq!(
            Again::same().set("--label", "VIP").line(TYPED),
            "bascule vip add 172.16.0.12/24 --name IP --label VIP --with apache2"
        );
        assert_eq!(
            Again::same()
                .set("--label", "VIP")
                .line("vip add 10.0.0.1/8 --label=a-b --name IP"),
            "bascule vip add 10.0.0.1/8 --label=VIP --name IP"
        );
        let twice = Again::same().flag("--reseed");
        assert_eq!(
            twice.line("db replicate --reseed serv1"),
            "bascule db replicate --reseed serv1"
        );
    }

    #[test]
    fn an_option_that_may_come_several_times_comes_once_more_or_goes_as_a_whole() {
        let typed = "db replicate serv1 --database a --user u --database=b";
        assert_eq!(
            Again::same().add("--database", "c d").line(typed),
            format!("bascule {typed} --database 'c d'")
        );
        assert_eq!(
            Again::same().without("--database").line(typed),
            "bascule db replicate serv1 --user u"
        );
    }

    #[test]
    fn a_word_is_another_one_also_as_a_value_and_never_the_verb() {
        assert_eq!(
            Again::same()
                .word("web", "nginx")
                .line("web add web --everywhere"),
            "bascule web add nginx --everywhere"
        );
        for joint in [' ', '='] {
            let typed = format!("cluster init --node{joint}a=10.0.0.1 --node b=10.0.0.2");
            assert_eq!(
                Again::same().word("a=10.0.0.1", "c=10.0.0.1").line(&typed),
                format!("bascule {}", typed.replace("a=", "c="))
            );
        }
    }

    #[test]
    fn some_words_are_more_or_none() {
        let owned = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            Again::same()
                .words(&owned(&["a", "c"]), &owned(&["a", "b", "c"]))
                .line("web group g a --failures 3 c"),
            "bascule web group g a b c --failures 3"
        );
        assert_eq!(
            Again::same()
                .words(&owned(&["serv1"]), &[])
                .without_flag("--accounts")
                .set("--bundle", "FILE")
                .line("db replicate serv1 --accounts --reseed"),
            "bascule db replicate --reseed --bundle FILE"
        );
    }

    #[test]
    fn options_stand_before_the_words_of_a_command() {
        assert_eq!(
            Again::same()
                .set("--user", "NAME")
                .without("--yes")
                .line("db lock -- sh --yes 'a b'"),
            "bascule db lock --user NAME -- sh --yes 'a b'"
        );
    }

    #[test]
    fn of_several_verbs_the_one_that_was_refused_is_changed() {
        let typed = "vip add 10.0.0.1/8 then web add apache2 --monitor 5s then vip add 10.0.0.2/8";
        let mut second = Again::same().flag("--local");
        second.for_verb_at(1);
        assert_eq!(
            second.line(typed),
            "bascule vip add 10.0.0.1/8 then web add apache2 --monitor 5s --local then vip add 10.0.0.2/8"
        );
        assert_eq!(
            second.alone().line(typed),
            "bascule web add apache2 --monitor 5s --local"
        );
    }

    #[test]
    fn without_the_words_what_changes_is_said() {
        let again = Again::same().without("--database").add("--database", "DB");
        assert_eq!(again.fragment(), "--database DB");
        assert_eq!(again.line("an 'open quote"), "--database DB");
    }
}
