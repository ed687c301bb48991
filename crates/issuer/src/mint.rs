//! Mints licences: what an app is granted, for one hour, signed, and checked before it leaves.
//!
//! Everything in a licence comes from (grant, hour, key), so every node mints the same bytes.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use tonegate_license::{Environment, Feature, Identity, License, OnExpiry, Reason, Token};

use crate::jws::{self, base64url};
use crate::keyring::{IssuingKey, Keyring};
use crate::limits::{HOUR_SECS, NOT_BEFORE_SECS};
use crate::signer::SignError;

/// A feature that an app is granted, perhaps for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedFeature {
    /// 1 to 16 characters of `[a-z0-9-]`.
    pub name: String,
    /// Unix seconds from which it is granted.
    pub from: Option<i64>,
    /// Unix seconds at which the grant ends.
    pub until: Option<i64>,
}

/// What an app is granted: all that a licence says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The app's public number.
    pub app_id: u32,
    /// The world it is for.
    pub environment: Environment,
    /// The app's revision; raised by every change of it.
    pub revision: u32,
    /// Seconds that a licence lasts at least, from its answer.
    pub lifetime: u32,
    /// Unix seconds at which the app's entitlement ends; no licence goes beyond.
    pub ends_at: Option<i64>,
    /// By name, each once.
    pub features: Vec<GrantedFeature>,
    /// App identities that its licences are tied to; none: any app.
    pub identities: Vec<Identity>,
    /// What becomes of features at expiry; those not named are bypassed.
    pub on_expiry: Vec<(String, OnExpiry)>,
}

/// A licence that was minted and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    /// The licence.
    pub license: String,
    /// The hour that it is of, Unix seconds.
    pub hour: i64,
    /// Unix seconds at which it ends.
    pub expires_at: i64,
    /// Serial of the key that signed it.
    pub serial: u32,
}

impl Minted {
    /// What of it follows from nothing else: see [`mint_signed`].
    #[must_use]
    pub fn signature(&self) -> Option<[u8; 64]> {
        jws::signature(&self.license)
    }
}

/// Why no licence was minted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// No issuing key signs this hour, or none whose certificate outlives the licence.
    #[error(
        "no issuing key signs the hour that begins at {hour}; add one with `tonegate key rotate`"
    )]
    NoKey {
        /// The hour, Unix seconds.
        hour: i64,
    },
    /// The app's entitlement has ended, or holds no feature any more.
    #[error("the app's entitlement holds no feature in the hour that begins at {hour}")]
    NothingGranted {
        /// The hour, Unix seconds.
        hour: i64,
    },
    /// The key cannot sign now.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The verifier refuses what was signed: a value is outside the format.
    #[error("the verifier refuses the new licence: {0}")]
    Refused(Reason),
    /// The verifier reads something else than was granted.
    #[error("the new licence does not say what was granted")]
    Differs,
}

/// Is anything granted in `hour`? If not, [`mint`] says `NothingGranted`.
#[must_use]
pub fn is_granted(grant: &Grant, hour: i64) -> bool {
    Claims::of(grant, hour).is_some()
}

/// Mints the app's licence of `hour` with the key whose turn it is.
pub fn mint(grant: &Grant, hour: i64, issuer: &str, keys: &Keyring) -> Result<Minted, MintError> {
    mint_by(grant, hour, issuer, keys, |key, text| key.signer().sign(text))
}

/// Makes the licence of a signature that was made for it earlier: everything else in it follows from
/// (grant, hour, key).
///
/// `Err(Refused)`: the signature is of another licence, or of another key than the one whose turn it is.
pub fn mint_signed(
    grant: &Grant,
    hour: i64,
    issuer: &str,
    keys: &Keyring,
    signature: &[u8; 64],
) -> Result<Minted, MintError> {
    mint_by(grant, hour, issuer, keys, |_, _| Ok(*signature))
}

fn mint_by(
    grant: &Grant,
    hour: i64,
    issuer: &str,
    keys: &Keyring,
    sign: impl FnOnce(&IssuingKey, &[u8]) -> Result<[u8; 64], SignError>,
) -> Result<Minted, MintError> {
    let claims = Claims::of(grant, hour).ok_or(MintError::NothingGranted { hour })?;
    let key = keys.signer_of(hour).filter(|key| claims.expires_at <= key.chain().expires_at());
    let key = key.ok_or(MintError::NoKey { hour })?;
    let json = claims.to_json(issuer, key);
    let license = jws::sign_by(key.license_header(), &json, |text| sign(key, text))?;
    lint(&license, &claims, key)?;
    let (expires_at, serial) = (claims.expires_at, key.chain().serial());
    Ok(Minted { license, hour, expires_at, serial })
}

