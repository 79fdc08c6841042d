//! Names that must be there already: whether they are, as far as is known, and why not in the verb's own
//! words, so that the shell can say before Enter what Enter would say.

use super::Snapshot;
use crate::cib::{Cib, Object};
use crate::conf::properties::{PROPERTIES, RESOURCE_DEFAULTS};
use crate::explain;
use crate::journal::unknown_operation;
use crate::names::Existing;
use crate::plan::Refusal;
use crate::resources::{address, named, preconditions, property};

/// Returns why the verb would refuse a name; none for one that is there, and where that is not known.
pub fn refusal(name: Existing, known: &Snapshot, word: &str) -> Option<Refusal> {
    let cib = known.cib.as_ref();
    match name {
        Existing::Node => preconditions::node(cib?, word).err(),
        Existing::Resource => named::find_resource(cib?, word).err(),
        Existing::Vip => address::find_address(cib?, word).err(),
        Existing::ServiceEverywhere => named::everywhere(cib?, word).err(),
        Existing::Operation => {
            let id = word.parse::<u64>().ok()?;
            let there = known.operations.as_ref()?.contains(&id);
            (!there).then(|| unknown_operation(id))
        }
        Existing::Topic => explain::check(word).err(),
        Existing::Property => property::check(word).err(),
    }
}

/// Returns true when what is typed may become a name that is there.
pub fn begins(name: Existing, known: &Snapshot, typed: &str) -> bool {
    let cib = || known.cib.iter();
    match name {
        Existing::Node => {
            let mut nodes = cib().flat_map(Cib::nodes);
            nodes.any(|node| node.name.starts_with(typed))
        }
        Existing::Resource => {
            let mut found = cib().flat_map(named::resources);
            found.any(|object| object.id().starts_with(typed))
        }
        Existing::Vip => {
            let mut found = cib().flat_map(address::addresses);
            found.any(|primitive| primitive.id.starts_with(typed))
        }
        Existing::ServiceEverywhere => cib().any(|cib| {
            let mut names = named::resources(cib).map(Object::id);
            names.any(|name| name.starts_with(typed) && named::everywhere(cib, name).is_ok())
        }),
        Existing::Operation => {
            let mut ids = known.operations.iter().flatten();
            ids.any(|id| id.to_string().starts_with(typed))
        }
        Existing::Topic => explain::begins(typed),
        Existing::Property => match typed.split_once('=') {
            // The value is being typed.
            Some((name, _)) => property::check(name).is_ok(),
            None => {
                let mut all = PROPERTIES.iter().chain(RESOURCE_DEFAULTS);
                all.any(|property| property.name.starts_with(typed))
            }
        },
    }
}
