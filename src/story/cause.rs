//! What can happen.

use jiff::{SignedDuration, Timestamp};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// When, by this host's clock.
    pub at: Timestamp,
    /// The node that it is about; empty where it is the cluster as a whole.
    pub node: String,
    /// The node whose log tells it; of several the one that wrote it down first.
    pub seen_by: String,
    /// What happened.
    pub kind: CauseKind,
    /// The resource that it is about.
    pub resource: Option<String>,
    /// The address of that resource, where it is a virtual one.
    pub address: Option<String>,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CauseKind {
    /// The node was not heard for so many milliseconds, corosync's token. Without a node: nobody left after that.
    Silent { token: Option<u64> },
    /// The nodes that see each other are these now.
    Membership {
        members: Vec<String>,
        /// Who is new.
        joined: Vec<String>,
        /// Who is gone.
        left: Vec<String>,
        /// They have quorum; none where no log says so.
        quorum: Option<bool>,
    },
    /// The node does not hear another one on this link any more.
    LinkLost { other: String, link: String },
    /// The node hears it there again.
    LinkBack { other: String, link: String },
    /// The node has no quorum any more.
    QuorumLost,
    /// The node has quorum again.
    QuorumGained,
    /// The node does not reach the third host any more, which has a vote; no log says when it does again.
    ThirdVoteLost,
    /// The node shall be switched off.
    FenceAsked { reason: Option<String> },
    /// The node was switched off.
    Fenced {
        /// The node that had it done; none where a human said that it is off.
        by: Option<String>,
        /// The device that did it.
        device: Option<String>,
        action: String,
    },
    /// No device switched the node off.
    FenceFailed { by: String, reason: String },
    /// The node leads the cluster from now on, its designated controller (DC).
    Elected,
    /// The resource was told to start there, and no log says what came of it.
    Starting,
    /// The resource was told to stop there, and no log says what came of it.
    Stopping,
    /// The resource runs there.
    Started { took: Option<SignedDuration> },
    /// The resource does not run there any more.
    Stopped { took: Option<SignedDuration> },
    /// It is promoted there.
    Promoted,
    /// It is promoted there no more.
    Demoted,
    /// An action on the resource failed there.
    Failed { action: String, reason: String },
    /// The resource failed there so often that it may not run there any more.
    TooManyFailures,
    /// The resource may run on so many nodes at once.
    Twice { nodes: String },
    /// What failed there was cleaned up: Pacemaker tries again.
    CleanedUp,
    /// The node runs nothing from now on.
    Standby,
    /// The node may run things again.
    Online,
    /// The node, or the whole cluster, is left alone from now on.
    Maintenance,
    /// It is taken care of again.
    Ready,
    /// The node booted; its records of the boot before end at this moment.
    Booted { before: Option<Timestamp> },
    /// The cluster's services were started on the node.
    ClusterStarted,
    /// They were told to stop.
    ClusterStopping,
    /// They have stopped.
    ClusterStopped,
    /// One of the cluster's daemons ended, as nobody had told it.
    Died { program: String, how: String },
    /// The configuration was changed.
    Configuration {
        /// The program that did it.
        by: String,
        /// What was changed, as far as the log says.
        what: Vec<String>,
        /// The configuration's version after that, the same on each node.
        version: String,
    },
    /// A bascule on the node did something.
    Operation {
        id: u64,
        command: String,
        user: String,
        status: String,
    },
}
