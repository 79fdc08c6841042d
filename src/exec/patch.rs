//! A versioned patch of the CIB.
//!
//! Pacemaker refuses it (103) after any change in between, a monitor's result included; only a
//! change of the configuration makes it stale, the rest is tried again with the version as it is.

use crate::cib::{Cib, Version};
use crate::facts::{self, tool};
use std::time::{Duration, Instant};

/// `cibadmin`'s status for a patch made on another version (CRM_EX_OLD).
const OLD: i32 = 103;

/// Applies a patch that was made on the configuration that `before` holds.
pub fn apply(
    patch: &str,
    before: Option<&Cib>,
    deadline: Duration,
    output: &mut Vec<String>,
) -> Result<(), String> {
    let began = Instant::now();
    let base = before.map(Cib::version);
    loop {
        let live = facts::live_cib()?.version();
        if let Some(base) = &base
            && !live.same_configuration(base)
        {
            return Err(format!(
                "the configuration changed meanwhile: {base} then, {live} now"
            ));
        }
        let argv = ["cibadmin", "--patch", "--xml-pipe"];
        let ended = tool::read_with(&argv, Some(&versioned(patch, &live)), &[], deadline)
            .map_err(|error| error.to_string())?;
        match ended.code {
            Some(0) => return Ok(()),
            Some(OLD) if began.elapsed() < deadline => {
                std::thread::sleep(Duration::from_millis(50));
            }
            _ => {
                output.push(ended.first_line());
                return Err(format!(
                    "cibadmin refused the patch: {}",
                    ended.first_line()
                ));
            }
        }
    }
}

/// Returns the patch made for exactly this live version.
fn versioned(patch: &str, live: &Version) -> String {
    let numbers = |epoch: u64, updates: u64| {
        format!(
            "admin_epoch=\"{}\" epoch=\"{epoch}\" num_updates=\"{updates}\"",
            live.admin_epoch
        )
    };
    let patch = replace_numbers(patch, "<source ", &numbers(live.epoch, live.num_updates));
    replace_numbers(&patch, "<target ", &numbers(live.epoch + 1, 0))
}

/// Replaces the attributes of the first element that opens so.
fn replace_numbers(patch: &str, opening: &str, numbers: &str) -> String {
    let Some(start) = patch.find(opening) else {
        return patch.to_owned();
    };
    let inside = start + opening.len();
    let Some(length) = patch[inside..].find("/>") else {
        return patch.to_owned();
    };
    format!("{}{numbers}{}", &patch[..inside], &patch[inside + length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_takes_the_version_that_is_live() {
        let patch = "<diff format=\"2\">\n  <version>\n    <source admin_epoch=\"0\" epoch=\"7\" num_updates=\"2\"/>\n    <target admin_epoch=\"0\" epoch=\"8\" num_updates=\"0\"/>\n  </version>\n</diff>";
        let live = Version {
            admin_epoch: 1,
            epoch: 7,
            num_updates: 9,
        };
        let text = versioned(patch, &live);
        assert!(text.contains("<source admin_epoch=\"1\" epoch=\"7\" num_updates=\"9\"/>"));
        assert!(text.contains("<target admin_epoch=\"1\" epoch=\"8\" num_updates=\"0\"/>"));
    }
}
