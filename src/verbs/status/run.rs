//! Running `status`: once, or over and over.

use super::watched::WatchedScreen;
use super::{Screen, Status};
use crate::exit::Exit;
use crate::operate::{Format, RunsItself, Session};
use crate::watching::{Place, Watched, watch};

impl RunsItself for Status {
    fn run(&self, session: &mut Session) -> Exit {
        if !self.watch {
            return session.look(&Screen::of_journal(session.host));
        }
        let mut watched = WatchedScreen::new(session.host);
        if let Err(refusal) = session.root_only(&watched.needs()) {
            return session.refused(&refusal);
        }
        let documents = session.settings.format == Format::Json;
        let place = Place {
            host: session.host,
            signals: session.signals,
            ui: session.ui,
            documents,
        };
        watch(&mut watched, place)
    }
}
