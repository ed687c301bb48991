//! A request's way through the admin listener: health, API or console.
//!
//! Invariant: of a body that strangers may not send nothing is read, and of others no more than the
//! operation may need.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::FromRequestParts as _;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonegate_listener::{BodyError, Peer, RequestBody, ResponseBody};
use tonegate_server::Service;
use tonegate_server::model::BearerToken;
use tonegate_server::store::StoreError;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use crate::admin::Admin;
use crate::auth::Known;
use crate::demo::Demo;
use crate::extract::RawBody;
use crate::limits::{BODY_BYTES_MAX, IMPORT_BYTES_MAX, IMPORTS_AT_ONCE};
use crate::operation::{Call, Operations};
use crate::problem::{Code, Problem};
use crate::{console, host, operation, router};

/// What answers on the admin listener. Clones share it.
#[derive(Clone)]
pub struct AdminApi {
    admin: Admin,
    router: axum::Router,
    operations: Arc<Operations>,
    /// Leave to send an import.
    imports: Arc<Semaphore>,
}

impl AdminApi {
    /// For this server.
    #[must_use]
    pub fn new(service: Arc<Service>) -> Self {
        let (router, document) = router::router();
        Self::of(Admin::new(service, &document), router, &document)
    }

    fn of(admin: Admin, router: axum::Router<Admin>, document: &Value) -> Self {
        let router = router.layer(axum::middleware::from_fn(operation::note_route));
        Self {
            router: router.with_state(admin.clone()),
            operations: Arc::new(Operations::of(document)),
            imports: Arc::new(Semaphore::new(IMPORTS_AT_ONCE)),
            admin,
        }
    }

    /// A token with which the first owner enrols, on this machine and within 30 minutes; any older one
    /// is no longer good. It is logged, once. `None`: there is an owner.
    pub async fn setup_token(&self) -> Result<Option<BearerToken>, StoreError> {
        if !self.admin.store().needs_setup().await? {
            return Ok(None);
        }
        let mut tx = self.admin.store().begin("server", self.admin.now()).await?;
        let token = tx.offer_setup().await?;
        tx.commit().await?;
        tracing::warn!(
            setup_token = token.expose(),
            "this installation has no owner yet: open the console on this machine within 30 minutes \
             and enrol with the setup token"
        );
        Ok(Some(token))
    }

    /// For the demo: with an owner whom the returned link token signs in, on this machine.
    pub async fn demo(service: Arc<Service>) -> Result<(Self, BearerToken), StoreError> {
        let (router, document) = router::router();
        let mut admin = Admin::new(service, &document);
        let (demo, link) = Demo::begin(&admin).await?;
        admin.demo = Some(Arc::new(demo));
        Ok((Self::of(admin, router, &document), link))
    }

    /// Answers a request.
    pub async fn answer(
        &self,
        request: Request<RequestBody>,
        peer: Peer,
    ) -> Response<ResponseBody> {
        let path = request.uri().path();
        let mut response = match path {
            "/livez" | "/readyz" | "/metrics" => {
                tonegate_server::admin::answer(&self.admin.service, &request)
            }
            _ if !host::is_ours(&request, &self.admin.service.config.admin.hosts) => {
                host::refusal()
            }
            _ if path.starts_with(router::BASE) => self.operation(request, peer).await,
            _ => console::answer(&request),
        };
        protect(&mut response);
        response
    }

    async fn operation(
        &self,
        mut request: Request<RequestBody>,
        peer: Peer,
    ) -> Response<ResponseBody> {
        let (call, method) = (Call::default(), request.method().clone());
        request.extensions_mut().insert(call.clone());
        request.extensions_mut().insert(peer);
        let (time, span) = (&self.admin.service.time, Operations::span());
        let began = time.monotonic();
        let response = self.routed(request).instrument(span.clone()).await;
        let took = time.monotonic().saturating_sub(began);
        self.operations.tell(&call, &method, response.status(), took, &span);
        response
    }

    async fn routed(&self, request: Request<RequestBody>) -> Response<ResponseBody> {
        let (mut parts, body) = request.into_parts();
        let response = match self.body(&mut parts, body).await {
            // The router answers whatever it is asked. An import's leave ends with its answer: what was
            // read of it is held so long.
            Ok((body, _leave)) => {
                parts.extensions.insert(RawBody(body.clone()));
                let request = Request::from_parts(parts, Body::from(body));
                self.answered(request).await
            }
            Err(problem) => problem.into_response(),
        };
        let mut response = whole(response).await;
        // Half of what is answered here is nobody else's business.
        let headers = response.headers_mut();
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response
    }

    /// In a task of its own: who goes away does not cut a change short, and a fault of ours is answered.
    async fn answered(&self, request: Request<Body>) -> axum::response::Response {
        let answering = self.router.clone().oneshot(request).in_current_span();
        match tokio::spawn(answering).await {
            Ok(response) => response.unwrap_or_else(|never| match never {}),
            Err(_) => {
                let detail = "the server failed at this; its log says where, and licences go on";
                Problem::new(Code::Internal, detail).into_response()
            }
        }
    }

    /// The request's body; of somebody whom the operation refuses anyway, none.
    async fn body(
        &self,
        parts: &mut Parts,
        body: RequestBody,
    ) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Problem> {
        let is_public = self.operations.is_public(&parts.method, parts.uri.path());
        // The operation finds the same verdict, and answers with it.
        if !body.is_empty()
            && !is_public
            && Known::from_request_parts(parts, &self.admin).await.is_err()
        {
            return Ok((Bytes::new(), None));
        }
        if !is_import(parts) {
            return Ok((read(body, BODY_BYTES_MAX).await?, None));
        }
        let leave = Arc::clone(&self.imports).try_acquire_owned();
        let leave = leave.map_err(|_| too_many_imports())?;
        Ok((read(body, IMPORT_BYTES_MAX).await?, Some(leave)))
    }
}

fn is_import(parts: &Parts) -> bool {
    let path = parts.uri.path().strip_prefix(router::BASE);
    parts.method == Method::POST && path == Some("/apps/import")
}

fn too_many_imports() -> Problem {
    let detail = format!("{IMPORTS_AT_ONCE} imports are under way; try again when one is done");
    Problem::new(Code::TooManyRequests, detail).retry_after(5)
}

async fn read(body: RequestBody, most: usize) -> Result<Bytes, Problem> {
    match body.read_at_most(most).await {
        Ok(bytes) => Ok(bytes),
        Err(BodyError::TooLarge { most }) => {
            let detail =
                format!("at most {} KiB are read here; send less, or in parts", most >> 10);
            Err(Problem::new(Code::BodyTooLarge, detail))
        }
        Err(error) => Err(Problem::new(Code::InvalidBody, format!("{error}; send it again"))),
    }
}

/// Every answer of ours is in memory already.
async fn whole(response: axum::response::Response) -> Response<ResponseBody> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(parts, ResponseBody::from(bytes))
}

/// What every answer says to browsers.
fn protect(response: &mut Response<ResponseBody>) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        // The playground records where somebody asks for it, and the browser asks them again.
        ("permissions-policy", "camera=(), microphone=(self), geolocation=()"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}
