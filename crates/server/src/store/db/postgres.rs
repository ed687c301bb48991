//! PostgreSQL: one database for several servers.
//!
//! Invariants: one writer at a time in the whole installation, each in its turn (`pool`); what a process
//! has changed, the others are told of in the same transaction, which wakes them sooner than their poll.

use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::connection::Connection;
use super::pool::{CHANNEL, Pool, Purpose};
use crate::limits::{STORE_CONNECT, STORE_READERS};
use crate::store::{PostgresUrl, StoreError};

/// How often a connection on which nothing is heard is tried.
const PROBE: Duration = Duration::from_secs(30);
/// How long to wait before listening is tried again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// A database on a server, as one process uses it.
pub(super) struct Postgres {
    url: PostgresUrl,
    writer: Arc<Pool>,
    readers: Arc<Pool>,
    teller: String,
    ear: Mutex<Option<Ear>>,
}

/// Hears of what others changed.
struct Ear {
    /// There, until the ear is dropped.
    listener: Option<PgListener>,
    probed_at: Instant,
}

impl Postgres {
    /// Nothing is connected yet.
    pub(super) fn new(url: &PostgresUrl) -> Self {
        let options = options(url);
        let teller = format!("{:016x}", fastrand::u64(..));
        let readers = usize::try_from(STORE_READERS).unwrap_or(1);
        Self {
            url: url.clone(),
            writer: Pool::new(&options, &teller, 1),
            readers: Pool::new(&options, &teller, readers),
            teller,
            ear: Mutex::default(),
        }
    }

    /// One that was found away just before: nobody waits for it as if that were news.
    pub(super) fn away(url: &PostgresUrl) -> Self {
        let postgres = Self::new(url);
        postgres.writer.is_away();
        postgres.readers.is_away();
        postgres
    }

    /// Which database it is.
    pub(super) const fn url(&self) -> &PostgresUrl {
        &self.url
    }

    /// Begins a transaction for this purpose.
    pub(super) async fn begin(&self, purpose: Purpose) -> Result<Connection, StoreError> {
        let pool = if purpose.writes { &self.writer } else { &self.readers };
        pool.begin(purpose).await.map(Connection::Postgres)
    }

    /// Waits until another process says that it has changed something. Whenever listening begins,
    /// something may have been missed.
    pub(super) async fn changed_elsewhere(&self) {
        let mut ear = self.ear.lock().await;
        loop {
            match &mut *ear {
                None => match self.listen().await {
                    Some(new) => {
                        *ear = Some(new);
                        return;
                    }
                    None => sleep(LISTEN_AGAIN).await,
                },
                Some(open) => match open.hear(&self.teller).await {
                    Some(true) => return,
                    Some(false) => {}
                    None => *ear = None,
                },
            }
        }
    }

    /// No more transactions.
    pub(super) async fn close(&self) {
        self.writer.close();
        self.readers.close();
        if let Ok(mut ear) = self.ear.try_lock() {
            *ear = None;
        }
    }

    async fn listen(&self) -> Option<Ear> {
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(STORE_CONNECT);
        let pool = pool.connect_lazy_with(options(&self.url));
        let mut listener = PgListener::connect_with(&pool).await.ok()?;
        listener.eager_reconnect(false);
        timeout(STORE_CONNECT, listener.listen(CHANNEL)).await.ok()?.ok()?;
        Some(Ear { listener: Some(listener), probed_at: Instant::now() })
    }
}

impl Ear {
    /// Has somebody else changed something? `None`: the connection is lost.
    async fn hear(&mut self, own: &str) -> Option<bool> {
        let probe_at = self.probed_at + PROBE;
        let listener = self.listener.as_mut()?;
        match timeout_at(probe_at, listener.try_recv()).await {
            Ok(heard) => heard.ok().flatten().map(|heard| heard.payload() != own),
            Err(_) => {
                let probe = sqlx::query("SELECT 1").execute(listener);
                timeout(STORE_CONNECT, probe).await.ok()?.ok()?;
                self.probed_at = Instant::now();
                Some(false)
            }
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        // The driver says goodbye in a task, and ends the process where none can be begun: on a thread of
        // the gateway that was the last to let go of the server. Then the socket ends with the process.
        if tokio::runtime::Handle::try_current().is_err()
            && let Some(listener) = self.listener.take()
        {
            std::mem::forget(listener);
        }
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Postgres({})", self.url)
    }
}

fn options(url: &PostgresUrl) -> PgConnectOptions {
    url.options().clone().disable_statement_logging()
}
