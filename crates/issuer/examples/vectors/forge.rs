//! Writes licences and key certificates that keep every rule, or break a chosen one.
//!
//! Apart from the issuer on purpose: the issuer refuses to make what most cases need.

use crate::keys::{ACTIVE_ROOT, FIRST, TestKey, base64url};

pub(crate) const ISSUER: &str = "tonegate-test";
pub(crate) const DAY: i64 = 86_400;
/// `sign_from` of the first issuing key, on the hour.
pub(crate) const SIGN_FROM: i64 = 1_763_838_000;
/// `exp` of its certificate.
pub(crate) const CERTIFICATE_ENDS: i64 = SIGN_FROM + 45 * DAY;
/// `iat` of the sample licence: the hour of app 12345.
pub(crate) const IAT: i64 = 1_763_843_493;
pub(crate) const EXP: i64 = IAT + 3_600 + 7 * DAY;

/// The members of a JSON object, each with its value as it is written.
#[derive(Clone)]
pub(crate) struct Members(Vec<(String, String)>);

impl Members {
    fn new(members: &[(&str, &str)]) -> Self {
        Self(members.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
    }

    fn place(&self, name: &str) -> usize {
        self.0.iter().position(|(named, _)| named == name).expect("the sample has that member")
    }

    /// Gives `name` another value, or puts it where the alphabet wants it.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(named, _)| named == name) {
            Some((_, old)) => *old = value.to_owned(),
            None => {
                let place = self.0.iter().take_while(|(named, _)| named.as_str() < name).count();
                self.0.insert(place, (name.to_owned(), value.to_owned()));
            }
        }
    }

    /// Adds a member at the end, whatever the alphabet says.
    pub(crate) fn append(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(self.place(name));
    }

    pub(crate) fn double(&mut self, name: &str) {
        let place = self.place(name);
        self.0.insert(place, self.0[place].clone());
    }

    /// Swaps a member with the one after it, the last one with the one before.
    pub(crate) fn misplace(&mut self, name: &str) {
        let place = self.place(name).min(self.0.len() - 2);
        self.0.swap(place, place + 1);
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        &self.0[self.place(name)].1
    }

    pub(crate) fn json(&self) -> String {
        let members: Vec<_> =
            self.0.iter().map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
        format!("{{{}}}", members.join(","))
    }
}

pub(crate) fn quoted(text: &str) -> String {
    format!(r#""{text}""#)
}

pub(crate) fn array(items: &[&str]) -> String {
    format!("[{}]", items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(","))
}

/// A compact JWS of these texts, signed.
pub(crate) fn jws(header: &str, payload: &str, key: TestKey) -> String {
    let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(payload.as_bytes()));
    let signature = base64url(&key.sign(&signed));
    format!("{signed}.{signature}")
}

/// A key certificate to be altered and written.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) header: Members,
    pub(crate) claims: Members,
    pub(crate) root: TestKey,
}

impl Certificate {
    /// The certificate of `key` as number `serial`, by `root`.
    pub(crate) fn of(key: TestKey, serial: u32, root: TestKey) -> Self {
        let header = Members::new(&[
            ("alg", r#""EdDSA""#),
            ("kid", &quoted(&root.id())),
            ("typ", r#""license-key+jwt""#),
        ]);
        let claims = Members::new(&[
            ("exp", &CERTIFICATE_ENDS.to_string()),
            ("floor", "0"),
            ("iss", &quoted(ISSUER)),
            ("kid", &quoted(&key.id())),
            ("nbf", &(SIGN_FROM - 600).to_string()),
            ("serial", &serial.to_string()),
            ("sign_from", &SIGN_FROM.to_string()),
            ("ver", "1"),
            ("x", &quoted(&base64url(&key.public()))),
        ]);
        Self { header, claims, root }
    }

    /// The sample: the first issuing key, number 1, by the active root.
    pub(crate) fn sample() -> Self {
        Self::of(FIRST, 1, ACTIVE_ROOT)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.claims.set(name, value);
        self
    }

    pub(crate) fn text(&self) -> String {
        jws(&self.header.json(), &self.claims.json(), self.root)
    }
}

/// A licence to be altered and written.
#[derive(Clone)]
pub(crate) struct License {
    pub(crate) header: Members,
    pub(crate) claims: Members,
    pub(crate) key: TestKey,
}

impl License {
    /// The sample: what the issuer mints for app 12345 in its hour (case 1 compares the two).
    pub(crate) fn sample() -> Self {
        let header = Members::new(&[
            ("alg", r#""EdDSA""#),
            ("crt", &quoted(&Certificate::sample().text())),
            ("kid", &quoted(&FIRST.id())),
            ("typ", r#""license+jwt""#),
        ]);
        let claims = Members::new(&[
            ("aud", r#""zim-audio""#),
            ("env", r#""production""#),
            ("exp", &EXP.to_string()),
            ("features", r#"["agc","ans"]"#),
            ("iat", &IAT.to_string()),
            ("iss", &quoted(ISSUER)),
            ("jti", r#""d2f6d9e8743f2577400519433ac4fb3b""#),
            ("nbf", &(IAT - 600).to_string()),
            ("rev", "1"),
            ("sub", r#""12345""#),
            ("ver", "1"),
        ]);
        Self { header, claims, key: FIRST }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.claims.set(name, value);
        self
    }

    /// The licence of `hours` later.
    pub(crate) fn later(self, hours: i64) -> Self {
        let after = |start: i64| (start + hours * 3_600).to_string();
        self.with("iat", &after(IAT)).with("nbf", &after(IAT - 600)).with("exp", &after(EXP))
    }

    /// The same under another certificate, signed by the certified key.
    pub(crate) fn under(mut self, certificate: &Certificate, key: TestKey) -> Self {
        self.header.set("crt", &quoted(&certificate.text()));
        self.header.set("kid", &quoted(&key.id()));
        self.key = key;
        self
    }

    pub(crate) fn text(&self) -> String {
        jws(&self.header.json(), &self.claims.json(), self.key)
    }

    /// The same claims under a header of one's own.
    pub(crate) fn text_under(&self, header: &str) -> String {
        jws(header, &self.claims.json(), self.key)
    }

    /// The same header over a payload of one's own.
    pub(crate) fn text_over(&self, payload: &str) -> String {
        jws(&self.header.json(), payload, self.key)
    }
}
