//! The tests of the whole program, in one binary: each module beside this file is a part.
//!
//! `cargo test --test it PART::NAME` runs one; `tests/README.md` tells what each part proves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod cli;
mod completion;
mod journals;
mod man;
mod readme;
mod shell;
mod support;
