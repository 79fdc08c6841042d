//! The virtual addresses of a configuration.

use crate::cib::{Cib, Object, Primitive};
use crate::facts::Monitor;
use crate::plan::Refusal;

/// Returns the virtual addresses of a configuration.
pub fn addresses(cib: &Cib) -> impl Iterator<Item = &Primitive> {
    cib.objects()
        .iter()
        .filter_map(Object::primitive)
        .filter(|primitive| primitive.virtual_address().is_some())
}

/// Returns the virtual address of a name.
///
/// # Errors
/// When there is none, or the name is that of something else: with the nearest name.
pub fn find_address<'a>(cib: &'a Cib, name: &str) -> Result<&'a Primitive, Refusal> {
    let object = cib.object(name);
    let address = object
        .and_then(Object::primitive)
        .filter(|primitive| primitive.virtual_address().is_some());
    match (address, object) {
        (Some(primitive), _) => Ok(primitive),
        (None, Some(other)) => Err(Refusal::check(format!(
            "{name} is a {}, not a virtual address",
            other.kind()
        ))
        .hint("to remove it", format!("bascule web remove {name}"))),
        (None, None) => {
            let names = addresses(cib).map(|primitive| primitive.id.as_str());
            Err(
                Refusal::check(format!("no virtual address is called {name}"))
                    .did_you_mean(name, names),
            )
        }
    }
}

/// Returns the node that holds a virtual address, if one is held.
pub fn holder(cib: &Cib, monitor: Option<&Monitor>) -> Option<String> {
    let monitor = monitor?;
    addresses(cib)
        .find_map(|address| monitor.places(&address.id).first().copied())
        .map(str::to_owned)
}
