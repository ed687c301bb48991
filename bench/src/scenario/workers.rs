//! Two workers against one at the same offered load: what sharing costs.

use std::sync::Arc;

use super::{APPS, Entrant, OURS, scenario, take_turns};
use crate::bench::{Bench, Load};
use crate::contestant::ours::{self, Options, Ours};
use crate::cores;
use crate::load::App;
use crate::results::Scenario;

/// The same server with one worker on one core.
pub(crate) const ONE_WORKER: &str = "tonegate, one worker";
/// Requests per second: a part of what one core can do.
const OFFERED: u32 = 20_000;

const ABOUT: &str = "20,000 requests per second whatever the answers do, in bursts each millisecond, to a \
     server with two workers on two cores and to one with one worker on one core. What counts is CPU time \
     for each request. Where the machine has two cores, the second worker shares its core with the load \
     generator.";

pub(super) fn run(bench: &Bench, _: &mut Vec<String>) -> anyhow::Result<Option<Scenario>> {
    let apps: Arc<[App]> = App::first(APPS)?.into();
    let load = Load { rate: Some(OFFERED), ..Load::signed(&apps, &bench.plan) };
    let known = ours::knows(&bench.binary, "workers")?;
    let start = |name: &str, house: &str, workers: usize, on: &[usize]| {
        let house = bench.house(house, APPS)?;
        // Without the key there is a worker for each core that the server may use.
        let workers = known.then_some(workers);
        let options = Options { binary: &bench.binary, tls: None, workers, valkey: None };
        let start = || Ours::start(&house, &options);
        let server = cores::on(on, bench.cores.generator, start)?.contestant;
        anyhow::Ok(Entrant::new(name, server, &house, load.clone()))
    };
    let all = vec![
        start(OURS, "apps-1000-b", 2, &[bench.cores.server, bench.cores.second])?,
        start(ONE_WORKER, "apps-1000", 1, &[bench.cores.server])?,
    ];
    Ok(scenario("workers", "Two workers", ABOUT, take_turns(bench, all)?))
}
