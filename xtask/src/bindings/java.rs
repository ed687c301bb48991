//! The jar: native library, classes, tests with JNI's own checks on, and README's examples.
//!
//! The JDK's tools alone build it. Tests run on the jar as it ships; only the one that needs a
//! library with a fault gets the debug build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::Figure;
use crate::command;
use crate::system;
use crate::workspace::Workspace;

/// Brings javac, jar and java.
const PACKAGE: &str = "openjdk-17-jdk-headless";
const LIBRARY: &str = "libtonegate_java.so";
/// What the JVM writes under `-Xcheck:jni` when native code breaks a rule.
const BROKEN_RULES: [&str; 2] = ["WARNING in native method", "FATAL ERROR in native method"];

/// What Android got with version 13 or never, and no build tool brings to 8, where README says that
/// the classes run.
const NOT_ON_ANDROID: [&str; 5] = [
    "java/io/InputStream.readAllBytes",
    "java/io/InputStream.readNBytes",
    "java/io/InputStream.transferTo",
    "java/lang/ref/Cleaner",
    "java/net/http/",
];

/// Builds the jar, and the tests' classes.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    Kit::of(workspace).build()
}

/// Runs its tests, and compiles and runs what README shows.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let kit = Kit::of(workspace);
    kit.suits_android()?;
    kit.test(&["-cp", &kit.class_path()], &[])?;
    kit.test_panics()?;
    kit.run_readme()
}

/// Walks every case of `vectors/` in Java, and writes what was found.
pub(crate) fn vectors(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let kit = Kit::of(workspace);
    let found = kit.folder.with_extension("json");
    let mut java = kit.java(&["-cp", &kit.class_path(), "dev.tonegate.tests.Vectors"]);
    command::run(java.arg(&found))?;
    Ok(found)
}

/// What a verification, a check and the jar cost.
pub(crate) fn measure(workspace: &Workspace) -> anyhow::Result<Vec<Figure>> {
    let kit = Kit::of(workspace);
    let mut java = kit.java(&["-cp", &kit.class_path(), "dev.tonegate.tests.Bench"]);
    let output = String::from_utf8(command::output(&mut java)?)?;
    let nanos = |name: &str| -> anyhow::Result<f64> {
        let line = output.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(line.with_context(|| format!("no figure for {name}"))?.parse()?)
    };
    let figure = |what: &str, seen, unit, goal| Figure { what: what.to_owned(), seen, unit, goal };
    let kilobytes = |path: &Path| Ok::<_, std::io::Error>(fs::metadata(path)?.len() as f64 / 1e3);
    Ok(vec![
        figure("Java: verify", nanos("verify")? / 1e3, "µs", Some(150.0)),
        figure("Java: check a feature at a given time", nanos("check")?, "ns", Some(100.0)),
        figure("Java: check a feature now", nanos("check_now")?, "ns", None),
        figure("Java: the jar", kilobytes(&kit.jar())?, "kB", None),
        figure("Java: the native library", kilobytes(&kit.library("release"))?, "kB", None),
    ])
}

/// Where everything lies.
struct Kit<'w> {
    workspace: &'w Workspace,
    sources: PathBuf,
    folder: PathBuf,
}

impl<'w> Kit<'w> {
    fn of(workspace: &'w Workspace) -> Self {
        let sources = workspace.root.join("bindings/java");
        let folder = workspace.target.join("bindings/java");
        Self { workspace, sources, folder }
    }

    /// The jar and the tests' classes, built anew.
    fn build(&self) -> anyhow::Result<()> {
        system::ensure(&["javac", "--version"], PACKAGE)?;
        system::ensure(&["jar", "--version"], PACKAGE)?;
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        self.pack()?;
        self.compile(&[], &self.sources.join("tests/dev/tonegate/tests"), "tests")
    }

