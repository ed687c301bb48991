//! A server that takes part, or several as one: started on their core, asked once, ended with their scenario.

pub(crate) mod nginx;
pub(crate) mod ours;
pub(crate) mod peers;
pub(crate) mod relay;
pub(crate) mod valkey;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::process::Process;

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Contestant {
    /// Where.
    pub(crate) address: SocketAddr,
    /// What it costs.
    pub(crate) process: Process,
    /// From its start to when it said that it is ready, where it says so.
    pub(crate) ready_after: Option<Duration>,
    /// Further servers that are asked in turn with it.
    pub(crate) others: Vec<Contestant>,
    /// What they work with, and what that costs.
    pub(crate) behind: Vec<Process>,
}

impl Contestant {
    /// One server alone.
    pub(crate) fn new(address: SocketAddr, process: Process) -> Self {
        Self { address, process, ready_after: None, others: Vec::new(), behind: Vec::new() }
    }

    /// Where all of them are.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let others = self.others.iter().map(|other| other.address);
        std::iter::once(self.address).chain(others).collect()
    }

    /// CPU time of all of them so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        self.processes().map(Process::cpu).sum()
    }

    /// Resident memory of all of them, KiB.
    pub(crate) fn resident_kib(&self) -> anyhow::Result<u64> {
        self.processes().map(Process::resident_kib).sum()
    }

    fn processes(&self) -> impl Iterator<Item = &Process> {
        let others = self.others.iter().map(|other| &other.process);
        std::iter::once(&self.process).chain(others).chain(&self.behind)
    }
}

/// An address on loopback that nobody listens at now.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Waits until somebody listens.
pub(crate) fn wait_for_port(process: &mut Process, address: SocketAddr) -> anyhow::Result<()> {
    process.wait_for(|_| TcpStream::connect(address).ok()).map(drop)
}

/// The body that is answered to one request, sent on a connection of its own.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1_024];
    loop {
        let read = stream.read(&mut buffer).context("no whole answer")?;
        ensure!(read > 0, "the server closed within an answer");
        bytes.extend_from_slice(&buffer[..read]);
        match crate::load::answer::read(&bytes) {
            crate::load::answer::Read::Whole(answer) => {
                return Ok(String::from_utf8(bytes[answer.body..answer.end].to_vec())?);
            }
            crate::load::answer::Read::Partial => {}
            crate::load::answer::Read::Strange => {
                anyhow::bail!("not an answer: {}", String::from_utf8_lossy(&bytes))
            }
        }
    }
}
