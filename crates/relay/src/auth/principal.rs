//! Who asks, after the credential was found good: what rate tables and handlers need, and nothing
//! personal.

use std::sync::Arc;

use tonegate_client::AppId;

/// A caller whose credential is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The same for the same caller while this process runs, and under a key that callers do not
    /// know, so that none can meet another's place in a table.
    pub id_hash: u64,
    /// What the caller presented.
    pub kind: PrincipalKind,
    /// The apps whose licences it may have.
    pub apps: Apps,
    /// For logs: the API key's id, or the token's issuer, never its subject.
    pub id: Arc<str>,
}

/// What a caller presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// An API key from the keys file.
    ApiKey,
    /// A token of an identity provider.
    Jwt,
}

/// The apps whose licences a caller may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Apps {
    /// Every app of the relay.
    All,
    /// These, ascending, each once.
    List(Arc<[AppId]>),
}

impl Apps {
    /// Exactly `apps`, in any order.
    pub fn list(mut apps: Vec<AppId>) -> Self {
        apps.sort_unstable();
        apps.dedup();
        Self::List(apps.into())
    }

    /// Whether `app` is among them.
    pub fn allow(&self, app: AppId) -> bool {
        match self {
            Self::All => true,
            Self::List(apps) => apps.binary_search(&app).is_ok(),
        }
    }
}
