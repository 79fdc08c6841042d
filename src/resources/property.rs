//! Properties of the cluster and defaults of resources, as they are typed.

use crate::cib::{AttributeSet, Cib, Object, Pairs};
use crate::conf::properties::{self, Property};
use crate::plan::Refusal;

/// The setting that a name means, and its value as Pacemaker writes it.
pub struct Setting {
    pub property: &'static Property,
    /// The setting is a default of resources.
    pub default: bool,
    pub value: String,
}

impl Setting {
    /// Returns what `NAME=VALUE` means.
    ///
    /// # Errors
    /// When Pacemaker knows no such property, or it takes no such value.
    pub fn parse(name: &str, value: &str) -> Result<Setting, Refusal> {
        let (property, default) = known_property(name)?;
        let value = property
            .check(value)
            .map_err(|error| Refusal::usage(error.to_string()))?;
        Ok(Setting {
            property,
            default,
            value,
        })
    }
}

/// Returns the property of a name, and whether it is a default of resources.
fn known_property(name: &str) -> Result<(&'static Property, bool), Refusal> {
    match (properties::find(name), properties::find_default(name)) {
        (Some(property), _) => Ok((property, false)),
        (None, Some(property)) => Ok((property, true)),
        (None, None) => Err(Refusal::usage(properties::unknown(name))
            .perhaps(properties::suggest(name))
            .hint("the existing ones", "bascule explain properties")),
    }
}

/// Checks `NAME=VALUE`, or a name alone, against what Pacemaker knows.
///
/// # Errors
/// When it knows no such property, or the property takes no such value.
pub fn check(text: &str) -> Result<(), Refusal> {
    match text.split_once('=') {
        Some((name, value)) => Setting::parse(name, value).map(drop),
        None => known_property(text).map(drop),
    }
}

/// Pacemaker's own set of properties, which has the first word.
pub const OWN: &str = "cib-bootstrap-options";

/// Returns the sets to write: crmsh merges into the set of that id, and would make a second set of
/// defaults under another.
pub fn sets(cib: &Cib, set: Pairs, defaults: Pairs) -> Vec<Object> {
    let known = cib
        .objects()
        .iter()
        .find_map(|object| match object.resolved() {
            Object::ResourceDefaults(set) => Some(set.id.clone()),
            _ => None,
        });
    let mut objects = Vec::new();
    if !set.is_empty() {
        objects.push(Object::Property(AttributeSet {
            id: OWN.to_owned(),
            pairs: set,
        }));
    }
    if !defaults.is_empty() {
        objects.push(Object::ResourceDefaults(AttributeSet {
            id: known.unwrap_or_else(|| "rsc-options".to_owned()),
            pairs: defaults,
        }));
    }
    objects
}
