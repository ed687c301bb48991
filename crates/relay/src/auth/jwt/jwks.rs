//! A provider's key set (RFC 7517): the public keys that its tokens may be signed with.
//!
//! Invariant: there is at least one key to verify with. What is none is left out and named, since
//! providers publish encryption keys and new types beside what we need.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::jwk::Jwk;
use crate::auth::config::Algorithm;
use crate::auth::limits::{JWKS_BYTES_MAX, JWKS_KEYS_MAX, KEYS_TRIED_MAX};
use crate::auth::refused::{Refused, TokenFault};
use crate::auth::watched_file::FileError;

/// Why a key set was not taken.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// Its file cannot be read, or others may write it.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is longer than any good one.
    #[error("the key set is longer than {JWKS_BYTES_MAX} bytes")]
    TooLong,
    /// It is no JSON object with an array `keys`.
    #[error("the key set is no JSON object with an array `keys` (line {line}, column {column})")]
    NotAKeySet {
        /// Where reading ended.
        line: usize,
        /// Where in it.
        column: usize,
    },
    /// It has more keys than any good one.
    #[error("the key set has {found} keys; at most {JWKS_KEYS_MAX} are read")]
    TooManyKeys {
        /// How many.
        found: usize,
    },
    /// It has no key to verify a token with.
    #[error("the key set has no key for RS256, ES256 or EdDSA{}", Listed(left_out))]
    NoUsableKey {
        /// What was left out.
        left_out: Vec<LeftOut>,
    },
}

/// A key of the set that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its place in the set, from 1.
    pub number: usize,
    /// Why.
    pub why: &'static str,
}

/// A provider's public keys.
#[derive(Debug)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    left_out: Vec<LeftOut>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl JwkSet {
    /// Reads a key set as published.
    ///
    /// # Errors
    /// It is none, it is beyond a bound, or it has no key that can be used.
    pub fn parse(text: &[u8]) -> Result<Self, JwksError> {
        if text.len() > JWKS_BYTES_MAX {
            return Err(JwksError::TooLong);
        }
        let document: Document = serde_json::from_slice(text).map_err(|error| {
            JwksError::NotAKeySet { line: error.line(), column: error.column() }
        })?;
        if document.keys.len() > JWKS_KEYS_MAX {
            return Err(JwksError::TooManyKeys { found: document.keys.len() });
        }
        let mut set = Self { keys: Vec::new(), left_out: Vec::new() };
        for (index, key) in document.keys.iter().enumerate() {
            match Jwk::read(key) {
                Ok(key) => set.keys.push(key),
                Err(why) => set.left_out.push(LeftOut { number: index + 1, why }),
            }
        }
        match set.keys.is_empty() {
            true => Err(JwksError::NoUsableKey { left_out: set.left_out }),
            false => Ok(set),
        }
    }

    /// How many keys can verify tokens; at least one.
    pub fn usable(&self) -> usize {
        self.keys.len()
    }

    /// The keys that are not used, and why.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Whether both verify the same tokens.
    pub(super) fn same_keys(&self, other: &Self) -> bool {
        let within = |a: &Self, b: &Self| a.keys.iter().all(|key| b.keys.iter().any(|k| key.is(k)));
        within(self, other) && within(other, self)
    }

    /// Verifies with the key that `kid` names, or without one with each that fits, 8 at most.
    /// `Err(UnknownSigningKey)`: none is named so, or without a name, none fits.
    pub(super) fn verify(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Refused> {
        let named = || self.keys.iter().filter(|key| kid.is_none() || key.kid.as_deref() == kid);
        if named().next().is_none() {
            return Err(Refused::UnknownSigningKey);
        }
        let mut fitting =
            named().filter(|key| key.algorithm == algorithm).take(KEYS_TRIED_MAX).peekable();
        match (fitting.peek().is_some(), kid) {
            (false, Some(_)) => return Err(Refused::BadToken(TokenFault::KeyType)),
            (false, None) => return Err(Refused::UnknownSigningKey),
            (true, _) => (),
        }
        match fitting.any(|key| key.verifies(message, signature)) {
            true => Ok(()),
            false => Err(Refused::BadToken(TokenFault::Signature)),
        }
    }
}

/// `: number 1: why; number 2: …`, or nothing.
struct Listed<'a>(&'a [LeftOut]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, left_out) in self.0.iter().enumerate() {
            let separator = if index == 0 { ":" } else { ";" };
            write!(f, "{separator} number {}: {}", left_out.number, left_out.why)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;
    use serde_json::json;

    use super::*;

