//! `cargo xtask bindings`: the verifier in other languages, one file a language: built, tested, led
//! through the vectors, and measured.

pub(crate) mod wasm;

use crate::workspace::Workspace;

/// Which language.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The binding
    #[arg(value_parser = ["wasm"])]
    language: String,
    /// Lead it through the vectors instead; the results end up in target/bindings
    #[arg(long, conflicts_with = "measure")]
    vectors: bool,
    /// Measure it instead
    #[arg(long)]
    measure: bool,
}

/// Something measured; less is better.
pub(crate) struct Figure {
    /// What, and where.
    pub(crate) what: String,
    pub(crate) seen: f64,
    pub(crate) unit: &'static str,
    /// What it must not exceed.
    pub(crate) goal: Option<f64>,
}

/// Does what is asked of one language.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    if options.vectors {
        for results in wasm::vectors(workspace)? {
            println!("{}", results.display());
        }
        return Ok(());
    }
    if options.measure {
        let figures = wasm::measure(workspace)?;
        figures.iter().for_each(print);
        return Ok(());
    }
    wasm::check(workspace)
}

fn print(figure: &Figure) {
    let Figure { what, seen, unit, goal } = figure;
    let goal = goal.map(|goal| format!(" (at most {goal})")).unwrap_or_default();
    println!("{what}: {seen:.2} {unit}{goal}");
}
