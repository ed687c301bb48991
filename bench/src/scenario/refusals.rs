//! What is refused: it must cost no more than what is accepted, or strangers choose the load.

use std::sync::Arc;

use super::{APPS, NGINX, OURS, real_answer, scenario, serve, yardstick};
use crate::bench::{Bench, Load};
use crate::contestant::nginx::Answers;
use crate::load::{App, Kind};
use crate::results::{Arm, Scenario};

/// The same server in the same round, asked what it accepts.
pub(crate) const ACCEPTED: &str = "tonegate, accepted";

pub(super) fn forged(bench: &Bench, skipped: &mut Vec<String>) -> anyhow::Result<Option<Scenario>> {
    let about = "Known AppIds with random signatures; each must get 100000005.";
    let arms = refused(bench, Kind::Forged, skipped)?;
    Ok(scenario("forged", "Forged signatures", about, arms))
}

pub(super) fn unknown(
    bench: &Bench,
    skipped: &mut Vec<String>,
) -> anyhow::Result<Option<Scenario>> {
    let about =
        "AppIds that nobody has; each must get 100000010, after as much work as a known one.";
    let arms = refused(bench, Kind::Unknown, skipped)?;
    Ok(scenario("unknown", "Unknown apps", about, arms))
}

pub(super) fn replayed(
    bench: &Bench,
    skipped: &mut Vec<String>,
) -> anyhow::Result<Option<Scenario>> {
    let about = "One signed request for each of 1,000 apps, sent again and again; all but the first of \
                 each must get 100000005.";
    let arms = refused(bench, Kind::Replayed, skipped)?;
    Ok(scenario("replay", "Replays", about, arms))
}

/// Refused and accepted requests take turns at one server; nginx answers both alike.
fn refused(bench: &Bench, kind: Kind, skipped: &mut Vec<String>) -> anyhow::Result<Vec<Arm>> {
    let house = bench.house("apps-1000", APPS)?;
    let apps: Arc<[App]> = App::first(APPS)?.into();
    let ours = serve(bench, &house, None)?.contestant;
    let body = real_answer(&ours)?;
    let accepted = Load::signed(&apps, &bench.plan);
    let load = Load { kind, ..accepted.clone() };
    let nginx = yardstick(bench, &body, Answers::FromConfiguration, None, skipped)?;
    let mut arms = vec![Arm::new(OURS), Arm::new(ACCEPTED)];
    arms.extend(nginx.iter().map(|_| Arm::new(NGINX)));
    let to_static = accepted.to_static();
    let mut turns = vec![(&ours, &load), (&ours, &accepted)];
    turns.extend(nginx.iter().map(|nginx| (nginx, &to_static)));
    for _ in 0..bench.plan.rounds {
        for (arm, (server, load)) in arms.iter_mut().zip(&turns) {
            bench.turn(arm, server, &house, load)?;
        }
    }
    Ok(arms)
}
