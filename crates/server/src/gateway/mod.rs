//! The gateway: a signed request's way to a licence, one file a step, in the published order.
//!
//! `begin` is that way and nothing else. It does no I/O and waits for nothing, so it answers on the
//! event loops of the fast path ([`FastGateway`]) and behind hyper ([`answer`]) alike. Where nodes share a
//! guard it ends in the middle, with a request that is `Waiting`; both ask the guard, each in its way, and
//! `Waiting::resume` is the rest. What is left to both is the body before, and afterwards writing what was
//! accepted to the journal. Every outcome is an answer with HTTP status 200 and a return code; what is not
//! a request of this API at all is `route`'s matter.

mod action;
mod admission;
mod asked;
mod body;
mod caller;
pub mod checker;
mod credential;
mod entitlement;
mod fast;
mod host;
mod inside;
mod jwks;
mod license;
mod network;
mod nonce;
mod respond;
mod route;
mod service_enabled;
mod signature;
mod waiting;
mod window;

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tonegate_issuer::Minted;
use tonegate_listener::{Peer, Request, RequestBody, Response, ResponseBody};
use tonegate_protocol::{PublicParameters, Refusal, ReturnCode};

use crate::clock::Moment;
use crate::directory::Entry;
use crate::grant;
use crate::guard::Unwritten;
use crate::guard::shared::Answer;
use crate::model::Licensee;
use crate::service::Service;
use asked::Asked;
use caller::Caller;
pub use fast::FastGateway;
pub use inside::{call, license_of};
use license::Licensed;
use route::Route;
use signature::Authenticated;
use waiting::Waiting;

/// The licence, or why there is none.
type Outcome = Result<Arc<Minted>, Refusal>;

/// How far a request came.
enum Begun {
    /// To its licence.
    Licensed(Licensed),
    /// To its admission, which the shared guard decides.
    Waits(Box<Waiting>),
}

