//! `cargo xtask interop`: readies PyJWT and jose, so that tests can ask them about our licences.
//!
//! Both end up in `target/interop` with their scripts. The tests find them by `XTASK_INTEROP`:
//! `<it>/venv/bin/python <it>/pyjwt.py` and `node <it>/jose.mjs`, each with a JWKS (URL or file)
//! and a licence as arguments. Without the variable those tests say so and pass.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::pinned;
use crate::workspace::Workspace;

/// The variable that tells tests where the libraries are.
pub(crate) const VARIABLE: &str = "XTASK_INTEROP";

/// Creates the environments, in the versions that `xtask/interop` pins.
pub(crate) fn prepare(workspace: &Workspace) -> anyhow::Result<()> {
    let (folder, pins) = (folder(workspace), workspace.root.join("xtask/interop"));
    copy_scripts(workspace)?;
    pinned::venv(workspace, &pins.join("requirements.txt"), &folder)?;
    pinned::npm(workspace, &pins, &folder)?;
    println!("ready; for `cargo test`: {VARIABLE}={}", folder.display());
    Ok(())
}

/// Where the environments are.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("interop")
}

/// Was everything installed? This file is written last.
pub(crate) fn is_prepared(workspace: &Workspace) -> bool {
    folder(workspace).join("installed.json").exists()
}

/// The scripts stand next to `node_modules`: that is where ES modules look for a package.
fn copy_scripts(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = folder(workspace);
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(workspace.root.join("xtask/interop"))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))
            .with_context(|| format!("cannot copy {}", entry.path().display()))?;
    }
    Ok(())
}
