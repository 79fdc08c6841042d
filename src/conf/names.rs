//! Names of clusters and nodes, as corosync.conf and Pacemaker take them.

use std::fmt;
use std::str::FromStr;

use super::{BadValue, serde_as_text};

/// The name of a cluster, such as `cluster_web`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClusterName(String);

/// The name of a node: its host name, as `uname -n` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeName(String);

/// The longest name that the lock manager (DLM) takes.
const LONGEST_CLUSTER_NAME: usize = 32;

/// The longest host name of Linux.
const LONGEST_NODE_NAME: usize = 64;

impl ClusterName {
    /// Returns the name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl NodeName {
    /// Returns the name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClusterName {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<ClusterName, BadValue> {
        plain_word("the name of a cluster", text, LONGEST_CLUSTER_NAME)?;
        Ok(ClusterName(text.to_owned()))
    }
}

impl FromStr for NodeName {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<NodeName, BadValue> {
        plain_word("the name of a node", text, LONGEST_NODE_NAME)?;
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadValue::new(format!(
                "node name {text} would be taken for a node id: write the host name, as `uname -n` prints it"
            )));
        }
        if text == "localhost" || text.starts_with("localhost.") {
            return Err(BadValue::new(
                "localhost names every host: write the host name, as `uname -n` prints it",
            ));
        }
        Ok(NodeName(text.to_owned()))
    }
}

/// Refuses a name that corosync.conf, the CIB or a shell could read as something else.
fn plain_word(what: &str, text: &str, longest: usize) -> Result<(), BadValue> {
    let first = text.chars().next();
    let fault = match text.chars().find(|&c| !is_plain(c)) {
        _ if text.is_empty() => format!("{what} is empty"),
        Some(' ') => format!("{what} has a space in it: {text:?}"),
        Some(strange) => format!("{what} has {strange:?} in it: {text:?}"),
        None if first.is_some_and(|c| !c.is_ascii_alphanumeric()) => {
            format!(
                "{what} begins with {:?}: {text:?}",
                first.unwrap_or_default()
            )
        }
        None if text.len() > longest => {
            format!(
                "{what} has {} characters of at most {longest}: {text}",
                text.len()
            )
        }
        None => return Ok(()),
    };
    Err(BadValue::new(format!(
        "{fault}: write letters, digits, `-`, `_` and `.` only, a letter or digit first"
    )))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(ClusterName);
serde_as_text!(NodeName);

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster_error(text: &str) -> String {
        text.parse::<ClusterName>().unwrap_err().to_string()
    }

    fn node_error(text: &str) -> String {
        text.parse::<NodeName>().unwrap_err().to_string()
    }

    #[test]
    fn the_names_of_the_notes_are_names() {
        assert_eq!(
            "cluster_web".parse::<ClusterName>().unwrap().as_str(),
            "cluster_web"
        );
        assert_eq!("srv-web1".parse::<NodeName>().unwrap().as_str(), "srv-web1");
        assert_eq!(
            "web1.example.org".parse::<NodeName>().unwrap().to_string(),
            "web1.example.org"
        );
    }

    #[test]
    fn what_could_be_read_as_something_else_is_refused() {
        assert!(cluster_error("").starts_with("the name of a cluster is empty"));
        assert!(cluster_error("my cluster").contains("has a space in it"));
        assert!(cluster_error("web {").contains("has a space in it"));
        assert!(cluster_error("web{").contains("has '{' in it"));
        assert!(cluster_error("web\ntoken: 1").contains("has '\\n' in it"));
        assert!(cluster_error("-web").contains("begins with '-'"));
        assert!(cluster_error(&"w".repeat(33)).contains("33 characters of at most 32"));
        assert!(node_error("serv1;reboot").contains("has ';' in it"));
        assert!(node_error("élan").contains("has 'é' in it"));
    }

    #[test]
    fn a_node_is_not_a_number_and_not_localhost() {
        assert!(node_error("12").contains("taken for a node id"));
        assert!(node_error("localhost").contains("names every host"));
        assert!("1web".parse::<NodeName>().is_ok());
    }
}
