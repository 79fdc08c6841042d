//! Which names an argument takes: a mark on it, that completion, red words and questions look up.

use clap::Arg;
use clap::builder::ArgExt;

/// The kind of thing that an argument names. Each is what Tab offers there; what a verb takes without need
/// (`node online` of a node that is not in standby) is no wrong name for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// This host's network interfaces.
    Interface,
    /// This host's own addresses.
    OwnAddress,
    /// The other nodes' addresses.
    OtherAddress,
    /// An address of this host's networks that nobody has.
    FreeAddress,
    /// A new cluster.
    NewCluster,
    /// `NAME=ADDRESS` of a node to be.
    NodeToBe,
    /// A service that systemd knows.
    Unit,
    /// A resource agent.
    Agent,
    /// A node of the cluster.
    Node,
    /// A node that can be emptied.
    NodeInService,
    /// `NODE=` of a node that a fence device can be given.
    NodeToFence,
    /// A node that has a fence device.
    NodeWithDevice,
    /// A fence agent.
    FenceAgent,
    /// A node in standby.
    NodeInStandby,
    /// A node that the cluster takes care of.
    NodeLookedAfter,
    /// A node in maintenance.
    NodeInMaintenance,
    /// A node that a resource can move to.
    NodeToMoveTo,
    /// A resource, a group or a clone.
    Resource,
    /// A resource or group that can move.
    Movable,
    /// A group; a new one has a name of its own.
    Group,
    /// A service that runs everywhere, by its own name or its clone's.
    ServiceEverywhere,
    /// A primitive that may become the member of a group.
    MemberToBe,
    /// A virtual address, by its resource's name.
    Vip,
    /// A resource other than a virtual address.
    Service,
    /// A service that can be struck, or corosync.
    Strikable,
    /// A database of this host's server.
    Database,
    /// Another host, as ssh reaches it.
    OtherHost,
    /// A host outside the cluster, as ssh reaches it.
    OutsideHost,
    /// An operation in this host's journal.
    Operation,
    /// An operation that can be taken back.
    Undoable,
    /// A property of the cluster or a default of resources, with its value.
    Property,
    /// A topic that `explain` has something to say of.
    Topic,
}

impl ArgExt for Name {}

/// The things that must be there already where they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// A node of the cluster.
    Node,
    /// A resource, a group or a clone.
    Resource,
    /// A virtual address, by its resource's name.
    Vip,
    /// A service that runs everywhere, by its own name or its clone's.
    ServiceEverywhere,
    /// An operation in this host's journal.
    Operation,
    /// A property of the cluster or a default of resources.
    Property,
    /// A topic that `explain` has something to say of.
    Topic,
}

impl Name {
    /// Returns the mark of an argument, where it has one.
    pub fn of_argument(arg: &Arg) -> Option<Name> {
        arg.get::<Name>().copied()
    }

    /// Returns what a name must be that of; none where also what is not there yet is right.
    pub fn existing(self) -> Option<Existing> {
        match self {
            Name::Node
            | Name::NodeInService
            | Name::NodeInStandby
            | Name::NodeLookedAfter
            | Name::NodeInMaintenance
            | Name::NodeToMoveTo
            | Name::NodeWithDevice => Some(Existing::Node),
            Name::Resource | Name::Movable | Name::MemberToBe | Name::Service => {
                Some(Existing::Resource)
            }
            Name::Vip => Some(Existing::Vip),
            Name::ServiceEverywhere => Some(Existing::ServiceEverywhere),
            Name::Operation | Name::Undoable => Some(Existing::Operation),
            Name::Property => Some(Existing::Property),
            Name::Topic => Some(Existing::Topic),
            Name::Interface
            | Name::OwnAddress
            | Name::OtherAddress
            | Name::FreeAddress
            | Name::NewCluster
            | Name::NodeToBe
            | Name::NodeToFence
            | Name::FenceAgent
            | Name::Unit
            | Name::Agent
            | Name::Group
            | Name::Strikable
            | Name::Database
            | Name::OtherHost
            | Name::OutsideHost => None,
        }
    }
}

impl Existing {
    /// Returns true where all words of the argument are one name.
    pub fn is_phrase(self) -> bool {
        self == Existing::Topic
    }
}
