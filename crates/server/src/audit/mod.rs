//! The audit log proves itself: a hash chain in the database, and signed checkpoints outside of it.
//!
//! The chain (`store::audit_chain`) shows that an entry was edited or taken out, unless somebody wrote
//! the whole log anew. A checkpoint that was kept elsewhere shows that too: it names one entry's number
//! and hash, and with it all entries before. `checkpoint` is what one says and how it is written,
//! `key` who may sign one, `verify` what is found out with them, `publish` how a running server hands
//! them out. Decision: docs/adr/0011.

mod checkpoint;
mod fault;
mod key;
pub(crate) mod publish;
mod verify;

use serde::{Deserialize, Serialize};
use tonegate_issuer::{SignError, Signer as _};

pub use checkpoint::{Checkpoint, Note, NoteError, read_notes};
pub use fault::Fault;
pub use key::{AuditKey, AuditKeyError};
pub use verify::{Evidence, Verdict, verify};

use crate::store::{AuditHash, Store, StoreError};

/// The newest checkpoint, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SignedCheckpoint {
    /// The newest entry.
    pub seq: i64,
    /// Its hash, 64 hex characters.
    #[schema(value_type = String)]
    pub hash: AuditHash,
    /// Unix seconds.
    pub at: i64,
    /// The signed note, to be kept.
    pub note: String,
    /// Who signed it: an Ed25519 key, base64url.
    #[schema(value_type = String)]
    pub public_key: AuditKey,
}

/// Why there is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The newest entry is gone, or its hash is.
    #[error("audit entry {seq} is missing or has no hash; run `tonegate audit verify`")]
    Broken {
        /// Its number.
        seq: i64,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Signs where the log stands at `now` (Unix seconds). Makes the key if there is none yet, as `actor`.
pub async fn latest_checkpoint(
    store: &Store,
    actor: &str,
    now: i64,
) -> Result<SignedCheckpoint, CheckpointError> {
    let key = store.audit_key_or_new(actor, now).await?;
    let installation_id = store.meta().await?.installation_id;
    let (seq, hash) = store.audit_head().await?;
    let hash = hash.ok_or(CheckpointError::Broken { seq })?;
    let note = Checkpoint { installation_id, seq, hash, at: now }.sign(&key)?;
    Ok(SignedCheckpoint { seq, hash, at: now, note, public_key: AuditKey(key.public_key()) })
}
