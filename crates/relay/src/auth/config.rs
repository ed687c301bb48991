//! The `[auth]` part of the relay's configuration.
//!
//! [`Auth::check`] refuses what reads well and can only be a mistake. What the files hold is left to
//! [`Authenticator::open`](super::Authenticator::open).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

use http::Uri;
use serde::Deserialize;
use tonegate_client::AppId;

use super::limits::{LEEWAY_SECS, LEEWAY_SECS_MAX};

/// Who may ask for licences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// File of API keys; empty: none are accepted.
    pub api_keys: PathBuf,
    /// Identity providers whose tokens are accepted.
    pub jwt: Vec<JwtProvider>,
}

/// An identity provider whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtProvider {
    /// `iss` of its tokens, letter for letter.
    pub issuer: String,
    /// What may stand in `aud`; one match is enough.
    pub audience: Vec<String>,
    /// Where its key set is fetched; HTTPS, or HTTP on the loopback.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// The file that holds its key set.
    #[serde(default)]
    pub jwks_file: Option<PathBuf>,
    /// Signature algorithms that are accepted.
    #[serde(default = "Algorithm::all")]
    pub algorithms: Vec<Algorithm>,
    /// Seconds that `exp` and `nbf` may be off, 0–600.
    #[serde(default = "leeway")]
    pub leeway: u32,
    /// The claim that says which apps a caller may have; without it, all.
    #[serde(default)]
    pub app_claim: Option<String>,
    /// From the claim's value to the app; without it, the claim is the AppId, an integer.
    #[serde(default)]
    pub apps: BTreeMap<String, AppId>,
}

/// A signature algorithm of RFC 7518 and RFC 8037 that is accepted: asymmetric ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

impl Auth {
    /// Whether nobody could ever be accepted.
    pub fn is_off(&self) -> bool {
        self.api_keys.as_os_str().is_empty() && self.jwt.is_empty()
    }

    /// Refuses mistakes; the text names the provider and the key to mend.
    ///
    /// # Errors
    /// What is wrong and what to write instead.
    pub fn check(&self) -> Result<(), String> {
        let mut issuers = BTreeSet::new();
        for (index, provider) in self.jwt.iter().enumerate() {
            let place =
                |why| format!("[[auth.jwt]] number {} ({}): {why}", index + 1, provider.issuer);
            provider.check().map_err(place)?;
            if !issuers.insert(&provider.issuer) {
                return Err(place(
                    "issuer: another provider has it; put both audiences in one".into(),
                ));
            }
        }
        Ok(())
    }
}

impl JwtProvider {
    fn check(&self) -> Result<(), String> {
        let empty = |text: &String| text.trim().is_empty();
        let wrong = |why: &str| Err(why.to_owned());
        if empty(&self.issuer) {
            return wrong("issuer: is empty; write what stands in `iss` of the tokens");
        }
        if self.audience.is_empty() || self.audience.iter().any(empty) {
            return wrong(
                "audience: is empty; without it, tokens for other services would be accepted",
            );
        }
        if self.algorithms.is_empty() {
            return wrong("algorithms: is empty; leave it out, or name RS256, ES256 or EdDSA");
        }
        if self.leeway > LEEWAY_SECS_MAX {
            return Err(format!("leeway: is {} s; at most {LEEWAY_SECS_MAX} s", self.leeway));
        }
        if self.app_claim.as_ref().is_some_and(empty) {
            return wrong("app_claim: is empty; leave it out, or name the claim");
        }
        if self.app_claim.is_none() && !self.apps.is_empty() {
            return wrong("apps: needs app_claim, the claim whose values it maps");
        }
        self.check_source()
    }

    fn check_source(&self) -> Result<(), String> {
        match (&self.jwks_url, &self.jwks_file) {
            (Some(url), None) => check_url(url),
            (None, Some(file)) if file.as_os_str().is_empty() => {
                Err("jwks_file: is empty; name the file with the provider's keys".into())
            }
            (None, Some(_)) => Ok(()),
            (Some(_), Some(_)) => Err("jwks_url and jwks_file: only one of them".into()),
            (None, None) => Err("jwks_url or jwks_file: one of them is needed".into()),
        }
    }
}

