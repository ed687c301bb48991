//! `tonegate audit key`: the public key that checkpoints are verified with.

use std::fmt;

use serde::Serialize;
use tonegate_issuer::Signer as _;
use tonegate_server::audit::{AuditKey, Checkpoint};

use crate::data::DataArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::{process, time};

#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    #[command(flatten)]
    data: DataArgs,
}

impl Key {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let store = super::open(&self.data).await?;
        let key = store.audit_key_or_new(&process::actor(), time::now()).await?;
        let public_key = AuditKey(key.public_key());
        let name = Checkpoint::origin(&store.meta().await?.installation_id);
        let verifier_key = public_key.verifier_key(&name);
        output.show(&Shown { public_key, name, verifier_key })?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Shown {
    public_key: AuditKey,
    /// In whose name it signs.
    name: String,
    /// For tools that read signed notes.
    verifier_key: String,
}

/// The key alone, so that it can be kept in a file.
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.public_key)
    }
}
