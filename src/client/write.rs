//! Rows that are written as questions: by a new connection each time, and over ones that are held.

use super::ledger::{Fate, Ledger, Writer};
use super::sql::{Connection, Trouble};
use std::time::{Duration, Instant};

/// How long somebody waits for the answer to a row over a connection that is held.
const GIVES_UP: Duration = Duration::from_secs(5);

/// Writes a row by a new connection.
///
/// # Errors
/// Why it was not acknowledged in time.
pub fn once(writer: &Writer, ledger: &Ledger, patience: Duration) -> Result<(), String> {
    let until = Instant::now() + patience;
    let left = || until.saturating_duration_since(Instant::now());
    let mut connection = writer
        .open(patience)
        .map_err(|trouble| words(trouble, patience))?;
    let number = ledger.next();
    let written = connection
        .tell(&insert(number), left())
        .and_then(|()| connection.done(left()));
    match written {
        Ok(()) => {
            ledger.note(number, Fate::Acknowledged);
            Ok(())
        }
        Err(trouble) => {
            if matches!(trouble, Trouble::Refused(_)) {
                ledger.note(number, Fate::Refused);
            }
            Err(words(trouble, patience))
        }
    }
}

/// A connection that is held to write rows over it.
pub struct HeldWriter<'a> {
    writer: &'a Writer,
    ledger: &'a Ledger,
    patience: Duration,
    connection: Option<Connection>,
    /// The row whose answer is still to come, and since when.
    waits: Option<(u64, Instant)>,
}

impl<'a> HeldWriter<'a> {
    /// Returns one that connects with its first row.
    pub fn new(writer: &'a Writer, ledger: &'a Ledger, patience: Duration) -> HeldWriter<'a> {
        HeldWriter {
            writer,
            ledger,
            patience,
            connection: None,
            waits: None,
        }
    }

    /// Writes a row, or waits once more for the answer to the last one.
    ///
    /// # Errors
    /// Why it was not acknowledged in time.
    pub fn write(&mut self) -> Result<(), String> {
        let written = self.try_once();
        let late = matches!(written, Err(Trouble::Late));
        let gives_up = self
            .waits
            .is_some_and(|(_, since)| since.elapsed() > GIVES_UP);
        if written.is_err() && (!late || self.waits.is_none() || gives_up) {
            self.connection = None;
            self.waits = None;
        }
        written.map_err(|trouble| words(trouble, self.patience))
    }

    fn try_once(&mut self) -> Result<(), Trouble> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(self.writer.open(self.patience)?),
        };
        let number = match self.waits {
            Some((number, _)) => number,
            None => {
                let number = self.ledger.next();
                self.waits = Some((number, Instant::now()));
                connection.tell(&insert(number), self.patience)?;
                number
            }
        };
        let done = connection.done(self.patience);
        match &done {
            Ok(()) => self.ledger.note(number, Fate::Acknowledged),
            Err(Trouble::Refused(_)) => self.ledger.note(number, Fate::Refused),
            Err(Trouble::Late | Trouble::Lost(_)) => return done,
        }
        self.waits = None;
        done
    }
}

fn insert(number: u64) -> String {
    format!("INSERT INTO ledger (n) VALUES ({number})")
}

fn words(trouble: Trouble, patience: Duration) -> String {
    match trouble {
        Trouble::Late => format!("no answer within {} ms", patience.as_millis()),
        Trouble::Refused(words) => words,
        Trouble::Lost(error) => super::http::words(&error, patience),
    }
}
