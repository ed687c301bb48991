//! The upstream's listening socket, and the switches a test works it with.
//!
//! Invariant: the port belongs to this upstream until it is dropped, also while it is down: nobody
//! else's server answers there meanwhile. Replies are `double.rs`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};
use tonegate_clock::Clock;
use tonegate_protocol::ServerSecret;

use crate::authority::Authority;
use crate::behaviour::Behaviour;
use crate::connection;
use crate::double::{Double, Licenses};
use crate::limits::BACKLOG;

/// An upstream on loopback, plain HTTP, that answers every app until it is dropped.
pub struct Upstream {
    double: Arc<Double>,
    address: SocketAddr,
    /// Bound and never listening: keeps the port while the upstream is down.
    _reserved: TcpSocket,
    serving: Mutex<Option<JoinHandle<()>>>,
}

impl Upstream {
    /// One of ours: issuer [`ISSUER`](crate::ISSUER), production, features `agc` and `ans`, 7 days.
    ///
    /// Its time is `clock`'s. It serves on the current runtime, which must go on running.
    pub async fn start(clock: Clock) -> Self {
        Self::serving(clock, Licenses::Minted).await
    }

    /// One whose licences nobody can read, as the original service's: 200 random characters of
    /// base64, new in each answer.
    pub async fn start_opaque(clock: Clock) -> Self {
        Self::serving(clock, Licenses::Opaque).await
    }

    /// As [`start_opaque`](Self::start_opaque), but the same text each time, one an app.
    pub async fn start_opaque_repeated(clock: Clock) -> Self {
        Self::serving(clock, Licenses::Repeated(Default::default())).await
    }

    async fn serving(clock: Clock, licenses: Licenses) -> Self {
        let reserved = bound(0).expect("loopback has a free port");
        let address = reserved.local_addr().expect("a bound socket has an address");
        let double = Arc::new(Double::new(clock, licenses));
        let upstream = Self { double, address, _reserved: reserved, serving: Mutex::new(None) };
        upstream.up().await;
        upstream
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Who mints its licences; clients pin its [`pins`](Authority::pins).
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.double.authority
    }

    /// How requests are answered from the next one on, but for apps that have a behaviour of their
    /// own.
    pub fn set(&self, behaviour: Behaviour) {
        self.double.memory().behaviour = behaviour;
    }

    /// How this app's requests are answered from the next one on.
    pub fn set_for(&self, app_id: u32, behaviour: Behaviour) {
        self.double.memory().of_app.insert(app_id, behaviour);
    }

    /// How the next requests are answered, one each, whosever they are; then as before.
    pub fn set_next(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.double.memory().next = behaviours.into_iter().collect();
    }

    /// Its time is the test clock's and so many seconds more.
    pub fn set_skew(&self, seconds: i64) {
        self.double.memory().skew = seconds;
    }

    /// Lifetime of its licences: 3,600 to 1,209,600 seconds.
    pub fn set_lifetime(&self, seconds: u32) {
        self.double.memory().lifetime = seconds;
    }

    /// The app's secret in place of [`SECRET`](crate::SECRET): 32 ASCII letters and digits.
    pub fn set_secret(&self, app_id: u32, secret: &str) {
        let secret = ServerSecret::new(secret).expect("a secret is 32 ASCII letters and digits");
        self.double.memory().gateway.secrets.insert(app_id, secret);
    }

    /// Whether more than 20 good requests per second and app, and 20 at once, get code 7. By the
    /// test's clock, so one that stands still lets 20 pass.
    pub fn enforce_rate(&self, enforced: bool) {
        self.double.memory().gateway.enforces_rate = enforced;
    }

    /// Requests that arrived, whatever became of them.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.count(|_| true)
    }

    /// Those of this app.
    #[must_use]
    pub fn calls_of(&self, app_id: u32) -> u64 {
        self.count(|of| of == Some(app_id))
    }

    fn count(&self, counts: impl Fn(Option<u32>) -> bool) -> u64 {
        self.double.memory().calls.iter().map(|(_, of)| u64::from(counts(*of))).sum()
    }

    /// Counts anew, peaks too.
    pub fn reset_calls(&self) {
        self.double.memory().calls.clear();
    }

    /// Most requests that arrived within one second of real time.
    #[must_use]
    pub fn peak_per_second(&self) -> usize {
        let memory = self.double.memory();
        let until = |at: Duration| {
            memory.calls.partition_point(|(other, _)| *other < at + Duration::from_secs(1))
        };
        let arrivals = memory.calls.iter().enumerate();
        arrivals.map(|(place, (at, _))| until(*at) - place).max().unwrap_or_default()
    }

    /// The licence in the last good answer to this app.
    #[must_use]
    pub fn last_license(&self, app_id: u32) -> Option<String> {
        self.double.memory().given.get(&app_id).cloned()
    }

    /// Ends as a killed process does: connections break, new ones are refused.
    pub async fn down(&self) {
        let serving = self.slot().take();
        if let Some(serving) = serving {
            serving.abort();
            // It ends as cancelled; what counts is that its socket is closed by then.
            let _ = serving.await;
        }
    }

    /// Listens on its port again.
    pub async fn up(&self) {
        self.down().await;
        let listener = bound(self.address.port()).and_then(|socket| socket.listen(BACKLOG));
        let listener = listener.expect("the port is reserved for this upstream");
        *self.slot() = Some(tokio::spawn(accept(listener, Arc::clone(&self.double))));
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some(serving) = self.slot().take() {
            serving.abort();
        }
    }
}

/// A socket on loopback that lets others of this upstream have the same port.
fn bound(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    Ok(socket)
}

/// Accepts until it is aborted; connections end with it.
async fn accept(listener: TcpListener, double: Arc<Double>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let double = Arc::clone(&double);
                connections.spawn(async move { connection::serve(stream, &double).await });
            }
            Some(_) = connections.join_next() => {}
            // Out of file descriptors, perhaps.
            else => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
