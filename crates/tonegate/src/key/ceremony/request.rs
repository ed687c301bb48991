//! `tonegate key ceremony request`: new issuing keys, sealed here, their public parts in a file.

use std::fmt;
use std::path::PathBuf;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use tonegate_issuer::limits::CEREMONY_CERTIFICATES_MAX;
use tonegate_issuer::{IssuingKey, Signer as _, SoftwareKey};
use tonegate_server::installation::{kek_source, pins_file};
use tonegate_server::keys::RotateError;
use tonegate_server::seal::{Kek, Label};

use super::files::{self, PendingFile, PendingKey, RequestFile, RequestedKey};
use crate::data::{DataArgs, Opened};
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Request {
    /// How many keys, each for 30 days: 1 to 13
    #[arg(long, value_name = "NUMBER", default_value = "13")]
    count: u8,
    /// The file to carry to the offline machine
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Give up the keys of an earlier request that was not installed
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    data: DataArgs,
}

impl Request {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        if !(1..=CEREMONY_CERTIFICATES_MAX).contains(&usize::from(self.count)) {
            let message = format!("--count is 1 to {CEREMONY_CERTIFICATES_MAX}: a year of keys");
            return Err(Failure::usage(message).into());
        }
        let opened = self.data.open().await?;
        if opened.installation.auto_root {
            let message = "this installation keeps its own roots; use `tonegate key rotate`";
            return Err(Failure::new(message).into());
        }
        let pending = opened.installation.data.pending_keys();
        if pending.exists() && !self.replace {
            return Err(Failure::new(
                "a request waits for its certificates; install them, or give --replace to begin anew",
            )
            .into());
        }
        let keys: Vec<SoftwareKey> =
            (0..self.count).map(|_| SoftwareKey::generate()).collect::<Result<_, _>>()?;
        let request = request(&opened, &keys).await?;
        let kek = kek_source(&opened.place.data, opened.place.kek.as_deref()).load()?;
        files::write_new(&self.out, 0o644, &request)?;
        files::write(&pending, 0o600, &sealed(&kek, &keys)?)?;
        output.show(&Requested::new(&request, &self.out))?;
        Ok(Exit::Done)
    }
}

async fn request(opened: &Opened, keys: &[SoftwareKey]) -> anyhow::Result<RequestFile> {
    let file = pins_file(&opened.store.meta().await?);
    let known = || opened.keyring.keys().iter().map(IssuingKey::chain);
    let mut serial = known().map(|chain| chain.serial()).max().unwrap_or(0);
    let mut requested = Vec::new();
    for key in keys {
        serial = serial.checked_add(1).ok_or(RotateError::SerialsUsedUp)?;
        let public_key = BASE64URL_NOPAD.encode(&key.public_key());
        requested.push(RequestedKey { serial, kid: key.key_id().to_string(), public_key });
    }
    let covered_until = opened.keyring.covered_until(opened.now);
    Ok(RequestFile {
        installation_id: file.installation_id,
        issuer: file.issuer,
        environment: file.environment,
        pins: file.pins,
        floor: known().map(|chain| chain.floor()).max().unwrap_or(1),
        covered_until: Some(covered_until).filter(|until| *until > opened.now),
        keys: requested,
    })
}

fn sealed(kek: &Kek, keys: &[SoftwareKey]) -> anyhow::Result<PendingFile> {
    let mut pending = Vec::new();
    for key in keys {
        let kid = key.key_id().to_string();
        let sealed = kek.seal(Label::IssuingKey { kid: &kid }, key.seed())?;
        pending.push(PendingKey { kid, sealed: BASE64URL_NOPAD.encode(sealed.as_bytes()) });
    }
    Ok(PendingFile { keys: pending })
}

#[derive(Serialize)]
struct Requested {
    file: String,
    keys: Vec<Asked>,
}

#[derive(Serialize)]
struct Asked {
    serial: u32,
    kid: String,
}

impl Requested {
    fn new(request: &RequestFile, out: &std::path::Path) -> Self {
        let keys = request.keys.iter();
        let keys = keys.map(|key| Asked { serial: key.serial, kid: key.kid.clone() });
        Self { file: out.display().to_string(), keys: keys.collect() }
    }
}

impl fmt::Display for Requested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in &self.keys {
            writeln!(f, "Issuing key {} {} waits for its certificate.", key.serial, key.kid)?;
        }
        let file = output::bold(&self.file);
        write!(
            f,
            "\nCarry {file} to the offline machine, and there compare these key names before you sign:\n  \
             tonegate key ceremony sign --root root-active.json --request {} --out certificates.json",
            self.file
        )
    }
}
