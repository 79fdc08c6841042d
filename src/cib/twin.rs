//! Resources that are the same thing twice: two that hold one address, two that run one service.
//!
//! Pacemaker takes them for two. The one that stops takes the address away, or the service, from under
//! the other (seen on 2.1.5 and 3.0.0); crmsh warns of an address alone, and of what it loads itself.

use super::{Cib, Object, Primitive};
use std::fmt;
use std::net::IpAddr;

/// A thing that only one resource can be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sole {
    Address(IpAddr),
    /// A service, by its systemd unit, with the configuration that it runs where that is not its own.
    Service(String, Option<String>),
}

impl fmt::Display for Sole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sole::Address(address) => write!(f, "{address}"),
            Sole::Service(unit, _) => f.write_str(unit),
        }
    }
}

impl Primitive {
    /// Returns the systemd unit whose program it runs, whichever way it does.
    pub fn unit(&self) -> Option<&str> {
        match (self.agent.class.as_str(), self.agent.provider.as_deref()) {
            ("systemd" | "lsb" | "service", _) => {
                Some(self.agent.name.trim_end_matches(".service"))
            }
            ("ocf", Some("heartbeat")) => match self.agent.name.as_str() {
                "apache" => Some("apache2"),
                "nginx" => Some("nginx"),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns what there can be only one resource for, if it is that.
    pub fn unique_thing(&self) -> Option<Sole> {
        if let Some(address) = self.virtual_address() {
            // Behind a balancer each server has the address on its loopback, without answering for it.
            let quiet = self.param("nic") == Some("lo") || self.param("lvs_support").is_some();
            let address = address.parse().ok();
            return address.filter(|_| !quiet).map(Sole::Address);
        }
        let own = ["/etc/apache2/apache2.conf", "/etc/nginx/nginx.conf"];
        let file = self.param("configfile").filter(|file| !own.contains(file));
        Some(Sole::Service(
            self.unit()?.to_owned(),
            file.map(str::to_owned),
        ))
    }
}

impl Cib {
    /// Returns the other resources that are the same thing as this one.
    pub fn twins(&self, id: &str) -> Vec<&Primitive> {
        let primitive = |object: &'_ Object| object.primitive().and_then(Primitive::unique_thing);
        let Some(sole) = self.object(id).and_then(primitive) else {
            return Vec::new();
        };
        let primitives = self.objects().iter().filter_map(Object::primitive);
        let others = primitives.filter(|other| other.id != id);
        others
            .filter(|other| other.unique_thing().as_ref() == Some(&sole))
            .collect()
    }
}
