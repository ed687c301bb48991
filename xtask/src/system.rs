//! What has to be on the machine: found, or installed with apt-get where we may.

use std::fmt;
use std::process::Command;

use crate::command;

/// Something this machine cannot offer. Outside CI the step that needs it is left out and named.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) String);

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

/// Makes sure that `probe` succeeds, installing Debian's `package` when it does not.
///
/// `Err(Missing)`: it is not there, and we are not root or there is no apt-get.
pub(crate) fn ensure(probe: &[&str], package: &str) -> anyhow::Result<()> {
    let works = || match probe {
        [program, arguments @ ..] => command::succeeds(Command::new(program).args(arguments)),
        [] => true,
    };
    if works() {
        return Ok(());
    }
    if !may_install() {
        return Err(
            Missing(format!("`{}` does not run; install {package}", probe.join(" "))).into()
        );
    }
    println!("`{}` does not run: installing the system package {package}", probe.join(" "));
    let install =
        || command::run(apt_get(["install", "--yes", "--no-install-recommends"]).arg(package));
    if install().is_err() {
        update()?;
        install()?;
    }
    if works() { Ok(()) } else { Err(Missing(format!("{package} does not bring it")).into()) }
}

/// Renews the package lists; only root can.
pub(crate) fn update() -> anyhow::Result<()> {
    if !may_install() {
        return Err(
            Missing("the package lists are too old; run `apt-get update` as root".into()).into()
        );
    }
    command::run(&mut apt_get(["update"]))
}

/// apt-get, told to ask nothing. It downloads as root, because the packages of the WebAssembly
/// toolchain go into `target/`, where apt's own user may not write.
pub(crate) fn apt_get<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(["--quiet", "--option", "APT::Sandbox::User=root"]).args(arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Is this a Debian of some kind?
pub(crate) fn has_apt_get() -> bool {
    command::succeeds(Command::new("apt-get").arg("--version"))
}

fn may_install() -> bool {
    let user = Command::new("id").arg("-u").output();
    has_apt_get() && user.is_ok_and(|user| user.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_needs_no_package() {
        assert!(ensure(&["true"], "a-package-that-does-not-exist").is_ok());
    }
}
