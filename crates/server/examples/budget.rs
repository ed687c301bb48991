//! Answers a script of requests as an event loop does, for `cargo xtask budget` to count instructions.
//!
//! `budget KIND PREPARED ANSWERED`: a new installation with one app and a clock that stands still;
//! PREPARED requests are signed, the first ANSWERED of them are answered in `answer_all`, which is
//! what is counted: from the parsed head of a request to the bytes of its answer and the journal.
//! Sockets and HTTP's own parse are left to the benchmarks.

#![expect(clippy::unwrap_used, reason = "whoever runs it wants to see where it fails")]

use std::env;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use tonegate_listener::{Fast, FastPath as _, FastRequest, Peer};
use tonegate_protocol::{AppId, ServerSecret, signed_query};
use tonegate_server::Service;
use tonegate_server::clock::Clock;
use tonegate_server::config::Config;
use tonegate_server::data_dir::DataDir;
use tonegate_server::gateway::FastGateway;
use tonegate_server::installation::{Installation, NewInstallation, Place, Roots, kek_source};
use tonegate_server::model::{AppSettings, Environment, FeatureGrant, NewSecret};
use tonegate_server::store::Store;

const NOW: i64 = 1_763_840_000;
const APP: AppId = AppId(12345);
const NOBODY: AppId = AppId(54321);
/// Requests in one turn of the event loop: they share a write to the journal.
const TURN: usize = 64;

type Turn = <FastGateway as tonegate_listener::FastPath>::Turn;

fn main() {
    let [kind, prepared, answered]: [String; 3] =
        env::args().skip(1).collect::<Vec<_>>().try_into().unwrap();
    let kind = Kind::named(&kind).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(&folder.path().join("data"));
    let (gateway, secret) = runtime.block_on(open(&data));
    let secret = if kind == Kind::Forged { unlike(&secret) } else { secret };
    let app = if kind == Kind::Unknown { NOBODY } else { APP };
    let requests: Vec<_> = (0..prepared.parse().unwrap())
        .map(|number: usize| target(app, &format!("{number:016x}"), &secret))
        .collect();
    let mut turn = Turn::default();
    if kind == Kind::Replayed {
        answer_all(&gateway, &mut turn, &requests, Kind::Held);
    }
    let requests = &requests[..answered.parse().unwrap()];
    answer_counted(&gateway, &mut turn, requests, kind);
}

/// What the requests are, and so what they get.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Good, and the app's licence of this hour is held.
    Held,
    /// Signed with another secret.
    Forged,
    /// Of an AppId that nobody has.
    Unknown,
    /// Good, and answered before.
    Replayed,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "held" => Self::Held,
            "forged" => Self::Forged,
            "unknown" => Self::Unknown,
            "replayed" => Self::Replayed,
            _ => return None,
        })
    }

    /// What every answer to it begins with, behind its head.
    const fn code(self) -> &'static str {
        match self {
            Self::Held => r#"{"Code":0,"#,
            Self::Forged | Self::Replayed => r#"{"Code":100000005,"#,
            Self::Unknown => r#"{"Code":100000010,"#,
        }
    }
}

/// The one function whose instructions are counted, found by its name.
#[inline(never)]
fn answer_counted(gateway: &FastGateway, turn: &mut Turn, requests: &[String], kind: Kind) {
    answer_all(gateway, turn, requests, kind);
}

fn answer_all(gateway: &FastGateway, turn: &mut Turn, requests: &[String], kind: Kind) {
    let mut answers = Vec::with_capacity(TURN * 2_048);
    for requests in requests.chunks(TURN) {
        for target in requests {
            answers.clear();
            let answered = gateway.answer(turn, &request(target), &mut answers);
            assert!(matches!(answered, Fast::Answered));
            black_box(&mut answers);
        }
        // One of a turn: looking at an answer costs instructions too.
        assert!(body(&answers).starts_with(kind.code()), "{}", body(&answers));
        gateway.commit(turn);
    }
}

/// A service that holds the app's licence, and the app's secret.
async fn open(data: &DataDir) -> (FastGateway, ServerSecret) {
    let new = NewInstallation {
        issuer: "tonegate".into(),
        environment: Environment::Production,
        roots: Roots::Auto,
    };
    Installation::make(&Place::in_directory(data), new, NOW).await.unwrap();
    let secret = NewSecret::generate().unwrap();
    create_app(data, &secret).await;
    let mut config = Config::default();
    config.data.directory = data.path().to_owned();
    // One network fails all the time, as behind a proxy that is not trusted.
    config.gateway.lifted_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let (clock, _) = Clock::manual(NOW);
    let gateway = FastGateway(Service::open(config, clock).await.unwrap());
    hold_license(&gateway, secret.secret());
    (gateway, secret.secret().clone())
}

async fn create_app(data: &DataDir, secret: &NewSecret) {
    let feature = |name: &str| FeatureGrant::unlimited(name.parse().unwrap());
    let settings = AppSettings {
        features: vec![feature("agc"), feature("ans")],
        rate_per_second: 100_000,
        ..AppSettings::named("budget")
    };
    let kek = kek_source(data, None).load().unwrap();
    let store = Store::open(&data.database(), kek).await.unwrap();
    let mut tx = store.begin("budget", NOW).await.unwrap();
    tx.create_app(APP, settings, secret).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
}

fn hold_license(gateway: &FastGateway, secret: &ServerSecret) {
    let (mut turn, mut answer) = (Turn::default(), Vec::new());
    let target = target(APP, "first", secret);
    assert!(matches!(gateway.answer(&mut turn, &request(&target), &mut answer), Fast::Answered));
    assert!(body(&answer).starts_with(Kind::Held.code()), "{}", body(&answer));
}

fn target(app: AppId, nonce: &str, secret: &ServerSecret) -> String {
    format!("/?{}", signed_query(app, nonce, secret, NOW))
}

fn request(target: &str) -> FastRequest<'_> {
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let peer = Peer { address, socket: (address, 1024).into(), secure: false };
    FastRequest {
        target,
        host: Some("tonegate.test"),
        authorization: None,
        if_none_match: None,
        peer,
    }
}

/// Another secret.
fn unlike(secret: &ServerSecret) -> ServerSecret {
    ServerSecret::new(&secret.expose().chars().rev().collect::<String>()).unwrap()
}

fn body(answer: &[u8]) -> &str {
    let answer = str::from_utf8(answer).unwrap();
    answer.split_once("\r\n\r\n").map_or(answer, |(_, body)| body)
}
