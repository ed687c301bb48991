//! The C binding: installed as a user installs it, then asked by programs in C and C++.
//!
//! Its tests are C, because what a C caller can do wrong cannot be written in Rust. They run plain
//! and under AddressSanitizer and UBSan; `bindings/c/README.md` says what each of them is for.

mod cases;
mod panics;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::bindings::Figure;
use crate::command;
use crate::system;
use crate::tools;
use crate::workspace::Workspace;

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-O2"];
const SANITIZERS: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];
/// The issuer and the moment of the vectors' first licence.
const ISSUER: &str = "tonegate-test";
const AT: &str = "1763843553";

/// What was installed, and where programs against it are built.
struct Installed<'w> {
    workspace: &'w Workspace,
    folder: PathBuf,
    prefix: PathBuf,
}

/// Header and installation.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    renew_header(workspace)?;
    Installed::of(workspace).install()
}

/// Machine code, examples and tests.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let installed = Installed::of(workspace);
    panics::check(&installed.prefix.join("lib/libtonegate.so"))?;
    installed.examples()?;
    installed.tests()?;
    for_other_systems(workspace)
}

/// Walks the vectors in C; the answers are in the file returned.
pub(crate) fn vectors(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    Installed::of(workspace).vectors(&[], &workspace.target.join("bindings/c.json"))
}

/// Size and times.
pub(crate) fn measure(workspace: &Workspace) -> anyhow::Result<Vec<Figure>> {
    let installed = Installed::of(workspace);
    let figure = |what: &str, seen, unit, goal| Figure { what: what.into(), seen, unit, goal };
    let all = installed.contribution()?;
    let mut figures = vec![figure("C: every function, linked statically", all, "KB", Some(150.0))];
    let program = installed.compile("measure", &[])?;
    let text = command::output(Command::new(program).args(installed.sample()))?;
    for line in String::from_utf8(text)?.lines() {
        let (name, nanoseconds) = line.split_once(' ').context("name and number")?;
        let nanoseconds: f64 = nanoseconds.parse()?;
        figures.push(match name {
            "verify_ns" => figure("C: verify", nanoseconds / 1_000.0, "µs", Some(150.0)),
            _ => figure("C: check of a feature", nanoseconds, "ns", Some(100.0)),
        });
    }
    Ok(figures)
}

/// The header is what the source says: in CI it is compared, elsewhere renewed.
fn renew_header(workspace: &Workspace) -> anyhow::Result<()> {
    if !workspace.ci {
        return header(workspace, &[]);
    }
    header(workspace, &["--verify"]).context(
        "bindings/c/include/tonegate.h is not what the source says: run `cargo xtask bindings c`",
    )
}

fn header(workspace: &Workspace, how: &[&str]) -> anyhow::Result<()> {
    tools::ensure(workspace, &tools::CBINDGEN)?;
    let mut cbindgen = workspace.program(tools::CBINDGEN.path(workspace));
    cbindgen.args(["--quiet", "--config", "cbindgen.toml", "--crate", "tonegate-c"]).args(how);
    cbindgen.args(["--output", "include/tonegate.h", "."]);
    command::run(cbindgen.current_dir(workspace.root.join("bindings/c")))
}

/// What make would do for systems that we cannot build for here: Apple's linker knows no soname, and
/// its apps link the static library.
fn for_other_systems(workspace: &Workspace) -> anyhow::Result<()> {
    for (target, shared) in [("aarch64-apple-ios", false), ("aarch64-linux-android", true)] {
        let mut make = workspace.program("make");
        make.args(["--dry-run", "-C", "bindings/c", "install", &format!("RUST_TARGET={target}")]);
        let plan = said(&mut make)?;
        ensure!(plan.contains("libtonegate.a") && plan.contains(target), "{target}: {plan}");
        ensure!(plan.contains("soname") == shared, "{target}: {plan}");
        ensure!(plan.contains("libtonegate.so") == shared, "{target}: {plan}");
    }
    Ok(())
}

impl<'w> Installed<'w> {
    fn of(workspace: &'w Workspace) -> Self {
        let folder = workspace.target.join("bindings/c");
        let prefix = folder.join("prefix");
        Self { workspace, folder, prefix }
    }

