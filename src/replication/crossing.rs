//! What crosses databases where only some are replicated: told before, with the words that name all.

use crate::conf::DatabaseName;
use crate::facts::DatabaseServer;
use crate::facts::database::Crossing;
use crate::plan::{Again, Check, Refusal};

/// Looks at what the named databases need of others, and others of them.
#[derive(Debug)]
pub struct Crossings<'a> {
    /// The primary.
    server: &'a DatabaseServer,
    /// The databases that alone are replicated.
    named: &'a [DatabaseName],
}

impl<'a> Crossings<'a> {
    /// Returns those of a primary whose databases of these names are replicated, and no others.
    pub fn new(server: &'a DatabaseServer, named: &'a [DatabaseName]) -> Crossings<'a> {
        Crossings { server, named }
    }

    fn is_named(&self, name: &str) -> bool {
        self.named.iter().any(|one| one.as_str() == name)
    }

    /// Returns true for what a replica without the other database cannot have: a view is not even
    /// loaded (1146), and a foreign key ends with its table's next row (1452, seen).
    fn is_needed(crossing: &Crossing) -> bool {
        matches!(crossing.kind.as_str(), "view" | "foreign key")
    }

    fn leaving(&self) -> impl Iterator<Item = &'a Crossing> {
        let named = |name: &str| self.is_named(name);
        let is = move |one: &&Crossing| named(&one.database) && !named(&one.other);
        self.server.crossings.iter().filter(is)
    }

    /// Returns the named databases and all that these need, step by step.
    fn with_needed(&self, begin: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut all: Vec<String> = self.named.iter().map(ToString::to_string).collect();
        all.extend(begin);
        while let Some(next) = self.server.crossings.iter().find(|one| {
            Crossings::is_needed(one) && all.contains(&one.database) && !all.contains(&one.other)
        }) {
            all.push(next.other.clone());
        }
        all.dedup();
        all
    }

    /// Refuses what would break for certain.
    ///
    /// # Errors
    /// With the verb that names every database that is needed.
    pub fn refuse(&self) -> Result<(), Refusal> {
        let Some(one) = self.leaving().find(|one| Crossings::is_needed(one)) else {
            return Ok(());
        };
        let Crossing {
            kind,
            database,
            name,
            other,
        } = one;
        Err(Refusal::check(format!(
            "the {kind}{} {database}.{name} on {} leads to the database {other}, which is not among those \
             that are replicated: {}",
            joining_words(one),
            self.server.host,
            breaks(one)
        ))
        .again("to replicate all that belongs together", self.naming([])))
    }

    /// Returns what was typed with every database that is replicated, these and all that they need.
    pub fn naming(&self, more: impl IntoIterator<Item = String>) -> Again {
        let all = self.with_needed(more).into_iter();
        all.fold(Again::same().without("--database"), |again, name| {
            again.add("--database", name)
        })
    }

    /// Says what else crosses: what works as long as nobody changes it, or until a promote.
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for one in &self.server.databases {
            let count = one.routines + one.events;
            if self.is_named(&one.name) || count == 0 || self.named.is_empty() {
                continue;
            }
            let what = match count {
                1 => "1 routine or event".to_owned(),
                n => format!("{n} routines or events"),
            };
            checks.push(
                Check::warning(format!(
                    "{} has {what}: no filter keeps CREATE, ALTER or DROP of one away from a replica, and \
                     without {} that stops it (errno 1049)",
                    one.name, one.name
                ))
                .again(self.naming([one.name.clone()])),
            );
        }
        let mut told: Vec<(&str, &str)> = Vec::new();
        for one in &self.server.crossings {
            let (from, to) = (self.is_named(&one.database), self.is_named(&one.other));
            if from == to || told.contains(&(&one.database, &one.other)) {
                continue;
            }
            told.push((&one.database, &one.other));
            let lacking = if from { &one.other } else { &one.database };
            let Crossing {
                kind,
                database,
                name,
                other,
            } = one;
            let of = joining_words(one);
            checks.push(
                Check::warning(match from {
                    true if Crossings::is_needed(one) => format!(
                        "the {kind}{of} {database}.{name} leads to the database {other}, which is not \
                         replicated: {}",
                        breaks(one)
                    ),
                    true => format!(
                        "the {kind}{of} {database}.{name} names the database {other}, which is not replicated: \
                         after a promote it would fail"
                    ),
                    false => format!(
                        "the {kind}{of} {database}.{name} names {other}, and {database} is not replicated: \
                         after a promote it would not be there"
                    ),
                })
                .again(self.naming([lacking.clone()])),
            );
        }
        checks
    }
}

