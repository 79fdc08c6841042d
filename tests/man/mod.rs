//! The pages of the manual are those of the grammar, and are written as mandoc wants them.
//!
//! `SNAPSHOTS=overwrite cargo test --test it man::` (`make man`) writes those of section 1 anew, and what
//! bascule-json(7) says of types.

mod help;
mod json;
mod model;
mod notes;
mod page;
mod roff;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

tests! {
    mod help json notes;
    [] the_pages_are_those_of_the_grammar;
    [Mandoc] mandoc_finds_nothing_wrong;
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("man")
}

/// Returns every page that is made, by its file.
fn made() -> BTreeMap<String, String> {
    let grammar = bascule::internals::command();
    let verbs = page::verbs(&grammar);
    let mut pages: BTreeMap<String, String> = verbs
        .iter()
        .map(|verb| (format!("{}.1", verb.page()), page::verb(verb, &verbs)))
        .collect();
    pages.insert("bascule.1".to_owned(), page::program(&grammar));
    pages.insert(json::PAGE.to_owned(), json::made());
    pages
}

/// Returns the files that are made, as they are there.
fn kept() -> BTreeMap<String, String> {
    let files = std::fs::read_dir(folder()).expect("man/");
    files
        .filter_map(|file| file.expect("a file").file_name().into_string().ok())
        .filter(|name| name.ends_with(".1") || name == json::PAGE)
        .map(|name| {
            let text = std::fs::read_to_string(folder().join(&name)).expect("a page");
            (name, text)
        })
        .collect()
}

fn the_pages_are_those_of_the_grammar() {
    let (made, kept) = (made(), kept());
    if std::env::var_os("SNAPSHOTS").is_some_and(|what| what == "overwrite") {
        for name in kept.keys().filter(|name| !made.contains_key(*name)) {
            std::fs::remove_file(folder().join(name)).expect("a page that has no verb goes");
        }
        for (name, text) in &made {
            std::fs::write(folder().join(name), text).expect("a page is written");
        }
        return;
    }
    for (name, text) in &made {
        let stale = kept.get(name) != Some(text);
        assert!(!stale, "man/{name} is not that of the grammar: make man");
    }
    for name in kept.keys() {
        assert!(made.contains_key(name), "man/{name} has no verb: make man");
    }
}

fn mandoc_finds_nothing_wrong() {
    let mut pages: Vec<PathBuf> = kept().keys().map(|name| folder().join(name)).collect();
    assert!(pages.len() >= made().len(), "{pages:?}");
    pages.extend(notes::PAGES.map(|name| folder().join(name)));
    let said = Command::new("mandoc")
        .args(["-T", "lint"])
        .args(&pages)
        .output()
        .expect("mandoc (apt-get install mandoc)");
    let found = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success() && found.is_empty(), "{found}");
}
