//! A process that a drill started: what it wrote, signals to it, and that it ends with the drill.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::clock;

/// How long a program may take from its start to being ready; built for debugging, beside others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running program. Dropped: killed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    /// Where in the log this process's words begin.
    from: usize,
}

impl Process {
    /// Starts it; what it writes is added to the file `log`.
    pub(crate) fn start(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let out = File::options().create(true).append(true).open(log)?;
        let from = usize::try_from(out.metadata()?.len())?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).kill_on_drop(true);
        let program = command.as_std().get_program().to_owned();
        let child = command.spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, log: log.to_owned(), from })
    }

    /// Waits until `ready` finds what it looks for in what this process wrote.
    pub(crate) async fn wait_for<T>(
        &mut self,
        ready: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let begun = clock::monotonic();
        while clock::monotonic() - begun < PATIENCE {
            let text = self.said()?;
            if let Some(found) = ready(&text) {
                return Ok(found);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}; it wrote:\n{text}");
            }
            clock::wait(Duration::from_millis(10)).await;
        }
        bail!("not ready after {PATIENCE:?}; it wrote:\n{}", self.said()?)
    }

    /// What it wrote so far.
    pub(crate) fn said(&self) -> anyhow::Result<String> {
        let text = fs::read(&self.log)?;
        Ok(String::from_utf8_lossy(text.get(self.from..).unwrap_or_default()).into_owned())
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = self.child.id().context("the process has ended")?;
        let pid = Pid::from_raw(i32::try_from(pid)?).context("a process has a number")?;
        kill_process(pid, signal).context("cannot send a signal")
    }

    /// kill -9, and waits until it is gone.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// SIGTERM, and waits for its end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.ended().await
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        Ok(ended.context("it did not end in time")??)
    }

    /// Is it still there?
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

/// Runs a command to its end; what it wrote to standard output.
pub(crate) async fn output(mut command: Command) -> anyhow::Result<String> {
    let program = command.as_std().get_program().to_owned();
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("cannot start {}", program.display()))?;
    if !output.status.success() {
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8_lossy(&said);
        bail!("{} ended with {}: {}", program.display(), output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Does this program exist? `Err` names the Debian package that brings it.
pub(crate) async fn ensure(program: &str, package: &str) -> anyhow::Result<()> {
    let mut command = Command::new("sh");
    command.args(["-c", "command -v \"$0\"", program]).env("PATH", path());
    let found = output(command).await.map(|_| ());
    found.with_context(|| format!("`{program}` is not there; install {package}"))
}

/// Daemons live in places that the `PATH` of people lacks.
pub(crate) fn path() -> String {
    std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin"
}