/// Returns what stands between the kind of a thing and its name: of a foreign key the table is known.
fn joining_words(crossing: &Crossing) -> &'static str {
    match crossing.kind.as_str() {
        "foreign key" => " of",
        _ => "",
    }
}

/// Says what becomes of something on a replica without the other database.
fn breaks(crossing: &Crossing) -> &'static str {
    match crossing.kind.as_str() {
        "view" => "a replica without that cannot load it (errno 1146)",
        _ => "its next row stops a replica without that (errno 1452)",
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::Facts;
    use crate::facts::database::{Crossing, UserDatabase};
    use crate::trial::{facts, plan, refusal, there, warnings};

    /// A host that follows nobody yet, and its primary with these.
    fn crossed(crossings: &[(&str, &str, &str, &str)]) -> Facts {
        let mut facts = facts("bookworm", "db-replica");
        facts.database.as_mut().unwrap().links.clear();
        let primary = there(&mut facts, "172.16.0.10");
        primary.registered.clear();
        for database in &mut primary.databases {
            database.foreign.clear();
        }
        for name in ["other", "third"] {
            primary.databases.push(UserDatabase {
                name: name.to_owned(),
                ..UserDatabase::default()
            });
        }
        primary.crossings = crossings
            .iter()
            .map(|(kind, database, name, other)| Crossing {
                kind: (*kind).to_owned(),
                database: (*database).to_owned(),
                name: (*name).to_owned(),
                other: (*other).to_owned(),
            })
            .collect();
        facts
    }

    const WORDS: &str = "db replicate 172.16.0.10 --database site1";

    #[test]
    fn what_breaks_without_another_database_is_refused_with_all_that_belong_together() {
        for (kind, said) in [("foreign key", "1452"), ("view", "1146")] {
            let facts = crossed(&[
                (kind, "site1", "child", "other"),
                ("foreign key", "other", "par", "third"),
            ]);
            let text = refusal(WORDS, &facts);
            assert!(text.contains(said), "{text}");
            let way = "bascule db replicate 172.16.0.10 --database site1 --database other --database third";
            assert!(text.contains(way), "{text}");
            assert!(plan(way.strip_prefix("bascule ").unwrap(), &facts).is_ok());
        }
    }

    #[test]
    fn what_fails_only_later_is_told() {
        let mut facts = crossed(&[
            ("procedure", "site1", "pr", "other"),
            ("foreign key", "third", "child", "site1"),
        ]);
        there(&mut facts, "172.16.0.10")
            .databases
            .iter_mut()
            .find(|one| one.name == "other")
            .unwrap()
            .events = 1;
        let told = warnings(&plan(WORDS, &facts).unwrap());
        for said in [
            "other has 1 routine or event: no filter keeps",
            "the procedure site1.pr names the database other",
            "the foreign key of third.child names site1",
        ] {
            assert!(told.contains(said), "{said}: {told}");
        }
        // Nothing crosses where all of them are replicated.
        let all = format!("{WORDS} --database other --database third");
        let told = warnings(&plan(&all, &facts).unwrap());
        assert!(
            !told.contains("names") && !told.contains("filter keeps"),
            "{told}"
        );
    }
}
