//! `tonegate license fetch`: a licence, as an app's backend fetches it.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use tonegate_client::{AppId, FetchedLicense, LicenseClient, Upstream};

use crate::exit::Exit;
use crate::output::Output;
use crate::secret::{self, SecretArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct Fetch {
    /// Where the issuer answers, such as `https://issuer.example`
    #[arg(long, value_name = "BASE")]
    url: String,
    /// The app
    #[arg(long, value_name = "NUMBER")]
    app_id: AppId,
    /// A PEM file with the certificate of a private authority to trust
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    #[arg(long, hide = true)]
    secret: Option<String>,
    #[command(flatten)]
    from: SecretArgs,
}

impl Fetch {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        secret::refuse_argument(self.secret.as_deref())?;
        let mut upstream = Upstream::builder(self.url);
        if let Some(ca) = self.ca {
            upstream = upstream.ca_file(ca);
        }
        let client = LicenseClient::new(upstream.build()?, self.app_id, self.from.read()?);
        output.show(&Fetched::of(client.fetch().await?))?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Fetched {
    license: String,
    request_id: Option<String>,
    fetched_at: i64,
    clock_offset_secs: i64,
}

impl Fetched {
    fn of(fetched: FetchedLicense) -> Self {
        Self {
            license: fetched.license,
            request_id: fetched.request_id,
            fetched_at: fetched.fetched_at,
            clock_offset_secs: fetched.clock_offset_secs,
        }
    }
}

/// The licence alone, for pipes.
impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.license)
    }
}
