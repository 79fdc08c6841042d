//! The packets of the protocol: a length, a number, and what they hold.

use sha1::{Digest, Sha1};

/// The beginning of a packet: three bytes of length, one of its number.
pub const HEAD: usize = 4;

/// What the client can: a password by SHA1, named plugins, the protocol since 4.1, a database to begin with.
const CAPABILITIES: u32 = 0x0001 | 0x0008 | 0x0200 | 0x2000 | 0x8000 | 0x0008_0000;

/// utf8mb4_general_ci.
const CHARSET: u8 = 45;

/// The plugin by which a server keeps the SHA1 of the SHA1 of a password.
pub const NATIVE: &str = "mysql_native_password";

/// Returns a packet.
pub fn packet(number: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut packet = length[..3].to_vec();
    packet.push(number);
    packet.extend_from_slice(body);
    packet
}

/// Takes the first packet off what was received, where all of it is there: its number and what it holds.
pub fn take(received: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let head = received.get(..HEAD)?;
    let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
    let number = head[3];
    if received.len() < HEAD + length {
        return None;
    }
    let rest = received.split_off(HEAD + length);
    let body = received.split_off(HEAD);
    *received = rest;
    Some((number, body))
}

/// Returns the random bytes with which a server greets.
pub fn scramble(greeting: &[u8]) -> Option<Vec<u8>> {
    // Version 10 of the protocol, the server's version, the number of the thread.
    let (10, rest) = (*greeting.first()?, greeting.get(1..)?) else {
        return None;
    };
    let end = rest.iter().position(|byte| *byte == 0)?;
    let rest = rest.get(end + 1 + 4..)?;
    let mut scramble = rest.get(..8)?.to_vec();
    // A zero, what the server can, its character set, its state, and ten bytes more.
    let more = rest.get(8 + 1 + 2 + 1 + 2 + 2 + 1 + 10..)?;
    scramble.extend_from_slice(more.get(..12)?);
    Some(scramble)
}

/// Returns the answer to a greeting.
pub fn login(user: &str, password: &str, database: &str, scramble: &[u8]) -> Vec<u8> {
    let mut body = CAPABILITIES.to_le_bytes().to_vec();
    body.extend_from_slice(&(1_u32 << 24).to_le_bytes());
    body.push(CHARSET);
    body.extend_from_slice(&[0; 23]);
    body.extend_from_slice(user.as_bytes());
    body.push(0);
    let proof = proof(password, scramble);
    body.push(u8::try_from(proof.len()).unwrap_or_default());
    body.extend_from_slice(&proof);
    body.extend_from_slice(database.as_bytes());
    body.push(0);
    body.extend_from_slice(NATIVE.as_bytes());
    body.push(0);
    body
}

/// Returns what proves that a password is known, without saying it.
pub fn proof(password: &str, scramble: &[u8]) -> Vec<u8> {
    let once = Sha1::digest(password.as_bytes());
    let twice = Sha1::digest(once);
    let mut with = Sha1::new();
    with.update(scramble);
    with.update(twice);
    let with = with.finalize();
    once.iter()
        .zip(with)
        .map(|(one, other)| one ^ other)
        .collect()
}

/// An answer to a statement, by its first packet.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// It was refused: the error's number and words.
    Refused(u16, String),
    /// Rows follow, of so many columns.
    Rows(u64),
    /// The server wants the proof by another plugin, with other random bytes.
    Another(String, Vec<u8>),
}

/// Returns what a packet says.
pub fn answer(body: &[u8]) -> Option<Answer> {
    match *body.first()? {
        0x00 => Some(Answer::Done),
        0xff => {
            let number = u16::from_le_bytes([*body.get(1)?, *body.get(2)?]);
            let words = body.get(3..)?;
            // A state of five letters stands before.
            let words = match words.first() {
                Some(b'#') => words.get(6..)?,
                _ => words,
            };
            Some(Answer::Refused(
                number,
                String::from_utf8_lossy(words).into_owned(),
            ))
        }
        0xfe => {
            let rest = body.get(1..)?;
            let end = rest.iter().position(|byte| *byte == 0)?;
            let plugin = String::from_utf8_lossy(&rest[..end]).into_owned();
            Some(Answer::Another(plugin, rest.get(end + 1..)?.to_vec()))
        }
        _ => Some(Answer::Rows(number(body)?.0)),
    }
}

