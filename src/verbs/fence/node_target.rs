//! A node and how its device reaches it, as one word.

use crate::names::{NodeName, host};

/// A node and how its device reaches it, typed `NODE=WORD`.
#[derive(Debug, Clone)]
pub struct NodeTarget {
    pub node: NodeName,
    pub word: String,
}

/// Returns a node with what its device calls it.
///
/// # Errors
/// When it is none that can be typed, or the word is none that crmsh and agents take as one.
pub fn target(text: &str) -> Result<NodeTarget, String> {
    let Some((node, word)) = text.split_once('=') else {
        return Err(format!("write it as NODE=…, such as {text}=…"));
    };
    let node = node
        .parse::<NodeName>()
        .map_err(|error| error.to_string())?;
    let plain = |c: char| c.is_ascii_graphic() && !"\"'`\\;,".contains(c);
    if word.is_empty() || !word.chars().all(plain) {
        return Err(format!("what switches {node} is one word behind the ="));
    }
    let word = word.to_owned();
    Ok(NodeTarget { node, word })
}

/// Returns a node with the address of its device.
///
/// # Errors
/// When it is none that can be typed, or no address is behind the `=`.
pub fn target_host(text: &str) -> Result<NodeTarget, String> {
    let target = target(text)?;
    host(&target.word).map_err(|error| error.to_string())?;
    Ok(target)
}