impl Algorithm {
    /// Every algorithm that can be accepted.
    pub fn all() -> Vec<Self> {
        vec![Self::RS256, Self::ES256, Self::EdDSA]
    }

    /// The algorithm of an `alg` member. `none` and the HMACs are not among them.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::RS256),
            "ES256" => Some(Self::ES256),
            "EdDSA" => Some(Self::EdDSA),
            _ => None,
        }
    }
}

fn leeway() -> u32 {
    LEEWAY_SECS
}

/// Whoever can change the key set on its way can make tokens, so it travels over TLS or not at all.
fn check_url(url: &str) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| "jwks_url: is no URL".to_owned())?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("jwks_url: holds a user name; a key set is public and needs none".into());
    }
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => Ok(()),
        (Some("http"), Some(host)) if is_loopback(host) => Ok(()),
        _ => Err("jwks_url: must be https://…; http:// only on the loopback".into()),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn provider(change: impl FnOnce(&mut Value)) -> Result<Auth, String> {
        let mut provider = json!({
            "issuer": "https://id.example", "audience": ["relay"],
            "jwks_url": "https://id.example/keys",
        });
        change(&mut provider);
        let auth: Auth = serde_json::from_value(json!({ "jwt": [provider] }))
            .map_err(|error| error.to_string())?;
        auth.check().map(|()| auth)
    }

    #[test]
    fn the_defaults_are_three_algorithms_a_minute_and_every_app() {
        let auth = provider(|_| ()).unwrap();
        assert_eq!(auth.jwt[0].algorithms, Algorithm::all());
        assert_eq!((auth.jwt[0].leeway, &auth.jwt[0].app_claim), (60, &None));
    }

    #[test]
    fn it_is_off_until_there_is_a_way_in() {
        assert!(Auth::default().is_off());
        assert!(!provider(|_| ()).unwrap().is_off());
        assert!(!Auth { api_keys: "keys.json".into(), jwt: Vec::new() }.is_off());
    }

    #[test]
    fn mistakes_are_refused_with_the_key_to_mend() {
        for (key, value) in [
            ("issuer", json!("")),
            ("audience", json!([])),
            ("audience", json!(["relay", " "])),
            ("algorithms", json!([])),
            ("leeway", json!(601)),
            ("app_claim", json!("")),
            ("apps", json!({"a": 1})),
            ("jwks_file", json!("keys.json")),
            ("jwks_url", json!(null)),
            ("jwks_url", json!("http://id.example/keys")),
            ("jwks_url", json!("https://user:password@id.example/keys")),
            ("jwks_url", json!("file:///keys")),
            ("jwks_url", json!("no URL")),
        ] {
            let error = provider(|provider| provider[key] = value.clone()).unwrap_err();
            assert!(error.contains(key), "{key} = {value}: {error}");
        }
    }

    #[test]
    fn algorithms_that_anyone_can_sign_with_are_no_algorithms() {
        for name in ["HS256", "none", "rs256", "PS256", "ES384"] {
            assert!(provider(|provider| provider["algorithms"] = json!([name])).is_err(), "{name}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(provider(|provider| provider["secret"] = json!("x")).is_err());
        assert!(serde_json::from_value::<Auth>(json!({"api_key": "keys.json"})).is_err());
    }

    #[test]
    fn http_is_for_the_loopback() {
        for url in ["http://127.0.0.1:9000/keys", "http://[::1]/keys", "http://localhost/keys"] {
            assert!(provider(|provider| provider["jwks_url"] = json!(url)).is_ok(), "{url}");
        }
        for url in ["http://localhost.example/", "http://127.0.0.1.example/", "http://10.0.0.1/"] {
            assert!(provider(|provider| provider["jwks_url"] = json!(url)).is_err(), "{url}");
        }
    }

    #[test]
    fn one_provider_an_issuer() {
        let mut auth = provider(|_| ()).unwrap();
        auth.jwt.push(auth.jwt[0].clone());
        assert!(auth.check().unwrap_err().contains("number 2"));
    }
}
