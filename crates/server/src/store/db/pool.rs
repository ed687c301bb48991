//! A few connections to PostgreSQL, made when they are needed.
//!
//! Invariants: a connection that ended while it waited here is no error to whoever would have used it;
//! a server that is down or a standby costs a bounded wait, and once that is known, one quick try; a
//! transaction is never begun on a standby, which may be behind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, raw_sql};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::session::{Session, within};
use crate::limits::{STORE_CONNECT, STORE_IDLE, STORE_WAIT};
use crate::store::StoreError;

/// The channel on which processes tell each other that there is something to read.
pub(super) const CHANNEL: &str = "tonegate";
/// What everybody who writes holds: one for each database.
const WRITE_LOCK: i64 = 0x746f_6e65_6761_7465;
/// How long to wait before the next try to connect, at first and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(800));
/// What the server is given beyond its own time limit, for the way.
const GRACE: Duration = Duration::from_secs(5);

/// What a transaction is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose {
    pub(super) writes: bool,
    /// How long one statement may take.
    pub(super) statement: Duration,
    /// How long to wait for a turn.
    pub(super) wait: Duration,
    /// How long nothing may be asked.
    pub(super) idle: Duration,
}

/// Connections to one database, at most so many at once.
pub(super) struct Pool {
    options: PgConnectOptions,
    /// Who tells of a change, so that nobody is woken by itself.
    teller: String,
    idle: Mutex<Vec<(PgConnection, Instant)>>,
    room: Arc<Semaphore>,
    is_down: AtomicBool,
}

impl Pool {
    pub(super) fn new(options: &PgConnectOptions, teller: &str, room: usize) -> Arc<Self> {
        Arc::new(Self {
            options: options.clone(),
            teller: teller.to_owned(),
            idle: Mutex::default(),
            room: Arc::new(Semaphore::new(room)),
            is_down: AtomicBool::new(false),
        })
    }

    /// Begins a transaction.
    ///
    /// `Err(Busy)`: others kept their turn for too long. `Err(Unreachable)`: no primary answers.
    /// `Err(Refused)`: it does not let us in.
    pub(super) async fn begin(self: &Arc<Self>, purpose: Purpose) -> Result<Session, StoreError> {
        let deadline = Instant::now() + purpose.wait;
        let mut permit = self.permit(deadline).await?;
        let mut backoff = BACKOFF.0;
        let was_down = self.is_down.load(Ordering::Relaxed);
        loop {
            let (conn, is_new) = match self.idle_one() {
                Some(conn) => (Ok(conn), false),
                None => (self.connect(deadline).await, true),
            };
            let error = match conn {
                Err(error @ StoreError::Refused { .. }) => return Err(error),
                Err(error) => error,
                Ok(conn) => {
                    let session = Session::new(conn, Arc::clone(self), permit);
                    match session.begin(purpose, deadline).await {
                        Ok(session) => {
                            self.is_down.store(false, Ordering::Relaxed);
                            return Ok(session);
                        }
                        Err((error @ StoreError::Unreachable { .. }, Some(room))) => {
                            permit = room;
                            if !is_new {
                                // The others that wait here are of the same time.
                                self.forget_idle();
                                continue;
                            }
                            error
                        }
                        Err((error, _)) => return Err(error),
                    }
                }
            };
            self.is_down.store(true, Ordering::Relaxed);
            if was_down || Instant::now() + backoff >= deadline {
                return Err(error);
            }
            sleep(backoff).await;
            backoff = (backoff * 2).min(BACKOFF.1);
        }
    }

    /// A connection that is in no transaction.
    pub(super) fn take_back(&self, conn: PgConnection) {
        if !self.room.is_closed() {
            self.idle().push((conn, Instant::now()));
        }
    }

    /// What tells others, in the transaction whose change is told of.
    pub(super) fn telling(&self) -> String {
        format!("SELECT pg_notify('{CHANNEL}', '{}'); ", self.teller)
    }

    /// It was found away already: one quick try is enough until it answers.
    pub(super) fn is_away(&self) {
        self.is_down.store(true, Ordering::Relaxed);
    }

    /// No more transactions.
    pub(super) fn close(&self) {
        self.room.close();
        self.forget_idle();
    }

    async fn permit(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, StoreError> {
        let room = Arc::clone(&self.room).acquire_owned();
        match timeout_at(deadline, room).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(StoreError::Database(sqlx::Error::PoolClosed)),
            Err(_) if self.is_down.load(Ordering::Relaxed) => {
                Err(StoreError::Unreachable { fault: "others wait for it already".to_owned() })
            }
            Err(_) => Err(StoreError::Busy),
        }
    }

