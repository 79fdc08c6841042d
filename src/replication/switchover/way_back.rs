//! What would refuse to swap the roles back, told before they are swapped: the undo is that verb.

use super::checks::{binlog_filters, check_logs, listens};
use super::pair::SwitchoverPair;
use crate::conf::options::DROP_IN;
use crate::facts::database::Link;
use crate::plan::{Check, Plan, Refusal};
use crate::replication::accounts;

/// Says what would refuse the way back, as far as it is known before the roles are swapped.
pub fn check_way_back(pair: &SwitchoverPair, link: &Link, without_accounts: bool, plan: &mut Plan) {
    let back = pair.turned();
    let from = pair.old.name();
    let now = format!("first, on {from}: ");
    let mut refused = |looked: Result<(), Refusal>, mend: String| {
        if let Err(refusal) = looked {
            let what = format!("the way back would be refused: {}", refusal.what);
            plan.check(Check::warning(what).note(mend));
        }
    };
    refused(check_logs(&back), format!("{now}bascule db primary"));
    refused(listens(&back), format!("{now}{}", DROP_IN));
    refused(
        binlog_filters(&back),
        format!("{now}grep -rn binlog_ /etc/mysql"),
    );
    if !without_accounts {
        // Where nothing is known of them, that has been said of the way forth.
        let accounts = accounts::before_promote(&back, link, false, &mut Plan::new(""));
        let mend = format!(
            "then, on {from}: bascule db replicate {} --accounts",
            pair.new_address
        );
        refused(accounts, mend);
    }
}