    /// As `bindings/c/README.md` says it is done.
    fn install(&self) -> anyhow::Result<()> {
        for (probe, package) in [
            (["cc", "--version"], "build-essential"),
            (["c++", "--version"], "build-essential"),
            (["make", "--version"], "make"),
            (["pkg-config", "--version"], "pkg-config"),
            (["cmake", "--version"], "cmake"),
        ] {
            system::ensure(&probe, package)?;
        }
        fs::create_dir_all(&self.folder)?;
        let mut make = self.workspace.program("make");
        make.args(["--silent", "-C", "bindings/c", "install"]);
        make.arg(format!("PREFIX={}", self.prefix.display()));
        command::run(make.env("CARGO_TARGET_DIR", &self.workspace.target))
    }

    /// Pins and a licence's file, which the test programs are called with.
    fn sample(&self) -> [String; 2] {
        let license = self.workspace.root.join("vectors/001-valid.txt");
        [cases::pins(self.workspace).unwrap_or_default(), license.display().to_string()]
    }

    fn examples(&self) -> anyhow::Result<()> {
        let make = self.folder.join("make");
        fs::create_dir_all(&make)?;
        let mut by_make = self.workspace.program("make");
        by_make.args(["--silent", "--always-make", "-C", "bindings/c/example"]);
        by_make.arg(format!("OUT={}", make.display()));
        command::run(by_make.env("PKG_CONFIG_PATH", self.prefix.join("lib/pkgconfig")))?;
        self.try_examples(&make)?;

        let cmake = self.folder.join("cmake");
        let mut configure = self.workspace.program("cmake");
        configure.args(["-S", "bindings/c/example", "-B"]).arg(&cmake);
        command::run(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", self.prefix.display())))?;
        command::run(self.workspace.program("cmake").arg("--build").arg(&cmake))?;
        self.try_examples(&cmake)
    }

    /// A licence that is good is, and a session runs by what it stored when nothing can be fetched.
    fn try_examples(&self, folder: &Path) -> anyhow::Result<()> {
        let [pins, license] = self.sample();
        let verify = [pins.as_str(), ISSUER, &license, AT];
        let said = said(Command::new(folder.join("verify")).args(verify))?;
        ensure!(said.contains("SDK code 0: the licence is valid"), "verify said: {said}");
        let store = folder.join("stored");
        let _ = fs::remove_file(&store);
        for (license, turns, last) in
            [(license.as_str(), "2", "ans runs\n"), ("/", "1", "ans runs\n")]
        {
            let mut session = Command::new(folder.join("session"));
            session.args([pins.as_str(), ISSUER]).arg(&store).args([license, AT, turns]);
            let said = self::said(&mut session)?;
            ensure!(said.ends_with(last) && said.contains("changed: 0"), "session said: {said}");
        }
        Ok(())
    }

    fn tests(&self) -> anyhow::Result<()> {
        let plain = self.folder.join("found.json");
        let checked = self.folder.join("found-checked.json");
        self.vectors(&[], &plain)?;
        self.vectors(&SANITIZERS, &checked)?;
        ensure!(fs::read(&plain)? == fs::read(checked)?, "under sanitizers the vectors differ");
        let differences = cases::differences(self.workspace, &plain)?;
        ensure!(differences.is_empty(), "vectors:\n{}", differences.join("\n"));
        for flags in [&[][..], &SANITIZERS] {
            let program = self.compile("border", flags)?;
            command::run(Command::new(program).args(self.sample()))?;
        }
        let program = self.compile("stack", &["-pthread"])?;
        command::run(Command::new(program).args(self.sample()))?;
        command::run(&mut Command::new(self.link("c++", "header.cpp", "header", &[])?))?;
        let session = self.link(
            "c++",
            "license_session.cpp",
            "license_session",
            &["-std=c++17", "-pthread"],
        )?;
        command::run(Command::new(session).args(self.sample()))?;
        // As Unreal and some of Android's apps build.
        let mut bare = self.workspace.program("c++");
        bare.args(["-x", "c++", "-std=c++17", "-fno-exceptions", "-fsyntax-only", "-I"]);
        bare.arg(self.prefix.join("include"));
        command::run(bare.arg("bindings/c/example/license_session.hpp"))?;
        self.snippets("docs/EMBEDDING.md")?;
        self.snippets("bindings/c/README.md")
    }

    /// Every block of C or C++ in a document compiles as it stands there.
    fn snippets(&self, document: &str) -> anyhow::Result<()> {
        let text = fs::read_to_string(self.workspace.root.join(document))?;
        for (compiler, extension, standard) in
            [("cc", "c", "-std=gnu11"), ("c++", "cpp", "-std=c++17")]
        {
            for (at, block) in text.split(&format!("```{extension}\n")).skip(1).enumerate() {
                let block = block.split("```").next().unwrap_or_default();
                let source = self.folder.join(format!("snippet-{at}.{extension}"));
                fs::write(&source, block)?;
                let mut compile = self.workspace.program(compiler);
                compile.args(WARNINGS).args([
                    standard,
                    "-fsyntax-only",
                    "-I",
                    "bindings/c/example",
                    "-I",
                ]);
                command::run(compile.arg(self.prefix.join("include")).arg(&source))
                    .with_context(|| format!("block {} of {extension} in {document}", at + 1))?;
            }
        }
        Ok(())
    }

    fn vectors(&self, flags: &[&str], into: &Path) -> anyhow::Result<PathBuf> {
        let lines = self.folder.join("cases.txt");
        fs::write(&lines, cases::lines(self.workspace)?)?;
        let program = self.compile("vectors", flags)?;
        let found = command::output(Command::new(program).stdin(File::open(lines)?))?;
        fs::write(into, found)?;
        Ok(into.to_owned())
    }

    /// What all functions add to a program that has none of them, in thousands of bytes.
    fn contribution(&self) -> anyhow::Result<f64> {
        let mut nm = Command::new("nm");
        nm.args(["--dynamic", "--defined-only", "--format=just-symbols"]);
        let symbols = command::output(nm.arg(self.prefix.join("lib/libtonegate.so")))?;
        let wanted = String::from_utf8(symbols)?;
        let wanted: Vec<_> = wanted.lines().map(|symbol| format!("-Wl,-u,{symbol}")).collect();
        ensure!(wanted.len() > 30, "the library has hardly any functions: {wanted:?}");
        let mut flags = vec!["-Wl,--gc-sections"];
        let without = size(&self.link("cc", "nothing.c", "nothing", &flags)?)?;
        flags.extend(wanted.iter().map(String::as_str));
        Ok((size(&self.link("cc", "nothing.c", "everything", &flags)?)? - without) / 1_000.0)
    }

    fn compile(&self, name: &str, flags: &[&str]) -> anyhow::Result<PathBuf> {
        let checked = if flags == SANITIZERS { "-checked" } else { "" };
        let flags = [&["-std=c11"], flags].concat();
        self.link("cc", &format!("{name}.c"), &format!("{name}{checked}"), &flags)
    }

    fn link(
        &self,
        compiler: &str,
        source: &str,
        name: &str,
        flags: &[&str],
    ) -> anyhow::Result<PathBuf> {
        let program = self.folder.join(name);
        let mut cc = self.workspace.program(compiler);
        cc.args(WARNINGS).args(flags).arg("-I").arg(self.prefix.join("include"));
        cc.arg(Path::new("bindings/c/tests").join(source));
        cc.arg(self.prefix.join("lib/libtonegate.a")).arg("-o").arg(&program);
        command::run(&mut cc)?;
        Ok(program)
    }
}

fn said(program: &mut Command) -> anyhow::Result<String> {
    Ok(String::from_utf8(command::output(program)?)?)
}

/// Code and data of a program, in bytes.
fn size(program: &Path) -> anyhow::Result<f64> {
    let table = said(Command::new("size").arg(program))?;
    let row = table.lines().nth(1).context("`size` prints a row")?;
    let text_and_data = row.split_whitespace().take(2);
    text_and_data.map(|bytes| Ok(bytes.parse::<f64>()?)).sum()
}
