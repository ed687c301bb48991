//! One turn's answers, and whose they are.
//!
//! Invariant: the answers of a connection leave in the order of its requests, also where some were
//! there at once and others came at the end of the turn. A turn without such others costs nothing for them.

use std::ops::Range;

/// What an answer takes that is not there yet, for the bounds of a turn: a licence and its head.
const LATER_BYTES: usize = 1_400;
/// Kept of a buffer from one turn to the next.
const KEPT_BYTES: usize = 1 << 20;

/// The answers of one turn.
#[derive(Default)]
pub(super) struct Pieces {
    /// Those that were there at once.
    pub(super) answers: Vec<u8>,
    connections: Vec<Piece>,
    /// Where among `answers` each belongs that comes later.
    later: Vec<usize>,
    /// All of them in their order, where some came later.
    whole: Vec<u8>,
}

/// What one connection gets.
struct Piece {
    key: usize,
    answers: Range<usize>,
    later: Range<usize>,
}

/// How far a turn is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    answers: usize,
    later: usize,
}

impl Pieces {
    /// The bytes so far, those of answers to come estimated.
    pub(super) fn bytes(&self) -> usize {
        self.answers.len() + self.later.len() * LATER_BYTES
    }

    /// How many come later.
    pub(super) fn later(&self) -> usize {
        self.later.len()
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { answers: self.answers.len(), later: self.later.len() }
    }

    /// The next answer of the connection at hand comes later.
    pub(super) fn leave(&mut self) {
        self.later.push(self.answers.len());
    }

    /// What came since `start` is for this connection.
    pub(super) fn give(&mut self, key: usize, start: Mark) {
        let answers = start.answers..self.answers.len();
        self.connections.push(Piece { key, answers, later: start.later..self.later.len() });
    }

    /// Puts the answers in their order that come later, each appended by `finish`.
    pub(super) fn finish(&mut self, mut finish: impl FnMut(usize, &mut Vec<u8>)) {
        if self.later.is_empty() {
            return;
        }
        let Self { answers, connections, later, whole } = self;
        for Piece { answers: ready, later: numbers, .. } in connections {
            let (start, mut from) = (whole.len(), ready.start);
            for number in numbers.clone() {
                whole.extend_from_slice(&answers[from..later[number]]);
                from = later[number];
                finish(number, whole);
            }
            whole.extend_from_slice(&answers[from..ready.end]);
            *ready = start..whole.len();
        }
        std::mem::swap(answers, whole);
        whole.clear();
        later.clear();
    }

    /// Hands out each connection's answers, and is empty again.
    pub(super) fn write(&mut self, mut write: impl FnMut(usize, &[u8])) {
        for Piece { key, answers, .. } in self.connections.drain(..) {
            write(key, &self.answers[answers]);
        }
        for buffer in [&mut self.answers, &mut self.whole] {
            buffer.clear();
            buffer.shrink_to(KEPT_BYTES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_gets_its_own_answers_in_order() {
        let mut pieces = Pieces::default();
        // Upper case is there at once; `.` comes later.
        let asked = ["A.B", "..", "", "C", ".", "D.", ".E."];
        for (key, asked) in asked.iter().enumerate() {
            let start = pieces.mark();
            for request in asked.bytes() {
                match request {
                    b'.' => pieces.leave(),
                    answer => pieces.answers.push(answer),
                }
            }
            pieces.give(key, start);
        }
        pieces.finish(|number, answers| answers.push(b'0' + number as u8));
        let mut got = vec![String::new(); asked.len()];
        pieces.write(|key, answers| got[key].push_str(std::str::from_utf8(answers).unwrap()));
        assert_eq!(got, ["A0B", "12", "", "C", "3", "D4", "5E6"]);
        assert_eq!((pieces.bytes(), pieces.later()), (0, 0));
    }
}
