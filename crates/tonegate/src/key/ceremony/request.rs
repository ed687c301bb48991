//! `tonegate key ceremony request`: new issuing keys, sealed here, their public parts in a file.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;
use tonegate_issuer::limits::CEREMONY_CERTIFICATES_MAX;
use tonegate_server::ceremony::{self, CeremonyError, Envelope, RequestFile, Wanted};

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
    /// Make the keys in the hardware token of the configuration (its section pkcs11), which they cannot leave
    #[arg(long)]
    in_token: bool,
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
        let Self { replace, in_token, .. } = *self;
        let asked = Wanted { count: usize::from(self.count), replace, in_token };
        let publish =
            |request: &RequestFile| ceremony::write_new(&self.out, 0o644, request.clone());
        let place = (installation, opened.token.as_ref());
        ceremony::request(place, store, keyring, *now, asked, publish).await
    }

    async fn elsewhere(&self, remote: &Remote) -> anyhow::Result<RequestFile> {
        let mut asked = json!({ "count": self.count, "replace": self.replace });
        // A server of an earlier release knows no such member.
        if let (true, Some(asked)) = (self.in_token, asked.as_object_mut()) {
            asked.insert("token".to_owned(), true.into());
        }
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
