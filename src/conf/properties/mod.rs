//! Pacemaker's cluster properties: which there are, what they take, and which values are dangerous.
//!
//! crmsh writes an unknown property with exit 0, and neither it nor crm_verify 2.1.5 sees a wrong value
//! of a property of the controller (`dc-deadtime=foo`), where the default then counts in silence. So
//! `cluster set` looks here first. Accepted is what both Pacemaker 2.1.5 and 3.0.0 accept; what only
//! one of them knows says so, see [`Property::refused_by`].

mod defaults;
mod property;
mod table;

use crate::names::nearest;

pub use defaults::RESOURCE_DEFAULTS;
pub use property::{Property, Release, Releases, Value, ValueKind};
pub use table::PROPERTIES;

/// Returns the property of that exact name.
pub fn find(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().find(|property| property.name == name)
}

/// Returns the default of resources (`rsc_defaults`) of that exact name.
pub fn find_default(name: &str) -> Option<&'static Property> {
    RESOURCE_DEFAULTS
        .iter()
        .find(|property| property.name == name)
}

/// Returns the name that was probably meant; none for one that is gone for good.
pub fn suggest(name: &str) -> Option<&'static str> {
    if table::GONE.iter().any(|(gone, _)| *gone == name) {
        return None;
    }
    let name = name.replace('_', "-");
    // Pacemaker 3.0.2 began to call stonith fencing; the old names still work there, the new ones do
    // not work before.
    if let Some(new) = name.strip_prefix("fencing-")
        && let Some(property) = find(&format!("stonith-{new}"))
    {
        return Some(property.name);
    }
    let known = PROPERTIES.iter().chain(RESOURCE_DEFAULTS);
    nearest(&name, known.map(|property| property.name))
}

/// Returns why a name that [`find`] does not know cannot be set, with what to do instead.
pub fn unknown(name: &str) -> String {
    if let Some((_, mend)) = table::GONE.iter().find(|(gone, _)| *gone == name) {
        return format!("{name} is gone since pacemaker 2.0: {mend}");
    }
    format!("pacemaker knows no cluster property {name}")
}

#[cfg(test)]
mod tests;
