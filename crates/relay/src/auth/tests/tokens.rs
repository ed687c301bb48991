//! What a token must say, and who signed it.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::hmac;
use tonegate_client::AppId;

use super::*;

#[test]
fn a_token_of_each_algorithm_is_accepted() {
    let authenticator = authenticator(json!({}));
    for (alg, kid) in [("RS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")] {
        for header in [json!({"alg": alg, "kid": kid}), json!({"alg": alg})] {
            let token = IDP.token(kid, &header, &claims());
            let first = authenticator.authenticate(Some(&token), NOW).unwrap();
            assert_eq!((first.kind, &first.apps), (PrincipalKind::Jwt, &Apps::All));
            assert_eq!(&*first.id, ISSUER, "nothing personal");
            let again = authenticator.authenticate(Some(&token), NOW).unwrap();
            assert!(Arc::ptr_eq(&first, &again), "remembered");
        }
    }
}

#[test]
fn a_caller_is_its_issuer_and_subject_whatever_the_token() {
    let authenticator = authenticator(json!({}));
    let id = |claims: &Value| authenticator.authenticate(Some(&ec(claims)), NOW).unwrap().id_hash;
    let first = id(&claims());
    assert_eq!(id(&claim("exp", json!(NOW + 301))), first);
    assert_ne!(id(&claim("sub", json!("user-2"))), first);
    assert_ne!(
        id(&without("sub")),
        id(&without("sub")),
        "two tokens (ECDSA is random), two callers"
    );
}

#[test]
fn a_key_is_used_with_its_own_algorithm_only() {
    let authenticator = authenticator(json!({}));
    let fault =
        |with: &str, header: Value| refused(&authenticator, &IDP.token(with, &header, &claims()));
    let key_type = Refused::BadToken(TokenFault::KeyType);
    assert_eq!(fault("ec", json!({"alg": "ES256", "kid": "rsa"})), key_type);
    assert_eq!(fault("rsa", json!({"alg": "RS256", "kid": "ec"})), key_type);
    assert_eq!(fault("ed", json!({"alg": "ES256", "kid": "ed"})), key_type);
    let signature = Refused::BadToken(TokenFault::Signature);
    assert_eq!(fault("ed", json!({"alg": "ES256", "kid": "ec"})), signature);
    assert_eq!(fault("ec", json!({"alg": "EdDSA"})), signature);
}

#[test]
fn neither_none_nor_an_hmac_with_the_public_key_is_accepted() {
    let authenticator = authenticator(json!({}));
    let algorithm = Refused::BadToken(TokenFault::Algorithm);
    for alg in ["none", "None", "NONE", "nOnE"] {
        let message = message(&json!({ "alg": alg }), &claims());
        assert_eq!(refused(&authenticator, &format!("Bearer {message}.")), algorithm);
    }
    let der = IDP.rsa.public_key().as_der().unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, der.as_ref());
    for kid in ["rsa", "ec", "ed"] {
        let message = message(&json!({"alg": "HS256", "kid": kid}), &claims());
        let tag = BASE64URL_NOPAD.encode(hmac::sign(&key, message.as_bytes()).as_ref());
        assert_eq!(refused(&authenticator, &format!("Bearer {message}.{tag}")), algorithm);
    }
}

#[test]
fn only_configured_algorithms_are_accepted() {
    let authenticator = authenticator(json!({"algorithms": ["EdDSA"]}));
    assert_eq!(refused(&authenticator, &ec(&claims())), Refused::BadToken(TokenFault::Algorithm));
    let token = IDP.token("ed", &json!({"alg": "EdDSA", "kid": "ed"}), &claims());
    assert!(authenticator.authenticate(Some(&token), NOW).is_ok());
}

#[test]
fn a_key_that_the_token_brings_along_is_not_used() {
    let authenticator = authenticator(json!({}));
    let forger = Idp::new();
    let header = json!({"alg": "ES256", "kid": "ec", "jwk": forger.jwk("ec"), "jku": "https://x"});
    let token = forger.token("ec", &header, &claims());
    assert_eq!(refused(&authenticator, &token), Refused::BadToken(TokenFault::Signature));
}

