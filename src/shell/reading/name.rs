//! Names in a line of what must be there already: wrong where nothing has them.
//!
//! The grammar marks the arguments, and the verb's own refusal says why; what is there is what was
//! read last. A name that is still being typed is left alone as long as something begins like it,
//! and so is one behind another command, which may make it.

use super::{Reading, WordKind};
use crate::complete::Snapshot;
pub use crate::shell::reading::mention::Mention;

impl Reading {
    /// Calls the names wrong that nothing has, as far as is known, while the cursor stands there.
    pub fn check_names(&mut self, known: &Snapshot, cursor: usize) {
        for name in &self.names {
            let Some(wrong) = name.wrong(known, cursor) else {
                continue;
            };
            for (at, kind) in &mut self.words {
                if *at == wrong.at {
                    *kind = WordKind::Unknown;
                }
            }
            let first = self.wrong.as_ref();
            if first.is_none_or(|first| wrong.at.start < first.at.start) {
                self.wrong = Some(wrong);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    thread_local! {
        static GRAMMAR: RefCell<clap::Command> = RefCell::new(crate::grammar::grammar());
    }

    /// What serv1 of a real cluster said.
    fn known(name: &str) -> Snapshot {
        let facts = crate::trial::facts("bookworm", name);
        Snapshot {
            cib: facts.cib().cloned(),
            monitor: facts.monitor.clone(),
            operations: Some(vec![1, 2, 12]),
        }
    }

    fn read(line: &str, cursor: usize, known: &Snapshot) -> Reading {
        let mut reading = GRAMMAR.with_borrow_mut(|grammar| Reading::read_line(grammar, line));
        reading.check_names(known, cursor);
        reading
    }

    /// Returns the words that are red, and what is said of the first.
    fn wrong(line: &str, known: &Snapshot) -> (Vec<String>, String) {
        let reading = read(line, line.len(), known);
        let red = reading
            .words
            .iter()
            .filter(|(_, k)| *k == WordKind::Unknown);
        let red = red.map(|(at, _)| line[at.clone()].to_owned()).collect();
        (red, reading.wrong.map_or(String::new(), |w| w.to_string()))
    }

    #[test]
    fn a_name_that_nothing_has_is_wrong_by_the_verb_s_own_words() {
        let known = known("grouped");
        for (line, red, why) in [
            (
                "web move srevweb ",
                "srevweb",
                "no resource or group is called srevweb; did you mean servweb?",
            ),
            (
                "vip remove IPFailovre ",
                "IPFailovre",
                "no virtual address is called IPFailovre; did you mean IPFailover?",
            ),
            (
                "vip remove serviceWeb ",
                "serviceWeb",
                "serviceWeb is a primitive, not a virtual address",
            ),
            (
                "node standby serv3 ",
                "serv3",
                "the cluster has no node serv3; it has serv1, serv2; did you mean serv2?",
            ),
            (
                "vip add 172.16.0.13/24 --with=apache ",
                "--with=apache",
                "there is no service apache that runs everywhere",
            ),
            (
                "undo 99 ",
                "99",
                "there is no operation 99 in this host's journal",
            ),
            ("explain foo ", "foo", "there is nothing to explain \"foo\""),
            (
                "explain vip nope ",
                "nope",
                "there is nothing to explain \"vip nope\"",
            ),
            (
                "cluster set no-quorum-polcy=1 ",
                "no-quorum-polcy=1",
                "pacemaker knows no cluster property no-quorum-polcy; did you mean no-quorum-policy?",
            ),
            (
                "cluster set batch-limit=7 maintenance-mode=maybe ",
                "maintenance-mode=maybe",
                "maintenance-mode is true or false, not \"maybe\"",
            ),
        ] {
            let (words, told) = wrong(line, &known);
            assert_eq!(words, [red], "{line}");
            assert!(told.starts_with(why), "{told}");
        }
        // All of them are red, and the first is told.
        let (words, told) = wrong("web prefer servweb serv9 -n", &known);
        assert_eq!(words, ["serv9"]);
        assert!(told.starts_with("the cluster has no node serv9"), "{told}");
        assert_eq!(
            wrong("web prefer srevweb serv9 ", &known).0,
            ["srevweb", "serv9"]
        );
    }

    #[test]
    fn what_the_verb_takes_is_right_though_tab_does_not_offer_it() {
        let grouped = known("grouped");
        for line in [
            "node online serv1 ",
            "node ready serv1 ",
            "web remove IPFailover ",
            "web move serviceWeb serv1 ",
            "web group new IPFailover ",
            "undo 12 ",
            "show 1 ",
            "explain vip add ",
            "explain VIP-add ",
            "explain 1236 purged ",
            "explain errors ",
            "explain Got fatal error 1236 from master ",
            "cluster set stonith-enabled=no resource-stickiness=100 ",
            "vip add 172.16.0.12/24 --name new ",
            "web add nosuchunit ",
            "db rejoin nowhere ",
        ] {
            assert_eq!(wrong(line, &grouped), (vec![], String::new()), "{line}");
        }
        let everywhere = known("everywhere");
        let line = "vip add 172.16.0.13/24 --with apache2 ";
        assert_eq!(wrong(line, &everywhere).1, "");
    }

    #[test]
    fn a_name_that_is_being_typed_is_left_alone_until_nothing_begins_like_it() {
        let known = known("grouped");
        for line in [
            "web move ser",
            "web move servweb ser",
            "vip remove IPFail",
            "web move 'ser",
            "undo 1",
            "explain vi",
            "explain vip ",
            "explain vip re",
            "explain 12",
            "explain error 12",
            "explain Got a packet",
            "cluster set no-quo",
            "cluster set maintenance-mode=",
            "cluster set maintenance-mode=tr",
        ] {
            assert_eq!(wrong(line, &known), (vec![], String::new()), "{line}");
        }
        for (line, red) in [
            ("web move srev", "srev"),
            ("vip remove serv", "serv"),
            ("undo 3", "3"),
            ("explain vi ", "vi"),
            ("cluster set foo", "foo"),
            ("cluster set no-such-prop=", "no-such-prop="),
        ] {
            assert_eq!(wrong(line, &known).0, [red], "{line}");
        }
        // Also in the middle of a line, where somebody went back to it.
        let line = "web move ser serv1 ";
        assert_eq!(wrong(line, &known).0, ["ser"]);
        assert!(read(line, 12, &known).wrong.is_none());
        assert!(read(line, 11, &known).wrong.is_none());
        assert!(read(line, 4, &known).wrong.is_some());
    }

    #[test]
    fn where_nothing_is_known_nothing_is_wrong() {
        for line in ["web move srevweb serv9 ", "undo 99 ", "node standby x "] {
            assert_eq!(wrong(line, &Snapshot::default()).1, "", "{line}");
        }
    }

    #[test]
    fn what_a_command_before_it_may_make_is_not_wrong() {
        let known = known("grouped");
        for line in [
            "web add apache2 --name new then web prefer new serv1 ",
            "vip add 172.16.0.13/24\nweb move vip-172.16.0.13 serv2\nundo 13 ",
        ] {
            assert_eq!(wrong(line, &known).1, "", "{line}");
        }
        assert_eq!(wrong("vip list then explain foo ", &known).0, ["foo"]);
    }
}
