//! `cargo xtask <task>`: what people and CI run on this repository, one file a task.
//!
//! A task says what it does, does it with ordinary commands that it prints, and exits with 1 at the
//! first failure. Nothing here ships; no crate of ours is linked.

mod bench;
mod bindings;
mod budget;
mod command;
mod console;
mod drill;
mod fuzz;
mod generated;
mod interop;
mod pinned;
mod schemathesis;
mod system;
mod test;
mod tidy;
mod tools;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::workspace::Workspace;

/// The project's own tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Run everything that CI runs, with a table of durations at the end
    Test(test::Options),
    /// Check dependency direction, file openings, file sizes and ARCHITECTURE.md
    Tidy,
    /// Regenerate vectors/
    Vectors(generated::Options),
    /// Regenerate the documents that are made from code
    Docs(generated::Options),
    /// Regenerate bindings/voice/sounds
    Sounds(generated::Options),
    /// Count the instructions of a request, and hold them against bench/budget.json
    Budget(budget::Options),
    /// Build crates/license for WebAssembly with nothing but `core`
    Wasm,
    /// Fuzz for as long as you like, or replay the kept corpora
    Fuzz(fuzz::Options),
    /// Measure the gateway beside other servers, and write docs/BENCHMARKS.md
    Bench(bench::Options),
    /// Break parts of a running installation under load, and see whether what we promise holds
    Drill(drill::Options),
    /// Build and test the verifier in every language, and hold it against the vectors
    Bindings(bindings::Options),
    /// Prepare the foreign JWT libraries that the tests hold our licences against
    Interop,
}

fn main() -> ExitCode {
    match Workspace::locate().and_then(|workspace| run(&workspace, Task::parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(workspace: &Workspace, task: Task) -> anyhow::Result<()> {
    match task {
        Task::Test(options) => test::run(workspace, &options),
        Task::Tidy => tidy::run(workspace),
        Task::Vectors(options) => generated::run(workspace, generated::VECTORS, &options),
        Task::Sounds(options) => generated::run(workspace, generated::SOUNDS, &options),
        Task::Docs(options) => generated::run(workspace, generated::DOCS, &options),
        Task::Budget(options) => budget::run(workspace, &options),
        Task::Wasm => wasm::run(workspace),
        Task::Fuzz(options) => fuzz::run(workspace, &options),
        Task::Bench(options) => bench::run(workspace, &options),
        Task::Drill(options) => drill::run(workspace, &options),
        Task::Bindings(options) => bindings::run(workspace, &options),
        Task::Interop => interop::prepare(workspace),
    }
}
