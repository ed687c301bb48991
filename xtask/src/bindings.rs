//! `cargo xtask bindings <language>`: the verifier in other languages, built, tested and measured.
//!
//! Each language has a file with the same three functions; what they build and find lies in
//! `target/bindings`.

mod java;

use clap::ValueEnum;

use crate::workspace::Workspace;

/// A language with a binding.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Language {
    /// The jar
    Java,
}

/// Something measured; less is better.
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) seen: f64,
    pub(crate) unit: &'static str,
    pub(crate) goal: Option<f64>,
}

/// Builds and tests a language's binding, walks the vectors in it, and measures it.
pub(crate) fn run(workspace: &Workspace, language: Language) -> anyhow::Result<()> {
    let (vectors, figures) = match language {
        Language::Java => {
            java::check(workspace)?;
            (java::vectors(workspace)?, java::measure(workspace)?)
        }
    };
    println!("vectors: {}", vectors.display());
    for Figure { what, seen, unit, goal } in figures {
        let goal = goal.map(|goal| format!(" (goal: {goal} {unit})")).unwrap_or_default();
        println!("{what}: {seen:.1} {unit}{goal}");
    }
    Ok(())
}
