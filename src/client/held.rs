//! A connection that is held, as applications have: it may hang where a new one would not.

use super::http;
use super::target::Target;
use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

/// A connection that is held.
pub struct Held<'a> {
    target: &'a Target,
    patience: Duration,
    stream: Option<TcpStream>,
    /// A question was sent over it, and its answer is still to come.
    waits: bool,
}

impl<'a> Held<'a> {
    /// Returns one that is made with its first question.
    pub fn new(target: &'a Target, patience: Duration) -> Held<'a> {
        Held {
            target,
            patience,
            stream: None,
            waits: false,
        }
    }

    /// Asks over it, or waits once more for the answer to what was asked; makes a new one where it was lost.
    ///
    /// # Errors
    /// Why there was no good answer in time.
    pub fn ask(&mut self) -> Result<(), String> {
        let patience = self.patience;
        match self.try_once() {
            Ok(said) => said,
            // The answer may still come, and who holds the connection waits for it.
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                Err(http::words(&error, patience))
            }
            Err(error) => {
                self.stream = None;
                self.waits = false;
                Err(http::words(&error, patience))
            }
        }
    }

    fn try_once(&mut self) -> std::io::Result<Result<(), String>> {
        if self.stream.is_none() {
            let stream = TcpStream::connect_timeout(&self.target.socket()?, self.patience)?;
            stream.set_read_timeout(Some(self.patience))?;
            stream.set_write_timeout(Some(self.patience))?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        let Some(stream) = &mut self.stream else {
            return Ok(Ok(()));
        };
        let Target::Http { host, path, .. } = self.target else {
            return is_open(stream).map(Ok);
        };
        if !self.waits {
            http::ask(stream, host, path, true)?;
            self.waits = true;
        }
        let head = http::head(stream)?;
        self.waits = false;
        // A server ends a connection after some time, or some questions, which is no failure.
        if head.closes {
            self.stream = None;
        }
        // Not every application knows HEAD: it answers all the same.
        let knows_none = matches!(head.status, 405 | 501);
        Ok(http::refused(&head)
            .filter(|_| !knows_none)
            .map_or(Ok(()), Err))
    }
}

/// Looks whether the other side has ended a connection on which nothing is said.
fn is_open(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.set_nonblocking(true)?;
    let read = stream.read(&mut [0; 512]);
    stream.set_nonblocking(false)?;
    match read {
        Ok(0) => Err(std::io::Error::other("the connection was ended")),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
    }
}
