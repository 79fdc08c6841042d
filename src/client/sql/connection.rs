//! A connection to a server, which may wait for an answer for longer than one question is worth.

use super::packet::{self, Answer};
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A connection that is logged in.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Trouble {
    /// It may still come.
    Late,
    /// The server refused it: it did nothing.
    Refused(String),
    /// The connection is over: whether it was done is not known.
    Lost(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Trouble::Late,
            _ => Trouble::Lost(error),
        }
    }
}

impl Connection {
    /// Connects and logs in.
    ///
    /// # Errors
    /// When that is not done in time.
    pub fn open(
        socket: SocketAddr,
        user: &str,
        password: &str,
        database: &str,
        patience: Duration,
    ) -> Result<Connection, Trouble> {
        let until = Instant::now() + patience;
        let stream = TcpStream::connect_timeout(&socket, patience)?;
        stream.set_nodelay(true)?;
        let mut connection = Connection {
            stream,
            received: Vec::new(),
        };
        let (number, greeting) = connection.packet(until)?;
        let Some(scramble) = packet::scramble(&greeting) else {
            return Err(match packet::answer(&greeting) {
                Some(Answer::Refused(number, words)) => {
                    Trouble::Refused(format!("error {number}: {words}"))
                }
                _ => Trouble::Lost(Error::other("what answers is no MariaDB server")),
            });
        };
        let login = packet::login(user, password, database, &scramble);
        connection.send(number + 1, &login, until)?;
        loop {
            let (number, said) = connection.packet(until)?;
            match packet::answer(&said) {
                Some(Answer::Done) => return Ok(connection),
                Some(Answer::Another(plugin, scramble)) if plugin == packet::NATIVE => {
                    let scramble = scramble.get(..20).unwrap_or(&scramble);
                    connection.send(number + 1, &packet::proof(password, scramble), until)?;
                }
                Some(Answer::Another(plugin, _)) => {
                    return Err(Trouble::Refused(format!("it wants a login by {plugin}")));
                }
                Some(Answer::Refused(number, words)) => {
                    return Err(Trouble::Refused(format!("error {number}: {words}")));
                }
                Some(Answer::Rows(_)) | None => {
                    return Err(Trouble::Lost(Error::other(
                        "what answers is no MariaDB server",
                    )));
                }
            }
        }
    }

    /// Sends a statement.
    ///
    /// # Errors
    /// When the connection is over.
    pub fn tell(&mut self, statement: &str, patience: Duration) -> Result<(), Trouble> {
        let mut body = vec![3];
        body.extend_from_slice(statement.as_bytes());
        self.send(0, &body, Instant::now() + patience)
    }

    /// Waits for the end of what was told; can be asked again where it is late.
    ///
    /// # Errors
    /// Why it is not done.
    pub fn done(&mut self, patience: Duration) -> Result<(), Trouble> {
        let (_, said) = self.packet(Instant::now() + patience)?;
        match packet::answer(&said) {
            Some(Answer::Done) => Ok(()),
            Some(Answer::Refused(number, words)) => {
                Err(Trouble::Refused(format!("error {number}: {words}")))
            }
            _ => Err(Trouble::Lost(Error::other("an answer that is none"))),
        }
    }

    /// Asks for rows.
    ///
    /// # Errors
    /// When they do not come in time.
    pub fn rows(
        &mut self,
        query: &str,
        patience: Duration,
    ) -> Result<Vec<Vec<Option<String>>>, Trouble> {
        let until = Instant::now() + patience;
        self.tell(query, patience)?;
        let (_, said) = self.packet(until)?;
        match packet::answer(&said) {
            Some(Answer::Rows(_)) => {}
            Some(Answer::Refused(number, words)) => {
                return Err(Trouble::Refused(format!("error {number}: {words}")));
            }
            _ => return Err(Trouble::Lost(Error::other("an answer that is none"))),
        }
        while !packet::is_end(&self.packet(until)?.1) {}
        let mut rows = Vec::new();
        loop {
            let (_, said) = self.packet(until)?;
            if packet::is_end(&said) {
                return Ok(rows);
            }
            rows.extend(packet::row(&said));
        }
    }

    fn send(&mut self, number: u8, body: &[u8], until: Instant) -> Result<(), Trouble> {
        self.stream.set_write_timeout(Some(left(until)))?;
        // Half of it would be the end: what follows could not be told from it.
        let sent = self.stream.write_all(&packet::packet(number, body));
        sent.map_err(|error| {
            Trouble::Lost(match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                    Error::other("the connection takes no more")
                }
                _ => error,
            })
        })
    }

    fn packet(&mut self, until: Instant) -> Result<(u8, Vec<u8>), Trouble> {
        let mut chunk = [0; 4096];
        loop {
            if let Some(found) = packet::take(&mut self.received) {
                return Ok(found);
            }
            self.stream.set_read_timeout(Some(left(until)))?;
            match self.stream.read(&mut chunk)? {
                0 => return Err(Trouble::Lost(Error::other("the connection was ended"))),
                length => self.received.extend_from_slice(&chunk[..length]),
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Else the server counts a client that went without a word, and tells it in its log.
        let _ = self.send(0, &[QUIT], Instant::now());
    }
}

/// The command that ends a connection.
const QUIT: u8 = 1;

/// Returns how long is left; a timeout of nothing would be none.
fn left(until: Instant) -> Duration {
    until
        .saturating_duration_since(Instant::now())
        .max(Duration::from_millis(1))
}
