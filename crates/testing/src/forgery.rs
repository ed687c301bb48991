//! Licences that a verifier must refuse, each for one reason: made from good ones.
//!
//! The issuer refuses to make them, so they are cut from what it made and signed by hand.

use data_encoding::BASE64URL_NOPAD;
use tonegate_issuer::{IssuingKey, hour_of};
use tonegate_license::{Environment, Token};

use crate::authority::Authority;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

impl Authority {
    /// Its signature is broken.
    #[must_use]
    pub fn forged(&self, app_id: u32, now: i64, lifetime_secs: u32) -> String {
        with_broken_signature(&self.mint(app_id, now, lifetime_secs))
    }

    /// Another revision was written into it after it was signed.
    #[must_use]
    pub fn altered(&self, app_id: u32, now: i64, lifetime_secs: u32) -> String {
        let license = self.mint(app_id, now, lifetime_secs);
        let [head, claims, signature] = segments(&license);
        let claims = decoded(claims).replace(r#""rev":1,"#, r#""rev":2,"#);
        format!("{head}.{}.{signature}", encoded(&claims))
    }

    /// Rightly signed, by a key whose certificate ended a day ago.
    #[must_use]
    pub fn expired_chain(&self, app_id: u32, now: i64, lifetime_secs: u32) -> String {
        let sign_from = now.div_euclid(HOUR) * HOUR - 46 * DAY;
        let key = self.certify(self.issuer(), sign_from);
        let head = head_under(key.certificate(), &key);
        let license = self.mint(app_id, now, lifetime_secs);
        let [_, claims, _] = segments(&license);
        signed(&head, claims, &key)
    }

    /// Rightly signed by a key that no root vouches for: its certificate's signature is broken.
    #[must_use]
    pub fn forged_chain(&self, app_id: u32, now: i64, lifetime_secs: u32) -> String {
        let key = self.key_of(self.issuer(), hour_of(app_id, now));
        let head = head_under(&with_broken_signature(key.certificate()), &key);
        let license = self.mint(app_id, now, lifetime_secs);
        let [_, claims, _] = segments(&license);
        signed(&head, claims, &key)
    }

    /// Good, but for another issuer, whom the same roots certify.
    #[must_use]
    pub fn of_other_issuer(&self, app_id: u32, now: i64, lifetime_secs: u32) -> String {
        self.mint_as("tonegate-other", &Self::grant(app_id, lifetime_secs), now)
    }

    /// Good, but for the test environment.
    #[must_use]
    pub fn of_other_environment(&self, app_id: u32, now: i64, lifetime_secs: u32) -> String {
        let mut grant = Self::grant(app_id, lifetime_secs);
        grant.environment = Environment::Test;
        self.mint_grant(&grant, now)
    }

    /// Good, but without one of the features.
    #[must_use]
    pub fn without(&self, feature: &str, app_id: u32, now: i64, lifetime_secs: u32) -> String {
        let mut grant = Self::grant(app_id, lifetime_secs);
        grant.features.retain(|granted| granted.name != feature);
        self.mint_grant(&grant, now)
    }

    /// Good until three days ago, less an hour or two.
    #[must_use]
    pub fn expired(&self, app_id: u32, now: i64) -> String {
        self.mint(app_id, now - 3 * DAY, 3_600)
    }

    /// Rightly signed, and good in the last second of its life only.
    ///
    /// (One that was issued tomorrow would not do: to a device it proves that it is tomorrow.)
    #[must_use]
    pub fn not_yet_valid(&self, app_id: u32, now: i64, lifetime_secs: u32) -> String {
        let license = self.mint(app_id, now, lifetime_secs);
        let [head, claims, _] = segments(&license);
        let read = Token::parse(&license).and_then(|token| token.unverified());
        let read = read.expect("what was minted can be read");
        let (from, last) = (read.not_before(), read.expires_at() - 1);
        let claims =
            decoded(claims).replace(&format!(r#""nbf":{from},"#), &format!(r#""nbf":{last},"#));
        signed(head, &encoded(&claims), &self.key_of(self.issuer(), read.issued_at()))
    }
}

/// A licence of two segments, signed by `key`.
fn signed(head: &str, claims: &str, key: &IssuingKey) -> String {
    let text = format!("{head}.{claims}");
    let signature = key.signer().sign(text.as_bytes()).expect("a key in memory signs");
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// A licence's first segment (docs/FORMAT.md §4).
fn head_under(certificate: &str, key: &IssuingKey) -> String {
    let kid = key.chain().key_id();
    encoded(&format!(
        r#"{{"alg":"EdDSA","crt":"{certificate}","kid":"{kid}","typ":"license+jwt"}}"#
    ))
}

/// A character in the middle of the last segment is another one: still base64url.
fn with_broken_signature(jws: &str) -> String {
    let (kept, rest) = jws.split_at(jws.len() - 40);
    let other = if rest.starts_with('A') { 'B' } else { 'A' };
    format!("{kept}{other}{}", rest.get(1..).unwrap_or_default())
}

fn segments(jws: &str) -> [&str; 3] {
    let segments: Vec<_> = jws.split('.').collect();
    segments.try_into().expect("a licence has three segments")
}

fn decoded(segment: &str) -> String {
    let bytes = BASE64URL_NOPAD.decode(segment.as_bytes()).expect("a licence is base64url");
    String::from_utf8(bytes).expect("claims are text")
}

fn encoded(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}
