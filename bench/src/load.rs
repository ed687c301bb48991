//! The load: who asks what, over which connections, and whether the answers are right.

pub(crate) mod answer;
pub(crate) mod apps;
pub(crate) mod engine;
pub(crate) mod judge;
pub(crate) mod request;
pub(crate) mod traffic;
pub(crate) mod wire;

pub(crate) use apps::App;
pub(crate) use engine::{Engine, Target};
pub(crate) use judge::Judge;
pub(crate) use traffic::{Kind, Traffic};
