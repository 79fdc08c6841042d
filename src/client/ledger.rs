//! Numbered rows: each is remembered on the disk of who writes it once it is acknowledged, and all are read back at
//! the end.
//!
//! A row that is acknowledged and not there afterwards is lost. One whose answer never came is in doubt: it may be
//! there or not, and is not lost in either case.

use super::sql::{Connection, Trouble};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where rows are written, and by whom.
#[derive(Clone)]
pub struct Writer {
    /// The server, or the address that leads to it.
    pub socket: SocketAddr,
    /// The account's name.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The database; the table in it is called `ledger`.
    pub database: String,
}

impl std::fmt::Debug for Writer {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}@{}/{}", self.user, self.socket, self.database)
    }
}

impl Writer {
    /// Connects and logs in.
    ///
    /// # Errors
    /// When that is not done in time.
    pub fn open(&self, patience: Duration) -> Result<Connection, Trouble> {
        let Writer {
            socket,
            user,
            password,
            database,
        } = self;
        Connection::open(*socket, user, password, database, patience)
    }
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server said that it is written.
    Acknowledged,
    /// The server said that it is not.
    Refused,
    /// No answer came.
    InDoubt,
}

/// The rows that were written.
#[derive(Debug)]
pub struct Ledger {
    next: AtomicU64,
    book: Mutex<Book>,
}

#[derive(Debug)]
struct Book {
    file: File,
    fates: BTreeMap<u64, Fate>,
}

/// What the rows came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerResult {
    /// How many were tried.
    pub tried: usize,
    /// How many the server acknowledged.
    pub acknowledged: usize,
    /// The acknowledged ones that are not there.
    pub lost: Vec<u64>,
    /// Those that are there more than once.
    pub doubled: Vec<u64>,
    /// How many had no answer.
    pub in_doubt: usize,
    /// How many of these are there.
    pub in_doubt_there: usize,
    /// How many the server refused.
    pub refused: usize,
    /// The refused ones that are there all the same.
    pub refused_there: Vec<u64>,
    /// Why they could not be read back; null where they were.
    pub unread: Option<String>,
}

impl LedgerResult {
    /// Returns it in words, and whether nothing is wrong with it.
    pub fn sentence(&self) -> (bool, String) {
        if let Some(why) = &self.unread {
            return (false, format!("the rows could not be read back: {why}"));
        }
        let mut text = format!(
            "{} of {} acknowledged rows lost, {} in doubt ({} of them are there)",
            self.lost.len(),
            self.acknowledged,
            self.in_doubt,
            self.in_doubt_there
        );
        if !self.doubled.is_empty() {
            text += &format!(", {} there twice", self.doubled.len());
        }
        if !self.refused_there.is_empty() {
            text += &format!(", {} there that were refused", self.refused_there.len());
        }
        (self.is_well(), text)
    }

    /// Returns whether every row is as its writer was told.
    pub fn is_well(&self) -> bool {
        self.lost.is_empty()
            && self.doubled.is_empty()
            && self.refused_there.is_empty()
            && self.unread.is_none()
    }
}

/// The first line of every ledger.
const FIRST: &str = "t 1\n";

/// How long it is tried to read them back.
const READING: Duration = Duration::from_secs(20);

impl Ledger {
    /// Begins a ledger in a file, for who writes it alone. An older ledger there goes.
    ///
    /// # Errors
    /// When the file cannot be made, or is something else.
    pub fn begin(path: &Path) -> std::io::Result<Ledger> {
        let there = std::fs::read(path).unwrap_or_default();
        if !there.is_empty() && !there.starts_with(FIRST.as_bytes()) {
            return Err(std::io::Error::other("it is there already, and no ledger"));
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(path)?;
        let book = Book {
            file,
            fates: BTreeMap::new(),
        };
        Ok(Ledger {
            next: AtomicU64::new(1),
            book: Mutex::new(book),
        })
    }

    /// Returns the number of the next row, which is in doubt until its fate is known.
    pub fn next(&self) -> u64 {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        self.note(number, Fate::InDoubt);
        number
    }

    /// Remembers what became of a row; it is on its way to the disk when this returns.
    pub fn note(&self, number: u64, fate: Fate) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let letter = match fate {
            Fate::Acknowledged => 'a',
            Fate::Refused => 'r',
            Fate::InDoubt => 't',
        };
        let _ = writeln!(book.file, "{letter} {number}");
        book.fates.insert(number, fate);
    }

