//! The requests of one turn that are decided in one round trip, and what was decided.

use std::time::Duration;

use tokio::time::Instant;

use super::ask::{Answer, Ask};

/// Answering a turn takes less.
const AT_ONCE: Duration = Duration::from_millis(10);

/// Requests and, after [`SharedGuard::settle`](super::SharedGuard::settle), their answers, in the order
/// in which they came.
#[derive(Debug, Default)]
pub struct Batch {
    asks: Vec<Ask>,
    answers: Vec<Answer>,
    /// Which of them Valkey may have decided on in an earlier batch.
    again: Vec<bool>,
    /// When the last trip ended, and how long it took.
    last: Option<(Instant, Duration)>,
}

impl Batch {
    /// Adds a request.
    pub fn push(&mut self, ask: Ask) {
        self.asks.push(ask);
        self.answers.push(Answer::Lost);
        self.again.push(false);
    }

    /// What was decided about the `number`th.
    #[must_use]
    pub fn answer(&self, number: usize) -> Answer {
        self.answers.get(number).copied().unwrap_or_default()
    }

    /// Is there nothing to decide?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.asks.is_empty()
    }

    /// For the next turn.
    pub fn clear(&mut self) {
        self.asks.clear();
        self.answers.clear();
        self.again.clear();
    }

    /// How long those may have waited who are in it at `now`: they came while the last trip was under way,
    /// where this one follows at once.
    pub(super) fn waited(&self, now: Instant) -> Duration {
        let follows = |(ended, _): &(Instant, Duration)| now.duration_since(*ended) < AT_ONCE;
        self.last.filter(follows).map_or(Duration::ZERO, |(_, took)| took)
    }

    /// A trip from `start` to `end`.
    pub(super) fn went(&mut self, start: Instant, end: Instant) -> Duration {
        let took = end.duration_since(start);
        self.last = Some((end, took));
        took
    }

    pub(super) fn ask(&self, place: usize) -> Option<&Ask> {
        self.asks.get(place)
    }

    /// Notes those that were asked about before.
    pub(super) fn note_again(&mut self, was_asked: impl Fn(&Ask) -> bool) {
        for (ask, again) in self.asks.iter().zip(&mut self.again) {
            *again |= was_asked(ask);
        }
    }

    pub(super) fn is_again(&self, place: usize) -> bool {
        self.again.get(place).copied().unwrap_or(false)
    }

    pub(super) fn answered(&mut self, place: usize, answer: Answer) {
        if let Some(held) = self.answers.get_mut(place) {
            *held = answer;
        }
    }

    /// Those without an answer.
    pub(super) fn open(&self) -> impl Iterator<Item = usize> {
        let answers = self.answers.iter().enumerate();
        answers.filter(|(_, answer)| **answer == Answer::Lost).map(|(place, _)| place)
    }
}
