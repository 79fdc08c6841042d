//! The resource that is the MariaDB server.

use super::{Agent, Cib, Object, Primitive};

impl Cib {
    /// Returns the resource that is the MariaDB server, if there is one.
    pub fn database_server(&self) -> Option<&Primitive> {
        let mut primitives = self.objects().iter().filter_map(Object::primitive);
        primitives.find(|primitive| is_server(&primitive.agent))
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
