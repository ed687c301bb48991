//! One key of a provider's set, as a JWK (RFC 7517, RFC 7518 section 6, RFC 8037).
//!
//! Invariant: a [`Jwk`] is a public key with one algorithm, which its type gives.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use crate::auth::config::Algorithm;
use crate::auth::limits::{KID_BYTES_MAX, RSA_BITS_MAX, RSA_BITS_MIN};

/// Members that only a private or a shared key has (RFC 7518, section 6).
const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A key that tokens can be verified with.
#[derive(Debug)]
pub(super) struct Jwk {
    pub(super) kid: Option<String>,
    pub(super) algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl Jwk {
    /// Reads a member of `keys`; the error says in words why it is not used.
    pub(super) fn read(value: &Value) -> Result<Self, &'static str> {
        let members = value.as_object().ok_or("it is no JSON object")?;
        let text = |name| members.get(name).and_then(Value::as_str).unwrap_or_default();
        if SECRET_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Err(
                "it is a private or a shared key; a private key in a key set is known to all",
            );
        }
        if members.contains_key("use") && text("use") != "sig" {
            return Err("its use is not sig");
        }
        if let Some(operations) = members.get("key_ops") {
            let operations = operations.as_array().ok_or("its key_ops is no array")?;
            if !operations.iter().any(|operation| operation == "verify") {
                return Err("its key_ops has no verify");
            }
        }
        let (algorithm, key) = match (text("kty"), text("crv")) {
            ("RSA", _) => (Algorithm::RS256, rsa(members)?),
            ("EC", "P-256") => (Algorithm::ES256, p256(members)?),
            ("OKP", "Ed25519") => (Algorithm::EdDSA, ed25519(members)?),
            _ => return Err("its type is not RSA, EC with P-256 or OKP with Ed25519"),
        };
        if members.contains_key("alg") && Algorithm::from_name(text("alg")) != Some(algorithm) {
            return Err("its alg is not the one of RS256, ES256, EdDSA that fits its type");
        }
        Ok(Self { kid: kid(members)?, algorithm, key })
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }

    /// Whether both are one key under one name.
    pub(super) fn is(&self, other: &Self) -> bool {
        (&self.kid, self.algorithm, self.key.as_ref())
            == (&other.kid, other.algorithm, other.key.as_ref())
    }
}

fn kid(members: &Map<String, Value>) -> Result<Option<String>, &'static str> {
    match members.get("kid") {
        None => Ok(None),
        Some(Value::String(kid)) if kid.len() <= KID_BYTES_MAX => Ok(Some(kid.clone())),
        Some(_) => Err("its kid is no string of at most 256 bytes"),
    }
}

fn bytes(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(members.get(name)?.as_str()?.as_bytes()).ok()
}

fn rsa(members: &Map<String, Value>) -> Result<ParsedPublicKey, &'static str> {
    const DAMAGED: &str = "its n or e is no RSA public key";
    let number = |name| -> Option<Vec<u8>> {
        // Some publish n with a zero in front, as in ASN.1.
        let bytes = bytes(members, name)?;
        let start = bytes.iter().position(|byte| *byte != 0)?;
        bytes.get(start..).map(<[u8]>::to_vec)
    };
    let (Some(n), Some(e)) = (number("n"), number("e")) else {
        return Err(DAMAGED);
    };
    let unused = n.first().map_or(0, |byte| usize::try_from(byte.leading_zeros()).unwrap_or(8));
    let bits = n.len() * 8 - unused;
    if !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits) {
        return Err("its RSA modulus is not of 2048 to 8192 bits");
    }
    // 65537 nearly always. A long one makes a slow verification.
    if e.len() > 4 || e == [1] || e.last().is_none_or(|byte| byte % 2 == 0) {
        return Err("its RSA exponent is not odd and of 2 to 32 bits");
    }
    let components = RsaPublicKeyComponents { n, e };
    components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).map_err(|_| DAMAGED)
}

fn p256(members: &Map<String, Value>) -> Result<ParsedPublicKey, &'static str> {
    const DAMAGED: &str = "its x and y are no point of P-256";
    let (Some(x), Some(y)) = (bytes(members, "x"), bytes(members, "y")) else {
        return Err(DAMAGED);
    };
    if (x.len(), y.len()) != (32, 32) {
        return Err(DAMAGED);
    }
    let point = [&[4], x.as_slice(), &y].concat();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| DAMAGED)
}

fn ed25519(members: &Map<String, Value>) -> Result<ParsedPublicKey, &'static str> {
    const DAMAGED: &str = "its x is no Ed25519 public key";
    // 32 bytes exactly: a longer text would be read as a DER key of any kind.
    match bytes(members, "x") {
        Some(x) if x.len() == 32 => ParsedPublicKey::new(&ED25519, x).map_err(|_| DAMAGED),
        _ => Err(DAMAGED),
    }
}
