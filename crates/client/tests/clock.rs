//! A machine whose clock is off.

use tonegate_client::{FetchError, LicenseState, ReturnCode, StaleReason, Upstream};

use crate::support::{Issuer, NOW, client, granted, ok, standing_at};
use crate::world::{APP, BACK_WITHIN, DAY, HOUR, World, text_of};

const NOW_AS_DATE: &str = "Date: Sat, 22 Nov 2025 19:06:40 GMT\r\n";

fn expired(headers: &str) -> String {
    ok(headers, r#"{"Code":100000004,"Message":"Signature expired.","RequestId":"1"}"#)
}

#[tokio::test]
async fn the_request_is_repeated_once_with_the_issuers_time() {
    let answers = vec![expired(NOW_AS_DATE), granted(), granted()];
    let issuer = Issuer::start(answers).await;
    let client = client(Upstream::builder(&issuer.endpoint).clock(standing_at(NOW - 5000)));

    let fetched = client.fetch().await.unwrap();
    assert_eq!((fetched.fetched_at, fetched.clock_offset_secs), (NOW - 5000, 5000));
    // The difference is kept: the next fetch needs no repeat.
    assert_eq!(client.fetch().await.unwrap().clock_offset_secs, 5000);

    let signed = issuer.signed();
    let timestamps: Vec<i64> = signed.iter().map(|(_, timestamp)| *timestamp).collect();
    assert_eq!(timestamps, [NOW - 5000, NOW, NOW]);
    assert_ne!(signed[0].0, signed[1].0, "the repeat has a nonce of its own");
}

#[tokio::test]
async fn a_second_refusal_is_final_and_teaches_nothing() {
    let answers = vec![expired(NOW_AS_DATE), expired(NOW_AS_DATE), granted()];
    let issuer = Issuer::start(answers).await;
    let client = client(Upstream::builder(&issuer.endpoint).clock(standing_at(NOW + 5000)));

    let error = client.fetch().await.unwrap_err();
    assert_eq!(error, FetchError::ClockOff { offset_secs: Some(-5000) });
    assert_eq!(error.return_code(), Some(ReturnCode::SignatureExpired));
    assert_eq!(issuer.asked().len(), 2);
    let said = error.to_string();
    assert!(said.contains("it is 5000 s ahead of the issuer's; synchronise"), "{said}");

    client.fetch().await.unwrap();
    assert_eq!(issuer.signed()[2].1, NOW + 5000);
}

#[tokio::test]
async fn what_cannot_be_corrected_is_not_repeated() {
    let a_day_off = "Date: Sun, 23 Nov 2025 19:06:41 GMT\r\n";
    for (headers, offset_secs) in
        [("", None), ("Date: soon\r\n", None), (a_day_off, Some(24 * 3600 + 1))]
    {
        let issuer = Issuer::start(vec![expired(headers), granted()]).await;
        let client = client(Upstream::builder(&issuer.endpoint).clock(standing_at(NOW)));
        let error = client.fetch().await.unwrap_err();
        assert_eq!(error, FetchError::ClockOff { offset_secs });
        assert_eq!(issuer.asked().len(), 1);
    }
}

const HOURS_3: i64 = 3 * HOUR;

#[tokio::test]
async fn an_issuer_3_hours_away_is_learnt_with_one_repeat() {
    for away in [HOURS_3, -HOURS_3] {
        let world = World::ours().await;
        world.upstream.set_skew(away);
        let cache = world.fresh_cache().await;
        assert_eq!(world.upstream.calls_of(APP), 2);
        assert_eq!(cache.client().upstream().clock_offset_secs(), away);
        let view = cache.view();
        assert_eq!(view.now, world.now() + away);
        let license = view.usable().unwrap();
        // Its end is told by the issuer's clock, and so is the time.
        assert_eq!(world.end_of(license), license.expire_at);
        assert!((7 * DAY..=7 * DAY + HOUR).contains(&(license.expire_at - view.now)));

        cache.refresh().await.unwrap();
        assert_eq!(world.upstream.calls_of(APP), 3, "what was learnt is kept");
    }
}

#[tokio::test]
async fn an_issuer_25_hours_away_is_not_followed() {
    for away in [25 * HOUR, -25 * HOUR] {
        let world = World::ours().await;
        world.upstream.set_skew(away);
        let cache = world.cache();
        let error = cache.license().await.unwrap_err();
        assert_eq!(*error, FetchError::ClockOff { offset_secs: Some(away) });
        assert!(error.to_string().contains("90000 s"), "{error}");
        assert_eq!(world.upstream.calls_of(APP), 1);
        assert_eq!(cache.client().upstream().clock_offset_secs(), 0);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_while_running_costs_one_refresh() {
    for (world, step) in [
        (World::ours().await, HOURS_3),
        (World::ours().await, -HOURS_3),
        (World::opaque().await, HOURS_3),
        (World::opaque().await, -HOURS_3),
    ] {
        let cache = world.fresh_cache().await;
        let before = cache.view();
        world.advance(60);
        world.step_own_wall(step);
        let view = cache.view();
        assert!(view.usable().is_some() && view.refresh_in.is_zero());
        assert_eq!(view.state, LicenseState::Stale { why: StaleReason::ClockMoved });
        assert_eq!(view.now, before.now + 60, "licences end by the issuer's clock");

        cache.attend().await;
        let view = cache.view();
        assert_eq!((view.state.clone(), view.now), (LicenseState::Fresh, before.now + 60));
        assert!(!view.refresh_in.is_zero(), "once is enough");
        assert_eq!(cache.client().upstream().clock_offset_secs(), -step);
    }
}

/// A board without a battery behind its clock. What it kept is good, and no request can be signed.
#[tokio::test]
async fn a_start_in_1970_serves_what_was_kept() {
    let world = World::ours().await;
    let held = text_of(&world.fresh_cache().await.view());
    let true_now = world.now() + DAY;
    world.advance(DAY);
    world.step_own_wall(-true_now);
    assert_eq!(world.now(), 0);
    let cache = world.cache();
    let view = cache.view();
    assert_eq!(text_of(&view), held);
    assert!(view.usable().is_some() && view.refresh_in.is_zero());
    assert_eq!(view.state, LicenseState::Stale { why: StaleReason::ClockMoved });

    cache.attend().await;
    let view = cache.view();
    assert_eq!(text_of(&view), held);
    assert_eq!(view.state.error().map(|error| error.kind()), Some("clock_off"));
    assert!(world.end_of(view.usable().unwrap()) > true_now);

    // The time service comes up.
    world.step_own_wall(true_now);
    world.advance(BACK_WITHIN);
    cache.attend().await;
    assert_eq!(cache.view().state, LicenseState::Fresh);
}

/// Nothing but the clock says how old an opaque licence is, so it is not served by a wrong one.
#[tokio::test]
async fn a_start_in_1970_cannot_tell_the_age_of_an_opaque_licence() {
    let world = World::opaque().await;
    drop(world.fresh_cache().await);
    world.step_own_wall(-world.now());
    assert_eq!(world.cache().view().state, LicenseState::Expired { why: None });
    // It is only not used: with the right time it is good again.
    world.step_own_wall(crate::support::NOW);
    assert_eq!(world.cache().view().state, LicenseState::Due);
}
