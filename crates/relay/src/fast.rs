//! Licences on the listener's fast path: what `decide` says, written as HTTP by hand.
//!
//! Invariant: an answer differs from what goes through hyper in the order of its headers alone.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tonegate_listener::{Fast, FastPath, FastRequest};

use crate::answer::{CHALLENGE, JSON, vary};
use crate::decide::{Answer, Asked, Decision, decide};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::rendered::{Rendered, Times};
use crate::service::Service;

/// The relay, as the fast path asks it.
pub(crate) struct FastRelay(pub(crate) Arc<Service>);

/// What one event loop keeps: the Date line, new each second.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    second: u64,
    date: String,
    vary: &'static str,
}

impl FastPath for FastRelay {
    type Turn = Turn;

    fn answer(&self, turn: &mut Turn, request: &FastRequest<'_>, answers: &mut Vec<u8>) -> Fast {
        let Self(service) = self;
        let at = service.clock.read();
        let path = request.target.split('?').next().unwrap_or(request.target);
        let asked = Asked {
            path,
            authorization: request.authorization,
            if_none_match: request.if_none_match,
            address: request.peer.address,
        };
        // Who may wait for a licence waits on hyper's side.
        let Decision::Answer(answer) = decide(service, &asked, at) else { return Fast::NotMine };
        turn.refresh(at.wall);
        turn.vary = vary(service);
        match answer {
            Answer::License(rendered, times) => {
                service.metrics.licenses.inc();
                turn.license(&rendered, times, answers);
            }
            Answer::NotModified(rendered, times) => {
                service.metrics.not_modified.inc();
                turn.not_modified(&rendered, times, answers);
            }
            Answer::Problem(problem) => {
                service.metrics.problem(problem.code);
                turn.problem(&problem, answers);
            }
        }
        Fast::Answered
    }

    fn commit(&self, _: &mut Turn) {}
}

impl Turn {
    fn refresh(&mut self, wall: Duration) {
        if self.date.is_empty() || self.second != wall.as_secs() {
            self.second = wall.as_secs();
            self.date = httpdate::fmt_http_date(UNIX_EPOCH + wall);
        }
    }

    fn license(&self, rendered: &Rendered, times: Times, to: &mut Vec<u8>) {
        to.extend_from_slice(b"HTTP/1.1 200 OK\r\ncontent-type: ");
        to.extend_from_slice(JSON.as_bytes());
        self.validators(rendered, times, to);
        to.extend_from_slice(b"\r\ncontent-length: ");
        to.extend_from_slice(itoa::Buffer::new().format(rendered.len(times)).as_bytes());
        to.extend_from_slice(b"\r\n\r\n");
        rendered.write(times, to);
    }

    fn not_modified(&self, rendered: &Rendered, times: Times, to: &mut Vec<u8>) {
        to.extend_from_slice(b"HTTP/1.1 304 Not Modified");
        self.validators(rendered, times, to);
        to.extend_from_slice(b"\r\n\r\n");
    }

    fn validators(&self, rendered: &Rendered, times: Times, to: &mut Vec<u8>) {
        to.extend_from_slice(b"\r\netag: ");
        to.extend_from_slice(rendered.etag.as_bytes());
        to.extend_from_slice(b"\r\ncache-control: private, max-age=");
        to.extend_from_slice(itoa::Buffer::new().format(times.max_age()).as_bytes());
        to.extend_from_slice(b"\r\nvary: ");
        to.extend_from_slice(self.vary.as_bytes());
        to.extend_from_slice(b"\r\ndate: ");
        to.extend_from_slice(self.date.as_bytes());
    }

    fn problem(&self, problem: &Problem, to: &mut Vec<u8>) {
        let status = http::StatusCode::from_u16(problem.status).unwrap_or_default();
        let body = problem.body();
        // Writing to memory cannot fail.
        let _ = write!(
            to,
            "HTTP/1.1 {} {}\r\ncontent-type: {PROBLEM_JSON}\r\ncache-control: no-store\r\n\
             vary: {}\r\ndate: {}\r\ncontent-length: {}\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default(),
            self.vary,
            self.date,
            body.len()
        );
        if let Some(seconds) = problem.retry_after {
            let _ = write!(to, "retry-after: {seconds}\r\n");
        }
        if problem.wants_credential() {
            let _ = write!(to, "www-authenticate: {CHALLENGE}\r\n");
        }
        to.extend_from_slice(b"\r\n");
        to.extend_from_slice(&body);
    }
}
