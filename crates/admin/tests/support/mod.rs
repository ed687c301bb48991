//! A running server with the admin API, and those who call it.

mod house;
mod person;
mod persona;
mod wire;

use std::time::Duration;

pub(crate) use house::House;
pub(crate) use person::{PASSWORD, Phone, text};
pub(crate) use persona::Persona;
pub(crate) use wire::Answer;

/// Longer than anything here may take; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The time at which tests with a manual clock begin.
pub(crate) const NOW: i64 = 1_763_840_000;

/// Waits until `is` is true.
pub(crate) async fn eventually(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let reached = async {
        while !is().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, reached).await.is_ok(), "never: {what}");
}
