//! What differs between two objects, in words: the verification after a change, and `undo`.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::object::{Object, OrderKind, Pairs, ResourceOperation};

impl Object {
    /// Returns what differs from `other`, one line each; none where both mean the same.
    ///
    /// A line reads `ip is 172.16.0.12, not 172.16.0.13`: what `self` has, then what `other` has.
    /// The order of pairs and operations does not count, nor do ways to write the same time.
    pub fn difference(&self, other: &Object) -> Vec<String> {
        let mut lines = Lines::default();
        // What more there is in one that cannot be read as a whole does not count.
        let (is, not) = match (self, other) {
            (Self::Opaque(_), Self::Opaque(_)) => (self, other),
            _ => (self.resolved(), other.resolved()),
        };
        match (is, not) {
            (Self::Primitive(a), Self::Primitive(b)) => {
                lines.word("agent", &a.agent.to_string(), &b.agent.to_string());
                lines.pairs("", &a.params, &b.params);
                lines.pairs("meta ", &a.meta, &b.meta);
                lines.operations(&a.operations, &b.operations);
            }
            (Self::Group(a), Self::Group(b)) => {
                lines.word("members", &a.members.join(" "), &b.members.join(" "));
                lines.pairs("", &a.params, &b.params);
                lines.pairs("meta ", &a.meta, &b.meta);
            }
            (Self::Clone(a), Self::Clone(b)) => {
                lines.word("member", &a.member, &b.member);
                lines.pairs("meta ", &a.meta, &b.meta);
            }
            (Self::Location(a), Self::Location(b)) => {
                lines.word("resource", &a.resource, &b.resource);
                lines.word("node", &a.node, &b.node);
                lines.word("score", &a.score.to_string(), &b.score.to_string());
                // A location without a role holds for any started resource.
                let role = |role: &Option<String>| role.clone().unwrap_or_else(|| "Started".into());
                lines.word("role", &role(&a.role), &role(&b.role));
            }
            (Self::Colocation(a), Self::Colocation(b)) => {
                lines.word("resource", &a.resource, &b.resource);
                lines.word("with", &a.with, &b.with);
                lines.word("score", &a.score.to_string(), &b.score.to_string());
            }
            (Self::Order(a), Self::Order(b)) => {
                lines.word("kind", &a.kind.to_string(), &b.kind.to_string());
                lines.word("first", &a.first, &b.first);
                lines.word("then", &a.then, &b.then);
                let symmetrical = |kind: OrderKind, symmetrical: Option<bool>| {
                    symmetrical
                        .unwrap_or(kind != OrderKind::Serialize)
                        .to_string()
                };
                lines.word(
                    "symmetrical",
                    &symmetrical(a.kind, a.symmetrical),
                    &symmetrical(b.kind, b.symmetrical),
                );
            }
            (Self::Property(a), Self::Property(b))
            | (Self::ResourceDefaults(a), Self::ResourceDefaults(b)) => {
                lines.pairs("", &a.pairs, &b.pairs);
            }
            (Self::Opaque(a), Self::Opaque(b)) if a.kind == b.kind => {
                let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                if words(&a.text) != words(&b.text) {
                    lines.0.push("its XML differs".to_owned());
                }
            }
            _ if self.kind() == other.kind() => {
                lines.0.push("it is written in another way".to_owned());
            }
            _ => lines.word("kind", self.kind(), other.kind()),
        }
        lines.0
    }
}

