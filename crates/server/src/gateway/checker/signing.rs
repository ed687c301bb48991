//! How else may a signature have been made? What backends get wrong, tried with a secret of the app.
//!
//! Invariants: only whether something fits comes out, never what would; texts that hold a secret are wiped.

use std::borrow::Cow;
use std::fmt::Write as _;

use aws_lc_rs::{constant_time, digest, hmac};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use md5::{Digest as _, Md5};
use tonegate_protocol::{ServerSecret, query};
use zeroize::Zeroizing;

use super::Cause;

/// What is signed, as sent and decoded, and the signature.
pub(super) struct Texts<'a> {
    pub(super) app_id: Cow<'a, str>,
    pub(super) nonce: Cow<'a, str>,
    /// Before it was decoded.
    pub(super) raw_nonce: &'a str,
    pub(super) timestamp: Cow<'a, str>,
    pub(super) signature: Cow<'a, str>,
}

/// The signature's bytes, and how they were written.
struct Digested {
    bytes: Vec<u8>,
    spelling: Option<Cause>,
}

/// What it was made of instead, if one of the known ways fits; with how it is spelled, if that is wrong too.
pub(super) fn otherwise(texts: &Texts<'_>, secret: &ServerSecret) -> Option<Vec<Cause>> {
    let sent = Digested::read(&texts.signature)?;
    let spelling = Vec::from_iter(sent.spelling.clone());
    if sent.is_md5(&[&texts.app_id, &texts.nonce, secret.expose(), &texts.timestamp]) {
        return Some(spelling);
    }
    let ways = [order, nonce, timestamp, wrong_secret, separators, left_out, algorithm];
    let cause = ways.into_iter().find_map(|way| way(texts, secret.expose(), &sent))?;
    Some(spelling.into_iter().chain([cause]).collect())
}

/// The last word, where nothing fits.
pub(super) fn nothing_fits() -> Cause {
    let detail = "it fits none of the app's secrets, made in any way that is known here. Is it the \
                  ServerSecret (32 characters), not the AppSign? Of this app, and the current one? Were \
                  nonce and Timestamp changed after signing?";
    Cause::new("no_match", "The signature was made of something else", detail)
}

impl Digested {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(bytes) = HEXLOWER_PERMISSIVE.decode(text.as_bytes()) {
            let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
            let spelling = upper.then(|| {
                let detail = "send it in lower-case hex";
                Cause::new("signature_upper_case", "The signature is in upper-case hex", detail)
            });
            return Some(Self { bytes, spelling });
        }
        let bytes = BASE64.decode(text.replace(' ', "+").as_bytes()).ok()?;
        let detail = "send its 16 bytes as 32 lower-case hex digits, not in base64";
        let spelling = Cause::new("signature_base64", "The signature is in base64", detail);
        Some(Self { bytes, spelling: Some(spelling) })
    }

    fn is(&self, made: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.bytes, made).is_ok()
    }

    fn is_md5(&self, parts: &[&str]) -> bool {
        let mut hash = Md5::new();
        parts.iter().for_each(|part| hash.update(part));
        self.is(&hash.finalize())
    }
}

/// The four texts in every other order.
fn order(texts: &Texts<'_>, secret: &str, sent: &Digested) -> Option<Cause> {
    let parts = [
        ("AppId", &*texts.app_id),
        ("SignatureNonce", &*texts.nonce),
        ("ServerSecret", secret),
        ("Timestamp", &*texts.timestamp),
    ];
    let orders = (0..256_usize).map(|code| [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6]);
    let mut orders = orders.filter(|order| (0..4).all(|place| order.contains(&place)));
    let made = orders.find(|order| sent.is_md5(&order.map(|place| parts[place].1)))?;
    let detail = format!(
        "it was made over {}; the order is AppId, SignatureNonce, ServerSecret, Timestamp",
        made.map(|place| parts[place].0).join(", ")
    );
    Some(Cause::new("wrong_order", "The texts were joined in another order", detail))
}

