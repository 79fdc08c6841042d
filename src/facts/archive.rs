//! Bundles, which are tar archives carried by hand: what is in one, read by `tar` itself.

use super::{READING, tool};

/// Checks that an archive holds just these files, in this order. A link in the place of a file would
/// write wherever it points.
///
/// # Errors
/// What `tar` says of an archive that was cut on its way or is none, or that it holds something else.
pub(super) fn holds(path: &str, files: &[&str]) -> Result<(), String> {
    let argv = [
        "tar",
        "--list",
        "--verbose",
        "--force-local",
        "--file",
        path,
    ];
    let list = run(&argv.map(str::to_owned))?;
    let found: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with('-'))
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    if found != files || list.lines().count() != files.len() {
        return Err(format!("it does not hold just {}", files.join(", ")));
    }
    Ok(())
}

/// Returns the command that prints a file out of an archive.
pub fn print_command(path: &str, file: &str) -> Vec<String> {
    [
        "tar",
        "--extract",
        "--to-stdout",
        // The rest of a large archive is not looked through.
        "--occurrence=1",
        "--force-local",
        "--file",
        path,
        file,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Returns what a command prints within the deadline for reading.
///
/// # Errors
/// Its first words when it fails, or that it did not end in time.
pub(super) fn run(argv: &[String]) -> Result<String, String> {
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let output = tool::read(&argv, READING).map_err(|error| error.to_string())?;
    if output.code == Some(0) {
        Ok(output.stdout)
    } else {
        Err(output.first_line())
    }
}
