//! `tonegate key ceremony new-roots`: the two root keys, on a machine that stays offline.

use std::fmt;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use tonegate_issuer::Signer as _;
use tonegate_license::Root;
use tonegate_server::ceremony;
use tonegate_server::keys::{self, role};
use zeroize::Zeroizing;

use super::files::RootFile;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};

#[derive(Debug, clap::Args)]
pub(crate) struct NewRoots {
    /// The directory for the two key files; made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl NewRoots {
    pub(crate) fn run(self, output: &Output) -> anyhow::Result<Exit> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.out).map_err(|error| {
            Failure::new(format!(
                "cannot make {}: {error}; choose another --out",
                self.out.display()
            ))
        })?;
        let roots = keys::new_roots()?;
        let pins: Vec<_> =
            roots.keys().iter().map(|key| keys::pin_text(&key.public_key())).collect();
        let pins = pins.join(",");
        let mut paths = Vec::new();
        for (key, root) in roots.keys().iter().zip([Root::Active, Root::Standby]) {
            let path = self.out.join(format!("root-{}.json", role(root)));
            let file = RootFile {
                role: role(root).to_owned(),
                kid: key.key_id().to_string(),
                seed: Zeroizing::new(BASE64URL_NOPAD.encode(key.seed())),
                pins: pins.clone(),
            };
            ceremony::write_new(&path, 0o600, file)?;
            paths.push(path.display().to_string());
        }
        output.show(&Made { pins, files: paths })?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Made {
    pins: String,
    files: Vec<String>,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        self.files.iter().for_each(|file| table.fact("Private root key", file));
        table.fact("Pins", output::bold(&self.pins));
        write!(
            f,
            "{table}\n\nKeep the two files offline, on separate media, each with a copy; whoever has one \
             can issue licences.\nNext, on the server: tonegate init --pins '{}'",
            self.pins
        )
    }
}
