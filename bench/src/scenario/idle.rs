//! Ten thousand open connections, of which one in ten asks: what an open connection costs.

use std::sync::Arc;
use std::time::Duration;

use super::{APPS, Entrant, NGINX, OURS, real_answer, scenario, serve, yardstick};
use crate::bench::{Bench, Load};
use crate::contestant::nginx::Answers;
use crate::load::{App, Engine};
use crate::results::Scenario;

/// Connections that ask.
const ACTIVE: usize = 1_000;
/// Connections that asked once and are kept.
const IDLE: usize = 9_000;
/// Connections opened before they ask: fewer than wait to be accepted, so that none is slow to come.
const BATCH: usize = 100;

const ABOUT: &str = "10,000 open connections: 9,000 asked once and are kept, 1,000 go on asking. Bytes for \
     each connection are what the server's resident memory grew by when the 9,000 came; the kernel's \
     buffers are not in it.";

pub(super) fn run(bench: &Bench, skipped: &mut Vec<String>) -> anyhow::Result<Option<Scenario>> {
    let house = bench.house("apps-1000", APPS)?;
    let apps: Arc<[App]> = App::first(APPS)?.into();
    let ours = serve(bench, &house, None)?.contestant;
    let body = real_answer(&ours)?;
    let load = Load { connections: ACTIVE, ..Load::signed(&apps, &bench.plan) };
    let nginx = yardstick(bench, &body, Answers::FromConfiguration, None, skipped)?;
    let mut all = vec![Entrant::new(OURS, ours, &house, load.clone())];
    all.extend(nginx.map(|nginx| Entrant::new(NGINX, nginx, &house, load.to_static())));
    let mut kept = Vec::new();
    for entrant in &mut all {
        let (engines, bytes) = open(bench, entrant)?;
        entrant.arm.bytes_per_connection = Some(bytes);
        kept.push(engines);
    }
    for _ in 0..bench.plan.rounds {
        for (engines, Entrant { arm, server, house, load }) in kept.iter_mut().zip(&mut all) {
            // So that none is closed for its silence; if one was, this fails.
            engines.iter_mut().try_for_each(|engine| engine.once_each().map(drop))?;
            bench.turn(arm, server, house, load)?;
        }
    }
    let arms = all.into_iter().map(|entrant| entrant.arm).collect();
    Ok(scenario("idle", "10,000 open connections", ABOUT, arms))
}

/// Opens the idle connections, has each ask once, and tells what each costs.
fn open(bench: &Bench, entrant: &Entrant) -> anyhow::Result<(Vec<Engine>, f64)> {
    let Entrant { server, house, load, .. } = entrant;
    // What the server takes once and for all is taken before.
    bench.engine(server, house, load)?.closed_loop(Duration::from_millis(300))?;
    let before = server.process.resident_kib()?;
    let batch = Load { connections: BATCH, ..load.clone() };
    let mut engines = Vec::new();
    for _ in 0..IDLE / BATCH {
        let mut engine = bench.engine(server, house, &batch)?;
        engine.once_each()?;
        engines.push(engine);
    }
    let grown = server.process.resident_kib()?.saturating_sub(before);
    Ok((engines, grown as f64 * 1_024.0 / IDLE as f64))
}
