//! What leads out of an operation that stopped past its point of no return: on, and not back.

use super::operation::{Operation, OperationStatus};

/// The words that lead out of an operation that stopped past its point of no return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onward<'a> {
    /// The words that bring it to an end, typed again.
    Again(&'a str),
    /// The words that say what brings it to an end.
    Look(&'a str),
}

impl Operation {
    /// Returns the words of the verb that leads out where it stopped past its point of no return: its
    /// way back begins from a whole one, and is refused until then.
    pub fn onward(&self) -> Option<Onward<'_>> {
        let half = matches!(
            self.status(),
            OperationStatus::CutShort
                | OperationStatus::Failed
                | OperationStatus::NotAsAsked
                | OperationStatus::Interrupted
        );
        self.turned_back_by().filter(|_| half)?;
        // The same verb again goes on from where the servers are.
        // Unless it was one for a primary that was dead then: that may be back by now.
        let was_dead = self.begin.command.contains("--primary-is-dead");
        Some(match self.begin.plan.settles {
            Some(_) if !was_dead => Onward::Again(&self.begin.command),
            _ => Onward::Look("db status"),
        })
    }
}
