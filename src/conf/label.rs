//! The label of a virtual IP: what `ip addr` and `ifconfig` show after the interface's name.

use std::fmt;
use std::str::FromStr;

use super::BadValue;
use crate::as_text::serde_as_text;

/// The longest `interface:label` of the kernel. A longer one fails to start and to stop, on every node.
const LONGEST: usize = 15;

/// A label such as `VIP`, without the interface it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IfaceLabel(String);

impl IfaceLabel {
    /// Checks that `interface:label` is short enough for the kernel.
    pub fn check_length(&self, interface: &str) -> Result<(), BadValue> {
        let length = interface.len() + 1 + self.0.len();
        if length <= LONGEST {
            return Ok(());
        }
        let mend = match LONGEST.saturating_sub(interface.len() + 1) {
            0 => "leave the label out".to_owned(),
            1 => "write a label of 1 character".to_owned(),
            most => format!("write a label of at most {most} characters"),
        };
        Err(BadValue::new(format!(
            "label {self} is too long on {interface}: {interface}:{self} has {length} characters of at most {LONGEST}: {mend}"
        )))
    }
}

impl FromStr for IfaceLabel {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<IfaceLabel, BadValue> {
        if text.is_empty() {
            return Err(BadValue::new(
                "the label is empty: write one, such as VIP, or leave it out",
            ));
        }
        if let Some((_, label)) = text.split_once(':') {
            return Err(BadValue::new(format!(
                "label {text} names its interface as well: write only what follows the colon, {label:?}"
            )));
        }
        // IPaddr2 hands the label to `ip` unquoted.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if let Some(strange) = text.chars().find(|&c| !plain(c)) {
            return Err(BadValue::new(format!(
                "label {text:?} has {strange:?} in it: write letters, digits, `-`, `_` and `.` only"
            )));
        }
        // One character for the shortest interface, one for the colon.
        let most = LONGEST - 2;
        if text.len() > most {
            return Err(BadValue::new(format!(
                "label {text} has {} characters, too many for any interface: write at most {most}, on host0 at most 9",
                text.len()
            )));
        }
        Ok(IfaceLabel(text.to_owned()))
    }
}

impl fmt::Display for IfaceLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(IfaceLabel);

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Result<IfaceLabel, BadValue> {
        text.parse()
    }

    #[test]
    fn nine_characters_fit_on_host0_and_ten_do_not() {
        assert_eq!(label("abcdefghi").unwrap().check_length("host0"), Ok(()));
        let refusal = label("abcdefghij")
            .unwrap()
            .check_length("host0")
            .unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "label abcdefghij is too long on host0: host0:abcdefghij has 16 characters of at most 15: write a label of at most 9 characters"
        );
    }

    #[test]
    fn an_interface_may_leave_no_room() {
        let refusal = label("VIP")
            .unwrap()
            .check_length("enp0s31f6np000")
            .unwrap_err();
        assert!(refusal.to_string().ends_with("leave the label out"));
        let refusal = label("VIP")
            .unwrap()
            .check_length("enp0s31f6np00")
            .unwrap_err();
        assert!(
            refusal
                .to_string()
                .ends_with("write a label of 1 character")
        );
    }

    #[test]
    fn what_is_no_label_is_refused() {
        assert!(label("").unwrap_err().0.contains("is empty"));
        assert!(
            label("eth0:VIP")
                .unwrap_err()
                .0
                .contains("write only what follows the colon, \"VIP\"")
        );
        assert!(label("V IP").unwrap_err().0.contains("has ' ' in it"));
        assert!(label("élan").unwrap_err().0.contains("has 'é' in it"));
        assert!(label("a/b").unwrap_err().0.contains("has '/' in it"));
        assert!(
            label("abcdefghijklmn")
                .unwrap_err()
                .0
                .contains("14 characters, too many")
        );
    }
}
