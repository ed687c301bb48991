//! `cargo xtask bindings <language>`: the verifier in other languages, built and tested there.

pub(crate) mod c;

use crate::workspace::Workspace;

/// A measured number; lower is better.
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) seen: f64,
    pub(crate) unit: &'static str,
    pub(crate) goal: Option<f64>,
}

/// Which binding, and what of it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The language
    #[arg(value_parser = ["c"])]
    language: String,
    /// Measure instead of testing
    #[arg(long)]
    measure: bool,
    /// Write what is generated instead of comparing it
    #[arg(long)]
    write: bool,
}

/// Builds and tests, or measures.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    if options.write {
        return c::write_header(workspace);
    }
    if !options.measure {
        c::check(workspace)?;
        println!("found: {}", c::vectors(workspace)?.display());
        return Ok(());
    }
    for Figure { what, seen, unit, goal } in c::measure(workspace)? {
        let goal = goal.map(|goal| format!(", goal {goal} {unit}")).unwrap_or_default();
        println!("{what}: {seen:.1} {unit}{goal}");
    }
    Ok(())
}
