//! `cargo xtask bindings`: the verifier in every language, built, tested, and held against the vectors.
//!
//! Each language has a file in `bindings/`, with the same three things to offer; what all have in
//! common is here. The table of verdicts is the promise: whoever unlocks a feature in one language
//! unlocks it in all.

mod c;
mod figures;
mod java;
mod package;
mod python;
mod table;
mod voice;
mod wasm;

use std::fs;
use std::path::PathBuf;

use anyhow::bail;

use crate::command;
use crate::workspace::Workspace;
pub(crate) use figures::Figure;
use table::Column;

/// Which languages, and what to do with them.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these; all when none is named
    #[arg(value_name = "LANGUAGE", value_parser = LANGUAGES.map(|language| language.name))]
    languages: Vec<String>,
    /// Only build them and hold them against the vectors
    #[arg(long)]
    vectors: bool,
    /// Measure sizes and times instead of testing, and write them into docs/BENCHMARKS.md
    #[arg(long, conflicts_with = "vectors")]
    measure: bool,
    /// Fuzz for so many seconds instead, where the language can, and say what that came to
    #[arg(long, value_name = "SECONDS", conflicts_with_all = ["vectors", "measure"])]
    fuzz: Option<u32>,
}

/// A language, and what its file offers.
struct Language {
    name: &'static str,
    /// Builds and installs it; the following take what it left.
    build: fn(&Workspace) -> anyhow::Result<()>,
    /// Runs its own tests.
    check: fn(&Workspace) -> anyhow::Result<()>,
    /// Walks through `vectors/cases.json`; what was found, by the name of the column.
    vectors: fn(&Workspace) -> anyhow::Result<Vec<Found>>,
    measure: fn(&Workspace) -> anyhow::Result<Vec<Figure>>,
    fuzz: Option<fn(&Workspace, u32) -> anyhow::Result<()>>,
}

/// A column of the table, and the file that says what was found.
pub(crate) type Found = (&'static str, PathBuf);

const LANGUAGES: [Language; 5] = [
    Language {
        name: "c",
        build: c::build,
        check: c::check,
        vectors: |workspace| Ok(vec![("C", c::vectors(workspace)?)]),
        measure: c::measure,
        fuzz: None,
    },
    Language {
        name: "wasm",
        build: wasm::build,
        check: wasm::check,
        vectors: |workspace| {
            Ok(["WASM/Node", "WASM/Chromium"].into_iter().zip(wasm::vectors(workspace)?).collect())
        },
        measure: wasm::measure,
        fuzz: None,
    },
    Language {
        name: "python",
        build: python::build,
        check: python::check,
        vectors: |workspace| Ok(vec![("Python", python::vectors(workspace)?)]),
        measure: python::measure,
        fuzz: Some(python::fuzz),
    },
    Language {
        name: "java",
        build: java::build,
        check: java::check,
        vectors: |workspace| Ok(vec![("Java", java::vectors(workspace)?)]),
        measure: java::measure,
        fuzz: None,
    },
    Language {
        name: "voice",
        build: voice::build,
        check: voice::check,
        vectors: |_| Ok(Vec::new()),
        measure: voice::measure,
        fuzz: None,
    },
];

/// One step of `cargo xtask test`.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let options = Options { languages: Vec::new(), vectors: false, measure: false, fuzz: None };
    run(workspace, &options)
}

/// Builds, tests, compares, and measures where that is asked for.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    fs::create_dir_all(workspace.target.join("bindings"))?;
    let chosen: Vec<_> = LANGUAGES.iter().filter(|language| options.include(language)).collect();
    if let Some(seconds) = options.fuzz {
        for language in chosen {
            if let Some(fuzz) = language.fuzz {
                (language.build)(workspace)?;
                fuzz(workspace, seconds)?;
            }
        }
        return Ok(());
    }
    chosen.iter().try_for_each(|language| (language.build)(workspace))?;
    if !options.vectors && !options.measure {
        chosen.iter().try_for_each(|language| (language.check)(workspace))?;
    }
    let mut columns = vec![Column::read(rust(workspace)?)?];
    for language in &chosen {
        for found in (language.vectors)(workspace)? {
            columns.push(Column::read(found)?);
        }
    }
    if !table::print(workspace, &columns)? {
        bail!("the languages do not agree on the vectors");
    }
    if options.measure {
        let mut figures = Vec::new();
        for language in &chosen {
            figures.extend((language.measure)(workspace)?);
        }
        figures::write(workspace, &figures)?;
    }
    Ok(())
}

impl Options {
    fn include(&self, language: &Language) -> bool {
        self.languages.is_empty() || self.languages.iter().any(|name| name == language.name)
    }
}

/// What the verifier itself finds.
fn rust(workspace: &Workspace) -> anyhow::Result<Found> {
    let package = ["run", "--quiet", "--package", "tonegate-license", "--example", "vectors", "--"];
    let mut found = workspace.cargo(package);
    let found = command::output(found.arg(workspace.root.join("vectors/cases.json")))?;
    let path = workspace.target.join("bindings/rust.json");
    fs::write(&path, found)?;
    Ok(("Rust", path))
}
