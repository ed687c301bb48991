//! A relay as its callers, its operator and its upstream meet it: real sockets on loopback, one
//! behaviour a test.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::duplicate_mod, reason = "the same tests, with and without TLS")]

mod auth;
mod check;
mod cold_start;
mod limits;
mod outage;
mod same;
mod secrecy;
mod simulation;
mod start;
mod stop;
mod support;
mod webhook;

/// Plain HTTP: the fast path answers.
#[path = "."]
mod plain {
    use crate::support::World;

    /// A relay's world that is reached in this way.
    pub(crate) fn reached(world: World) -> World {
        world
    }

    mod cors;
    mod handout;
    mod opaque;
}

/// HTTPS: hyper answers.
#[path = "."]
mod tls {
    use crate::support::World;

    /// A relay's world that is reached in this way.
    pub(crate) fn reached(world: World) -> World {
        world.with_tls()
    }

    mod cors;
    mod handout;
    mod opaque;
}
