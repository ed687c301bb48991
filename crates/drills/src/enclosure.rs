//! Namespaces of a run's own: its network, its processes and its mounts, which the kernel clears away when
//! it ends, however it ends. Needs root; without it a run takes place on the machine's loopback.

use std::env;
use std::fs;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, ensure};

/// Says to the program that it is inside already.
const INSIDE: &str = "TONEGATE_DRILLS_ENCLOSED";
/// What is unshared. The processes end when `unshare` does.
const UNSHARE: [&str; 6] = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// Is this process inside?
pub(crate) fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Runs this very command again, inside; `None`: it is inside, or the machine does not allow it.
pub(crate) fn enter() -> anyhow::Result<Option<ExitStatus>> {
    let root = rustix::process::geteuid().is_root();
    if is_inside() || !root || !works() {
        return Ok(None);
    }
    let program = env::current_exe().context("which program is this?")?;
    let mut command = Command::new("unshare");
    // A shell is the first process there: it clears away what others leave behind.
    command.args(UNSHARE).args(["sh", "-c", "\"$@\"; exit $?", "drills"]).arg(program);
    command.args(env::args_os().skip(1)).env(INSIDE, "1");
    Ok(Some(command.status().context("cannot start unshare (package util-linux)")?))
}

/// Readies what must not be the machine's: shared memory, and where network namespaces are named.
pub(crate) fn furnish() -> anyhow::Result<()> {
    fs::create_dir_all("/run/netns")?;
    for place in ["/dev/shm", "/run/netns"] {
        let mut mount = Command::new("mount");
        let done = mount.args(["-t", "tmpfs", "drills", place]).status()?;
        ensure!(done.success(), "cannot mount {place}");
    }
    Ok(())
}

fn works() -> bool {
    let mut command = Command::new("unshare");
    command.args(UNSHARE).arg("true").stdin(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
