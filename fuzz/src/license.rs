//! Target `license`: a licence as an app may be handed it, or the claims of one.

use tonegate_license::{Chain, Environment, Expect, Gate, License, State, Time, Token};

use crate::keys::{ISSUER, KEYS, NOW, jws};

/// Reads `data` as a licence, or, when it begins as JSON does, as claims that it signs first. What
/// is accepted keeps the profile's order, and a licence that unlocks was well-formed throughout.
pub fn license(data: &[u8]) {
    if data.starts_with(b"{") {
        verify(&signed(data));
    } else if let Ok(text) = str::from_utf8(data) {
        verify(text);
    }
}

fn verify(text: &str) {
    let expect = Expect {
        issuer: ISSUER,
        environment: Environment::Production,
        app_id: None,
        identity: None,
    };
    let mut gate = Gate::new(KEYS.pins, expect, State::new(7));
    let verdict = gate.load(text, Time { wall: NOW, elapsed: 0 });
    let _ = gate.check("ans", Time { wall: NOW + 900_000, elapsed: 900_000 });
    let kept = gate.state().to_bytes();
    assert_eq!(State::from_bytes(&kept).map(|state| state.to_bytes()), Some(kept));

    let license = Token::parse(text).and_then(|token| {
        let chain = Chain::verify(token.certificate(), &KEYS.pins)?;
        let license = License::verify(&token, &chain)?;
        token.unverified().expect("a verified licence keeps the profile");
        Ok(license)
    });
    match license {
        Ok(license) => keeps_the_profile(&license),
        Err(_) => assert!(!verdict.is_valid(), "unlocked by what does not verify"),
    }
}

fn keeps_the_profile(license: &License) {
    let sorted = license.features().windows(2).all(|pair| match pair {
        [first, second] => first.as_str() < second.as_str(),
        _ => true,
    });
    assert!(sorted, "features out of order or doubled");
    let sorted = license.identities().windows(2).all(|pair| match pair {
        [first, second] => first.as_bytes() != second.as_bytes(),
        _ => true,
    });
    assert!(sorted, "an identity twice");
}

fn signed(claims: &[u8]) -> String {
    let (certificate, kid) = (&KEYS.certificate, KEYS.issuing.key_id());
    let header =
        format!(r#"{{"alg":"EdDSA","crt":"{certificate}","kid":"{kid}","typ":"license+jwt"}}"#);
    jws(&header, claims, &KEYS.issuing)
}
