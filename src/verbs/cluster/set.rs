//! `cluster set`: cluster properties and defaults of resources.

use crate::cib::Cib;
use crate::conf::CorosyncConf;
use crate::conf::properties::Release;
use crate::facts::{COROSYNC_CONF, Facts, Needs};
use crate::fencing::device::devices;
use crate::fencing::enabling::uncovered;
use crate::health;
use crate::names::Name;
use crate::plan::{Check, Danger, Plan, Refusal, Step};
use crate::resources::preconditions;
use crate::resources::property::{OWN, Setting, sets};
use crate::verb::Change;
use crate::wording;
use clap::Args;

/// Set cluster properties and defaults of resources
///
/// What belongs to the cluster (no-quorum-policy, stonith-enabled) becomes a property, what belongs
/// to every resource (resource-stickiness, migration-threshold) a default of resources; all in one
/// commit.
#[derive(Debug, Args)]
pub struct Set {
    /// A name and its value
    #[arg(value_name = "NAME=VALUE", required = true, value_parser = pair, add = Name::Property)]
    pairs: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ if text.trim_matches('=').is_empty() => {
            Err("write it as NAME=VALUE, such as no-quorum-policy=stop".to_owned())
        }
        _ => Err(format!("write it as NAME=VALUE, such as {text}=VALUE")),
    }
}

impl Change for Set {
    fn needs(&self) -> Needs {
        Needs {
            files: vec![COROSYNC_CONF.into()],
            ..preconditions::needs_with_view()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let wanted = self.wanted()?;
        let mut plan = Plan::new("");
        let cib = preconditions::to_change(facts, &mut plan)?;
        let words: Vec<String> = wanted
            .iter()
            .map(|w| format!("{}={}", w.property.name, w.value))
            .collect();
        let release = cib
            .property("dc-version")
            .and_then(|version| version.parse::<Release>().ok());
        let (mut set, mut defaults) = (Vec::new(), Vec::new());
        for want in &wanted {
            let (name, value) = (want.property.name, want.value.as_str());
            if let Some(why) = release.and_then(|r| want.property.refused_by(r, value)) {
                return Err(Refusal::check(why));
            }
            let is = if want.default {
                cib.resource_default(name)
            } else if cib.has_rule(OWN) {
                cib.pair_of(OWN, name).map(str::to_owned)
            } else {
                cib.property(name)
            };
            if is.as_deref() == Some(value) {
                continue;
            }
            let unset = release.map_or(want.property.default, |r| want.property.default_in(r));
            let was = is.unwrap_or_else(|| format!("{unset}, the default"));
            plan.check(Check::ok(format!(
                "{name} was {was}: {}",
                want.property.meaning
            )));
            self.warn_or_refuse(want, facts, cib, &mut plan)?;
            let pair = (name.to_owned(), value.to_owned());
            if want.default {
                defaults.push(pair);
            } else {
                set.push(pair);
            }
        }
        plan.headline = words.join(", ");
        if !set.is_empty() && cib.has_rule(OWN) {
            plan.check(Check::warning(format!(
                "the set {OWN} has a rule: what is set there holds only while that does"
            )));
        }
        let objects = sets(cib, set, defaults);
        if objects.is_empty() {
            plan.base = None;
            plan.blocked = None;
            return Ok(plan);
        }
        plan.step(Step::crm(
            objects,
            "one commit; the rest of the sets stays as it is",
        ));
        Ok(plan)
    }
}

impl Set {
    fn wanted(&self) -> Result<Vec<Setting>, Refusal> {
        let mut wanted: Vec<Setting> = Vec::new();
        for (name, value) in &self.pairs {
            let one = Setting::parse(name, value)?;
            if let Some(before) = wanted.iter().find(|w| w.property.name == one.property.name) {
                return Err(Refusal::usage(format!(
                    "{name} is given twice, as {} and {}",
                    before.value, one.value
                )));
            }
            wanted.push(one);
        }
        Ok(wanted)
    }

    /// Says what is dangerous about a value, and refuses what crmsh would.
    fn warn_or_refuse(
        &self,
        want: &Setting,
        facts: &Facts,
        cib: &Cib,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let (name, value) = (want.property.name, want.value.as_str());
        let device = health::configured(facts).filter(CorosyncConf::has_device);
        if let (Some(conf), "no-quorum-policy", "ignore") = (device, name, value) {
            return Err(Refusal::check(format!(
                "no-quorum-policy=ignore: {} has a vote, and the node that it outvotes would run everything \
                 all the same",
                conf.device_host().unwrap_or("a third host")
            ))
            .hint("what a node without quorum does", "bascule explain quorum")
            .hint("who votes", "bascule quorum status"));
        }
        if let Some(danger) = want.property.warning(value) {
            let check = Check::warning(format!("{name}={value}: {danger}"));
            plan.check(match name {
                "no-quorum-policy" => check.note("explain quorum"),
                "stonith-enabled" => check.note("explain fencing"),
                _ => check,
            });
        }
        if name == "stonith-enabled" {
            Set::fencing_becomes(value == "true", facts, cib, plan)?;
        }
        let stops_all = name == "stop-all-resources" && value == "true";
        let runs: Vec<&str> = facts
            .monitor
            .iter()
            .flat_map(|monitor| &monitor.resources)
            .filter(|resource| resource.active)
            .map(|resource| resource.id.as_str())
            .collect();
        if stops_all && let Some(word) = runs.first() {
            plan.danger = Some(Danger::new(
                format!("{} will stop", wording::list(&runs)),
                *word,
            ));
        }
        Ok(())
    }

    /// Says what follows where fencing is turned on or off.
    ///
    /// # Errors
    /// When there is no device.
    fn fencing_becomes(on: bool, facts: &Facts, cib: &Cib, plan: &mut Plan) -> Result<(), Refusal> {
        let all: Vec<&str> = devices(cib).map(|device| device.id()).collect();
        match (on, all.is_empty()) {
            (true, true) => {
                return Err(Refusal::check(
                    "stonith-enabled=true without a fence device: nothing would start any more, and \
                     crmsh does not write it",
                )
                .hint("to give each node one", "bascule fence add")
                .hint("about fencing", "bascule explain fencing"));
            }
            (false, true) => return Ok(()),
            (false, false) => {
                let what = format!("{} will switch nobody off any more", wording::list(&all));
                plan.check(Check::warning(what).note("bascule fence list"));
                return Ok(());
            }
            (true, false) => {}
        }
        let without = uncovered(cib);
        if !without.is_empty() {
            plan.check(
                Check::warning(format!(
                    "no device can switch {} off: should it be lost, what runs there starts nowhere",
                    wording::list(&without)
                ))
                .note("bascule fence add"),
            );
        }
        let monitor = facts.monitor.iter();
        let lost: Vec<&str> = monitor
            .flat_map(|monitor| &monitor.nodes)
            .filter(|node| node.unclean)
            .map(|node| node.name.as_str())
            .collect();
        if let Some(first) = lost.first() {
            let what = format!(
                "{} was lost, and will be switched off at once",
                wording::list(&lost)
            );
            plan.danger = Some(Danger::new(what, *first));
        }
        Ok(())
    }
}
