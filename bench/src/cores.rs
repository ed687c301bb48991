//! Which core does what: the server alone on one, the load generator on another.

use anyhow::{Context as _, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    /// Where a server runs.
    pub(crate) server: usize,
    /// Where requests are made.
    pub(crate) generator: usize,
    /// Where the second worker of a server runs; the generator's own, where there are only two cores.
    pub(crate) second: usize,
}

impl Cores {
    /// The first cores that this process may run on.
    ///
    /// `Err`: there is only one, and then every figure would be about sharing it.
    pub(crate) fn choose() -> anyhow::Result<Self> {
        let may = sched_getaffinity(None).context("cannot ask which cores there are")?;
        let all: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| may.is_set(*core)).collect();
        ensure!(all.len() >= 2, "a benchmark needs two cores, one of them for the load generator");
        let second = *all.get(2).unwrap_or(&all[1]);
        Ok(Self { server: all[0], generator: all[1], second })
    }
}

/// Keeps this thread, and what it starts from now on, to these cores.
pub(crate) fn keep_to(cores: &[usize]) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    cores.iter().for_each(|core| set.set(*core));
    sched_setaffinity(None, &set).with_context(|| format!("cannot keep to the cores {cores:?}"))
}

/// Does something on these cores, and comes back to `home`.
pub(crate) fn on<T>(
    cores: &[usize],
    home: usize,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    keep_to(cores)?;
    let done = work();
    keep_to(&[home])?;
    done
}
