//! Who looks on while a plan runs.

use crate::plan::Step;
use std::time::Duration;

/// The outside, which hears of a plan while it runs, and may say stop.
pub trait Watcher {
    /// A step begins.
    fn begins(&mut self, number: usize, step: &Step);
    /// A line that the step's command printed.
    fn prints(&mut self, line: &str);
    /// The step waits; `why` is what does not hold yet. Called several times a second.
    fn waits(&mut self, number: usize, for_what: &str, why: &str, so_far: Duration, most: Duration);
    /// Something worth knowing came up that is nobody's failure.
    fn remarks(&mut self, remark: &str);
    /// Bytes move; `of` is about how many there will be. Called several times a second.
    fn moves(&mut self, number: usize, bytes: u64, of: Option<u64>, so_far: Duration);
    /// A step of a plan that failed was taken back at once, or could not be.
    fn took_back(&mut self, number: usize, step: &Step, trouble: Option<&str>);
    /// A step ended well.
    fn done(&mut self, number: usize, step: &Step, took: Duration);
    /// A step ended otherwise.
    fn failed(&mut self, number: usize, step: &Step, took: Duration, why: &str);
    /// True once somebody asked to stop.
    fn stop(&self) -> bool;
}

/// A watcher that does not stop.
pub struct Unstoppable<'a>(pub &'a mut dyn Watcher);

impl Watcher for Unstoppable<'_> {
    fn begins(&mut self, number: usize, step: &Step) {
        self.0.begins(number, step);
    }
    fn prints(&mut self, line: &str) {
        self.0.prints(line);
    }
    fn remarks(&mut self, line: &str) {
        self.0.remarks(line);
    }
    fn waits(&mut self, number: usize, what: &str, why: &str, so_far: Duration, most: Duration) {
        self.0.waits(number, what, why, so_far, most);
    }
    fn moves(&mut self, number: usize, bytes: u64, of: Option<u64>, so_far: Duration) {
        self.0.moves(number, bytes, of, so_far);
    }
    fn took_back(&mut self, number: usize, step: &Step, trouble: Option<&str>) {
        self.0.took_back(number, step, trouble);
    }
    fn done(&mut self, number: usize, step: &Step, took: Duration) {
        self.0.done(number, step, took);
    }
    fn failed(&mut self, number: usize, step: &Step, took: Duration, why: &str) {
        self.0.failed(number, step, took, why);
    }
    fn stop(&self) -> bool {
        false
    }
}
