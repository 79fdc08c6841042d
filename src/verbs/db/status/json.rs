//! `db status` for programs.

use super::columns::{filters, semi_sync, tls};
use crate::health::database::{Bond, Lag, Scene, history, kept, size};
use crate::mariadb::{Position, Relation};
use serde_json::{Value, json};

/// Returns a server for programs.
pub fn server(scene: &Scene, at: usize) -> Value {
    let server = &scene.servers[at];
    let said = server.said;
    if !said.answers() {
        return json!({
            "name": server.name,
            "asked": server.asked,
            "role": scene.role(at),
            "unreachable": said.unreachable,
            "unanswered": said.unanswered,
        });
    }
    let history = history(said);
    json!({
        "name": server.name,
        "asked": server.asked,
        "role": scene.role(at),
        "version": said.version,
        "server_id": said.server_id(),
        "read_only": server.said.is_read_only(),
        "gtid_binlog_pos": history.binlog_pos,
        "gtid_binlog_state": history.binlog_state,
        "gtid_slave_pos": history.slave_pos,
        "replicas": said.replicas().map(|session| &session.host).collect::<Vec<_>>(),
        "binlog": said.has_binlog(),
        "binlog_bytes": size(server),
        "binlog_kept_seconds": kept(server),
        "free_bytes": said.free_for_data(),
        "semi_sync": semi_sync(scene, at).text,
        "filters": filters(scene, at),
    })
}

/// Returns a link for programs.
pub fn link(scene: &Scene, bond: &Bond) -> Value {
    let link = bond.link;
    let relation = scene.relation(bond);
    json!({
        "replica": scene.servers[bond.replica].name,
        "primary": scene.primary_name(bond),
        "connection": link.connection(),
        "address": link.primary_host(),
        "port": link.primary_port(),
        "user": link.primary_user(),
        "io": link.io(),
        "sql": link.sql(),
        "io_errno": link.io_errno(),
        "sql_errno": link.sql_errno(),
        "seconds_behind_master": link.seconds_behind(),
        "using_gtid": link.using_gtid(),
        "tls": tls(scene, bond),
        "lag": match scene.lag(bond) {
            Lag::Unknown => Value::Null,
            Lag::Level(ms) => json!({ "transactions": 0, "milliseconds": ms }),
            Lag::Behind { transactions, gained, within } => json!({
                "transactions": transactions, "applied": gained, "milliseconds": within,
            }),
        },
        "relation": relation.as_ref().map(|relation| match relation {
            Relation::Same => "same",
            Relation::Behind(_) => "behind",
            Relation::Ahead(_) => "ahead",
            Relation::Diverged { .. } => "diverged",
            Relation::Unknown(_) => "unknown",
        }),
        "extra": relation.as_ref().map(|relation| relation
            .extra()
            .iter()
            .map(|gtid| Position::from(*gtid).to_string())
            .collect::<Vec<_>>()),
    })
}
