//! What changed, for people: since an operation, and by taking it back.

use super::image::{self, Image};
use crate::cib::{self, Cib};
use crate::plan::{Difference, Refusal};

/// Returns the refusal that shows how a file is no longer what the operation left.
pub fn file_changed(after: &Image, now: &image::Now) -> Refusal {
    let path = after.path.display();
    let mut what = format!("{path} was changed since the operation");
    let left = after.kept.as_ref().and_then(|kept| kept.text.clone());
    if let (Some(left), Some(is)) = (left, now.text()) {
        what += "\n";
        what += &diff("as the operation left it", "as it is now", &left, &is.text);
    }
    Refusal::check(what).hint(
        "put it back as the operation left it, or undo by hand; the journal has both",
        "bascule show",
    )
}

/// Returns the refusal that shows how a service is no longer as the operation left it; `ran` tells whether
/// it ran then, where that is what changed.
pub fn service_changed(host: Option<&str>, unit: &str, ran: Option<bool>) -> Refusal {
    let (place, ssh) = match host {
        Some(host) => (format!(" on {host}"), format!("ssh root@{host} ")),
        None => (String::new(), String::new()),
    };
    let changed = match ran {
        Some(true) => format!("{unit} is stopped now{place}, and ran when the operation ended"),
        Some(false) => {
            format!("{unit} runs now{place}, and did not when the operation ended")
        }
        None => format!("whether {unit} starts at boot{place} was changed since the operation"),
    };
    Refusal::check(format!("{changed}: somebody else did that, and it stays"))
        .hint("to see it", format!("{ssh}systemctl status {unit}"))
}

/// Returns the refusal that shows how the configuration is no longer what the operation left.
pub fn changed_since(conflict: &cib::Conflict) -> Refusal {
    let mut what = format!("the configuration was changed since the operation: {conflict}");
    for clash in &conflict.clashes {
        if let (Some(after), Some(now)) = (&clash.after, &clash.now) {
            what += "\n";
            what += &diff("as the operation left it", "as it is now", after, now);
        }
    }
    Refusal::check(what)
        .hint("who changed it here", "bascule history")
        .hint(
            "change it back first, or remove it by hand",
            "crm configure edit",
        )
}

fn diff(old_name: &str, new_name: &str, old: &str, new: &str) -> String {
    Difference::of(old, new).unified(old_name, new_name)
}

/// Returns what a patch changes, for people.
pub fn summary(live: &Cib, target: &Cib) -> Vec<String> {
    let mut lines = Vec::new();
    for object in live.objects() {
        match target.object(object.id()) {
            None => lines.push(format!("- {} {}", object.kind(), object.id())),
            Some(back) => lines.extend(
                back.difference(object)
                    .into_iter()
                    .map(|what| format!("~ {} {}: {what}", object.kind(), object.id())),
            ),
        }
    }
    for object in target.objects() {
        if live.object(object.id()).is_none() {
            lines.push(format!("+ {} {}", object.kind(), object.id()));
        }
    }
    let (old, new) = (live.properties(), target.properties());
    for (name, value) in &old {
        match new.iter().find(|(n, _)| n == name) {
            None => lines.push(format!("- property {name}={value}")),
            Some((_, v)) if v != value => {
                lines.push(format!("~ property {name}={v}, now {value}"));
            }
            Some(_) => {}
        }
    }
    for (name, value) in &new {
        if !old.iter().any(|(n, _)| n == name) {
            lines.push(format!("+ property {name}={value}"));
        }
    }
    for node in live.nodes() {
        let back = target.node(&node.name);
        for (what, is, was) in [
            ("standby", node.standby, back.is_some_and(|n| n.standby)),
            (
                "maintenance",
                node.maintenance,
                back.is_some_and(|n| n.maintenance),
            ),
        ] {
            if is != was {
                lines.push(format!(
                    "~ node {}: {what} {}",
                    node.name,
                    if was { "on" } else { "off" }
                ));
            }
        }
    }
    if lines.is_empty() {
        lines.push("the attributes as they were; [d]iff shows the patch".to_owned());
    }
    lines
}