/// Returns true for a parameter whose value is not to be shown, as agents name theirs: `password`, `passwd`,
/// `snmp_priv_passwd`, `passphrase`.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // Which prints one, and is none.
    let is_script = name.ends_with("_script");
    !is_script
        && ["passw", "passphrase", "secret"]
            .iter()
            .any(|part| name.contains(part))
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn word(&mut self, what: &str, is: &str, not: &str) {
        if is != not {
            self.0.push(format!(
                "{what} is {}, not {}",
                quoted_value(Some(is)),
                quoted_value(Some(not))
            ));
        }
    }

    fn pairs(&mut self, prefix: &str, a: &Pairs, b: &Pairs) {
        let value = |pairs: &Pairs, name: &str| {
            pairs
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.clone())
        };
        let only_in_b = b.iter().filter(|(name, _)| value(a, name).is_none());
        for (name, _) in a.iter().chain(only_in_b) {
            let (is, not) = (value(a, name), value(b, name));
            let same = match (&is, &not) {
                (Some(is), Some(not)) => same_value(name, is, not),
                _ => is == not,
            };
            if !same {
                self.0.push(match is_secret(name) {
                    true => format!("{prefix}{name} differs"),
                    false => format!(
                        "{prefix}{name} is {}, not {}",
                        quoted_value(is.as_deref()),
                        quoted_value(not.as_deref())
                    ),
                });
            }
        }
    }

    fn operations(&mut self, a: &[ResourceOperation], b: &[ResourceOperation]) {
        // One of a name may stand there several times (two `op start` are taken by Pacemaker, which
        // goes by the first): each has at most one partner. A primitive may have several monitors, told
        // apart by interval and role; where only one of a name is left on each side, a changed interval
        // is a change of that one.
        let mut left: Vec<&ResourceOperation> = b.iter().collect();
        let mut pairs: Vec<Option<&ResourceOperation>> = vec![None; a.len()];
        let alike = |one: &ResourceOperation, other: &ResourceOperation| {
            let mut lines = Lines::default();
            lines.pairs("", &attributes(one), &attributes(other));
            lines.0.is_empty()
        };
        let told_apart = |one: &ResourceOperation, other: &ResourceOperation| {
            let of = |op| role(op).map(role_name);
            same_time(&one.interval, &other.interval) && of(one) == of(other)
        };
        let rules: [fn(&ResourceOperation, &ResourceOperation) -> bool; 2] = [alike, told_apart];
        for is_partner in rules {
            for (op, partner) in a.iter().zip(&mut pairs) {
                let found = |o: &&ResourceOperation| o.name == op.name && is_partner(op, o);
                if partner.is_none()
                    && let Some(at) = left.iter().position(found)
                {
                    *partner = Some(left.remove(at));
                }
            }
        }
        for at in 0..a.len() {
            let name = &a[at].name;
            let alone = a.iter().filter(|op| op.name == *name).count() <= 1
                && b.iter().filter(|op| op.name == *name).count() <= 1;
            if pairs[at].is_none()
                && alone
                && let Some(other) = left.iter().position(|op| op.name == *name)
            {
                pairs[at] = Some(left.remove(other));
            }
        }
        for (op, other) in a.iter().zip(pairs) {
            match other {
                Some(other) => {
                    let prefix = format!("{} ", op.name);
                    self.pairs(&prefix, &attributes(op), &attributes(other));
                }
                None => self.0.push(format!("{} is there", described(op))),
            }
        }
        for op in left {
            self.0.push(format!("{} is missing", described(op)));
        }
    }
}

fn role(op: &ResourceOperation) -> Option<&str> {
    op.other
        .iter()
        .find(|(name, _)| name == "role")
        .map(|(_, value)| value.as_str())
}

fn attributes(op: &ResourceOperation) -> Pairs {
    let mut pairs = vec![("interval".to_owned(), op.interval.clone())];
    pairs.extend(
        op.timeout
            .iter()
            .map(|timeout| ("timeout".to_owned(), timeout.clone())),
    );
    pairs.extend(op.other.iter().cloned());
    pairs
}

fn described(op: &ResourceOperation) -> String {
    let mut text = format!("op {}", op.name);
    for (name, value) in attributes(op) {
        let _ = write!(text, " {name}={value}");
    }
    text
}

fn quoted_value(value: Option<&str>) -> Cow<'_, str> {
    match value {
        None => "unset".into(),
        Some("") => "empty".into(),
        Some(value) if value.contains([' ', ',']) => format!("`{value}`").into(),
        Some(value) => value.into(),
    }
}

fn same_value(name: &str, a: &str, b: &str) -> bool {
    match name {
        "interval" | "timeout" | "start-delay" => same_time(a, b),
        // crmsh writes the new names of the roles where the schema knows them.
        "role" | "target-role" => role_name(a) == role_name(b),
        _ => a == b,
    }
}

fn role_name(role: &str) -> &str {
    match role {
        "Master" => "Promoted",
        "Slave" => "Unpromoted",
        role => role,
    }
}

