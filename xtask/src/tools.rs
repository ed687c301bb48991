//! Cargo's helpers, built on demand into `target/tools`, each at the version named here.
//!
//! One that the machine brings is used as it is.

use std::path::PathBuf;

use crate::command;
use crate::workspace::Workspace;

/// A cargo subcommand from the registry, or a program of its own.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
    /// Is it `cargo <name>`, from the package `cargo-<name>`?
    subcommand: bool,
}

/// Licences, bans, sources and advisories of what we depend on.
pub(crate) const DENY: Tool = Tool { name: "deny", version: "0.20.2", subcommand: true };
/// Dependencies that nothing uses.
pub(crate) const MACHETE: Tool = Tool { name: "machete", version: "0.9.2", subcommand: true };
/// libFuzzer's driver.
pub(crate) const FUZZ: Tool = Tool { name: "fuzz", version: "0.13.2", subcommand: true };
/// Makes the C header.
pub(crate) const CBINDGEN: Tool = Tool { name: "cbindgen", version: "0.29.2", subcommand: false };

impl Tool {
    /// Where a program is installed. It is always ours: another version writes another header.
    pub(crate) fn path(&self, workspace: &Workspace) -> PathBuf {
        workspace.tools().join("bin").join(self.name)
    }
}

/// Makes sure that `cargo <tool>`, or the program at its path, works.
pub(crate) fn ensure(workspace: &Workspace, tool: &Tool) -> anyhow::Result<()> {
    let mut probe = match tool.subcommand {
        true => workspace.cargo([tool.name]),
        false => workspace.program(tool.path(workspace)),
    };
    if command::succeeds(probe.arg("--version").env("CARGO_TERM_QUIET", "true")) {
        return Ok(());
    }
    let prefix = if tool.subcommand { "cargo-" } else { "" };
    let package = format!("{prefix}{}@{}", tool.name, tool.version);
    println!("{package} is not installed: building it, once, into target/tools");
    // Without optimisation: it runs for seconds, and building it well takes minutes.
    let mut install = workspace.cargo(["install", "--quiet", "--locked", "--debug", &package]);
    install.arg("--root").arg(workspace.tools()).env("CARGO_PROFILE_DEV_DEBUG", "false");
    command::run(install.env("CARGO_TARGET_DIR", workspace.tools().join("build")))
}
