//! `node list` for programs.

use crate::facts::NodeKind;
use crate::report::Document;
use serde::Serialize;

/// `node list`: the nodes, their state, and what runs there.
#[derive(Serialize)]
pub struct NodeListDocument<'a> {
    /// The cluster runs here; otherwise all is from the configuration on disk.
    pub live: bool,
    /// The name of the node that is the designated controller; null while none is elected, or the cluster
    /// does not run here.
    pub dc: Option<&'a str>,
    /// This part of the cluster has quorum; null while the cluster does not run here.
    pub quorum: Option<bool>,
    /// The nodes, those of the configuration first.
    pub nodes: Vec<ListedNode<'a>>,
}

impl Document for NodeListDocument<'_> {}

/// A node with what runs there.
#[derive(Serialize)]
pub struct ListedNode<'a> {
    /// Its name.
    pub name: &'a str,
    /// What kind of node it is; `member` while the cluster does not run here.
    pub kind: NodeKind,
    /// `online`, `offline`, `lost` (without a goodbye), `joining`, `standby` or `maintenance`; while the
    /// cluster does not run here `standby`, `maintenance` or `unknown`.
    pub state: &'static str,
    /// The ids of the primitive resources that run there, by `crm_mon`; empty while the cluster does not
    /// run here.
    pub runs: Vec<&'a str>,
}
