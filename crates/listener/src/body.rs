//! A request's body: read whole, bounded in bytes and time, or not at all.
//!
//! Invariant: there is no other way to a body, so no handler can hold more or wait longer than
//! [`Limits`] says.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};

use crate::Limits;

/// The body of a request, not yet read. An unread one costs the connection its keep-alive, nothing
/// more.
#[derive(Debug)]
pub struct RequestBody {
    incoming: Incoming,
    most: usize,
    time: Duration,
}

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is, or says it will be, longer than allowed.
    #[error("the body has more than {most} bytes")]
    TooLarge {
        /// What the reader allows, [`Limits::body_bytes`] at most.
        most: usize,
    },
    /// It was not there in time.
    #[error("the body was not complete within {time:?}")]
    Timeout {
        /// [`Limits::body`].
        time: Duration,
    },
    /// The connection broke, or the framing is malformed.
    #[error("the body broke off or is malformed")]
    Broken,
}

impl RequestBody {
    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.incoming.is_end_stream()
    }

    /// The whole body; empty when the request has none. Answers `Expect: 100-continue`.
    ///
    /// # Errors
    /// See [`BodyError`]; the connection is closed behind the answer in each case.
    pub async fn read(self) -> Result<Bytes, BodyError> {
        self.read_at_most(usize::MAX).await
    }

    /// The same for a body of at most so many bytes, where that is less than the listener's limit.
    ///
    /// # Errors
    /// As [`read`](Self::read) has them.
    pub async fn read_at_most(self, bytes: usize) -> Result<Bytes, BodyError> {
        let Self { incoming, most, time } = self;
        let most = most.min(bytes);
        if incoming.is_end_stream() {
            return Ok(Bytes::new());
        }
        // Said in Content-Length: no need to see it, nor to let an `Expect: 100-continue` go on.
        if incoming.size_hint().lower() > most as u64 {
            return Err(BodyError::TooLarge { most });
        }
        match tokio::time::timeout(time, Limited::new(incoming, most).collect()).await {
            Err(_) => Err(BodyError::Timeout { time }),
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge { most }),
            Ok(Err(_)) => Err(BodyError::Broken),
        }
    }

    pub(crate) fn new(incoming: Incoming, limits: &Limits) -> Self {
        Self { incoming, most: limits.body_bytes, time: limits.body }
    }
}
