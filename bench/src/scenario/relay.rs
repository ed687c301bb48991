//! The relay: a cached licence handed to callers who prove who they are.

use super::{Entrant, NGINX, OURS, scenario, serve, take_turns, yardstick};
use crate::bench::{Bench, Load};
use crate::contestant::nginx::Answers;
use crate::contestant::{self, relay};
use crate::load::App;
use crate::results::Scenario;

/// Callers with a token of their own.
const TOKENS: usize = 1_000;

pub(super) fn api_key(
    bench: &Bench,
    skipped: &mut Vec<String>,
) -> anyhow::Result<Option<Scenario>> {
    let about = "One backend asks `tonegate relay` for its app's licence with an API key. nginx looks at \
                 nothing and answers the same bytes to the same request.";
    run(bench, skipped, "relay", "Relay, API key", about, |relay| vec![relay.with_api_key()])
}

pub(super) fn jwt(bench: &Bench, skipped: &mut Vec<String>) -> anyhow::Result<Option<Scenario>> {
    let about = "1,000 users ask `tonegate relay` in turns, each with a JWT of its own (ES256), seen before. \
                 nginx looks at nothing and answers the same bytes to the same requests.";
    run(bench, skipped, "relay-jwt", "Relay, JWT", about, |relay| relay.with_tokens())
}

fn run(
    bench: &Bench,
    skipped: &mut Vec<String>,
    name: &str,
    title: &str,
    about: &str,
    requests: impl Fn(&relay::Relay) -> Vec<Vec<u8>>,
) -> anyhow::Result<Option<Scenario>> {
    let house = bench.house("apps-1000", super::APPS)?;
    let app = App::nth(0)?;
    // It is asked once, for the licence that is then handed out.
    let issuer = serve(bench, &house, None)?.contestant;
    let home = bench.work.join("relay");
    let relay =
        bench.start(|| relay::start(&home, &bench.binary, &house, &issuer, &app, TOKENS))?;
    let load = Load::to_relay(&app, requests(&relay), &bench.plan);
    let Some(request) = load.prepared.first() else { return Ok(None) };
    let body = contestant::ask(relay.contestant.address, request)?;
    let nginx = yardstick(bench, &body, Answers::FromConfiguration, None, skipped)?;
    let mut all = vec![Entrant::new(OURS, relay.contestant, &house, load.clone())];
    all.extend(nginx.map(|nginx| Entrant::new(NGINX, nginx, &house, load.to_static())));
    let arms = take_turns(bench, all)?;
    drop(issuer);
    let scenario = scenario(name, title, about, arms);
    Ok(scenario.map(|scenario| Scenario { lifted: relay::LIFTED.to_owned(), ..scenario }))
}
