//! An installation, a server on it, and those who talk to it.

pub(crate) mod backend;
pub(crate) mod house;
pub(crate) mod receiver;
pub(crate) mod server;
pub(crate) mod signer;
pub(crate) mod token;
pub(crate) mod wire;

pub(crate) use backend::{Backend, Query};
pub(crate) use house::House;
pub(crate) use server::{TestServer, manual};
pub(crate) use wire::{Answer, Wire};

use std::time::Duration;

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

/// Has the database's clock say `now`, from where it goes on.
pub(crate) fn set_database_clock(postgres: &tonegate_testing::Postgres, now: i64) {
    let ahead = now - unix_now();
    postgres.sql(
        "postgres",
        &format!(
            "CREATE OR REPLACE FUNCTION unixepoch(modifier TEXT) RETURNS DOUBLE PRECISION \
             LANGUAGE sql VOLATILE RETURN \
             CAST(EXTRACT(EPOCH FROM clock_timestamp()) + ({ahead}) AS DOUBLE PRECISION)"
        ),
    );
}

/// Unix seconds by the machine's clock.
pub(crate) fn unix_now() -> i64 {
    let wall = tonegate_server::clock::Clock::system().wall();
    wall.as_secs().try_into().unwrap()
}
