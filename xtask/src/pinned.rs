//! What npm and PyPI bring, in the versions that the repository pins: installed once for each change of those.

use std::fs;
use std::path::Path;

use crate::command;
use crate::system;
use crate::workspace::Workspace;

/// The packages that `pins` (a folder with `package.json` and its lock file) names, into `folder/node_modules`. npm is
/// shown the pins there, as it wants a folder of its own.
pub(crate) fn npm(workspace: &Workspace, pins: &Path, folder: &Path) -> anyhow::Result<()> {
    system::ensure(&["node", "--version"], "nodejs")?;
    system::ensure(&["npm", "--version"], "npm")?;
    once(&pins.join("package-lock.json"), folder, "installed.json", || {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(pins.join(file), folder.join(file))?;
        }
        let mut npm = workspace.program("npm");
        command::run(npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
    })
}

/// The packages that `requirements` (a file) names, into the environment `folder/venv`.
pub(crate) fn venv(
    workspace: &Workspace,
    requirements: &Path,
    folder: &Path,
) -> anyhow::Result<()> {
    system::ensure(&["python3", "-c", "import venv, ensurepip"], "python3-venv")?;
    let venv = folder.join("venv");
    once(requirements, folder, "installed.txt", || {
        command::run(workspace.program("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = workspace.program(venv.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        command::run(pip.arg(requirements))
    })
}

/// Installs where the note in `folder` does not hold these pins.
fn once(
    pins: &Path,
    folder: &Path,
    note: &str,
    install: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (pinned, note) = (fs::read(pins)?, folder.join(note));
    if fs::read(&note).is_ok_and(|installed| installed == pinned) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    install()?;
    // Last, so that half an installation is not taken for one.
    Ok(fs::write(note, pinned)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_installed_once_and_again_when_they_change_or_it_failed() {
        let place = tempfile::tempdir().unwrap();
        let (pins, folder) = (place.path().join("pins"), place.path().join("installed"));
        let install = |works: bool| {
            let mut ran = false;
            let outcome = once(&pins, &folder, "note", || {
                ran = true;
                anyhow::ensure!(works, "no network");
                Ok(())
            });
            (ran, outcome.is_ok())
        };
        fs::write(&pins, "one").unwrap();
        assert_eq!([false, true, true].map(install), [(true, false), (true, true), (false, true)]);
        fs::write(&pins, "two").unwrap();
        assert_eq!([true, true].map(install), [(true, true), (false, true)]);
    }
}
