//! `explain` for programs.

use crate::mariadb::errno::{Diagnosis, ErrorKind};
use crate::plan::Hint;
use crate::report::Document;
use serde::Serialize;

/// `explain`: what can be explained.
#[derive(Serialize)]
pub struct TopicsDocument {
    /// The topics.
    pub topics: Vec<TopicTitle>,
}

impl Document for TopicsDocument {}

/// A topic, in a few words.
#[derive(Serialize)]
pub struct TopicTitle {
    /// What it is asked for by.
    pub topic: &'static str,
    /// What it is.
    pub title: &'static str,
}

/// `explain TOPIC`: what a verb or a word comes to.
#[derive(Serialize)]
pub struct TopicDocument<'a> {
    /// What it is asked for by.
    pub topic: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What it comes to, for people, in lines as they stand on the screen.
    pub text: &'a str,
}

impl Document for TopicDocument<'_> {}

/// `explain errors`: the errors of MariaDB that can be explained.
#[derive(Serialize)]
pub struct ErrorsDocument {
    /// The errors.
    pub errors: Vec<ErrorTitle>,
}

impl Document for ErrorsDocument {}

/// An error's number, in a few words.
#[derive(Serialize)]
pub struct ErrorTitle {
    /// The number.
    pub errno: u32,
    /// What it means, in a few words.
    pub title: &'static str,
}

/// `explain ERRNO`, of a number or a text that means one thing: what it means.
#[derive(Serialize)]
pub struct ErrorDocument<'a> {
    /// What it means.
    #[serde(flatten)]
    pub meaning: ErrorMeaning<'a>,
}

impl Document for ErrorDocument<'_> {}

/// `explain ERRNO`, of a number whose texts mean several things: what each means.
#[derive(Serialize)]
pub struct ErrorTextsDocument<'a> {
    /// The number.
    pub errno: u32,
    /// The server's name for it.
    pub symbol: &'static str,
    /// Its texts.
    pub texts: Vec<ErrorText<'a>>,
}

impl Document for ErrorTextsDocument<'_> {}

/// One text of an error's number.
#[derive(Serialize)]
pub struct ErrorText<'a> {
    /// The word by which it is asked for behind the number; empty for all other texts.
    pub name: &'static str,
    /// What it means.
    #[serde(flatten)]
    pub meaning: ErrorMeaning<'a>,
}

/// What an error means.
#[derive(Serialize)]
pub struct ErrorMeaning<'a> {
    /// The number.
    pub errno: u32,
    /// The server's name for it.
    pub symbol: &'static str,
    /// What kind of trouble it is, and so what mends it.
    pub kind: ErrorKind,
    /// What happened, in words.
    pub what: &'a str,
    /// What the server says, `…` for what differs.
    pub says: &'a [String],
    /// Why, in words; may be empty.
    pub cause: &'a str,
    /// What to look at, in words; may be empty.
    pub look: &'a str,
    /// What to do, the likeliest first.
    pub next: &'a [Hint],
}

impl<'a> ErrorMeaning<'a> {
    /// Returns a meaning for programs, with what the server says.
    pub fn new(told: &'a Diagnosis, says: &'a [String]) -> ErrorMeaning<'a> {
        ErrorMeaning {
            errno: told.errno,
            symbol: told.symbol,
            kind: told.kind,
            what: &told.what,
            says,
            cause: &told.cause,
            look: &told.look,
            next: &told.next,
        }
    }
}