/// Reads the new licence with the verifier that apps use, and compares.
fn lint(license: &str, claims: &Claims<'_>, key: &IssuingKey) -> Result<(), MintError> {
    let token = Token::parse(license).map_err(MintError::Refused)?;
    let read = License::verify(&token, key.chain()).map_err(MintError::Refused)?;
    let features = read.features().iter().map(|feature| feature.as_str());
    let same = read.app_id() == claims.grant.app_id
        && read.environment() == claims.grant.environment
        && read.revision() == claims.grant.revision
        && read.issued_at() == claims.hour
        && read.expires_at() == claims.expires_at
        && features.eq(claims.features.iter().copied())
        && claims.grant.identities.iter().all(|identity| read.identities().contains(identity))
        && read.features().iter().all(|feature| read.on_expiry(feature) == claims.policy(feature))
        && token.certificate() == key.certificate();
    if same { Ok(()) } else { Err(MintError::Differs) }
}

/// What the licence of one hour says.
struct Claims<'g> {
    grant: &'g Grant,
    hour: i64,
    expires_at: i64,
    features: Vec<&'g str>,
}

impl<'g> Claims<'g> {
    /// `None`: nothing is granted any more.
    fn of(grant: &'g Grant, hour: i64) -> Option<Self> {
        let lifetime = i64::from(grant.lifetime);
        let full = hour + HOUR_SECS + lifetime;
        let expires_at = grant.ends_at.map_or(full, |end| end.min(full));
        // A feature that ends before the entitlement is left out from (its end − lifetime) on.
        let granted = |feature: &&GrantedFeature| {
            let begun = feature.from.is_none_or(|from| from < hour + HOUR_SECS);
            let outlives =
                |until| hour < until - lifetime || grant.ends_at.is_some_and(|end| until >= end);
            begun && feature.until.is_none_or(outlives)
        };
        let mut features: Vec<_> =
            grant.features.iter().filter(granted).map(|feature| feature.name.as_str()).collect();
        features.sort_unstable();
        let something = expires_at > hour && !features.is_empty();
        something.then_some(Self { grant, hour, expires_at, features })
    }

    fn to_json(&self, issuer: &str, key: &IssuingKey) -> String {
        let Self { grant, hour, expires_at, features } = self;
        let environment = grant.environment.as_str();
        format!(
            r#"{{"aud":"zim-audio",{}"env":"{environment}","exp":{expires_at},"features":{},"iat":{hour},"iss":"{issuer}","jti":"{}","nbf":{},{}"rev":{},"sub":"{}","ver":1}}"#,
            array_member("bind", self.identities()),
            array(features),
            self.id(issuer, key),
            hour - NOT_BEFORE_SECS,
            array_member("on_expiry", self.policies()),
            grant.revision,
            grant.app_id,
        )
    }

    fn identities(&self) -> Vec<String> {
        self.grant.identities.iter().map(|identity| base64url(identity.as_bytes())).collect()
    }

    /// What was granted for a feature's expiry.
    fn policy(&self, feature: &Feature) -> OnExpiry {
        let named = self.grant.on_expiry.iter().find(|(name, _)| name == feature.as_str());
        named.map(|(_, policy)| *policy).unwrap_or_default()
    }

    /// The policies of features that are in the licence, but for the default.
    fn policies(&self) -> Vec<String> {
        let named =
            self.grant.on_expiry.iter().filter(|(name, _)| self.features.contains(&name.as_str()));
        let policy = |(name, policy): &(String, OnExpiry)| match policy {
            OnExpiry::Bypass => None,
            OnExpiry::Stop => Some(format!("{name}:stop")),
            OnExpiry::Grace(hours) => Some(format!("{name}:grace:{hours}")),
        };
        named.filter_map(policy).collect()
    }

    /// The licence's name: the same on every node, another one for every other content.
    fn id(&self, issuer: &str, key: &IssuingKey) -> String {
        let Self { grant, hour, .. } = self;
        let named = format!(
            "tonegate license {issuer} {} {} {} {} {} {hour}",
            grant.app_id,
            grant.environment.as_str(),
            grant.revision,
            key.chain().key_id(),
            key.chain().serial(),
        );
        let hash = digest::digest(&digest::SHA256, named.as_bytes());
        let (id, _) = hash.as_ref().split_at(16);
        HEXLOWER.encode(id)
    }
}

fn array_member(name: &str, mut items: Vec<String>) -> String {
    items.sort_unstable();
    items.dedup();
    if items.is_empty() { String::new() } else { format!(r#""{name}":{},"#, array(&items)) }
}

fn array(items: &[impl AsRef<str>]) -> String {
    let mut text = String::from("[");
    for (item, place) in items.iter().zip(0..) {
        text.push_str(if place == 0 { "\"" } else { "\",\"" });
        text.push_str(item.as_ref());
    }
    text.push_str("\"]");
    text
}
