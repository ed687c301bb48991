//! Target `credential`: the Authorization header of a relay's caller.

use std::sync::LazyLock;

use tonegate_relay::auth::config::{Algorithm, Auth, JwtProvider};
use tonegate_relay::auth::{Authenticator, JwkSet};

/// Published examples: RFC 7515 A.3 (P-256) and RFC 8037 A.2 (Ed25519). Nobody signs with them here.
const KEYS: &str = r#"{"keys":[
{"kty":"EC","crv":"P-256","kid":"ec","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

static CALLED: LazyLock<Authenticator> = LazyLock::new(|| {
    let provider = JwtProvider {
        issuer: "joe".to_owned(),
        audience: vec!["audio".to_owned()],
        jwks_url: Some("https://keys.example".to_owned()),
        jwks_file: None,
        algorithms: Algorithm::all(),
        leeway: 60,
        app_claim: Some("app".to_owned()),
        apps: [("a".to_owned(), tonegate_protocol::AppId(1))].into(),
    };
    let auth = Auth { jwt: vec![provider], ..Auth::default() };
    let called = Authenticator::open(&auth).expect("no file is named");
    let keys = JwkSet::parse(KEYS.as_bytes()).expect("published keys");
    called.providers()[0].replace_keys(keys, 0);
    called
});

/// Presents `data`. Nobody who wrote it has a key, so nobody is let in; and what is said of it is one of
/// our own texts.
pub fn credential(data: &[u8]) {
    let Ok(header) = str::from_utf8(data) else { return };
    for header in [header, &format!("Bearer {header}")] {
        let refused = CALLED.authenticate(Some(header), 1_300_819_000).expect_err("a forgery");
        assert!(!refused.kind().is_empty() && !refused.detail().is_empty());
    }
}
