use super::*;
use std::cell::RefCell;

thread_local! {
    static GRAMMAR: RefCell<Command> = RefCell::new(crate::grammar::grammar());
}

fn read(line: &str) -> Reading {
    GRAMMAR.with_borrow_mut(|grammar| Reading::read_line(grammar, line))
}

fn kinds(line: &str) -> Vec<WordKind> {
    read(line).words.into_iter().map(|(_, kind)| kind).collect()
}

fn missing(line: &str) -> Vec<String> {
    read(line).missing.iter().map(Wanted::shown).collect()
}

fn wrong(line: &str) -> String {
    match read(line).wrong {
        None => String::new(),
        Some(wrong) => format!("{}: {}", &line[wrong.at], wrong.why),
    }
}

#[test]
fn each_word_is_known_for_what_it_is() {
    use WordKind::{Option, Theirs, Unknown, Value, Verb};
    assert_eq!(
        kinds("vip add 172.16.0.12/24 --name A -n"),
        [Verb, Verb, Value, Option, Value, Option]
    );
    assert_eq!(
        kinds("help web list then node standby serv1"),
        [Verb, Verb, Verb, Verb, Verb, Verb, Value]
    );
    assert_eq!(kinds("nope list"), [Unknown, Value]);
    assert_eq!(kinds("vip nope "), [Verb, Unknown]);
    assert_eq!(kinds("configure show"), [Theirs, Theirs]);
    assert_eq!(kinds("node show"), [Theirs, Theirs]);
    assert_eq!(
        kinds("db lock -- sh -c true"),
        [Verb, Verb, Option, Value, Value, Value]
    );
    assert_eq!(kinds("quit"), [Verb]);
}

#[test]
fn what_is_missing_is_what_the_parser_misses() {
    assert_eq!(missing("vip add "), ["ADDRESS/PREFIX"]);
    assert_eq!(missing("web move "), ["NAME", "NODE"]);
    assert_eq!(missing("web move servweb "), ["NODE"]);
    assert_eq!(missing("web group "), ["NAME", "MEMBER…"]);
    assert_eq!(missing("vip add 172.16.0.12/24 "), Vec::<String>::new());
    assert!(missing("cluster init ").contains(&"--node NAME=ADDRESS…".to_owned()));
    assert_eq!(missing("web list then web prefer A "), ["NODE"]);
    // The word being typed counts as given.
    assert_eq!(missing("web move serv"), ["NODE"]);
    assert_eq!(missing("vip add 172.16"), Vec::<String>::new());
}

#[test]
fn an_option_waits_for_its_value() {
    let reading = read("vip add 172.16.0.12/24 --label ");
    assert_eq!(reading.here.unwrap().value, "LABEL");
    assert_eq!(reading.wrong, None);
    let reading = read("vip add --label ");
    assert_eq!(reading.missing.len(), 1);
}

#[test]
fn a_wrong_word_is_found_before_enter() {
    assert_eq!(wrong("nope "), "nope: there is no verb nope");
    assert_eq!(wrong("vip ad lis"), "ad: there is no verb ad");
    assert_eq!(
        wrong("vip list --lable x"),
        "--lable: there is no option --lable here"
    );
    assert_eq!(wrong("vip list x "), "x: x is one word too many");
    assert!(wrong("vip add 172.16.0.300/24 ").starts_with("172.16.0.300/24: "));
    assert_eq!(wrong("vip list -o xml "), "xml: one of human, sh, json");
    assert_eq!(read("vpi ").wrong.unwrap().meant.as_deref(), Some("vip"));
    assert_eq!(wrong("vip list -oxml "), "-oxml: one of human, sh, json");
    assert_eq!(wrong("vip list -nz "), "-nz: there is no option -z here");
    assert_eq!(wrong("vip list -n -- x "), "x: x is one word too many");
    assert_eq!(
        wrong("vip list --dry-run=x "),
        "--dry-run=x: --dry-run takes no value"
    );
    assert_eq!(
        wrong("vip add --label --name x "),
        "--label: --label <LABEL> wants a value"
    );
    assert_eq!(
        wrong("vip list --yes -n --yes "),
        "--yes: --yes is given twice"
    );
    assert_eq!(
        wrong("db promote serv2 --primary-is-dead -n "),
        "--primary-is-dead: [REPLICA] does not go with --primary-is-dead"
    );
    let of_crmsh = read("history sesion ").wrong.unwrap();
    assert_eq!(of_crmsh.meant.as_deref(), Some("session"));
    // Of several pasted lines, each.
    assert_eq!(
        wrong("vip list\nnope x\nweb list"),
        "nope: there is no verb nope"
    );
}

#[test]
fn half_a_word_is_not_wrong_until_nothing_begins_like_it() {
    for line in [
        "v",
        "vip a",
        "vip list --ti",
        "vip add 172.16",
        "vip list -o js",
        "vip list -ojs",
        "vip list --output=js",
        "-",
        "conf",
        "node sho",
        "qu",
    ] {
        assert_eq!(wrong(line), "", "{line}");
    }
    assert_eq!(wrong("vix"), "vix: there is no verb vix");
    assert_eq!(wrong("vip list --tx"), "--tx: there is no option --tx here");
}

#[test]
fn a_line_that_is_right_has_nothing_wrong() {
    for line in [
        "",
        "status ",
        "vip list # note",
        "help",
        "crm any thing",
        "explain 1236 'x y' ",
    ] {
        assert_eq!(wrong(line), "", "{line}");
    }
}

#[test]
fn one_of_two_is_asked_for_and_the_other_no_longer_offered() {
    let open = |line: &str| -> Vec<String> { read(line).open.iter().map(Wanted::shown).collect() };
    assert_eq!(missing("cluster join "), ["HOST"]);
    assert_eq!(open("cluster join "), ["--bundle FILE"]);
    assert_eq!(open("cluster join serv1 "), [""; 0]);
    assert_eq!(missing("cluster join --bundle /root/b "), [""; 0]);
    assert_eq!(open("cluster join --bundle /root/b "), [""; 0]);
}
