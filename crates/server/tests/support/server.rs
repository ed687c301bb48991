//! A server that runs, and what it is asked.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tonegate_listener::Drain;
use tonegate_server::clock::{Clock, ClockHand};
use tonegate_server::config::Config;
use tonegate_server::{Server, Service};

use super::{Answer, Backend, House, NOW, PATIENCE, Wire, eventually};

/// A server on a house of its own. It ends with the test; [`stop`](Self::stop) drains it first.
pub(crate) struct TestServer {
    pub(crate) house: House,
    pub(crate) gateway: SocketAddr,
    pub(crate) admin: SocketAddr,
    service: Arc<Service>,
    drain: Drain,
    running: JoinHandle<()>,
}

/// A server whose time stands at [`NOW`] until the hand moves it.
pub(crate) async fn manual() -> (TestServer, ClockHand) {
    let (clock, hand) = Clock::manual(NOW);
    let house = House::at(NOW).await;
    (TestServer::start_with(house, clock, |_| ()).await, hand)
}

impl TestServer {
    /// On a new house, by the machine's clock.
    pub(crate) async fn new() -> Self {
        Self::start(House::new().await).await
    }

    pub(crate) async fn start(house: House) -> Self {
        Self::start_with(house, Clock::system(), |_| ()).await
    }

    pub(crate) async fn start_with(
        house: House,
        clock: Clock,
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = house.config();
        configure(&mut config);
        let server = Server::bind(config, clock).await.unwrap();
        Self {
            house,
            gateway: server.gateway_address(),
            admin: server.admin_address(),
            service: Arc::clone(server.service()),
            drain: server.drain(),
            running: tokio::spawn(server.run()),
        }
    }

    /// What it serves from.
    pub(crate) fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Gateway time, Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.time.now()
    }

    /// An app that the server knows already when this returns.
    pub(crate) async fn app(&self, id: u32) -> Backend {
        self.app_of(id, super::house::settings()).await
    }

    pub(crate) async fn app_of(
        &self,
        id: u32,
        settings: tonegate_server::model::AppSettings,
    ) -> Backend {
        let backend = self.house.app(id, settings).await;
        self.caught_up().await;
        backend
    }

    /// Waits until what is in the store is in force.
    pub(crate) async fn caught_up(&self) {
        let store = self.house.store().await;
        let newest = store.revision().await.unwrap().0;
        store.close().await;
        eventually("the directory catches up", async || self.directory.revision() >= newest).await;
    }

    /// A new signed request of `backend`, answered.
    pub(crate) async fn ask(&self, backend: &Backend) -> Answer {
        self.get(&backend.query(self.now()).to_string()).await
    }

    /// `GET /?<query>` on a connection of its own.
    pub(crate) async fn get(&self, query: &str) -> Answer {
        self.get_from(query, "").await
    }

    /// With more header lines.
    pub(crate) async fn get_from(&self, query: &str, headers: &str) -> Answer {
        self.send(format!("GET /?{query} HTTP/1.1\r\nHost: a\r\n{headers}\r\n")).await
    }

    /// Any bytes, and the first answer to them.
    pub(crate) async fn send(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut wire = Wire::connect(self.gateway).await;
        wire.send(bytes).await;
        wire.answer().await
    }

    /// `GET <path>` at the admin listener.
    pub(crate) async fn admin(&self, path: &str) -> Answer {
        let mut wire = Wire::connect(self.admin).await;
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        wire.answer().await
    }

    /// The value of a metric, as `/metrics` shows it.
    pub(crate) async fn metric(&self, name: &str) -> i64 {
        let text = self.admin("/metrics").await.body;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// Lets manual time pass in ticks, as a running clock would, and sees each of them.
    pub(crate) async fn pass(&self, hand: &ClockHand, time: Duration) {
        let tick = Duration::from_millis(250);
        for _ in 0..time.as_millis() / tick.as_millis() {
            hand.advance(tick);
            self.time.tick();
        }
    }

    /// Drains, waits for the end, and gives the house back.
    pub(crate) async fn stop(self) -> House {
        let Self { house, service, drain, running, .. } = self;
        drain.begin();
        drop(service);
        tokio::time::timeout(PATIENCE, running).await.expect("it drains").unwrap();
        house
    }
}

impl Deref for TestServer {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}
