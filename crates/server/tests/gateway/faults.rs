//! Every fault that a request can have, in the published order (docs/PROTOCOL.md §5).
//!
//! A fault knows what of the request it spoils, so that two that spoil different parts can be put
//! into one request, and which code it has alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tonegate_issuer::Keyring;
use tonegate_protocol::ACTION;
use tonegate_server::clock::{Clock, ClockHand};
use tonegate_server::model::{
    AppId, AppSettings, Environment, FeatureGrant, Generation, NonceProfile,
};

use crate::support::house::settings;
use crate::support::signer::{Broken, break_signers};
use crate::support::{Backend, House, NOW, Query, TestServer, Wire};

/// What of a request a fault spoils.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Body,
    Host,
    AppId,
    Timestamp,
    Nonce,
    Version,
    Signature,
    Action,
    Network,
    Repeat,
    Rate,
    App,
}

pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) code: i64,
    pub(super) part: Part,
    spoil: fn(&mut Attempt),
}

/// A request in the making.
pub(super) struct Attempt {
    method: &'static str,
    host: &'static str,
    /// Announced and sent length of the body.
    body: Option<(usize, usize)>,
    app: u32,
    timestamp: i64,
    /// Done to the query after it was signed.
    edits: Vec<fn(Query) -> Query>,
    network_exhausted: bool,
    sent_before: bool,
    rate_exhausted: bool,
    broken: Option<Broken>,
}

const fn fault(name: &'static str, code: i64, part: Part, spoil: fn(&mut Attempt)) -> Fault {
    Fault { name, code, part, spoil }
}

/// In the order of checks.
pub(super) const FAULTS: &[Fault] = &[
    fault("body over 64 KiB", 100000012, Part::Body, |it| it.body = Some((65_537, 0))),
    fault("body cut off", 100000012, Part::Body, |it| it.body = Some((10, 3))),
    fault("Host of nobody", 100000000, Part::Host, |it| it.host = "other.example"),
    fault("AppId absent", 100000001, Part::AppId, |it| it.edit(|q| q.without("AppId"))),
    fault("AppId malformed", 100000001, Part::AppId, |it| it.edit(|q| q.set("AppId", "012"))),
    fault("Timestamp absent", 100000002, Part::Timestamp, |it| it.edit(|q| q.without("Timestamp"))),
    fault("Timestamp empty", 100000002, Part::Timestamp, |it| it.edit(|q| q.set("Timestamp", ""))),
    fault("Timestamp malformed", 100000003, Part::Timestamp, |it| {
        it.edit(|q| q.set("Timestamp", "1e9"));
    }),
    fault("nonce absent", 100000008, Part::Nonce, |it| it.edit(|q| q.without("SignatureNonce"))),
    fault("nonce empty", 100000008, Part::Nonce, |it| it.edit(|q| q.set("SignatureNonce", ""))),
    fault("nonce twice", 2, Part::Nonce, |it| it.edit(|q| q.and("SignatureNonce", "x"))),
    fault("SignatureVersion absent", 100000013, Part::Version, |it| {
        it.edit(|q| q.without("SignatureVersion"));
    }),
    fault("SignatureVersion 1.0", 100000014, Part::Version, |it| {
        it.edit(|q| q.set("SignatureVersion", "1.0"));
    }),
    fault("Signature absent", 100000009, Part::Signature, |it| it.edit(|q| q.without("Signature"))),
    fault("Action absent", 100000006, Part::Action, |it| it.edit(|q| q.without("Action"))),
    fault("network exhausted", 1, Part::Network, |it| it.network_exhausted = true),
    fault("too old", 100000004, Part::Timestamp, |it| it.timestamp -= 601),
    fault("too far ahead", 100000004, Part::Timestamp, |it| it.timestamp += 601),
    fault("AppId unknown", 100000010, Part::AppId, |it| it.edit(|q| q.set("AppId", "404"))),
    fault("Signature of another", 100000005, Part::Signature, |it| {
        it.edit(|q| q.set("Signature", "43e5cfcca828314675f91b001390566a"));
    }),
    fault("Signature in capitals", 100000005, Part::Signature, |it| {
        it.edit(|q| {
            let capitals = q.get("Signature").to_uppercase();
            q.set("Signature", &capitals)
        });
    }),
    fault("signature used before", 100000005, Part::Repeat, |it| it.sent_before = true),
    fault("over the app's rate", 7, Part::Rate, |it| it.rate_exhausted = true),
    fault("Action unknown", 100000007, Part::Action, |it| {
        it.edit(|q| q.set("Action", "cgidescribezimaudiolicense"));
    }),
    fault("row unusable", 100000011, Part::App, |it| it.app = DAMAGED),
    fault("other environment", 100000016, Part::App, |it| it.app = OTHER_ENVIRONMENT),
    fault("suspended", 100000017, Part::App, |it| it.app = SUSPENDED),
    fault("service off", 100000017, Part::App, |it| it.app = SWITCHED_OFF),
    fault("nonce not 16 hex", 2, Part::App, |it| it.app = HEX_NONCE),
    fault("secret revoked", 910004, Part::App, |it| it.app = REVOKED),
    fault("secret retired", 910004, Part::App, |it| it.app = RETIRED),
    fault("address not allowed", 910004, Part::App, |it| it.app = ELSEWHERE),
    fault("entitlement ended", 910002, Part::App, |it| it.app = ENDED),
    fault("entitlement not begun", 910002, Part::App, |it| it.app = NOT_BEGUN),
    fault("no feature", 910002, Part::App, |it| it.app = NO_FEATURE),
    fault("signer lost", 910003, Part::App, |it| {
        it.app = NEVER_MINTED;
        it.broken = Some(Broken::Fails);
    }),
    fault("panic", 100000015, Part::App, |it| {
        it.app = NEVER_MINTED;
        it.broken = Some(Broken::Panics);
    }),
];

