//! A server with the admin API, on an installation in a directory of its own.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::task::JoinHandle;
use tonegate_admin::AdminApi;
use tonegate_clock::{Clock, ClockHand};
use tonegate_listener::Drain;
use tonegate_server::config::Config;
use tonegate_server::data_dir::DataDir;
use tonegate_server::installation::{Installation, NewInstallation, Place, Roots, kek_source};
use tonegate_server::model::{AppId, Environment, Role};
use tonegate_server::store::{AuditFilter, NewApiToken, Store, Tx};
use tonegate_server::{Server, Service};

use super::{NOW, PATIENCE, Persona};

/// A running server. It ends with the test; [`stop`](Self::stop) drains it first.
pub(crate) struct House {
    directory: TempDir,
    pub(crate) gateway: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) api: AdminApi,
    service: Arc<Service>,
    drain: Drain,
    running: JoinHandle<()>,
    personas: Vec<(Role, Persona)>,
}

impl House {
    /// By the machine's clock.
    pub(crate) async fn new() -> Self {
        Self::at(Clock::system(), |_| ()).await
    }

    /// Its time stands at [`NOW`] until the hand moves it.
    pub(crate) async fn manual() -> (Self, ClockHand) {
        let (clock, hand) = Clock::manual(NOW);
        (Self::at(clock, |_| ()).await, hand)
    }

    /// With another configuration than the tests' own.
    pub(crate) async fn at(clock: Clock, configure: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = DataDir::new(&directory.path().join("data"));
        let new = NewInstallation {
            issuer: "tonegate".into(),
            environment: Environment::Production,
            roots: Roots::Auto,
        };
        Installation::make(&Place::in_directory(&data), new, clock.unix_seconds()).await.unwrap();
        Self::open(directory, clock, configure).await
    }

    async fn open(directory: TempDir, clock: Clock, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.data.directory = directory.path().join("data");
        config.gateway.address = ([127, 0, 0, 1], 0).into();
        config.admin.address = ([127, 0, 0, 1], 0).into();
        configure(&mut config);
        let server = Server::bind(config, clock).await.unwrap();
        let service = Arc::clone(server.service());
        let api = AdminApi::new(Arc::clone(&service));
        let (gateway, admin) = (server.gateway_address(), server.admin_address());
        let (answering, drain) = (api.clone(), server.drain());
        let running = tokio::spawn(server.run_with(move |request, peer| {
            let api = answering.clone();
            async move { api.answer(request, peer).await }
        }));
        let mut house =
            Self { directory, gateway, admin, api, service, drain, running, personas: Vec::new() };
        for role in [Role::Viewer, Role::Operator, Role::Owner] {
            let persona = house.token(role, None, true).await;
            house.personas.push((role, persona));
        }
        house
    }

    /// Nobody in particular.
    pub(crate) fn anonymous(&self) -> Persona {
        Persona::anonymous(self.admin)
    }

    /// A program that may look at everything.
    pub(crate) fn viewer(&self) -> Persona {
        self.persona(Role::Viewer)
    }

    /// A privileged program that may work on every app.
    pub(crate) fn operator(&self) -> Persona {
        self.persona(Role::Operator)
    }

    /// A privileged program that may do everything.
    pub(crate) fn owner(&self) -> Persona {
        self.persona(Role::Owner)
    }

    fn persona(&self, role: Role) -> Persona {
        self.personas.iter().find(|(known, _)| *known == role).unwrap().1.clone()
    }

    /// A program; `apps`: those it is confined to.
    pub(crate) async fn token(
        &self,
        role: Role,
        apps: Option<&[u32]>,
        privileged: bool,
    ) -> Persona {
        Persona::token(self.admin, &self.token_text(role, apps, privileged).await)
    }

    /// Its token alone.
    pub(crate) async fn token_text(
        &self,
        role: Role,
        apps: Option<&[u32]>,
        privileged: bool,
    ) -> String {
        let new = NewApiToken {
            name: format!("{role} of the tests"),
            role,
            apps: apps.map(|apps| apps.iter().copied().map(AppId).collect()),
            privileged,
            expires_in: 86_400,
        };
        let (_, text) = self.change(async |tx| tx.create_api_token(&new).await.unwrap()).await;
        text.expose().to_owned()
    }

    /// Changes the store directly, in force when this returns.
    pub(crate) async fn change<T>(&self, change: impl AsyncFnOnce(&mut Tx) -> T) -> T {
        let mut tx = self.service.store.begin("test", self.now()).await.unwrap();
        let result = change(&mut tx).await;
        tx.commit().await.unwrap();
        self.service.catch_up().await.unwrap();
        result
    }

    /// Gateway time, Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.time.now()
    }

    /// Lets manual time pass in ticks, as a running clock would, and sees each of them.
    pub(crate) fn pass(&self, hand: &ClockHand, time: Duration) {
        hand.advance(time);
        self.time.tick();
    }

    pub(crate) fn data(&self) -> DataDir {
        DataDir::new(&self.directory.path().join("data"))
    }

    /// A handle of its own on the database, as another process has.
    pub(crate) async fn other_store(&self) -> Store {
        let kek = kek_source(&self.data(), None).load().unwrap();
        Store::open(&self.data().database(), kek).await.unwrap()
    }

    /// The actions of the newest audit entries, newest first.
    pub(crate) async fn actions(&self, limit: u32) -> Vec<String> {
        let entries = self.service.store.audit(&AuditFilter::default(), None, limit).await.unwrap();
        entries.into_iter().map(|entry| entry.action).collect()
    }

    /// Drains, waits for the end, and gives the directory back.
    pub(crate) async fn stop(self) -> TempDir {
        let Self { directory, service, drain, running, api, .. } = self;
        drain.begin();
        drop((service, api));
        tokio::time::timeout(PATIENCE, running).await.expect("it drains").unwrap();
        directory
    }
}

impl Deref for House {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}