    /// RFC 7515, appendix A.2.
    const RSA_N: &str = "\
        ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt\
        0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX\
        ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5\
        IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const RS256: &str = "\
        eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx\
        lLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5R\
        Zmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrn\
        byTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHW\
        EsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig\
        cN_IoypGlUPQGe77Rw";
    /// RFC 7515, appendix A.3.
    const ES256: &str = "\
        eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx\
        lLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8I\
        SlSApmWQxfKTUJqPP3-Kg6NU1Q";
    /// RFC 8037, appendix A.4.
    const EDDSA: &str = "\
        eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09P\
        GcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    fn rsa_key() -> Value {
        json!({"kty": "RSA", "n": RSA_N, "e": "AQAB"})
    }

    fn ec_key() -> Value {
        json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    fn ed_key() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn parse(keys: &[Value]) -> Result<JwkSet, JwksError> {
        JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn the_published_examples_verify_and_none_under_another_algorithm() {
        let set = parse(&[rsa_key(), ec_key(), ed_key()]).unwrap();
        let examples =
            [(RS256, Algorithm::RS256), (ES256, Algorithm::ES256), (EDDSA, Algorithm::EdDSA)];
        for (token, algorithm) in examples {
            let (message, signature) = token.rsplit_once('.').unwrap();
            let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
            for other in Algorithm::all() {
                let verified = set.verify(None, other, message.as_bytes(), &signature);
                assert_eq!(verified.is_ok(), other == algorithm, "{algorithm:?} as {other:?}");
            }
            let changed = message.replace("ey", "ez");
            assert!(set.verify(None, algorithm, changed.as_bytes(), &signature).is_err());
        }
    }

    #[test]
    fn what_is_no_public_signature_key_is_left_out_and_named() {
        let short = BASE64URL_NOPAD.encode(&[0xff; 255]);
        let off_curve = BASE64URL_NOPAD.encode(&[1; 32]);
        for (key, why) in [
            (with(rsa_key(), "use", json!("enc")), "use"),
            (with(rsa_key(), "use", json!(null)), "use"),
            (with(rsa_key(), "key_ops", json!(["encrypt"])), "key_ops"),
            (with(rsa_key(), "d", json!("AQAB")), "private"),
            (with(ec_key(), "d", json!("AQAB")), "private"),
            (with(ed_key(), "d", json!(null)), "private"),
            (json!({"kty": "oct", "k": "AQAB"}), "shared"),
            (with(rsa_key(), "alg", json!("RS512")), "alg"),
            (with(ec_key(), "alg", json!("RS256")), "alg"),
            (with(rsa_key(), "alg", json!("HS256")), "alg"),
            (with(rsa_key(), "n", json!(short)), "2048"),
            (with(rsa_key(), "n", json!(format!("AAAA{short}"))), "2048"),
            (with(rsa_key(), "n", json!("A".repeat(1_400))), "RSA public key"),
            (with(rsa_key(), "e", json!("AQ")), "exponent"),
            (with(rsa_key(), "e", json!("AQAA")), "exponent"),
            (with(rsa_key(), "e", json!("AQAAAAAB")), "exponent"),
            (with(ec_key(), "x", json!(off_curve)), "P-256"),
            (with(ec_key(), "crv", json!("P-384")), "type"),
            (with(ed_key(), "crv", json!("X25519")), "type"),
            (with(ed_key(), "x", json!("AQAB")), "Ed25519"),
            (with(ed_key(), "kid", json!(7)), "kid"),
            (with(ed_key(), "kid", json!("k".repeat(257))), "kid"),
            (json!("key"), "object"),
        ] {
            let set = parse(&[key.clone(), ec_key()]).unwrap();
            assert_eq!((set.usable(), set.left_out().len()), (1, 1), "{key}");
            assert!(set.left_out()[0].why.contains(why), "{key}: {:?}", set.left_out());
            let error = parse(&[key]).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn a_modulus_with_a_zero_in_front_is_the_same_key() {
        let n = BASE64URL_NOPAD.decode(RSA_N.as_bytes()).unwrap();
        let padded = BASE64URL_NOPAD.encode(&[&[0], n.as_slice()].concat());
        let (plain, padded) = (parse(&[rsa_key()]), parse(&[with(rsa_key(), "n", json!(padded))]));
        assert!(plain.unwrap().same_keys(&padded.unwrap()));
    }

    #[test]
    fn sets_are_compared_by_keys_and_names_whatever_their_order() {
        let set = parse(&[rsa_key(), ec_key()]).unwrap();
        assert!(set.same_keys(&parse(&[ec_key(), rsa_key()]).unwrap()));
        assert!(!set.same_keys(&parse(&[ec_key()]).unwrap()));
        assert!(!set.same_keys(&parse(&[ec_key(), rsa_key(), ed_key()]).unwrap()));
        let named = parse(&[with(rsa_key(), "kid", json!("1")), ec_key()]).unwrap();
        assert!(!set.same_keys(&named));
    }

    #[test]
    fn what_is_no_key_set_or_beyond_a_bound_is_refused() {
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":null}"#, "<html>"] {
            assert!(matches!(JwkSet::parse(text.as_bytes()), Err(JwksError::NotAKeySet { .. })));
        }
        assert!(matches!(parse(&[]), Err(JwksError::NoUsableKey { .. })));
        let many = vec![ec_key(); 65];
        assert!(matches!(parse(&many), Err(JwksError::TooManyKeys { found: 65 })));
        assert_eq!(parse(&many[1..]).unwrap().usable(), 64);
        let long = vec![b' '; JWKS_BYTES_MAX + 1];
        assert!(matches!(JwkSet::parse(&long), Err(JwksError::TooLong)));
    }
}
