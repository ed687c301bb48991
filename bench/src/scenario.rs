//! The scenarios: which servers are asked what, and what is left out of a run.

mod cluster;
mod held;
mod idle;
mod mint;
mod refusals;
mod relay;
mod scale;
mod tls;
mod workers;

use crate::bench::{Bench, Load};
use crate::clock;
use crate::contestant::nginx::{self, Answers};
use crate::contestant::ours::{self, Options, Ours};
use crate::contestant::{self, Contestant};
use crate::house::House;
use crate::load::App;
use crate::load::request::Request;
use crate::results::{Arm, Scenario};
use crate::tls::Certificate;

pub(crate) use cluster::{ALONE, SHARED};
pub(crate) use refusals::ACCEPTED;
pub(crate) use scale::{FEW, NONE_REMEMBERED};
pub(crate) use workers::ONE_WORKER;

/// Our server, in a scenario's own case.
pub(crate) const OURS: &str = "tonegate";
/// The yardstick.
pub(crate) const NGINX: &str = "nginx return 200";
/// Apps that ask, unless the scenario says otherwise.
const APPS: u32 = 1_000;

/// A scenario that can be asked for by its name.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// As `--only` takes it.
    pub(crate) name: &'static str,
    /// How many contestants it has at most.
    pub(crate) arms: u32,
    /// Runs it; what it had to leave out is added to the list.
    pub(crate) run: fn(&Bench, &mut Vec<String>) -> anyhow::Result<Option<Scenario>>,
}

/// All of them, in the order of the page.
pub(crate) const ALL: [Entry; 14] = [
    Entry { name: "held", arms: 6, run: held::run },
    Entry { name: "relay", arms: 2, run: relay::api_key },
    Entry { name: "relay-jwt", arms: 2, run: relay::jwt },
    Entry { name: "mint", arms: 2, run: mint::run },
    Entry { name: "forged", arms: 3, run: refusals::forged },
    Entry { name: "unknown", arms: 3, run: refusals::unknown },
    Entry { name: "replay", arms: 3, run: refusals::replayed },
    Entry { name: "tls", arms: 2, run: tls::kept_alive },
    Entry { name: "tls-new", arms: 2, run: tls::new_connections },
    Entry { name: "idle", arms: 2, run: idle::run },
    Entry { name: "million", arms: 2, run: scale::many_apps },
    Entry { name: "remembered", arms: 2, run: scale::many_remembered },
    Entry { name: "workers", arms: 2, run: workers::run },
    Entry { name: "cluster", arms: 2, run: cluster::run },
];

/// A contestant and its turns.
struct Entrant {
    arm: Arm,
    server: Contestant,
    house: House,
    load: Load,
}

impl Entrant {
    fn new(name: &str, server: Contestant, house: &House, load: Load) -> Self {
        let ready_after_ms = server.ready_after.map(|ready| ready.as_secs_f64() * 1e3);
        Self { arm: Arm { ready_after_ms, ..Arm::new(name) }, server, house: house.clone(), load }
    }
}

/// Gives each its turn, round by round, and its figures back.
fn take_turns(bench: &Bench, mut entrants: Vec<Entrant>) -> anyhow::Result<Vec<Arm>> {
    for _ in 0..bench.plan.rounds {
        for Entrant { arm, server, house, load } in &mut entrants {
            bench.turn(arm, server, house, load)?;
        }
    }
    Ok(entrants.into_iter().map(|entrant| entrant.arm).collect())
}

/// Our server on `house`.
fn serve(bench: &Bench, house: &House, tls: Option<&Certificate>) -> anyhow::Result<Ours> {
    let options = Options { binary: &bench.binary, tls, workers: None, valkey: None };
    bench.start(|| Ours::start(house, &options))
}

/// nginx with the bytes of our real answer; `None`: it is not there, and that is noted.
fn yardstick(
    bench: &Bench,
    body: &str,
    answers: Answers,
    tls: Option<&Certificate>,
    skipped: &mut Vec<String>,
) -> anyhow::Result<Option<Contestant>> {
    if nginx::version().is_none() {
        skip(skipped, "nginx: not on this machine");
        return Ok(None);
    }
    let home = match answers {
        Answers::FromConfiguration => bench.work.join("nginx"),
        Answers::FromFile => bench.work.join("nginx-file"),
    };
    bench.start(|| nginx::start(&home, body, answers, tls)).map(Some)
}

/// What our server answers to one request: the bytes that everybody else answers too.
fn real_answer(ours: &Contestant) -> anyhow::Result<String> {
    let mut request = Request::new(&ours.address.to_string())?;
    let now = clock::wall().as_secs();
    contestant::ask(ours.address, request.sign(&App::nth(0)?, fastrand::u64(..), now))
}

fn skip(skipped: &mut Vec<String>, line: &str) {
    if !skipped.iter().any(|known| known == line) {
        skipped.push(line.to_owned());
    }
}

/// A scenario's figures under its names.
fn scenario(name: &str, title: &str, about: &str, arms: Vec<Arm>) -> Option<Scenario> {
    Some(Scenario {
        name: name.to_owned(),
        title: title.to_owned(),
        about: about.to_owned(),
        lifted: ours::LIFTED.to_owned(),
        arms,
        raw: Vec::new(),
    })
}
