//! What a plan that makes a server a replica is made of.

use super::origin::Origin;
use crate::facts::database::Link;
use crate::facts::{DatabaseServer, Facts};
use crate::replication::kept::Kept;
use crate::replication::link::Upstream;
use crate::replication::seed;
use crate::replication::server::Configured;
use std::path::PathBuf;

/// The two servers and the link between them, as a plan is made of them.
pub struct ReplicaContext<'a> {
    /// The facts of the hosts.
    pub facts: &'a Facts,
    /// This host's server.
    pub replica: &'a DatabaseServer,
    /// The primary, or its file: the data come from there.
    pub origin: &'a Origin<'a>,
    /// The link that is there already.
    pub link: Option<&'a Link>,
    /// The link that is there already, kept for the way back.
    pub kept: Option<Kept<'a>>,
    /// The login of the replica.
    pub upstream: &'a Upstream<'a>,
    /// The options of the replica as they will be.
    pub configured: &'a Configured,
}

impl ReplicaContext<'_> {
    /// Returns the folder that keeps what is replaced.
    pub fn folder(&self) -> PathBuf {
        let kept = self.replica.state.databases();
        seed::next_folder(&kept, self.facts.folders.get(&kept))
    }
}
