//! An app's identity provider: its keys, its key set at a URL, and the tokens that it gives.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaPublicKeyComponents,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::Loopback;

pub(crate) const ISSUER: &str = "https://login.example.com/";
pub(crate) const AUDIENCE: &str = "audio-licenses";

/// A provider that publishes one key of each kind: `RS256`, `ES256` and `EdDSA`.
pub(crate) struct IdentityProvider {
    pub(crate) server: Loopback,
    keys: Keys,
}

struct Keys {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
    /// Ends each `kid`: new keys have new names.
    generation: u32,
}

impl IdentityProvider {
    pub(crate) async fn start() -> Self {
        let keys = Keys::new(1);
        let server = Loopback::start(200, &keys.published()).await;
        Self { server, keys }
    }

    /// The section of a relay's configuration that takes its tokens, with more lines.
    pub(crate) fn section(&self, more: &str) -> String {
        format!(
            "[[auth.jwt]]\nissuer = \"{ISSUER}\"\naudience = [\"{AUDIENCE}\"]\n\
             jwks_url = \"{}\"\n{more}\n",
            self.server.url()
        )
    }

    /// New keys in place of the old ones, published at once.
    pub(crate) fn rotate(&mut self) {
        self.keys = Keys::new(self.keys.generation + 1);
        self.come_back();
    }

    /// It takes requests and never answers.
    pub(crate) fn hang(&self) {
        self.server.set(1, "");
    }

    /// Its key set cannot be had.
    pub(crate) fn go_away(&self) {
        self.server.set(0, "");
    }

    pub(crate) fn come_back(&self) {
        self.server.set(200, &self.keys.published());
    }

    /// A token of these claims.
    pub(crate) fn token(&self, algorithm: &str, claims: &Value) -> String {
        let kid = format!("{algorithm}-{}", self.keys.generation);
        let header = json!({"alg": algorithm, "typ": "JWT", "kid": kid});
        let text = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let message = format!("{}.{}", text(&header), text(claims));
        let signature = self.keys.sign(algorithm, message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

impl Keys {
    fn new(generation: u32) -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ed: Ed25519KeyPair::generate().unwrap(),
            generation,
        }
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match algorithm {
            "RS256" => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            "ES256" => self.ec.sign(&random, message).unwrap().as_ref().to_vec(),
            _ => self.ed.sign(message).as_ref().to_vec(),
        }
    }

    /// The key set, as JSON.
    fn published(&self) -> String {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let kid = |algorithm: &str| format!("{algorithm}-{}", self.generation);
        let rsa = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key());
        let (x, y) = self.ec.public_key().as_ref()[1..].split_at(32);
        let ed = text(self.ed.public_key().as_ref());
        json!({ "keys": [
            {"kty": "RSA", "kid": kid("RS256"), "n": text(&rsa.n), "e": text(&rsa.e)},
            {"kty": "EC", "crv": "P-256", "kid": kid("ES256"), "x": text(x), "y": text(y)},
            {"kty": "OKP", "crv": "Ed25519", "kid": kid("EdDSA"), "x": ed},
        ]})
        .to_string()
    }
}

/// What a good token says of `subject`, for five minutes from `now`.
pub(crate) fn claims(subject: &str, now: i64) -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": now + 300})
}