const HOST: &str = "zim-api.example";
/// Requests per second of every app here: few, so that they are soon used up.
const RATE: u32 = 3;
const GOOD: u32 = 12345;
const DAMAGED: u32 = 11;
const OTHER_ENVIRONMENT: u32 = 16;
const SUSPENDED: u32 = 17;
const SWITCHED_OFF: u32 = 18;
const HEX_NONCE: u32 = 19;
const REVOKED: u32 = 20;
const RETIRED: u32 = 21;
const ELSEWHERE: u32 = 22;
const ENDED: u32 = 23;
const NOT_BEGUN: u32 = 24;
const NO_FEATURE: u32 = 25;
const NEVER_MINTED: u32 = 26;

impl Attempt {
    fn edit(&mut self, edit: fn(Query) -> Query) {
        self.edits.push(edit);
    }
}

/// A server with an app for each state, whose time the tests turn.
pub(super) struct Gauntlet {
    server: TestServer,
    hand: ClockHand,
    apps: Vec<Backend>,
    keyring: Arc<Keyring>,
    clients: AtomicU32,
}

impl Gauntlet {
    pub(super) async fn new() -> Self {
        let (clock, hand) = Clock::manual(NOW);
        let house = House::at(NOW).await;
        let apps = make_apps(&house).await;
        let server = TestServer::start_with(house, clock, |config| {
            config.gateway.hosts = vec![HOST.into()];
            config.gateway.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
            config.network_limit.per_second = 1;
            config.network_limit.burst = 2;
        })
        .await;
        let keyring = server.keyring.load_full();
        Self { server, hand, apps, keyring, clients: AtomicU32::new(0) }
    }

    /// The code of a request with these faults.
    pub(super) async fn run(&self, method: &'static str, faults: &[&Fault]) -> i64 {
        // The apps' rates fill up again.
        self.hand.advance(Duration::from_secs(2));
        let mut attempt = Attempt {
            method,
            host: HOST,
            body: (method == "POST").then_some((64, 64)),
            app: GOOD,
            timestamp: self.server.now(),
            edits: Vec::new(),
            network_exhausted: false,
            sent_before: false,
            rate_exhausted: false,
            broken: None,
        };
        faults.iter().for_each(|fault| (fault.spoil)(&mut attempt));
        if let Some(broken) = attempt.broken {
            break_signers(&self.server, broken);
        }
        let code = self.send(attempt).await;
        self.server.keyring.store(Arc::clone(&self.keyring));
        code
    }

