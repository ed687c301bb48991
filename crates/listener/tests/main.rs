//! The listener as its peers meet it: real sockets on loopback, one behaviour a test. All of them run
//! with hyper alone and once more behind the fast path, so that nobody can tell which one answers.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::duplicate_mod, reason = "the same tests, with and without the fast path")]

#[path = "."]
mod hyper {
    pub(crate) const FAST: bool = false;

    mod caps;
    mod client_address;
    mod drain;
    mod http;
    mod limits;
    mod silence;
    mod support;
    mod tls;
}

#[path = "."]
mod fast_path {
    pub(crate) const FAST: bool = true;

    mod caps;
    mod client_address;
    mod drain;
    mod fast;
    mod http;
    mod limits;
    mod silence;
    mod support;
    mod tls;
}
