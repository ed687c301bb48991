//! `tonegate key ceremony install`: certificates meet the sealed keys that waited for them.
//!
//! Invariant: it can be run again. What is installed already, byte for byte, counts as done.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tonegate_server::ceremony::{self, CertificatesFile, Envelope};
use tonegate_server::installation::load_keyring;

use crate::data::Opened;
use crate::exit::Exit;
use crate::output::Output;
use crate::process;
use crate::target::{Target, TargetArgs};
use crate::time::{self, Moment, distance};

#[derive(Debug, clap::Args)]
pub(crate) struct Install {
    /// The file with the certificates
    file: PathBuf,
    #[command(flatten)]
    target: TargetArgs,
}

impl Install {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let target = self.target.open().await?;
        let answer: CertificatesFile = ceremony::read(&self.file)?;
        let installed = match target {
            Target::Local(opened) => here(&opened, &answer).await?,
            Target::Remote(remote) => {
                remote.post("/keys/certificates", &Envelope::of(answer)).await?
            }
        };
        output.show(&installed)?;
        Ok(Exit::Done)
    }
}

async fn here(opened: &Opened, answer: &CertificatesFile) -> anyhow::Result<Installed> {
    let by = (&*process::actor(), opened.now);
    ceremony::install(&opened.installation, &opened.store, by, answer).await?;
    Installed::of(opened, answer.certificates.len()).await
}

/// The admin API says the same.
#[derive(Serialize, Deserialize)]
struct Installed {
    installed: usize,
    covered_until: i64,
    #[serde(skip, default = "time::now")]
    now: i64,
}

impl Installed {
    async fn of(opened: &Opened, installed: usize) -> anyhow::Result<Self> {
        let installation = &opened.installation;
        let keyring =
            load_keyring(&opened.store, None, &installation.pins, &installation.issuer).await?;
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
