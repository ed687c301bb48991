//! `tonegate restore`: puts a backup in the place of what is there, and says first what that undoes.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use serde::Serialize;
use tonegate_server::audit::{Checkpoint, read_notes};
use tonegate_server::backup::{ArchiveKey, Contents, Head, Plan, Sealing, read, restore};
use tonegate_server::installation::Place;
use tonegate_server::store::Store;

use crate::backup::{self, Made};
use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::progress::Progress;
use crate::time::Moment;
use crate::{process, secret, time};

/// Undone changes that people are shown; JSON has up to 1,000.
const SHOWN: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The passphrase that it was sealed with, in a file (0600)
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Checkpoints of the audit log that were kept elsewhere [default: the configured checkpoint file]
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Do it: whatever was done after the backup is undone, and everybody is signed out
    #[arg(long)]
    accept_rollback: bool,
    #[command(flatten)]
    data: DataArgs,
}

impl Restore {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let place = self.data.place()?;
        let key = self.key(&place)?;
        let checkpoint = self.newest_checkpoint()?;
        let target = place.existing_store().await?;
        let contents = self.read(&key, target.as_ref(), checkpoint.as_ref()).await?;
        let plan = Plan::make(contents, target.as_ref(), checkpoint.as_ref()).await?;
        if !self.accept_rollback {
            output.show(&Shown::of(&plan, checkpoint.as_ref(), None, false))?;
            return Err(Failure::new(
                "nothing was changed; to restore this backup, say --accept-rollback",
            )
            .into());
        }
        let before = match &target {
            Some(store) => Some(back_up_present(store, &place).await?),
            None => None,
        };
        self.restore(&plan, target, &place, &key).await?;
        output.show(&Shown::of(&plan, checkpoint.as_ref(), before, true))?;
        Ok(Exit::Done)
    }

    fn open(&self) -> anyhow::Result<(Head, BufReader<File>)> {
        let named =
            |error: &dyn fmt::Display| Failure::new(format!("{}: {error}", self.file.display()));
        let file = File::open(&self.file).map_err(|error| named(&error))?;
        let mut file = BufReader::new(file);
        let head = Head::read(&mut file).map_err(|error| named(&error))?;
        Ok((head, file))
    }

    fn key(&self, place: &Place) -> anyhow::Result<ArchiveKey> {
        let (head, _) = self.open()?;
        match (&head.sealing, &self.passphrase_file) {
            (Sealing::KeyEncryptionKey { fingerprint }, _) => {
                let kek = place.kek_source().load()?;
                let found = kek.fingerprint().to_owned();
                if found != *fingerprint {
                    return Err(Failure::new(format!(
                        "the backup is sealed with key-encryption key {fingerprint}, and the one \
                         given is {found}; give the right one with data.key_encryption_key"
                    ))
                    .into());
                }
                Ok(ArchiveKey::of_kek(kek).0)
            }
            (Sealing::Passphrase { .. }, Some(file)) => {
                Ok(ArchiveKey::again(&head.sealing, &secret::passphrase(file)?)?)
            }
            (Sealing::Passphrase { .. }, None) => {
                Err(Failure::usage("the backup needs its passphrase: --passphrase-file").into())
            }
        }
    }

    /// The newest of those that can be read; whether it is of this log is the plan's to say.
    fn newest_checkpoint(&self) -> anyhow::Result<Option<Checkpoint>> {
        let configured = self.data.sources()?.read()?.audit.checkpoint_file;
        let file = match &self.checkpoint {
            Some(file) => file.clone(),
            None if configured.is_file() => configured,
            None => return Ok(None),
        };
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        let notes = read_notes(&text).filter_map(|(_, note)| note.ok());
        Ok(notes.map(|note| note.checkpoint().clone()).max_by_key(|checkpoint| checkpoint.seq))
    }

    async fn read(
        &self,
        key: &ArchiveKey,
        target: Option<&Store>,
        checkpoint: Option<&Checkpoint>,
    ) -> anyhow::Result<Contents> {
        let mut named: Vec<_> = checkpoint.iter().map(|checkpoint| checkpoint.seq).collect();
        if let Some(store) = target {
            named.push(store.audit_head().await?.0);
        }
        let mut bar = Progress::endless("rows read");
        let read = read(self.open()?.1, key, &named, |rows| bar.reach(count(rows)));
        bar.end();
        Ok(read?)
    }

    async fn restore(
        &self,
        plan: &Plan,
        target: Option<Store>,
        place: &Place,
        key: &ArchiveKey,
    ) -> anyhow::Result<()> {
        let mut bar = Progress::new(count(plan.contents.rows), "rows");
        let by = (&*process::actor(), time::now());
        let file = self.open()?.1;
        let progress = |rows| bar.reach(count(rows));
        let restored = restore(plan, place, target, (file, key), by, progress).await;
        bar.end();
        Ok(restored?)
    }
}

