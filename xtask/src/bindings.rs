//! `cargo xtask bindings <language>`: builds a binding as its users would, tests it, and measures it.
//!
//! Each language has a file here with the same three functions: `check`, `vectors`, `measure`.

mod python;

use crate::workspace::Workspace;

/// Which language.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// `python`
    language: Language,
    /// Fuzz for so many seconds instead, and print what that came to
    #[arg(long)]
    fuzz: Option<u32>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Language {
    Python,
}

/// Something measured; lower is better.
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) seen: f64,
    pub(crate) unit: &'static str,
    /// What it should not exceed; `None`: nobody promised anything.
    pub(crate) goal: Option<f64>,
}

/// Checks the language, walks the vectors, prints what was measured.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    match (options.language, options.fuzz) {
        (Language::Python, Some(seconds)) => return python::fuzz(workspace, seconds),
        (Language::Python, None) => python::check(workspace)?,
    }
    let found = python::vectors(workspace)?;
    println!("what the vectors came to: {}", found.display());
    for Figure { what, seen, unit, goal } in python::measure(workspace)? {
        let goal = goal.map_or(String::new(), |goal| format!(" (goal {goal})"));
        println!("{what}: {seen} {unit}{goal}");
    }
    Ok(())
}
