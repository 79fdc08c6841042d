//! Several targets asked at once, over and over.

use super::answer::{Answer, Way};
use super::held::Held;
use super::ledger::{Ledger, Writer};
use super::once;
use super::target::Target;
use super::write::{self, HeldWriter};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// From one question to the next.
pub const INTERVAL: Duration = Duration::from_millis(50);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(200);

/// Several targets that are asked at once until it is dropped.
pub struct Asking {
    answers: Receiver<Answer>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// A clock that does not jump while it is read.
#[derive(Clone, Copy)]
struct Clock {
    began: Instant,
    at: f64,
}

impl Clock {
    fn new() -> Clock {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Clock {
            began: Instant::now(),
            at: since.unwrap_or_default().as_secs_f64(),
        }
    }

    fn at(&self, moment: Instant) -> f64 {
        self.at + moment.saturating_duration_since(self.began).as_secs_f64()
    }
}

/// Rows that are written as well.
#[derive(Clone)]
pub struct Rows {
    /// Where, and by whom.
    pub writer: Writer,
    /// What became of each.
    pub ledger: Arc<Ledger>,
    /// How many connections are held.
    pub sessions: usize,
}

/// Who asks one target in one way.
struct Asker {
    index: usize,
    what: Asked,
    way: Way,
    clock: Clock,
    stop: Arc<AtomicBool>,
    send: Sender<Answer>,
}

/// What is asked.
enum Asked {
    /// A target; in a page this word must stand.
    Target(Target, Option<String>),
    /// Rows are written; whether their answers are told, or stand in the ledger alone.
    Rows(Rows, bool),
}

impl Asking {
    /// Begins to ask each target in both ways, and to write rows, which are the target behind the last; in a page this
    /// word must stand.
    pub fn begin(targets: &[Target], word: Option<&str>, rows: Option<&Rows>) -> Asking {
        let stop = Arc::new(AtomicBool::new(false));
        let (send, answers) = mpsc::channel();
        let clock = Clock::new();
        let mut threads = Vec::new();
        let mut begin = |index: usize, what: Asked, way: Way| {
            let asker = Asker {
                index,
                what,
                way,
                clock,
                stop: Arc::clone(&stop),
                send: send.clone(),
            };
            threads.push(std::thread::spawn(move || match way {
                Way::New => asker.ask_anew(),
                Way::Held => asker.ask_held(),
            }));
        };
        for (index, target) in targets.iter().enumerate() {
            let asked = || Asked::Target(target.clone(), word.map(str::to_owned));
            begin(index, asked(), Way::New);
            // What serves nothing holds no connection.
            if !matches!(target, Target::Address(_)) {
                begin(index, asked(), Way::Held);
            }
        }
        if let Some(rows) = rows {
            begin(targets.len(), Asked::Rows(rows.clone(), true), Way::New);
            for session in 0..rows.sessions {
                let told = session == 0;
                begin(targets.len(), Asked::Rows(rows.clone(), told), Way::Held);
            }
        }
        Asking {
            answers,
            stop,
            threads,
        }
    }

