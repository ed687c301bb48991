//! Where the repository lies, where it builds, and whether CI is asking.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

/// The repository that a task works on.
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where everything that is built or downloaded goes.
    pub(crate) target: PathBuf,
    /// `CI` is set: what is missing fails instead of being left out.
    pub(crate) ci: bool,
}

impl Workspace {
    /// Finds the repository from what cargo tells the programs it runs.
    pub(crate) fn locate() -> anyhow::Result<Self> {
        let xtask = env::var_os("CARGO_MANIFEST_DIR").context("run me as `cargo xtask`")?;
        let root = Path::new(&xtask).parent().context("xtask/ lies in the repository")?.to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(chosen) => root.join(chosen),
            None => root.join("target"),
        };
        let ci = env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        Ok(Self { root, target, ci })
    }

    /// Cargo in the repository's root, with the tools of `target/tools` within its reach.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut cargo = self.program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(arguments).env("PATH", self.path());
        cargo
    }

    /// Any program, started in the repository's root, as if from a shell: what cargo told this
    /// program about its own package would mislead others.
    pub(crate) fn program(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// The folder that tools of our own are installed into.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// `PATH`, what the machine brings first.
    fn path(&self) -> OsString {
        let mut path = env::var_os("PATH").unwrap_or_default();
        path.push(":");
        path.push(self.tools().join("bin"));
        path
    }
}
