//! Views that a dump stops at: what they are made of is gone.

use super::side::Side;
use crate::conf::{DatabaseName, quote_name};
use crate::plan::Refusal;

/// How many are named with what to do.
const SHOWN: usize = 4;

/// Refuses to dump databases with such views; `replicated` where whoever follows drops them as well, once
/// they are dropped there.
///
/// # Errors
/// With their names, and with what mends them.
pub fn can_be_dumped(
    side: &Side,
    databases: &[DatabaseName],
    replicated: bool,
) -> Result<(), Refusal> {
    let is_in = |database: &str| databases.iter().any(|one| one.as_str() == database);
    let broken: Vec<_> = side
        .server
        .broken_views
        .iter()
        .filter(|view| is_in(&view.database))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = broken
        .iter()
        .map(|view| format!("{}.{}", view.database, view.name))
        .collect();
    let mut refusal = Refusal::check(format!(
        "no dump gets past these views on {}, since what they are made of is gone (error 1356): {}",
        side.name(),
        named.join(", ")
    ));
    for view in broken.iter().take(SHOWN) {
        let shown = format!("{}.{}", view.database, view.name);
        let name = format!("{}.{}", quote_name(&view.database), quote_name(&view.name));
        let drop = match replicated {
            true => format!("DROP VIEW {name}"),
            false => format!("SET sql_log_bin=0; DROP VIEW {name}"),
        };
        refusal = refusal
            .hint(
                format!("to see what {shown} needs"),
                side.typed_sql(&format!("SHOW CREATE VIEW {name}")),
            )
            .hint("if nobody needs it", side.typed_sql(&drop));
    }
    Err(refusal)
}
