//! What the columns of a link say.

use crate::health::database::{Bond, Scene, SemiSync};
use crate::report::{Role, Span};

pub fn tls(scene: &Scene, bond: &Bond) -> &'static str {
    let primary = bond.primary.map(|primary| scene.servers[primary].said);
    let offered = primary
        .filter(|said| said.answers())
        .map(|said| said.variable("have_ssl") == Some("YES"));
    match (bond.link.tls_allowed(), bond.link.tls_verified(), offered) {
        (false, ..) => "in clear",
        (true, true, _) => "TLS, verified",
        (true, false, Some(true)) => "TLS, not verified",
        (true, false, Some(false)) => "in clear (primary has no TLS)",
        (true, false, None) => "TLS if the primary has it",
    }
}

pub fn filters(scene: &Scene, at: usize) -> String {
    let said = scene.servers[at].said;
    let mut words: Vec<String> = scene
        .links_of(at)
        .flat_map(|bond| bond.link.filters())
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
        true if scene.role(at) == "alone" => String::new(),
        true => "none".to_owned(),
        false => words.join(" "),
    }
}

pub fn semi_sync(scene: &Scene, at: usize) -> Span {
    match SemiSync::of(scene, at) {
        SemiSync::Off => Span::from("off"),
        SemiSync::InForce => Span::from("in force"),
        SemiSync::Alone => Span::new(Role::Warn, "on, no replica takes part"),
        SemiSync::Fallen => Span::new(Role::Warn, "on, not in force"),
    }
}
