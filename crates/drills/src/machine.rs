//! The machine that figures come from, and the versions of what ran on it.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::process;

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
    /// Programs that took part, each with its version.
    pub(crate) programs: Vec<String>,
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
            programs: programs(),
        }
    }
}

fn programs() -> Vec<String> {
    let asked = [
        ("haproxy", "-v"),
        ("/usr/lib/postgresql/15/bin/postgres", "--version"),
        ("redis-server", "--version"),
        ("faketime", "--version"),
    ];
    asked.iter().filter_map(|(program, flag)| version(program, flag)).collect()
}

/// The first line of what a program says of itself; `None`: it is not there.
fn version(program: &str, flag: &str) -> Option<String> {
    let output = Command::new(program).arg(flag).env("PATH", process::path()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| !line.trim().is_empty())?.trim();
    output.status.success().then(|| line.split(" - ").next().unwrap_or(line).to_owned())
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
