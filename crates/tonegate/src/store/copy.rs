//! `tonegate store copy`: moves an installation to another database.

use std::fmt;
use std::path::Path;

use serde::Serialize;
use tonegate_server::data_dir::DataDir;
use tonegate_server::guard::Held;
use tonegate_server::store::{Copied, Database, Store, copy};

use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::progress::Progress;
use crate::{process, time};

#[derive(Debug, clap::Args)]
pub(crate) struct Copy {
    /// From where: sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "URL")]
    from: String,
    /// Where to: an empty database, or one that an interrupted copy has begun
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    data: DataArgs,
}

impl Copy {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let (from, to) = (database(&self.from, "--from")?, database(&self.to, "--to")?);
        let kek = self.data.place()?.kek_source();
        let _held = hold(&from)?;
        let source = Store::open(&from, kek.load()?).await?;
        let mut progress = None;
        let by = (&*process::actor(), time::now());
        let copied = copy(&source, &to, kek.load()?, by, |done, all| {
            let count = |rows| usize::try_from(rows).unwrap_or(usize::MAX);
            let bar = progress.get_or_insert_with(|| Progress::new(count(all), "rows"));
            bar.reach(count(done));
        })
        .await?;
        if let Some(bar) = progress {
            bar.end();
        }
        output.show(&Shown { copied, to: named(&to) })?;
        Ok(Exit::Done)
    }
}

/// `sqlite:PATH`, where PATH may be a data directory, or PostgreSQL's URL.
fn database(text: &str, flag: &str) -> anyhow::Result<Database> {
    let Some(path) = text.strip_prefix("sqlite:") else {
        let url = text.parse().map_err(|error| Failure::usage(format!("{flag}: {error}")))?;
        return Ok(Database::Postgres(url));
    };
    let path = Path::new(path.strip_prefix("//").unwrap_or(path));
    let directory = path.is_dir().then(|| DataDir::new(path).database());
    Ok(directory.unwrap_or_else(|| Database::Sqlite(path.to_owned())))
}

/// Keeps servers of this machine off a data directory while it is copied. (PostgreSQL's cannot be seen
/// from here.)
fn hold(from: &Database) -> anyhow::Result<Option<Held>> {
    let Database::Sqlite(path) = from else { return Ok(None) };
    let journal = path.parent().map(|directory| DataDir::new(directory).journal());
    let journal = journal.filter(|journal| journal.exists());
    Ok(journal.map(|journal| Held::of(&journal)).transpose()?)
}

/// A database, as people are told of it: without its password.
fn named(database: &Database) -> String {
    match database {
        Database::Sqlite(path) => path.display().to_string(),
        Database::Postgres(url) => url.to_string(),
    }
}

#[derive(Serialize)]
struct Shown {
    to: String,
    #[serde(flatten)]
    copied: Copied,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("Copied to", output::bold(&self.to));
        table.fact("Rows", format!("{}, each compared", self.copied.rows));
        table.fact("Written now", self.copied.written);
        write!(
            f,
            "{table}\n\nNext: have servers use it, with DATABASE_URL or data.database_url, and keep the old \
             database until you have seen that they do."
        )
    }
}
