//! `cluster consensus`: how long two nodes take to agree on who is left once one is silent.
//!
//! A lost node is noticed after the token and the consensus together. With three nodes or more the second
//! must be longer than the first; two need not wait for anybody else's word. It changes live, by a reload.

use crate::conf::CorosyncConf;
use crate::conf::corosync::consensus::{OF_TWO, unfit};
use crate::facts::{Facts, Needs};
use crate::membership::{carry, nodes, services, standing};
use crate::plan::{Again, Check, Plan, Refusal};
use crate::verb::Change;
use crate::wording;
use clap::Args;

/// Have two nodes agree sooner that one of them is lost
///
/// Writes totem.consensus into corosync.conf on both nodes and reloads it, without interruption. Without a
/// number a cluster that has one keeps it, and any other gets 200 ms: with a token of 1000 ms a lost node is
/// noticed a second sooner. For exactly two nodes.
#[derive(Debug, Args)]
pub struct Consensus {
    /// The consensus in milliseconds, longer than the join timeout (50) and shorter than the token
    #[arg(value_name = "MILLISECONDS")]
    milliseconds: Option<u32>,
}

impl Change for Consensus {
    fn needs(&self) -> Needs {
        Needs {
            programs: vec!["scp".to_owned()],
            ..standing::needs()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let conf = standing::membership(facts)?;
        let name = standing::called(&conf);
        if !nodes::members_of(&conf, facts).iter().any(|node| node.own) {
            return Err(standing::not_a_node(facts, &conf));
        }
        let count = conf.nodes().len();
        if count != 2 {
            return Err(Refusal::check(format!(
                "{name} has {}: a consensus below the token is for exactly two, and corosync computes that of \
                 {name}, {} ms",
                wording::count(count, "node"),
                conf.consensus_in_force()
            ))
            .hint("why", "bascule explain consensus"));
        }
        let now = conf.consensus();
        let wanted = self.milliseconds.or(now).unwrap_or(OF_TWO);
        let mut plan = Plan::new(format!(
            "{name}: its nodes agree within {wanted} ms on who is left (consensus)"
        ));
        if now == Some(wanted) {
            return Ok(plan);
        }
        self.fits(wanted, &conf)?;
        if !services::runs(facts) {
            return Err(
                Refusal::check(format!("{name} does not run on {}", facts.host))
                    .hint("to start it", "bascule cluster start"),
            );
        }
        let others = carry::holders(facts, &conf, &mut plan)?;
        let mut edited = conf.clone();
        edited
            .set_consensus(Some(wanted))
            .map_err(|error| Refusal::check(error.to_string()))?;
        standing::warn_of_concerns(&edited, &mut plan);
        plan.check(
            Check::ok(format!(
                "a lost node is noticed after about {} ms instead of {}: the token's {} ms and the consensus",
                conf.token().saturating_add(wanted),
                conf.token().saturating_add(conf.consensus_in_force()),
                conf.token(),
            ))
            .note("explain consensus"),
        );
        carry::change(
            facts,
            [&conf, &edited],
            &others,
            "two nodes need not wait 1.2 tokens to agree on who is left",
            |conf, host| vec![carry::agrees_within(conf, host)],
            &mut plan,
        )?;
        Ok(plan)
    }
}

impl Consensus {
    /// Refuses what corosync.conf(5) does not call safe.
    fn fits(&self, wanted: u32, conf: &CorosyncConf) -> Result<(), Refusal> {
        let (join, token) = (conf.join(), conf.token());
        let Some(why) = unfit(wanted, join, token) else {
            return Ok(());
        };
        let refusal = Refusal::check(why);
        let between = join.saturating_add(token) / 2;
        let fit = match unfit(OF_TWO, join, token) {
            None => OF_TWO,
            Some(_) if unfit(between, join, token).is_none() => between,
            Some(_) => return Err(refusal.hint("what they are for", "bascule explain consensus")),
        };
        let purpose = "one that is safe";
        Err(match self.milliseconds {
            Some(typed) => refusal.again(
                purpose,
                Again::same().word(typed.to_string(), fit.to_string()),
            ),
            None => refusal.hint(purpose, format!("bascule cluster consensus {fit}")),
        })
    }
}
