//! What the names in a plan's texts stand for while it runs: in this process's memory only.

use crate::conf::secret;
use crate::facts::{READING, tool};
use crate::mariadb::password;
use crate::plan::Plan;
use crate::plan::values::{Keeper, Named, Source, fill, names};
use rand::TryRngCore;
use rand::distr::{Alphanumeric, SampleString};
use rand::rngs::OsRng;
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;

/// A text that is never printed, logged or written down. Has no `Display` on purpose.
#[derive(Clone)]
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// The text in the place of a secret.
const HIDDEN: &str = "‹secret›";

/// How long a password is that is made here; 28 of 62 are 166 bits.
const LENGTH: usize = 28;

/// The secrets that were typed for a plan, by their names.
#[derive(Default)]
pub struct TypedSecrets(BTreeMap<String, Secret>);

impl TypedSecrets {
    /// Remembers what was typed for a name.
    pub fn insert(&mut self, name: &str, text: String) {
        self.0.insert(name.to_owned(), Secret(text));
    }
}

/// The values of a running plan.
#[derive(Debug, Default)]
pub struct Values {
    secrets: BTreeMap<String, Secret>,
    answers: BTreeMap<String, String>,
}

impl Values {
    /// Makes or reads each secret that a plan names; those that were typed are there by their names.
    ///
    /// # Errors
    /// When one cannot be read, or is none that its keeper would keep whole.
    pub fn of_plan(plan: &Plan, typed: &TypedSecrets) -> Result<Values, String> {
        let mut values = Values::default();
        for named in &plan.secrets {
            let secret = obtain(named, typed)?;
            values.secrets.insert(named.hash(), Secret(hash(&secret.0)));
            values.secrets.insert(named.name.clone(), secret);
        }
        Ok(values)
    }

    /// Returns true when there is anything to fill in.
    pub fn is_any(&self) -> bool {
        !self.secrets.is_empty() || !self.answers.is_empty()
    }

    /// Remembers what a server answered.
    pub fn learn(&mut self, name: &str, answer: &str) {
        self.answers.insert(name.to_owned(), answer.to_owned());
    }

    /// Returns a text with the values of its names.
    ///
    /// # Errors
    /// When a name has no value: the step that should have given it did not run.
    pub fn filled(&self, text: &str) -> Result<String, String> {
        let value = |name: &str| {
            let secret = self.secrets.get(name).map(|secret| secret.0.clone());
            secret.or_else(|| self.answers.get(name).cloned())
        };
        if let Some(unknown) = names(text).into_iter().find(|name| value(name).is_none()) {
            return Err(format!("${{{unknown}}} is not known"));
        }
        Ok(fill(text, value))
    }

    /// Returns a text with every secret hidden: a server may quote a statement in its error.
    pub fn redacted(&self, text: &str) -> String {
        self.secrets.values().fold(text.to_owned(), |text, secret| {
            text.replace(&secret.0, HIDDEN)
        })
    }
}

fn obtain(named: &Named, typed: &TypedSecrets) -> Result<Secret, String> {
    let (bytes, place) = match &named.source {
        Source::Typed(what) => {
            let text = typed
                .0
                .get(&named.name)
                .map(|typed| typed.0.clone())
                .unwrap_or_default();
            (
                text.into_bytes(),
                format!("the answer to \u{201c}{what}\u{201d}"),
            )
        }
        Source::Made => {
            let text = Alphanumeric.sample_string(&mut OsRng.unwrap_err(), LENGTH);
            return Ok(Secret(text));
        }
        Source::File(path) => {
            let place = path.display().to_string();
            let bytes = std::fs::read(path).map_err(|e| format!("{place}: {e}"))?;
            (bytes, place)
        }
        Source::Printed(argv) => {
            let output = tool::read(argv, READING).map_err(|error| error.to_string())?;
            if output.code != Some(0) {
                // Not its output: that is where the secret would be.
                let said = output
                    .stderr
                    .lines()
                    .map(str::trim)
                    .find(|line| !line.is_empty());
                return Err(format!(
                    "the password cannot be read: {} {}{}",
                    argv[0],
                    output.ending(),
                    said.map(|line| format!(": {line}")).unwrap_or_default()
                ));
            }
            (
                output.stdout.into_bytes(),
                format!("what `{}` prints", argv[0]),
            )
        }
    };
    let first = secret::first_line(&bytes).and_then(|first| {
        if named.keeper == Keeper::Mariadb {
            password::check_fits(first)?;
        }
        Ok(first)
    });
    let first = first.map_err(|why| format!("the password in {place} {why}"))?;
    Ok(Secret(first.to_owned()))
}

/// Returns what MariaDB keeps of a password (`mysql_native_password`).
fn hash(password: &str) -> String {
    let twice = Sha1::digest(Sha1::digest(password.as_bytes()));
    let hex: String = twice.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("*{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let mut plan = Plan::new("");
        plan.secrets.push(Named {
            name: "password".to_owned(),
            source: Source::Made,
            keeper: Keeper::Mariadb,
        });
        Values::of_plan(&plan, &TypedSecrets::default()).unwrap()
    }

    #[test]
    fn the_hash_is_the_one_that_mariadb_computes() {
        // SELECT PASSWORD('bigs3cret') on 10.11 and 11.8.
        assert_eq!(
            hash("bigs3cret"),
            "*F17EF70C698E842217C611D2DE306769B1F6697C"
        );
    }

    #[test]
    fn a_secret_is_filled_in_and_never_seen() {
        let values = values();
        let filled = values
            .filled("MASTER_PASSWORD='${password}' '${password_hash}'")
            .unwrap();
        assert!(!filled.contains("${"));
        assert_eq!(
            values.redacted(&filled),
            "MASTER_PASSWORD='‹secret›' '‹secret›'"
        );
        let debug = format!("{values:?}");
        assert!(!debug.contains(&values.secrets["password"].0), "{debug}");
        assert_eq!(values.secrets["password"].0.len(), LENGTH);
    }

    #[test]
    fn a_name_without_a_value_is_an_error() {
        assert!(values().filled("${frozen}").is_err());
    }
}
