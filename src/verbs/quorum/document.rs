//! `quorum status` for programs.

use crate::report::Document;
use serde::Serialize;

/// `quorum status`: who votes, how many votes there must be, and what each loss would do.
#[derive(Serialize)]
pub struct QuorumStatusDocument<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// This part of the cluster has quorum; null while the cluster does not run here.
    pub quorum: Option<bool>,
    /// How many votes there are; null while the cluster does not run here.
    pub votes: Option<u32>,
    /// How many there would be with all nodes and the third host; null while the cluster does not run here.
    pub expected: Option<u32>,
    /// How many are needed; null while the cluster does not run here.
    pub needed: Option<u32>,
    /// One of two nodes may go on alone, once both have met (`two_node`); then there is no third host.
    pub two_node: bool,
    /// The nodes, this host first.
    pub nodes: Vec<QuorumNode<'a>>,
    /// The third host that has a vote; null where there is none.
    pub device: Option<QuorumDevice<'a>>,
}

impl Document for QuorumStatusDocument<'_> {}

/// A node with its vote.
#[derive(Serialize)]
pub struct QuorumNode<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its votes as this host counts them; null while it is away.
    pub votes: Option<u32>,
    /// What the loss of it would do.
    pub if_lost: AfterLoss,
    /// How its daemon stands to the third host, in the daemon's own word: `Connected`, `Connect failed`; null
    /// where no daemon answers, or the node was not reached.
    pub connection: Option<&'a str>,
    /// It casts the third host's vote; null where there is none, or the node is away.
    pub casts_device_vote: Option<bool>,
    /// Why it could not be asked, in ssh's words; null where it was.
    pub unreachable: Option<&'a str>,
    /// Its corosync.conf is that of this host; null where it was not reached.
    pub same_file: Option<bool>,
}

/// The third host.
#[derive(Serialize)]
pub struct QuorumDevice<'a> {
    /// Its address or name, as corosync.conf has it.
    pub host: &'a str,
    /// The votes that it gives to this part of the cluster; null while the cluster does not run here.
    pub votes: Option<u32>,
    /// What the loss of it would do.
    pub if_lost: AfterLoss,
    /// How long a node waits for it, in milliseconds; null where corosync.conf does not say it: 10000.
    pub timeout: Option<u32>,
    /// The same while a node comes or goes; null where corosync.conf does not say it: 30000.
    pub sync_timeout: Option<u32>,
}

/// What a loss would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterLoss {
    /// The others have quorum and go on.
    GoesOn,
    /// The others have no quorum: what they run stops.
    Stops,
    /// It is lost already, or there is no quorum, or the cluster does not run here.
    Unknown,
}
