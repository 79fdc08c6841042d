//! Services as a step finds and leaves them, so that its undo does not stop what somebody else started,
//! nor start what somebody else stopped.

use super::difference;
use super::record::{StepEnded, StepStarted};
use crate::facts::{self, Unit};
use crate::journal::service_image::ServiceState;
pub use crate::journal::service_image::{Service, ServiceImage};
use crate::plan::{Action, Refusal, Step};
use std::collections::BTreeMap;

/// Returns what one of systemctl's verbs makes of a service: started at boot, running.
fn effect(step: &Step) -> Option<(Option<bool>, Option<bool>, &[String])> {
    let Action::Run { argv, .. } = &step.action else {
        return None;
    };
    let [program, verb, rest @ ..] = argv.as_slice() else {
        return None;
    };
    if program != "systemctl" {
        return None;
    }
    let (now, units) = match rest {
        [flag, units @ ..] if flag == "--now" => (true, units),
        units => (false, units),
    };
    if units.iter().any(|unit| unit.starts_with('-')) {
        return None;
    }
    match verb.as_str() {
        "start" => Some((None, Some(true), units)),
        "stop" => Some((None, Some(false), units)),
        "enable" => Some((Some(true), now.then_some(true), units)),
        "disable" => Some((Some(false), now.then_some(false), units)),
        _ => None,
    }
}

/// Returns the services that a step starts, stops, enables or disables.
pub fn services(step: &Step) -> Vec<Service> {
    let (_, _, units) = effect(step).unwrap_or_default();
    let host = &step.host;
    units
        .iter()
        .map(|unit| (host.clone(), unit.clone()))
        .collect()
}

/// Returns a step's services as they are now; none where systemd does not answer.
pub fn images(step: &Step) -> Vec<ServiceImage> {
    let units: Vec<String> = services(step).into_iter().map(|(_, unit)| unit).collect();
    if units.is_empty() {
        return Vec::new();
    }
    let read = facts::read_units(step.host.as_deref(), &units).unwrap_or_default();
    let image = |(unit, state): (String, Unit)| ServiceImage {
        host: step.host.clone(),
        unit,
        enabled: state.enabled,
        active: state.active,
    };
    read.into_iter().map(image).collect()
}

/// Returns true when a step that failed is known to have left its services as they were.
pub fn untouched(start: &StepStarted, end: &StepEnded) -> bool {
    !start.services.is_empty() && start.services == end.services
}

/// Services as an undo finds them, and as it leaves them step by step. One that is absent is not known.
#[derive(Debug, Default)]
pub struct Services {
    states: BTreeMap<Service, ServiceState>,
}

impl Services {
    /// Returns them as they were read.
    pub fn as_read(read: &BTreeMap<Service, Unit>) -> Services {
        let state = |unit: &Unit| ServiceState {
            enabled: unit.enabled,
            active: unit.active,
        };
        Services {
            states: read
                .iter()
                .map(|(service, unit)| (service.clone(), state(unit)))
                .collect(),
        }
    }

    /// Notes what a step of the undo makes of them.
    pub fn after(&mut self, step: &Step) {
        let Some((enabled, active, _)) = effect(step) else {
            return;
        };
        for service in services(step) {
            if let Some(state) = self.states.get_mut(&service) {
                state.enabled = enabled.unwrap_or(state.enabled);
                state.active = active.unwrap_or(state.active);
            }
        }
    }

