//! How wide the column of the names is.

use crate::facts::Facts;
use crate::health;
use unicode_width::UnicodeWidthStr;

/// Returns how wide the column of the names is.
pub fn name_width(facts: &Facts) -> usize {
    let conf = health::configured(facts);
    let nodes = facts
        .monitor
        .iter()
        .flat_map(|monitor| &monitor.nodes)
        .map(|node| node.name.width());
    let listed = conf
        .iter()
        .flat_map(|conf| conf.nodes())
        .map(|node| node.label().width());
    nodes
        .chain(listed)
        .chain([
            cluster_name(facts).width().saturating_sub(2),
            "last change".len() - 2,
        ])
        .max()
        .unwrap_or(0)
}

pub fn cluster_name(facts: &Facts) -> String {
    health::configured(facts)
        .and_then(|conf| conf.cluster_name().map(str::to_owned))
        .or_else(|| facts.cib()?.property("cluster-name"))
        .unwrap_or_else(|| "the cluster".to_owned())
}
