//! The text as a whole: segments, base64url, header, signature, and objects in each other's place.

use crate::case::Case;
use crate::forge::{Certificate, License, quoted};
use crate::keys::{FIRST, SECOND, base64url};

/// 2²⁵² + 27742317777372353535851937790883648493, the order of the base point, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = whole_text();
    cases.extend(encoding());
    cases.extend(header());
    cases.extend(tampered());
    cases.extend(swapped());
    cases
}

fn refused(name: &str, why: &str, text: &str, reason: &str) -> Case {
    Case::new(name, why).refused(text, reason)
}

fn not_a_license(name: &str, why: &str, text: &str) -> Case {
    refused(name, why, text, "not_a_license")
}

fn whole_text() -> Vec<Case> {
    let valid = License::sample().text();
    let two = valid.rsplit_once('.').expect("three segments").0;
    vec![
        Case::new("valid", "What an issuer mints is accepted.").valid(&valid),
        refused("empty", "No licence has a reason of its own.", "", "empty"),
        not_a_license("blank", "A blank is not nothing.", " "),
        refused("over-2048", "2,049 characters are too many.", &"A".repeat(2_049), "too_long"),
        not_a_license("at-2048", "2,048 characters are not too many.", &"A".repeat(2_048)),
        not_a_license("two-segments", "A JWS has three segments.", two),
        not_a_license("four-segments", "And no more.", &format!("{valid}.AAAA")),
        not_a_license("dots-only", "Empty segments hold no header.", ".."),
        not_a_license("newline-after", "Nothing is trimmed at the end.", &format!("{valid}\n")),
        not_a_license("blank-before", "Nothing is trimmed before.", &format!(" {valid}")),
        not_a_license(
            "whole-answer",
            "The issuer's whole answer is not the licence in it.",
            &format!(r#"{{"Code":0,"Message":"Success.","Data":{{"License":"{valid}"}}}}"#),
        ),
    ]
}

fn encoding() -> Vec<Case> {
    let valid = License::sample().text();
    // 86 characters carry 64 bytes and 4 bits too many: the last one is A, Q, g or w.
    let signature_end = &valid[valid.len() - 1..];
    let next = char::from(signature_end.as_bytes()[0] + 1);
    let unused = format!("{}{next}", &valid[..valid.len() - 1]);
    let [header, payload, signature] = segments(&valid);
    let other_alphabet = "+/";
    vec![
        not_a_license("padding", "base64url stands without padding.", &format!("{valid}==")),
        not_a_license("unused-bits", "Unused bits of the last character are zero.", &unused),
        not_a_license(
            "other-alphabet",
            "`+` and `/` belong to the other base64.",
            &format!("{header}.{payload}.{other_alphabet}{}", &signature[2..]),
        ),
        not_a_license(
            "one-character-over",
            "No bytes encode to 4n + 1 characters.",
            &format!("{header}.{payload}{}.{signature}", "A".repeat(5 - payload.len() % 4)),
        ),
        not_a_license(
            "short-signature",
            "A signature has 64 bytes.",
            &format!("{header}.{payload}.{}", &signature[..84]),
        ),
        not_a_license("empty-signature", "And is not left out.", &format!("{header}.{payload}.")),
        refused(
            "empty-payload",
            "An empty payload is canonical, and not what was signed.",
            &format!("{header}..{signature}"),
            "signature",
        ),
    ]
}

fn header() -> Vec<Case> {
    let sample = License::sample();
    let mut cases = vec![not_a_license(
        "header-blank",
        "The header stands in exact bytes, without blanks.",
        &sample.text_under(&sample.header.json().replace(',', ", ")),
    )];
    for (name, why, member, value) in [
        ("alg-none", "An unsigned JWS is no licence.", "alg", r#""none""#),
        ("alg-hs256", "A public key is not a shared secret.", "alg", r#""HS256""#),
        ("alg-ed25519", "The newer name is not the profile's.", "alg", r#""Ed25519""#),
        ("typ-jwt", "Any other JWT of the same key is no licence.", "typ", r#""JWT""#),
        ("typ-certificate", "Nor is a certificate's type.", "typ", r#""license-key+jwt""#),
        ("kid-short", "A key id has 16 digits.", "kid", r#""0123456789abcde""#),
        ("crt-number", "The certificate is a string.", "crt", "1"),
        ("header-unknown", "No other member, not even with x_.", "x_a", "1"),
        ("header-crit", "No critical extension is understood.", "crit", r#"["exp"]"#),
    ] {
        let mut license = sample.clone();
        license.header.set(member, value);
        cases.push(not_a_license(name, why, &license.text()));
    }
    for member in sample.header.names() {
        let mut missing = sample.clone();
        missing.header.remove(&member);
        cases.push(not_a_license(
            &format!("header-without-{member}"),
            "Every member of the header is required.",
            &missing.text(),
        ));
        let mut doubled = sample.clone();
        doubled.header.double(&member);
        cases.push(not_a_license(
            &format!("header-doubled-{member}"),
            "No member stands twice.",
            &doubled.text(),
        ));
    }
    let mut misplaced = sample.clone();
    misplaced.header.misplace("alg");
    cases.push(not_a_license("header-order", "Members in alphabetical order.", &misplaced.text()));
    let upper = sample.header.json().replace(&FIRST.id(), &FIRST.id().to_uppercase());
    cases.push(not_a_license("kid-upper", "Lower-case digits.", &sample.text_under(&upper)));
    cases
}

fn tampered() -> Vec<Case> {
    let sample = License::sample();
    let valid = sample.text();
    let [header, payload, signature] = segments(&valid);
    let other = base64url(sample.clone().with("rev", "2").claims.json().as_bytes());
    let mut bytes = FIRST.sign(&format!("{header}.{payload}"));
    let resigned = |bytes: &[u8; 64]| format!("{header}.{payload}.{}", base64url(bytes));
    let mut cases = Vec::new();

    let mut other_kid = sample.clone();
    other_kid.header.set("kid", &quoted(&SECOND.id()));
    cases.push(refused(
        "tampered-kid",
        "The licence's key is the certificate's.",
        &format!("{}.{payload}.{signature}", base64url(other_kid.header.json().as_bytes())),
        "chain",
    ));
    cases.push(refused(
        "tampered-payload",
        "Other claims than were signed.",
        &format!("{header}.{other}.{signature}"),
        "signature",
    ));
    bytes[0] ^= 1;
    cases.push(refused(
        "tampered-r",
        "A bit of the signature's R.",
        &resigned(&bytes),
        "signature",
    ));
    bytes[0] ^= 1;
    bytes[32] ^= 1;
    cases.push(refused("tampered-s", "A bit of its S.", &resigned(&bytes), "signature"));
    bytes[32] ^= 1;
    add_order(&mut bytes);
    cases.push(refused(
        "s-plus-order",
        "S + L satisfies the equation and is not canonical (RFC 8032 §5.1.7).",
        &resigned(&bytes),
        "signature",
    ));
    cases.push(refused("zero-signature", "All zero.", &resigned(&[0; 64]), "signature"));
    let mut by_another = sample;
    by_another.key = SECOND;
    cases.push(refused(
        "another-key",
        "Signed by a key that the certificate does not name.",
        &by_another.text(),
        "signature",
    ));
    cases
}

fn swapped() -> Vec<Case> {
    let certificate = Certificate::sample().text();
    let license = License::sample();
    let mut damaged = license.clone();
    damaged.header.set("crt", &quoted(&certificate[1..]));
    let mut reduced = license.clone();
    reduced.header.set("crt", r#""""#);
    let inner = reduced.text();
    let mut as_certificate = license;
    as_certificate.header.set("crt", &quoted(&inner));
    vec![
        not_a_license("certificate-as-license", "A certificate unlocks nothing.", &certificate),
        refused(
            "license-as-certificate",
            "A licence certifies no key.",
            &as_certificate.text(),
            "certificate",
        ),
        refused("no-certificate", "An empty crt.", &inner, "certificate"),
        refused(
            "damaged-certificate",
            "A crt without its first character.",
            &damaged.text(),
            "certificate",
        ),
    ]
}

fn segments(text: &str) -> [&str; 3] {
    let parts: Vec<_> = text.split('.').collect();
    parts.try_into().expect("three segments")
}

/// S + L, as integers of 32 bytes, little-endian.
fn add_order(signature: &mut [u8; 64]) {
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
}
