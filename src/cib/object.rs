//! The objects of a configuration, as crmsh knows them: what a planner reads and writes.
//!
//! Every field is public: these are plain values. What the fields cannot hold (rules, references
//! to other sets, templates, bundles, resource sets) is an [`Opaque`] object that carries its XML,
//! so that a planner can see that it is there and refuse to rewrite it. What is only looked at is
//! looked at through [`Object::seen`]: an address with a utilization is an address.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Names with their values, in the order of the configuration.
pub type Pairs = Vec<(String, String)>;

/// An object of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "snake_case")]
pub enum Object {
    /// A service, address or device.
    Primitive(Primitive),
    /// Resources that stay together and start in order.
    Group(Group),
    /// A resource that runs on several nodes.
    Clone(CloneResource),
    /// Where a resource likes to run.
    Location(Location),
    /// Which resources run together.
    Colocation(Colocation),
    /// Which resource starts first.
    Order(Order),
    /// A set of cluster properties.
    Property(AttributeSet),
    /// A set of defaults for the meta attributes of resources.
    ResourceDefaults(AttributeSet),
    /// An object that this program does not rewrite.
    Opaque(Opaque),
}

/// A single resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Primitive {
    /// Its name.
    pub id: String,
    /// The agent that starts, stops and monitors it.
    pub agent: Agent,
    /// The agent's parameters (`params`, instance attributes).
    pub params: Pairs,
    /// Pacemaker's attributes of it (`meta`).
    pub meta: Pairs,
    /// The operations on it, and how long each may take (`op`).
    pub operations: Vec<ResourceOperation>,
}

/// An operation of a primitive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceOperation {
    /// `start`, `stop`, `monitor` and the like.
    pub name: String,
    /// How often; `0` for what does not recur.
    pub interval: String,
    /// How long it may take; null where nothing is set.
    pub timeout: Option<String>,
    /// Other attributes, such as `on-fail`.
    pub other: Pairs,
}

/// Resources that run on one node, started in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub id: String,
    /// The primitives in it, in starting order.
    pub members: Vec<String>,
    /// Instance attributes that the members inherit; rarely used.
    #[serde(default)]
    pub params: Pairs,
    /// Meta attributes.
    pub meta: Pairs,
}

/// A resource that runs on several nodes at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloneResource {
    /// Its name.
    pub id: String,
    /// The primitive or group that is cloned.
    pub member: String,
    /// Meta attributes.
    pub meta: Pairs,
}

/// A preference of a resource for a node, or against it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Its name.
    pub id: String,
    /// The resource.
    pub resource: String,
    /// The node.
    pub node: String,
    /// How strong; negative is against.
    pub score: Score,
    /// The role it holds for; `crm resource move` writes `Started`; null for all.
    pub role: Option<String>,
}

/// A wish that a resource runs where another one runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Colocation {
    /// Its name.
    pub id: String,
    /// How strong; negative keeps them apart.
    pub score: Score,
    /// The resource that follows.
    pub resource: String,
    /// The resource it follows.
    pub with: String,
}

/// A wish that a resource starts before another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its name.
    pub id: String,
    /// How strict.
    pub kind: OrderKind,
    /// The resource that starts first.
    pub first: String,
    /// The resource that starts then.
    pub then: String,
    /// Whether they stop in the reverse order; null means yes.
    pub symmetrical: Option<bool>,
}

/// A set of properties or of resource defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeSet {
    /// The name of the set, such as `cib-bootstrap-options`.
    pub id: String,
    /// The properties in it.
    pub pairs: Pairs,
}

/// An object that is left as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opaque {
    /// Its name; empty where it has none.
    pub id: String,
    /// Its tag in the CIB, such as `bundle` or `rsc_location`.
    pub kind: String,
    /// Its XML, as it stands in the CIB.
    pub text: String,
    /// The object as far as the fields of its kind can hold it: enough to look at, too little to write.
    #[serde(default, skip)]
    pub known: Option<Box<Object>>,
    /// Whether it holds only while a rule of its own does.
    #[serde(default, skip)]
    pub has_rule: bool,
}

/// How strict an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// The second does not start unless the first has.
    Mandatory,
    /// Only if both start or stop anyway.
    Optional,
    /// Never both at the same time.
    Serialize,
}

impl fmt::Display for OrderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mandatory => "Mandatory",
            Self::Optional => "Optional",
            Self::Serialize => "Serialize",
        })
    }
}

/// A weight of a constraint; a million or more is infinite, as for Pacemaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Score {
    /// Never.
    MinusInfinity,
    /// A finite weight.
    Finite(i32),
    /// Always, where it can.
    Infinity,
}

const INFINITY: i64 = 1_000_000;

