//! A server's release, and what is said and done differently from one release to the next.
//!
//! The bounds come from MariaDB's documentation and sources; 10.11 and 11.8 were tried on real hosts.

use crate::as_text::serde_as_text;
use std::fmt;
use std::str::FromStr;

/// A release of MariaDB, such as 10.11.18.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The series is the first two numbers.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third one.
    pub patch: u16,
}

/// A text that names no release of MariaDB.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Not three numbers with dots at its beginning.
    #[error("`{0}` is not a version of MariaDB: it is written such as 10.11.18-MariaDB")]
    Shape(String),
    /// MySQL, which has other words for all of this.
    #[error("`{0}` is MySQL, not MariaDB")]
    MySql(String),
}

/// What a concern about releases is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionTopic {
    /// When binlogs are purged.
    Purging,
    /// A primary that is newer than its replica.
    NewerPrimary,
    /// A replica that wants TLS of a primary that may offer none.
    Tls,
    /// The character set of a table that names none.
    CharacterSet,
}

/// Something that follows from a release, or from the releases of two servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionConcern {
    pub topic: VersionTopic,
    /// The trouble, in one sentence.
    pub what: String,
    /// The mend.
    pub mend: String,
}

impl Version {
    /// The oldest release whose words are known here: the first with today's names of privileges.
    pub const OLDEST: Version = Version::new(10, 5, 9);

