//! Whole credentials against a whole [`Authenticator`], with an identity provider of the test's own.

mod credentials;
mod hostile;
mod key_sets;
mod tokens;

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaPublicKeyComponents,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";

/// The keys of an identity provider: `rsa`, `ec` and `ed` by their `kid`.
struct Idp {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

static IDP: LazyLock<Idp> = LazyLock::new(Idp::new);

impl Idp {
    fn new() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ed: Ed25519KeyPair::generate().unwrap(),
        }
    }

    fn jwk(&self, kid: &str) -> Value {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        match kid {
            "rsa" => {
                let key = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key());
                json!({"kty": "RSA", "kid": kid, "use": "sig", "n": text(&key.n), "e": text(&key.e)})
            }
            "ec" => {
                let (x, y) = self.ec.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": text(x), "y": text(y)})
            }
            _ => {
                let x = text(self.ed.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "alg": "EdDSA", "x": x})
            }
        }
    }

    fn jwks(&self, kids: &[&str]) -> String {
        json!({ "keys": kids.iter().map(|kid| self.jwk(kid)).collect::<Vec<_>>() }).to_string()
    }

    fn set(&self, kids: &[&str]) -> JwkSet {
        JwkSet::parse(self.jwks(kids).as_bytes()).unwrap()
    }

    /// A token with whatever header, signed with the key that `with` names.
    fn token(&self, with: &str, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let random = SystemRandom::new();
        let signature = match with {
            "rsa" => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa
                    .sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
            "ec" => self.ec.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            _ => self.ed.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("Bearer {message}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

fn message(header: &Value, claims: &Value) -> String {
    let text = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}", text(header), text(claims))
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "relay", "sub": "user-1", "exp": NOW + 300})
}

fn claim(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// Signed by the right key in the right way.
fn ec(claims: &Value) -> String {
    IDP.token("ec", &json!({"alg": "ES256", "typ": "JWT", "kid": "ec"}), claims)
}

fn provider(more: Value) -> Value {
    let mut provider = json!({
        "issuer": ISSUER, "audience": ["relay", "relay-2"], "jwks_url": "https://id.example/keys",
    });
    provider.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    provider
}

fn open(config: Value) -> Authenticator {
    let config: Auth = serde_json::from_value(config).unwrap();
    config.check().unwrap();
    Authenticator::open(&config).unwrap()
}

/// With one provider, its rules changed by `more`, and its keys fetched.
fn authenticator(more: Value) -> Authenticator {
    let authenticator = open(json!({ "jwt": [provider(more)] }));
    assert!(authenticator.providers()[0].replace_keys(IDP.set(&["rsa", "ec", "ed"]), NOW));
    authenticator
}

fn refused(authenticator: &Authenticator, token: &str) -> Refused {
    authenticator.authenticate(Some(token), NOW).unwrap_err()
}
