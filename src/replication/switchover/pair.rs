//! Two servers that are to swap their roles.

use crate::replication::endpoint::Endpoint;
use std::net::IpAddr;

/// Two servers that are to swap their roles.
#[derive(Debug, Clone, Copy)]
pub struct SwitchoverPair<'a> {
    /// The one that becomes the primary.
    pub new: Endpoint<'a>,
    /// The one that is it now.
    pub old: Endpoint<'a>,
    /// The address of the new one towards the old one.
    pub new_address: IpAddr,
    /// The address of the old one towards the new one.
    pub old_address: IpAddr,
}

impl SwitchoverPair<'_> {
    /// Returns the same two the other way round.
    pub fn turned(&self) -> Self {
        SwitchoverPair {
            new: self.old,
            old: self.new,
            new_address: self.old_address,
            old_address: self.new_address,
        }
    }

    /// Returns what the two are called together, whoever is the primary.
    pub fn both_names(&self) -> String {
        let mut both = [self.new_address, self.old_address];
        both.sort_unstable();
        format!("the roles of {} and {}", both[0], both[1])
    }

    /// Returns the verb as it is typed here for this pair.
    pub fn command(&self) -> String {
        match self.new.via {
            Some(host) => format!("bascule db promote {host}"),
            None => "bascule db promote".to_owned(),
        }
    }
}