impl Score {
    /// Returns the score of a number, infinite from a million on.
    pub fn from_number(number: i64) -> Self {
        match i32::try_from(number) {
            Ok(finite) if number.abs() < INFINITY => Self::Finite(finite),
            _ if number < 0 => Self::MinusInfinity,
            _ => Self::Infinity,
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MinusInfinity => f.pad("-INFINITY"),
            Self::Finite(number) => fmt::Display::fmt(number, f),
            Self::Infinity => f.pad("INFINITY"),
        }
    }
}

/// A text that is no score.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no score: a whole number, INFINITY or -INFINITY is expected")]
pub struct ScoreError(String);

impl FromStr for Score {
    type Err = ScoreError;

    fn from_str(text: &str) -> Result<Self, ScoreError> {
        match text {
            "INFINITY" | "+INFINITY" => Ok(Self::Infinity),
            "-INFINITY" => Ok(Self::MinusInfinity),
            number => number
                .parse()
                .map(Self::from_number)
                .map_err(|_| ScoreError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Score {
    type Error = ScoreError;

    fn try_from(text: String) -> Result<Self, ScoreError> {
        text.parse()
    }
}

impl From<Score> for String {
    fn from(score: Score) -> String {
        score.to_string()
    }
}

/// A resource agent by its full name, such as `ocf:heartbeat:IPaddr2` or `systemd:apache2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Agent {
    /// The standard it follows: `ocf`, `systemd`, `lsb`, `service` or `stonith`.
    pub class: String,
    /// The provider; only `ocf` has one.
    pub provider: Option<String>,
    /// Which one (`type` in the CIB).
    pub name: String,
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.provider {
            Some(provider) => write!(f, "{}:{provider}:{}", self.class, self.name),
            None => write!(f, "{}:{}", self.class, self.name),
        }
    }
}

/// A text that is no agent's full name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "`{}` is no agent: a full name is expected, such as ocf:heartbeat:IPaddr2, systemd:apache2 or lsb:apache2",
    .0.escape_debug()
)]
pub struct AgentError(String);

impl FromStr for Agent {
    type Err = AgentError;

    /// Reads a full name; crmsh would guess what is left out, and run the guess.
    fn from_str(text: &str) -> Result<Self, AgentError> {
        let wrong = || AgentError(text.chars().take(80).collect());
        let (class, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (provider, name) = match (class, rest.split_once(':')) {
            ("ocf", Some((provider, name))) => (Some(provider), name),
            // A unit's instance may hold colons: `systemd:app@a:b`.
            ("systemd" | "lsb" | "service" | "stonith", _) => (None, rest),
            _ => return Err(wrong()),
        };
        // A stonith agent may lie in a folder (external/ipmi), a unit name may be escaped (\x2d).
        let fits = |part: &str| {
            !part.is_empty()
                && !part.starts_with('-')
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_.@:/\\-".contains(c))
        };
        if !provider.is_none_or(fits) || !fits(name) {
            return Err(wrong());
        }
        Ok(Self {
            class: class.to_owned(),
            provider: provider.map(str::to_owned),
            name: name.to_owned(),
        })
    }
}

impl TryFrom<String> for Agent {
    type Error = AgentError;

    fn try_from(text: String) -> Result<Self, AgentError> {
        text.parse()
    }
}

impl From<Agent> for String {
    fn from(agent: Agent) -> String {
        agent.to_string()
    }
}

impl Object {
    /// Returns its name; of a set, the name of the set.
    pub fn id(&self) -> &str {
        match self {
            Self::Primitive(object) => &object.id,
            Self::Group(object) => &object.id,
            Self::Clone(object) => &object.id,
            Self::Location(object) => &object.id,
            Self::Colocation(object) => &object.id,
            Self::Order(object) => &object.id,
            Self::Property(object) | Self::ResourceDefaults(object) => &object.id,
            Self::Opaque(object) => &object.id,
        }
    }

    /// Returns what is known of it, to be looked at and never to be written: of an object that the
    /// fields of its kind cannot hold, what they can.
    pub fn resolved(&self) -> &Object {
        match self {
            Self::Opaque(Opaque {
                known: Some(known), ..
            }) => known,
            object => object,
        }
    }

    /// Returns it as a primitive, to be looked at.
    pub fn primitive(&self) -> Option<&Primitive> {
        match self.resolved() {
            Self::Primitive(primitive) => Some(primitive),
            _ => None,
        }
    }

    /// Returns it as a group, to be looked at.
    pub fn group(&self) -> Option<&Group> {
        match self.resolved() {
            Self::Group(group) => Some(group),
            _ => None,
        }
    }

    /// Returns it as a clone, to be looked at.
    pub fn clone_resource(&self) -> Option<&CloneResource> {
        match self.resolved() {
            Self::Clone(clone) => Some(clone),
            _ => None,
        }
    }

    /// Returns its meta attributes, if it is a resource that has some.
    pub fn meta(&self) -> &[(String, String)] {
        match self.resolved() {
            Self::Primitive(primitive) => &primitive.meta,
            Self::Group(group) => &group.meta,
            Self::Clone(clone) => &clone.meta,
            _ => &[],
        }
    }