    async fn send(&self, attempt: Attempt) -> i64 {
        let number = self.clients.fetch_add(1, Ordering::Relaxed);
        let client = format!("10.0.{}.{}", number / 256, number % 256);
        let backend = self.apps.iter().find(|app| app.app_id == attempt.app).unwrap();
        let query = backend.query_with(&format!("nonce {number}"), attempt.timestamp);
        if attempt.sent_before {
            self.exchange("GET", HOST, &client, &query, None).await;
        }
        if attempt.rate_exhausted {
            self.exhaust_rate(backend).await;
        }
        let spoilt = attempt.edits.iter().fold(query, |query, edit| edit(query));
        if attempt.network_exhausted {
            self.exhaust_network(&client).await;
        }
        self.exchange(attempt.method, attempt.host, &client, &spoilt, attempt.body).await
    }

    async fn exhaust_rate(&self, backend: &Backend) {
        let query = || backend.query(self.server.now());
        self.repeat_until(7, "10.9.9.9", query).await;
    }

    async fn exhaust_network(&self, client: &str) {
        let unknown = || {
            Query::parse("AppId=404&Timestamp=1&SignatureNonce=1&SignatureVersion=2.0")
                .and("Signature", "x")
                .and("Action", ACTION)
        };
        self.repeat_until(1, client, unknown).await;
    }

    async fn repeat_until(&self, code: i64, client: &str, query: impl Fn() -> Query) {
        for _ in 0..30 {
            if self.exchange("GET", HOST, client, &query(), None).await == code {
                return;
            }
        }
        panic!("never code {code}");
    }

    async fn exchange(
        &self,
        method: &str,
        host: &str,
        client: &str,
        query: &Query,
        body: Option<(usize, usize)>,
    ) -> i64 {
        let length = body.map_or(String::new(), |(length, _)| {
            format!(
                "Content-Length: {length}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            )
        });
        let mut wire = Wire::connect(self.server.gateway).await;
        wire.send(format!(
            "{method} /?{query} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: {client}\r\n\
             AppId: 404\r\nTimestamp: 1\r\n{length}\r\n"
        ))
        .await;
        if let Some((announced, sent)) = body {
            // Parameters in a body do not count, good or bad.
            let text = format!("{:<64}", "Action=Other&AppId=404&Timestamp=1&Signature=0");
            wire.send(&text.as_bytes()[..sent]).await;
            if sent < announced && announced < 65_536 {
                wire.end().await;
            }
        }
        let answer = wire.answer().await;
        assert_eq!(answer.json().get("Data").is_some(), answer.code() == 0, "{answer:?}");
        answer.code()
    }
}

async fn make_apps(house: &House) -> Vec<Backend> {
    let base = || AppSettings { rate_per_second: RATE, ..settings() };
    let all = [
        (GOOD, base()),
        (DAMAGED, base()),
        (OTHER_ENVIRONMENT, AppSettings { environment: Environment::Test, ..base() }),
        (SUSPENDED, base()),
        (SWITCHED_OFF, AppSettings { service_enabled: false, ..base() }),
        (HEX_NONCE, AppSettings { nonce_profile: NonceProfile::Hex16, ..base() }),
        (REVOKED, base()),
        (RETIRED, base()),
        (
            ELSEWHERE,
            AppSettings { allowed_networks: vec!["192.0.2.0/24".parse().unwrap()], ..base() },
        ),
        (ENDED, AppSettings { entitlement_until: Some(NOW), ..base() }),
        (NOT_BEGUN, AppSettings { entitlement_from: Some(NOW + 900_000), ..base() }),
        (NO_FEATURE, AppSettings { features: Vec::<FeatureGrant>::new(), ..base() }),
        (NEVER_MINTED, base()),
    ];
    let mut apps = Vec::new();
    for (id, settings) in all {
        apps.push(house.app(id, settings).await);
    }
    house
        .change(async |tx| {
            tx.suspend_app(AppId(SUSPENDED)).await.unwrap();
        })
        .await;
    house.rotate(REVOKED, 60).await;
    house.change(async |tx| tx.revoke_secret(AppId(REVOKED), Generation(1)).await.unwrap()).await;
    house.rotate(RETIRED, 1).await;
    house.vandalise(&format!("UPDATE apps SET lifetime = 5 WHERE id = {DAMAGED}")).await;
    apps
}
