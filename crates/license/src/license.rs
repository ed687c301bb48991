//! A licence: its text before it is trusted ([`Token`]) and its content after ([`License`]).

use core::fmt;
use core::ops::Range;

use crate::certificate::Chain;
use crate::jws::Jws;
use crate::key::{self, KeyId};
use crate::limits::{FEATURES_MAX, GRACE_HOURS_MAX, IDENTITIES_MAX, LICENSE_CHARS_MAX};
use crate::list::List;
use crate::reader::{self, Deviation, Reader};
use crate::text::{Feature, Identity, Issuer};
use crate::verdict::Reason;

/// A licence's text, taken apart and **not verified**: what it says may be anybody's invention.
///
/// ```
/// use tonegate_license::{Reason, Token};
/// assert_eq!(Token::parse("").err(), Some(Reason::Empty));
/// assert_eq!(Token::parse("a.b").err(), Some(Reason::NotALicense));
/// ```
#[derive(Clone)]
pub struct Token<'a> {
    jws: Jws<'a>,
    /// Where the certificate stands in the header.
    certificate: Range<usize>,
    kid: KeyId,
}

impl<'a> Token<'a> {
    /// Takes a licence's text apart.
    ///
    /// `Err(Empty)`, `Err(TooLong)`: over 2,048 characters. `Err(NotALicense)`: not three canonical
    /// base64url segments under the profile's header. All SDK code 81.
    pub fn parse(text: &'a str) -> Result<Self, Reason> {
        if text.is_empty() {
            return Err(Reason::Empty);
        }
        if text.len() > LICENSE_CHARS_MAX {
            return Err(Reason::TooLong);
        }
        let jws = Jws::parse(text.as_bytes()).ok_or(Reason::NotALicense)?;
        let (certificate, kid) = header(jws.header.as_slice()).ok_or(Reason::NotALicense)?;
        Ok(Self { jws, certificate, kid })
    }

    /// The key certificate that travels in the header.
    #[must_use]
    pub fn certificate(&self) -> &str {
        let certificate = self.jws.header.as_slice().get(self.certificate.clone());
        str::from_utf8(certificate.unwrap_or(&[])).unwrap_or_default()
    }

    /// The key that the text claims to be signed with.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.kid
    }

    /// The claims as they stand: unverified, perhaps not even JSON.
    #[must_use]
    pub fn unverified_claims(&self) -> &[u8] {
        self.jws.payload.as_slice()
    }

    /// What the text says, without asking who said it: for tools that explain a licence.
    ///
    /// `Err(Claims)`: the claims break the profile.
    pub fn unverified(&self) -> Result<License, Reason> {
        claims(self.kid, self.jws.payload.as_slice()).map_err(|_| Reason::Claims)
    }
}

/// FORMAT.md §4: the licence's header is these exact bytes around the certificate and the key id.
fn header(header: &[u8]) -> Option<(Range<usize>, KeyId)> {
    let rest = header.strip_prefix(br#"{"alg":"EdDSA","crt":""#)?;
    let start = header.len() - rest.len();
    let length = rest.iter().position(|c| *c == b'"')?;
    let (_, rest) = rest.split_at_checked(length)?;
    let kid = rest.strip_prefix(br#"","kid":""#)?.strip_suffix(br#"","typ":"license+jwt"}"#)?;
    Some((start..start + length, KeyId::parse(kid)?))
}

/// The world that a licence is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Real users.
    Production,
    /// Development and tests.
    Test,
}

impl Environment {
    /// Reads `production` or `test`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "production" => Some(Self::Production),
            "test" => Some(Self::Test),
            _ => None,
        }
    }

    /// `production` or `test`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
        }
    }
}

/// What becomes of a feature when its licence has expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExpiry {
    /// The audio passes untouched.
    #[default]
    Bypass,
    /// The feature's operation ends with SDK code 82.
    Stop,
    /// The feature goes on for at most so many hours, 1 to 72, then as [`Bypass`](Self::Bypass).
    Grace(u32),
}

impl OnExpiry {
    fn parse(text: &[u8]) -> Option<Self> {
        match text {
            b"bypass" => Some(Self::Bypass),
            b"stop" => Some(Self::Stop),
            _ => {
                let hours = reader::integer(text.strip_prefix(b"grace:")?)?;
                let hours = u32::try_from(hours).ok()?;
                (1..=GRACE_HOURS_MAX).contains(&hours).then_some(Self::Grace(hours))
            }
        }
    }
}

/// As a licence spells it: `stop`, `bypass` or `grace:<hours>`.
impl fmt::Display for OnExpiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bypass => f.write_str("bypass"),
            Self::Stop => f.write_str("stop"),
            Self::Grace(hours) => write!(f, "grace:{hours}"),
        }
    }
}

/// A licence of the profile. [`License::verify`] makes one whose issuer is proven.
#[derive(Clone, Copy, Debug)]
pub struct License {
    kid: KeyId,
    pub(crate) bind: List<Identity, IDENTITIES_MAX>,
    environment: Environment,
    expires_at: i64,
    features: List<Feature, FEATURES_MAX>,
    issued_at: i64,
    pub(crate) issuer: Issuer,
    id: [u8; 16],
    not_before: i64,
    on_expiry: List<(Feature, OnExpiry), FEATURES_MAX>,
    revision: u32,
    app_id: u32,
}

