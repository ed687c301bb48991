//! What a request is for: the licence API, the key set, or nothing of ours (docs/PROTOCOL.md §1, Elsewhere).

use tonegate_listener::Request;

/// The published host names carry one API on one path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `/`: always answered with status 200.
    License,
    /// `/.well-known/jwks.json`.
    KeySet,
    /// OPTIONS of an allowed web origin.
    Preflight,
    /// Any other path: 404.
    NotFound,
    /// Any other method: 405.
    NotAllowed {
        /// The methods there are.
        allowed: &'static str,
    },
}

/// Method and path decide.
pub(super) fn route<B>(request: &Request<B>, allowed_origin: bool) -> Route {
    let known = match request.uri().path() {
        "/" | "" => Route::License,
        "/.well-known/jwks.json" => Route::KeySet,
        _ => return Route::NotFound,
    };
    match (request.method().as_str(), &known) {
        ("GET" | "HEAD", _) | ("POST", Route::License) => known,
        ("OPTIONS", _) if allowed_origin => Route::Preflight,
        (_, Route::License) => Route::NotAllowed { allowed: "GET, HEAD, POST" },
        _ => Route::NotAllowed { allowed: "GET, HEAD" },
    }
}

/// The request's `Origin`, where the configuration allows it.
pub(super) fn allowed_origin<B>(allowed: &[String], request: &Request<B>) -> Option<String> {
    let origin = request.headers().get("origin")?.to_str().ok()?;
    allowed.iter().find(|known| *known == origin).cloned()
}
