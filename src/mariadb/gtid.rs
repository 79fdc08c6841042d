//! One global transaction identifier, and the lists of them that a server prints.

use crate::as_text::serde_as_text;
use std::fmt;
use std::str::FromStr;

/// A transaction's name on every server that has it: `0-10-42`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtid {
    /// The stream it belongs to; 0 unless somebody set `gtid_domain_id`.
    pub domain: u32,
    /// The id of the server that wrote it first.
    pub server: u32,
    /// Its number in the domain, which rises from one transaction to the next.
    pub sequence: u64,
}

/// A text that is not what a server prints, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GtidError {
    /// Not three numbers with dashes.
    #[error("`{0}` is not a GTID: it is written domain-server-sequence, such as 0-10-42")]
    Shape(String),
    /// A number that does not fit.
    #[error("the {part} of the GTID `{gtid}` is too large: at most {most}")]
    TooLarge {
        /// `domain`, `server id` or `sequence number`.
        part: &'static str,
        /// The whole GTID.
        gtid: String,
        /// The largest there is.
        most: u64,
    },
    /// A comma with nothing beside it.
    #[error("the list of GTIDs `{0}` has a comma too many")]
    Gap(String),
    /// A position with two GTIDs of one domain.
    #[error("{first} and {second} are both of domain {domain}: a position has one GTID per domain")]
    SameDomain {
        domain: u32,
        /// The first of the two.
        first: Gtid,
        /// The other.
        second: Gtid,
    },
    /// A state with two GTIDs of one server in one domain.
    #[error(
        "{first} and {second} are both of domain {} and server id {}: a binlog state has one GTID for each",
        first.domain, first.server
    )]
    SameServer {
        /// The first of the two.
        first: Gtid,
        /// The other.
        second: Gtid,
    },
}

impl FromStr for Gtid {
    type Err = GtidError;

    fn from_str(text: &str) -> Result<Gtid, GtidError> {
        let shape = || GtidError::Shape(shorten(text));
        let mut parts = text.split('-');
        let mut number = |part, most: u64| -> Result<u64, GtidError> {
            let digits = parts.next().unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(shape());
            }
            digits
                .parse()
                .ok()
                .filter(|number| *number <= most)
                .ok_or_else(|| GtidError::TooLarge {
                    part,
                    gtid: shorten(text),
                    most,
                })
        };
        let narrow = |number| u32::try_from(number).map_err(|_| shape());
        let domain = narrow(number("domain", u32::MAX.into())?)?;
        let server = narrow(number("server id", u32::MAX.into())?)?;
        let sequence = number("sequence number", u64::MAX)?;
        if parts.next().is_some() {
            return Err(shape());
        }
        Ok(Gtid {
            domain,
            server,
            sequence,
        })
    }
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.domain, self.server, self.sequence)
    }
}

serde_as_text!(Gtid);

/// Splits a list as a server prints it. `SHOW SLAVE STATUS` breaks long ones into lines.
pub(super) fn split(text: &str) -> Result<Vec<Gtid>, GtidError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',')
        .map(|word| match word.trim() {
            "" => Err(GtidError::Gap(shorten(text))),
            word => word.parse(),
        })
        .collect()
}

/// Writes a list as a server prints it.
pub(super) fn join(f: &mut fmt::Formatter<'_>, gtids: impl Iterator<Item = Gtid>) -> fmt::Result {
    for (at, gtid) in gtids.enumerate() {
        let comma = if at == 0 { "" } else { "," };
        write!(f, "{comma}{gtid}")?;
    }
    Ok(())
}

/// Returns a text that stands in a message: not too long, and without what a terminal obeys.
fn shorten(text: &str) -> String {
    let clean: String = text.chars().flat_map(char::escape_debug).collect();
    match clean.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(text: &str) -> String {
        text.parse::<Gtid>().unwrap_err().to_string()
    }

    #[test]
    fn a_gtid_is_three_numbers() {
        let gtid: Gtid = "0-10-42".parse().unwrap();
        assert_eq!((gtid.domain, gtid.server, gtid.sequence), (0, 10, 42));
        assert_eq!(gtid.to_string(), "0-10-42");
        let largest = "4294967295-4294967295-18446744073709551615";
        assert_eq!(largest.parse::<Gtid>().unwrap().to_string(), largest);
    }

    #[test]
    fn what_is_none_is_said_in_a_sentence() {
        let shape = "is not a GTID: it is written domain-server-sequence, such as 0-10-42";
        for text in [
            "", "0", "0-10", "0-10-", "0-10-4-1", "-1-10-4", "0-+1-4", "0-10-4x", "NULL",
        ] {
            assert_eq!(error(text), format!("`{text}` {shape}"));
        }
        assert_eq!(
            error("0-1\u{1b}[2J-3"),
            format!("`0-1\\u{{1b}}[2J-3` {shape}")
        );
        assert_eq!(
            error("4294967296-1-1"),
            "the domain of the GTID `4294967296-1-1` is too large: at most 4294967295"
        );
        assert_eq!(
            error("0-1-18446744073709551616"),
            "the sequence number of the GTID `0-1-18446744073709551616` is too large: at most 18446744073709551615"
        );
    }

    proptest! {
        #[test]
        fn any_gtid_is_read_back(domain: u32, server: u32, sequence: u64) {
            let gtid = Gtid { domain, server, sequence };
            prop_assert_eq!(gtid.to_string().parse::<Gtid>(), Ok(gtid));
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,40}|[0-9,\\- ]{0,40}") {
            let _ = text.parse::<Gtid>();
            if let Ok(list) = split(&text) {
                prop_assert_eq!(list.is_empty(), text.trim().is_empty());
            }
        }
    }
}
