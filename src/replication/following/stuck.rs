//! A replica that has stopped with an error: it would stop at the same place again.

use super::origin::{Origin, PrimaryAccess};
use crate::conf::DatabaseName;
use crate::facts::database::Link;
use crate::mariadb::{crossing, diagnose_with};
use crate::plan::{Again, Refusal};
use crate::replication::crossing::Crossings;

/// Refuses to go on from where a thread has stopped with an error: nothing that the verb writes takes
/// that away. Without this the plan waits for what does not come.
///
/// # Errors
/// With the error, and the verbs that lead out.
pub fn refuse(host: &str, link: &Link, origin: &Origin) -> Result<(), Refusal> {
    let Some((thread, errno, error)) = error(link) else {
        return Ok(());
    };
    let known = [("primary", link.primary_host()), ("replica", host)];
    let what = diagnose_with(errno, error, &known).map(|known| format!(": {}", known.what));
    let number = match errno {
        0 => "an error".to_owned(),
        errno => format!("error {errno}"),
    };
    let refusal = Refusal::check(format!(
        "the {thread} thread of {host} has stopped with {number} and would again at the same place{}\n  {error}",
        what.unwrap_or_default(),
    ));
    let refusal = match also_lacking(errno, error, origin) {
        Some((name, again)) => refusal.again(format!("to replicate {name} as well"), again),
        None => refusal,
    };
    Err(refusal
        .hint(
            "what that is, and what mends it",
            format!("bascule explain {errno}"),
        )
        .hint("to go on, once it is mended", "bascule db start")
        .again(
            format!(
                "or to take {}'s data anew; what is here is kept aside",
                origin.name
            ),
            Again::same().flag("--reseed"),
        ))
}

/// Returns the error that a thread has stopped with, if one has.
///
/// An IO thread that gets no connection has not stopped, and an account that is refused is made anew.
fn error(link: &Link) -> Option<(&'static str, u32, &str)> {
    const SENT: u32 = 1236;
    if link.sql() == "No" && (link.sql_errno() != 0 || !link.sql_error().is_empty()) {
        return Some(("SQL", link.sql_errno(), link.sql_error()));
    }
    // What the primary does not send, it will not send to this position.
    (link.io_state() == "No" && link.io_errno() == SENT).then_some(("IO", SENT, link.io_error()))
}

/// Returns the database of the primary that an error says is lacking, and what was typed with that one too.
fn also_lacking(errno: u32, error: &str, origin: &Origin) -> Option<(String, Again)> {
    let PrimaryAccess::Ssh { server, .. } = origin.place else {
        return None;
    };
    let name = crossing::lacking(errno, error)?;
    let is = |one: &DatabaseName| one.as_str() == name;
    if !origin.filtered || origin.databases.iter().any(is) || server.database(&name).is_none() {
        return None;
    }
    let crossings = Crossings::new(server, &origin.databases);
    let again = crossings.naming([name.clone()]);
    Some((name, again))
}
