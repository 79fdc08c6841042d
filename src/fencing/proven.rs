//! When the fencing of a node was last proved by firing it.
//!
//! A device that was never fired counts as none. What was seen stands as an attribute of the node in the
//! CIB, so that every node knows it, with a digest of the devices as they were then: another address or
//! agent has proved nothing yet.

use super::device::devices_of;
use crate::cib::{Cib, Pairs};
use sha1::{Digest, Sha1};

/// The name of the attribute.
pub const ATTRIBUTE: &str = "fence-tested";

/// What is known of a node's fencing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It was never fired.
    Never,
    /// It was, and its devices were changed since.
    Outdated(jiff::Timestamp),
    /// Its device was seen to switch another node off.
    Wrong(jiff::Timestamp),
    /// It was.
    Fired(jiff::Timestamp),
}

/// Returns what is known of a node's fencing.
pub fn proof(cib: &Cib, node: &str) -> Proof {
    let attributes = cib.node(node).map(|node| node.attributes.as_slice());
    let mut attributes = attributes.unwrap_or_default().iter();
    let value = attributes.find_map(|(name, value)| (name == ATTRIBUTE).then_some(value));
    let parsed = value.and_then(|value| {
        let mut words = value.split(' ');
        let at = words.next()?.parse::<jiff::Timestamp>().ok()?;
        Some((
            at,
            words.next()? == digest(cib, node),
            words.next() == Some(WRONG),
        ))
    });
    match parsed {
        None => Proof::Never,
        Some((at, true, true)) => Proof::Wrong(at),
        Some((at, true, false)) => Proof::Fired(at),
        // Which has another device by now: what was wrong may not be.
        Some((_, false, true)) => Proof::Never,
        Some((at, false, false)) => Proof::Outdated(at),
    }
}

/// What stands behind the digest of a device that switches another node.
const WRONG: &str = "wrong";

/// Returns the command that writes down that the node's fencing was fired.
pub fn record_fired(cib: &Cib, node: &str) -> String {
    record(node, &digest(cib, node))
}

/// Returns the command that writes down that the node's device was seen to switch another one.
pub fn record_wrong(cib: &Cib, node: &str) -> String {
    record(node, &format!("{} {WRONG}", digest(cib, node)))
}

fn record(node: &str, value: &str) -> String {
    format!(
        "crm_attribute --type nodes --node {node} --name {ATTRIBUTE} \\\n  --update \"$(date -u +%Y-%m-%dT%H:%M:%SZ) {value}\""
    )
}

/// Returns a digest of all that is configured of a node's devices.
pub fn digest(cib: &Cib, node: &str) -> String {
    let mut text = String::new();
    for device in devices_of(cib, node) {
        let primitive = device.primitive;
        let mut params: Pairs = primitive.params.clone();
        params.sort();
        text += &format!("{} {}\n", primitive.id, primitive.agent);
        for (name, value) in params {
            text += &format!("{name}={value}\n");
        }
    }
    let sum = Sha1::digest(text.as_bytes());
    sum.iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cib(ip: &str, tested: &str) -> Cib {
        Cib::parse(format!(
            r#"<cib><configuration><crm_config/><nodes><node id="1" uname="serv1">
            <instance_attributes id="a"><nvpair id="b" name="{ATTRIBUTE}" value="{tested}"/></instance_attributes>
            </node></nodes><resources><primitive id="fence-serv1" class="stonith" type="fence_ipmilan">
            <instance_attributes id="p"><nvpair id="q" name="ip" value="{ip}"/>
            <nvpair id="r" name="pcmk_host_list" value="serv1"/></instance_attributes></primitive></resources>
            <constraints/></configuration></cib>"#
        ))
        .unwrap()
    }

    #[test]
    fn what_was_fired_counts_until_the_device_is_another() {
        let at = jiff::Timestamp::from_second(1_800_000_000).unwrap();
        let value = format!("{at} {}", digest(&cib("172.16.0.110", ""), "serv1"));
        assert_eq!(proof(&cib("172.16.0.110", ""), "serv1"), Proof::Never);
        assert_eq!(
            proof(&cib("172.16.0.110", &value), "serv1"),
            Proof::Fired(at)
        );
        assert_eq!(
            proof(&cib("172.16.0.111", &value), "serv1"),
            Proof::Outdated(at)
        );
        assert_eq!(proof(&cib("172.16.0.110", &value), "serv2"), Proof::Never);
        let wrong = format!("{value} wrong");
        assert_eq!(
            proof(&cib("172.16.0.110", &wrong), "serv1"),
            Proof::Wrong(at)
        );
        assert_eq!(proof(&cib("172.16.0.111", &wrong), "serv1"), Proof::Never);
    }
}
