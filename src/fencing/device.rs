//! Fence devices: which node each can switch off, by the configuration.

use crate::cib::{Cib, Object, Primitive};

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
    devices(cib).find(|device| {
        let nodes = device.nodes();
        nodes.is_empty() || nodes.iter().any(|(name, _)| *name == node)
    })
}

impl<'a> Device<'a> {
    /// Returns its name.
    pub fn id(&self) -> &'a str {
        &self.primitive.id
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