    /// Returns a release.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Version {
        Version {
            major,
            minor,
            patch,
        }
    }

    /// Returns the first release of MariaDB that a text names, as the programs' `--version` do.
    pub fn find(text: &str) -> Option<Version> {
        text.split([' ', ','])
            .find(|word| word.to_ascii_lowercase().contains("-mariadb"))
            .and_then(|word| word.parse().ok())
    }

    /// Returns the series, such as 10.11, within which replication goes both ways.
    pub fn series(self) -> (u16, u16) {
        (self.major, self.minor)
    }

    /// Returns true when a replica insists on TLS and on the primary's certificate, unless
    /// `MASTER_SSL_VERIFY_SERVER_CERT=0` or `MASTER_SSL=0` was said.
    pub fn verifies_tls(self) -> bool {
        self >= Version::new(11, 4, 0)
    }

    /// Returns true when a server without a certificate makes one by itself.
    pub fn makes_a_certificate(self) -> bool {
        self >= Version::new(11, 4, 0)
    }

    /// Returns true when `CHANGE MASTER` knows `MASTER_DEMOTE_TO_SLAVE`, which takes a former
    /// primary's own last write for its position.
    pub fn demotes(self) -> bool {
        self >= Version::new(10, 10, 0)
    }

    /// Returns true when binlogs are purged only while a replica is connected
    /// (`slave_connections_needed_for_purge=1`).
    pub fn purges_only_with_a_replica(self) -> bool {
        self >= Version::new(11, 4, 0)
    }

    /// Returns true when a table without a word on it is utf8mb4.
    pub fn defaults_to_utf8mb4(self) -> bool {
        self >= Version::new(11, 6, 0)
    }

    /// Returns what to know of this release as a primary.
    pub fn as_primary(self) -> Vec<VersionConcern> {
        let mut concerns = Vec::new();
        if self.purges_only_with_a_replica() {
            concerns.push(VersionConcern {
                topic: VersionTopic::Purging,
                what: format!(
                    "MariaDB {self} purges binlogs only while a replica is connected: \
                     with none for long, they fill the disk"
                ),
                mend: "set max_binlog_total_size, or slave_connections_needed_for_purge=0"
                    .to_owned(),
            });
        }
        concerns
    }

    /// Returns what to know of a primary that is newer than its replica, if it is.
    pub fn newer_than(self, replica: Version) -> Option<VersionConcern> {
        (self.series() > replica.series()).then(|| VersionConcern {
            topic: VersionTopic::NewerPrimary,
            what: format!(
                "the primary (MariaDB {self}) is newer than the replica ({replica}): what only \
                 the newer one knows, such as a column of type VECTOR, stops the replica (errno 4161)"
            ),
            mend: "update the replica first, then the primary".to_owned(),
        })
    }

    /// Returns what to know of this release as the primary of another one.
    pub fn as_primary_of(self, replica: Version) -> Vec<VersionConcern> {
        let mut concerns: Vec<VersionConcern> = self.newer_than(replica).into_iter().collect();
        if replica.verifies_tls() && !self.makes_a_certificate() {
            concerns.push(VersionConcern {
                topic: VersionTopic::Tls,
                what: format!(
                    "the replica (MariaDB {replica}) insists on TLS, and MariaDB {self} offers none \
                     unless it has a certificate (errno 2026)"
                ),
                mend: "give the primary a certificate and the replica a copy of it, or say \
                       MASTER_SSL=0: explain tls"
                    .to_owned(),
            });
        }
        if self.defaults_to_utf8mb4() != replica.defaults_to_utf8mb4() {
            concerns.push(VersionConcern {
                topic: VersionTopic::CharacterSet,
                what: format!(
                    "MariaDB {self} and {replica} differ in the character set of a table that names none"
                ),
                mend: "set character_set_server=utf8mb4 on both, as Debian's own option file does"
                    .to_owned(),
            });
        }
        concerns
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Version, VersionError> {
        let text = text.trim();
        let shape = || VersionError::Shape(text.to_owned());
        // MariaDB 10 puts this in front in the greeting, for replicas of MySQL.
        let rest = text.strip_prefix("5.5.5-").unwrap_or(text);
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (numbers, suffix) = rest.split_at(end.unwrap_or(rest.len()));
        let mut parts = numbers.split('.').map(str::parse);
        let mut number = || parts.next().and_then(Result::ok).ok_or_else(shape);
        let version = Version::new(number()?, number()?, number()?);
        if parts.next().is_some() {
            return Err(shape());
        }
        // 6 to 9 were MySQL's alone; Debian's and others' MariaDB has its name in it.
        let named = suffix.to_ascii_lowercase().contains("mariadb");
        if !named && (version.major < 10 || suffix.to_ascii_lowercase().contains("mysql")) {
            return Err(VersionError::MySql(text.to_owned()));
        }
        Ok(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

serde_as_text!(Version);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOOKWORM: Version = Version::new(10, 11, 19);
    const TRIXIE: Version = Version::new(11, 8, 6);

    #[test]
    fn it_is_read_as_servers_print_it() {
        for text in [
            "10.11.19-MariaDB-0+deb12u1",
            "10.11.19-MariaDB-0+deb12u1-log",
            "5.5.5-10.11.19-MariaDB-0+deb12u1",
            "10.11.19",
            " 10.11.19-mariadb\n",
        ] {
            assert_eq!(text.parse(), Ok(BOOKWORM), "{text}");
        }
        assert_eq!("11.8.6-MariaDB-0+deb13u1 from Debian".parse(), Ok(TRIXIE));
        assert_eq!(TRIXIE.to_string(), "11.8.6");
    }

    #[test]
    fn what_is_none_is_said() {
        for text in [
            "",
            "10.11",
            "MariaDB 10.11.18",
            "10.11.18.1-MariaDB",
            "10.11.x",
            "1.2.99999",
        ] {
            assert!(
                matches!(text.parse::<Version>(), Err(VersionError::Shape(_))),
                "{text}"
            );
        }
        assert_eq!(
            "8.0.36-0ubuntu0.22.04.1"
                .parse::<Version>()
                .unwrap_err()
                .to_string(),
            "`8.0.36-0ubuntu0.22.04.1` is MySQL, not MariaDB"
        );
    }

    #[test]
    fn the_programs_name_it_too() {
        for (text, version) in [
            (
                "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)",
                BOOKWORM,
            ),
            (
                "mysql  Ver 15.1 Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64) using  EditLine wrapper",
                BOOKWORM,
            ),
            (
                "mariadbd  Ver 11.8.6-MariaDB-0+deb13u1 from Debian for debian-linux-gnu on x86_64 (-- Please help get to 10k stars at https://github.com/MariaDB/Server)",
                TRIXIE,
            ),
            (
                "mariadb from 11.8.6-MariaDB, client 15.2 for debian-linux-gnu (x86_64) using  EditLine wrapper",
                TRIXIE,
            ),
        ] {
            assert_eq!(Version::find(text), Some(version), "{text}");
        }
        assert_eq!(Version::find("mysql  Ver 8.0.36 for Linux"), None);
    }

    #[test]
    fn the_words_follow_the_release() {
        assert!(!BOOKWORM.verifies_tls() && TRIXIE.verifies_tls());
        assert!(!BOOKWORM.purges_only_with_a_replica() && TRIXIE.purges_only_with_a_replica());
        assert!(BOOKWORM.demotes() && !Version::new(10, 6, 18).demotes());
        assert!(Version::new(10, 11, 2) < Version::new(10, 11, 18));
        assert!(Version::new(9, 9, 9) < BOOKWORM && BOOKWORM < TRIXIE);
    }

    #[test]
    fn two_releases_have_their_traps() {
        let said = |primary: Version, replica| -> Vec<VersionTopic> {
            let concerns = primary.as_primary_of(replica);
            concerns.iter().map(|concern| concern.topic).collect()
        };
        assert!(said(BOOKWORM, BOOKWORM).is_empty() && said(TRIXIE, TRIXIE).is_empty());
        assert!(said(TRIXIE, Version::new(11, 8, 3)).is_empty());
        let with_charset = |topic| [topic, VersionTopic::CharacterSet];
        assert_eq!(said(BOOKWORM, TRIXIE), with_charset(VersionTopic::Tls));
        assert_eq!(
            said(TRIXIE, BOOKWORM),
            with_charset(VersionTopic::NewerPrimary)
        );
        assert!(BOOKWORM.as_primary().is_empty());
        assert!(TRIXIE.as_primary()[0].what.contains("fill the disk"));
    }

    proptest! {
        #[test]
        fn any_release_is_read_back(major in 10u16.., minor: u16, patch: u16) {
            let version = Version::new(major, minor, patch);
            prop_assert_eq!(format!("{version}-MariaDB-log").parse(), Ok(version));
            prop_assert_eq!(version.to_string().parse(), Ok(version));
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,40}|[0-9.\\-a-z ]{0,30}") {
            let _ = (text.parse::<Version>(), Version::find(&text));
        }
    }
}
