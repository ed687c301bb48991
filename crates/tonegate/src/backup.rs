//! `tonegate backup`: everything of an installation in one sealed file, while servers run.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tonegate_server::backup::{ArchiveKey, KeyText, Manifest, Sealing, back_up};
use tonegate_server::installation::Place;
use tonegate_server::seal::KekSource;
use tonegate_server::store::Store;

use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::progress::Progress;
use crate::time::Moment;
use crate::{process, secret, time};

/// What a backup's name ends with.
const EXTENSION: &str = "tonegate-backup";

#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// Where to; `-` is stdout [default: tonegate-INSTALLATION-TIME.tonegate-backup]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Seal it with the passphrase in this file (0600), and put the key-encryption key in: the passphrase alone
    /// brings everything back [default: sealed with the key-encryption key, which is not in it]
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

impl Backup {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let place = self.data.place()?;
        let store = place.open_store().await?;
        let key = Key::of(&place, self.passphrase_file.as_deref())?;
        let to = match self.to {
            Some(to) => to,
            None => default_name(&store).await?,
        };
        if to == Path::new("-") {
            output.refuse_json("backup --to -")?;
            let _ = write(&store, &key, io::stdout().lock()).await?;
            return Ok(Exit::Done);
        }
        let made = to_file(&store, &key, &to).await?;
        output.show(&made)?;
        Ok(Exit::Done)
    }
}

/// What seals a backup.
pub(crate) struct Key {
    key: ArchiveKey,
    sealing: Sealing,
    /// Put into it.
    key_encryption_key: Option<KeyText>,
}

impl Key {
    /// By passphrase, or by the installation's own key.
    pub(crate) fn of(place: &Place, passphrase_file: Option<&Path>) -> anyhow::Result<Self> {
        let kek = place.kek_source();
        match passphrase_file {
            None => Ok(Self::of_kek(&kek)?),
            Some(file) => {
                let (key, sealing) = ArchiveKey::of_passphrase(&secret::passphrase(file)?)?;
                let key_encryption_key = Some(KeyText::of(&*kek.read()?));
                Ok(Self { key, sealing, key_encryption_key })
            }
        }
    }

    fn of_kek(kek: &KekSource) -> anyhow::Result<Self> {
        let (key, sealing) = ArchiveKey::of_kek(kek.load()?);
        Ok(Self { key, sealing, key_encryption_key: None })
    }
}

/// Writes a whole backup to a new file, or none.
pub(crate) async fn to_file(store: &Store, key: &Key, to: &Path) -> anyhow::Result<Made> {
    if to.exists() {
        return Err(Failure::new(format!(
            "{} exists already and is left as it is; choose another name with --to",
            to.display()
        ))
        .into());
    }
    let mut draft = to.as_os_str().to_owned();
    draft.push(".part");
    let draft = PathBuf::from(draft);
    let named = |error: io::Error| Failure::new(format!("{}: {error}", draft.display()));
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft);
    let written = write(store, key, BufWriter::new(file.map_err(named)?)).await;
    let finished = written.and_then(|(manifest, file)| {
        file.into_inner()?.sync_all()?;
        fs::rename(&draft, to)?;
        let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(Made::of(&manifest, to, fs::metadata(to)?.len()))
    });
    if finished.is_err() {
        // Half a backup is of no use.
        let _ = fs::remove_file(&draft);
    }
    finished
}

async fn write<W: io::Write>(store: &Store, key: &Key, to: W) -> anyhow::Result<(Manifest, W)> {
    let mut progress = None;
    let sealed = (&key.key, key.sealing.clone());
    let by = (&*process::actor(), time::now());
    let made = back_up(store, to, sealed, key.key_encryption_key.clone(), by, |done, all| {
        let count = |rows| usize::try_from(rows).unwrap_or(usize::MAX);
        let bar = progress.get_or_insert_with(|| Progress::new(count(all), "rows"));
        bar.reach(count(done));
    })
    .await?;
    if let Some(bar) = progress {
        bar.end();
    }
    Ok(made)
}

async fn default_name(store: &Store) -> anyhow::Result<PathBuf> {
    let id = store.meta().await?.installation_id;
    let id: String = id.chars().take(8).collect();
    Ok(PathBuf::from(format!("tonegate-{id}-{}.{EXTENSION}", time::now())))
}

/// A backup that was made.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    /// Where it is.
    pub(crate) file: PathBuf,
    bytes: u64,
    installation_id: String,
    created_at: i64,
    revision: i64,
    audit_seq: i64,
    /// Does the file hold the key-encryption key?
    holds_key: bool,
}

impl Made {
    fn of(manifest: &Manifest, file: &Path, bytes: u64) -> Self {
        Self {
            file: file.to_owned(),
            bytes,
            installation_id: manifest.installation_id.clone(),
            created_at: manifest.created_at,
            revision: manifest.revision,
            audit_seq: manifest.audit_seq,
            holds_key: manifest.key_encryption_key.is_some(),
        }
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("Backup", output::bold(self.file.display()));
        table.fact("Size", format!("{} bytes", self.bytes));
        table.fact("Installation", &self.installation_id);
        table.fact("As of", format!("{}, audit entry {}", Moment(self.created_at), self.audit_seq));
        let key = if self.holds_key {
            "The passphrase alone brings everything back: keep it apart from the file."
        } else {
            "It opens with the key-encryption key alone (kek.key), which is not in it: keep that \
             elsewhere."
        };
        write!(f, "{table}\n\n{key}")
    }
}
