//! What may stand in a line for crmsh, as crmsh itself completes it: `crm --compgen`.
//!
//! crmsh needs 0.2 s for an answer, and seconds where it reads agents' descriptions. So a thread
//! asks while the line is still being typed, and answers are kept: Tab takes what is there and never
//! waits. Where it comes too early, the answer is told above the prompt.

use super::notices::Notices;
use crate::complete::{self, Candidate, question};
use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long crmsh may take: 5.6 s seen for the names of all agents, the first time.
const PATIENCE: Duration = Duration::from_secs(30);

/// After this an answer is still taken, and asked for again: resources come and go.
const FRESH: Duration = Duration::from_secs(20);

/// How many of the words that come late are told.
const TOLD: usize = 40;

/// The names that crmsh told.
#[derive(Debug, Clone)]
struct Known {
    words: Vec<String>,
    since: Instant,
}

#[derive(Debug, Default)]
struct CrmNamesState {
    known: HashMap<String, Known>,
    /// The question that Tab asked before there was an answer.
    wanted: Option<String>,
}

/// The way to crmsh's answers.
#[derive(Debug, Clone)]
pub struct Crmsh {
    state: Arc<Mutex<CrmNamesState>>,
    ask: Sender<String>,
}

impl Crmsh {
    /// Starts asking, once there is something to ask.
    pub fn start(notices: Notices) -> Crmsh {
        let (ask, asked) = mpsc::channel();
        let state = Arc::<Mutex<CrmNamesState>>::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || answer(&asked, &shared, &notices));
        Crmsh { state, ask }
    }

    /// Asks for what may stand in place of the last of these words, which follow `crm`.
    pub fn prepare(&self, words: &[String]) {
        let (question, _) = question(words);
        let Ok(state) = self.state.lock() else {
            return;
        };
        let fresh = |known: &Known| known.since.elapsed() < FRESH;
        if !state.known.get(&question).is_some_and(fresh) {
            // The thread lives as long as there is somebody to ask it.
            let _ = self.ask.send(question);
        }
    }

    /// Returns what may stand in place of the last of these words, as far as it is known.
    pub fn candidates(&self, words: &[String]) -> Vec<Candidate> {
        let (question, before) = question(words);
        let Ok(mut state) = self.state.lock() else {
            return Vec::new();
        };
        let Some(known) = state.known.get(&question) else {
            state.wanted = Some(question.clone());
            let _ = self.ask.send(question);
            return Vec::new();
        };
        complete::fitting(&known.words, &before, words)
    }
}

fn answer(asked: &Receiver<String>, state: &Mutex<CrmNamesState>, notices: &Notices) {
    while let Ok(mut question) = asked.recv() {
        // Who has typed on no longer wants to know the rest.
        while let Ok(later) = asked.try_recv() {
            question = later;
        }
        let fresh = state.lock().is_ok_and(|state| {
            let known = state.known.get(&question);
            known.is_some_and(|known| known.since.elapsed() < FRESH)
        });
        if fresh {
            continue;
        }
        let words = complete::compgen(&question, PATIENCE);
        let Ok(mut state) = state.lock() else {
            return;
        };
        let late = state.wanted.take_if(|wanted| *wanted == question);
        let known = Known {
            words: words.clone(),
            since: Instant::now(),
        };
        state.known.insert(question, known);
        drop(state);
        if late.is_some() && !words.is_empty() {
            notices.tell(format!("  {}\n", listed(&words)));
        }
    }
}

fn listed(words: &[String]) -> String {
    let more = match words.len().checked_sub(TOLD) {
        None | Some(0) => String::new(),
        Some(more) => format!("  and {more} more"),
    };
    format!("{}{more}", words[..words.len().min(TOLD)].join("  "))
}
