//! Fence devices: which node each can switch off, by the configuration.

use crate::cib::{Cib, Object, Primitive};
use crate::wording::list;
use std::collections::BTreeMap;

/// A fence device of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Device<'a> {
    pub primitive: &'a Primitive,
}

/// Returns the fence devices, in the configuration's order.
pub fn devices(cib: &Cib) -> impl Iterator<Item = Device<'_>> {
    let primitives = cib.objects().iter().filter_map(Object::primitive);
    primitives
        .filter(|primitive| primitive.fences())
        .map(|primitive| Device { primitive })
}

/// Returns the devices that can switch a node off, as far as the configuration says which do.
pub fn devices_of<'a>(cib: &'a Cib, node: &str) -> Vec<Device<'a>> {
    let all = devices(cib);
    all.filter(|device| device.nodes().iter().any(|(name, _)| *name == node))
        .collect()
}

/// Returns the device that may switch a node off: one that is told so, or one that is asked which it can.
pub fn device_for<'a>(cib: &'a Cib, node: &str) -> Option<Device<'a>> {
    devices(cib).find(|device| device.may_switch(node))
}

impl<'a> Device<'a> {
    /// Returns its name.
    pub fn id(&self) -> &'a str {
        &self.primitive.id
    }

    /// Returns true for a node that it is told to switch, and where it is asked which it can.
    pub fn may_switch(&self, node: &str) -> bool {
        let nodes = self.nodes();
        nodes.is_empty() || nodes.iter().any(|(name, _)| *name == node)
    }

    /// Returns the nodes that it is told to switch, each with the name that the device has for it where
    /// that is another one; none where the device itself is asked which.
    pub fn nodes(&self) -> Vec<(&'a str, Option<&'a str>)> {
        // A map is written `serv1:vm1;serv2:vm2`, and blanks and commas separate too.
        let separators = [';', ',', ' ', '\t', '\n'];
        let words = |text: &'a str| text.split(separators).filter(|word| !word.is_empty());
        let mut nodes: Vec<(&str, Option<&str>)> = Vec::new();
        if let Some(map) = self.primitive.param("pcmk_host_map") {
            let pairs = words(map).filter_map(|pair| pair.split_once([':', '=']));
            nodes.extend(pairs.map(|(node, plug)| (node, Some(plug))));
        }
        if let Some(list) = self.primitive.param("pcmk_host_list") {
            for node in words(list) {
                if !nodes.iter().any(|(known, _)| *known == node) {
                    nodes.push((node, None));
                }
            }
        }
        nodes
    }
}

/// Agents whose device is one server's own, so that its address is what it switches.
const OF_ONE_SERVER: &[&str] = &[
    "fence_amt",
    "fence_amt_ws",
    "fence_idrac",
    "fence_ilo",
    "fence_ilo2",
    "fence_ilo3",
    "fence_ilo3_ssh",
    "fence_ilo4",
    "fence_ilo4_ssh",
    "fence_ilo5",
    "fence_ilo5_ssh",
    "fence_ilo_ssh",
    "fence_imm",
    "fence_ipmilan",
    "fence_ipmilanplus",
    "fence_redfish",
    "fence_rsa",
    "fence_rsb",
];

/// One power switch that the configuration gives to more than one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// What it is, as an address and perhaps a name behind it: `172.16.0.110`, `172.16.0.1 vm1`.
    pub outlet: String,
    /// The nodes, each of which it would switch off in place of another.
    pub nodes: Vec<String>,
    /// The devices that say so.
    pub devices: Vec<String>,
}

/// Returns the power switches that the configuration gives to more than one node: a shot at one hits another.
pub fn shared(cib: &Cib) -> Vec<Shared> {
    let mut outlets: BTreeMap<String, Shared> = BTreeMap::new();
    for device in devices(cib) {
        let of_one = OF_ONE_SERVER.contains(&device.primitive.agent.name.as_str());
        let address = ["ip", "ipaddr"]
            .iter()
            .find_map(|name| device.primitive.param(name));
        for (node, plug) in device.nodes() {
            let outlet = match (address, plug) {
                (Some(address), _) if of_one => address.to_owned(),
                (address, Some(plug)) => format!("{} {plug}", address.unwrap_or_default()),
                // It finds the node by the node's own name.
                (_, None) => continue,
            };
            let one = outlets.entry(outlet.clone()).or_insert_with(|| Shared {
                outlet,
                nodes: Vec::new(),
                devices: Vec::new(),
            });
            for (known, new) in [(&mut one.nodes, node), (&mut one.devices, device.id())] {
                if !known.iter().any(|known| known == new) {
                    known.push(new.to_owned());
                }
            }
        }
    }
    outlets
        .into_values()
        .filter(|one| one.nodes.len() > 1)
        .collect()
}