/// What is there now, beside it: a restore can be undone too.
async fn back_up_present(store: &Store, place: &Place) -> anyhow::Result<Made> {
    let name = format!("before-restore-{}.tonegate-backup", time::now());
    let key = backup::Key::of(place, None)?;
    backup::to_file(store, &key, &place.data.path().join(name)).await
}

fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// A plan, or what became of it.
#[derive(Serialize)]
struct Shown<'p> {
    installation_id: &'p str,
    /// When the backup was made, Unix seconds.
    created_at: i64,
    audit_seq: i64,
    rows: u64,
    /// What it replaces, and what that undoes; null: nothing is there.
    #[serde(flatten)]
    plan: &'p Plan,
    changes_undone: i64,
    /// Was a checkpoint held against it?
    checkpoint_seen: bool,
    /// Was it done?
    restored: bool,
    /// What was there before.
    before: Option<Made>,
}

impl<'p> Shown<'p> {
    fn of(
        plan: &'p Plan,
        checkpoint: Option<&Checkpoint>,
        before: Option<Made>,
        restored: bool,
    ) -> Self {
        let manifest = &plan.contents.manifest;
        Self {
            installation_id: &manifest.installation_id,
            created_at: manifest.created_at,
            audit_seq: manifest.audit_seq,
            rows: plan.contents.rows,
            plan,
            changes_undone: plan.changes_undone(),
            checkpoint_seen: checkpoint.is_some(),
            restored,
            before,
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        let made = format!("{}, audit entry {}", Moment(self.created_at), self.audit_seq);
        table.fact(if self.restored { "Restored" } else { "Backup" }, output::bold(&made));
        table.fact("Installation", self.installation_id);
        table.fact("Rows", self.rows);
        writeln!(f, "{table}\n")?;
        self.say_undone(f)?;
        if self.restored {
            writeln!(f, "Everybody is signed out; running servers read everything anew.")?;
        }
        match &self.before {
            Some(before) => write!(f, "What was there before is in {}.", before.file.display()),
            None => Ok(()),
        }
    }
}

impl Shown<'_> {
    fn say_undone(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let would = if self.restored { "were" } else { "would be" };
        match (&self.plan.undone, self.changes_undone) {
            (None, 0) if !self.checkpoint_seen => writeln!(
                f,
                "Nothing is there to compare it with, and no checkpoint was given: nobody knows what was \
                 done after it."
            )?,
            (_, 0) => writeln!(f, "Nothing was done after it, as far as is known.")?,
            (_, changes) => writeln!(f, "{changes} changes after it {would} undone:")?,
        }
        let Some(undone) = &self.plan.undone else { return Ok(()) };
        for entry in undone.newest.iter().take(SHOWN) {
            let (at, what) = (Moment(entry.at), (&entry.action, &entry.subject, &entry.actor));
            writeln!(f, "  {:>6}  {at}  {} ({}), by {}", entry.seq, what.0, what.1, what.2)?;
        }
        if undone.newest.len() > SHOWN {
            writeln!(f, "  … --json names up to 1,000 of them")?;
        }
        if !undone.keys.is_empty() {
            let serials: Vec<_> = undone.keys.iter().map(ToString::to_string).collect();
            writeln!(
                f,
                "Issuing keys {} {would} forgotten. Where they raised the floor, devices refuse what \
                 older keys sign: rotate with `tonegate key rotate` afterwards.",
                serials.join(", ")
            )?;
        }
        Ok(())
    }
}
