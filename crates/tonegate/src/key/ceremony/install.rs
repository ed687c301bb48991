//! `tonegate key ceremony install`: certificates meet the sealed keys that waited for them.
//!
//! Invariant: it can be run again. What is installed already, byte for byte, counts as done.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use tonegate_issuer::{IssuingKey, SoftwareKey};
use tonegate_license::Chain;
use tonegate_server::installation::{kek_source, load_keyring};
use tonegate_server::seal::{Kek, Label, Sealed};
use tonegate_server::store::NewIssuingKey;
use zeroize::Zeroizing;

use super::files::{self, CertificatesFile, PendingFile, PendingKey};
use crate::data::{DataArgs, Opened};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::time::{Moment, distance};

#[derive(Debug, clap::Args)]
pub(crate) struct Install {
    /// The file with the certificates
    file: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

impl Install {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        let answer: CertificatesFile = files::read(&self.file)?;
        if answer.installation_id != opened.installation.id {
            let message = "these certificates are for another installation";
            return Err(Failure::new(message).into());
        }
        let stored = opened.store.issuing_keys().await?;
        let is_new = |it: &&String| stored.iter().all(|stored| stored.key.certificate != **it);
        let new: Vec<_> = answer.certificates.iter().filter(is_new).collect();
        if !new.is_empty() {
            add(&opened, &new).await?;
        }
        clear(&opened).await?;
        output.show(&Installed::of(&opened, answer.certificates.len()).await?)?;
        Ok(Exit::Done)
    }
}

/// Keeps the keys of these certificates, all or none.
async fn add(opened: &Opened, certificates: &[&String]) -> anyhow::Result<()> {
    let path = opened.installation.data.pending_keys();
    if !path.exists() {
        let cure = "begin with `tonegate key ceremony request`";
        return Err(Failure::new(format!("no key waits for a certificate; {cure}")).into());
    }
    let pending: PendingFile = files::read(&path)?;
    let kek = kek_source(&opened.place.data, opened.place.kek.as_deref()).load()?;
    let mut tx = opened.begin().await?;
    for certificate in certificates {
        tx.add_issuing_key(&joined(opened, certificate, &pending, &kek)?).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Removes the file of waiting keys once one of them is in the database: its request is answered.
/// Keys of a later request go on waiting.
async fn clear(opened: &Opened) -> anyhow::Result<()> {
    let path = opened.installation.data.pending_keys();
    if !path.exists() {
        return Ok(());
    }
    let pending: PendingFile = files::read(&path)?;
    let stored = opened.store.issuing_keys().await?;
    let is_kept = |key: &PendingKey| stored.iter().any(|stored| stored.key.kid == key.kid);
    if pending.keys.iter().any(is_kept) {
        std::fs::remove_file(&path)?;
    }
    Ok(())
}

/// A certificate with its private key, both checked against the pins.
fn joined(
    opened: &Opened,
    certificate: &str,
    pending: &PendingFile,
    kek: &Kek,
) -> anyhow::Result<NewIssuingKey> {
    let pins = &opened.installation.pins;
    let chain = Chain::verify(certificate, pins).map_err(|reason| {
        Failure::new(format!("a certificate does not pass the verifier: {reason}"))
    })?;
    if chain.issuer() != opened.installation.issuer {
        let message = format!("a certificate is for issuer {}", chain.issuer());
        return Err(Failure::new(message).into());
    }
    let kid = chain.key_id().to_string();
    let waiting = pending.keys.iter().find(|key| key.kid == kid);
    let waiting = waiting.ok_or_else(|| {
        Failure::new(format!("key {kid} does not wait here; sign the newest request"))
    })?;
    let damaged = || Failure::installation(format!("the pending key {kid} does not open"));
    let sealed = BASE64URL_NOPAD.decode(waiting.sealed.as_bytes()).map_err(|_| damaged())?;
    let seed = kek.open(Label::IssuingKey { kid: &kid }, &Sealed::from_bytes(sealed))?;
    let seed: [u8; 32] = seed.as_slice().try_into().map_err(|_| damaged())?;
    let seed = Zeroizing::new(seed);
    let signer = Arc::new(SoftwareKey::from_seed(seed.clone())?);
    IssuingKey::new(certificate, signer, pins)?;
    Ok(NewIssuingKey {
        serial: chain.serial(),
        kid,
        certificate: certificate.to_owned(),
        seed,
        sign_from: chain.sign_from(),
        exp: chain.expires_at(),
    })
}

#[derive(Serialize)]
struct Installed {
    installed: usize,
    covered_until: i64,
    #[serde(skip)]
    now: i64,
}

impl Installed {
    async fn of(opened: &Opened, installed: usize) -> anyhow::Result<Self> {
        let installation = &opened.installation;
        let keyring = load_keyring(&opened.store, &installation.pins, &installation.issuer).await?;
        let covered_until = keyring.covered_until(opened.now);
        Ok(Self { installed, covered_until, now: opened.now })
    }
}

impl fmt::Display for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = Moment(self.covered_until);
        let distance = distance(self.covered_until, self.now);
        write!(
            f,
            "{} issuing keys installed; every hour until {until} is covered ({distance}). A running \
             server takes them up within 2 seconds.",
            self.installed
        )
    }
}
