//! Names as an administrator types them: of clusters, nodes and resources, and the one that was
//! perhaps meant.
//!
//! Parsed once at the edge (they are clap value parsers through `FromStr`) and trusted inside: a
//! value of these types needs no quoting in a shell line, in crm's language or in XML, and cannot
//! be taken for an option.

mod mark;

pub use mark::{Existing, Name};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Words that crmsh's parser takes for its own where a resource could stand.
const CRM_WORDS: [&str; 9] = [
    "params",
    "meta",
    "utilization",
    "operations",
    "op",
    "op_params",
    "op_meta",
    "rule",
    "attributes",
];

/// The longest name accepted: that of a host on Linux; Pacemaker has no limit, but screens have.
const LONGEST: usize = 64;

/// The longest name of a cluster that the lock manager (DLM) takes.
const LONGEST_CLUSTER: usize = 32;

/// A name that cannot be used, and why.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// Nothing was typed.
    #[error("a {what} name cannot be empty")]
    Empty {
        /// `resource`, `node` or `cluster`.
        what: &'static str,
    },
    /// More characters than fit.
    #[error("the {what} name `{name}` is {length} characters long, {most} is the most")]
    TooLong {
        /// `resource`, `node` or `cluster`.
        what: &'static str,
        /// The name, shortened.
        name: String,
        /// How many characters it has.
        length: usize,
        /// How many it may have.
        most: usize,
    },
    /// The first character cannot stand there.
    #[error("the {what} name `{name}` begins with {found}, it must begin with {allowed}")]
    Begins {
        /// `resource`, `node` or `cluster`.
        what: &'static str,
        /// The name, escaped and shortened.
        name: String,
        /// The character, described.
        found: String,
        /// The characters that may stand there.
        allowed: &'static str,
    },
    /// A character that is not allowed anywhere.
    #[error("the {what} name `{name}` contains {found}, only {allowed} are allowed")]
    Contains {
        /// `resource`, `node` or `cluster`.
        what: &'static str,
        /// The name, escaped and shortened.
        name: String,
        /// The character, described.
        found: String,
        /// The names that are allowed.
        allowed: &'static str,
    },
    /// A word of crm's own language.
    #[error("`{0}` is a word of crmsh's own language and cannot name a resource")]
    CrmWord(String),
    /// A name of digits only.
    #[error("the node name `{0}` would be taken for a node id, write what `uname -n` prints there")]
    NodeId(String),
    /// A name that means another host on each host.
    #[error("{0} names every host, write what `uname -n` prints there")]
    EveryHost(String),
}

/// The name of a resource or constraint: an XML id that crmsh reads back without quoting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceId(String);

/// The name of a cluster, such as `cluster_web`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterName(String);

/// The name of a node: its host name, as `uname -n` prints it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeName(String);

/// Returns a host as ssh reaches it: an address, or a name that no option could be taken for.
///
/// # Errors
/// When it is neither.
pub fn host(text: &str) -> Result<String, NameError> {
    match text.parse::<std::net::IpAddr>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Ok(text.parse::<NodeName>()?.to_string()),
    }
}

impl FromStr for ResourceId {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        check(
            name,
            "resource",
            LONGEST,
            (|c| c.is_ascii_alphabetic() || c == '_', "a letter or `_`"),
            (
                |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'),
                "letters, digits, `_`, `.` and `-`",
            ),
        )?;
        if CRM_WORDS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(NameError::CrmWord(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }
}

impl FromStr for NodeName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        check_host_like(name, "node", LONGEST)?;
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NameError::NodeId(name.to_owned()));
        }
        if name == "localhost" || name.starts_with("localhost.") {
            return Err(NameError::EveryHost(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }
}

impl FromStr for ClusterName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        check_host_like(name, "cluster", LONGEST_CLUSTER)?;
        Ok(Self(name.to_owned()))
    }
}

/// A host name has no underscore by the book, but Pacemaker takes one and clusters exist that
/// have it.
fn check_host_like(name: &str, what: &'static str, most: usize) -> Result<(), NameError> {
    check(
        name,
        what,
        most,
        (|c| c.is_ascii_alphanumeric(), "a letter or a digit"),
        (
            |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'),
            "letters, digits, `_`, `.` and `-`",
        ),
    )
}

