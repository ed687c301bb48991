//! Where the keys come from, and what happens when they change.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn an_unknown_kid_asks_for_new_keys_at_most_once_a_minute() {
    let authenticator = authenticator(json!({}));
    let provider = &authenticator.providers()[0];
    assert!(!provider.wants_keys(NOW + 3_599) && provider.wants_keys(NOW + 3_600), "hourly");
    authenticator.authenticate(Some(&ec(&claims())), NOW).unwrap();
    let forged = format!("{}A", ec(&claims()));
    assert!(authenticator.authenticate(Some(&forged), NOW).is_err());
    assert!(!provider.wants_keys(NOW + 60), "neither a good token nor a forged one asks");

    let token = IDP.token("ec", &json!({"alg": "ES256", "kid": "new"}), &claims());
    assert_eq!(refused(&authenticator, &token), Refused::UnknownSigningKey);
    assert!(!provider.wants_keys(NOW + 59) && provider.wants_keys(NOW + 60));
    let mut new = IDP.jwk("ec");
    new["kid"] = json!("new");
    let set = JwkSet::parse(json!({ "keys": [new] }).to_string().as_bytes()).unwrap();
    assert!(provider.replace_keys(set, NOW + 60));
    assert!(authenticator.authenticate(Some(&token), NOW + 60).is_ok());
    assert!(!provider.wants_keys(NOW + 120));
}

#[test]
fn without_a_kid_a_signature_of_no_known_key_asks_for_new_ones() {
    let authenticator = authenticator(json!({}));
    let provider = &authenticator.providers()[0];
    let token = Idp::new().token("ec", &json!({"alg": "ES256"}), &claims());
    assert_eq!(refused(&authenticator, &token), Refused::BadToken(TokenFault::Signature));
    assert!(provider.wants_keys(NOW + 60));
}

#[test]
fn before_the_keys_are_there_tokens_can_be_neither_good_nor_bad() {
    let authenticator = open(json!({ "jwt": [provider(json!({}))] }));
    let provider = &authenticator.providers()[0];
    assert_eq!(refused(&authenticator, &ec(&claims())), Refused::KeysNotLoaded);
    assert!(provider.wants_keys(NOW));
    provider.fetch_failed(NOW);
    assert!(!provider.wants_keys(NOW + 9) && provider.wants_keys(NOW + 10));
    assert_eq!(
        (provider.usable_keys(), refused(&authenticator, &ec(&claims()))),
        (0, Refused::KeysNotLoaded)
    );
    provider.replace_keys(IDP.set(&["ec"]), NOW + 10);
    assert_eq!(provider.usable_keys(), 1);
    assert!(authenticator.authenticate(Some(&ec(&claims())), NOW).is_ok());
    provider.fetch_failed(NOW + 3_610);
    assert!(authenticator.authenticate(Some(&ec(&claims())), NOW).is_ok(), "the last keys stay");
}

#[test]
fn a_key_taken_out_of_the_set_ends_the_tokens_that_were_remembered() {
    let authenticator = authenticator(json!({}));
    let provider = &authenticator.providers()[0];
    let token = ec(&claims());
    let first = authenticator.authenticate(Some(&token), NOW).unwrap();
    assert!(!provider.replace_keys(IDP.set(&["ed", "ec", "rsa"]), NOW), "the same keys");
    let second = authenticator.authenticate(Some(&token), NOW).unwrap();
    assert!(Arc::ptr_eq(&first, &second), "still remembered");
    assert!(provider.replace_keys(IDP.set(&["rsa", "ed"]), NOW));
    assert_eq!(refused(&authenticator, &token), Refused::UnknownSigningKey);
    assert!(provider.replace_keys(IDP.set(&["ec"]), NOW));
    let third = authenticator.authenticate(Some(&token), NOW).unwrap();
    assert_eq!(third, first, "the same caller again");
}

#[test]
fn of_several_providers_the_one_that_the_token_names_judges_it() {
    let other = json!({"issuer": "https://other.example", "audience": ["tv"]});
    let authenticator = open(json!({ "jwt": [provider(json!({})), provider(other)] }));
    let forger = Idp::new();
    authenticator.providers()[0].replace_keys(IDP.set(&["ec"]), NOW);
    authenticator.providers()[1].replace_keys(forger.set(&["ec"]), NOW);
    let header = json!({"alg": "ES256", "kid": "ec"});
    let theirs =
        json!({"iss": "https://other.example", "aud": "tv", "sub": "user-1", "exp": NOW + 9});
    let one = authenticator.authenticate(Some(&ec(&claims())), NOW).unwrap();
    let two = authenticator.authenticate(Some(&forger.token("ec", &header, &theirs)), NOW).unwrap();
    assert_ne!(one.id_hash, two.id_hash, "one subject of two issuers is two callers");
    for (token, why) in [
        (forger.token("ec", &header, &claims()), Refused::BadToken(TokenFault::Signature)),
        (IDP.token("ec", &header, &theirs), Refused::BadToken(TokenFault::Signature)),
        (IDP.token("ec", &header, &claim("aud", json!("tv"))), Refused::WrongAudience),
    ] {
        assert_eq!(refused(&authenticator, &token), why);
    }
}

#[test]
fn keys_from_a_file_follow_it_and_a_bad_file_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    let write = |text: &str| fs::write(&path, text).unwrap();
    write(&IDP.jwks(&["ec"]));
    let mut config = provider(json!({ "jwks_file": path }));
    config.as_object_mut().unwrap().remove("jwks_url");
    let authenticator = open(json!({ "jwt": [config.clone()] }));
    let provider = &authenticator.providers()[0];
    assert!(!provider.wants_keys(NOW), "nothing to fetch");
    assert!(authenticator.authenticate(Some(&ec(&claims())), NOW).is_ok());
    assert!(!provider.reload_if_changed().unwrap());

    write("{");
    assert!(provider.reload_if_changed().is_err());
    assert!(!provider.reload_if_changed().unwrap(), "said once");
    assert!(authenticator.authenticate(Some(&ec(&claims())), NOW).is_ok());
    let start = Authenticator::open(&serde_json::from_value(json!({ "jwt": [config] })).unwrap());
    assert!(start.unwrap_err().to_string().contains(ISSUER), "and nothing starts with it");

    write(&IDP.jwks(&["ed"]));
    assert!(provider.reload_if_changed().unwrap());
    assert_eq!(refused(&authenticator, &ec(&claims())), Refused::UnknownSigningKey);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(provider.reload_if_changed().unwrap_err().to_string().contains("chmod"));
}
