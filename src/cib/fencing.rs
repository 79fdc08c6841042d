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

    /// Returns what can fence a node: a device that names it, or one that asks what it fences; or its own
    /// watchdog.
    pub fn fences(&self, node: &str) -> Option<String> {
        let mut devices = self.objects().iter().filter_map(Object::primitive);
        let device = devices.find(|primitive| {
            if primitive.agent.class != "stonith" {
                return false;
            }
            let named = |text: &str| {
                let mut words = text.split([' ', ',', ';', '\t']);
                words.any(|word| word.split(':').next() == Some(node))
            };
            let lists = ["pcmk_host_list", "pcmk_host_map"].map(|name| primitive.param(name));
            match lists {
                [None, None] => true,
                lists => lists.into_iter().flatten().any(named),
            }
        });
        device.map(|device| device.id.clone()).or_else(|| {
            (self.is_on("have-watchdog") == Some(true)).then(|| "its watchdog".to_owned())
        })
    }
}
