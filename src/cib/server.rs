//! The resource that is the MariaDB server.

use super::{Agent, Cib, Object, Primitive};

impl Cib {
    /// Returns the resource that is the MariaDB server, if there is one.
    pub fn database_server(&self) -> Option<&Primitive> {
        self.objects().iter().find_map(|object| match object {
            Object::Primitive(primitive) if is_server(&primitive.agent) => Some(primitive),
            _ => None,
        })
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
