//! The licence API on the listener's fast path: what `begin` says, written as HTTP by hand.
//!
//! Invariant: an answer differs from what goes through hyper in the order of its headers alone (and in
//! `connection: close`, which hyper adds while draining), and no answer with a licence leaves before
//! its signature is in the journal. Once warm, an answer with a held licence allocates nothing: the
//! tests count. What the shared guard decides is decided for a whole turn in one round trip.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tonegate_issuer::Minted;
use tonegate_listener::{Fast, FastPath, FastRequest};
use tonegate_protocol::{Envelope, Refusal};

use super::Begun;
use super::asked::Asked;
use super::caller::Caller;
use super::license::Licensed;
use super::waiting::Waiting;
use super::{license, respond};
use crate::guard::Unwritten;
use crate::guard::shared::Batch;
use crate::service::Service;

/// The gateway, as the fast path asks it.
pub struct FastGateway(pub Arc<Service>);

/// What one event loop keeps.
#[derive(Debug, Default)]
pub struct Turn {
    unwritten: Unwritten,
    head: Head,
    /// A refusal's body, whose length is known only when it is there.
    json: Vec<u8>,
    /// What waits for the end of the turn; whose it is, and what is asked about it.
    waiting: Vec<Option<(Caller, Box<Waiting>)>>,
    batch: Batch,
}

impl FastPath for FastGateway {
    type Turn = Turn;

    fn answer(&self, turn: &mut Turn, request: &FastRequest<'_>, answers: &mut Vec<u8>) -> Fast {
        let Self(service) = self;
        let Some(asked) = Asked::fast(request) else { return Fast::NotMine };
        let at = service.time.moment();
        if license::may_block(service, asked.query, at.now) {
            return Fast::NotMine;
        }
        let mut caller = Caller::new(asked.address, at);
        let begun =
            super::guarded(|| super::begin(service, &asked, &mut caller, &mut turn.unwritten));
        let outcome = match begun {
            Ok(Begun::Licensed(licensed)) => licensed.without_waiting(),
            Err(refusal) => Err(refusal),
            Ok(Begun::Waits(waiting)) => {
                turn.batch.push(waiting.ask);
                turn.waiting.push(Some((caller, waiting)));
                return Fast::Later;
            }
        };
        turn.head.refresh(service, at.now);
        turn.write(service, &caller, &outcome, answers);
        Fast::Answered
    }

    fn settle(&self, turn: &mut Turn) {
        if let Some(shared) = &self.0.shared_guard {
            // After a panic every request counts as one that Valkey did not answer.
            let _ = catch_unwind(AssertUnwindSafe(|| shared.settle(&mut turn.batch)));
        }
    }

    fn finish(&self, turn: &mut Turn, number: usize, answers: &mut Vec<u8>) {
        let Self(service) = self;
        let waiting = turn.waiting.get_mut(number).and_then(Option::take);
        let Some((caller, waiting)) = waiting else { return };
        let answer = turn.batch.answer(number);
        let outcome =
            super::guarded(|| waiting.resume(service, &caller, answer, &mut turn.unwritten));
        // Since `may_block` was asked, a licence may have gone or a key in a token have taken over.
        let outcome = outcome.and_then(Licensed::without_waiting);
        turn.head.refresh(service, service.time.now());
        turn.write(service, &caller, &outcome, answers);
    }

    fn commit(&self, turn: &mut Turn) {
        turn.waiting.clear();
        turn.batch.clear();
        let Self(service) = self;
        if !turn.unwritten.is_empty() {
            service.guard.write(&mut turn.unwritten, service.time.now());
        }
    }
}

impl Turn {
    /// Appends a whole answer to `answers`.
    fn write(
        &mut self,
        service: &Service,
        caller: &Caller,
        outcome: &Result<Arc<Minted>, Refusal>,
        answers: &mut Vec<u8>,
    ) {
        let id = respond::count(service, caller, outcome);
        answers.extend_from_slice(&self.head.bytes);
        let mut digits = itoa::Buffer::new();
        let mut end_head = |answers: &mut Vec<u8>, length| {
            answers.extend_from_slice(digits.format::<usize>(length).as_bytes());
            answers.extend_from_slice(b"\r\n\r\n");
        };
        match outcome {
            Ok(minted) => {
                end_head(answers, Envelope::success_len(id, &minted.license));
                Envelope::write_success(answers, id, &minted.license);
            }
            Err(refusal) => {
                self.json.clear();
                Envelope::write_refusal(&mut self.json, id, refusal);
                end_head(answers, self.json.len());
                answers.extend_from_slice(&self.json);
            }
        }
    }
}

/// The head of every answer, up to its length; new each second.
#[derive(Debug, Default)]
struct Head {
    bytes: Vec<u8>,
    date_is_of: i64,
}

impl Head {
    fn refresh(&mut self, service: &Service, now: i64) {
        if !self.bytes.is_empty() && self.date_is_of == now {
            return;
        }
        self.date_is_of = now;
        self.bytes.clear();
        let vary = if service.config.gateway.cors_origins.is_empty() { "" } else { VARY };
        let date = respond::http_date(now).map_or(String::new(), |it| format!("date: {it}\r\n"));
        // Writing to memory cannot fail.
        let _ = write!(
            self.bytes,
            "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ncache-control: no-store\r\n{vary}{date}\
             content-length: ",
            respond::JSON
        );
    }
}

const VARY: &str = "vary: Origin\r\n";