/// A set of characters and how it is called.
type Allowed = (fn(char) -> bool, &'static str);

fn check(
    name: &str,
    what: &'static str,
    most: usize,
    first: Allowed,
    any: Allowed,
) -> Result<(), NameError> {
    let Some(initial) = name.chars().next() else {
        return Err(NameError::Empty { what });
    };
    if let Some(bad) = name.chars().find(|c| !any.0(*c)) {
        return Err(NameError::Contains {
            what,
            name: safe_name(name),
            found: described(bad),
            allowed: any.1,
        });
    }
    if !first.0(initial) {
        return Err(NameError::Begins {
            what,
            name: safe_name(name),
            found: described(initial),
            allowed: first.1,
        });
    }
    let length = name.chars().count();
    if length > most {
        return Err(NameError::TooLong {
            what,
            name: safe_name(name),
            length,
            most,
        });
    }
    Ok(())
}

/// Returns a name safe for one line of a screen: escaped, and cut where it is long.
pub(crate) fn safe_name(name: &str) -> String {
    const MOST: usize = 32;
    let mut shown: String = name
        .chars()
        .take(MOST)
        .flat_map(char::escape_debug)
        .collect();
    if name.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// Returns a character as a message names it.
pub(crate) fn described(c: char) -> String {
    match c {
        ' ' => "a blank".to_owned(),
        '\n' => "a line break".to_owned(),
        '\t' => "a tab".to_owned(),
        '`' => "a backquote".to_owned(),
        c if c.is_control() => format!("the control character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}

macro_rules! text_of {
    ($name:ident) => {
        impl $name {
            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(name: String) -> Result<Self, NameError> {
                name.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

text_of!(ClusterName);
text_of!(NodeName);
text_of!(ResourceId);

/// Returns the known name nearest to what was typed, if it is near.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| {
            let (typed, known) = (typed.to_lowercase(), name.to_lowercase());
            let alike = strsim::jaro_winkler(&typed, &known);
            // Two letters swapped in a short word look less alike than they are.
            let one_slip = typed.len() > 2 && strsim::damerau_levenshtein(&typed, &known) == 1;
            (if one_slip { alike.max(0.9) } else { alike }, name)
        })
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(name: &str) -> String {
        match name.parse::<ResourceId>() {
            Ok(id) => format!("ok {id}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn ordinary_names_are_taken() {
        for name in [
            "IPFailover",
            "_x",
            "web-1.a",
            "serviceWeb",
            "métier".trim_start_matches("mé"),
        ] {
            assert_eq!(resource(name), format!("ok {name}"));
        }
        for name in ["serv1", "web_1", "srv-web1", "a.example.org", "1web"] {
            assert_eq!(name.parse::<NodeName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_refusal_says_what_is_wrong_and_what_is_allowed() {
        let allowed = "only letters, digits, `_`, `.` and `-` are allowed";
        assert_eq!(resource(""), "a resource name cannot be empty");
        assert_eq!(
            resource("a b"),
            format!("the resource name `a b` contains a blank, {allowed}")
        );
        assert_eq!(
            resource("a;b"),
            format!("the resource name `a;b` contains `;`, {allowed}")
        );
        assert_eq!(
            resource("a\nb"),
            format!("the resource name `a\\nb` contains a line break, {allowed}")
        );
        assert_eq!(
            resource("a\x1b[1m"),
            format!(
                "the resource name `a\\u{{1b}}[1m` contains the control character U+001B, {allowed}"
            )
        );
        assert_eq!(
            resource("a\"b"),
            format!("the resource name `a\\\"b` contains `\"`, {allowed}")
        );
        assert_eq!(
            resource("é"),
            format!("the resource name `é` contains `é`, {allowed}")
        );
        assert_eq!(
            resource("-x"),
            "the resource name `-x` begins with `-`, it must begin with a letter or `_`"
        );
        assert_eq!(
            resource("meta"),
            "`meta` is a word of crmsh's own language and cannot name a resource"
        );
    }

    #[test]
    fn a_long_name_is_shortened_in_the_message() {
        let message = resource(&"a".repeat(300));
        assert_eq!(
            message,
            format!(
                "the resource name `{}…` is 300 characters long, 64 is the most",
                "a".repeat(32)
            )
        );
    }

    #[test]
    fn a_node_name_is_never_an_option() {
        assert_eq!(
            "-oProxyCommand"
                .parse::<NodeName>()
                .unwrap_err()
                .to_string(),
            "the node name `-oProxyCommand` begins with `-`, it must begin with a letter or a digit"
        );
    }

    #[test]
    fn a_node_is_not_a_number_and_not_localhost() {
        let error = |name: &str| name.parse::<NodeName>().unwrap_err().to_string();
        assert!(error("12").contains("taken for a node id"));
        assert!(error("localhost").contains("names every host"));
    }

    #[test]
    fn a_cluster_name_is_one_word_of_at_most_32_characters() {
        let error = |name: &str| name.parse::<ClusterName>().unwrap_err().to_string();
        assert!("cluster_web".parse::<ClusterName>().is_ok());
        assert!(error("web {").contains("contains a blank"));
        assert!(error("web\ntoken: 1").contains("contains a line break"));
        assert!(error(&"w".repeat(33)).contains("33 characters long, 32 is the most"));
    }

    #[test]
    fn the_nearest_word_is_found_only_when_it_is_near() {
        let known = ["two_node", "wait_for_all", "votes"];
        assert_eq!(nearest("two_nodes", known), Some("two_node"));
        assert_eq!(nearest("Wait_for_al", known), Some("wait_for_all"));
        assert_eq!(nearest("secauth", known), None);
    }

    #[test]
    fn names_keep_their_check_through_json() {
        let id: ResourceId = "VIP".parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"VIP\"");
        assert_eq!(serde_json::from_str::<ResourceId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<ResourceId>("\"a b\"").is_err());
    }

    #[test]
    fn a_host_is_an_address_or_a_name_that_is_no_option() {
        for good in ["serv1", "db-1.example", "172.16.0.10", "fd00::10"] {
            assert_eq!(host(good).as_deref(), Ok(good));
        }
        let long = "x".repeat(300);
        for bad in [
            "",
            "-oProxyCommand=x",
            "-dash",
            ".dot",
            "a\nb",
            "a b",
            &long,
        ] {
            assert!(host(bad).is_err(), "{bad:?}");
        }
    }
}
