//! The key certificate: whose word it is, its claims, and how far the licence fits it.

use crate::case::{At, Case, Times};
use crate::forge::{Certificate, EXP, IAT, License, SIGN_FROM, jws, quoted};
use crate::keys::{ACTIVE_ROOT, FIRST, SECOND, STANDBY_ROOT, STRANGER, base64url};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = signer();
    cases.extend(members());
    cases.extend(values());
    cases.extend(fit());
    cases
}

fn refused(name: &str, why: &str, certificate: &Certificate, reason: &str) -> Case {
    let text = License::sample().under(certificate, FIRST).text();
    Case::new(name, why).refused(&text, reason)
}

fn signer() -> Vec<Case> {
    let sample = Certificate::sample();
    let by = |root| Certificate::of(FIRST, 1, root);
    let pretended = Certificate { root: STANDBY_ROOT, ..sample.clone() };
    let own = Certificate { root: FIRST, ..sample.clone() };
    let header = |member: &str, value: &str| {
        let mut certificate = sample.clone();
        certificate.header.set(member, value);
        certificate
    };
    let altered = {
        let text = sample.text();
        let mut parts: Vec<_> = text.split('.').collect();
        let claims = base64url(sample.clone().with("serial", "2").claims.json().as_bytes());
        parts[1] = &claims;
        let mut license = License::sample();
        license.header.set("crt", &quoted(&parts.join(".")));
        license.text()
    };
    vec![
        refused(
            "unpinned-root",
            "Signed by a root that the app does not pin.",
            &by(STRANGER),
            "root",
        ),
        refused("self-signed", "An issuing key is no root.", &by(FIRST), "root"),
        refused(
            "root-pretended",
            "Names the active root; the standby signed.",
            &pretended,
            "chain",
        ),
        refused("root-forged", "Names the active root; the issuing key signed.", &own, "chain"),
        Case::new("certificate-altered", "Other claims than the root signed.")
            .refused(&altered, "chain"),
        refused(
            "certificate-typ",
            "Wrong type.",
            &header("typ", r#""license+jwt""#),
            "certificate",
        ),
        refused("certificate-alg", "Wrong algorithm.", &header("alg", r#""HS256""#), "certificate"),
        refused("certificate-kid", "No key id.", &header("kid", r#""root""#), "certificate"),
        refused("certificate-header", "No other member.", &header("x_a", "1"), "certificate"),
    ]
}

fn members() -> Vec<Case> {
    let sample = Certificate::sample();
    let mut cases = Vec::new();
    for member in sample.claims.names() {
        let mut missing = sample.clone();
        missing.claims.remove(&member);
        let mut doubled = sample.clone();
        doubled.claims.double(&member);
        let mut misplaced = sample.clone();
        misplaced.claims.misplace(&member);
        let other_type = if sample.claims.value(&member).starts_with('"') { "1" } else { r#""1""# };
        let mistyped = sample.clone().with(&member, other_type);
        for (fault, why, certificate) in [
            ("without", "Every claim is required.", missing),
            ("doubled", "No claim stands twice.", doubled),
            ("misplaced", "Claims in alphabetical order.", misplaced),
            ("mistyped", "Each claim has its one type.", mistyped),
        ] {
            let name = format!("certificate-{fault}-{member}");
            cases.push(refused(&name, why, &certificate, "certificate"));
        }
    }
    cases
}

fn values() -> Vec<Case> {
    let sample = Certificate::sample;
    let set = |name: &str, value: &str| sample().with(name, value);
    let key = |bytes: [u8; 32]| {
        let id = quoted(&data_encoding::HEXLOWER.encode(&bytes[..8]));
        set("kid", &id).with("x", &quoted(&base64url(&bytes)))
    };
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut no_point = [0; 32];
    no_point[0] = 2;
    // 43 characters carry 2 bits too many.
    let x = base64url(&FIRST.public());
    let last = char::from(x.as_bytes()[42] + 1);
    let unused_bits = format!("{}{last}", &x[..42]);
    let long_extension = format!(r#""{}""#, "t".repeat(300));
    let list = [
        ("small-order-key", "A key of small order verifies too much.", key(identity)),
        ("no-point", "x is no point of the curve.", key(no_point)),
        ("x-unused-bits", "One text for one key.", set("x", &quoted(&unused_bits))),
        ("kid-not-of-key", "kid is the beginning of x.", set("kid", &quoted(&SECOND.id()))),
        ("floor-over-serial", "A key under its own floor.", set("floor", "2")),
        ("serial-over-u32", "Serials have 32 bits.", set("serial", "4294967296")),
        ("certificate-version", "Another version.", set("ver", "2")),
        ("nbf-after-sign-from", "Valid only after it signs.", set("nbf", &at(1))),
        ("sign-from-at-exp", "Ended before it signs.", set("exp", &at(0))),
        ("certificate-unknown", "An unknown claim.", set("aud", r#""zim-audio""#)),
        ("certificate-overlong", "Over 768 characters.", set("x_a", &long_extension)),
        ("certificate-issuer-blank", "Issuers have no blanks.", set("iss", r#""a b""#)),
    ];
    list.into_iter()
        .map(|(name, why, certificate)| refused(name, why, &certificate, "certificate"))
        .collect()
}

fn at(after: i64) -> String {
    (SIGN_FROM + after).to_string()
}

fn fit() -> Vec<Case> {
    let mut extended = Certificate::sample();
    extended.claims.append("x_note", r#"["a","b"]"#);
    let foreign = Certificate::sample().with("iss", r#""someone-else""#);
    let before = License::sample().with("iat", &at(-1)).with("nbf", &at(-601));
    let foreign_claim = License::sample().with("iss", r#""someone-else""#);
    let other_key = License::sample().under(&Certificate::of(SECOND, 2, ACTIVE_ROOT), FIRST);
    let garbage = {
        let mut license = License::sample();
        license.header.set("crt", &quoted(&jws("{}", "{}", ACTIVE_ROOT)));
        license.text()
    };
    vec![
        Case::new("certificate-extension", "x_ claims are passed over.")
            .valid(&License::sample().under(&extended, FIRST).text()),
        refused("foreign-certificate", "The key is another issuer's.", &foreign, "issuer"),
        Case::new("foreign-claim", "The licence names another issuer than its certificate.")
            .refused(&foreign_claim.text(), "issuer"),
        Case::new("before-sign-from", "Issued a second before the key may sign.")
            .refused(&before.text(), "chain"),
        at_sign_from(),
        Case::new("certificate-of-another-key", "kid names one key, the certificate another.")
            .refused(&other_key.text(), "chain"),
        Case::new("certificate-empty-object", "A root's signature on something else.")
            .refused(&garbage, "certificate"),
    ]
}

fn at_sign_from() -> Case {
    let first = License::sample().with("iat", &at(0)).text();
    let (now, refresh) = (IAT + 60, SIGN_FROM + (EXP - SIGN_FROM) / 2);
    let times = Times { refresh, ..Times::at(now) };
    Case::new("at-sign-from", "Issued in the first second that the key may sign.").loads(
        &first,
        At(now, 0),
        None,
        times,
        |kept| (kept.time, kept.newest_exp) = (now + 60, EXP),
    )
}
