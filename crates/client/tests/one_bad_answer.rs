//! What one answer may not do: harm other apps, shorten what is held, or be asked for again at once.

use std::time::Duration;

use tonegate_client::{FetchError, LicenseState, ReturnCode, StaleReason};
use tonegate_testing::Behaviour;

use crate::world::{APP, HOUR, World, client_of, kept_in, text_of};

/// A refusal that comes from the host and is one app's alone.
#[tokio::test]
async fn the_refusals_of_many_apps_are_not_the_others_trouble() {
    let world = World::ours().await;
    let shared = world.client().upstream().clone();
    world.upstream.set(Behaviour::Code(ReturnCode::GatewayInternal));
    world.upstream.set_for(APP, Behaviour::Good);
    for app in 1..=20 {
        let error = client_of(shared.clone(), app, None).fetch().await.unwrap_err();
        assert_eq!(error.return_code(), Some(ReturnCode::GatewayInternal));
    }
    assert!(shared.hosts().all(|(_, left_alone)| !left_alone));
    client_of(shared, APP, None).fetch().await.unwrap();
}

/// A region that lags behind, or somebody who has kept an answer.
#[tokio::test]
async fn an_older_licence_does_not_replace_a_newer_one() {
    let world = World::ours().await;
    let old = world.upstream.authority().mint(APP, world.now() - HOUR, 3_600 * 5);
    let cache = world.fresh_cache().await;
    let held = text_of(&cache.view());
    world.upstream.set(Behaviour::License(old.clone()));
    world.advance(3 * HOUR);
    cache.attend().await;
    let view = cache.view();
    assert_eq!((text_of(&view), kept_in(&world.file())), (held.clone(), held.clone()));
    let LicenseState::Stale { why: StaleReason::RefreshFailed(error) } = view.state else {
        panic!("{:?}", view.state)
    };
    assert!(matches!(*error, FetchError::OlderLicense { .. }), "{error}");

    // One that was issued later counts, though it ends before: an entitlement was cut.
    let cut = world.upstream.authority().mint(APP, world.now(), 3_600 * 5);
    world.upstream.set(Behaviour::License(cut.clone()));
    cache.refresh().await.unwrap();
    assert_eq!(text_of(&cache.view()), Some(cut));
}

#[tokio::test]
async fn who_says_when_to_come_back_is_believed_for_5_minutes() {
    let world = World::ours().await;
    for (said, at_least) in [("120", 120), ("86400", 300), ("soon", 0)] {
        let answer =
            format!("HTTP/1.1 429 Wait\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n");
        world.upstream.set(Behaviour::Garbage(answer.into_bytes()));
        let cache = world.cache();
        assert!(cache.refresh().await.is_err());
        let wait = cache.view().refresh_in;
        assert!(
            wait >= Duration::from_secs(at_least) && wait <= Duration::from_secs(300),
            "{wait:?}"
        );
    }
}

/// What another app's request failed with is not told as this one's.
#[tokio::test]
async fn an_app_that_was_not_asked_for_keeps_its_own_error() {
    let world = World::ours().await;
    world.upstream.set(Behaviour::Status(503));
    let cache = world.cache();
    for _ in 0..3 {
        let _ = cache.refresh().await;
    }
    let failures = cache.view().failures;
    // The host is left alone by now.
    let _ = cache.refresh().await;
    let view = cache.view();
    assert_eq!((view.failures, view.state.error().unwrap().kind()), (failures, "status"));
    assert_eq!(world.upstream.calls_of(APP), 3);
}
