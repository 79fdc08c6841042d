//! A question to a device of the configuration, as a command on this host.

use crate::fencing::agent::FenceAgent;
use crate::fencing::device::Device;
use crate::plan::{shell_line, words};

/// Returns a device's parameters as the agent gets them for a node.
pub fn own_params(device: &Device, node: &str) -> Vec<(String, String)> {
    let mut params: Vec<(String, String)> = device.primitive.params.clone();
    params.retain(|(name, _)| !name.starts_with("pcmk_"));
    let plugs = device.nodes();
    let plug = plugs.iter().find(|(name, _)| *name == node);
    if let Some((_, Some(plug))) = plug {
        params.push(("plug".to_owned(), (*plug).to_owned()));
    }
    params
}

pub fn first_node<'a>(device: &Device<'a>) -> &'a str {
    let nodes = device.nodes();
    nodes.first().map_or("", |(node, _)| node)
}

/// Returns whether a device can be asked without telling its password to others on the host.
pub fn can_be_asked(device: &Device) -> bool {
    let is_secret = |name: &str| {
        name.contains("community") || name.contains("passw") && !name.ends_with("_script")
    };
    let mut params = device.primitive.params.iter();
    !params.any(|(name, _)| is_secret(name))
        && device.primitive.agent.name.parse::<FenceAgent>().is_ok()
}

/// Returns the command that asks a device, or has it do something, and prints what it says: the agent ends
/// with 2 where the power is off.
pub fn ask(device: &Device, node: &str, action: &str) -> Vec<String> {
    let program = device
        .primitive
        .agent
        .name
        .parse::<FenceAgent>()
        .map_or_else(|_| String::new(), |agent| agent.to_string());
    let mut lines = vec![format!("action={action}")];
    let params = own_params(device, node);
    lines.extend(params.iter().map(|(name, value)| format!("{name}={value}")));
    let mut ask = words(&["printf", "%s\\n"]);
    ask.extend(lines);
    let ask = shell_line(&ask);
    let or = if action == "status" { " || :" } else { "" };
    words(&["sh", "-c", &format!("{ask} | {program}{or}")])
}
