//! A relay in a world of its own, and those who talk to it.

pub(crate) mod child;
pub(crate) mod identity_provider;
pub(crate) mod loopback;
pub(crate) mod relay;
pub(crate) mod tls;
pub(crate) mod wire;
pub(crate) mod world;

pub(crate) use identity_provider::IdentityProvider;
pub(crate) use loopback::Loopback;
pub(crate) use relay::TestRelay;
pub(crate) use tls::Tls;
pub(crate) use wire::{Answer, Wire};
pub(crate) use world::World;

use std::time::Duration;

/// Longer than anything here may take; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The time at which tests with a manual clock begin.
pub(crate) const NOW: i64 = 1_763_840_000;

/// The app that most tests are about, and others.
pub(crate) const APP: u32 = 12345;
pub(crate) const OTHER: u32 = 777;

pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// `GET` of an app's licence goes here.
pub(crate) fn path_of(app_id: u32) -> String {
    format!("/v1/apps/{app_id}/license")
}

/// Waits until `is` is true.
pub(crate) async fn eventually(what: &str, is: impl AsyncFnMut() -> bool) {
    assert!(within(PATIENCE, is).await, "never: {what}");
}

/// Whether `is` becomes true in this time.
pub(crate) async fn within(time: Duration, mut is: impl AsyncFnMut() -> bool) -> bool {
    let reached = async {
        while !is().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(time, reached).await.is_ok()
}