#[test]
fn a_changed_token_is_refused() {
    let authenticator = authenticator(json!({}));
    let token = ec(&claims());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let better = BASE64URL_NOPAD.encode(claim("sub", json!("root")).to_string().as_bytes());
    let forged = format!("{header}.{better}.{signature}");
    assert_eq!(refused(&authenticator, &forged), Refused::BadToken(TokenFault::Signature));
    for cut in [0, 1, 40, signature.len() - 4] {
        let cut = format!("{message}.{}", &signature[..cut]);
        assert!(matches!(refused(&authenticator, &cut), Refused::BadToken(_)));
    }
}

#[test]
fn the_claims_must_be_for_us_and_in_force() {
    let authenticator = authenticator(json!({}));
    let bad = |fault| Refused::BadToken(fault);
    for (claims, expected) in [
        (claim("iss", json!("https://id.example/")), Refused::UnknownIssuer),
        (claim("iss", json!([ISSUER])), Refused::UnknownIssuer),
        (without("iss"), Refused::UnknownIssuer),
        (claim("aud", json!("Relay")), Refused::WrongAudience),
        (claim("aud", json!(["other", "third"])), Refused::WrongAudience),
        (claim("aud", json!([])), Refused::WrongAudience),
        (without("aud"), Refused::WrongAudience),
        (claim("exp", json!(NOW - 60)), Refused::TokenExpired),
        (claim("exp", json!(0)), Refused::TokenExpired),
        (without("exp"), bad(TokenFault::NoExpiry)),
        (claim("exp", json!("1900000000")), bad(TokenFault::Claims)),
        (claim("exp", json!(null)), bad(TokenFault::Claims)),
        (claim("nbf", json!(NOW + 61)), Refused::TokenNotYetValid),
        (claim("nbf", json!("soon")), bad(TokenFault::Claims)),
        (claim("sub", json!(7)), bad(TokenFault::Claims)),
    ] {
        assert_eq!(refused(&authenticator, &ec(&claims)), expected, "{claims}");
    }
    for claims in [
        claim("aud", json!(["other", "relay-2"])),
        claim("exp", json!(NOW - 59)),
        claim("exp", json!(i64::MAX)),
        claim("nbf", json!(NOW + 60)),
        claim("nbf", json!(NOW - 60)),
    ] {
        assert!(authenticator.authenticate(Some(&ec(&claims)), NOW).is_ok(), "{claims}");
    }
}

#[test]
fn critical_extensions_and_overlong_tokens_are_refused() {
    let authenticator = authenticator(json!({}));
    let header = json!({"alg": "ES256", "kid": "ec", "crit": ["exp"], "exp": NOW});
    let token = IDP.token("ec", &header, &claims());
    assert_eq!(refused(&authenticator, &token), Refused::BadToken(TokenFault::Critical));
    let long = ec(&claim("padding", json!("x".repeat(8_192))));
    assert_eq!(refused(&authenticator, &long), Refused::BadToken(TokenFault::TooLong));
    let fits = ec(&claim("padding", json!("x".repeat(5_500))));
    assert!(authenticator.authenticate(Some(&fits), NOW).is_ok());
}

#[test]
fn the_app_claim_says_which_apps_a_caller_may_have() {
    let authenticator = authenticator(json!({"app_claim": "client", "apps": {"web": 7, "tv": 9}}));
    let caller = |claims: Value| authenticator.authenticate(Some(&ec(&claims)), NOW);
    let web = caller(claim("client", json!("web"))).unwrap();
    assert!(web.apps.allow(AppId(7)) && !web.apps.allow(AppId(9)));
    assert_eq!(caller(claim("client", json!("radio"))), Err(Refused::NoApp));
    assert_eq!(caller(claims()), Err(Refused::NoApp));
}

#[test]
fn a_remembered_token_ends_at_its_expiry_and_leeway() {
    let authenticator = authenticator(json!({"leeway": 5}));
    let token = ec(&claims());
    for seconds in [0, 300, 304] {
        assert!(authenticator.authenticate(Some(&token), NOW + seconds).is_ok(), "{seconds}");
    }
    for seconds in [305, 306] {
        let late = authenticator.authenticate(Some(&token), NOW + seconds);
        assert_eq!(late, Err(Refused::TokenExpired), "{seconds}");
    }
}
