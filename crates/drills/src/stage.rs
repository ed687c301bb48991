//! What every drill works with: the binary under test, a place for files, the network, short or long.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::clock;
use crate::network::Network;

/// The stage of one drill.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The `tonegate` under test.
    pub(crate) server: PathBuf,
    /// The release before, where there is one to upgrade from.
    pub(crate) older: Option<PathBuf>,
    /// The long form?
    pub(crate) long: bool,
    /// Where the parts stand.
    pub(crate) network: Network,
    files: TempDir,
}

impl Stage {
    /// An empty stage.
    pub(crate) async fn open(
        server: &Path,
        older: Option<&Path>,
        long: bool,
    ) -> anyhow::Result<Self> {
        let server = server.canonicalize()?;
        let older = older.map(Path::canonicalize).transpose()?;
        let files = tempfile::Builder::new().prefix("tonegate-drill-").tempdir()?;
        Ok(Self { server, older, long, network: Network::open().await?, files })
    }

    /// A path for files of this drill.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// A path where nothing is yet, for what a drill may make more than once.
    pub(crate) fn fresh(&self, name: &str) -> PathBuf {
        let numbered = (2..).map(|number| self.path(&format!("{name}-{number}")));
        std::iter::once(self.path(name))
            .chain(numbered)
            .find(|path| !path.exists())
            .unwrap_or_default()
    }

    /// One figure in the short form, another in the long one.
    pub(crate) fn pick<T>(&self, short: T, long: T) -> T {
        if self.long { long } else { short }
    }

    /// Says how far it is, to whoever waits.
    pub(crate) fn say(&self, text: &str) {
        eprintln!("{:5.0} s  {text}", clock::monotonic().as_secs_f64());
    }

    /// Leaves the files where they are, for whoever wants to know why; where that is.
    pub(crate) fn keep(self) -> PathBuf {
        self.files.keep()
    }
}
