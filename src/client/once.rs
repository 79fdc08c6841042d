//! One question by a new connection.

use super::http;
use super::target::Target;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Asks once, and says what kept it from a good answer.
///
/// # Errors
/// Why there was none in time.
pub fn ask(target: &Target, word: Option<&str>, patience: Duration) -> Result<(), String> {
    let until = Instant::now() + patience;
    let told = |error: std::io::Error| http::words(&error, patience);
    let socket = target.socket().map_err(told)?;
    let connected = TcpStream::connect_timeout(&socket, patience);
    let mut stream = match (target, connected) {
        (_, Ok(stream)) => stream,
        (Target::Address(_), Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            return Ok(());
        }
        (_, Err(error)) => return Err(told(error)),
    };
    let Target::Http { host, path, .. } = target else {
        return Ok(());
    };
    let left = until.saturating_duration_since(Instant::now());
    // A timeout of nothing would be none.
    let left = left.max(Duration::from_millis(1));
    stream.set_read_timeout(Some(left)).map_err(told)?;
    stream.set_write_timeout(Some(left)).map_err(told)?;
    http::ask(&mut stream, host, path, false).map_err(told)?;
    let head = http::head(&mut stream).map_err(told)?;
    if let Some(why) = http::refused(&head) {
        return Err(why);
    }
    if let Some(word) = word {
        http::find(word, head, &mut stream, until)?;
    }
    match Instant::now() > until {
        true => Err(format!("no answer within {} ms", patience.as_millis())),
        false => Ok(()),
    }
}
