//! `tonegate key ceremony request`: new issuing keys, sealed here, their public parts in a file.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use tonegate_server::ceremony::{self, RequestFile};

use crate::data::{DataArgs, Opened};
use crate::exit::Exit;
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
        let opened = self.data.open().await?;
        let Opened { installation, store, keyring, now, .. } = &opened;
        let asked = (usize::from(self.count), self.replace);
        let publish =
            |request: &RequestFile| ceremony::write_new(&self.out, 0o644, request.clone());
        let request = ceremony::request(installation, store, keyring, *now, asked, publish).await?;
        output.show(&Requested::new(&request, &self.out))?;
        Ok(Exit::Done)
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
