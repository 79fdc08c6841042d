//! Help is one text, however it is asked for.

use super::page;
use std::io::Write;
use std::process::{Command, Stdio};

tests! {
    [] help_is_one_text_however_it_is_asked_for;
}

fn shell(line: &str) -> String {
    let state = tempfile::tempdir().expect("a folder");
    let mut shell = Command::new(env!("CARGO_BIN_EXE_bascule"))
        .env("BASCULE_STATE_DIR", state.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the shell");
    let mut input = shell.stdin.take().expect("its input");
    writeln!(input, "{line}").expect("a line is read");
    drop(input);
    let said = shell.wait_with_output().expect("the shell ends");
    assert!(said.status.success(), "{line}: {said:?}");
    String::from_utf8(said.stdout).expect("text")
}

fn help_is_one_text_however_it_is_asked_for() {
    let grammar = bascule::internals::command();
    let mut nouns = vec!["vip".to_owned(), "db".to_owned()];
    nouns.extend(page::verbs(&grammar).into_iter().map(|verb| verb.name));
    // What follows `crm` is crmsh's to explain.
    for verb in nouns.iter().filter(|verb| *verb != "crm") {
        let help = shell(&format!("help {verb}"));
        assert!(help.contains(&format!("Usage: {verb}")), "{help}");
        for other in [
            format!("{verb} --help"),
            format!("{verb} -h"),
            format!("{verb} ?"),
        ] {
            assert_eq!(shell(&other), help, "{other}");
        }
        let outside = Command::new(env!("CARGO_BIN_EXE_bascule"))
            .args(verb.split(' '))
            .arg("--help")
            .output()
            .expect("help");
        let outside = String::from_utf8(outside.stdout).expect("text");
        assert_eq!(outside.replace("Usage: bascule ", "Usage: "), help);
    }
}
