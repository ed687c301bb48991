//! Where the parts of an installation stand: each node in a network namespace of its own, joined by a
//! bridge, where the machine allows it; otherwise all on loopback, on free ports.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::ensure;
use tokio::process::Command;

use crate::{enclosure, process};

/// The bridge's own address, where proxy and load generator are.
const BASE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The first node's.
const FIRST_NODE: u8 = 11;
/// Ports in a namespace of one's own.
const PORTS: [u16; 2] = [8_080, 8_081];

/// The network that a drill takes place in.
#[derive(Debug)]
pub(crate) struct Network {
    enclosed: bool,
    nodes: AtomicU8,
}

/// Where one node stands.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Licence API.
    pub(crate) gateway: SocketAddr,
    /// Admin API, health, metrics.
    pub(crate) admin: SocketAddr,
    namespace: Option<String>,
}

impl Network {
    /// Readies it.
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let enclosed = enclosure::is_inside();
        if enclosed {
            process::ensure("ip", "iproute2").await?;
            enclosure::furnish()?;
            ip("link set lo up").await?;
            ip("link add drills0 type bridge").await?;
            ip(&format!("addr add {BASE}/24 dev drills0")).await?;
            ip("link set drills0 up").await?;
        }
        Ok(Self { enclosed, nodes: AtomicU8::new(0) })
    }

    /// Has each node a namespace of its own?
    pub(crate) fn is_enclosed(&self) -> bool {
        self.enclosed
    }

    /// The address that all nodes reach, for what they have in common.
    pub(crate) fn base(&self) -> IpAddr {
        IpAddr::V4(if self.enclosed { BASE } else { Ipv4Addr::LOCALHOST })
    }

    /// A free address there.
    pub(crate) fn free(&self) -> anyhow::Result<SocketAddr> {
        Ok(TcpListener::bind((self.base(), 0))?.local_addr()?)
    }

    /// A place on loopback, for a node that must reach what is there.
    pub(crate) fn place_on_loopback(&self) -> anyhow::Result<Place> {
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr();
        Ok(Place { gateway: free()?, admin: free()?, namespace: None })
    }

    /// A place for one more node.
    pub(crate) async fn place(&self) -> anyhow::Result<Place> {
        if !self.enclosed {
            return self.place_on_loopback();
        }
        let number = self.nodes.fetch_add(1, Ordering::Relaxed);
        ensure!(number < 200, "so many nodes have no place");
        let [a, b, c, _] = BASE.octets();
        let address = IpAddr::V4(Ipv4Addr::new(a, b, c, FIRST_NODE + number));
        let name = format!("node{number}");
        ip(&format!("netns add {name}")).await?;
        ip(&format!("link add v{number} type veth peer name eth0 netns {name}")).await?;
        ip(&format!("link set v{number} master drills0 up")).await?;
        ip(&format!("-n {name} addr add {address}/24 dev eth0")).await?;
        ip(&format!("-n {name} link set eth0 up")).await?;
        ip(&format!("-n {name} link set lo up")).await?;
        let [gateway, admin] = PORTS.map(|port| SocketAddr::new(address, port));
        Ok(Place { gateway, admin, namespace: Some(name) })
    }
}

impl Place {
    /// A command that runs there. The process is the program itself, not a wrapper.
    pub(crate) fn command(&self, program: &std::path::Path) -> Command {
        let Some(namespace) = &self.namespace else { return Command::new(program) };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(program).env("PATH", process::path());
        command
    }
}

async fn ip(arguments: &str) -> anyhow::Result<()> {
    let mut command = Command::new("ip");
    command.args(arguments.split(' ')).env("PATH", process::path());
    process::output(command).await.map(|_| ())
}
