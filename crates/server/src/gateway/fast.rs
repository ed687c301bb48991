//! The licence API on the listener's fast path: what `decide` says, written as HTTP by hand.
//!
//! Invariant: no byte of an answer differs from what goes through hyper but the order of its headers,
//! and no answer with a licence leaves before its signature is in the journal. Once warm, an answer
//! with a held licence allocates nothing: the tests count.

use std::io::Write as _;
use std::sync::Arc;

use tonegate_issuer::Minted;
use tonegate_listener::{Fast, FastPath, FastRequest};
use tonegate_protocol::Refusal;

use super::asked::Asked;
use super::respond;
use crate::guard::Unwritten;
use crate::service::Service;

/// The gateway, as the fast path asks it.
pub struct FastGateway(pub Arc<Service>);

/// What one event loop keeps.
#[derive(Debug, Default)]
pub struct Turn {
    unwritten: Unwritten,
    page: Page,
}

impl FastPath for FastGateway {
    type Turn = Turn;

    fn answer(&self, turn: &mut Turn, request: &FastRequest<'_>, answers: &mut Vec<u8>) -> Fast {
        let Self(service) = self;
        let Some(asked) = Asked::fast(request) else { return Fast::NotMine };
        let outcome = super::guarded(|| super::decide(service, &asked, &mut turn.unwritten));
        turn.page.write(service, outcome, answers);
        Fast::Answered
    }

    fn commit(&self, turn: &mut Turn) {
        let Self(service) = self;
        if !turn.unwritten.is_empty() {
            service.guard.write(&mut turn.unwritten, service.time.now());
        }
    }
}

/// What answers are made of, kept from one to the next.
#[derive(Debug, Default)]
struct Page {
    json: Vec<u8>,
    date: Vec<u8>,
    date_is_of: i64,
}

impl Page {
    /// Appends a whole answer to `answers`.
    fn write(
        &mut self,
        service: &Service,
        outcome: Result<Arc<Minted>, Refusal>,
        answers: &mut Vec<u8>,
    ) {
        self.json.clear();
        respond::write_license(service, outcome, &mut self.json);
        self.refresh_date(service.time.now());
        answers.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        for (name, value) in [("content-type", respond::JSON), ("cache-control", "no-store")] {
            answers.extend_from_slice(name.as_bytes());
            answers.extend_from_slice(b": ");
            answers.extend_from_slice(value.as_bytes());
            answers.extend_from_slice(b"\r\n");
        }
        if !service.config.gateway.cors_origins.is_empty() {
            answers.extend_from_slice(b"vary: Origin\r\n");
        }
        answers.extend_from_slice(&self.date);
        // Writing to memory cannot fail.
        let _ = write!(answers, "content-length: {}\r\n\r\n", self.json.len());
        answers.extend_from_slice(&self.json);
    }

    /// Once a second.
    fn refresh_date(&mut self, now: i64) {
        if self.date.is_empty() || self.date_is_of != now {
            self.date_is_of = now;
            self.date.clear();
            if let Some(date) = respond::http_date(now) {
                let _ = write!(self.date, "date: {date}\r\n");
            }
        }
    }
}
