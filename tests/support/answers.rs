//! What real hosts answered, one file for a transcript and a release.
//!
//! `=== PATH` begins a file of the folder that `tool` keeps; `=== PATH as OTHER` has the same
//! content as one before; ` without end` stands behind it where its last line has no newline.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;

tests! {
    [] a_recording_is_read_as_it_was_written;
}

/// Path and content, in the order of the paths.
pub type Files = BTreeMap<String, String>;

const HEAD: &str = "=== ";
const WITHOUT_END: &str = " without end";

/// Reads a recording.
pub fn read(path: &Path) -> Files {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| {
        panic!("{}: {error}: sudo tests/cli/record", path.display());
    });
    let mut files = Files::new();
    let mut current: Option<(String, bool)> = None;
    let mut content = String::new();
    let keep = |current: Option<(String, bool)>, content: &mut String, files: &mut Files| {
        if let Some((path, ended)) = current {
            if !ended {
                content.pop();
            }
            files.insert(path, std::mem::take(content));
        }
    };
    for line in text.split_inclusive('\n') {
        let Some(head) = line.strip_prefix(HEAD) else {
            content.push_str(line);
            continue;
        };
        keep(current.take(), &mut content, &mut files);
        let head = head.trim_end();
        if let Some((path, other)) = head.split_once(" as ") {
            let same = files[other].clone();
            files.insert(path.to_owned(), same);
        } else {
            let path = head.strip_suffix(WITHOUT_END);
            current = Some((path.unwrap_or(head).to_owned(), path.is_none()));
        }
    }
    keep(current, &mut content, &mut files);
    files
}

/// Writes a recording.
pub fn write(path: &Path, files: &Files) {
    let mut text = String::new();
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for (path, content) in files {
        match seen.get(content.as_str()) {
            Some(other) if content.len() > 40 => {
                let _ = writeln!(text, "{HEAD}{path} as {other}");
            }
            _ => {
                seen.insert(content, path);
                let ended = content.is_empty() || content.ends_with('\n');
                let end = if ended { "" } else { WITHOUT_END };
                let _ = writeln!(text, "{HEAD}{path}{end}");
                text.push_str(content);
                if !ended {
                    text.push('\n');
                }
            }
        }
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn a_recording_is_read_as_it_was_written() {
    let long = "a long line that is written only once\nand its second line\n";
    let files: Files = [
        ("0/a", long),
        ("0/b", long),
        ("1/c", "x"),
        ("1/d", ""),
        ("2/e", "\n"),
    ]
    .map(|(path, content)| (path.to_owned(), content.to_owned()))
    .into();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/recording.txt");
    write(&path, &files);
    assert_eq!(read(&path), files);
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .contains("=== 0/b as 0/a\n")
    );
}
