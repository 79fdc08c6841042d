//! An event with the time at which it was seen.

use super::events::ClusterEvent;
use crate::report::{Role, Span};

/// An event with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When it was seen.
    pub at: jiff::Timestamp,
    /// The event.
    pub event: ClusterEvent,
}

impl Happened {
    /// Returns what happened just now.
    pub fn now(event: ClusterEvent) -> Happened {
        Happened {
            at: jiff::Timestamp::now(),
            event,
        }
    }

    /// Returns the line that tells it, with the time of day here.
    pub fn line(&self) -> Vec<Span> {
        let at = self.at.to_zoned(jiff::tz::TimeZone::system());
        let ClusterEvent { role, text } = &self.event;
        vec![
            Span::new(Role::Dim, at.strftime("%H:%M:%S").to_string()),
            Span::from(" "),
            Span::new(*role, self.event.mark()),
            Span::from(format!(" {text}")),
        ]
    }
}
