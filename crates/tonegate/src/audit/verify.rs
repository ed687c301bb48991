//! `tonegate audit verify`: was the log changed?

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tonegate_server::audit::{AuditKey, Evidence, Fault, Verdict, read_notes, verify};
use tonegate_server::store::AuditHash;

use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::progress::Progress;

/// A checkpoint a minute for a year, twice.
const FILE_BYTES_MAX: u64 = 256 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Checkpoints that were kept elsewhere: one, or many one after another
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The key they must be signed with, as `tonegate audit key` printed it [default: the database's own]
    #[arg(long, value_name = "BASE64|FILE", allow_hyphen_values = true)]
    key: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

impl Verify {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let evidence = self.evidence()?;
        let store = super::open(&self.data).await?;
        let mut progress = None;
        let verdict = verify(&store, &evidence, |done, all| {
            let count = |number| usize::try_from(number).unwrap_or(0);
            let bar = progress.get_or_insert_with(|| Progress::new(count(all), "entries"));
            bar.reach(count(done));
        })
        .await?;
        if let Some(bar) = progress {
            bar.end();
        }
        let shown = Shown::of(verdict, &evidence);
        output.show(&shown)?;
        Ok(if shown.whole { Exit::Done } else { Exit::Failed })
    }

    fn evidence(&self) -> Result<Evidence, Failure> {
        let notes = match &self.checkpoint {
            None => Vec::new(),
            Some(file) => {
                let notes: Vec<_> = read_notes(&read(file)?).collect();
                let file = file.display();
                let none = || Failure::new(format!("there is no checkpoint in {file}"));
                (!notes.is_empty()).then_some(notes).ok_or_else(none)?
            }
        };
        Ok(Evidence { notes, key: self.key.as_deref().map(read_key).transpose()? })
    }
}

/// A key, or the file that it is in.
fn read_key(text: &str) -> Result<AuditKey, Failure> {
    let path = Path::new(text);
    match text.parse::<AuditKey>() {
        Ok(key) => Ok(key),
        Err(_) if path.is_file() => {
            let key = read(path)?.trim().parse();
            key.map_err(|fault| Failure::usage(format!("{}: {fault}", path.display())))
        }
        Err(fault) => Err(Failure::usage(format!("--key: {fault}; nor is it a file"))),
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let failed = |error: &dyn fmt::Display| {
        Failure::new(format!("cannot read {}: {error}; check the path", file.display()))
    };
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|error| failed(&error))?;
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_BYTES_MAX) {
        return Err(failed(&"it is longer than 256 MiB"));
    }
    // What is no UTF-8 becomes replacement characters: it is no checkpoint either way.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Serialize)]
struct Shown {
    /// Was nothing found?
    whole: bool,
    /// Entries that follow from one another, from the first on.
    entries: i64,
    /// The hash of the last of them.
    head: AuditHash,
    /// Checkpoints that hold.
    checkpoints: usize,
    proved_until: Option<i64>,
    fault: Option<ShownFault>,
    /// What this verdict cannot say.
    unproved: Vec<String>,
}

#[derive(Serialize)]
struct ShownFault {
    kind: &'static str,
    seq: Option<i64>,
    message: String,
}

impl Shown {
    fn of(verdict: Verdict, evidence: &Evidence) -> Self {
        let unproved = if verdict.fault.is_some() { vec![] } else { unproved(&verdict, evidence) };
        let shown = |fault: Fault| ShownFault {
            kind: fault.kind(),
            seq: fault.seq(),
            message: fault.to_string(),
        };
        Self {
            whole: verdict.fault.is_none(),
            entries: verdict.entries,
            head: verdict.head,
            checkpoints: verdict.checkpoints,
            proved_until: verdict.proved_until,
            fault: verdict.fault.map(shown),
            unproved,
        }
    }
}

fn unproved(verdict: &Verdict, evidence: &Evidence) -> Vec<String> {
    let mut unproved = Vec::new();
    let Some(until) = verdict.proved_until else {
        return vec![
            "No checkpoint was given, so this cannot show that nobody has written the whole log anew, \
             or cut off its end together with its counter: whoever may write the database can do both. \
             Keep checkpoints elsewhere (audit.checkpoint_file, audit.checkpoint_url, \
             `tonegate audit checkpoint`)."
                .to_owned(),
        ];
    };
    if until < verdict.entries {
        unproved.push(format!(
            "Entries {} to {} are newer than every checkpoint.",
            until + 1,
            verdict.entries
        ));
    }
    if evidence.key.is_none() {
        unproved.push(
            "The key was taken from the same database; give the one that you kept with --key."
                .to_owned(),
        );
    }
    unproved
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (entries, head) = (self.entries, self.head);
        if let Some(fault) = &self.fault {
            writeln!(f, "{} {}.", output::bad("The audit log was changed:"), fault.message)?;
            writeln!(f, "Entries that follow from one another: {entries}, up to hash {head}.")?;
            return f.write_str("What to do: \"Was the audit log changed?\" in docs/INCIDENTS.md.");
        }
        writeln!(
            f,
            "{} {entries} entries, each follows from the one before, up to hash {head}.",
            output::good("The audit log is whole:")
        )?;
        if let Some(until) = self.proved_until {
            let checkpoints = self.checkpoints;
            writeln!(
                f,
                "Entries 1 to {until} are what they were: checkpoints that hold: {checkpoints}."
            )?;
        }
        self.unproved
            .iter()
            .try_for_each(|text| writeln!(f, "{} {text}", output::warn("Not proved:")))
    }
}
