//! When fencing as a whole may be turned on, and with which delay.
//!
//! Where the link between two nodes is cut, each shoots the other. Without a delay both shots hit: each
//! host killed the other between its `off` and its `on`, and both stayed dark (seen). With
//! `priority-fencing-delay` the node that runs less waits, so that the one with the services survives; it is
//! paid at each real loss of that node too. Where both run as much, nobody waits, so that one device has a
//! small delay of its own besides. A third vote, and any cluster of more than two nodes, leaves quorum to one
//! side alone, which shoots at once.

use super::device::{Device, devices};
use crate::cib::{Cib, Pairs};

/// How long the node with less on it waits before it shoots, in seconds.
pub const DELAY: u32 = 5;

/// How long the first node's device waits besides, in seconds: at most half of the other delay, as
/// Pacemaker's documentation of `priority-fencing-delay` wants it.
pub const TIE_BREAK: u32 = 2;

/// Returns the properties and defaults of resources by which one of two nodes waits before it shoots; none
/// where they are set already, unless this very delay was asked for.
pub fn delay(cib: &Cib, seconds: u32, asked: bool) -> (Pairs, Pairs) {
    let (mut properties, mut defaults) = (Pairs::new(), Pairs::new());
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let wanted = format!("{seconds}s");
    let differs = match cib.property("priority-fencing-delay") {
        None => seconds > 0,
        Some(is) => asked && is != wanted,
    };
    if differs {
        properties.push(pair("priority-fencing-delay", wanted));
    }
    let weighed = cib.objects().iter().any(|object| {
        let mut meta = object.meta().iter();
        meta.any(|(name, _)| name == "priority")
    });
    if seconds > 0 && !weighed && cib.resource_default("priority").is_none() {
        defaults.push(pair("priority", "1".to_owned()));
    }
    (properties, defaults)
}

/// Returns the nodes that no device is told to switch; none where a device is asked which it can.
pub fn uncovered(cib: &Cib) -> Vec<String> {
    let all: Vec<Device> = devices(cib).collect();
    uncovered_by(cib, &all)
}

/// Returns the nodes that none of these devices is told to switch.
pub fn uncovered_by(cib: &Cib, devices: &[Device]) -> Vec<String> {
    let asked = |device: &Device| device.nodes().is_empty();
    if devices.iter().any(asked) {
        return Vec::new();
    }
    let switches = |name: &str| {
        let mut nodes = devices.iter().flat_map(Device::nodes);
        nodes.any(|(node, _)| node == name)
    };
    let names = cib.nodes().iter().map(|node| node.name.clone());
    names.filter(|name| !switches(name)).collect()
}
