//! The console's files, as they lie in `console/`, and the verifier and the voice for browsers, as they lie in
//! `bindings/wasm` and `bindings/voice`: embedded, and read from there in debug builds.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};
use tonegate_listener::{ResponseBody, uncached};

#[derive(RustEmbed)]
#[folder = "../../console"]
#[include = "*.html"]
#[include = "*.js"]
#[include = "*.mjs"]
#[include = "*.css"]
#[include = "*.svg"]
#[exclude = "tests/*"]
struct Files;

/// What a page needs of the package, whose module lies there built.
#[derive(RustEmbed)]
#[folder = "../../bindings/wasm"]
#[include = "index.js"]
#[include = "js/*.js"]
#[include = "tonegate.wasm"]
struct Verifier;

/// What a page needs to let people hear what a licence unlocks: the package, the playground and its sounds.
#[derive(RustEmbed)]
#[folder = "../../bindings/voice"]
#[include = "index.js"]
#[include = "wav.js"]
#[include = "worklet.js"]
#[include = "js/*.js"]
#[include = "voice.wasm"]
#[include = "playground/*.js"]
#[include = "playground/*.css"]
#[include = "playground/licenses.json"]
#[include = "sounds/*.wav"]
struct Voice;

/// Where the console finds the packages: the folders' names, so that type checkers find them there too.
const VERIFIER: &str = "wasm/";
const VOICE: &str = "voice/";

/// A file of the console.
pub(crate) fn answer<B>(request: &Request<B>) -> Response<ResponseBody> {
    let path = match request.uri().path() {
        "/" => "index.html",
        path => path.trim_start_matches('/'),
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return uncached(405, "text/plain", "GET is answered here\n".to_owned());
    }
    match (file(path), media_type(path)) {
        (Some(file), Some(kind)) => respond(request, file, kind),
        _ => uncached(404, "text/plain", "not found: the console is at /\n".to_owned()),
    }
}

fn file(path: &str) -> Option<EmbeddedFile> {
    match (path.strip_prefix(VERIFIER), path.strip_prefix(VOICE)) {
        (Some(path), _) => Verifier::get(path),
        (_, Some(path)) => Voice::get(path),
        _ => Files::get(path),
    }
}

fn media_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "wav" => "audio/wav",
        _ => return None,
    })
}

fn respond<B>(
    request: &Request<B>,
    file: EmbeddedFile,
    kind: &'static str,
) -> Response<ResponseBody> {
    let hash = file.metadata.sha256_hash();
    let etag = format!("\"{}\"", data_encoding::HEXLOWER.encode(&hash[..16]));
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|known| known == etag.as_str());
    let mut response = match known {
        true => Response::new(ResponseBody::default()),
        false => Response::new(ResponseBody::from(file.data.into_owned())),
    };
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // Asked for each time, since a new version may be served under the same name.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(ETAG, etag);
    }
    response
}

/// Nothing but the console's own files and API; no script that is not one of its files. `wasm-unsafe-eval` lets those
/// compile WebAssembly, which can do no more than the script that calls it lets it; text still never becomes script.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
