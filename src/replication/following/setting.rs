//! What a plan that makes a server a replica is made of.

use super::origin::Origin;
use crate::facts::database::Link;
use crate::facts::{DatabaseServer, Facts};
use crate::replication::kept::Kept;
use crate::replication::link::Upstream;
use crate::replication::seed;
use crate::replication::server::Configured;
use std::path::PathBuf;

/// What a plan is made of.
pub struct ReplicaContext<'a> {
    /// What the hosts said.
    pub facts: &'a Facts,
    /// This host's server.
    pub replica: &'a DatabaseServer,
    /// Where the data come from.
    pub origin: &'a Origin<'a>,
    /// The link that is there already.
    pub link: Option<&'a Link>,
    /// That link, kept for the way back.
    pub kept: Option<Kept<'a>>,
    /// How the replica logs in.
    pub upstream: &'a Upstream<'a>,
    /// What its option file will say.
    pub configured: &'a Configured,
}

impl ReplicaContext<'_> {
    /// Returns the folder that keeps what is replaced.
    pub fn folder(&self) -> PathBuf {
        let kept = self.replica.state.databases();
        seed::next_folder(&kept, self.facts.folders.get(&kept))
    }
}
