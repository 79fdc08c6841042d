//! The way back of a switchover: the same verb in the other direction.

use super::pair::SwitchoverPair;
use crate::plan::Plan;

/// Returns the words of the verb that swaps the roles back.
pub fn turned_back(pair: &SwitchoverPair) -> String {
    match pair.old.via {
        Some(_) => format!(
            "db promote {}",
            crate::plan::shell_line(&[pair.old_address.to_string()])
        ),
        None => "db promote".to_owned(),
    }
}

/// Makes the roles be swapped back by an undo where that is the only way: what finishes a promotion that
/// was cut short forgets passwords, and the undo of it is meant for the promotion.
pub fn turn_back_as_a_whole(pair: &SwitchoverPair, plan: &mut Plan) {
    let link = pair.old.link_to(&pair.new);
    // By file and position nothing is promoted.
    let by_gtid = link.is_some_and(|link| link.using_gtid() != "No");
    if by_gtid && !plan.irreversible().is_empty() {
        plan.turned_back_by = Some(turned_back(pair));
    }
}
