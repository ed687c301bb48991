//! A server elsewhere, as far as the command can tell, and API tokens for it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use serde_json::Value;
use tonegate_protocol::AppId;
use tonegate_server::clock::Clock;
use tonegate_server::data_dir::DataDir;
use tonegate_server::installation::kek_source;
use tonegate_server::model::{AppSettings, NewSecret, Role};
use tonegate_server::store::{NewApiToken, Store, Tx};

use crate::support::{House, Ran, Server};

/// Its data lie in `house`, so that a test can compare.
pub(super) struct Elsewhere {
    pub(super) house: House,
    pub(super) server: Server,
    pub(super) owner: String,
}

impl Elsewhere {
    /// With an owner's privileged token in the file `token`.
    pub(super) fn new(house: House) -> Self {
        let server = house.serve(&[]);
        let mut there = Self { house, server, owner: String::new() };
        there.owner = there.token(Role::Owner, true);
        there.house.write("token", &format!("{}\n", there.owner));
        std::fs::set_permissions(there.house.path("token"), Permissions::from_mode(0o600)).unwrap();
        there
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.server.admin)
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    pub(super) fn run_with(&self, arguments: &[&str], stdin: &str) -> Ran {
        let url = self.url();
        let to = ["--server", &url, "--token-file", "token"];
        let ran = self.house.run_with(&[arguments, &to].concat(), stdin);
        assert!(!ran.stdout.contains(&self.owner) && !ran.stderr.contains(&self.owner), "{ran:?}");
        ran
    }

    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }

    /// A new API token.
    pub(super) fn token(&self, role: Role, privileged: bool) -> String {
        let name = format!("{role} of the tests");
        let new = NewApiToken { name, role, apps: None, privileged, expires_in: 3_600 };
        self.change(async |tx| tx.create_api_token(&new).await.unwrap().1.expose().to_owned())
    }

    /// Apps from 1,001 on.
    pub(super) fn make_apps(&self, count: u32) {
        self.change(async |tx| {
            for id in 1_001..=1_000 + count {
                let secret = NewSecret::generate().unwrap();
                let settings = AppSettings::named(&format!("App {id}"));
                tx.create_app(AppId(id), settings, &secret).await.unwrap();
            }
        });
    }

    fn change<T>(&self, change: impl AsyncFnOnce(&mut Tx) -> T) -> T {
        let data = DataDir::new(&self.house.path("tonegate-data"));
        let now = i64::try_from(Clock::system().wall().as_secs()).unwrap();
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let kek = kek_source(&data, None).load().unwrap();
            let store = Store::open(&data.database(), kek).await.unwrap();
            let mut tx = store.begin("test", now).await.unwrap();
            let result = change(&mut tx).await;
            tx.commit().await.unwrap();
            result
        })
    }

    /// Ends the server: all that it logged.
    pub(super) fn ended(self) -> String {
        self.server.signal(Signal::TERM);
        self.server.ended().1
    }
}
