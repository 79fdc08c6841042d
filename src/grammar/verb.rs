//! The verbs of the grammar, and what each is.

use crate::operate::VerbKind;
use crate::verbs::{
    cluster, crm, db, drill, explain, fence, init, journal, node, probe, quorum, status, story,
    vip, web, why,
};
use clap::Subcommand;

/// The verbs.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "what a verb is stands with its arguments, and a comment here would hide it"
)]
pub enum Verb {
    #[command(subcommand)]
    Cluster(cluster::Cluster),
    #[command(subcommand)]
    Quorum(quorum::Quorum),
    #[command(subcommand)]
    Vip(vip::Vip),
    #[command(subcommand)]
    Web(web::Web),
    #[command(subcommand)]
    Node(node::Node),
    #[command(subcommand)]
    Db(db::Db),
    #[command(subcommand)]
    Fence(fence::Fence),
    Drill(drill::Drill),
    Status(status::Status),
    Story(story::Story),
    Why(why::Why),
    Probe(probe::Probe),
    History(journal::History),
    Show(journal::Show),
    Undo(journal::Undo),
    Explain(explain::Explain),
    Crm(crm::Crm),
    Init(init::Init),
}

impl Verb {
    /// Returns true when it tells of operations that were cut short by itself.
    pub fn tells_of_unfinished(&self) -> bool {
        matches!(
            self,
            Verb::Undo(_) | Verb::History(_) | Verb::Show(_) | Verb::Status(_)
        )
    }

    /// Returns true when it changes something: such verbs can be planned together.
    pub fn is_change(&self) -> bool {
        matches!(self.kind(), VerbKind::Change(_))
    }

    /// Returns what it does.
    pub fn kind(&self) -> VerbKind<'_> {
        match self {
            Verb::Cluster(verb) => VerbKind::Change(verb.change()),
            Verb::Quorum(verb) => verb.kind(),
            Verb::Vip(vip::Vip::Add(verb)) => VerbKind::Change(verb),
            Verb::Vip(vip::Vip::Remove(verb)) => VerbKind::Change(verb),
            Verb::Vip(vip::Vip::List(verb)) => VerbKind::Look(verb),
            Verb::Web(web::Web::Add(verb)) => VerbKind::Change(verb),
            Verb::Web(web::Web::Group(verb)) => VerbKind::Change(verb),
            Verb::Web(web::Web::Prefer(verb)) => VerbKind::Change(verb),
            Verb::Web(web::Web::Move(verb)) => VerbKind::Change(verb),
            Verb::Web(web::Web::Remove(verb)) => VerbKind::Change(verb),
            Verb::Web(web::Web::List(verb)) => VerbKind::Look(verb),
            Verb::Node(node::Node::NodeChange(verb)) => VerbKind::Change(verb),
            Verb::Node(node::Node::List(verb)) => VerbKind::Look(verb),
            Verb::Db(verb) => verb.kind(),
            Verb::Fence(verb) => verb.kind(),
            Verb::Drill(verb) => verb.kind(),
            Verb::Status(verb) => VerbKind::RunsItself(verb),
            Verb::Why(verb) => VerbKind::Look(verb),
            Verb::Story(verb) => VerbKind::RunsItself(verb),
            Verb::Probe(verb) => VerbKind::RunsItself(verb),
            Verb::Explain(verb) => VerbKind::RunsItself(verb),
            Verb::History(verb) => VerbKind::RunsItself(verb),
            Verb::Show(verb) => VerbKind::RunsItself(verb),
            Verb::Undo(verb) => VerbKind::RunsItself(verb),
            Verb::Crm(verb) => VerbKind::RunsItself(verb),
            Verb::Init(verb) => VerbKind::RunsItself(verb),
        }
    }
}
