//! `valkey`: Valkey is killed, stopped and failed over, again and again, under requests; and the Valkey of the
//! other drills.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::block_in_place;
use tonegate_protocol::signed_query;
use tonegate_testing::{Valkey, ValkeySentinel};

use super::cluster::{Cluster, NODES, Wanted};
use crate::findings::Findings;
use crate::house::{House, UNLIMITED};
use crate::load::{Load, replay};
use crate::node::Node;
use crate::process::Process;
use crate::stage::Stage;
use crate::{clock, haproxy};

/// From the fault on, this long counts as the trip.
const TRIP: Duration = Duration::from_secs(2);
/// A guard that is strict again stays so for this many looks at each pair of nodes.
const LOOKS: usize = 3;
/// How long it may take at most before the drill gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a node logs of each extra acceptance.
const EXTRA: &str = "was accepted by another one too";
/// The goal.
const STRICT_AGAIN: f64 = 2.0;

/// The Valkey of an installation.
#[derive(Debug)]
pub(super) enum Guard {
    /// One server; its address leads through a relay, so that nodes in other namespaces reach it.
    Single { server: Box<Valkey>, address: SocketAddr, _relay: Box<Process> },
    /// A primary, a replica, a Sentinel.
    Sentinel(Box<ValkeySentinel>),
}

/// What is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Killed,
    Stopped,
    FailedOver,
}

impl Guard {
    /// Starts it.
    pub(super) async fn open(stage: &Stage, sentinel: bool) -> anyhow::Result<Self> {
        if sentinel {
            return Ok(Self::Sentinel(Box::new(block_in_place(ValkeySentinel::start))));
        }
        let server = Box::new(block_in_place(Valkey::start));
        let address = stage.network.free()?;
        let config = format!(
            "defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n\
             listen valkey\n  bind {address}\n  server v 127.0.0.1:{}\n",
            server.port()
        );
        let relay = haproxy::start(stage, "valkey", &config).await?;
        Ok(Self::Single { server, address, _relay: Box::new(relay) })
    }

    /// What nodes are told of it.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let (urls, topology) = match self {
            Self::Single { address, .. } => (format!("redis://{address}"), "single"),
            Self::Sentinel(all) => (all.sentinel.url(), "sentinel"),
        };
        let variable =
            |name: &str, value: &str| (format!("TONEGATE_SHARED_GUARD__{name}"), value.to_owned());
        let mut variables =
            vec![variable("URLS", &format!("[\"{urls}\"]")), variable("TOPOLOGY", topology)];
        if topology == "sentinel" {
            variables.push(variable("SENTINEL_MASTER", ValkeySentinel::NAME));
        }
        variables
    }

    /// In words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Single { .. } => "the replay guard shared in one Valkey (redis-server)",
            Self::Sentinel(_) => {
                "the replay guard shared in a Valkey primary with a replica and a Sentinel \
                 (redis-server), nodes on loopback"
            }
        }
    }
}

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let rounds = stage.pick(1, 20);
    let one = Wanted { rate: UNLIMITED, ..Wanted::default() };
    let cluster = Cluster::open(stage, one).await?;
    if cluster.guard.is_none() {
        findings.holds("this tonegate knows a shared guard", "no `[shared_guard]`", false);
        return Ok(findings);
    }
    rounds_of(stage, cluster, &[Fault::Killed, Fault::Stopped], rounds, &mut findings).await?;
    let cluster = Cluster::open(stage, Wanted { sentinel: true, ..one }).await?;
    let rounds = stage.pick(1, 20);
    rounds_of(stage, cluster, &[Fault::FailedOver], rounds, &mut findings).await?;
    Ok(findings)
}

/// Each fault so often on one installation.
async fn rounds_of(
    stage: &Stage,
    mut cluster: Cluster,
    faults: &[Fault],
    rounds: usize,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let rate = stage.pick(200, 1_000);
    let mut guard = cluster.guard.take().context("no shared guard")?;
    let (house, nodes) = (cluster.house.clone(), &cluster.nodes);
    strict(&house, nodes).await.context("before any fault")?;
    let load = Load::start(&house, cluster.plan(rate));
    clock::seconds(2).await;
    let (mut trips, mut slowest, mut copies, mut most) = (Vec::new(), Duration::ZERO, 0, 0);
    for round in 0..rounds {
        for &fault in faults {
            stage.say(&format!("round {} of {rounds}: {fault:?}", round + 1));
            let begun = clock::monotonic();
            trips.push(begun);
            guard.harm(fault);
            clock::wait(Duration::from_millis(800)).await;
            for _ in 0..5 {
                let extra = copies_of_one(&house, nodes).await;
                copies += extra;
                most = most.max(extra);
            }
            clock::wait(TRIP.saturating_sub(clock::monotonic() - begun)).await;
            guard.heal(fault).await?;
            let (strict_after, extra) = strict(&house, nodes).await?;
            slowest = slowest.max(strict_after);
            copies += extra;
            guard.whole().await?;
            clock::seconds(1).await;
        }
    }
    let mut logged = 0.0;
    for node in nodes {
        let counted = node.metric("tonegate_replay_guard_extra_acceptances_total").await;
        let lines = node.said()?.matches(EXTRA).count() as f64;
        logged += counted.unwrap_or(0.0).min(lines);
    }
    let seen = load.stop().await;
    let what = faults.iter().map(|fault| fault.word()).collect::<Vec<_>>().join(" and ");
    let in_trip = |at: Duration| trips.iter().any(|&trip| at >= trip && at < trip + TRIP);
    let p99 = seen.latency_ms(99.0, |record| in_trip(record.begun));
    findings.at_most(&format!("{what}: p99 in the 2 s from each fault on, ms"), 60.0, p99);
    let all = seen.records.len();
    findings.share(&format!("{what}: licence at the first try"), 99.99, seen.at_first(), all);
    let text = format!("{what}: most extra acceptances of one signature (N − 1)");
    findings.at_most(&text, (NODES - 1) as f64, most as f64);
    let text = format!("{what}: extra acceptances that nodes counted and logged, of {copies} seen");
    findings.at_least(&text, copies as f64, logged);
    let text = format!("{what}: slowest to be strict again, s");
    findings.at_most(&text, STRICT_AGAIN, slowest.as_secs_f64());
    seen.tell(findings);
    let failed = seen.records.iter().filter(|record| !record.first.is_license());
    for record in failed.take(10) {
        let fault = trips.iter().rev().find(|&&trip| trip <= record.done).copied();
        let after = record.done.saturating_sub(fault.unwrap_or_default()).as_millis();
        findings
            .note(format!("{what}: {}: {} at {after} ms after a fault", record.node, record.first));
    }
    cluster.guard = Some(guard);
    cluster.tell(findings);
    findings.note(format!("{what}: {} times, {rate} requests/s", rounds * faults.len()));
    Ok(())
}

