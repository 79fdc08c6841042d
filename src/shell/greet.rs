//! The first lines: where we are, and what is known of it once it was read.

use super::notices::Notices;
use super::session::Shell;
use super::view::View;
use super::watch::Listener;
use crate::health::Problem;
use crate::report::Role;
use crate::ui::Painter;
use crate::watching::ClusterEvent;
use std::sync::Mutex;

/// Says where we are, from what can be read in no time.
pub fn greet(shell: &mut Shell) {
    let ui = &mut *shell.ui;
    let view = View::at_start();
    let name = ui.paint(Role::Strong, concat!("bascule ", env!("CARGO_PKG_VERSION")));
    let place = match &view.cluster {
        Some(cluster) => format!("{cluster} of {}", view.nodes.join(", ")),
        None => format!("no cluster here yet.  Try: {}", ui.command("cluster init")),
    };
    ui.line(&format!(
        "{name} · {} · {place}.  Tab completes, ? explains, help lists",
        shell.host.name
    ));
    if !shell.host.root {
        let sudo = ui.paint(Role::Command, "sudo bascule");
        ui.line(&format!(
            "not root: clusters are read and changed with {sudo}"
        ));
    }
    for line in crate::verbs::journal::unfinished(shell.host) {
        let mark = shell.ui.paint(Role::Warn, "!");
        shell.ui.line(&format!("{mark} {line}"));
    }
}

/// Tells above the prompt what the background reading finds.
pub struct NoticePrinter {
    /// The way there.
    pub notices: Notices,
    /// The function that puts text into colour.
    pub paint: Mutex<Painter>,
    /// The screen is looked at, not read aloud.
    pub colors: bool,
}

impl NoticePrinter {
    fn paint(&self, role: Role, text: &str) -> String {
        match self.paint.lock() {
            Ok(paint) => paint(role, text),
            Err(_) => text.to_owned(),
        }
    }
}

impl Listener for NoticePrinter {
    fn begins(&self, view: &View, problems: &[Problem]) {
        let grave = problems.iter().filter(|problem| problem.grave).count();
        let ok = |text: String| format!("{} {text}", self.paint(Role::Ok, "✓"));
        let bad = |text: String| format!("{} {text}", self.paint(Role::Fail, "!"));
        let text = match (view.online, grave) {
            // Without a cluster there is nothing to tell but of the database.
            (None, 0) => return self.changed(),
            (Some(0), _) => bad("the cluster does not run here".to_owned()),
            (Some(online), 0) => ok(nodes(view, online)),
            (Some(online), grave) => {
                bad(format!("{}; {}", nodes(view, online), problems_line(grave)))
            }
            (None, grave) => bad(problems_line(grave)),
        };
        let more = if grave > 0 || view.online == Some(0) {
            format!(": {}", self.paint(Role::Command, "status"))
        } else {
            String::new()
        };
        self.notices.tell(format!("  {text}{more}\n"));
        if let Some(other) = &view.waits_for {
            let why = format!(
                "nothing starts: corosync waits until it has seen {other} once; without it"
            );
            let verb = self.paint(Role::Command, "cluster alone");
            self.notices.tell(format!("  {}: {verb}\n", bad(why)));
        }
    }

    fn happened(&self, events: &[ClusterEvent]) {
        let line = |event: &ClusterEvent| {
            let mark = self.paint(event.role, event.mark());
            format!("  {mark} {}\n", event.text)
        };
        let text: String = events.iter().map(line).collect();
        if !text.is_empty() {
            self.notices.tell(text);
        }
    }

    fn changed(&self) {
        // What is read aloud is not said again for one sign.
        if self.colors {
            self.notices.redraw();
        }
    }

    fn is_at_prompt(&self) -> bool {
        self.notices.is_at_prompt()
    }
}

fn nodes(view: &View, online: usize) -> String {
    format!("{online} of {} nodes online", view.nodes.len())
}

fn problems_line(count: usize) -> String {
    match count {
        1 => "something is wrong".to_owned(),
        n => format!("{n} things are wrong"),
    }
}