/// Returns true for the packet that ends columns, and rows.
pub fn is_end(body: &[u8]) -> bool {
    body.first() == Some(&0xfe) && body.len() < 9
}

/// Returns the values of a row; none for what is NULL.
pub fn row(mut body: &[u8]) -> Option<Vec<Option<String>>> {
    let mut values = Vec::new();
    while let Some(first) = body.first() {
        if *first == 0xfb {
            values.push(None);
            body = &body[1..];
            continue;
        }
        let (length, width) = number(body)?;
        let end = width + usize::try_from(length).ok()?;
        values.push(Some(
            String::from_utf8_lossy(body.get(width..end)?).into_owned(),
        ));
        body = &body[end..];
    }
    Some(values)
}

/// Returns a number of variable width, and how many bytes it takes.
fn number(body: &[u8]) -> Option<(u64, usize)> {
    let wide = |width: usize| {
        let bytes = body.get(1..=width)?;
        let value = bytes
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte));
        Some((value, width + 1))
    };
    match *body.first()? {
        0xfc => wide(2),
        0xfd => wide(3),
        0xfe => wide(8),
        small => Some((u64::from(small), 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_taken_once_all_of_it_is_there() {
        let whole = packet(3, b"abc");
        let mut received = whole[..5].to_vec();
        assert_eq!(take(&mut received), None);
        received.extend_from_slice(&whole[5..]);
        received.extend_from_slice(&packet(4, b""));
        assert_eq!(take(&mut received), Some((3, b"abc".to_vec())));
        assert_eq!(take(&mut received), Some((4, Vec::new())));
        assert_eq!(received, b"");
    }

    #[test]
    fn a_greeting_has_its_random_bytes_in_two_parts() {
        let mut greeting = b"\x0a5.5.5-10.11.19-MariaDB\x00".to_vec();
        greeting.extend_from_slice(&[7, 0, 0, 0]);
        greeting.extend_from_slice(b"abcdefgh\x00\xfe\xf7\x2d\x02\x00\xff\x81\x15");
        greeting.extend_from_slice(&[0; 10]);
        greeting.extend_from_slice(b"ijklmnopqrst\x00mysql_native_password\x00");
        assert_eq!(scramble(&greeting).unwrap(), b"abcdefghijklmnopqrst");
        assert_eq!(scramble(b"\xff\x6a\x04Host is blocked"), None);
    }

    #[test]
    fn the_proof_is_that_of_the_plugin() {
        // What the server computes: SHA1(scramble, kept) XOR proof, hashed, is what it keeps.
        let scramble = b"abcdefghijklmnopqrst";
        let kept = Sha1::digest(Sha1::digest(b"secret"));
        let mut with = Sha1::new();
        with.update(scramble);
        with.update(kept);
        let once: Vec<u8> = with
            .finalize()
            .iter()
            .zip(proof("secret", scramble))
            .map(|(one, other)| one ^ other)
            .collect();
        assert_eq!(Sha1::digest(once), kept);
    }

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(answer(b"\x00\x01\x00"), Some(Answer::Done));
        assert_eq!(
            answer(b"\xff\x0a\x05#HY000read-only"),
            Some(Answer::Refused(1290, "read-only".to_owned()))
        );
        assert_eq!(answer(b"\x02"), Some(Answer::Rows(2)));
        let another = Answer::Another("x".to_owned(), b"ab".to_vec());
        assert_eq!(answer(b"\xfex\x00ab"), Some(another));
        assert_eq!(answer(b""), None);
        assert!(is_end(b"\xfe\x00\x00\x02\x00"));
        let values = row(b"\x0212\xfb\xfc\x01\x00x").unwrap();
        assert_eq!(values, [Some("12".to_owned()), None, Some("x".to_owned())]);
    }
}
