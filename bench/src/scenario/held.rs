//! The held licence: what a gateway does all day, beside everybody else.

use std::sync::Arc;

use super::{
    APPS, Entrant, NGINX, OURS, real_answer, scenario, serve, skip, take_turns, yardstick,
};
use crate::bench::{Bench, Load};
use crate::contestant::nginx::Answers;
use crate::contestant::peers;
use crate::load::App;
use crate::results::Scenario;

const ABOUT: &str = "1,000 apps ask in turns, each request freshly signed; each app's licence of the hour \
     is held. Ours does everything it does in service: replay guard with its journal, rate limit, \
     metrics, RequestId, last use of secrets. nginx looks at nothing and answers the same bytes; the \
     peers do the same checks without journal and metrics.";

pub(super) fn run(bench: &Bench, skipped: &mut Vec<String>) -> anyhow::Result<Option<Scenario>> {
    let house = bench.house("apps-1000", APPS)?;
    let apps: Arc<[App]> = App::first(APPS)?.into();
    let ours = serve(bench, &house, None)?.contestant;
    let body = real_answer(&ours)?;
    let state = peers::write_state(&bench.work, &ours, &apps)?;
    let load = Load::signed(&apps, &bench.plan);
    let mut all = vec![Entrant::new(OURS, ours, &house, load.clone())];
    for (name, answers) in [(NGINX, Answers::FromConfiguration), ("nginx file", Answers::FromFile)]
    {
        if let Some(server) = yardstick(bench, &body, answers, None, skipped)? {
            all.push(Entrant::new(name, server, &house, load.to_static()));
        }
    }
    for peer in peers::ALL {
        if peer.is_there(&bench.peers) {
            let server = bench.start(|| peer.start(&bench.peers, &state))?;
            all.push(Entrant::new(peer.name, server, &house, load.clone()));
        } else {
            skip(skipped, &format!("{}: its runtime is not on this machine", peer.name));
        }
    }
    Ok(scenario("held", "Held licence", ABOUT, take_turns(bench, all)?))
}
