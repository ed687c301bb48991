//! `tonegate key ceremony request`: new issuing keys, sealed here, their public parts in a file.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;
use tonegate_issuer::limits::CEREMONY_CERTIFICATES_MAX;
use tonegate_server::ceremony::{self, CeremonyError, Envelope, RequestFile};

use crate::data::Opened;
use crate::exit::Exit;
use crate::output::{self, Output};
use crate::remote::Remote;
use crate::target::{Target, TargetArgs};

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
    target: TargetArgs,
}

impl Request {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let request = match self.target.open().await? {
            Target::Local(opened) => self.here(&opened).await?,
            Target::Remote(remote) => self.elsewhere(&remote).await?,
        };
        output.show(&Requested::new(&request, &self.out))?;
        Ok(Exit::Done)
    }

    async fn here(&self, opened: &Opened) -> Result<RequestFile, CeremonyError> {
        let Opened { installation, store, keyring, now, .. } = opened;
        let asked = (usize::from(self.count), self.replace);
        let publish =
            |request: &RequestFile| ceremony::write_new(&self.out, 0o644, request.clone());
        ceremony::request(installation, store, keyring, *now, asked, publish).await
    }

    async fn elsewhere(&self, remote: &Remote) -> anyhow::Result<RequestFile> {
        let asked = json!({ "count": self.count, "replace": self.replace });
        if !(1..=CEREMONY_CERTIFICATES_MAX).contains(&usize::from(self.count)) {
            return Err(CeremonyError::Count.into());
        }
        // Before the keys are made there, which only --replace makes again.
        if self.out.exists() {
            return Err(CeremonyError::Exists(self.out.display().to_string()).into());
        }
        let envelope: Envelope<RequestFile> = remote.post("/keys/requests", &asked).await?;
        let request = envelope.opened("the server's answer")?;
        ceremony::write_new(&self.out, 0o644, request.clone())?;
        Ok(request)
    }
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
