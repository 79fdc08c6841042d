//! `cluster export`: what another host needs to join, in one file that is carried by hand.

use crate::conf::CorosyncConf;
use crate::facts::{BUNDLED, Bundle, COROSYNC_CONF, Facts, Needs};
use crate::membership::services::{CONF_FOLDER, KEY};
use crate::membership::{nodes, standing};
use crate::plan::{Check, Plan, Refusal, Step, Verify, words};
use crate::verb::Change;
use clap::Args;
use std::path::{Path, PathBuf};

/// Put what another host needs to join into a file, for hosts without ssh
///
/// The file holds corosync.conf and the key: whoever has it can join the cluster. It belongs to
/// root and is for nobody else; remove it where it is no longer needed.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = absolute)]
    file: PathBuf,
}

/// An undo may run in another folder than the verb.
pub fn absolute(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() || text.contains(['\n', '\0']) {
        return Err("a file needs a name on one line".to_owned());
    }
    std::path::absolute(text).map_err(|error| error.to_string())
}

impl Change for Export {
    fn needs(&self) -> Needs {
        Needs {
            bundle: Some(self.file.clone()),
            folders: self.file.parent().map(Path::to_owned).into_iter().collect(),
            programs: words(&["tar"]),
            ..standing::needs()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let conf = standing::membership(facts)?;
        let file = self.file.display().to_string();
        let mut plan = Plan::new(format!(
            "{file} holds what a host needs to join {}",
            standing::called(&conf)
        ));
        let Some(key) = facts.sums.get(Path::new(KEY)) else {
            return Err(no_key(&conf, facts));
        };
        match &facts.bundle {
            Some(Bundle::Of {
                conf: text,
                key: sum,
            }) if Some(text.as_str()) == facts.file(COROSYNC_CONF).text() && sum == key => {
                return Ok(plan);
            }
            None | Some(Bundle::Absent) => {}
            Some(Bundle::Of { .. }) => {
                return Err(Refusal::check(format!(
                    "{file} is there already, with other files than the cluster's of now"
                ))
                .hint(
                    "if it is out of date, remove it",
                    format!("shred --remove {file}"),
                ));
            }
            Some(Bundle::Wrong { .. }) => {
                return Err(Refusal::check(format!(
                    "{file} is there already, and is something else"
                ))
                .hint("to see it", format!("ls -l {file}")));
            }
        }
        if let Some(folder) = self.file.parent()
            && !facts.folders.contains_key(folder)
        {
            return Err(
                Refusal::check(format!("there is no folder {}", folder.display()))
                    .hint("to make it", format!("mkdir {}", folder.display())),
            );
        }
        plan.check(Check::warning(
            "whoever has the file can join the cluster: carry it over a safe channel, then remove it",
        ));
        let remove = Step::run(words(&["rm", "--force", &file]), "it was not there before");
        plan.step(
            Step::run(
                words(&["install", "--mode=600", "/dev/null", &file]),
                "for root alone, before anything is in it",
            )
            .verify(Verify::Exists {
                path: self.file.clone(),
            })
            .undone_by(vec![remove]),
        );
        let mut argv = words(&["tar", "--create", "--force-local", "--file", &file]);
        argv.extend(words(&["--directory", CONF_FOLDER]));
        argv.extend(words(&BUNDLED));
        let mut check = words(&["tar", "--compare", "--verbose", "--force-local"]);
        check.extend(words(&["--file", &file, "--directory", CONF_FOLDER]));
        plan.step(
            Step::run(argv, "corosync.conf and the key, from disk to disk").verify(
                Verify::Prints {
                    argv: check,
                    text: BUNDLED[1].to_owned(),
                    proves: format!("{file} holds corosync.conf and the key"),
                },
            ),
        );
        for other in nodes::others(facts) {
            let other = other.name;
            plan.next.push(format!(
                "carry {file} to {other}, then there: bascule cluster join --bundle {file}"
            ));
        }
        plan.next.push(format!("shred --remove {file}"));
        Ok(plan)
    }
}

/// Refuses where there is no key to hand on. `cluster key` exchanges one that is there.
fn no_key(conf: &CorosyncConf, facts: &Facts) -> Refusal {
    let nodes = nodes::members_of(conf, facts);
    let others: Vec<_> = nodes.iter().filter(|node| !node.own).collect();
    let refusal = Refusal::check(format!("there is no key in {KEY}"));
    if super::key::is_in_clear(conf) {
        return super::key::to_encrypt(Refusal::check(format!(
            "the cluster talks in clear, so that there is no key in {KEY} that a host would need"
        )));
    }
    match others.first() {
        Some(other) => refusal.hint(
            format!("to have it again from {}", other.name),
            format!("scp -p root@{}:{KEY} {KEY}", other.name),
        ),
        None => refusal.hint("to make one", "corosync-keygen"),
    }
}
