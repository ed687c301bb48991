//! `cargo xtask wasm`: builds crates/license for wasm32-unknown-unknown against `core` alone, and the two modules.
//!
//! Neither `std` nor `alloc` exists in the build of crates/license and bindings/wasm, so it proves what the crate
//! promises; bindings/voice has both. Rust's own
//! distribution of the target needs rustup; Debian packages a rustc that knows WebAssembly together
//! with the sources of its libraries, and that is enough: unpacked under `target/`, never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::command;
use crate::system::{self, Missing};
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";
/// The compiler, the sources of its libraries, and the linker; the rest follows from them.
const PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "lld"];

/// What every module is built with.
const PROFILE: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_STRIP", "true"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
];
/// A panic is a trap without words, and names no place in the sources, which would differ from machine to
/// machine; SHA-512 keeps its rounds in a loop; the stack, of each way's own size, lies below all
/// data, so that running out of it traps as well.
const FLAGS: &str = r#"-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none --cfg sha2_backend_soft="compact""#;

/// One way of building for WebAssembly; crates that are built in one way share a folder, and so a library.
struct Way {
    folder: &'static str,
    opt_level: &'static str,
    library: &'static [&'static str],
    flags: &'static str,
}

/// Small, on `core` alone, with 64 KiB of stack.
const SMALL: Way = Way {
    folder: "wasm",
    opt_level: "s",
    library: &["-Zbuild-std=core,compiler_builtins"],
    flags: "-Clink-arg=-zstack-size=65536",
};
/// Fast: frames of sound are to be ready before the next ones come, and lie on the stack by the dozen. The
/// vector instructions are in every browser since 2023.
const FAST: Way = Way {
    folder: "wasm-voice",
    opt_level: "3",
    // Without its features: nobody reads a backtrace.
    library: &["-Zbuild-std=std,panic_abort", "-Zbuild-std-features="],
    flags: "-Ctarget-feature=+simd128 -Clink-arg=-zstack-size=1048576",
};

/// Proves what crates/license promises.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    build(workspace, &SMALL, "tonegate-license")
}

/// Builds the module of bindings/wasm; where it is.
pub(crate) fn module(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    build(workspace, &SMALL, "tonegate-wasm")?;
    Ok(folder(workspace, &SMALL).join(TARGET).join("release/tonegate_wasm.wasm"))
}

/// Builds the module of bindings/voice; where it is.
pub(crate) fn voice(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    build(workspace, &FAST, "tonegate-voice-wasm")?;
    Ok(folder(workspace, &FAST).join(TARGET).join("release/tonegate_voice_wasm.wasm"))
}

/// Unpacks the toolchain where that was not done yet, and builds.
fn build(workspace: &Workspace, way: &Way, package: &str) -> anyhow::Result<()> {
    let toolchain = workspace.target.join("wasm-toolchain");
    if !toolchain.exists() {
        unpack(workspace, &toolchain)?;
    }
    command::run(&mut cargo(workspace, way, &toolchain, package))
}

fn folder(workspace: &Workspace, way: &Way) -> PathBuf {
    workspace.target.join(way.folder)
}

fn cargo(workspace: &Workspace, way: &Way, toolchain: &Path, package: &str) -> Command {
    let mut cargo = workspace.cargo(["build", "--release", "--package", package]);
    cargo.args(["--target", TARGET]).args(way.library);
    cargo.arg("--target-dir").arg(folder(workspace, way));
    // Somebody's own flags would go before ours, and make another module.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.envs(PROFILE).env("CARGO_PROFILE_RELEASE_OPT_LEVEL", way.opt_level);
    let flags = format!("{FLAGS} {} -Clink-arg=--stack-first", way.flags);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    cargo
        .env("RUSTC", toolchain.join("usr/bin/rustc"))
        // Building `core` from source is not stable yet; the sources are the compiler's own.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("LD_LIBRARY_PATH", toolchain.join("usr/lib").join(libraries()))
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", toolchain.join("usr/bin/wasm-ld"));
    cargo
}

/// Debian's folder for the libraries of this machine.
fn libraries() -> String {
    format!("{}-linux-gnu", std::env::consts::ARCH)
}

/// Appears whole or not at all, so that an interrupted download is begun anew.
fn unpack(workspace: &Workspace, toolchain: &Path) -> anyhow::Result<()> {
    if !system::has_apt_get() {
        return Err(Missing("a rustc for WebAssembly comes from Debian's packages".into()).into());
    }
    fs::create_dir_all(&workspace.target)?;
    let partial = tempfile::tempdir_in(&workspace.target)?;
    let root = partial.path().join("root");
    if download(partial.path()).is_err() {
        println!("the packages are not to be had as listed: renewing the lists");
        system::update()?;
        download(partial.path())?;
    }
    for package in packages_in(partial.path())? {
        command::run(Command::new("dpkg").arg("--extract").arg(&package).arg(&root))?;
    }
    fs::rename(&root, toolchain).context("cannot put the toolchain in its place")
}

/// Downloads the packages, and those they need that this machine has not installed.
fn download(into: &Path) -> anyhow::Result<()> {
    let mut simulate = system::apt_get(["--simulate", "--no-install-recommends", "install"]);
    let plan = command::output(simulate.args(PACKAGES))?;
    let mut download = system::apt_get(["download"]);
    download.args(installed_by(&String::from_utf8_lossy(&plan)));
    command::run(download.current_dir(into))
}

/// The package names in the lines `Inst <name> (<version> …)` of a simulated installation.
fn installed_by(plan: &str) -> Vec<&str> {
    plan.lines()
        .filter_map(|line| line.strip_prefix("Inst "))
        .filter_map(|rest| rest.split(' ').next())
        .collect()
}

fn packages_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut packages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            packages.push(path);
        }
    }
    packages.sort();
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_what_would_be_installed() {
        let plan = "Reading package lists...\nInst libllvm22 (1:22.1.8 Debian:12 [amd64])\n\
                    Inst lld (1:14.0 Debian:12 [amd64])\nConf lld (1:14.0 Debian:12 [amd64])\n";
        assert_eq!(installed_by(plan), ["libllvm22", "lld"]);
    }
}