impl Fault {
    fn word(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Stopped => "stopped (SIGSTOP)",
            Self::FailedOver => "failed over",
        }
    }
}

impl Guard {
    fn harm(&mut self, fault: Fault) {
        match (self, fault) {
            (Self::Single { server, .. }, Fault::Stopped) => server.stop(),
            (Self::Single { server, .. }, _) => block_in_place(|| server.kill()),
            (Self::Sentinel(all), _) => block_in_place(|| all.primary.kill()),
        }
    }

    /// Back when somebody can be asked again.
    async fn heal(&mut self, fault: Fault) -> anyhow::Result<()> {
        match (self, fault) {
            (Self::Single { server, .. }, Fault::Stopped) => server.go_on(),
            (Self::Single { server, .. }, _) => block_in_place(|| server.restart()),
            (Self::Sentinel(all), _) => {
                let promoted = async || says(&all.replica, "role:master").then_some(());
                clock::until("the replica's promotion", PATIENCE, promoted).await?;
            }
        }
        Ok(())
    }

    /// After a failover: what was killed comes back and follows.
    async fn whole(&mut self) -> anyhow::Result<()> {
        let Self::Sentinel(all) = self else { return Ok(()) };
        let all = &mut **all;
        block_in_place(|| all.primary.restart());
        std::mem::swap(&mut all.primary, &mut all.replica);
        let follows = async || {
            let follower = &all.replica;
            (says(follower, "role:slave") && says(follower, "master_link_status:up")).then_some(())
        };
        clock::until("the old primary follows", PATIENCE * 2, follows).await.map(|_| ())
    }
}

fn says(server: &Valkey, what: &str) -> bool {
    block_in_place(|| server.say_all(&["INFO", "replication"])).contains(what)
}

/// A fresh signature, sent to each node: how many accepted it beyond the first.
async fn copies_of_one(house: &House, nodes: &[Node]) -> usize {
    let target = [signed(house)];
    let mut accepted = 0;
    for node in nodes {
        accepted += replay(node.place.gateway, &target).await.accepted;
    }
    accepted.saturating_sub(1)
}

/// Waits until every node refuses what another has accepted, look after look; how long that took, and how
/// many signatures were accepted twice meanwhile.
async fn strict(house: &House, nodes: &[Node]) -> anyhow::Result<(Duration, usize)> {
    let begun = clock::monotonic();
    let (mut since, mut looks, mut copies) = (None, 0, 0);
    while looks < LOOKS {
        let now = clock::monotonic() - begun;
        anyhow::ensure!(now < PATIENCE, "the nodes share no guard within {PATIENCE:?}");
        match pairs(house, nodes).await {
            Some(0) => {
                since.get_or_insert(now);
                looks += 1;
            }
            found => {
                copies += found.unwrap_or(0);
                (since, looks) = (None, 0);
            }
        }
        clock::wait(Duration::from_millis(20)).await;
    }
    Ok((since.unwrap_or_default(), copies))
}

/// How many of the nodes accept what the one before has accepted; `None`: one did not answer.
async fn pairs(house: &House, nodes: &[Node]) -> Option<usize> {
    let mut copies = 0;
    for (index, first) in nodes.iter().enumerate() {
        let target = [signed(house)];
        let second = &nodes[(index + 1) % nodes.len()];
        let once = replay(first.place.gateway, &target).await;
        let twice = replay(second.place.gateway, &target).await;
        if once.accepted != 1 || twice.other > 0 {
            return None;
        }
        copies += twice.accepted;
    }
    Some(copies)
}

fn signed(house: &House) -> String {
    let app = &house.apps[0];
    let nonce = format!("{:016x}", fastrand::u64(..));
    format!("/?{}", signed_query(app.id, &nonce, &app.secret, clock::unix_seconds()))
}
