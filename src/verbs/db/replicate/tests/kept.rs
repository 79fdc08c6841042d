//! `db replicate` and what was kept of the data that it replaces.

use super::{WORDS, refused};
use crate::facts::Facts;
use crate::facts::database::Unfinished;
use crate::trial::{here, there};

#[test]
fn half_of_the_data_is_no_state_to_begin_from() {
    let half = |facts: &mut Facts, host: Option<&str>| {
        let server = match host {
            None => here(facts),
            Some(host) => there(facts, host),
        };
        server.unfinished.push(Unfinished {
            folder: "/var/lib/bascule/databases/3".into(),
            operation: Some(7),
            kept: true,
        });
    };
    for words in [WORDS, "db replicate 172.16.0.10 --reseed"] {
        let text = refused(words, |facts| half(facts, None));
        assert!(
            text.contains("databases/3/kept.sql") && text.contains("bascule undo 7"),
            "{text}"
        );
        let text = refused(words, |facts| half(facts, Some("172.16.0.10")));
        assert!(
            text.contains("ssh root@172.16.0.10 bascule undo 7"),
            "{text}"
        );
    }
}
