//! What a licence of an issuer of ours must be before it is kept: authentic, this app's, and good now.
//!
//! The original service's licences are opaque; without a [`Trust`] nothing is read of a licence.

use tonegate_license::{Chain, Environment, Feature, License, Pins, Reason, Token};
use tonegate_protocol::AppId;

use crate::limits::NOT_YET_VALID_SECS;

/// Whose licences are taken, and for what.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The issuer's two root keys, as `tonegate key pins` prints them.
    pub pins: Pins,
    /// The issuer's name, `iss`.
    pub issuer: String,
    /// The world it is for, `env`.
    pub environment: Environment,
    /// Features without which a licence is of no use to the app; none: any licence.
    pub features: Vec<String>,
}

/// When an authentic licence was issued, and until when it is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// `iat`, Unix seconds.
    pub issued_at: i64,
    /// `exp`, or the key certificate's where that ends before, Unix seconds.
    pub expire_at: i64,
}

impl Trust {
    /// Verifies a licence for `app_id` at `now` (Unix seconds of the issuer).
    pub(crate) fn verify(&self, text: &str, app_id: AppId, now: i64) -> Result<Verified, Reason> {
        let (license, verified) = self.authentic(text, app_id)?;
        if license.not_before() > now.saturating_add(NOT_YET_VALID_SECS) {
            return Err(Reason::NotYetValid);
        }
        match verified.expire_at > now {
            true => Ok(verified),
            false if license.expires_at() > now => Err(Reason::CertificateExpired),
            false => Err(Reason::Expired),
        }
    }

    /// A licence that is this app's, good or not at the moment.
    pub(crate) fn authentic(
        &self,
        text: &str,
        app_id: AppId,
    ) -> Result<(License, Verified), Reason> {
        let token = Token::parse(text)?;
        let chain = Chain::verify(token.certificate(), &self.pins)?;
        if chain.issuer() != self.issuer {
            return Err(Reason::Issuer);
        }
        let license = License::verify(&token, &chain)?;
        if license.environment() != self.environment {
            return Err(Reason::Environment);
        }
        if license.app_id() != app_id.0 {
            return Err(Reason::App);
        }
        let has = |name: &String| license.features().iter().any(|it: &Feature| it.as_str() == name);
        if !self.features.iter().all(has) {
            return Err(Reason::FeatureMissing);
        }
        let expire_at = license.expires_at().min(chain.expires_at());
        let verified = Verified { issued_at: license.issued_at(), expire_at };
        Ok((license, verified))
    }
}
