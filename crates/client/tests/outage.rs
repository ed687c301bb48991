//! Weeks in which the upstream is away: whoever asks is served all the same.
//!
//! The arithmetic. A licence of ours is good for its lifetime from the end of the app's hour, so for 7 d
//! at the worst when it comes; an opaque one counts 7 d less 10 min. A refresh may be 2.5 h after the
//! last. An outage that begins just before it therefore finds 165.5 h left (opaque: 165 h 20 min), and
//! 6 d 20 h are 164 h.

use fastrand::Rng;
use tonegate_client::{LicenseCache, LicenseState, View};

use crate::world::{BACK_WITHIN, DAY, HOUR, REFRESH_MAX, World, text_of};

const OUTAGE: i64 = 6 * DAY + 20 * HOUR;
const WEEK: i64 = 7 * DAY;

#[tokio::test]
async fn nobody_notices_6_days_and_20_hours_without_our_issuer() {
    let world = World::ours().await;
    let cache = at_the_worst_moment(&world, WEEK + 1).await;
    goes_unnoticed(&world, &cache, OUTAGE).await;
}

#[tokio::test]
async fn nobody_notices_6_days_and_20_hours_without_an_opaque_upstream() {
    let world = World::opaque().await;
    let cache = world.fresh_cache().await;
    let left = cache.view().license.unwrap().expire_at - world.now();
    assert_eq!(left, WEEK - 600);
    world.advance(REFRESH_MAX);
    goes_unnoticed(&world, &cache, OUTAGE).await;
}

/// The runway. At the worst second of the hour the licence ends as the outage does, so what the next
/// try takes then comes on top; a licence that came `BACK_WITHIN` sooner covers that too.
#[tokio::test]
async fn a_lifetime_of_14_days_hides_14_days_less_2_hours_and_a_half() {
    let world = World::ours().await;
    world.upstream.set_lifetime(1_209_600);
    let cache = at_the_worst_moment(&world, 2 * WEEK + BACK_WITHIN + 60).await;
    goes_unnoticed(&world, &cache, 2 * WEEK - REFRESH_MAX).await;
}

#[tokio::test]
async fn a_process_that_starts_during_the_outage_serves_what_the_last_one_had() {
    for world in [World::ours().await, World::opaque().await] {
        let cache = world.fresh_cache().await;
        let held = text_of(&cache.view());
        world.upstream.down().await;
        world.live(&cache, 3 * DAY, |_, view| is_served(&world, view)).await;
        drop(cache);
        let cache = world.cache();
        is_served(&world, &cache.view());
        assert_eq!(text_of(&cache.view()), held);
        let rest = OUTAGE - 3 * DAY;
        goes_unnoticed(&world, &cache, rest).await;
        assert_ne!(text_of(&cache.view()), held);
    }
}

#[tokio::test]
async fn a_week_of_flapping_with_licences_of_7_days() {
    let world = World::ours().await;
    flap(&world, WEEK, 7).await;
}

/// Outages outlast these licences: then there is none, and never one that has ended.
#[tokio::test]
async fn a_week_of_flapping_with_licences_of_2_hours() {
    let world = World::ours().await;
    world.upstream.set_lifetime(7_200);
    let unserved = flap(&world, WEEK, 11).await;
    assert!(unserved > 0, "the outages were too short to show anything");
}

/// The longest time after the last refresh, where that brought a licence with just `left` seconds.
async fn at_the_worst_moment(world: &World, left: i64) -> LicenseCache {
    let cache = world.fresh_cache().await;
    let bonus = cache.view().license.unwrap().expire_at - world.now() - left;
    // Into the next hour, where this one has less.
    world.advance(bonus.rem_euclid(HOUR));
    cache.refresh().await.unwrap();
    let license = cache.view().license.unwrap();
    assert_eq!(license.expire_at - world.now(), left);
    world.advance(REFRESH_MAX);
    cache
}

/// The upstream goes, comes back, and is found again; everyone is served all along.
async fn goes_unnoticed(world: &World, cache: &LicenseCache, seconds: i64) {
    world.upstream.down().await;
    world.live(cache, seconds, |_, view| is_served(world, view)).await;
    assert_eq!(cache.view().state.name(), "stale");
    assert!(cache.view().failures > 100, "it was asked for all the while");
    world.upstream.up().await;
    world.live(cache, BACK_WITHIN, |_, view| is_served(world, view)).await;
    assert_eq!(cache.view().state, LicenseState::Fresh);
}

fn is_served(world: &World, view: &View) {
    world.assert_good(view.usable().unwrap_or_else(|| panic!("none: {:?}", view.state)));
}

/// The upstream comes and goes at random for a week. Gives how often nobody could be served.
async fn flap(world: &World, seconds: i64, seed: u64) -> u32 {
    let mut random = Rng::with_seed(seed);
    let cache = world.fresh_cache().await;
    let (mut passed, mut is_up, mut unserved) = (0, true, 0);
    while passed < seconds {
        is_up = !is_up;
        match is_up {
            true => world.upstream.up().await,
            false => world.upstream.down().await,
        }
        let period = 60 * random.i64(1..=180);
        world
            .live(&cache, period, |for_so_long, view| match view.usable() {
                Some(license) => {
                    world.assert_good(license);
                    let is_fine = matches!(view.state, LicenseState::Fresh | LicenseState::Due);
                    let must_be = is_up && for_so_long > BACK_WITHIN;
                    assert!(is_fine || !must_be, "{:?}", view.state);
                }
                None => {
                    assert!(!is_up || for_so_long <= BACK_WITHIN, "{:?}", view.state);
                    unserved += 1;
                }
            })
            .await;
        passed += period;
    }
    unserved
}
