//! Writes that fail on command: a library loaded before libc, compiled on the spot, and the page of memory
//! through which it is told which write fails.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::node::Node;
use crate::process;
use crate::stage::Stage;

const SOURCE: &str = include_str!("../../faults/faults.c");

/// Places of the numbers in the page; the library has the same.
const FIRST: u64 = 0;
const COUNT: u64 = 8;
const ERROR: u64 = 16;
const SEEN: u64 = 24;
const FAILED: u64 = 32;

/// What the system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
    /// EIO: the disk is broken.
    Broken,
    /// ENOSPC: the disk is full.
    Full,
}

/// The faults of one node.
#[derive(Debug)]
pub(super) struct Faults {
    page: File,
}

impl Faults {
    /// Has everything that this node writes under `folder` go through the library, from its next start on.
    pub(super) async fn prepare(
        stage: &Stage,
        node: &mut Node,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let library = compile(stage).await?;
        let path = stage.path(&format!("{}-faults", node.name));
        let page =
            File::options().create(true).truncate(true).read(true).write(true).open(&path)?;
        page.set_len(4_096)?;
        node.set("LD_PRELOAD", &library.to_string_lossy());
        node.set("DRILL_FAULTS", &path.to_string_lossy());
        node.set("DRILL_FAULTS_UNDER", &folder.to_string_lossy());
        Ok(Self { page })
    }

    /// From now on, counted from 1: the `first` write fails, and `count` in all.
    pub(super) fn arm(&self, first: i64, count: i64, error: Error) -> anyhow::Result<()> {
        let error = match error {
            Error::Broken => 5,
            Error::Full => 28,
        };
        self.put(COUNT, 0)?;
        self.put(SEEN, 0)?;
        self.put(FAILED, 0)?;
        self.put(FIRST, first)?;
        self.put(ERROR, error)?;
        self.put(COUNT, count)
    }

    /// Nothing fails any more; how many did.
    pub(super) fn disarm(&self) -> anyhow::Result<i64> {
        self.put(COUNT, 0)?;
        self.failed()
    }

    /// How many failed since it was armed.
    pub(super) fn failed(&self) -> anyhow::Result<i64> {
        let mut bytes = [0; 8];
        self.page.read_exact_at(&mut bytes, FAILED)?;
        Ok(i64::from_ne_bytes(bytes))
    }

    fn put(&self, place: u64, number: i64) -> anyhow::Result<()> {
        Ok(self.page.write_all_at(&number.to_ne_bytes(), place)?)
    }
}

async fn compile(stage: &Stage) -> anyhow::Result<PathBuf> {
    process::ensure("cc", "build-essential").await?;
    let (source, library) = (stage.path("faults.c"), stage.path("faults.so"));
    if !library.exists() {
        std::fs::write(&source, SOURCE)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"]);
        process::output({
            compiler.arg(&library).arg(&source).arg("-ldl");
            compiler
        })
        .await?;
    }
    Ok(library)
}
