//! Starting a server that does not run: through whoever keeps it running.

use crate::cib::Object;
use crate::facts::{Cluster, Facts};
use crate::plan::Hint;

/// Returns the command that starts the server of a host of this cluster, where the cluster keeps it
/// running; none where systemd does.
///
/// A copy that systemd starts beside Pacemaker is one that Pacemaker stops at its next look, or that
/// runs where it must not.
pub fn through_the_cluster(facts: &Facts, host: &str) -> Option<Hint> {
    let cib = facts.cib()?;
    let primitive = cib.database_server()?;
    let id = &primitive.id;
    // Who is no node of it starts its server by itself.
    if cib.nodes().iter().all(|node| node.name != host) {
        return None;
    }
    let hint = |purpose: String, command: String| Some(Hint { purpose, command });
    if let Cluster::Stopped { .. } = facts.cluster {
        let purpose = format!("the cluster starts it, as {id}; to start that");
        return hint(purpose, "bascule cluster start".to_owned());
    }
    let monitor = facts.monitor.as_ref()?;
    let parts = monitor.primitives_of(id);
    let node = monitor.node(host);
    let left_alone = monitor.maintenance
        || node.is_some_and(|node| node.maintenance)
        || parts.iter().any(|part| !part.managed);
    if left_alone {
        return None;
    }
    if node.is_some_and(|node| node.state() == "standby") {
        let purpose =
            format!("the cluster starts it, as {id}, once {host} may run something again");
        return hint(purpose, format!("bascule node online {host}"));
    }
    let whole = [Some(id.as_str()), cib.parent_of(id)];
    let asked = whole.into_iter().flatten().find(|name| {
        let meta = match cib.object(name) {
            Some(Object::Primitive(primitive)) => &primitive.meta,
            Some(Object::Group(group)) => &group.meta,
            Some(Object::Clone(clone)) => &clone.meta,
            _ => return false,
        };
        meta.iter()
            .any(|(name, value)| name == "target-role" && value == "Stopped")
    });
    if let Some(name) = asked {
        let purpose = format!("it is stopped in the cluster, as {name}; to start it");
        return hint(purpose, format!("bascule crm resource start {name}"));
    }
    let failed = monitor.failures.iter().any(|one| one.resource == *id);
    if failed || parts.iter().any(|part| part.blocked) {
        let purpose = format!("the cluster starts it, as {id}, once its failures are forgotten");
        return hint(purpose, format!("bascule crm resource cleanup {id}"));
    }
    hint(
        format!("the cluster decides where it runs, as {id}"),
        "bascule status".to_owned(),
    )
}