fn same_time(a: &str, b: &str) -> bool {
    a == b || milliseconds(a).is_some_and(|time| milliseconds(b) == Some(time))
}

/// Returns the milliseconds of a Pacemaker interval; `None` for what is written otherwise.
fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text.get(..unit)?.parse().ok()?;
    match text.get(unit..)?.trim() {
        "ms" | "msec" => Some(number),
        "us" | "usec" => Some(number / 1000),
        "" | "s" | "sec" => number.checked_mul(1000),
        "m" | "min" => number.checked_mul(60_000),
        "h" | "hr" => number.checked_mul(3_600_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::cib::object::*;

    fn primitive(ip: &str, operations: Vec<ResourceOperation>) -> Object {
        Object::Primitive(Primitive {
            id: "V".into(),
            agent: "ocf:heartbeat:IPaddr2".parse().unwrap(),
            params: vec![("ip".into(), ip.into()), ("nic".into(), "host0".into())],
            meta: vec![],
            operations,
        })
    }

    #[test]
    fn one_operation_twice_is_the_same_twice() {
        let twice = |one: &str, other: &str| {
            primitive(
                "1.2.3.4",
                vec![
                    ResourceOperation::new("start", "0", Some(one)),
                    ResourceOperation::new("start", "0", Some(other)),
                    ResourceOperation::new("monitor", "10s", Some(one)),
                    ResourceOperation::new("monitor", "10s", Some(other)),
                ],
            )
        };
        let a = twice("20s", "60s");
        assert_eq!(a.difference(&a), [""; 0]);
        assert_eq!(a.difference(&twice("60s", "20s")), [""; 0]);
        assert_eq!(
            a.difference(&twice("20s", "90s")),
            [
                "start timeout is 60s, not 90s",
                "monitor timeout is 60s, not 90s"
            ]
        );
        let once = primitive(
            "1.2.3.4",
            vec![ResourceOperation::new("start", "0", Some("20s"))],
        );
        assert_eq!(
            a.difference(&once),
            [
                "op start interval=0 timeout=60s is there",
                "op monitor interval=10s timeout=20s is there",
                "op monitor interval=10s timeout=60s is there"
            ]
        );
    }

    #[test]
    fn the_same_meaning_has_no_difference() {
        let a = primitive(
            "1.2.3.4",
            vec![
                ResourceOperation::new("start", "0", Some("20s")),
                ResourceOperation::new("monitor", "10s", Some("1min")),
            ],
        );
        let b = primitive(
            "1.2.3.4",
            vec![
                ResourceOperation::new("monitor", "10", Some("60")),
                ResourceOperation::new("start", "0s", Some("20")),
            ],
        );
        assert_eq!(a.difference(&b), Vec::<String>::new());
    }

    #[test]
    fn each_difference_is_a_line() {
        let a = primitive(
            "172.16.0.12",
            vec![ResourceOperation::new("monitor", "10s", None)],
        );
        let Object::Primitive(mut b) = primitive(
            "172.16.0.13",
            vec![ResourceOperation::new("monitor", "30s", Some("20s"))],
        ) else {
            unreachable!()
        };
        b.params[1] = ("iflabel".into(), "VIP".into());
        b.meta.push(("target-role".into(), "Stopped".into()));
        b.operations.push(ResourceOperation::new("stop", "0", None));
        assert_eq!(
            a.difference(&Object::Primitive(b)),
            [
                "ip is 172.16.0.12, not 172.16.0.13",
                "nic is host0, not unset",
                "iflabel is unset, not VIP",
                "meta target-role is unset, not Stopped",
                "monitor interval is 10s, not 30s",
                "monitor timeout is unset, not 20s",
                "op stop interval=0 is missing",
            ]
        );
    }

    #[test]
    fn defaults_are_known() {
        let order = |symmetrical| {
            Object::Order(Order {
                id: "o".into(),
                kind: OrderKind::Mandatory,
                first: "a".into(),
                then: "b".into(),
                symmetrical,
            })
        };
        assert!(order(None).difference(&order(Some(true))).is_empty());
        assert_eq!(
            order(None).difference(&order(Some(false))),
            ["symmetrical is true, not false"]
        );
        assert_eq!(
            order(None).difference(&primitive("x", vec![])),
            ["kind is order, not primitive"]
        );
    }
}
