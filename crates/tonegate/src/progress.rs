//! A bar on stderr, for work that may take more than two seconds. Only on a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use tonegate_clock::Clock;

/// Work that is quicker shows none.
const AFTER: Duration = Duration::from_secs(2);
const WIDTH: usize = 30;

/// How far the work has come.
pub(crate) struct Progress {
    /// `None`: nobody knows.
    all: Option<usize>,
    done: usize,
    what: &'static str,
    is_shown: bool,
    clock: Clock,
}

impl Progress {
    /// `all` steps of `what`.
    pub(crate) fn new(all: usize, what: &'static str) -> Self {
        Self { all: Some(all), ..Self::endless(what) }
    }

    /// Nobody knows how many steps of `what`.
    pub(crate) fn endless(what: &'static str) -> Self {
        Self { all: None, done: 0, what, is_shown: false, clock: Clock::system() }
    }

    /// A step is done.
    pub(crate) fn step(&mut self) {
        self.reach(self.done + 1);
    }

    /// So many steps are done.
    pub(crate) fn reach(&mut self, done: usize) {
        if self.is_shown && done == self.done {
            return;
        }
        self.done = done;
        if self.clock.monotonic() > AFTER && io::stderr().is_terminal() {
            self.is_shown = true;
            // Who cannot see it misses nothing.
            let _ = write!(io::stderr(), "\r{}", self.line());
        }
    }

    fn line(&self) -> String {
        let Self { done, what, .. } = self;
        let Some(all) = self.all else { return format!("{done} {what} …") };
        let filled = (WIDTH * done).checked_div(all).unwrap_or(WIDTH).min(WIDTH);
        let (bar, rest) = ("█".repeat(filled), "░".repeat(WIDTH - filled));
        format!("{bar}{rest} {done}/{all} {what}")
    }

    /// Takes the bar away.
    pub(crate) fn end(self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
