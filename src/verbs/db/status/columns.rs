//! What the columns of a link say.

use crate::health::database::{Edge, SemiSync, Topology};
use crate::report::{Role, Span};

pub fn tls(topology: &Topology, edge: &Edge) -> &'static str {
    let primary = edge.primary.map(|primary| topology.servers[primary].said);
    let offered = primary
        .filter(|said| said.answers())
        .map(|said| said.variable("have_ssl") == Some("YES"));
    match (edge.link.tls_allowed(), edge.link.tls_verified(), offered) {
        (false, ..) => "in clear",
        (true, true, _) => "TLS, verified",
        (true, false, Some(true)) => "TLS, not verified",
        (true, false, Some(false)) => "in clear (primary has no TLS)",
        (true, false, None) => "TLS if the primary has it",
    }
}

pub fn filters(topology: &Topology, at: usize) -> String {
    let said = topology.servers[at].said;
    let mut words: Vec<String> = topology
        .links_of(at)
        .flat_map(|edge| edge.link.filters())
        .map(|(column, value)| {
            let name = column.to_lowercase();
            format!("{}={value}", name.trim_start_matches("replicate_"))
        })
        .collect();
    if let Some(position) = &said.position {
        let set = [
            ("binlog_do_db", &position.do_db),
            ("binlog_ignore_db", &position.ignore_db),
        ];
        words.extend(
            set.into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| format!("{name}={value}")),
        );
    }
    match words.is_empty() {
        true if topology.role(at) == "alone" => String::new(),
        true => "none".to_owned(),
        false => words.join(" "),
    }
}

pub fn semi_sync(topology: &Topology, at: usize) -> Span {
    match SemiSync::on_server(topology, at) {
        SemiSync::Off => Span::from("off"),
        SemiSync::InForce => Span::from("in force"),
        SemiSync::Alone => Span::new(Role::Warn, "on, no replica takes part"),
        SemiSync::Fallen => Span::new(Role::Warn, "on, not in force"),
    }
}
