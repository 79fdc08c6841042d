//! The tests of the whole program, in one binary: each module beside this file is a part.
//!
//! `cargo test --test it PART::NAME` runs one; `tests/README.md` tells what each part proves. A test is run
//! when it is listed by `tests!`, with what it needs of this machine: libtest cannot say at run time that
//! one was left out, and why.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

#[macro_use]
mod support;
mod cli;
mod completion;
mod journals;
mod man;
mod readme;
mod shell;

use libtest_mimic::Arguments;
use std::path::Path;
use std::process::ExitCode;

tests! {
    mod cli completion journals man readme shell support;
    [] no_test_is_left_to_libtest;
}

fn main() -> ExitCode {
    let trials = tests().into_iter().map(|test| test.trial());
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Its attribute would compile, and the test never run.
fn no_test_is_left_to_libtest() {
    fn look(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| {
                if path.is_dir() {
                    return look(&path);
                }
                let is_ours =
                    path.extension().is_some_and(|end| end == "rs") && !path.ends_with("arrows.rs");
                if is_ours {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let attribute = text.lines().any(|line| line.trim().starts_with("#[test"));
                    assert!(!attribute, "{}: tests! lists what is run", path.display());
                }
                usize::from(is_ours)
            })
            .sum()
    }
    assert!(look(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")) > 20);
}
