//! The machine that figures come from, and the versions of what ran on it.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::contestant::nginx;

/// What a reader has to know to compare.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) cpu: String,
    /// Cores that the system has.
    pub(crate) cores: usize,
    /// Memory, MiB.
    pub(crate) memory_mib: u64,
    /// The kernel's name and version.
    pub(crate) kernel: String,
    /// What the system says of itself.
    pub(crate) system: String,
    /// Is it a virtual machine, as far as the processor tells?
    pub(crate) virtual_machine: bool,
    /// Programs that took part, each with its version.
    pub(crate) programs: Vec<(String, String)>,
}

impl Machine {
    /// This one. What cannot be found out stays empty.
    pub(crate) fn this() -> Self {
        let cpuinfo = read("/proc/cpuinfo");
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let kib = memory.split(' ').next().and_then(|kib| kib.parse::<u64>().ok());
        let system = read("/etc/os-release");
        let named =
            |line: &str| Some(line.strip_prefix("PRETTY_NAME=")?.trim_matches('"').to_owned());
        Self {
            cpu: field(&cpuinfo, "model name"),
            cores: cpuinfo.lines().filter(|line| line.starts_with("processor")).count(),
            memory_mib: kib.unwrap_or_default() / 1_024,
            kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            system: system.lines().find_map(named).unwrap_or_default(),
            virtual_machine: field(&cpuinfo, "flags").split(' ').any(|flag| flag == "hypervisor"),
            programs: programs(),
        }
    }
}

/// The source's revision, shortened; `+`: something is changed in it.
pub(crate) fn revision() -> String {
    let head =
        said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changes = said("git", &["status", "--porcelain", "--untracked-files=no"]);
    let clean = changes.is_none_or(|changes| changes.is_empty());
    if clean { head } else { head + "+" }
}

fn programs() -> Vec<(String, String)> {
    let versions = [
        ("nginx", nginx::version()),
        ("go", said("go", &["version"])),
        ("node", said("node", &["--version"])),
        ("python", said("python3", &["--version"])),
        ("rustc", said("rustc", &["--version"])),
    ];
    let there =
        versions.into_iter().filter_map(|(name, version)| Some((name.to_owned(), version?)));
    there.collect()
}

/// What a command writes; `None`: it is not there, or fails.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> String {
    let value = text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim().to_owned())
    });
    value.unwrap_or_default()
}
