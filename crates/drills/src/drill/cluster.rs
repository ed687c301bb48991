//! Three nodes behind HAProxy, as an installation that outgrew one machine has them.

use std::net::SocketAddr;

use anyhow::Context as _;

use crate::findings::Findings;
use crate::haproxy::HaProxy;
use crate::house::House;
use crate::load::Plan;
use crate::node::Node;
use crate::stage::Stage;

/// How many there are.
const NODES: usize = 3;
/// How many apps ask.
const APPS: u32 = 8;

/// The installation.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) house: House,
    pub(super) nodes: Vec<Node>,
    pub(super) proxy: HaProxy,
}

impl Cluster {
    /// Starts it; its apps may ask so often a second.
    pub(super) async fn open(stage: &Stage, rate: u32) -> anyhow::Result<Self> {
        let house = House::make(stage, &[], APPS, rate).await?;
        let mut nodes = Vec::new();
        for number in 0..NODES {
            nodes.push(Node::copied(stage, &house, &format!("n{number}")).await?);
        }
        for node in &mut nodes {
            node.start().await?;
        }
        let proxy = HaProxy::before(stage, &nodes).await?;
        Ok(Self { house, nodes, proxy })
    }

    /// Says what it consists of.
    pub(super) fn tell(&self, findings: &mut Findings) {
        findings.note(format!(
            "{} nodes behind HAProxy, each on a copy of one SQLite installation: same keys and apps, \
             replay guard and database of each its own",
            self.nodes.len()
        ));
    }

    /// All requests through the proxy.
    pub(super) fn plan(&self, rate: u32) -> Plan {
        Plan::one("proxy", self.proxy.gateway, rate)
    }

    /// A node's own address.
    pub(super) fn address(&self, name: &str) -> anyhow::Result<SocketAddr> {
        let node = self.nodes.iter().find(|node| node.name == name);
        Ok(node.context("no such node")?.place.gateway)
    }
}
