//! Schemathesis holds the admin API against the document that it serves: a real server, an owner's token,
//! hundreds of generated requests for each operation, good ones and bad ones.
//!
//! It lives in `target/schemathesis`, in the version that `xtask/schemathesis` pins. The server is a new
//! one each time and is thrown away, so that everything may be rotated, revoked and deleted.

mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

use crate::command;
use crate::pinned;
use crate::workspace::Workspace;
use server::Server;

/// Requests that are generated for an operation, besides those for each bound and each missing member.
const EXAMPLES: &str = "300";
/// The same requests each time.
const SEED: &str = "1";
/// Below what the server takes of one caller (50/s): three requests an operation go without a good
/// credential, and of those it takes 5/s.
const RATE: &str = "30/s";
/// Here whoever is refused is a stranger; these operations come last, and slower.
const PUBLIC_RATE: &str = "5/s";
/// Operations that nobody needs to be known for.
const PUBLIC: [&str; 5] = [
    "get_setup",
    "create_enrollment",
    "confirm_enrollment",
    "create_session",
    "create_demo_session",
];

/// No server error, no answer that the document does not describe, nothing without authentication.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = prepare(workspace)?;
    command::run(&mut workspace.cargo(["build", "--package", "tonegate"]))?;
    let mut server = Server::start(workspace, &folder.join("run"))?;
    let mut known = schemathesis(workspace, &folder, &server);
    known.args(["--max-examples", EXAMPLES, "--rate-limit", RATE]);
    known.args(PUBLIC.iter().flat_map(|id| ["--exclude-operation-id", id]));
    let known = report(&mut known, &folder, "known");
    let mut public = schemathesis(workspace, &folder, &server);
    public.args(["--max-examples", EXAMPLES, "--rate-limit", PUBLIC_RATE]);
    // Nothing leads from one of them to another.
    public.args(["--phases", "examples,coverage,fuzzing"]);
    public.args(PUBLIC.iter().flat_map(|id| ["--include-operation-id", id]));
    let public = report(&mut public, &folder, "public");
    server.check()?;
    known.and(public)
}

fn prepare(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.target.join("schemathesis");
    let pins = workspace.root.join("xtask/schemathesis");
    pinned::venv(workspace, &pins.join("requirements.txt"), &folder)?;
    fs::copy(pins.join("schemathesis.toml"), folder.join("schemathesis.toml"))?;
    Ok(folder)
}

/// The program, with what all runs share.
fn schemathesis(workspace: &Workspace, folder: &Path, server: &Server) -> Command {
    let mut command = workspace.program(folder.join("venv/bin/schemathesis"));
    command.current_dir(folder).args(["run", &server.document(), "--no-color"]);
    command.args(["--seed", SEED, "--continue-on-failure"]);
    // Of the throw-away server alone, but still nothing for logs: by the environment, not by argument.
    command.env("TONEGATE_TOKEN", server.token());
    command
}

/// Runs it; its whole output goes to a file, and the end of that to ours.
fn report(command: &mut Command, folder: &Path, name: &str) -> anyhow::Result<()> {
    let path = folder.join(format!("{name}.txt"));
    println!("$ schemathesis run … > {}", path.display());
    let status = command.stdout(fs::File::create(&path)?).status()?;
    let text = fs::read_to_string(&path)?;
    let summary = text.rfind("= SUMMARY =").map_or(0, |at| text[..at].rfind('\n').unwrap_or(0));
    println!("{}", &text[summary..]);
    ensure!(status.success(), "schemathesis found faults; they are in {}", path.display());
    Ok(())
}
