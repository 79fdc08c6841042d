//! Watching where nothing can be drawn anew: a line for each event, or a document with each change.

use super::events::ClusterEvent;
use super::happened::Happened;
use super::vigil::{Watch, Watched};
use crate::exit::Exit;
use crate::facts::Facts;
use crate::health;
use crate::report::Role;
use crate::ui::Ui;
use crate::ui::full_screen::Woken;
use crate::wording::{count, timeless};
use std::time::{Duration, Instant};

/// How long the first line waits for what takes long.
const PATIENCE: Duration = Duration::from_secs(3);

/// Prints how things are, and then each event, until somebody has seen enough.
pub fn events(watch: &mut Watch, ui: &mut Ui) -> Exit {
    let began = Instant::now();
    let mut opened = false;
    loop {
        if let Some(exit) = watch.ending(ui) {
            return exit;
        }
        let (happened, _) = watch.news();
        if !opened && is_ready(watch, began) {
            opened = true;
            tell(&Happened::now(opening(&watch.known.facts)), ui);
        }
        for event in &happened {
            tell(event, ui);
        }
        if watch.waits(false) == Woken::Closed {
            return Exit::Done;
        }
    }
}

/// Prints a document now, and another one each time that it would be another.
pub fn documents(watch: &mut Watch, watched: &mut dyn Watched, ui: &mut Ui) -> Exit {
    let began = Instant::now();
    let mut told: Option<String> = None;
    let mut happened = Vec::new();
    loop {
        if let Some(exit) = watch.ending(ui) {
            return exit;
        }
        let (events, news) = watch.news();
        happened.extend(events);
        if (news || told.is_none()) && is_ready(watch, began) {
            let now = timeless(&watched.look(&watch.known.facts).document);
            if told.as_ref() != Some(&now) || !happened.is_empty() {
                let at = jiff::Timestamp::now();
                ui.line(&watched.line(&watch.known.facts, at, &happened));
                happened.clear();
                told = Some(now);
            }
        }
        if watch.waits(false) == Woken::Closed {
            return Exit::Done;
        }
    }
}

/// Returns true once all was read, or what is missing takes too long to be waited for.
fn is_ready(watch: &Watch, began: Instant) -> bool {
    watch.known.whole || (watch.known.number > 0 && began.elapsed() > PATIENCE)
}

fn tell(happened: &Happened, ui: &mut Ui) {
    let line = ui.painted(&happened.line());
    ui.line(&line);
}

/// Returns how things are at the beginning.
fn opening(facts: &Facts) -> ClusterEvent {
    let nodes = match (&facts.monitor, facts.cluster.absence()) {
        _ if health::is_bare(facts) => format!("there is no cluster on {} yet", facts.host),
        (Some(monitor), _) => {
            let online = monitor.members().filter(|node| node.online).count();
            format!("{online} of {} nodes online", monitor.members().count())
        }
        (None, Some(absence)) => absence,
        (None, None) => "the cluster's daemons start".to_owned(),
    };
    let problems = health::problems(facts);
    let role = match problems.first() {
        None => Role::Ok,
        Some(problem) if problem.grave => Role::Fail,
        Some(_) => Role::Warn,
    };
    let text = match problems.len() {
        0 => format!("{nodes}, nothing is wrong"),
        1 => format!("{nodes}; something is wrong, `bascule status` tells what"),
        wrong => format!(
            "{nodes}; {} are wrong, `bascule status` tells which",
            count(wrong, "thing")
        ),
    };
    ClusterEvent { role, text }
}
