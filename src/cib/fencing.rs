//! Whether the cluster can cut off a node, by its configuration.

use super::{Cib, Object, Primitive};

/// The state of fencing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fencing {
    /// Turned off.
    Off,
    /// On, with something that fences.
    On,
    /// On, as it is by default, and nothing that fences: Pacemaker starts nothing, and crmsh refuses
    /// every change but the one that ends this (4.4.1 and 5.0.0, by crm_verify's word).
    WithoutDevice,
}

impl Cib {
    /// Returns what fencing comes to.
    pub fn fencing(&self) -> Fencing {
        let mut primitives = self.objects().iter().filter_map(Object::primitive);
        let fences = primitives.any(Primitive::fences);
        if self.is_on("stonith-enabled") == Some(false) {
            Fencing::Off
        } else if fences || self.is_on("have-watchdog") == Some(true) {
            Fencing::On
        } else {
            Fencing::WithoutDevice
        }
    }
}