/// Another spelling of the nonce.
fn nonce(texts: &Texts<'_>, secret: &str, sent: &Digested) -> Option<Cause> {
    let Texts { app_id, nonce, timestamp, raw_nonce, .. } = texts;
    let again = query::decode(nonce).unwrap_or(Cow::Borrowed(nonce));
    let tries: [(&str, Cow<'_, str>); 8] = [
        ("as it stands in the URL, percent-encoded", (*raw_nonce).into()),
        ("as it is after decoding twice", again),
        (
            "with `+` where the URL has come to say a blank; send + as %2B",
            nonce.replace(' ', "+").into(),
        ),
        ("with blanks where the URL says `+`", nonce.replace('+', " ").into()),
        ("without the blanks around it", nonce.trim().into()),
        ("in lower case", nonce.to_lowercase().into()),
        ("in upper case", nonce.to_uppercase().into()),
        ("with a line end behind it", format!("{nonce}\n").into()),
    ];
    let fits = |text: &str| sent.is_md5(&[app_id, text, secret, timestamp]);
    let (what, _) = tries.into_iter().find(|(_, text)| text != nonce && fits(text))?;
    let detail =
        format!("it was made over the nonce {what}; sign over the nonce that the issuer reads");
    Some(Cause::new("nonce_spelling", "Another spelling of the nonce was signed", detail))
}

/// Another spelling of the Timestamp.
fn timestamp(texts: &Texts<'_>, secret: &str, sent: &Digested) -> Option<Cause> {
    let Texts { app_id, nonce, timestamp, .. } = texts;
    let inner = timestamp.trim_matches(['"', '\'', ' ', '+']);
    let whole = inner.split('.').next().unwrap_or_default();
    let seconds = inner.get(..10).unwrap_or_default();
    let tries = [
        ("in seconds, and another one was sent", seconds.to_owned()),
        ("without what is around its digits", inner.to_owned()),
        ("without its fraction", whole.to_owned()),
        ("in milliseconds", format!("{timestamp}000")),
        ("with a fraction", format!("{timestamp}.0")),
        ("in quotes", format!("\"{timestamp}\"")),
        ("with a line end behind it", format!("{timestamp}\n")),
    ];
    let fits = |text: &str| sent.is_md5(&[app_id, nonce, secret, text]);
    let (what, _) = tries.into_iter().find(|(_, text)| *text != **timestamp && fits(text))?;
    let detail =
        format!("it was made over the Timestamp {what}; sign over the very text that is sent");
    Some(Cause::new("timestamp_spelling", "Another spelling of the Timestamp was signed", detail))
}

/// The secret, and something around it.
fn wrong_secret(texts: &Texts<'_>, secret: &str, sent: &Digested) -> Option<Cause> {
    let Texts { app_id, nonce, timestamp, .. } = texts;
    let around = [
        ("a blank behind it", "", " "),
        ("a line end behind it", "", "\n"),
        ("a line end behind it", "", "\r\n"),
        ("a blank before it", " ", ""),
        ("quotes around it", "\"", "\""),
        ("quotes around it", "'", "'"),
    ];
    let fits = |(_, before, behind): &(_, &str, &str)| {
        sent.is_md5(&[app_id, nonce, before, secret, behind, timestamp])
    };
    if let Some((what, ..)) = around.iter().find(|it| fits(it)) {
        let detail = format!("there is {what}; read the secret without it");
        return Some(Cause::new(
            "secret_padded",
            "The ServerSecret has something around it",
            detail,
        ));
    }
    let (upper, lower) =
        (Zeroizing::new(secret.to_uppercase()), Zeroizing::new(secret.to_lowercase()));
    let other_case = [upper, lower].into_iter();
    let mut other_case = other_case.filter(|text| **text != secret);
    if other_case.any(|text| sent.is_md5(&[app_id, nonce, &text, timestamp])) {
        let detail = "it was made with the secret in another case; take it as it was shown";
        return Some(Cause::new("secret_case", "The ServerSecret is in another case", detail));
    }
    let bytes = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(secret.as_bytes()).ok()?);
    let mut hash = Md5::new();
    hash.update(&**app_id);
    hash.update(&**nonce);
    hash.update(&*bytes);
    hash.update(&**timestamp);
    sent.is(&hash.finalize()).then(|| {
        let detail =
            "it was made over what the secret's hex digits stand for; sign over its 32 characters";
        Cause::new("secret_decoded", "The ServerSecret was decoded", detail)
    })
}

fn separators(texts: &Texts<'_>, secret: &str, sent: &Digested) -> Option<Cause> {
    let Texts { app_id, nonce, timestamp, .. } = texts;
    let separators = ["&", "-", ":", ",", "|", "_", ".", ";", "/", " ", "\n"];
    let fits = |by: &&str| sent.is_md5(&[app_id, by, nonce, by, secret, by, timestamp]);
    let by = separators.into_iter().find(fits)?;
    let detail = format!("there is {by:?} between them; join them without anything between");
    Some(Cause::new("separators", "The texts were joined with separators", detail))
}

fn left_out(texts: &Texts<'_>, secret: &str, sent: &Digested) -> Option<Cause> {
    let Texts { app_id, nonce, timestamp, .. } = texts;
    let without: [(&str, &[&str]); 5] = [
        ("the AppId", &[nonce, secret, timestamp]),
        ("the nonce", &[app_id, secret, timestamp]),
        ("the ServerSecret", &[app_id, nonce, timestamp]),
        ("the Timestamp", &[app_id, nonce, secret]),
        ("all but the ServerSecret", &[secret]),
    ];
    let (what, _) = without.into_iter().find(|(_, parts)| sent.is_md5(parts))?;
    let detail = format!("it was made without {what}");
    Some(Cause::new("left_out", "A text was left out", detail))
}

