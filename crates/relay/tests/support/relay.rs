//! A relay that runs, and what it is asked.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tonegate_listener::Drain;
use tonegate_relay::config::Config;
use tonegate_relay::{Relay, Service};

use super::{APP, Answer, PATIENCE, Wire, World, eventually, path_of};

/// A relay in a world. It ends with the test; [`stop`](Self::stop) drains it first.
pub(crate) struct TestRelay {
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) service: Arc<Service>,
    pub(crate) drain: Drain,
    running: JoinHandle<bool>,
    tls: Option<TlsConnector>,
}

impl World {
    /// A relay that has a licence of each app.
    pub(crate) async fn relay(&self) -> TestRelay {
        let relay = self.empty_relay(|_| ()).await;
        relay.is_fresh().await;
        relay
    }

    /// A relay that has just started, with a configuration of its own.
    pub(crate) async fn empty_relay(&self, configure: impl FnOnce(&mut Config)) -> TestRelay {
        let mut config = self.config();
        configure(&mut config);
        let relay = Relay::bind(config, self.clock.clone()).await;
        let relay = relay.unwrap_or_else(|error| panic!("{error}"));
        TestRelay {
            address: relay.address(),
            admin: relay.admin_address(),
            service: Arc::clone(relay.service()),
            drain: relay.drain(),
            running: tokio::spawn(relay.run()),
            tls: self.tls.as_ref().map(super::Tls::connector),
        }
    }
}

impl TestRelay {
    /// Waits until no licence is missing.
    pub(crate) async fn is_fresh(&self) {
        eventually("every app has a licence", async || {
            self.service.apps.values().all(|app| app.cache.view().state.name() == "fresh")
        })
        .await;
    }

    /// Refreshes what is due, as the relay's keepers do when they look the next time.
    pub(crate) async fn attend(&self) {
        for app in self.service.apps.values() {
            // The flight may have been held by one that has fetched and still writes.
            while app.cache.attend().await.is_zero() {}
        }
    }

    pub(crate) async fn connect(&self) -> Wire {
        Wire::connect(self.address, self.tls.as_ref()).await
    }

    /// Asks for the licence of [`APP`] with an API key or a token.
    pub(crate) async fn ask(&self, credential: &str) -> Answer {
        self.get(&path_of(APP), credential).await
    }

    /// `GET` with a credential, on a connection of its own.
    pub(crate) async fn get(&self, path: &str, credential: &str) -> Answer {
        self.get_with(path, credential, "").await
    }

    /// With more header lines.
    pub(crate) async fn get_with(&self, path: &str, credential: &str, headers: &str) -> Answer {
        self.send(request("GET", path, credential, headers)).await
    }

    /// Any bytes, and the first answer to them.
    pub(crate) async fn send(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut wire = self.connect().await;
        wire.send(bytes).await;
        wire.answer().await
    }

    /// `GET` at the admin listener.
    pub(crate) async fn admin(&self, path: &str) -> Answer {
        let mut wire = Wire::connect(self.admin, None).await;
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        wire.answer().await
    }

    /// Whether `/metrics` has this line.
    pub(crate) async fn assert_metric(&self, line: &str) {
        let metrics = self.admin("/metrics").await.body;
        let line = format!("tonegate_relay_{line}");
        assert!(metrics.lines().any(|one| one == line), "no {line} in {metrics}");
    }

    /// Drains, and waits for the end; tells whether everything went well until then.
    pub(crate) async fn stop(self) -> bool {
        let Self { service, drain, running, .. } = self;
        drain.begin();
        drop(service);
        tokio::time::timeout(PATIENCE, running).await.expect("it drains").unwrap()
    }
}

/// A request with a bearer credential (none where it is empty) and more header lines.
pub(crate) fn request(method: &str, path: &str, credential: &str, headers: &str) -> String {
    let authorization = match credential {
        "" => String::new(),
        credential => format!("Authorization: Bearer {credential}\r\n"),
    };
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}{headers}\r\n")
}
