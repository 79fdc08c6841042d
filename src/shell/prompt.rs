//! The prompt, and the reading of the cluster that stands behind it.
//!
//! The first prompt is there before anything slow is read, and stays there if a daemon hangs: a
//! thread reads, and the number of nodes appears in the prompt when it is known.

use crate::complete::{self, Snapshot};
use crate::conf::CorosyncConf;
use crate::facts::{self, COROSYNC_CONF, Cluster, Facts};
use crate::health::{self, Problem};
use crate::host::Host;
use crate::report::Role;
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// What the prompt shows of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// The cluster's name; none where there is no cluster.
    pub cluster: Option<String>,
    /// Its nodes' names.
    pub nodes: Vec<String>,
    /// How many take part; none while that is not known.
    pub online: Option<usize>,
    /// They may act.
    pub quorum: bool,
}

impl View {
    /// Returns what corosync.conf alone says, which is read in no time.
    pub fn at_start() -> View {
        let facts = Facts {
            files: [(
                COROSYNC_CONF.into(),
                facts::read_file(Path::new(COROSYNC_CONF)),
            )]
            .into(),
            ..Facts::default()
        };
        View::from_conf(&facts)
    }

    fn from_conf(facts: &Facts) -> View {
        let conf = facts
            .file(COROSYNC_CONF)
            .text()
            .and_then(|text| CorosyncConf::parse(text).ok())
            .filter(|conf| !conf.is_as_packaged());
        let Some(conf) = conf else {
            return View::default();
        };
        let nodes = conf.nodes();
        View {
            cluster: Some(conf.cluster_name().unwrap_or("cluster").to_owned()),
            nodes: nodes.iter().map(|node| node.label().to_owned()).collect(),
            ..View::default()
        }
    }

    fn from_facts(facts: &Facts) -> View {
        let mut view = View::from_conf(facts);
        match (&facts.monitor, &facts.cluster) {
            (Some(monitor), _) => {
                view.online = Some(monitor.nodes.iter().filter(|node| node.online).count());
                view.quorum = monitor.quorum;
            }
            (None, Cluster::Stopped { .. }) if facts.root => view.online = Some(0),
            _ => {}
        }
        view
    }

    /// Returns the prompt, plain.
    pub fn prompt(&self, host: &str) -> String {
        match &self.cluster {
            Some(name) => format!("{name} {} {host} › ", self.count()),
            None => format!("{host} › "),
        }
    }

    fn count(&self) -> String {
        let total = self.nodes.len();
        match self.online {
            // As wide as the number that takes its place.
            None => format!("{}/{total}", "·".repeat(total.to_string().len())),
            Some(online) => format!("{online}/{total}"),
        }
    }

    /// Returns what the count deserves to look like.
    pub fn role(&self) -> Role {
        match self.online {
            None => Role::Dim,
            Some(online) if online == self.nodes.len() && self.quorum => Role::Ok,
            Some(_) if self.quorum => Role::Warn,
            Some(_) => Role::Fail,
        }
    }

    /// Returns a prompt that was built from `shown`, with the count as it is now known.
    pub fn freshen(
        &self,
        prompt: &str,
        shown: &View,
        paint: impl Fn(Role, &str) -> String,
    ) -> String {
        let (old, new) = (shown.count(), self.count());
        let same_width = old.chars().count() == new.chars().count();
        let count = if same_width { new } else { old.clone() };
        match &shown.cluster {
            Some(name) => {
                let rest = prompt
                    .strip_prefix(name.as_str())
                    .and_then(|rest| rest.trim_start().strip_prefix(old.as_str()))
                    .unwrap_or(prompt);
                format!(
                    "{} {}{rest}",
                    paint(Role::Strong, name),
                    paint(self.role(), &count)
                )
            }
            None => prompt.to_owned(),
        }
    }
}

/// What the reading thread and the prompt share.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Debug, Default)]
struct State {
    view: View,
    asked: u64,
    answered: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves a view that is whole all the same.
        self.state
            .lock()
            .unwrap_or_else(|poison| poison.into_inner())
    }
}

/// The reading of the cluster in the background.
#[derive(Debug, Clone)]
pub struct Watch {
    shared: Arc<Shared>,
    ask: Sender<()>,
}

impl Watch {
    /// Starts the first reading; `first` hears what is wrong when it has ended.
    pub fn start(host: &Host, first: impl FnOnce(&View, &[Problem]) + Send + 'static) -> Watch {
        let shared = Arc::new(Shared::default());
        shared.lock().view = View::at_start();
        let (ask, asked) = mpsc::channel();
        let watch = Watch {
            shared: Arc::clone(&shared),
            ask,
        };
        watch.ask();
        let (name, root) = (host.name.clone(), host.root);
        std::thread::spawn(move || {
            let mut first = Some(first);
            while asked.recv().is_ok() {
                while asked.try_recv().is_ok() {}
                let up_to = shared.lock().asked;
                let facts = facts::gather_all(&health::needs(), health::needs_then, &name, root);
                let view = View::from_facts(&facts);
                let problems = health::problems(&facts);
                complete::remember(Snapshot {
                    cib: facts.cib().cloned(),
                    monitor: facts.monitor,
                });
                let mut state = shared.lock();
                state.view = view.clone();
                state.answered = up_to;
                drop(state);
                shared.answered.notify_all();
                if let Some(first) = first.take() {
                    first(&view, &problems);
                }
            }
        });
        watch
    }

    fn ask(&self) {
        self.shared.lock().asked += 1;
        // The thread lives as long as there is somebody to ask it.
        let _ = self.ask.send(());
    }

    /// Returns what is known now.
    pub fn view(&self) -> View {
        self.shared.lock().view.clone()
    }

    /// Reads anew and waits a moment for the answer; what takes longer comes when it comes.
    pub fn refreshed(&self, patience: Duration) -> View {
        let overdue = {
            let state = self.shared.lock();
            state.answered < state.asked
        };
        self.ask();
        let mut state = self.shared.lock();
        let wanted = state.asked;
        if overdue {
            // The reading before hangs: nobody waits for it twice.
            state.view.online = None;
        } else {
            let still = |state: &mut State| state.answered < wanted;
            let (guard, timeout) = self
                .shared
                .answered
                .wait_timeout_while(state, patience, still)
                .unwrap_or_else(|poison| poison.into_inner());
            state = guard;
            if timeout.timed_out() {
                state.view.online = None;
            }
        }
        state.view.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(online: Option<usize>) -> View {
        View {
            cluster: Some("web".to_owned()),
            nodes: vec!["serv1".to_owned(), "serv2".to_owned()],
            online,
            quorum: true,
        }
    }

    #[test]
    fn the_prompt_has_the_cluster_the_nodes_and_the_host() {
        assert_eq!(view(Some(2)).prompt("serv1"), "web 2/2 serv1 › ");
        assert_eq!(view(None).prompt("serv1"), "web ·/2 serv1 › ");
        assert_eq!(View::default().prompt("serv1"), "serv1 › ");
    }

    #[test]
    fn a_prompt_that_stands_learns_the_count_without_changing_its_width() {
        let plain = |_: Role, text: &str| text.to_owned();
        let shown = view(None);
        let prompt = shown.prompt("serv1");
        assert_eq!(
            view(Some(1)).freshen(&prompt, &shown, plain),
            "web 1/2 serv1 › "
        );
        let mut many = view(Some(10));
        many.nodes = vec![String::new(); 12];
        assert_eq!(many.freshen(&prompt, &shown, plain), prompt);
    }
}
