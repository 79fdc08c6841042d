//! Objects in crm's own language, as `crm configure load update -` reads it.
//!
//! crmsh splits its lines like a shell and, before it commits, prints objects and reads them back
//! with a weaker rule for quotes. [`Object::check`] knows what does not survive that (seen with
//! crmsh 4.4.1 and 5.0.0); [`Object::to_crm`] writes what does.

use thiserror::Error;

use super::object::{AttributeSet, Object, Pairs, ResourceOperation};

/// Something that crmsh cannot carry into the CIB unchanged.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CrmError {
    /// A value that crmsh changes or cannot read.
    #[error("crmsh cannot carry the value of {name} in {id}: {why}")]
    Value {
        /// The object.
        id: String,
        /// The name of the pair.
        name: String,
        /// The trouble with the value.
        why: &'static str,
    },
    /// A name that would not be read as one word.
    #[error("`{}` in {id} is no name that crmsh reads", .name.escape_debug())]
    Name {
        /// The object.
        id: String,
        name: String,
    },
    /// An object that would lose something if it were written anew.
    #[error("the {kind} {id} is written in a way that cannot be put in crm's words without loss")]
    Opaque {
        /// The object.
        id: String,
        /// The kind of object.
        kind: String,
    },
}

impl Object {
    /// Returns the object in crm's language, one statement over several lines.
    ///
    /// The lines after the first are indented by two blanks; the last has no line break. Of an
    /// opaque object it returns the XML, which crmsh refuses as a whole: see [`Object::check`].
    pub fn to_crm(&self) -> String {
        match self {
            Self::Primitive(object) => {
                let mut lines = vec![format!(
                    "primitive {} {}",
                    object.id,
                    word(&object.agent.to_string())
                )];
                lines.extend(clause("params", &object.params));
                lines.extend(clause("meta", &object.meta));
                lines.extend(object.operations.iter().map(operation));
                lines.join(" \\\n  ")
            }
            Self::Group(object) => {
                let mut lines = vec![format!("group {} {}", object.id, object.members.join(" "))];
                lines.extend(clause("params", &object.params));
                lines.extend(clause("meta", &object.meta));
                lines.join(" \\\n  ")
            }
            Self::Clone(object) => {
                let mut lines = vec![format!("clone {} {}", object.id, object.member)];
                lines.extend(clause("meta", &object.meta));
                lines.join(" \\\n  ")
            }
            Self::Location(object) => {
                let role = object
                    .role
                    .as_ref()
                    .map_or(String::new(), |role| format!(" role={role}"));
                format!(
                    "location {} {}{role} {}: {}",
                    object.id, object.resource, object.score, object.node
                )
            }
            Self::Colocation(object) => format!(
                "colocation {} {}: {} {}",
                object.id, object.score, object.resource, object.with
            ),
            Self::Order(object) => {
                let symmetrical = object.symmetrical.map_or(String::new(), |symmetrical| {
                    format!(" symmetrical={symmetrical}")
                });
                format!(
                    "order {} {}: {} {}{symmetrical}",
                    object.id, object.kind, object.first, object.then
                )
            }
            Self::Property(object) => set("property", object),
            Self::ResourceDefaults(object) => set("rsc_defaults", object),
            Self::Opaque(object) => object.text.clone(),
        }
    }

    /// Refuses what crmsh would not carry into the CIB as it is.
    pub fn check(&self) -> Result<(), CrmError> {
        match self {
            Self::Primitive(object) => {
                check_set(&object.id, &object.params)?;
                check_set(&object.id, &object.meta)?;
                for operation in &object.operations {
                    check_name(&object.id, &operation.name)?;
                    check_value(&object.id, "interval", &operation.interval)?;
                    if let Some(timeout) = &operation.timeout {
                        check_value(&object.id, "timeout", timeout)?;
                    }
                    check_pairs(&object.id, &operation.other)?;
                }
                Ok(())
            }
            Self::Group(object) => {
                check_set(&object.id, &object.params)?;
                check_set(&object.id, &object.meta)
            }
            Self::Clone(object) => check_set(&object.id, &object.meta),
            Self::Property(object) | Self::ResourceDefaults(object) => {
                check_set(&object.id, &object.pairs)
            }
            Self::Location(_) | Self::Colocation(_) | Self::Order(_) => Ok(()),
            Self::Opaque(object) => Err(CrmError::Opaque {
                id: object.id.clone(),
                kind: self.kind().to_owned(),
            }),
        }
    }
}

