//! The verbs of the grammar, and what each is.

use crate::operate::Deed;
use crate::verbs::{cluster, crm, db, explain, init, journal, node, status, vip, web};
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
    Vip(vip::Vip),
    #[command(subcommand)]
    Web(web::Web),
    #[command(subcommand)]
    Node(node::Node),
    #[command(subcommand)]
    Db(db::Db),
    Status(status::Status),
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
        matches!(self.deed(), Deed::Change(_))
    }

    /// Returns what it does.
    pub fn deed(&self) -> Deed<'_> {
        match self {
            Verb::Cluster(verb) => Deed::Change(verb.change()),
            Verb::Vip(vip::Vip::Add(verb)) => Deed::Change(verb),
            Verb::Vip(vip::Vip::Remove(verb)) => Deed::Change(verb),
            Verb::Vip(vip::Vip::List(verb)) => Deed::Look(verb),
            Verb::Web(web::Web::Add(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::Group(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::Prefer(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::Move(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::Remove(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::List(verb)) => Deed::Look(verb),
            Verb::Node(node::Node::Turn(verb)) => Deed::Change(verb),
            Verb::Node(node::Node::List(verb)) => Deed::Look(verb),
            Verb::Db(verb) => verb.deed(),
            Verb::Status(verb) => Deed::Own(verb),
            Verb::Explain(verb) => Deed::Own(verb),
            Verb::History(verb) => Deed::Own(verb),
            Verb::Show(verb) => Deed::Own(verb),
            Verb::Undo(verb) => Deed::Own(verb),
            Verb::Crm(verb) => Deed::Own(verb),
            Verb::Init(verb) => Deed::Own(verb),
        }
    }
}
