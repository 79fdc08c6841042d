//! Reading corosync.conf, and the files the other tests begin with.

use proptest::prelude::*;

use super::*;

/// The file of the notes, as it stands in them.
pub const NOTES: &str = "totem {
version: 2
cluster_name: cluster_web
crypto_cipher: aes256
crypto_hash: sha1
clear_node_high_bit:yes
}
logging {
fileline: off
to_logfile: yes
logfile: /var/log/corosync/corosync.log
to_syslog: no
debug: off
timestamp: on
logger_subsys {
subsys: QUORUM
debug: off
}
}
quorum {
provider: corosync_votequorum
expected_votes: 2
two_nodes: 1
}
nodelist {
node {
name: serv1
nodeid: 1
ring0_addr: 172.16.0.10
}
node {
name: serv2
nodeid: 2
ring0_addr: 172.16.0.11
}
}
service {
ver: 0
name: pacemaker
}
";

pub fn conf(text: &str) -> CorosyncConf {
    CorosyncConf::parse(text).unwrap()
}

fn refusal(text: &str) -> String {
    CorosyncConf::parse(text).unwrap_err().to_string()
}

/// Lines of a corosync.conf, right and wrong, in any order.
pub fn any_text() -> impl Strategy<Value = String> {
    let blank = "[ \t]{0,3}";
    let word = "(totem|quorum|nodelist|node|token|two_node|name|ring0_addr|x)";
    let regex = |regex: String| proptest::string::string_regex(&regex).unwrap();
    let line = prop_oneof![
        4 => regex(format!("{blank}{word}{blank}:{blank}[a-z0-9:#}}é ]{{0,6}}{blank}")),
        3 => regex(format!("{blank}{word}{blank}:?{blank}\\{{{blank}")),
        3 => regex(format!("{blank}\\}}{blank}")),
        1 => regex(format!("{blank}(#[^\n]{{0,8}})?")),
        1 => regex("[^\n]{0,8}".to_owned()),
    ];
    let lines = prop::collection::vec((line, prop_oneof!["\n", "\r\n"]), 0..24);
    (lines, any::<bool>()).prop_map(|(lines, finish)| {
        let mut text: String = lines
            .into_iter()
            .flat_map(|(line, end)| [line, end])
            .collect();
        // Most random sequences of braces do not parse: close what is open, open what is closed.
        let mut depth = 0usize;
        let mut balanced = String::new();
        for line in text.split_inclusive('\n') {
            match Line::parse(line).map(|line| line.kind) {
                Ok(CorosyncLineKind::Open(_)) => depth += 1,
                Ok(CorosyncLineKind::Close) if depth == 0 => continue,
                Ok(CorosyncLineKind::Close) => depth -= 1,
                Ok(_) => {}
                Err(_) => continue,
            }
            balanced.push_str(line);
        }
        balanced.push_str(&"}\n".repeat(depth));
        text = balanced;
        if finish {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        text
    })
}

#[test]
fn the_file_of_the_notes_is_read() {
    let conf = conf(NOTES);
    assert_eq!(conf.cluster_name(), Some("cluster_web"));
    assert_eq!(conf.get("totem.clear_node_high_bit"), Some("yes"));
    assert_eq!(conf.get("logging.logger_subsys.debug"), Some("off"));
    assert_eq!(conf.get("logging.logger_subsys"), None);
    assert_eq!(conf.get("quorum.two_node"), None);
    assert!(!conf.two_node());
    assert_eq!(conf.to_text(), NOTES);
}

#[test]
fn values_keep_colons_and_hashes_and_the_last_of_a_key_counts() {
    let conf = conf(
        "totem:{\n  token :1000 \n}\nnodelist {\nnode {\nring0_addr: fd00::10 # a\n}\n}\ntotem {\n\ttoken: 2000\n}\n",
    );
    assert_eq!(conf.get("totem.token"), Some("2000"));
    assert_eq!(conf.get("nodelist.node.ring0_addr"), Some("fd00::10 # a"));
}

#[test]
fn a_line_that_corosync_refuses_is_named() {
    assert_eq!(
        refusal("totem {\ntoken 1000\n}\n"),
        "line 2: \"token 1000\" has no colon: write it as `key: value`"
    );
    assert_eq!(
        refusal("totem { version: 2\n}\n"),
        "line 1: \"version: 2\" follows {: write it on the next line"
    );
    assert_eq!(
        refusal("{\n}\n"),
        "line 1: { opens a section without a name"
    );
    assert_eq!(
        refusal("a {\nb {\n}\n"),
        "line 1: this section is never closed: write a } on a line of its own after it"
    );
    assert_eq!(
        refusal("\n}\n"),
        "line 2: this } closes no section: remove it"
    );
    assert_eq!(
        refusal("a {\n} # end\n"),
        "line 2: \"} # end\": write } on a line of its own"
    );
    assert_eq!(
        refusal("a {\n: 5\n}"),
        "line 2: \": 5\" is a value without a key"
    );
}

#[test]
fn endings_tabs_and_a_missing_last_newline_survive() {
    let text = "# é\r\n\r\ntotem {\r\n\t \ttoken:\t1000\t\r\n  }\r\n\nlogging{\n}";
    assert_eq!(conf(text).to_text(), text);
    assert_eq!(conf(text).get("totem.token"), Some("1000"));
    assert_eq!(conf("").to_text(), "");
}

proptest! {
    #[test]
    fn what_parses_is_written_back_as_it_was(text in any_text()) {
        prop_assert_eq!(conf(&text).to_text(), text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z{}:# \t\r\n\u{e9}\u{0}]{0,40}") {
        if let Ok(conf) = CorosyncConf::parse(&text) {
            prop_assert_eq!(conf.to_text(), text);
            concerns(&conf);
        }
    }
}
