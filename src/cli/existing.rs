//! Names that must be there already: the grammar's mark on the arguments that take one.
//!
//! It stands beside the argument's completer, and brings what the verb itself refuses a wrong name
//! by, so that the shell can say before Enter what Enter would say. What a verb takes without need
//! (`node online` of a node that is not in standby) is no wrong name, though Tab does not offer it.

use super::{cluster, explain, ground, vip, web};
use crate::cib::{Cib, Object};
use crate::complete::Snapshot;
use crate::conf::properties::{PROPERTIES, RESOURCE_DEFAULTS};
use crate::journal::unknown_operation;
use crate::plan::Refusal;
use clap::Arg;
use clap::builder::ArgExt;

/// Marks an argument whose value must name something that is there already.
#[derive(Debug, Clone, Copy)]
pub struct Existing {
    /// Returns why a name is refused; none for one that is there, and where that is not known.
    refusal: fn(&Snapshot, &str) -> Option<Refusal>,
    /// Returns true when a name that is there begins like this.
    begins: fn(&Snapshot, &str) -> bool,
    /// All its words are one name, as those of a topic.
    pub is_phrase: bool,
}

impl ArgExt for Existing {}

impl Existing {
    /// A node of the cluster.
    pub const NODE: Existing = Existing {
        refusal: |known, name| ground::node(known.cib.as_ref()?, name).err(),
        begins: |known, typed| {
            let nodes = known.cib.iter().flat_map(Cib::nodes);
            nodes.into_iter().any(|node| node.name.starts_with(typed))
        },
        is_phrase: false,
    };

    /// A resource, group or clone.
    pub const RESOURCE: Existing = Existing {
        refusal: |known, name| web::named(known.cib.as_ref()?, name).err(),
        begins: |known, typed| {
            let mut found = known.cib.iter().flat_map(web::resources);
            found.any(|object| object.id().starts_with(typed))
        },
        is_phrase: false,
    };

    /// A virtual address, by its resource's name.
    pub const ADDRESS: Existing = Existing {
        refusal: |known, name| vip::named(known.cib.as_ref()?, name).err(),
        begins: |known, typed| {
            let mut found = known.cib.iter().flat_map(vip::addresses);
            found.any(|primitive| primitive.id.starts_with(typed))
        },
        is_phrase: false,
    };

    /// A service that runs everywhere, by its own name or its clone's.
    pub const EVERYWHERE: Existing = Existing {
        refusal: |known, name| vip::everywhere(known.cib.as_ref()?, name).err(),
        begins: |known, typed| {
            let Some(cib) = &known.cib else {
                return false;
            };
            let mut names = web::resources(cib).map(Object::id);
            names.any(|name| name.starts_with(typed) && vip::everywhere(cib, name).is_ok())
        },
        is_phrase: false,
    };

    /// An operation in this host's journal.
    pub const OPERATION: Existing = Existing {
        refusal: |known, id| {
            let id = id.parse::<u64>().ok()?;
            let there = known.operations.as_ref()?.contains(&id);
            (!there).then(|| unknown_operation(id))
        },
        begins: |known, typed| {
            let mut ids = known.operations.iter().flatten();
            ids.any(|id| id.to_string().starts_with(typed))
        },
        is_phrase: false,
    };

    /// What `explain` has something to say of.
    pub const TOPIC: Existing = Existing {
        refusal: |_, asked| explain::check(asked).err(),
        begins: |_, typed| explain::begins(typed),
        is_phrase: true,
    };

    /// A property of the cluster or a default of resources, with its value.
    pub const PROPERTY: Existing = Existing {
        refusal: |_, pair| cluster::check_setting(pair).err(),
        begins: |_, typed| match typed.split_once('=') {
            // The value is being typed.
            Some((name, _)) => cluster::check_setting(name).is_ok(),
            None => {
                let mut all = PROPERTIES.iter().chain(RESOURCE_DEFAULTS);
                all.any(|property| property.name.starts_with(typed))
            }
        },
        is_phrase: false,
    };

    /// Returns the mark of an argument, where it has one.
    pub fn of(arg: &Arg) -> Option<Existing> {
        arg.get::<Existing>().copied()
    }

    /// Returns why the verb would refuse a name, as far as is known.
    pub fn refusal(&self, known: &Snapshot, name: &str) -> Option<Refusal> {
        (self.refusal)(known, name)
    }

    /// Returns true when what is typed may become a name that is there.
    pub fn begins(&self, known: &Snapshot, typed: &str) -> bool {
        (self.begins)(known, typed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Command;
    use clap_complete::{ArgValueCandidates, ArgValueCompleter};

    /// What is completed and may be new, elsewhere, or known to this host's tools alone.
    const FREE: &[&str] = &[
        "cluster init --name",
        "cluster init --node",
        "cluster join host",
        "db check --database",
        "db check --replica",
        "db export --address",
        "db export --database",
        "db export --replica",
        "db primary --address",
        "db primary --database",
        "db primary --replica",
        "db promote replica",
        "db rejoin primary",
        "db replicate --address",
        "db replicate --database",
        "db replicate primary",
        "db test --database",
        "db test --replica",
        "vip add --nic",
        "vip add address",
        "web add --agent",
        "web add service",
        "web group name",
    ];

    fn free(command: &Command, verb: &str, found: &mut Vec<String>) {
        for arg in command.get_arguments() {
            let completed = arg.get::<ArgValueCandidates>().is_some()
                || arg.get::<ArgValueCompleter>().is_some();
            if completed && Existing::of(arg).is_none() {
                let name = match arg.get_long() {
                    Some(long) => format!("--{long}"),
                    None => arg.get_id().to_string(),
                };
                found.push(format!("{verb}{name}"));
            }
        }
        for next in command.get_subcommands() {
            free(next, &format!("{verb}{} ", next.get_name()), found);
        }
    }

    #[test]
    fn what_completes_names_says_whether_they_must_exist() {
        let mut found = Vec::new();
        free(&crate::cli::grammar(), "", &mut found);
        found.sort();
        assert_eq!(found, FREE);
    }
}
