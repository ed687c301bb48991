//! The fast path: plain HTTP/1.1 requests that can be answered at once, on event loops of our own.
//!
//! hyper takes everything there is; this takes what nearly every request is, a GET without a body in
//! one piece, at about half of hyper's cost. Invariant: the fast path refuses nothing. What it does
//! not take (another method, a body, half a head, a head over the limits, nonsense) goes to hyper
//! together with its connection and the bytes that were read, and stays there. So whatever a client
//! sends, the answer is the one that hyper gives or the one that [`FastPath`] gives, and no rule of
//! HTTP is written here a second time.

mod head;
mod inbox;
mod pieces;
mod worker;
mod workers;

use crate::Peer;
pub(crate) use inbox::Accepted;
pub(crate) use workers::{HandedOver, Workers};

/// What answers on the fast path. Calls come from several event loops at once, and but for
/// [`settle`](Self::settle) must not block.
pub trait FastPath: Send + Sync + 'static {
    /// What one event loop keeps to itself from turn to turn.
    type Turn: Default + Send + 'static;

    /// Appends a whole answer, head and body, to `answers`, or says why not.
    fn answer(
        &self,
        turn: &mut Self::Turn,
        request: &FastRequest<'_>,
        answers: &mut Vec<u8>,
    ) -> Fast;

    /// Decides all that [`answer`](Self::answer) left for later in this turn. This one may block, for as long as
    /// every client of the event loop can wait.
    fn settle(&self, turn: &mut Self::Turn) {
        let _ = turn;
    }

    /// Appends the whole answer to a request that was left for later, the `number`th of the turn from 0 on.
    /// Called for each in turn, after [`settle`](Self::settle).
    fn finish(&self, turn: &mut Self::Turn, number: usize, answers: &mut Vec<u8>) {
        let _ = (turn, number, answers);
    }

    /// Called when all requests of a turn were answered, before the first of these answers leaves.
    fn commit(&self, turn: &mut Self::Turn);
}

/// A GET over HTTP/1.1, without a body and without a header that could change its meaning.
#[derive(Debug, Clone, Copy)]
pub struct FastRequest<'a> {
    /// Path and query as sent; begins with `/`.
    pub target: &'a str,
    /// The Host header; `None`: there is none.
    pub host: Option<&'a str>,
    /// The Authorization header; `None`: there is none.
    pub authorization: Option<&'a str>,
    /// The If-None-Match header; `None`: there is none.
    pub if_none_match: Option<&'a str>,
    /// Who sent it.
    pub peer: Peer,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fast {
    /// Its answer stands at the end of the answers.
    Answered,
    /// Its answer comes at the end of the turn, from [`FastPath::finish`]. Nothing was appended.
    Later,
    /// It is the ordinary handler's. Nothing was appended, and nothing else was done.
    NotMine,
}