impl License {
    /// Checks that the chain's key signed the licence, and reads it.
    ///
    /// `Err(Chain)`: it names another key, or was issued before the key's `sign_from`.
    /// `Err(Signature)`: altered, or not signed by that key. `Err(Claims)`: the claims break the
    /// profile. `Err(Issuer)`: the certificate is another issuer's. All SDK code 81.
    pub fn verify(token: &Token<'_>, chain: &Chain) -> Result<Self, Reason> {
        if token.kid != chain.key_id() {
            return Err(Reason::Chain);
        }
        if !token.jws.is_signed_by(&chain.key) {
            return Err(Reason::Signature);
        }
        let license = token.unverified()?;
        if license.issuer != chain.issuer {
            return Err(Reason::Issuer);
        }
        if license.issued_at < chain.sign_from { Err(Reason::Chain) } else { Ok(license) }
    }

    /// The key that signed it.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.kid
    }

    /// The app that it is for (`sub`).
    #[must_use]
    pub fn app_id(&self) -> u32 {
        self.app_id
    }

    /// The world that it is for (`env`).
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// Who issued it (`iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Its own name (`jti`), 16 bytes.
    #[must_use]
    pub fn id(&self) -> &[u8; 16] {
        &self.id
    }

    /// The app's revision at the issuer when it was made (`rev`).
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Unix seconds of its hour (`iat`).
    #[must_use]
    pub fn issued_at(&self) -> i64 {
        self.issued_at
    }

    /// Unix seconds from which it is good (`nbf`).
    #[must_use]
    pub fn not_before(&self) -> i64 {
        self.not_before
    }

    /// Unix seconds at which it ends (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// What it unlocks, in alphabetical order.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        self.features.as_slice()
    }

    /// The app identities that it is tied to; none: any app.
    #[must_use]
    pub fn identities(&self) -> &[Identity] {
        self.bind.as_slice()
    }

    /// What becomes of `feature` after expiry.
    #[must_use]
    pub fn on_expiry(&self, feature: &Feature) -> OnExpiry {
        let entry = self.on_expiry.as_slice().iter().find(|(named, _)| named == feature);
        entry.map(|(_, policy)| *policy).unwrap_or_default()
    }
}

/// FORMAT.md §4: the licence's claims.
fn claims(kid: KeyId, payload: &[u8]) -> Result<License, Deviation> {
    let mut reader = Reader::object(payload)?;
    if reader.string("aud")? != b"zim-audio" {
        return Err(Deviation);
    }
    let mut bind = List::new();
    if reader.next_is("bind") {
        reader.strings("bind", |text| push(&mut bind, Identity::parse(text)))?;
    }
    let environment = str::from_utf8(reader.string("env")?).ok().and_then(Environment::parse);
    let expires_at = reader.integer("exp")?;
    let mut features = List::new();
    reader.strings("features", |text| push(&mut features, Feature::parse(text)))?;
    let issued_at = reader.integer("iat")?;
    let issuer = Issuer::parse(reader.string("iss")?);
    let id = key::hex(reader.string("jti")?);
    let not_before = reader.integer("nbf")?;
    let mut on_expiry = List::new();
    if reader.next_is("on_expiry") {
        reader.strings("on_expiry", |text| push_policy(&mut on_expiry, text))?;
    }
    let revision = reader.integer_u32("rev")?;
    let app_id = reader::integer(reader.string("sub")?).and_then(|id| u32::try_from(id).ok());
    if reader.integer("ver")? != 1 {
        return Err(Deviation);
    }
    reader.end()?;
    if expires_at <= issued_at || expires_at <= not_before {
        return Err(Deviation);
    }
    Ok(License {
        kid,
        bind,
        environment: environment.ok_or(Deviation)?,
        expires_at,
        features,
        issued_at,
        issuer: issuer.ok_or(Deviation)?,
        id: id.ok_or(Deviation)?,
        not_before,
        on_expiry,
        revision,
        app_id: app_id.ok_or(Deviation)?,
    })
}

fn push<T: Copy + Default, const N: usize>(
    list: &mut List<T, N>,
    item: Option<T>,
) -> Result<(), Deviation> {
    list.push(item.ok_or(Deviation)?).ok_or(Deviation)
}

/// Adds a `feature:policy` entry. Sorted, those of one feature stand together: one is allowed.
fn push_policy(
    list: &mut List<(Feature, OnExpiry), FEATURES_MAX>,
    text: &[u8],
) -> Result<(), Deviation> {
    let colon = text.iter().position(|c| *c == b':').ok_or(Deviation)?;
    let (feature, policy) = text.split_at_checked(colon).ok_or(Deviation)?;
    let policy = policy.strip_prefix(b":").and_then(OnExpiry::parse).ok_or(Deviation)?;
    let feature = Feature::parse(feature).ok_or(Deviation)?;
    if list.last().is_some_and(|(last, _)| *last == feature) {
        return Err(Deviation);
    }
    push(list, Some((feature, policy)))
}