/// Answers a request that came in on the gateway's listener and is not the fast path's.
pub async fn answer(
    service: Arc<Service>,
    request: Request<RequestBody>,
    peer: Peer,
) -> Response<ResponseBody> {
    let origin = route::allowed_origin(&service.config.gateway.cors_origins, &request);
    let response = match route::route(&request, origin.is_some()) {
        Route::License => {
            let (caller, outcome) = outcome(&service, request, peer).await;
            respond::license(&service, &caller, outcome)
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

async fn outcome(
    service: &Arc<Service>,
    request: Request<RequestBody>,
    peer: Peer,
) -> (Caller, Outcome) {
    let (head, body) = request.into_parts();
    let read = body::read(body).await;
    let (at, asked) = (service.time.moment(), Asked::of(&head, &peer));
    let mut caller = Caller::new(asked.address, at);
    if let Err(refusal) = read {
        caller.seems_to_name(asked.query, &service.directory.read());
        network::charge(service, asked.charged, at, &refusal);
        return (caller, Err(refusal));
    }
    let outcome = decide(service, &asked, &mut caller).await;
    (caller, outcome)
}

/// The whole way, for those who can wait. Whoever is gone before its end has used the signature perhaps,
/// and gets no licence.
async fn decide(service: &Arc<Service>, asked: &Asked<'_>, caller: &mut Caller) -> Outcome {
    let mut unwritten = Unwritten::default();
    let begun = guarded(|| begin(service, asked, caller, &mut unwritten));
    let licensed = match begun {
        Ok(Begun::Licensed(licensed)) => Ok(licensed),
        Err(refusal) => Err(refusal),
        Ok(Begun::Waits(waiting)) => {
            let answer = match &service.shared_guard {
                Some(shared) => shared.ask(waiting.ask).await,
                None => Answer::Lost,
            };
            guarded(|| waiting.resume(service, caller, answer, &mut unwritten))
        }
    };
    service.guard.write(&mut unwritten, caller.at.now);
    match licensed? {
        Licensed::Now(minted) => Ok(minted),
        Licensed::Later(app) => license::later(service, app, caller.at.now).await,
    }
}

/// A fault of our own as a return code instead of a dropped connection.
fn guarded<T>(decide: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    // Nothing that a request changes is left half-changed by a panic: each step is one atomic change.
    let decided = catch_unwind(AssertUnwindSafe(decide));
    decided.unwrap_or_else(|_| Err(ReturnCode::GatewayInternal.into()))
}

/// The checks, in the published order (docs/PROTOCOL.md §5). The first that fails decides. Notes on
/// the way whose request it is.
fn begin(
    service: &Service,
    asked: &Asked<'_>,
    caller: &mut Caller,
    unwritten: &mut Unwritten,
) -> Result<Begun, Refusal> {
    let (directory, at) = (service.directory.read(), caller.at);
    let charge = |refusal: &Refusal| network::charge(service, asked.charged, at, refusal);
    let parameters = parameters(service, asked).inspect_err(charge).inspect_err(|_| {
        caller.seems_to_name(asked.query, &directory);
    })?;
    let entry = directory.get(parameters.app_id);
    caller.names(parameters.app_id, entry.map(|entry| &**entry));
    let app = authenticate(service, entry, asked, &parameters, at).inspect_err(charge)?;
    let ask = admission::admit(service, &app, parameters.timestamp, asked.address, at, unwritten)
        .inspect_err(charge)?;
    if let Some(ask) = ask {
        return Ok(Begun::Waits(Waiting::new(service, &app, &parameters, asked, ask)));
    }
    form(service, app.entry, &parameters)?;
    issue(service, &app, asked.address, at).map(Begun::Licensed)
}

/// What fails here or in [`authenticate`] costs the caller's network, not the app. So does a repeated
/// signature: whoever has captured one cannot use up the app's rate with it.
fn parameters<'r>(service: &Service, asked: &Asked<'r>) -> Result<PublicParameters<'r>, Refusal> {
    host::check(&service.config.gateway.hosts, asked.host)?;
    PublicParameters::parse(asked.query)
}

fn authenticate<'d>(
    service: &Service,
    entry: Option<&'d Arc<Entry>>,
    asked: &Asked<'_>,
    parameters: &PublicParameters<'_>,
    at: Moment,
) -> Result<Authenticated<'d>, Refusal> {
    network::check(service, asked.charged, at)?;
    window::check(&service.time, parameters.timestamp, at.now)?;
    signature::check(entry, parameters)
}

/// What is looked at of the request itself once it was admitted.
fn form<'e>(
    service: &Service,
    entry: &'e Entry,
    parameters: &PublicParameters<'_>,
) -> Result<&'e Licensee, Refusal> {
    action::check(&parameters.action)?;
    let licensee = service_enabled::check(service, entry)?;
    nonce::check(licensee, &parameters.nonce)?;
    Ok(licensee)
}

/// The last steps, where the request itself is in order.
fn issue(
    service: &Service,
    app: &Authenticated<'_>,
    address: IpAddr,
    at: Moment,
) -> Result<Licensed, Refusal> {
    let licensee = app.entry.app.as_ref().ok_or(ReturnCode::AppConfigUnavailable)?;
    credential::check(&service.directory, licensee, app, address, at.now)?;
    entitlement::check(licensee, at.now)?;
    license::at_once(service, licensee, at.now)
}

/// Issues a licence to the server itself: the last steps of the way, held licences included.
///
/// The app is nobody's: AppId 0 cannot be created. `Err`: what a caller would be told.
pub fn self_issue(service: &Service) -> Result<(), Refusal> {
    let broken = |error| Refusal::new(ReturnCode::GatewayInternal, format!("self-issue: {error}"));
    let app = grant::own_app(service.installation.environment).map_err(broken)?;
    let now = service.time.now();
    entitlement::check(&app, now)?;
    let minted = guarded(|| license::of_this_hour(service, &app, now))?;
    if minted.expires_at <= now {
        return Err(Refusal::new(ReturnCode::ServiceInternal, "the held licence has ended"));
    }
    Ok(())
}