    /// Reads back what is there, and says what the rows came to.
    pub fn end(&self, writer: &Writer) -> LedgerResult {
        let until = Instant::now() + READING;
        let there = loop {
            match read(writer) {
                Ok(there) => break Ok(there),
                Err(why) if Instant::now() > until => break Err(why),
                Err(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        };
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let (there, unread) = match there {
            Ok(there) => (there, None),
            Err(why) => (BTreeMap::new(), Some(why)),
        };
        came_to(&book.fates, &there, unread)
    }
}

/// Returns how often each row is there.
fn read(writer: &Writer) -> Result<BTreeMap<u64, u64>, String> {
    let patience = Duration::from_secs(10);
    let told = |trouble: Trouble| match trouble {
        Trouble::Late => "the server does not answer".to_owned(),
        Trouble::Refused(words) => words,
        Trouble::Lost(error) => error.to_string(),
    };
    let mut connection = writer.open(patience).map_err(told)?;
    let rows = connection.rows("SELECT n, COUNT(*) FROM ledger GROUP BY n", patience);
    let number = |value: &Option<String>| value.as_ref()?.parse().ok();
    let pair = |row: &Vec<Option<String>>| Some((number(row.first()?)?, number(row.get(1)?)?));
    Ok(rows.map_err(told)?.iter().filter_map(pair).collect())
}

/// Compares what became of rows with what is there.
fn came_to(
    fates: &BTreeMap<u64, Fate>,
    there: &BTreeMap<u64, u64>,
    unread: Option<String>,
) -> LedgerResult {
    let of = |wanted: Fate| {
        let of_it = fates.iter().filter(move |(_, fate)| **fate == wanted);
        of_it.map(|(number, _)| *number).collect::<BTreeSet<u64>>()
    };
    let acknowledged = of(Fate::Acknowledged);
    let in_doubt = of(Fate::InDoubt);
    let refused = of(Fate::Refused);
    let is_there = |number: &&u64| there.contains_key(number);
    let lost = acknowledged.iter().filter(|number| !is_there(number));
    let doubled = there.iter().filter(|(_, times)| **times > 1);
    LedgerResult {
        tried: fates.len(),
        acknowledged: acknowledged.len(),
        lost: match unread {
            Some(_) => Vec::new(),
            None => lost.copied().collect(),
        },
        doubled: doubled.map(|(number, _)| *number).collect(),
        in_doubt: in_doubt.len(),
        in_doubt_there: in_doubt.iter().filter(is_there).count(),
        refused: refused.len(),
        refused_there: refused.iter().filter(is_there).copied().collect(),
        unread,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledged_row_that_is_gone_is_lost_and_one_in_doubt_is_not() {
        let fates = BTreeMap::from([
            (1, Fate::Acknowledged),
            (2, Fate::Acknowledged),
            (3, Fate::InDoubt),
            (4, Fate::InDoubt),
            (5, Fate::Refused),
            (6, Fate::Refused),
        ]);
        let there = BTreeMap::from([(1, 2), (3, 1), (6, 1)]);
        let result = came_to(&fates, &there, None);
        assert_eq!((result.tried, result.acknowledged), (6, 2));
        assert_eq!((result.lost, result.doubled), (vec![2], vec![1]));
        assert_eq!((result.in_doubt, result.in_doubt_there), (2, 1));
        assert_eq!((result.refused, result.refused_there), (2, vec![6]));
    }

    #[test]
    fn what_could_not_be_read_back_is_not_called_lost() {
        let fates = BTreeMap::from([(1, Fate::Acknowledged)]);
        let result = came_to(&fates, &BTreeMap::new(), Some("refused".to_owned()));
        assert_eq!(
            (result.lost.len(), result.unread.as_deref()),
            (0, Some("refused"))
        );
    }

    #[test]
    fn a_file_that_is_no_ledger_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        std::fs::write(&path, "mine\n").unwrap();
        assert!(Ledger::begin(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine\n");
        std::fs::write(&path, "t 1\na 1\n").unwrap();
        assert!(Ledger::begin(&path).is_ok());
    }

    #[test]
    fn a_password_is_not_shown_by_what_holds_it() {
        let writer = Writer {
            socket: "172.16.0.12:3306".parse().unwrap(),
            user: "w".to_owned(),
            password: "Kanari".to_owned(),
            database: "d".to_owned(),
        };
        assert_eq!(format!("{writer:?}"), "w@172.16.0.12:3306/d");
    }

    #[test]
    fn a_row_is_in_doubt_until_its_fate_is_known_and_stands_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let ledger = Ledger::begin(&path).unwrap();
        let (one, two) = (ledger.next(), ledger.next());
        ledger.note(one, Fate::Acknowledged);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "t 1\nt 2\na 1\n");
        assert_eq!(ledger.book.lock().unwrap().fates[&two], Fate::InDoubt);
    }
}
