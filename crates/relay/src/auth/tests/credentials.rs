//! The Authorization header, and API keys in it.

use std::fs;
use std::path::Path;

use super::*;

fn with_api_key(path: &Path) -> (Authenticator, ApiKey) {
    let (_, key) = KeyFile::load(path).unwrap().add("shop", None, None, NOW).unwrap();
    (open(json!({"api_keys": path, "jwt": [provider(json!({}))]})), key)
}

#[test]
fn an_api_key_or_a_token_stands_behind_the_scheme_and_nothing_behind_it() {
    let directory = tempfile::tempdir().unwrap();
    let (authenticator, key) = with_api_key(&directory.path().join("keys.json"));
    let key = key.expose();
    let ask = |text: String| authenticator.authenticate(Some(&text), NOW);
    for good in [format!("Bearer {key}"), format!("bEARER   {key}")] {
        assert_eq!(ask(good).unwrap().kind, PrincipalKind::ApiKey);
    }
    for bad in [
        key.to_owned(),
        format!("Basic {key}"),
        format!("Bearer{key}"),
        format!("Bearer\t{key}"),
        format!(" Bearer {key}"),
        format!("Bearer {key} "),
        format!("Bearer {key}, Bearer {key}"),
        "Bearer".into(),
        "Bearer ".into(),
        String::new(),
    ] {
        assert_eq!(ask(bad.clone()), Err(Refused::NoCredential), "{bad:?}");
    }
    assert_eq!(authenticator.authenticate(None, NOW), Err(Refused::NoCredential));
    assert_eq!(ask(format!("Bearer {key}A")), Err(Refused::UnknownKey));
    assert_eq!(ask(format!("Bearer {}", &key[..40])), Err(Refused::UnknownKey));
    let shape = Refused::BadToken(TokenFault::NotThreeParts);
    assert_eq!(ask(format!("Bearer {}", &key[5..])), Err(shape), "a key without its prefix");
    assert_eq!(ask(format!("Bearer {}", key.to_uppercase())), Err(shape));
}

#[test]
fn where_no_keys_are_configured_every_key_is_unknown() {
    let authenticator = authenticator(json!({}));
    let key = format!("Bearer tgrk_{}", "A".repeat(43));
    assert_eq!(refused(&authenticator, &key), Refused::UnknownKey);
    assert!(authenticator.key_ring().is_none());
}

#[test]
fn nothing_that_can_be_printed_holds_a_key() {
    let directory = tempfile::tempdir().unwrap();
    let (authenticator, key) = with_api_key(&directory.path().join("keys.json"));
    let found = authenticator.authenticate(Some(&format!("Bearer {}", key.expose())), NOW).unwrap();
    let printed = format!("{authenticator:?} {found:?} {key:?}");
    assert!(!printed.contains(&key.expose()[5..]));
}

#[test]
fn one_call_reloads_every_file_and_tells_what_changed() {
    let directory = tempfile::tempdir().unwrap();
    let (path, set) = (directory.path().join("keys.json"), directory.path().join("set.json"));
    fs::write(&set, IDP.jwks(&["ec"])).unwrap();
    let mut provider = provider(json!({ "jwks_file": set }));
    provider.as_object_mut().unwrap().remove("jwks_url");
    let authenticator = open(json!({"api_keys": path, "jwt": [provider]}));
    assert!(authenticator.reload_if_changed().is_empty());
    let (_, key) = KeyFile::load(&path).unwrap().add("shop", None, None, NOW).unwrap();
    fs::write(&set, "{").unwrap();
    let told = authenticator.reload_if_changed();
    assert!(matches!(
        told[..],
        [Ok(Reloaded::ApiKeys { keys: 1 }), Err(AuthError::Provider { .. })]
    ));
    assert!(authenticator.reload_if_changed().is_empty(), "said once");
    let header = format!("Bearer {}", key.expose());
    assert!(authenticator.authenticate(Some(&header), NOW).is_ok());
    fs::write(&set, IDP.jwks(&["ec", "ed"])).unwrap();
    let told = authenticator.reload_if_changed();
    assert!(matches!(told[..], [Ok(Reloaded::KeySet { keys: 2, .. })]));
}
