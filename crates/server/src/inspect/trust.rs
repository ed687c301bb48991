//! What a licence is judged against: pins, and what is expected of it.

use tonegate_license::{Environment, Expect, Identity, Pins};

/// The issuer of an installation that was given no other name.
const ISSUER: &str = "tonegate";

/// Pins, and what is expected; what nobody said is `None`.
#[derive(Debug, Clone)]
pub struct Trust {
    /// `None`: nothing can be proven.
    pub pins: Option<Pins>,
    /// Else `tonegate`.
    pub issuer: Option<String>,
    /// Else production.
    pub environment: Option<Environment>,
    /// Else any.
    pub app_id: Option<u32>,
    /// Who is asking; `None`: a licence that is tied to an identity is refused.
    pub identity: Option<Identity>,
}

impl Trust {
    /// The same as the verifier takes it.
    #[must_use]
    pub fn expect(&self) -> Expect<'_> {
        Expect {
            issuer: self.issuer.as_deref().unwrap_or(ISSUER),
            environment: self.environment.unwrap_or(Environment::Production),
            app_id: self.app_id,
            identity: self.identity,
        }
    }

    /// The same, with what nobody said taken from the licence: to explain it, not to trust it.
    pub(super) fn or_else(self, issuer: &str, environment: Environment) -> Self {
        Self {
            issuer: self.issuer.or_else(|| Some(issuer.to_owned())),
            environment: self.environment.or(Some(environment)),
            ..self
        }
    }
}