    fn pack(&self) -> anyhow::Result<()> {
        let cargo = ["build", "--release", "--package", "tonegate-java"];
        command::run(&mut self.workspace.cargo(cargo))?;
        self.compile(
            &["-Xdoclint:all/protected"],
            &self.sources.join("java/dev/tonegate"),
            "classes",
        )?;
        let content = self.folder.join("content");
        let natives = content.join(format!("natives/linux-{}", std::env::consts::ARCH));
        let about = content.join("META-INF");
        fs::create_dir_all(&natives)?;
        fs::create_dir_all(about.join("proguard"))?;
        fs::copy(self.library("release"), natives.join(LIBRARY))?;
        fs::copy(self.sources.join("tonegate.pro"), about.join("proguard/tonegate.pro"))?;
        for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
            fs::copy(self.workspace.root.join(license), about.join(license))?;
        }
        let manifest = self.sources.join("MANIFEST.MF");
        let mut jar = self.workspace.program("jar");
        jar.arg("--create").arg("--file").arg(self.jar()).arg("--manifest").arg(manifest);
        jar.arg("-C").arg(self.folder.join("classes")).arg(".");
        command::run(jar.arg("-C").arg(content).arg("."))
    }

    /// Compiles a folder's sources into a folder of classes, against the jar once it is there.
    fn compile(&self, options: &[&str], sources: &Path, into: &str) -> anyhow::Result<()> {
        let mut javac = self.workspace.program("javac");
        javac.args(["--release", "17", "-Xlint:all", "-Werror", "-encoding", "UTF-8"]);
        javac.args(options).arg("-d").arg(self.folder.join(into));
        if self.jar().exists() {
            javac.arg("-cp").arg(self.jar());
        }
        command::run(javac.args(java_files(sources)?))
    }

    /// There is no Android here to find out what it lacks.
    fn suits_android(&self) -> anyhow::Result<()> {
        let mut classes = Vec::new();
        for entry in fs::read_dir(self.folder.join("classes/dev/tonegate"))? {
            classes.push(entry?.path());
        }
        let mut javap = self.workspace.program("javap");
        let code = command::output(javap.args(["-c", "-private"]).args(classes))?;
        let code = String::from_utf8(code)?;
        let called = NOT_ON_ANDROID.iter().find(|name| code.contains(**name));
        ensure!(called.is_none(), "the classes use what Android 8 lacks: {called:?}");
        Ok(())
    }

    /// Runs the tests, and reads what they print: the JVM names broken rules and goes on.
    fn test(&self, options: &[&str], names: &[&str]) -> anyhow::Result<()> {
        let mut java = self.java(&["-Xcheck:jni"]);
        java.args(options).arg("dev.tonegate.tests.Tests").args(names);
        // The panic that a test is about needs no page of its own.
        java.env("RUST_BACKTRACE", "0");
        let log = self.folder.join("tests.log");
        let outcome = command::run(java.stdout(fs::File::create(&log)?));
        let printed = fs::read_to_string(&log)?;
        print!("{printed}");
        outcome?;
        let broken = BROKEN_RULES.iter().find(|rule| printed.contains(**rule));
        ensure!(broken.is_none(), "the JVM complains about our native code, above");
        Ok(())
    }

    /// The debug build has a native method that panics; it comes from java.library.path, as the
    /// classes alone have no library.
    fn test_panics(&self) -> anyhow::Result<()> {
        command::run(&mut self.workspace.cargo(["build", "--package", "tonegate-java"]))?;
        let library = self.library("debug");
        let path = format!("-Djava.library.path={}", self.workspace.target.join("debug").display());
        let again = format!("-Dlibrary={}", library.display());
        let classes = ["classes", "tests"].map(|folder| self.folder.join(folder));
        let [classes, tests] = classes.map(|folder| folder.display().to_string());
        self.test(&[&path, &again, "-cp", &format!("{classes}:{tests}")], &["PanicTests"])
    }

    /// Compiles every `java` block of README, runs the first, and compares what it prints.
    fn run_readme(&self) -> anyhow::Result<()> {
        let readme = fs::read_to_string(self.sources.join("README.md"))?;
        let shown = self.folder.join("shown");
        fs::create_dir_all(&shown)?;
        let examples = blocks(&readme, "java");
        for example in &examples {
            let class = class_of(example).context("an example in README has no class")?;
            fs::write(shown.join(format!("{class}.java")), example)?;
        }
        self.compile(&[], &shown, "examples")?;
        let first = examples.first().and_then(|example| class_of(example));
        let class_path =
            format!("{}:{}", self.jar().display(), self.folder.join("examples").display());
        let mut java = self.java(&["-cp", &class_path, first.context("README has no example")?]);
        let printed = String::from_utf8(command::output(&mut java)?)?;
        let expected = blocks(&readme, "text");
        ensure!(
            Some(printed.as_str()) == expected.first().copied(),
            "README's example prints\n{printed}and README says otherwise"
        );
        Ok(())
    }

    fn java(&self, arguments: &[&str]) -> Command {
        let mut java = self.workspace.program("java");
        java.arg(format!("-Dvectors={}", self.workspace.root.join("vectors").display()));
        java.args(arguments);
        java
    }

    fn class_path(&self) -> String {
        format!("{}:{}", self.jar().display(), self.folder.join("tests").display())
    }

    fn jar(&self) -> PathBuf {
        self.folder.join("tonegate.jar")
    }

    fn library(&self, profile: &str) -> PathBuf {
        self.workspace.target.join(profile).join(LIBRARY)
    }
}

fn java_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        files.push(entry?.path());
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "java"));
    files.sort();
    Ok(files)
}

/// The fenced blocks of a language.
fn blocks<'r>(readme: &'r str, language: &str) -> Vec<&'r str> {
    let opening = format!("\n```{language}\n");
    let rest = readme.split(&opening).skip(1);
    rest.filter_map(|rest| Some(rest.split_at(rest.find("\n```")? + 1).0)).collect()
}

/// The name behind the first `class`.
fn class_of(example: &str) -> Option<&str> {
    example.split("class ").nth(1)?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_by_language() {
        let readme = "a\n```java\nclass A {\n}\n```\n```text\nout\n```\n```java\nclass B {}\n```\n";
        let examples = blocks(readme, "java");
        assert_eq!(examples, ["class A {\n}\n", "class B {}\n"]);
        assert_eq!(examples.into_iter().map(class_of).collect::<Vec<_>>(), [Some("A"), Some("B")]);
        assert_eq!(blocks(readme, "text"), ["out\n"]);
    }
}
