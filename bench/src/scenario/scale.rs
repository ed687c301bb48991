//! Much work behind, the same load in front: a million apps, ten million remembered signatures.

use std::sync::Arc;

use tonegate_server::guard::{Admission, GuardConfig, ReplayGuard, ReplayMode, Unwritten, boot_id};

use anyhow::ensure;

use super::{APPS, Entrant, OURS, scenario, serve, take_turns};
use crate::bench::{Bench, Load};
use crate::clock;
use crate::house::House;
use crate::load::App;
use crate::results::Scenario;

/// The same server with 1,000 apps.
pub(crate) const FEW: &str = "tonegate, 1,000 apps";
/// The same server that remembers nothing yet.
pub(crate) const NONE_REMEMBERED: &str = "tonegate, none remembered";

pub(super) fn many_apps(bench: &Bench, _: &mut Vec<String>) -> anyhow::Result<Option<Scenario>> {
    let count = bench.plan.many_apps;
    let many = bench.house(&format!("apps-{count}"), count)?;
    let few = bench.house("apps-1000", APPS)?;
    let load = Load::signed(&spread(APPS, count)?, &bench.plan);
    let of_few = Load::signed(&App::first(APPS)?.into(), &bench.plan);
    let all = vec![
        Entrant::new(OURS, serve(bench, &many, None)?.contestant, &many, load),
        Entrant::new(FEW, serve(bench, &few, None)?.contestant, &few, of_few),
    ];
    let about = format!(
        "{count} apps are loaded and 1,000 of them, all over the directory, ask; beside it the same \
         server with 1,000 apps."
    );
    Ok(scenario("million", "Many apps", &about, take_turns(bench, all)?))
}

pub(super) fn many_remembered(
    bench: &Bench,
    _: &mut Vec<String>,
) -> anyhow::Result<Option<Scenario>> {
    let count = bench.plan.remembered;
    let many = bench.house("apps-1000-b", APPS)?;
    let few = bench.house("apps-1000", APPS)?;
    bench.bar.set_message(format!("remembering {count} signatures"));
    remember(&many, count)?;
    let load = Load::signed(&App::first(APPS)?.into(), &bench.plan);
    let ours = serve(bench, &many, None)?;
    let remembered = ours.metric("tonegate_replay_guard_entries")?;
    ensure!(remembered >= f64::from(count), "only {remembered} of {count} are remembered");
    let all = vec![
        Entrant::new(OURS, ours.contestant, &many, load.clone()),
        Entrant::new(NONE_REMEMBERED, serve(bench, &few, None)?.contestant, &few, load),
    ];
    let about = format!(
        "{count} signatures are remembered, spread over the minutes of the window; beside it the same \
         server that remembers nothing but this run's own."
    );
    let arms = take_turns(bench, all)?;
    many.forget()?;
    Ok(scenario("remembered", "Many remembered signatures", &about, arms))
}

/// So many apps of all, at even distances.
fn spread(count: u32, of: u32) -> anyhow::Result<Arc<[App]>> {
    (0..count).map(|number| App::nth(number * (of / count))).collect()
}

/// Fills the installation's journal as a server would have that accepted so many.
fn remember(house: &House, count: u32) -> anyhow::Result<()> {
    const WINDOW: i64 = 600;
    const BATCH: u32 = 10_000;
    let now = clock::unix_seconds();
    let config =
        GuardConfig { max_entries: count as usize, journal_dir: Some(house.data().journal()) };
    let guard = ReplayGuard::open(config, now, boot_id().as_deref())?;
    let mut random = fastrand::Rng::with_seed(7);
    let mut unwritten = Unwritten::default();
    for number in 0..count {
        let signature = random.u128(..).to_be_bytes();
        let timestamp = now - WINDOW + i64::from(number) % (2 * WINDOW);
        let admitted =
            guard.admit(number, &signature, timestamp, &mut unwritten, ReplayMode::Once, || true);
        ensure!(admitted == Admission::Accepted, "the guard takes no more: {admitted:?}");
        if number.is_multiple_of(BATCH) {
            guard.write(&mut unwritten, now);
            guard.sync(now);
        }
    }
    guard.write(&mut unwritten, now);
    Ok(guard.close(now)?)
}
