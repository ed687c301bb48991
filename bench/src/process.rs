//! A process that the harness started: what it costs, and that it ends with the run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::clock;

/// How long a contestant may take from its start to its first answer; a million apps are loaded in it.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long one may take to end before it is killed.
const FAREWELL: Duration = Duration::from_secs(10);

/// A running program and the processes it made.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; what it writes goes to the file `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let out = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let err = out.try_clone()?;
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let child = child.with_context(|| format!("cannot start {:?}", command.get_program()))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Waits until `ready` finds what it looks for in the log.
    pub(crate) fn wait_for<T>(&mut self, ready: impl Fn(&str) -> Option<T>) -> anyhow::Result<T> {
        let start = clock::now();
        while start.elapsed() < PATIENCE {
            let text = self.log()?;
            if let Some(found) = ready(&text) {
                return Ok(found);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}; it wrote:\n{text}");
            }
            thread::sleep(Duration::from_millis(10));
        }
        bail!("not ready after {PATIENCE:?}; it wrote:\n{}", self.log()?)
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> anyhow::Result<String> {
        let text = fs::read(&self.log)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// CPU time of the process and its children so far, user and system.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let ticks: u64 = self.stats()?.iter().map(|stat| stat.cpu_ticks).sum();
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
    }

    /// Resident memory of the process and its children, KiB.
    pub(crate) fn resident_kib(&self) -> anyhow::Result<u64> {
        let pages: u64 = self.stats()?.iter().map(|stat| stat.resident_pages).sum();
        Ok(pages * rustix::param::page_size() as u64 / 1_024)
    }

    fn stats(&self) -> anyhow::Result<Vec<Stat>> {
        let own = u64::from(self.child.id());
        let ours = |stat: &Stat| stat.pid == own || stat.parent == own;
        let mut stats = Vec::new();
        for entry in fs::read_dir("/proc")?.flatten() {
            let is_process = entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit);
            // A process that ends meanwhile is none of ours.
            if is_process && let Ok(text) = fs::read_to_string(entry.path().join("stat")) {
                stats.extend(Stat::read(&text).filter(ours));
            }
        }
        Ok(stats)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended already.
            let _ = kill_process(pid, Signal::TERM);
        }
        let start = clock::now();
        while start.elapsed() < FAREWELL {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What of `/proc/<pid>/stat` counts here.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: u64,
    parent: u64,
    cpu_ticks: u64,
    resident_pages: u64,
}

impl Stat {
    /// The name stands in brackets and may hold anything, brackets and blanks too.
    fn read(text: &str) -> Option<Self> {
        let (head, tail) = text.rsplit_once(')')?;
        let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            pid: head.split(' ').next()?.parse().ok()?,
            parent: number(1)?,
            cpu_ticks: number(11)? + number(12)?,
            resident_pages: number(21)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_moves_no_field() {
        let text = "42 (a) b (c) S 7 42 42 0 -1 0 0 0 0 0 150 25 0 0 20 0 1 0 99 1000 321 0";
        let expected = Stat { pid: 42, parent: 7, cpu_ticks: 175, resident_pages: 321 };
        assert_eq!(Stat::read(text), Some(expected));
        assert_eq!(Stat::read("42 (cut"), None);
    }
}
