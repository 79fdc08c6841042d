//! Live names for completion: in the shell and in bash, zsh and fish alike.
//!
//! Every function returns what may stand in one argument, with what it is, from a cheap reading
//! with a short deadline, and nothing at all on any trouble: completion never prints, blocks or
//! asks. Only what the parser takes is offered, and only what makes sense beside the words before.

mod address;
mod agent;
mod cluster;
mod database;
mod fencing;
mod host;
mod operation;
mod property;
mod topic;

use super::Candidate;
use super::asking::Asking;
use crate::names::Name;

/// Returns what may stand in an argument that takes such names, whatever is typed of one.
pub fn candidates_for(name: Name, about: &Asking) -> Vec<Candidate> {
    match name {
        Name::Interface => address::interfaces(about),
        Name::OwnAddress => address::own_addresses(about),
        Name::OtherAddress => address::other_addresses(about),
        Name::FreeAddress => address::free_addresses(about),
        Name::NewCluster => address::cluster_name(about),
        Name::NodeToBe => address::nodes_to_be(about),
        Name::Unit => agent::units(about),
        Name::Agent => agent::agents(about),
        Name::Node => cluster::nodes(about),
        Name::NodeInService => cluster::nodes_in_service(about),
        Name::NodeToFence => fencing::nodes_to_fence(about),
        Name::NodeWithDevice => fencing::nodes_with_device(about),
        Name::FenceAgent => fencing::agents(about),
        Name::NodeInStandby => cluster::nodes_in_standby(about),
        Name::NodeLookedAfter => cluster::nodes_looked_after(about),
        Name::NodeInMaintenance => cluster::nodes_in_maintenance(about),
        Name::NodeToMoveTo => cluster::nodes_to_move_to(about),
        Name::Resource => cluster::resources(about),
        Name::Movable => cluster::movable(about),
        Name::Group => cluster::groups(about),
        Name::ServiceEverywhere => cluster::clones(about),
        Name::MemberToBe => cluster::members_to_be(about),
        Name::Vip => cluster::vips(about),
        Name::Service => cluster::services(about),
        Name::Strikable => cluster::strikable(about),
        Name::Database => database::databases(about),
        Name::OtherHost => host::other_hosts(about),
        Name::OutsideHost => host::outside_hosts(about),
        Name::Operation => operation::operations(about),
        Name::Undoable => operation::undoable(about),
        Name::Property => property::property_setting(about),
        Name::Topic => topic::topics(about),
    }
}
