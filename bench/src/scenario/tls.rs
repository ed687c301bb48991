//! TLS 1.3: over connections that are kept, and with a full handshake for every request.

use std::sync::Arc;

use super::{APPS, Entrant, NGINX, OURS, real_answer, scenario, serve, take_turns, yardstick};
use crate::bench::{Bench, Load};
use crate::contestant::nginx::Answers;
use crate::load::App;
use crate::results::{Arm, Scenario};
use crate::tls::{self, Certificate};

pub(super) fn kept_alive(
    bench: &Bench,
    skipped: &mut Vec<String>,
) -> anyhow::Result<Option<Scenario>> {
    let about = "As the held licence, over TLS 1.3 connections that are kept (AES-256-GCM).";
    let arms = over_tls(bench, false, skipped)?;
    Ok(scenario("tls", "TLS, kept connections", about, arms))
}

pub(super) fn new_connections(
    bench: &Bench,
    skipped: &mut Vec<String>,
) -> anyhow::Result<Option<Scenario>> {
    let about = "A new TCP connection with a full TLS 1.3 handshake (X25519, ECDSA P-256, no resumption) \
                 for every request; latency counts from the opening of the connection.";
    let arms = over_tls(bench, true, skipped)?;
    Ok(scenario("tls-new", "TLS, a connection for each request", about, arms))
}

fn over_tls(bench: &Bench, reconnect: bool, skipped: &mut Vec<String>) -> anyhow::Result<Vec<Arm>> {
    let house = bench.house("apps-1000", APPS)?;
    let apps: Arc<[App]> = App::first(APPS)?.into();
    // Asked in the clear: the bytes are the same.
    let body = real_answer(&serve(bench, &house, None)?.contestant)?;
    let certificate = Certificate::make(&bench.work)?;
    let ours = serve(bench, &house, Some(&certificate))?.contestant;
    let load = Load { tls: Some(tls::client()?), reconnect, ..Load::signed(&apps, &bench.plan) };
    let nginx = yardstick(bench, &body, Answers::FromConfiguration, Some(&certificate), skipped)?;
    let mut all = vec![Entrant::new(OURS, ours, &house, load.clone())];
    all.extend(nginx.map(|nginx| Entrant::new(NGINX, nginx, &house, load.to_static())));
    take_turns(bench, all)
}
