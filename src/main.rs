//! The `bascule` command.

fn main() {}
