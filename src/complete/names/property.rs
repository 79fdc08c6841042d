//! Pacemaker's properties and defaults of resources, and their values.

use crate::complete::Candidate;
use crate::complete::asking::Asking;
use crate::complete::known::snapshot;
use crate::conf::properties::{self, Property, Value, ValueKind};

/// `NAME=VALUE` of a cluster property: names first, then the values that the name takes.
pub fn property_setting(about: &Asking) -> Vec<Candidate> {
    let typed = about.typed.as_str();
    if let Some((name, value)) = typed.split_once('=') {
        return values(name, value);
    }
    let is_set = |name: &str| {
        about
            .values("pairs")
            .any(|pair| pair.split_once('=').is_some_and(|(set, _)| set == name))
    };
    properties::PROPERTIES
        .iter()
        .chain(properties::RESOURCE_DEFAULTS)
        .filter(|property| property.kind != ValueKind::ByPacemaker)
        .filter(|property| property.name.starts_with(typed) && !is_set(property.name))
        .map(|property| Candidate::new(format!("{}=", property.name), describe(property)))
        .collect()
}

/// Returns what a property takes, its default, and what it means.
fn describe(property: &Property) -> String {
    let kind = match property.kind {
        ValueKind::Bool => "true or false".to_owned(),
        ValueKind::Choice(words) => words.join(" or "),
        ValueKind::Integer(from, to) if to >= i64::from(i32::MAX) => {
            format!("a number from {from}")
        }
        ValueKind::Integer(from, to) => format!("{from} to {to}"),
        ValueKind::Duration { .. } => "a time such as 60s".to_owned(),
        ValueKind::Percentage => "a share such as 80%".to_owned(),
        ValueKind::Score { .. } => "a score".to_owned(),
        ValueKind::Text => "a text".to_owned(),
        ValueKind::ByPacemaker => String::new(),
    };
    let default = match property.default {
        "" => String::new(),
        default => format!(", default {default}"),
    };
    format!("{kind}{default}: {}", property.meaning)
}

fn values(name: &str, typed: &str) -> Vec<Candidate> {
    let Some(property) = properties::find(name).or_else(|| properties::find_default(name)) else {
        return Vec::new();
    };
    let set = snapshot()
        .cib
        .as_ref()
        .and_then(|cib| cib.property(name).or_else(|| cib.resource_default(name)));
    let mut known: Vec<&str> = match property.kind {
        ValueKind::Bool => vec!["true", "false"],
        ValueKind::Choice(words) => words.to_vec(),
        _ => Vec::new(),
    };
    // Where any number may stand, those that mean something.
    for value in set.as_deref().into_iter().chain([property.default]) {
        if !value.is_empty() && !known.contains(&value) && property.check(value).is_ok() {
            known.push(value);
        }
    }
    known
        .into_iter()
        .filter(|value| value.starts_with(typed))
        .map(|value| {
            let mut help: Vec<&str> = Vec::new();
            if set.as_deref() == Some(value) {
                help.push("set now");
            }
            if property.default == value {
                help.push("the default");
            }
            help.extend(danger(property, value));
            Candidate::new(format!("{name}={value}"), help.join(", "))
        })
        .collect()
}

/// Returns the warning that a value deserves.
fn danger(property: &Property, value: &str) -> Option<&'static str> {
    let dangers = property.dangers.iter();
    let mut dangers = dangers.filter(|(which, _)| match which {
        Value::Is(one) => *one == value,
        Value::IsNot(one) => *one != value,
    });
    dangers.next().map(|(_, warning)| *warning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(typed: &str) -> Vec<String> {
        let about = Asking {
            typed: typed.to_owned(),
            ..Asking::default()
        };
        let found = property_setting(&about).into_iter();
        found.map(|one| one.value).collect()
    }

    #[test]
    fn a_property_is_completed_with_its_equals_sign_and_then_its_values() {
        assert_eq!(values("maintenance-m"), ["maintenance-mode="]);
        assert_eq!(
            values("maintenance-mode="),
            ["maintenance-mode=true", "maintenance-mode=false"]
        );
        assert_eq!(values("maintenance-mode=f"), ["maintenance-mode=false"]);
        assert_eq!(values("resource-stick"), ["resource-stickiness="]);
        assert_eq!(values("no-such="), Vec::<String>::new());
        assert_eq!(values("dc-vers"), Vec::<String>::new());
    }

    #[test]
    fn a_property_says_what_it_takes_what_counts_without_it_and_what_it_means() {
        let about = Asking {
            typed: "no-quorum-policy".to_owned(),
            ..Asking::default()
        };
        let help = &property_setting(&about)[0].help;
        assert!(help.starts_with("stop or freeze or ignore"), "{help}");
        assert!(help.contains(", default stop: "), "{help}");
    }

    #[test]
    fn every_value_offered_is_one_that_the_property_takes() {
        let all = properties::PROPERTIES
            .iter()
            .chain(properties::RESOURCE_DEFAULTS);
        for property in all {
            for pair in values(&format!("{}=", property.name)) {
                let (_, value) = pair.split_once('=').unwrap();
                assert!(property.check(value).is_ok(), "{pair}");
            }
        }
    }
}
