//! What a licence is verified against: pins, and what the app expects of its licences.

use std::path::PathBuf;

use tonegate_license::{Environment, Pins};
use tonegate_protocol::AppId;
use tonegate_server::data_dir::{DataDir, PinsFile};
use tonegate_server::inspect::Trust;

use crate::exit::Failure;
use crate::identity::IdentityArg;

#[derive(Debug, clap::Args)]
pub(crate) struct PinsArgs {
    /// The pins, as `tonegate key pins` prints them
    #[arg(long, value_name = "PINS", allow_hyphen_values = true, conflicts_with_all = ["pins_file", "data"])]
    pins: Option<Pins>,
    /// The pins.json of an installation; it names issuer and environment too
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pins_file: Option<PathBuf>,
    /// An installation's data directory, for its pins.json
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The issuer that is expected [default: that of the pins file, else tonegate]
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// The environment that is expected [default: that of the pins file, else production]
    #[arg(long, value_name = "WORLD", value_parser = environment)]
    environment: Option<Environment>,
    /// The AppId that is expected [default: any]
    #[arg(long, value_name = "NUMBER")]
    app_id: Option<AppId>,
    /// This app's identity: android:PACKAGE:SHA256, ios:BUNDLE_ID or web:ORIGIN
    #[arg(long, value_name = "IDENTITY", allow_hyphen_values = true)]
    identity: Option<IdentityArg>,
}

fn environment(text: &str) -> Result<Environment, String> {
    Environment::parse(text).ok_or_else(|| "an environment is production or test".to_owned())
}

/// The pins, for what cannot be done without.
pub(crate) fn needed(trust: &Trust) -> Result<Pins, Failure> {
    trust.pins.ok_or_else(|| {
        Failure::usage("nothing to verify against: give --pins, --pins-file or --data")
    })
}

impl PinsArgs {
    /// Reads the pins, where some were named.
    pub(crate) fn read(&self) -> anyhow::Result<Trust> {
        let file = self.file()?;
        let pins = match &file {
            Some(file) => Some(file.pins.parse()?),
            None => self.pins,
        };
        let of_file = file.as_ref().and_then(|file| Environment::parse(file.environment.as_str()));
        Ok(Trust {
            pins,
            issuer: self.issuer.clone().or(file.map(|file| file.issuer)),
            environment: self.environment.or(of_file),
            app_id: self.app_id.map(|app_id| app_id.0),
            identity: self.identity.map(|identity| identity.0),
        })
    }

    fn file(&self) -> Result<Option<PinsFile>, Failure> {
        let of_data = self.data.as_deref().map(|data| DataDir::new(data).pins());
        let Some(path) = self.pins_file.clone().or(of_data) else { return Ok(None) };
        PinsFile::read(&path).map(Some).map_err(|error| {
            let cure = "give the pins.json of an installation, or its data directory";
            Failure::usage(format!("cannot read pins in {}: {error}; {cure}", path.display()))
        })
    }
}
