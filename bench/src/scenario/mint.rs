//! Fresh mints: every request is another app's first of the hour.

use std::sync::Arc;

use anyhow::ensure;

use super::{Entrant, NGINX, OURS, real_answer, scenario, serve, yardstick};
use crate::bench::{Bench, Load};
use crate::contestant::Contestant;
use crate::contestant::nginx::Answers;
use crate::contestant::ours::Ours;
use crate::house::House;
use crate::load::{App, Kind};
use crate::raw;
use crate::results::{Arm, Scenario};

const ABOUT: &str = "Each request is another app's first, so each answer is minted: claims, one signature, \
     one verification. The server is started anew for each turn, and its count of mints is compared. \
     Between turns the raw signature and verification are timed on the same core.";

/// The metric that counts them.
const MINTED: &str = "tonegate_licenses_minted_total";

pub(super) fn run(bench: &Bench, skipped: &mut Vec<String>) -> anyhow::Result<Option<Scenario>> {
    let house = bench.house("apps-fresh", bench.plan.fresh_apps)?;
    let apps: Arc<[App]> = App::first(bench.plan.fresh_apps)?.into();
    let body = real_answer(&serve(bench, &house, None)?.contestant)?;
    let load = Load { kind: Kind::Once, ..Load::signed(&apps, &bench.plan) };
    let constant = Load { kind: Kind::Signed, ..load.to_static() };
    let mut nginx = yardstick(bench, &body, Answers::FromConfiguration, None, skipped)?
        .map(|nginx: Contestant| Entrant::new(NGINX, nginx, &house, constant));
    let (mut ours, mut rates) = (Arm::new(OURS), Vec::new());
    for _ in 0..bench.plan.rounds {
        house.forget()?;
        turn(bench, &mut ours, &house, &load)?;
        rates.push(bench.start(raw::measure)?);
        if let Some(Entrant { arm, server, house, load }) = &mut nginx {
            bench.turn(arm, server, house, load)?;
        }
    }
    let arms = std::iter::once(ours).chain(nginx.map(|nginx| nginx.arm)).collect();
    let scenario = scenario("mint", "Fresh mints", ABOUT, arms);
    Ok(scenario.map(|scenario| Scenario { raw: rates, ..scenario }))
}

/// A turn of a server that holds nothing yet.
fn turn(bench: &Bench, arm: &mut Arm, house: &House, load: &Load) -> anyhow::Result<()> {
    let server: Ours = serve(bench, house, None)?;
    bench.turn(arm, &server.contestant, house, load)?;
    let answers = arm.rounds.last().map_or(0, |round| round.answers);
    let minted = server.metric(MINTED)?;
    ensure!(minted >= answers as f64, "{answers} answers, and only {minted} licences were minted");
    Ok(())
}