/// Another hash over the right texts, or over those without the secret, which is the key then.
fn algorithm(texts: &Texts<'_>, secret: &str, sent: &Digested) -> Option<Cause> {
    let Texts { app_id, nonce, timestamp, .. } = texts;
    let mut whole = Zeroizing::new(String::with_capacity(256));
    // Writing to a text cannot fail.
    let _ = write!(whole, "{app_id}{nonce}{secret}{timestamp}");
    let keyless = format!("{app_id}{nonce}{timestamp}");
    let hashes = [
        ("SHA-1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
        ("SHA-256", &digest::SHA256),
        ("SHA-512", &digest::SHA512),
    ];
    let hash =
        hashes.iter().find(|(_, hash)| sent.is(digest::digest(hash, whole.as_bytes()).as_ref()));
    let macs =
        [("HMAC-SHA-1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY), ("HMAC-SHA-256", hmac::HMAC_SHA256)];
    let mac = macs.iter().find(|(_, mac)| {
        let key = hmac::Key::new(*mac, secret.as_bytes());
        [&*whole, &keyless].into_iter().any(|it| sent.is(hmac::sign(&key, it.as_bytes()).as_ref()))
    });
    let md5 = [&*whole, &keyless].into_iter().any(|it| sent.is(&hmac_md5(secret, it)));
    let name = md5.then_some("HMAC-MD5").or(hash.map(|it| it.0)).or(mac.map(|it| it.0))?;
    let detail = format!(
        "it was made with {name}; Signature 2.0 is MD5 over the texts joined, without a key"
    );
    Some(Cause::new("algorithm", "Another hash was used", detail))
}

/// RFC 2104. A secret has 32 bytes, so it is never longer than a block.
fn hmac_md5(key: &str, message: &str) -> [u8; 16] {
    let pad = |with: u8| {
        let mut block = Zeroizing::new([with; 64]);
        block.iter_mut().zip(key.bytes()).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Md5::new().chain_update(*pad(0x36)).chain_update(message).finalize();
    Md5::new().chain_update(*pad(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "9193cc662a4c0ec135ec71fb57194b38";

    fn cause(nonce: &str, timestamp: &str, signature: String) -> Vec<&'static str> {
        let texts = Texts {
            app_id: "12345".into(),
            nonce: query::decode(nonce).unwrap(),
            raw_nonce: nonce,
            timestamp: timestamp.into(),
            signature: signature.into(),
        };
        let causes = otherwise(&texts, &ServerSecret::new(SECRET).unwrap()).unwrap_or_default();
        causes.into_iter().map(|cause| cause.id).collect()
    }

    fn md5(parts: &[&str]) -> String {
        let mut hash = Md5::new();
        parts.iter().for_each(|part| hash.update(part));
        HEXLOWER_PERMISSIVE.encode(&hash.finalize())
    }

    #[test]
    fn what_backends_get_wrong_is_recognised() {
        let (n, t, hex) = ("a%20b", "1700000000", HEXLOWER_PERMISSIVE);
        let right = md5(&["12345", "a b", SECRET, t]);
        let mac = |algorithm| {
            let key = hmac::Key::new(algorithm, SECRET.as_bytes());
            hex.encode(hmac::sign(&key, b"12345a b1700000000").as_ref())
        };
        let whole = format!("12345a b{SECRET}{t}");
        let cases: [(&[&str], String); 18] = [
            (&["signature_upper_case"], right.to_uppercase()),
            (&["signature_base64"], BASE64.encode(&hex.decode(right.as_bytes()).unwrap())),
            (&["wrong_order"], md5(&["12345", "a b", t, SECRET])),
            (
                &["signature_upper_case", "wrong_order"],
                md5(&[SECRET, "12345", "a b", t]).to_uppercase(),
            ),
            (&["nonce_spelling"], md5(&["12345", "a%20b", SECRET, t])),
            (&["nonce_spelling"], md5(&["12345", "a+b", SECRET, t])),
            (&["timestamp_spelling"], md5(&["12345", "a b", SECRET, "1700000000000"])),
            (&["secret_padded"], md5(&["12345", "a b", SECRET, "\n", t])),
            (&["secret_padded"], md5(&["12345", "a b", SECRET, " ", t])),
            (&["secret_case"], md5(&["12345", "a b", &SECRET.to_uppercase(), t])),
            (&["separators"], md5(&["12345", "&", "a b", "&", SECRET, "&", t])),
            (&["left_out"], md5(&["12345", "a b", t])),
            (&["algorithm"], hex.encode(&hmac_md5(SECRET, "12345a b1700000000"))),
            (&["algorithm"], mac(hmac::HMAC_SHA256)),
            (
                &["algorithm"],
                hex.encode(digest::digest(&digest::SHA256, whole.as_bytes()).as_ref()),
            ),
            (&[], right),
            (&[], md5(&["12345", "a b", "another secret", t])),
            (&[], "no signature".to_owned()),
        ];
        for (expected, signature) in cases {
            assert_eq!(cause(n, t, signature.clone()), expected, "{signature}");
        }
    }

    #[test]
    fn hmac_md5_is_the_one_of_rfc_2202() {
        let made = hmac_md5("Jefe", "what do ya want for nothing?");
        assert_eq!(HEXLOWER_PERMISSIVE.encode(&made), "750c783e6ab0b503eaa86e310a5db738");
    }
}
