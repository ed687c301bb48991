//! The gateway: a signed request's way to a licence, one file a step, in the published order.
//!
//! `decide` is that way and nothing else. It does no I/O but to read the body and, once per app and
//! hour, to have a licence minted on another thread. Every outcome is an answer with HTTP status 200
//! and a return code; what is not a request of this API at all is `route`'s matter.

mod action;
mod admission;
mod body;
mod credential;
mod entitlement;
mod host;
mod jwks;
mod license;
mod network;
mod nonce;
mod parameters;
mod respond;
mod route;
mod service_enabled;
mod signature;
mod window;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tonegate_issuer::Minted;
use tonegate_listener::{Peer, Request, RequestBody, Response, ResponseBody};
use tonegate_protocol::{Refusal, RequestId, ReturnCode};

use crate::grant;
use crate::service::Service;
use route::Route;

/// Answers a request that came in on the gateway's listener.
pub async fn answer(
    service: Arc<Service>,
    request: Request<RequestBody>,
    peer: Peer,
) -> Response<ResponseBody> {
    let origin = route::allowed_origin(&service.config.gateway.cors_origins, &request);
    let response = match route::route(&request, origin.is_some()) {
        Route::License => {
            let id = RequestId::from_random(fastrand::u64(..));
            let outcome = guarded(&service, request, peer).await;
            respond::license(&service, id, outcome)
        }
        Route::KeySet => jwks::key_set(&service),
        Route::Preflight => respond::preflight(),
        Route::NotFound => respond::plain(
            404,
            "not found: the licence API is at /, the keys at /.well-known/jwks.json\n",
        ),
        Route::NotAllowed { allowed } => respond::not_allowed(allowed),
    };
    respond::with_origin(&service, response, origin)
}

/// [`decide`], with a fault of our own as a return code instead of a dropped connection.
async fn guarded(
    service: &Arc<Service>,
    request: Request<RequestBody>,
    peer: Peer,
) -> Result<Arc<Minted>, Refusal> {
    // Nothing that a request changes is left half-changed by a panic: each step is one atomic change.
    let decided = AssertUnwindSafe(decide(service, request, peer)).catch_unwind().await;
    decided.unwrap_or_else(|_| Err(ReturnCode::GatewayInternal.into()))
}

/// The checks, in the published order (docs/PROTOCOL.md §5). The first that fails decides.
async fn decide(
    service: &Arc<Service>,
    request: Request<RequestBody>,
    peer: Peer,
) -> Result<Arc<Minted>, Refusal> {
    let charge = |refusal: &Refusal| network::charge(service, peer.address, refusal);
    let authenticated = authenticate(service, request, peer).await;
    let (app, action) = authenticated.inspect_err(charge)?;
    admission::admit(service, &app, peer.address).inspect_err(charge)?;
    action::check(&action)?;
    let settings = service_enabled::check(service, &app.entry)?;
    nonce::check(settings, &app.nonce)?;
    credential::check(settings, &app, peer.address, service.time.now())?;
    entitlement::check(settings, service.time.now())?;
    license::of_this_hour(service, settings).await
}

/// Everything up to the signature: what fails here costs the caller's network, not the app. So does a
/// repeated signature: whoever has captured one cannot use up the app's rate with it.
async fn authenticate(
    service: &Arc<Service>,
    request: Request<RequestBody>,
    peer: Peer,
) -> Result<(signature::Authenticated, String), Refusal> {
    let (head, body) = request.into_parts();
    body::read(body).await?;
    host::check(&service.config.gateway.hosts, &head)?;
    let parameters = parameters::read(&head)?;
    network::check(service, peer.address)?;
    window::check(&service.time, parameters.timestamp)?;
    let app = signature::check(service, &parameters)?;
    Ok((app, parameters.action.into_owned()))
}

/// Issues a licence to the server itself: the last steps of the way, held licences included.
///
/// The app is nobody's: AppId 0 cannot be created. `Err`: what a caller would be told.
pub async fn self_issue(service: &Arc<Service>) -> Result<(), Refusal> {
    let issued = AssertUnwindSafe(issue_own(service)).catch_unwind().await;
    issued.unwrap_or_else(|_| Err(ReturnCode::GatewayInternal.into()))
}

async fn issue_own(service: &Arc<Service>) -> Result<(), Refusal> {
    let broken = |error| Refusal::new(ReturnCode::GatewayInternal, format!("self-issue: {error}"));
    let app = grant::own_app(service.installation.environment).map_err(broken)?;
    entitlement::check(&app, service.time.now())?;
    let minted = license::of_this_hour(service, &app).await?;
    if minted.expires_at <= service.time.now() {
        return Err(Refusal::new(ReturnCode::ServiceInternal, "the held licence has ended"));
    }
    Ok(())
}
