//! Three nodes with one replay guard against three with a guard each: what sharing it costs.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{APPS, Entrant, scenario, skip, take_turns};
use crate::bench::{Bench, Load};
use crate::contestant::ours::{Options, Ours};
use crate::contestant::{Contestant, valkey};
use crate::load::App;
use crate::results::Scenario;

/// Each with a guard of its own.
pub(crate) const ALONE: &str = "three nodes, local guard";
/// All with one guard.
pub(crate) const SHARED: &str = "three nodes, shared guard";

const ABOUT: &str = "Three nodes on one core, asked in turn. In one arm each remembers signatures alone; in \
     the other they share a guard in Valkey or Redis, which runs on the same core and takes its part of it.";

pub(super) fn run(bench: &Bench, skipped: &mut Vec<String>) -> anyhow::Result<Option<Scenario>> {
    let Some((program, _)) = valkey::version() else {
        skip(skipped, "cluster: neither Valkey nor Redis is on this machine");
        return Ok(None);
    };
    let apps: Arc<[App]> = App::first(APPS)?.into();
    let load = Load::signed(&apps, &bench.plan);
    let (address, store) = bench.start(|| valkey::start(program, &bench.work.join("valkey")))?;
    let mut shared = nodes(bench, SHARED, Some(address), &load)?;
    shared.server.behind.push(store);
    let all = vec![nodes(bench, ALONE, None, &load)?, shared];
    Ok(scenario("cluster", "A shared replay guard", ABOUT, take_turns(bench, all)?))
}

/// Three servers of one installation's keys and apps.
fn nodes(
    bench: &Bench,
    name: &str,
    valkey: Option<SocketAddr>,
    load: &Load,
) -> anyhow::Result<Entrant> {
    let kind = if valkey.is_some() { "shared" } else { "alone" };
    let mut servers = Vec::new();
    let first = bench.house(&format!("apps-1000-{kind}-1"), APPS)?;
    for number in 1..=3 {
        let house = match number {
            1 => first.clone(),
            _ => first.copied(&bench.work, &format!("apps-1000-{kind}-{number}"))?,
        };
        let options = Options { binary: &bench.binary, tls: None, workers: Some(1), valkey };
        servers.push(bench.start(|| Ours::start(&house, &options))?.contestant);
    }
    let others = servers.split_off(1);
    let server = servers.remove(0);
    Ok(Entrant::new(name, Contestant { others, ..server }, &first, load.clone()))
}
