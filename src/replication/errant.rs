//! Transactions that one server holds and another lacks: looked at in its binlogs, and shown.

use super::endpoint::Endpoint;
use crate::facts::{Facts, Transactions, transactions};
use crate::mariadb::{Gtid, Lacking, Position, Relation};
use crate::plan::{Check, Plan, Probe, Refusal, shell_line};
use crate::wording::cut;

/// How many transactions are shown, and of each how many lines.
const SHOWN: usize = 8;

/// How long a line of it may be.
const WIDTH: usize = 100;

/// Returns what stands in a server's binlogs that another one lacks; where that was not asked yet, the
/// plan that asks it.
///
/// # Errors
/// The plan, which has no step: once it is answered, it is made anew.
pub fn read<'f>(
    facts: &'f Facts,
    side: &Endpoint,
    lacking: &Lacking,
) -> Result<&'f Transactions, Box<Plan>> {
    if let Some(found) = facts.transactions.get(side.via.unwrap_or_default()) {
        return Ok(found);
    }
    let probe = Probe::Transactions {
        host: side.via.map(str::to_owned),
        select: lacking.select(),
        start: lacking.start(),
        held: lacking.held_words(),
        files: side.server.binlog_paths(),
    };
    let mut plan = Plan::new("");
    plan.check(Check::pending(
        format!("reading {}'s binlogs for what only it has", side.name()),
        probe,
    ));
    Err(Box::new(plan))
}

/// Returns what stands in the binlogs of a primary after what another server has received of it.
///
/// # Errors
/// The plan that asks it.
pub fn asked_after<'f>(
    facts: &'f Facts,
    side: &Endpoint,
    received: &Position,
) -> Result<&'f Transactions, Box<Plan>> {
    read(facts, side, &Lacking::beyond(received))
}

/// Returns the command that prints what comes after that, as it is typed here.
pub fn command(side: &Endpoint, received: &Position, found: &Transactions) -> String {
    printed_by(side, &Lacking::beyond(received), found)
}

/// Returns the command that prints it all, as it is typed here.
fn printed_by(side: &Endpoint, lacking: &Lacking, found: &Transactions) -> String {
    let files: Vec<String> = found
        .kept
        .iter()
        .cloned()
        .chain(side.server.binlog_paths())
        .collect();
    let start = match found.whole {
        true => String::new(),
        false => lacking.start(),
    };
    let line = shell_line(&transactions::command(&lacking.select(), &start, &files));
    side.typed(&line)
}

/// Returns the transactions as lines for people.
pub fn as_lines(found: &Transactions) -> Vec<String> {
    if let Some(trouble) = &found.trouble {
        return vec![format!("  they cannot be shown: {trouble}")];
    }
    let mut lines = Vec::new();
    if found.older_are_gone {
        lines.push("  … and older ones, which are in no binlog any more".to_owned());
    }
    for transaction in found.listed.iter().take(SHOWN) {
        lines.push(format!("  {}  {}", transaction.gtid, transaction.at));
        for change in transaction.changes.iter().take(SHOWN) {
            lines.push(format!("      {}", cut(change, WIDTH)));
        }
        if transaction.changes.len() > SHOWN {
            lines.push(format!(
                "      … {} more",
                transaction.changes.len() - SHOWN
            ));
        }
    }
    let rest = found.listed.len().saturating_sub(SHOWN);
    match (rest, found.cut) {
        (0, false) => {}
        (0, true) => lines.push("  … and more".to_owned()),
        (rest, false) => lines.push(format!("  … {rest} more")),
        (rest, true) => lines.push(format!("  … {rest} more, and then others")),
    }
    lines
}

/// Looks whether a server holds nothing that its primary lacks; returns the plan that asks what it is
/// where that is not known yet. `typed` is the primary as it was named here, where this host could
/// take its data.
///
/// # Errors
/// When it does, or when that cannot be told.
pub fn may_follow(
    facts: &Facts,
    side: &Endpoint,
    primary: &Endpoint,
    typed: Option<&str>,
) -> Result<Option<Plan>, Refusal> {
    let (ours, theirs) = (side.history()?, primary.history()?);
    let refuse = |refusal: Refusal| match typed {
        // Of a replica of this very host no data are taken.
        Some(typed) if primary.link_to(side).is_some() => refusal
            .hint(
                format!("to take {}'s data instead, first", primary.name()),
                primary.typed_sql("STOP SLAVE; RESET SLAVE ALL"),
            )
            .hint(
                "then, here; what is here is kept aside",
                format!("bascule db replicate {typed} --reseed"),
            ),
        Some(typed) => refusal.hint(
            format!(
                "to take {}'s data instead; what is here is kept aside",
                primary.name()
            ),
            format!("bascule db replicate {typed} --reseed"),
        ),
        None => refusal,
    };
    match ours.relation_to(&theirs) {
        Relation::Same | Relation::Behind(_) => Ok(None),
        Relation::Ahead(_) | Relation::Diverged { .. } => {
            let lacking = Lacking::between(&ours, &theirs);
            match read(facts, side, &lacking) {
                Err(asking) => Ok(Some(*asking)),
                Ok(found) => Err(refuse(diverged(side, primary.name(), &lacking, found))),
            }
        }
        Relation::Unknown(doubt) => Err(refuse(Refusal::check(format!(
            "whether {} may follow {} cannot be told: {doubt}",
            side.name(),
            primary.name()
        )))),
    }
}

/// Returns how many they are, in words.
pub fn number(found: &Transactions) -> String {
    match (found.listed.len(), found.cut) {
        (0, _) => "transactions".to_owned(),
        (1, false) => "one transaction".to_owned(),
        (number, false) => format!("{number} transactions"),
        (number, true) => format!("more than {number} transactions"),
    }
}

/// Returns the refusal of a server that cannot follow another, with what it holds too much.
pub fn diverged(side: &Endpoint, of: &str, lacking: &Lacking, found: &Transactions) -> Refusal {
    let name = side.name();
    let number = number(found);
    let after = match parted_at(lacking, found) {
        true => format!(", written after {}", lacking.common),
        false => String::new(),
    };
    let mut what = format!("{name} holds {number} that {of} lacks{after}: it cannot follow {of}");
    for line in as_lines(found) {
        what += "\n";
        what += &line;
    }
    let kept = format!(
        "{} >/root/only-on-{name}.sql",
        printed_by(side, lacking, found)
    );
    let older = match found.whole && lacking.may_have_older() {
        true => format!(", with older ones that {of} has"),
        false => String::new(),
    };
    Refusal::check(what).hint(
        format!("to keep what they did, for whoever brings it over by hand{older}"),
        kept,
    )
}

/// Returns true when all that was found has a higher number than what both have: without
/// `gtid_strict_mode` a replica's own may have a lower one than what came to it since.
fn parted_at(lacking: &Lacking, found: &Transactions) -> bool {
    let mut listed = found.listed.iter().filter_map(|one| one.gtid.parse().ok());
    !found.listed.is_empty()
        && listed.all(|gtid: Gtid| {
            let common = lacking.common.get(gtid.domain);
            common.is_none_or(|common| gtid.sequence > common.sequence)
        })
}