fn set(keyword: &str, set: &AttributeSet) -> String {
    let mut lines = vec![format!("{keyword} {}:", set.id)];
    lines.extend(
        in_safe_order(&set.pairs)
            .into_iter()
            .map(|(name, value)| pair(name, value)),
    );
    lines.join(" \\\n  ")
}

fn clause(keyword: &str, pairs: &Pairs) -> Option<String> {
    if pairs.is_empty() {
        return None;
    }
    let mut clause = keyword.to_owned();
    for (name, value) in in_safe_order(pairs) {
        clause.push(' ');
        clause.push_str(&pair(name, value));
    }
    Some(clause)
}

fn operation(operation: &ResourceOperation) -> String {
    let mut clause = format!(
        "op {} {}",
        operation.name,
        pair("interval", &operation.interval)
    );
    if let Some(timeout) = &operation.timeout {
        clause.push(' ');
        clause.push_str(&pair("timeout", timeout));
    }
    for (name, value) in &operation.other {
        clause.push(' ');
        clause.push_str(&pair(name, value));
    }
    clause
}

/// Returns the pairs so that the first cannot be taken for the score of the set.
fn in_safe_order(pairs: &Pairs) -> Vec<(&str, &str)> {
    let mut pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    if let Some(safe) = pairs.iter().position(|(_, value)| !looks_like_score(value)) {
        // The order of the others stays: it is what the administrator reads.
        pairs[..=safe].rotate_right(1);
    }
    pairs
}

/// crmsh takes a first word `name=value:` with no other colon for the score of the set.
fn looks_like_score(value: &str) -> bool {
    value
        .strip_suffix(':')
        .is_some_and(|rest| !rest.contains(':'))
}

fn pair(name: &str, value: &str) -> String {
    format!("{name}={}", word(value))
}

/// Returns one word of a line, in double quotes where it needs them.
fn word(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.,:/%@+=?~^*!-".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    let mut word = String::with_capacity(value.len() + 2);
    word.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            word.push('\\');
        }
        word.push(c);
    }
    word.push('"');
    word
}

fn check_set(id: &str, pairs: &Pairs) -> Result<(), CrmError> {
    check_pairs(id, pairs)?;
    match pairs.first() {
        Some((name, _)) if pairs.iter().all(|(_, value)| looks_like_score(value)) => {
            Err(value_error(
                id,
                name,
                "it ends with a colon, which crmsh takes for a score",
            ))
        }
        _ => Ok(()),
    }
}

fn check_pairs(id: &str, pairs: &Pairs) -> Result<(), CrmError> {
    for (name, value) in pairs {
        check_name(id, name)?;
        check_value(id, name, value)?;
    }
    Ok(())
}

fn check_name(id: &str, name: &str) -> Result<(), CrmError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.#-".contains(c);
    if !name.is_empty() && name.chars().all(fits) {
        return Ok(());
    }
    Err(CrmError::Name {
        id: id.to_owned(),
        name: name.to_owned(),
    })
}

fn check_value(id: &str, name: &str, value: &str) -> Result<(), CrmError> {
    if !value.is_ascii() {
        return Err(value_error(
            id,
            name,
            "only ASCII characters reach the CIB as they are",
        ));
    }
    if value.chars().any(char::is_control) {
        return Err(value_error(
            id,
            name,
            "it holds a line break or another control character",
        ));
    }
    // crmsh prints a value between double quotes, escaping quotes but not backslashes, and reads
    // that again: "No closing quotation", or one backslash less.
    if value.ends_with('\\') || value.contains("\\\\") || value.contains("\\\"") {
        return Err(value_error(
            id,
            name,
            "a backslash cannot stand last, nor before a double quote or another backslash",
        ));
    }
    Ok(())
}

