//! Completion in real shells, in a pseudo-terminal: typed into, and the screen read back.
//!
//! The shells are this machine's own, in the sandbox of `tests/cli`; what is completed there was
//! recorded on serv1 of a real cluster (`record`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

#[path = "../cli/answers.rs"]
mod answers;
mod bash;
mod fish;
#[path = "../cli/host.rs"]
#[expect(dead_code, reason = "here the sandbox's shell has a terminal")]
mod host;
mod parser;
mod plugin;
mod terminal;
mod zsh;
