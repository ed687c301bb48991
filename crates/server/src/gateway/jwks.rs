//! `/.well-known/jwks.json`: the issuing keys, from publication to their end: that of their
//! certificates, or their withdrawal by a key that signs already.

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use tonegate_listener::{Response, ResponseBody};

use super::respond;
use crate::service::Service;

/// A JWK Set (RFC 7517) of OKP keys (RFC 8037).
pub(super) fn key_set(service: &Service) -> Response<ResponseBody> {
    let now = service.time.now();
    let keyring = service.keyring.load();
    let keys: Vec<_> = keyring
        .keys()
        .iter()
        .filter(|key| now < key.chain().expires_at() && !keyring.is_withdrawn(key.chain(), now))
        .map(|key| {
            json!({
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": key.chain().key_id().to_string(),
                "x": BASE64URL_NOPAD.encode(key.chain().public_key()),
            })
        })
        .collect();
    respond::json(json!({ "keys": keys }).to_string(), "public, max-age=300")
}