    /// Returns the next answer; none where there was none for so long.
    pub fn next(&self, patience: Duration) -> Option<Answer> {
        self.answers.recv_timeout(patience).ok()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Asker {
    /// Calls back at each moment at which a question is due, until it is stopped.
    fn at_each_moment(&self, mut ask: impl FnMut()) {
        let began = Instant::now();
        let mut number = 0_u32;
        while !self.stop.load(Ordering::SeqCst) {
            ask();
            // Absolute times: a slow machine must not stretch the interval, and what was missed is not made up for.
            let elapsed = began.elapsed().as_secs_f64() / INTERVAL.as_secs_f64();
            number = (number + 1).max(elapsed as u32);
            std::thread::sleep(
                (began + INTERVAL * number).saturating_duration_since(Instant::now()),
            );
        }
    }

    fn ask_anew(&self) {
        std::thread::scope(|scope| {
            self.at_each_moment(|| {
                let send = self.send.clone();
                // The next one is not to wait for an answer that is late.
                scope.spawn(move || {
                    self.tell(&send, || match &self.what {
                        Asked::Target(target, word) => once::ask(target, word.as_deref(), PATIENCE),
                        Asked::Rows(rows, _) => write::once(&rows.writer, &rows.ledger, PATIENCE),
                    });
                });
            });
        });
    }

    fn ask_held(&self) {
        match &self.what {
            Asked::Target(target, _) => {
                let mut held = Held::new(target, PATIENCE);
                self.at_each_moment(|| self.tell(&self.send, || held.ask()));
            }
            Asked::Rows(rows, told) => {
                let mut held = HeldWriter::new(&rows.writer, &rows.ledger, PATIENCE);
                self.at_each_moment(|| match told {
                    true => self.tell(&self.send, || held.write()),
                    false => drop(held.write()),
                });
            }
        }
    }

    fn tell(&self, send: &Sender<Answer>, ask: impl FnOnce() -> Result<(), String>) {
        let sent = Instant::now();
        let said = ask();
        let _ = send.send(Answer {
            target: self.index,
            way: self.way,
            sent: self.clock.at(sent),
            ms: sent.elapsed().as_secs_f64() * 1000.0,
            failed: said.err(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::gaps;
    use std::collections::BTreeSet;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// A server that says one page until it is told to be silent.
    fn serve(silent: &Arc<AtomicBool>) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let silent = Arc::clone(silent);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let silent = Arc::clone(&silent);
                std::thread::spawn(move || answer_all(stream, &silent));
            }
        });
        Target::Http {
            host: "127.0.0.1".to_owned(),
            port,
            path: "/".to_owned(),
        }
    }

    fn answer_all(mut stream: std::net::TcpStream, silent: &AtomicBool) {
        let mut asked = [0; 1024];
        while let Ok(1..) = stream.read(&mut asked) {
            while silent.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let page = match asked.starts_with(b"HEAD") {
                true => "HTTP/1.1 200 OK\r\n\r\n",
                false => "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nserv1",
            };
            if stream.write_all(page.as_bytes()).is_err() || asked.starts_with(b"GET") {
                return;
            }
        }
    }

    #[test]
    fn a_service_that_hangs_is_gone_for_both_ways_and_is_back_again() {
        let silent = Arc::new(AtomicBool::new(false));
        let targets = [serve(&silent)];
        let asking = Asking::begin(&targets, Some("serv1"), None);
        let mut answers = Vec::new();
        let mut until = |enough: &dyn Fn(&[Answer]) -> bool| {
            while !enough(&answers) {
                answers.extend(asking.next(Duration::from_secs(60)));
            }
        };
        let both = |answers: &[Answer], good: bool, from: usize| {
            let ways: BTreeSet<Way> = answers[from..]
                .iter()
                .filter(|answer| answer.is_good() == good)
                .map(|answer| answer.way)
                .collect();
            ways.len() == 2
        };
        until(&|answers| both(answers, true, 0));
        silent.store(true, Ordering::SeqCst);
        until(&|answers| both(answers, false, 0));
        silent.store(false, Ordering::SeqCst);
        let so_far = answers.len();
        let mut until = |enough: &dyn Fn(&[Answer]) -> bool| {
            while !enough(&answers) {
                answers.extend(asking.next(Duration::from_secs(60)));
            }
        };
        until(&|answers| both(answers, true, so_far));
        drop(asking);
        for way in [Way::New, Way::Held] {
            let found = gaps(answers.iter().filter(|answer| answer.way == way));
            assert!(!found.is_empty(), "{way:?}");
            assert!(found[0].why.contains("within 200 ms"), "{found:?}");
        }
    }

    #[test]
    fn who_refuses_has_the_address_and_serves_nothing() {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let tcp = Target::Tcp {
            host: "127.0.0.1".to_owned(),
            port,
        };
        let there = Target::Address("127.0.0.1".parse().unwrap());
        assert_eq!(once::ask(&there, None, PATIENCE), Ok(()));
        assert_eq!(once::ask(&tcp, None, PATIENCE), Err("refused".to_owned()));
    }
}
