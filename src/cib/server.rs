//! The resource that is the MariaDB server.

use super::{Agent, Cib, Object, Primitive, Score};
use std::net::IpAddr;

impl Cib {
    /// Returns the resource that is the MariaDB server, if there is one.
    pub fn database_server(&self) -> Option<&Primitive> {
        let mut primitives = self.objects().iter().filter_map(Object::primitive);
        primitives.find(|primitive| is_server(&primitive.agent))
    }

    /// Returns the virtual addresses that go where the server runs, each with its resource's name: by a
    /// group of both, or by a colocation with it, its group or its clone.
    pub fn addresses_of_server(&self) -> Vec<(&str, IpAddr)> {
        let Some(server) = self.database_server() else {
            return Vec::new();
        };
        let servers: Vec<&str> = self.up_from(&server.id).collect();
        let goes_with = |id: &str| {
            let own: Vec<&str> = self.up_from(id).collect();
            let colocated = own
                .iter()
                .flat_map(|one| self.constraints_on(one))
                .any(|constraint| match constraint.resolved() {
                    Object::Colocation(together) => {
                        own.contains(&together.resource.as_str())
                            && servers.contains(&together.with.as_str())
                            && together.score > Score::Finite(0)
                    }
                    _ => false,
                });
            colocated || own.iter().any(|one| servers.contains(one))
        };
        let addresses = self
            .virtual_addresses()
            .map(|(primitive, address)| (primitive.id.as_str(), address));
        addresses.filter(|(id, _)| goes_with(id)).collect()
    }
}

fn is_server(agent: &Agent) -> bool {
    let name = agent.name.strip_suffix(".service").unwrap_or(&agent.name);
    match (agent.class.as_str(), agent.provider.as_deref()) {
        ("systemd" | "lsb" | "service", _) => matches!(name, "mariadb" | "mysql" | "mysqld"),
        ("ocf", Some("heartbeat")) => matches!(name, "mariadb" | "mysql"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_goes_where_the_server_runs() {
        for release in crate::trial::RELEASES {
            let root = env!("CARGO_MANIFEST_DIR");
            let path = format!("{root}/tests/data/{release}/served.xml");
            let cib = Cib::parse(std::fs::read_to_string(path).unwrap()).unwrap();
            let found: Vec<String> = cib
                .addresses_of_server()
                .iter()
                .map(|(id, address)| format!("{id} {address}"))
                .collect();
            // `alone` has to do with nothing, `away` is kept off the server.
            assert_eq!(found, ["dbvip 172.16.0.40"], "{release}");
        }
    }
}
