//! What is foreseen of an outage: from corosync's times, the fencing, and what has to stop and start.
//!
//! The figures are measured ones (tests/bench-fencing, tests/bench-drill), on Debian 12 and 13.

use super::scene::Scene;
use crate::cib::{Fencing, Primitive};
use crate::conf::Interval;
use crate::conf::duration::Span;
use crate::fencing::device::devices_of;
use crate::plan::{Expected, Refusal};
use crate::resources::named::primitives;

/// What Pacemaker takes from the loss of a node, or the end of a stop, to an address that answers, at most, in seconds.
const ADDRESS: f64 = 0.9;

/// What a unit of systemd takes to stop, and to start, at most: Pacemaker looks again after 2 s.
const UNIT: f64 = 2.6;

/// What an agent's resource takes to stop, or to start, at most.
const AGENT: f64 = 0.6;

/// Returns what the loss of a node costs that runs what is asked.
pub fn of_a_loss(scene: &Scene, node: &str) -> Expected {
    if scene.runs_on(node).is_empty() {
        return nothing(format!("nothing runs on {node}"));
    }
    let noticed = f64::from(
        scene
            .conf
            .token()
            .saturating_add(scene.conf.consensus_in_force()),
    ) / 1000.0;
    let (units, agents) = movable(scene, node);
    let mut expected = Expected {
        from: noticed - 0.15,
        to: noticed + ADDRESS + units * UNIT + agents * AGENT,
        because: format!("{noticed:.1} s until a lost node is noticed (token and consensus)"),
    };
    if scene.cib.fencing() != Fencing::On {
        return expected;
    }
    let off = devices_of(scene.cib, node)
        .iter()
        .any(|device| device.primitive.param("pcmk_reboot_action") == Some("off"));
    let (least, most, how) = match off {
        true => (0.0, 1.5, "its fencing by off"),
        // The BMC is asked until the power is off, then it is switched on, and waited for.
        false => (0.3, 6.0, "its fencing by off and on"),
    };
    let delay = delay(scene, node);
    expected.from += least + delay;
    expected.to += most + delay;
    expected.because += &format!(", {how}");
    if delay > 0.0 {
        expected.because += &format!(
            ", and {delay:.0} s of delay, which the node with the services has before it is shot"
        );
    }
    expected
}

/// Returns how long the shot at a node waits, in seconds.
fn delay(scene: &Scene, node: &str) -> f64 {
    let seconds =
        |text: &str| Span::parse(text).map_or(0.0, |span| span.milliseconds as f64 / 1000.0);
    let more = scene.members.iter().all(|member| {
        member.name == node || scene.runs_on(&member.name).len() < scene.runs_on(node).len()
    });
    let property = scene.cib.property("priority-fencing-delay");
    let by_priority = property
        .filter(|_| more)
        .map_or(0.0, |delay| seconds(&delay));
    let of_device = devices_of(scene.cib, node)
        .first()
        .and_then(|device| device.primitive.param("pcmk_delay_base"))
        .map_or(0.0, seconds);
    by_priority + of_device
}

/// Returns what it costs that all that runs on a node stops and starts elsewhere, in good order.
pub fn of_a_move(scene: &Scene, node: &str) -> Expected {
    let (units, agents) = movable(scene, node);
    if units + agents == 0.0 {
        return nothing(format!("nothing has to leave {node}"));
    }
    Expected {
        from: units * 0.05,
        to: ADDRESS + 2.0 * (units * UNIT + agents * AGENT),
        because: format!(
            "{} stop there and start elsewhere, in order",
            scene.runs_on(node).join(", ")
        ),
    }
}

/// Returns how many units of systemd and how many of an agent's resources leave a node that can run nothing more. A
/// copy that runs elsewhere already need not start, and the address does not wait for its end.
fn movable(scene: &Scene, node: &str) -> (f64, f64) {
    let ids = scene.runs_on(node).into_iter();
    let ids = ids.filter(|id| {
        let part = scene.monitor.resources.iter().find(|part| part.id == *id);
        part.is_some_and(|part| part.clone.is_none())
    });
    let moving: Vec<&Primitive> = ids.flat_map(|id| primitives(scene.cib, id)).collect();
    let units = moving.iter().filter(|one| is_unit(one)).count();
    (units as f64, (moving.len() - units) as f64)
}

/// Returns what it costs that a service dies where it runs.
pub fn of_a_death(primitive: &Primitive, interval: f64, seen: bool) -> Expected {
    if !seen {
        return nothing("what is asked does not come from there".to_owned());
    }
    let unit = is_unit(primitive);
    let each = if unit { UNIT } else { AGENT };
    Expected {
        from: 0.0,
        to: interval + 2.0 * each + ADDRESS,
        because: format!("it is looked at every {interval:.0} s, and started again where it was"),
    }
}

/// Returns how often a resource is looked at, in seconds.
///
/// # Errors
/// When it is not: nobody would notice that it died.
pub fn monitor_interval(primitive: &Primitive) -> Result<f64, Refusal> {
    let monitors = primitive.operations.iter();
    let monitors = monitors.filter(|operation| operation.name == "monitor");
    let seconds = monitors.filter_map(|monitor| monitor.interval.parse::<Interval>().ok());
    let least = seconds.map(Interval::seconds).min();
    least.map(f64::from).ok_or_else(|| {
        let id = &primitive.id;
        Refusal::check(format!(
            "{id} has no monitor: Pacemaker would not notice that it died, and this would be an outage without end"
        ))
        .hint("what it has", format!("crm configure show {id}"))
        .hint("what a monitor is", "bascule explain monitor")
    })
}

/// Returns true for what systemd starts.
pub fn is_unit(primitive: &Primitive) -> bool {
    matches!(
        primitive.agent.class.as_str(),
        "systemd" | "lsb" | "service"
    )
}

/// Returns that no outage is foreseen.
pub fn nothing(because: String) -> Expected {
    Expected {
        from: 0.0,
        to: 0.0,
        because,
    }
}