    /// The one used last, if that is not so long ago that something on the way may have forgotten it.
    fn idle_one(&self) -> Option<PgConnection> {
        let (conn, since) = self.idle().pop()?;
        if since.elapsed() < STORE_IDLE {
            return Some(conn);
        }
        self.forget_idle();
        None
    }

    fn forget_idle(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(PgConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self, deadline: Instant) -> Result<PgConnection, StoreError> {
        let limit = STORE_CONNECT.min(deadline.saturating_duration_since(Instant::now()));
        let place = place(&self.options);
        match timeout(limit.max(BACKOFF.0), self.options.connect()).await {
            Ok(Ok(conn)) => Ok(conn),
            Ok(Err(error)) => {
                let fault = format!("{place}: {error}");
                match StoreError::from(error) {
                    StoreError::Refused { .. } => Err(StoreError::Refused { fault }),
                    _ => Err(StoreError::Unreachable { fault }),
                }
            }
            Err(_) => Err(StoreError::Unreachable { fault: format!("{place}: no answer") }),
        }
    }
}

impl Session {
    /// Begins the transaction on it. With an error comes back the room in the pool, if the connection is
    /// of no use.
    async fn begin(
        mut self,
        purpose: Purpose,
        deadline: Instant,
    ) -> Result<Self, (StoreError, Option<OwnedSemaphorePermit>)> {
        let wait = deadline.saturating_duration_since(Instant::now()).max(BACKOFF.0);
        let begun = match self.conn() {
            Ok(conn) => within(wait + GRACE, raw_sql(purpose.opening(wait)).fetch_all(conn)).await,
            Err(error) => return Err((error, None)),
        };
        let is_standby = |rows: Vec<PgRow>| rows.last().map_or(Ok(true), |row| row.try_get(0));
        let begun = begun.and_then(is_standby);
        match self.noted(begun) {
            Ok(false) => Ok(self.with_limit(purpose.statement + GRACE)),
            Ok(true) => {
                let fault = "it is a read-only standby".to_owned();
                Err((StoreError::Unreachable { fault }, self.give_up()))
            }
            Err(error @ StoreError::Unreachable { .. }) => Err((error, self.give_up())),
            Err(error) => Err((error, None)),
        }
    }
}

impl Purpose {
    /// One message, whose last row says whether it is a standby. Everybody who writes takes its turn, so
    /// that revisions are in the order of commits; a weak `synchronous_commit` is made a good one.
    fn opening(self, wait: Duration) -> AssertSqlSafe<String> {
        let (begin, turn) = if self.writes {
            let turn = format!(
                "SELECT set_config('synchronous_commit', 'on', true) WHERE \
                 current_setting('synchronous_commit') IN ('off', 'local', 'remote_write'); \
                 SELECT pg_advisory_xact_lock({WRITE_LOCK}); "
            );
            ("READ COMMITTED", turn)
        } else {
            ("REPEATABLE READ READ ONLY", String::new())
        };
        AssertSqlSafe(format!(
            "BEGIN ISOLATION LEVEL {begin}; SET LOCAL statement_timeout = {}; \
             SET LOCAL lock_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = {}; \
             {turn}SELECT pg_is_in_recovery()",
            self.statement.as_millis(),
            wait.as_millis(),
            self.idle.as_millis(),
        ))
    }
}

/// Host and port, or the socket's directory.
fn place(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// Waits of ordinary transactions.
impl Purpose {
    pub(super) const READ: Self = Self {
        writes: false,
        statement: crate::limits::STORE_STATEMENT,
        wait: STORE_WAIT,
        idle: crate::limits::STORE_READ_IDLE,
    };
    pub(super) const WRITE: Self =
        Self { writes: true, idle: crate::limits::STORE_WRITE_IDLE, ..Self::READ };
    /// Of what goes through all there is.
    pub(super) const LONG_READ: Self =
        Self { statement: crate::limits::STORE_LONG_STATEMENT, ..Self::READ };
    /// Of migrations, for which other servers wait as well.
    pub(super) const LONG_WRITE: Self = Self {
        writes: true,
        statement: crate::limits::STORE_LONG_STATEMENT,
        wait: crate::limits::STORE_LONG_WAIT,
        idle: crate::limits::STORE_READ_IDLE,
    };
}
