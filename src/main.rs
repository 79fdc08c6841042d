//! The `bascule` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    bascule::program::run(std::env::args_os()).into()
}
