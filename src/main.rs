//! The `bascule` command.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(answer) = bascule::answer(std::env::args_os()) {
        // A shell that does not wait for the answer does not want it.
        let _ = std::io::stdout().write_all(answer.as_bytes());
        return ExitCode::SUCCESS;
    }
    bascule::run(std::env::args_os()).into()
}
