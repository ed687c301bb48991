//! What the store can answer instead of data: one error, with the facts and what to do.

use std::path::PathBuf;

use crate::model::{AppId, Generation, ModelError};
use crate::seal::SealError;

/// Why an operation of the store did not happen. Nothing of it was kept, but for
/// [`CommitUnknown`](Self::CommitUnknown).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No database file.
    #[error("there is no database at {}; check the data directory, or create one", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// `create` found a database.
    #[error("there is a database at {} already; nothing was changed", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Another file was put in the place of the one that is open.
    #[error("the database {} was replaced while it was open; restart the server", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// The file is empty or belongs to another program.
    #[error(
        "{} is not a tonegate database, or was never finished; nothing was changed; \
         check the data directory", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be made or looked at.
    #[error("database file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `create` found an installation.
    #[error(
        "{database} holds an installation already; nothing was changed; to have this server join it, \
         start it with that installation's key-encryption key and an empty data directory"
    )]
    Taken {
        /// Which database.
        database: String,
    },
    /// `create` found something else.
    #[error("{database} {what}; nothing was changed; use an empty database in UTF8")]
    Occupied {
        /// Which database.
        database: String,
        /// What is wrong with it.
        what: String,
    },
    /// Nothing was made in it yet.
    #[error(
        "there is no installation in {database}; check its name and the search_path, or make one with \
         `tonegate init --database-url`"
    )]
    Empty {
        /// Which database.
        database: String,
    },
    /// A file cannot be opened later.
    #[error("a SQLite database is opened at once")]
    NotShared,
    /// The database found itself inconsistent.
    #[error(
        "the database is damaged ({fault}); stop the server, keep a copy of the data directory, \
         and restore the last backup"
    )]
    Damaged {
        /// What was found.
        fault: String,
    },
    /// A newer program has written here.
    #[error(
        "the database has schema {found}, and this program knows schemas up to {known}; \
         nothing was changed; use the newer program, or restore a backup made before the upgrade"
    )]
    SchemaNewer {
        /// The database's schema version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The key-encryption key is not the one that sealed this database.
    #[error(
        "the key-encryption key has fingerprint {found}, and the database was sealed with \
         {expected}: either file was moved or replaced; put back the one that fits the other"
    )]
    WrongKek {
        /// The fingerprint in the database.
        expected: String,
        /// The fingerprint of the key given.
        found: String,
    },
    /// Another installation's database answers.
    #[error(
        "the database is that of installation {found}, and this server belongs to {expected}: \
         nothing of it was taken; point the server to its own database, or start it with the data \
         directory of the other installation"
    )]
    OtherInstallation {
        /// This server's, as in `pins.json`.
        expected: String,
        /// The database's.
        found: String,
    },
    /// Another process held the database for too long.
    #[error("another process has kept the database locked; try again, or find and stop it")]
    Busy,
    /// PostgreSQL answers, and does not let us in: the user, its password, or the database is not known there
    /// (any more). A server that runs goes on; none is started, as its access may have been withdrawn.
    #[error(
        "the database refuses this server ({fault}); nothing was kept; check the database URL, and at the \
         database server the user, its password and the database's name"
    )]
    Refused {
        /// What it said.
        fault: String,
    },
    /// PostgreSQL does not answer, is starting or stopping, has no connection left, or is a standby.
    #[error(
        "the database cannot be reached ({fault}); nothing was kept; try again, and if that does not \
         help, check the database server and the database URL"
    )]
    Unreachable {
        /// What was seen.
        fault: String,
    },
    /// The server broke the work off: it would have waited for ever, or taken too long.
    #[error("the database broke off the work ({fault}); nothing was kept; try again")]
    Interrupted {
        /// What it said.
        fault: String,
    },
    /// The connection was lost while a change was being kept.
    #[error(
        "the database did not answer while a change was being kept ({fault}): whether it was kept is \
         not known; look before you try again"
    )]
    CommitUnknown {
        /// What was seen.
        fault: String,
    },
    /// The number is taken.
    #[error("app {id} exists already")]
    AppExists {
        /// The app.
        id: AppId,
    },
    /// No such app, or a deleted one.
    #[error("there is no app {id}")]
    AppUnknown {
        /// The app.
        id: AppId,
    },
    /// Somebody else changed the app in between.
    #[error("app {id} was changed meanwhile: it is at rev {found}, not {expected}; look again")]
    AppChanged {
        /// The app.
        id: AppId,
        /// The rev that the caller had seen.
        expected: u32,
        /// Its rev now.
        found: u32,
    },
    /// A secret that an app has, or had until its slot was used again.
    #[error("this ServerSecret is in use already; every app needs its own")]
    SecretTaken,
    /// The app has no secret of that generation (any more).
    #[error("app {id} has no secret of generation {generation}")]
    SecretUnknown {
        /// The app.
        id: AppId,
        /// The generation.
        generation: Generation,
    },
    /// Only a secret that a newer one has replaced can be revoked.
    #[error(
        "secret {generation} of app {id} is its active one; rotate it first \
         (an overlap of 0 revokes the old one at once)"
    )]
    SecretActive {
        /// The app.
        id: AppId,
        /// The generation.
        generation: Generation,
    },
    /// Two certificates with one serial.
    #[error("there is an issuing key with serial {serial} already")]
    SerialTaken {
        /// The serial.
        serial: u32,
    },
    /// The same root key twice.
    #[error("root key {kid} is kept here already")]
    RootTaken {
        /// Its key id.
        kid: String,
    },
    /// No such webhook (any more).
    #[error("there is no webhook {id}")]
    WebhookUnknown {
        /// The webhook.
        id: String,
    },
    /// Somebody else changed the webhook in between.
    #[error("webhook {id} was changed meanwhile: it is at rev {found}, not {expected}; look again")]
    WebhookChanged {
        /// The webhook.
        id: String,
        /// The rev that the caller had seen.
        expected: i64,
        /// Its rev now.
        found: i64,
    },
    /// A disabled webhook gets no messages.
    #[error("webhook {id} is disabled; enable it first")]
    WebhookDisabled {
        /// The webhook.
        id: String,
    },
    /// A webhook's URL or events cannot be used.
    #[error("{field}: {fault}")]
    InvalidWebhook {
        /// `url` or `events`.
        field: &'static str,
        /// What is wrong with it.
        fault: String,
    },
    /// No such delivery (any more): they are kept for 30 days.
    #[error("there is no delivery {id}; they are kept for 30 days")]
    DeliveryUnknown {
        /// The delivery.
        id: String,
    },
    /// No such API token.
    #[error("there is no API token {id}")]
    ApiTokenUnknown {
        /// Its id, as given.
        id: String,
    },
    /// No such user.
    #[error("there is no user {id}")]
    UserUnknown {
        /// Their id, as given.
        id: String,
    },
    /// Somebody else changed the user in between.
    #[error("user {id} was changed meanwhile: they are at rev {found}, not {expected}; look again")]
    UserChanged {
        /// The user.
        id: String,
        /// The rev that the caller had seen.
        expected: u32,
        /// Their rev now.
        found: u32,
    },
    /// Somebody disabled them.
    #[error("user {id} is disabled; enable them first")]
    UserDisabled {
        /// The user.
        id: String,
    },
    /// Two people with one name, or with names that differ in case alone.
    #[error("there is a user named `{name}` already; choose another name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Nobody would be left who may decide about everything.
    #[error("this is the last active owner of all apps; make somebody else one first")]
    LastOwner,
    /// The installation has its first owner.
    #[error("there is an owner already; they can invite others")]
    SetupDone,
    /// No such invitation (any more).
    #[error("this invitation is unknown, used, or has ended; ask for a new one")]
    InvitationUnknown,
    /// No such session (any more).
    #[error("there is no session {id}")]
    SessionUnknown {
        /// Its id, as given.
        id: String,
    },
    /// A value breaks a rule of the model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A row breaks a rule of the model, or does not open.
    #[error(transparent)]
    Row(#[from] RowFault),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Anything else that the engine said: a full disk, a read-only file.
    #[error("database: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// May the same succeed in a moment, without anybody doing anything about this installation?
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Unreachable { .. } | Self::Interrupted { .. })
    }
}

/// A row that cannot be used, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("table {table}, column {column}, row {row}: {fault}")]
pub struct RowFault {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row, by its primary key.
    pub row: String,
    /// What is wrong; never the value of a secret.
    pub fault: String,
}
