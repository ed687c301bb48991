//! `cargo xtask tidy`: what no compiler checks and reviewers forget.
//!
//! Every check returns its complaints as lines; the task prints all of them and fails when there is
//! one.

mod architecture;
mod graph;
mod sources;

use std::fs;

use anyhow::{Context as _, ensure};
use cargo_metadata::{Metadata, MetadataCommand};

use crate::workspace::Workspace;
use architecture::Graph;

/// Checks the tree.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    // The fuzz targets have a lock file of their own.
    metadata(workspace, "fuzz/Cargo.toml")?;
    let metadata = metadata(workspace, "Cargo.toml")?;
    let document = fs::read_to_string(workspace.root.join("ARCHITECTURE.md"))
        .context("cannot read ARCHITECTURE.md")?;
    let mut complaints = graph::complaints(&metadata, &Graph::read(&document));
    complaints.extend(imagined(&document, &metadata));
    complaints.extend(sources::complaints(&workspace.root)?);
    for complaint in &complaints {
        println!("{complaint}");
    }
    ensure!(complaints.is_empty(), "{} complaints, listed above", complaints.len());
    println!("dependency direction, sources and ARCHITECTURE.md are in order");
    Ok(())
}

/// The crates that the document speaks of and nobody finds.
fn imagined(document: &str, metadata: &Metadata) -> Vec<String> {
    let members = graph::members(metadata);
    let mentioned = architecture::mentioned(document).into_iter();
    mentioned
        .filter(|name| !members.contains(name.as_str()))
        .map(|name| format!("ARCHITECTURE.md mentions {name}, which does not exist"))
        .collect()
}

/// The packages and what they resolve to. In CI the committed lock file must fit them as it is,
/// so that every later command builds what was committed.
fn metadata(workspace: &Workspace, manifest: &str) -> anyhow::Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.manifest_path(workspace.root.join(manifest));
    if workspace.ci {
        command.other_options(["--locked".to_owned()]);
    }
    command.exec().with_context(|| {
        format!("{manifest} or its lock file; `cargo xtask tidy` outside CI renews the latter")
    })
}