    /// Returns what crmsh calls such an object: `primitive`, `group`, `location` …
    pub fn kind(&self) -> &str {
        match self {
            Self::Primitive(_) => "primitive",
            Self::Group(_) => "group",
            Self::Clone(_) => "clone",
            Self::Location(_) => "location",
            Self::Colocation(_) => "colocation",
            Self::Order(_) => "order",
            Self::Property(_) => "property",
            Self::ResourceDefaults(_) => "rsc_defaults",
            Self::Opaque(object) => match object.kind.as_str() {
                "rsc_location" => "location",
                "rsc_colocation" => "colocation",
                "rsc_order" => "order",
                "cluster_property_set" => "property",
                kind => kind,
            },
        }
    }

    /// Returns the resource that a constraint of `crm resource move` or `ban` is on.
    pub fn pinned(&self) -> String {
        match self {
            Object::Location(location) => location.resource.clone(),
            // With a lifetime it holds a rule; its name says on what it is.
            other => other
                .id()
                .trim_start_matches("cli-prefer-")
                .trim_start_matches("cli-ban-")
                .split("-on-")
                .next()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// Returns whether it is something that runs: a primitive, group, clone or bundle.
    pub fn is_resource(&self) -> bool {
        matches!(
            self.kind(),
            "primitive" | "group" | "clone" | "master" | "bundle"
        )
    }
}

impl Primitive {
    /// Returns the value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        let (_, value) = self.params.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// Returns whether it is a fence device.
    pub fn fences(&self) -> bool {
        self.agent.class == "stonith"
    }

    /// Returns the address that it puts on the node where it runs, if that is what it does.
    pub fn virtual_address(&self) -> Option<&str> {
        match (self.agent.class.as_str(), self.agent.name.as_str()) {
            // IPaddr is the older name of the same agent (resource-agents 4.12, 4.16).
            ("ocf", "IPaddr2" | "IPaddr") => self.param("ip"),
            ("ocf", "IPv6addr") => self.param("ipv6addr"),
            _ => None,
        }
    }
}

impl CloneResource {
    /// Returns whether some of its copies are promoted.
    pub fn is_promotable(&self) -> bool {
        self.meta
            .iter()
            .any(|(name, value)| name == "promotable" && boolean(value) == Some(true))
    }
}

impl ResourceOperation {
    /// Returns an operation; an interval of `0` is one that does not recur.
    pub fn new(name: &str, interval: &str, timeout: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            interval: interval.to_owned(),
            timeout: timeout.map(str::to_owned),
            other: Pairs::new(),
        }
    }
}

/// Returns what Pacemaker takes a text for; `None` where it is no boolean.
pub fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "on" | "yes" | "y" | "1" => Some(true),
        "false" | "off" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_read_and_print_alike() {
        for name in [
            "ocf:heartbeat:IPaddr2",
            "systemd:apache2",
            "lsb:apache2",
            "service:nginx",
            "systemd:app@a:b",
            "stonith:external/ipmi",
            "systemd:dev-disk\\x2dby.mount",
        ] {
            assert_eq!(name.parse::<Agent>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn a_guessable_agent_is_refused() {
        for name in [
            "",
            "IPaddr2",
            "ocf:IPaddr2",
            "heartbeat:IPaddr2",
            "systemd:",
            "systemd:a b",
            "ocf::x",
            "systemd:-x",
            "lsb:a;b",
        ] {
            assert!(name.parse::<Agent>().is_err(), "{name}");
        }
        assert_eq!(
            "IPaddr2".parse::<Agent>().unwrap_err().to_string(),
            "`IPaddr2` is no agent: a full name is expected, such as ocf:heartbeat:IPaddr2, \
             systemd:apache2 or lsb:apache2"
        );
    }

    #[test]
    fn a_million_is_infinite() {
        assert_eq!("1000000".parse(), Ok(Score::Infinity));
        assert_eq!("-1000000".parse(), Ok(Score::MinusInfinity));
        assert_eq!("999999".parse(), Ok(Score::Finite(999_999)));
        assert_eq!("+INFINITY".parse(), Ok(Score::Infinity));
        assert!("inf".parse::<Score>().is_err());
        assert!(Score::MinusInfinity < Score::Finite(-5) && Score::Finite(5) < Score::Infinity);
    }

    #[test]
    fn an_object_survives_json() {
        let object = Object::Location(Location {
            id: "l".into(),
            resource: "r".into(),
            node: "serv1".into(),
            score: Score::Infinity,
            role: None,
        });
        let json = serde_json::to_string(&object).unwrap();
        assert_eq!(
            json,
            r#"{"object":"location","id":"l","resource":"r","node":"serv1","score":"INFINITY","role":null}"#
        );
        assert_eq!(serde_json::from_str::<Object>(&json).unwrap(), object);
    }
}