impl Shared {
    /// Returns the command that takes its devices away: it stops them first, as crmsh wants it.
    pub fn way_out(&self) -> String {
        format!("bascule fence remove {}", self.nodes.join(" "))
    }

    /// Returns what is wrong with it, as a sentence without full stop.
    pub fn sentence(&self) -> String {
        format!(
            "{} is given to {} by {}: who is to be shot is not who is hit",
            self.outlet.trim(),
            list(&self.nodes),
            list(&self.devices)
        )
    }
}

/// Returns the name of the device of a node, first or second choice.
pub fn name(node: &str, level: u8) -> String {
    match level {
        1 => format!("fence-{node}"),
        level => format!("fence-{node}-{level}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(params: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
        let primitive = Primitive {
            id: "d".to_owned(),
            agent: "stonith:fence_virsh".parse().unwrap(),
            params: params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            meta: Vec::new(),
            operations: Vec::new(),
        };
        let device = Device {
            primitive: &primitive,
        };
        let owned = |(node, plug): (&str, Option<&str>)| (node.to_owned(), plug.map(str::to_owned));
        device.nodes().into_iter().map(owned).collect()
    }

    fn cib(devices: &[(&str, &str, &str)]) -> Cib {
        let primitives = devices.iter().map(|(id, agent, params)| {
            let params = params.split(' ').enumerate().filter_map(|(at, pair)| {
                let (name, value) = pair.split_once('=')?;
                Some(format!(r#"<nvpair id="{id}-{at}" name="{name}" value="{value}"/>"#))
            });
            format!(
                r#"<primitive id="{id}" class="stonith" type="{agent}"><instance_attributes id="{id}-p">{}</instance_attributes></primitive>"#,
                params.collect::<String>()
            )
        });
        Cib::parse(format!(
            "<cib><configuration><crm_config/><nodes/><resources>{}</resources><constraints/></configuration></cib>",
            primitives.collect::<String>()
        ))
        .unwrap()
    }

    #[test]
    fn one_switch_for_two_nodes_is_found() {
        let said = |devices: &[(&str, &str, &str)]| -> Vec<String> {
            shared(&cib(devices)).iter().map(Shared::sentence).collect()
        };
        let one = ("a", "fence_ipmilan", "ip=172.16.0.110 pcmk_host_list=serv1");
        let other = ("b", "fence_ipmilan", "ip=172.16.0.110 pcmk_host_list=serv2");
        assert_eq!(
            said(&[one, other]),
            [
                "172.16.0.110 is given to serv1 and serv2 by a and b: who is to be shot is not who is hit"
            ]
        );
        let all = (
            "c",
            "fence_idrac",
            "ipaddr=172.16.0.110 pcmk_host_list=serv1,serv2",
        );
        assert_eq!(said(&[all]).len(), 1);
        // A second choice for the same node, and a switch with outlets of their own.
        let again = ("d", "fence_redfish", "ip=172.16.0.110 pcmk_host_list=serv1");
        let strip = (
            "e",
            "fence_apc",
            "ip=172.16.0.9 pcmk_host_map=serv1:1;serv2:2",
        );
        let named = ("f", "fence_pve", "ip=172.16.0.8 pcmk_host_list=serv1,serv2");
        assert_eq!(said(&[one, again, strip, named]), Vec::<String>::new());
        let same = (
            "g",
            "fence_virsh",
            "ip=172.16.0.1 pcmk_host_map=serv1:vm1;serv2:vm1",
        );
        assert_eq!(said(&[same]).len(), 1);
    }

    #[test]
    fn a_device_knows_its_nodes_by_list_and_by_map() {
        let one = |node: &str, plug: Option<&str>| (node.to_owned(), plug.map(str::to_owned));
        assert_eq!(nodes(&[]), []);
        assert_eq!(
            nodes(&[("pcmk_host_list", "serv1, serv2")]),
            [one("serv1", None), one("serv2", None)]
        );
        assert_eq!(
            nodes(&[
                ("pcmk_host_map", "serv1:vm1;serv2:vm2"),
                ("pcmk_host_list", "serv1")
            ]),
            [one("serv1", Some("vm1")), one("serv2", Some("vm2"))]
        );
    }
}
