//! As much of HTTP as a probe speaks.

use std::io::{Error, Read, Write};
use std::time::{Duration, Instant};

/// How much of a page is read to find a word in it.
const PAGE: usize = 64 * 1024;

/// Writes a question.
pub fn ask(stream: &mut impl Write, host: &str, path: &str, held: bool) -> std::io::Result<()> {
    // A held connection wants an answer whose end is known without its length.
    let request = match held {
        true => format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bascule\r\n\r\n"),
        false => format!(
            "GET {path} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: bascule\r\nConnection: close\r\n\r\n"
        ),
    };
    stream.write_all(request.as_bytes())
}

/// The beginning of an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// Its status, such as 200.
    pub status: u16,
    /// The other side ends the connection behind it.
    pub closes: bool,
    /// What was read of the page so far.
    pub page: Vec<u8>,
}

/// Reads the beginning of an answer: until its empty line.
///
/// # Errors
/// When the connection ends before, or what comes is no HTTP.
pub fn head(stream: &mut impl Read) -> std::io::Result<Head> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let page = bytes.split_off(end + 4);
            let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
            let words = text.split_whitespace().take(2).collect::<Vec<_>>();
            let (version, status) = match words.as_slice() {
                [version, status] if version.starts_with("http/") => (*version, status.parse()),
                _ => return Err(Error::other("what answers speaks no HTTP")),
            };
            let status = status.map_err(|_| Error::other("what answers speaks no HTTP"))?;
            let closes = version == "http/1.0" || text.contains("\r\nconnection: close");
            return Ok(Head {
                status,
                closes,
                page,
            });
        }
        if bytes.len() > PAGE {
            return Err(Error::other("what answers speaks no HTTP"));
        }
        match stream.read(&mut chunk)? {
            0 => return Err(Error::other("the connection ended without an answer")),
            length => bytes.extend_from_slice(&chunk[..length]),
        }
    }
}

/// Reads the rest of a page until a word is in it, its end, or a time.
///
/// # Errors
/// When the word is not in it.
pub fn find(word: &str, head: Head, stream: &mut impl Read, until: Instant) -> Result<(), String> {
    let mut page = head.page;
    let mut chunk = [0; 4096];
    let is_in = |page: &[u8]| {
        page.windows(word.len().max(1))
            .any(|part| part == word.as_bytes())
    };
    while !is_in(&page) && page.len() < PAGE && Instant::now() < until {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(length) => page.extend_from_slice(&chunk[..length]),
        }
    }
    match is_in(&page) {
        true => Ok(()),
        false => Err(format!("`{word}` is not in the page")),
    }
}

/// Returns why a status is no good answer, where it is none.
pub fn refused(head: &Head) -> Option<String> {
    (head.status >= 400).then(|| format!("status {}", head.status))
}

/// Returns an error in few words.
pub fn words(error: &Error, patience: Duration) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            format!("no answer within {} ms", patience.as_millis())
        }
        ErrorKind::ConnectionRefused => "refused".to_owned(),
        ErrorKind::ConnectionReset => "reset".to_owned(),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "no route".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_what_follows_of_it() {
        let mut said = &b"HTTP/1.1 200 OK\r\nServer: x\r\nConnection: close\r\n\r\nserv1"[..];
        let read = head(&mut said).unwrap();
        assert_eq!(
            (read.status, read.closes, read.page.as_slice()),
            (200, true, &b"serv1"[..])
        );
        let until = Instant::now() + Duration::from_secs(9);
        assert_eq!(find("serv1", read, &mut said, until), Ok(()));
        let mut kept = &b"HTTP/1.1 503 Busy\r\n\r\n"[..];
        let read = head(&mut kept).unwrap();
        assert_eq!(refused(&read).as_deref(), Some("status 503"));
        assert!(!read.closes);
        assert!(find("serv1", read, &mut kept, until).is_err());
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for (said, why) in [
            ("", "without an answer"),
            ("HTTP/1.1 200", "without an answer"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "no HTTP"),
        ] {
            let error = head(&mut said.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{said}: {error}");
        }
    }
}
