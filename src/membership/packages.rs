//! Installing what is missing, by apt-get.

use crate::plan::{Step, Undo, Verify, words};

/// Returns the step that has apt-get look what there is.
pub fn update() -> Step {
    let argv = [
        "apt-get",
        "--quiet=2",
        "-o",
        "DPkg::Lock::Timeout=60",
        "update",
    ];
    Step::run(argv, "so that apt-get knows the packages of today").within(300)
}

/// Returns the step that installs packages, proved by the files that they bring to this host.
pub fn install(packages: &[String], why: impl Into<String>) -> Step {
    let mut argv = words(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    argv.extend(words(&["-o", "DPkg::Lock::Timeout=60", "install"]));
    argv.extend(words(&["--quiet=2", "--yes", "--no-install-recommends"]));
    argv.extend(packages.iter().cloned());
    Step::run(argv, why)
        .within(900)
        .waits_for("the packages to be there")
        .undo(Undo::Impossible {
            reason: format!(
                "the packages stay installed; apt-get purge {} removes them",
                packages.join(" ")
            ),
        })
}

/// Returns the proofs that files are there, on this host.
pub fn there(paths: &[String]) -> Vec<Verify> {
    let there = |path: &String| Verify::Exists { path: path.into() };
    paths.iter().map(there).collect()
}