fn value_error(id: &str, name: &str, why: &'static str) -> CrmError {
    CrmError::Value {
        id: id.to_owned(),
        name: name.to_owned(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::object::*;

    fn vip() -> Primitive {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect()
        };
        Primitive {
            id: "IPFailover".into(),
            agent: "ocf:heartbeat:IPaddr2".parse().unwrap(),
            params: pairs(&[
                ("ip", "172.16.0.12"),
                ("cidr_netmask", "24"),
                ("nic", "host0"),
                ("iflabel", "VIP"),
            ]),
            meta: vec![],
            operations: vec![ResourceOperation::new("monitor", "10s", Some("20s"))],
        }
    }

    #[test]
    fn a_primitive_is_written_as_the_plan_shows_it() {
        assert_eq!(
            Object::Primitive(vip()).to_crm(),
            "primitive IPFailover ocf:heartbeat:IPaddr2 \\\n  \
             params ip=172.16.0.12 cidr_netmask=24 nic=host0 iflabel=VIP \\\n  \
             op monitor interval=10s timeout=20s"
        );
    }

    #[test]
    fn values_are_quoted_for_a_shell_like_reader() {
        for value in [
            "",
            "a b",
            "it's",
            "say \"x\"",
            "$HOME",
            "#1",
            "a=b",
            "h\\i",
            "<&>;|",
            "{}",
        ] {
            let word = word(value);
            assert_eq!(shlex::split(&word), Some(vec![value.to_owned()]), "{word}");
        }
        assert_eq!(
            word("http://127.0.0.1/server-status?auto"),
            "http://127.0.0.1/server-status?auto"
        );
    }

    #[test]
    fn what_looks_like_a_score_never_stands_first() {
        let mut object = vip();
        object.params = vec![("a".into(), "x:".into()), ("b".into(), "fe80::".into())];
        let object = Object::Primitive(object);
        assert!(
            object.to_crm().contains("params b=fe80:: a=x:"),
            "{}",
            object.to_crm()
        );
        assert_eq!(object.check(), Ok(()));
    }

    #[test]
    fn what_crmsh_changes_is_refused() {
        let refused = |value: &str| {
            let mut object = vip();
            object.params = vec![("x".into(), value.into())];
            Object::Primitive(object).check().unwrap_err().to_string()
        };
        assert_eq!(
            refused("é"),
            "crmsh cannot carry the value of x in IPFailover: only ASCII characters reach the CIB as they are"
        );
        for value in ["a\nb", "\\", "a\\\\b", "\\\"", "a:"] {
            assert!(
                refused(value).starts_with("crmsh cannot carry the value of x"),
                "{value}"
            );
        }
    }

    /// Returns what crmsh reads back of a value that it printed itself: between double quotes with
    /// only the quotes escaped, and Python's rule that a backslash escapes those and itself.
    fn read_back_by_crmsh(value: &str) -> String {
        let mut read = String::new();
        let printed = value.replace('"', "\\\"");
        let mut rest = printed.chars();
        while let Some(c) = rest.next() {
            match rest.clone().next() {
                Some(escaped @ ('"' | '\\')) if c == '\\' => {
                    rest.next();
                    read.push(escaped);
                }
                None if c == '\\' => return "no closing quotation".to_owned(),
                _ => read.push(c),
            }
        }
        read
    }

    proptest::proptest! {
        #[test]
        fn what_passes_the_check_survives_both_readings(value in "[ -~]{0,8}") {
            let mut object = vip();
            object.params = vec![("safe".into(), "1".into()), ("x".into(), value.clone())];
            let object = Object::Primitive(object);
            if object.check().is_ok() {
                let words = shlex::split(&object.to_crm().replace("\\\n", "")).unwrap();
                proptest::prop_assert!(words.contains(&format!("x={value}")), "{:?}", words);
                proptest::prop_assert_eq!(read_back_by_crmsh(&value), value);
            }
        }
    }
}
