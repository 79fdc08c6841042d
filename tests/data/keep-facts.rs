//! Keeps what `record-facts` printed: whole, or as what it changes in another state that is kept whole.
//!
//!     record-facts --links | keep-facts tests/data/facts/bookworm/link-cut.json
//!
//! Run where the recorded facts lie. A state that others are told by is whole; when it is recorded anew
//! these keep what they came to. Any other is told by the one of its family that it changes least: see
//! `README.md`.

use json_patch::{Patch, diff, patch};
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The states that are kept whole.
const BASES: [&str; 10] = [
    "accounts-lacking",
    "bare",
    "cold-start",
    "db-fresh",
    "db-pair",
    "db-replica",
    "db-stopped",
    "link-well",
    "link-well-primary",
    "member",
];

fn main() {
    let file = PathBuf::from(std::env::args_os().nth(1).expect("usage: keep-facts FILE"));
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .expect("what record-facts printed");
    let facts: Value = serde_json::from_str(&text).expect("facts in JSON");
    let folder = file.parent().expect("a folder");
    let name = file.file_stem().expect("a name").to_string_lossy();
    let others = told_by(folder, &name);
    write(&file, &told(folder, &name, &facts));
    for (other, facts) in others {
        write(
            &folder.join(format!("{other}.json")),
            &told(folder, &other, &facts),
        );
    }
}

fn json(path: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

/// Returns the states that are told by this one, each whole.
fn told_by(folder: &Path, base: &str) -> Vec<(String, Value)> {
    let Some(whole) = json(&folder.join(format!("{base}.json"))) else {
        return Vec::new();
    };
    let files = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").path());
    files
        .filter_map(|path| {
            let told = json(&path)?;
            (told.get("base")? == base).then(|| {
                let changes: Patch =
                    serde_json::from_value(told["changes"].clone()).expect("changes");
                let mut facts = whole.clone();
                patch(&mut facts, &changes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                (
                    path.file_stem()
                        .expect("a name")
                        .to_string_lossy()
                        .into_owned(),
                    facts,
                )
            })
        })
        .collect()
}

/// Returns with which script a state was recorded: `link` of `link-well`, nothing of `bare`.
fn family(state: &str) -> Option<&str> {
    state
        .split_once('-')
        .map(|(family, _)| family)
        .filter(|family| ["accounts", "db", "link"].contains(family))
}

/// Returns a state as it is kept.
fn told(folder: &Path, name: &str, facts: &Value) -> String {
    let whole = serde_json::to_string_pretty(facts).expect("facts");
    if BASES.contains(&name) {
        return whole;
    }
    let bases = BASES.iter().filter(|base| family(base) == family(name));
    let told = bases.filter_map(|base| {
        let changes = diff(&json(&folder.join(format!("{base}.json")))?, facts);
        let lines: Vec<String> = changes
            .0
            .iter()
            .map(|change| format!("    {}", json!(change)))
            .collect();
        Some(format!(
            "{{\n  \"base\": \"{base}\",\n  \"changes\": [\n{}\n  ]\n}}",
            lines.join(",\n")
        ))
    });
    told.min_by_key(String::len)
        .filter(|told| told.len() < whole.len())
        .unwrap_or(whole)
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, format!("{text}\n")).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
}
