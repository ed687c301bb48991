//! Cargo's helpers, built on demand into `target/tools`, each at the version named here.
//!
//! One that the machine brings is used as it is.

use crate::command;
use crate::workspace::Workspace;

/// A cargo subcommand from the registry.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Licences, bans, sources and advisories of what we depend on.
pub(crate) const DENY: Tool = Tool { name: "deny", version: "0.20.2" };
/// Dependencies that nothing uses.
pub(crate) const MACHETE: Tool = Tool { name: "machete", version: "0.9.2" };
/// libFuzzer's driver.
pub(crate) const FUZZ: Tool = Tool { name: "fuzz", version: "0.13.2" };

/// Makes sure that `cargo <tool>` works.
pub(crate) fn ensure(workspace: &Workspace, tool: &Tool) -> anyhow::Result<()> {
    if command::succeeds(workspace.cargo([tool.name, "--version"]).env("CARGO_TERM_QUIET", "true"))
    {
        return Ok(());
    }
    let package = format!("cargo-{}@{}", tool.name, tool.version);
    println!("{package} is not installed: building it, once, into target/tools");
    // Without optimisation: it runs for seconds, and building it well takes minutes.
    let mut install = workspace.cargo(["install", "--quiet", "--locked", "--debug", &package]);
    install.arg("--root").arg(workspace.tools()).env("CARGO_PROFILE_DEV_DEBUG", "false");
    command::run(install.env("CARGO_TARGET_DIR", workspace.tools().join("build")))
}
