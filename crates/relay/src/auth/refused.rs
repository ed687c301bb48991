//! Why a caller is turned away. Every text is static, so none can hold a credential.

use std::fmt;

/// Why a credential was not accepted.
///
/// [`KeysNotLoaded`](Self::KeysNotLoaded) is the relay's trouble and worth a retry;
/// [`NoApp`](Self::NoApp) is a good credential without a right; the rest is the caller's to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// There is no Authorization header, or not one `Bearer` credential in it.
    NoCredential,
    /// No such API key, or none any more.
    UnknownKey,
    /// The API key's last second has passed.
    KeyExpired,
    /// The token is damaged, forged, or of a kind that is not taken.
    BadToken(TokenFault),
    /// `exp` has passed, leeway included.
    TokenExpired,
    /// `nbf` is still to come, leeway included.
    TokenNotYetValid,
    /// `iss` is no configured provider.
    UnknownIssuer,
    /// `aud` names none of ours.
    WrongAudience,
    /// The provider's key set has no key of the token's `kid`; a new set has been asked for.
    UnknownSigningKey,
    /// The token is good, and its claim names none of our apps.
    NoApp,
    /// The provider's key set could not be loaded yet, so its tokens cannot be judged.
    KeysNotLoaded,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenFault {
    /// Longer than 8 KiB.
    TooLong,
    /// Not three base64url parts.
    NotThreeParts,
    /// The header is no JSON object with an `alg`.
    Header,
    /// The header has `crit`, and no extension is understood.
    Critical,
    /// `alg` is not in the provider's list.
    Algorithm,
    /// The key that `kid` names is of another type than `alg`.
    KeyType,
    /// The signature is not the provider's.
    Signature,
    /// The claims are no JSON object, or a registered claim has the wrong type.
    Claims,
    /// There is no `exp`.
    NoExpiry,
}

impl Refused {
    /// A short name that never changes, for metrics and `type` members.
    pub fn kind(self) -> &'static str {
        match self {
            Self::NoCredential => "no_credential",
            Self::UnknownKey => "unknown_key",
            Self::KeyExpired => "key_expired",
            Self::BadToken(_) => "bad_token",
            Self::TokenExpired => "token_expired",
            Self::TokenNotYetValid => "token_not_yet_valid",
            Self::UnknownIssuer => "unknown_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::UnknownSigningKey => "unknown_signing_key",
            Self::NoApp => "no_app",
            Self::KeysNotLoaded => "keys_not_loaded",
        }
    }

    /// What happened and what to do next.
    pub fn detail(self) -> &'static str {
        match self {
            Self::NoCredential => {
                "send one header `Authorization: Bearer <API key or token>`, with nothing behind it"
            }
            Self::UnknownKey => {
                "no such API key, or it was revoked; at the relay, `tonegate relay key list` shows those there are"
            }
            Self::KeyExpired => {
                "the API key has expired; at the relay, make a new one with `tonegate relay key add`"
            }
            Self::BadToken(fault) => fault.detail(),
            Self::TokenExpired => "the token has expired; get a new one from the identity provider",
            Self::TokenNotYetValid => {
                "the token is not valid yet (`nbf`); compare the clocks of provider and relay"
            }
            Self::UnknownIssuer => {
                "the token's `iss` is no provider of this relay; it must equal `issuer` letter for letter"
            }
            Self::WrongAudience => {
                "the token's `aud` names none of the audiences configured for its provider"
            }
            Self::UnknownSigningKey => {
                "the provider's key set has no key of the token's `kid` (or without one, of its `alg`); \
                 the set is fetched again at most once a minute, so try again after that"
            }
            Self::NoApp => "the token is good, and its app claim names no app of this relay",
            Self::KeysNotLoaded => {
                "the identity provider's keys could not be loaded yet; try again in a few seconds"
            }
        }
    }
}

impl TokenFault {
    fn detail(self) -> &'static str {
        match self {
            Self::TooLong => "the token is longer than 8 KiB",
            Self::NotThreeParts => {
                "the credential is neither an API key nor a JWT: three base64url parts without padding"
            }
            Self::Header => "the token's header is no JSON object with an `alg`",
            Self::Critical => "the token's header has `crit`; no extension is understood here",
            Self::Algorithm => {
                "the token's `alg` is not accepted for its provider; RS256, ES256 and EdDSA can be"
            }
            Self::KeyType => {
                "the key that the token's `kid` names is of another type than its `alg`"
            }
            Self::Signature => "the token's signature is not of its provider's keys",
            Self::Claims => "the token's claims are no JSON object, or one has the wrong type",
            Self::NoExpiry => "the token has no `exp`; only tokens that end are accepted",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())
    }
}

impl std::error::Error for Refused {}
