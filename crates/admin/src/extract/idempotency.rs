//! Creations that can be asked for again: the first answer is kept, sealed, for a day.
//!
//! Invariant: what is created and the answer that is remembered are one transaction, so a client that
//! lost the answer gets it, and never a second creation. What takes several transactions has an answer
//! for each, so that asking again goes on where it stopped.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use tonegate_server::store::{Asked, Tx};

use crate::admin::Admin;
use crate::caller::Caller;
use crate::limits::{IDEMPOTENCY_KEY_MAX, IDEMPOTENCY_SECS};
use crate::problem::{Code, Problem};

/// The request's Idempotency-Key, if it has one, and all that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Idempotency {
    key: Option<String>,
    request: Vec<u8>,
}

/// The body as it came, left with the request for whoever compares requests.
#[derive(Debug, Clone)]
pub(crate) struct RawBody(pub(crate) Bytes);

/// A key, taken for one request before any part of it is made.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    asked: Asked,
    /// When, Unix seconds: parts of a claim that is forgotten must not answer for the next.
    at: i64,
    /// Somebody asked for the same before.
    pub(crate) is_repeat: bool,
}

/// 201 with a JSON body.
#[derive(Debug)]
pub(crate) struct Created {
    body: Vec<u8>,
    is_replay: bool,
    rev: Option<u32>,
}

impl FromRequestParts<Admin> for Idempotency {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Admin) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get("idempotency-key") else {
            return Ok(Self { key: None, request: Vec::new() });
        };
        let key = header.to_str().unwrap_or_default();
        let fits = (1..=IDEMPOTENCY_KEY_MAX).contains(&key.len());
        if !fits || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = "an Idempotency-Key is 1 to 64 visible ASCII characters, such as a UUID";
            return Err(Problem::new(Code::InvalidHeader, detail));
        }
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let operation = format!("{} {target}\n", parts.method);
        let body = parts.extensions.get::<RawBody>().map_or(&[][..], |body| &body.0);
        Ok(Self { key: Some(key.to_owned()), request: [operation.as_bytes(), body].concat() })
    }
}

impl Admin {
    /// Has `create` make something in a transaction, and answers with what it renders; a request that
    /// was answered before gets that answer, and `create` is not run.
    pub(crate) async fn create<T: Serialize>(
        &self,
        caller: &Caller,
        idempotency: Idempotency,
        create: impl AsyncFnOnce(&mut Tx) -> Result<T, Problem>,
    ) -> Result<Created, Problem> {
        let mut tx = self.begin(caller).await?;
        let asked = idempotency.asked(caller);
        if let Some(asked) = &asked
            && let Some(known) = self.answered(&mut tx, asked).await?
        {
            return Ok(Created::again(known));
        }
        let body = serde_json::to_vec(&create(&mut tx).await?).unwrap_or_default();
        if let Some(asked) = &asked {
            tx.remember_answer(asked, &body).await?;
            tx.forget_answers(self.now() - IDEMPOTENCY_SECS).await?;
        }
        self.commit(tx).await?;
        Ok(Created { body, is_replay: false, rev: None })
    }

    /// Takes the key of what several transactions will make. `None`: the request has no key.
    ///
    /// `Err(IdempotencyKeyReused)`: the key went with another.
    pub(crate) async fn claim(
        &self,
        caller: &Caller,
        idempotency: Idempotency,
    ) -> Result<Option<Claim>, Problem> {
        let Some(asked) = idempotency.asked(caller) else { return Ok(None) };
        let mut tx = self.begin(caller).await?;
        if let Some(known) = self.answered(&mut tx, &asked).await? {
            let at = serde_json::from_slice(&known).map_err(|_| unreadable())?;
            return Ok(Some(Claim { asked, at, is_repeat: true }));
        }
        let at = self.now();
        tx.forget_answers(at - IDEMPOTENCY_SECS).await?;
        tx.remember_answer(&asked, at.to_string().as_bytes()).await?;
        self.commit(tx).await?;
        Ok(Some(Claim { asked, at, is_repeat: false }))
    }

    /// What the same request was answered before. `Err(IdempotencyKeyReused)`: the key went with another.
    pub(crate) async fn answered(
        &self,
        tx: &mut Tx,
        asked: &Asked,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let known = tx.answered(asked, self.now() - IDEMPOTENCY_SECS).await?;
        let reused = || {
            let detail = "this Idempotency-Key went with another request; use a new one for each";
            Problem::new(Code::IdempotencyKeyReused, detail)
        };
        known.map(|known| known.ok_or_else(reused)).transpose()
    }
}

impl Claim {
    /// What goes with the part's transaction: its answer, once it has one.
    pub(crate) fn part(&self, number: usize) -> Asked {
        self.asked.part(&format!("{} {number}", self.at))
    }
}

impl Idempotency {
    /// What is asked for, if it may be asked for again.
    fn asked(self, caller: &Caller) -> Option<Asked> {
        self.key.map(|key| Asked::new(caller.key(), key, &self.request))
    }
}

impl Created {
    /// An answer that was given before.
    pub(crate) fn again(body: Vec<u8>) -> Self {
        Self { body, is_replay: true, rev: None }
    }

    /// The answer under status 200.
    pub(crate) fn ok(self) -> Response {
        let mut response = self.into_response();
        *response.status_mut() = StatusCode::OK;
        response
    }

    /// With the ETag of what was made.
    pub(crate) fn versioned(self, rev: u32) -> Self {
        Self { rev: Some(rev), ..self }
    }
}

/// An answer of ours that cannot be read back.
pub(crate) fn unreadable() -> Problem {
    Problem::new(Code::Internal, "what was remembered under the Idempotency-Key cannot be read")
}

impl IntoResponse for Created {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.is_replay {
            headers.insert("idempotent-replay", HeaderValue::from_static("true"));
        }
        if let Some(etag) =
            self.rev.and_then(|rev| HeaderValue::try_from(format!("\"{rev}\"")).ok())
        {
            headers.insert(http::header::ETAG, etag);
        }
        response
    }
}