    /// Returns true when nothing is left of what a step did to its services.
    ///
    /// # Errors
    /// When somebody changed one that the step left as it was, and that its way back would change too.
    pub fn nothing_left(
        &self,
        start: &StepStarted,
        end: Option<&StepEnded>,
        way_back: &[Step],
    ) -> Result<bool, Refusal> {
        if start.services.is_empty() {
            return Ok(false);
        }
        let after = |service: &Service| {
            let images = &end?.services;
            let image = images.iter().find(|image| image.service() == *service)?;
            Some(image.state())
        };
        let mut left = false;
        let mut by_others = None;
        for image in &start.services {
            let (service, before) = (image.service(), image.state());
            let Some(now) = self.states.get(&service).copied() else {
                return Ok(false);
            };
            let changed = after(&service).is_none_or(|after| after != before);
            left |= changed && now != before;
            let moves = |step: &Step| services(step).contains(&service);
            if !changed && now != before && way_back.iter().any(moves) {
                by_others.get_or_insert((service, before, now));
            }
        }
        match by_others.filter(|_| left) {
            Some(((host, unit), before, now)) => {
                let was = (before.active != now.active).then_some(before.active);
                Err(difference::service_changed(host.as_deref(), &unit, was))
            }
            None => Ok(!left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::StepResult;

    fn image(unit: &str, active: bool) -> ServiceImage {
        ServiceImage {
            host: None,
            unit: unit.to_owned(),
            enabled: false,
            active,
        }
    }

    fn images(corosync: bool, pacemaker: bool) -> Vec<ServiceImage> {
        vec![image("corosync", corosync), image("pacemaker", pacemaker)]
    }

    /// `cluster start`, as it found the two services and as it left them; what is so now; whether nothing
    /// is left of it, or who it would hit.
    fn started(
        before: (bool, bool),
        after: Option<(bool, bool)>,
        now: (bool, bool),
    ) -> Result<bool, String> {
        let start = StepStarted {
            services: images(before.0, before.1),
            ..StepStarted::default()
        };
        let end = after.map(|(corosync, pacemaker)| StepEnded {
            step: 0,
            at: String::new(),
            result: StepResult::failed(""),
            files: Vec::new(),
            cib: None,
            services: images(corosync, pacemaker),
            output: Vec::new(),
        });
        let read = images(now.0, now.1).into_iter().map(|image| {
            let unit = Unit {
                exists: true,
                enabled: image.enabled,
                active: image.active,
                masked: false,
            };
            (image.service(), unit)
        });
        let way_back = [Step::run(
            ["systemctl", "stop", "pacemaker", "corosync"],
            "",
        )];
        Services::as_read(&read.collect())
            .nothing_left(&start, end.as_ref(), &way_back)
            .map_err(|refusal| refusal.what)
    }

    #[test]
    fn what_somebody_else_started_is_not_stopped() {
        let (off, half, on) = ((false, false), (true, false), (true, true));
        // It failed before anything ran, and somebody started both since.
        assert_eq!(started(off, Some(off), on), Ok(true));
        // It started both, and they run or were stopped since.
        assert_eq!(started(off, Some(on), on), Ok(false));
        assert_eq!(started(off, Some(on), off), Ok(true));
        // It was cut short: that both run may be its work.
        assert_eq!(started(off, None, on), Ok(false));
        assert_eq!(started(off, None, off), Ok(true));
        // It started corosync alone; that goes, unless somebody has pacemaker run on it.
        assert_eq!(started(off, Some(half), half), Ok(false));
        let refused = started(off, Some(half), on).unwrap_err();
        assert!(refused.contains("pacemaker runs now"), "{refused}");
    }

    #[test]
    fn a_step_names_its_services() {
        let on = |host: Option<&str>, unit: &str| (host.map(str::to_owned), unit.to_owned());
        let run = |words: &[&str]| services(&Step::run(words.iter().copied(), ""));
        assert_eq!(
            run(&["systemctl", "start", "corosync", "pacemaker"]),
            [on(None, "corosync"), on(None, "pacemaker")]
        );
        assert_eq!(
            run(&["systemctl", "disable", "--now", "apache2"]),
            [on(None, "apache2")]
        );
        let there = Step::run(["systemctl", "enable", "mariadb"], "").on("serv2");
        assert_eq!(services(&there), [on(Some("serv2"), "mariadb")]);
        for words in [
            &["systemctl", "daemon-reload"][..],
            &["systemctl", "mask", "--runtime", "corosync"],
            &["systemctl", "restart", "mariadb"],
            &["corosync-cfgtool", "-R"],
        ] {
            assert!(run(words).is_empty(), "{words:?}");
        }
    }
}
