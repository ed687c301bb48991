//! Schemas: what each release adds, and whether this one may work on what it finds.
//!
//! Invariants: migrations run in one transaction that holds the write lock, so two processes cannot both
//! run one, and a crash on the way leaves the schema as it was; a schema from the future is worked on
//! only if it says that this program may (`meta.compatible_schema`), and never changed.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType};

use super::connection::{Connection, Transaction};
use super::query::{query, query_scalar};
use crate::store::{StoreError, audit_chain};

/// All there are, oldest first.
pub(in crate::store) fn migrations() -> Vec<Migration> {
    let step = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    vec![
        step(1, "init", include_str!("../../../migrations/0001_init.sql")),
        step(2, "people", include_str!("../../../migrations/0002_people.sql")),
        step(3, "cluster", include_str!("../../../migrations/0003_cluster.sql")),
    ]
}

/// The newest schema that this program knows.
pub(in crate::store) fn known() -> i64 {
    migrations().last().map_or(0, |newest| newest.version)
}

/// Runs what is missing.
pub(super) async fn migrate(tx: &mut Transaction) -> Result<(), StoreError> {
    let found = version(tx).await?;
    run(tx, found, known()).await?;
    if found.is_some_and(|found| found < audit_chain::FIRST_SCHEMA) {
        audit_chain::fill(tx).await?;
    }
    Ok(())
}

/// Runs the migrations after `found`, up to `newest`.
pub(in crate::store) async fn run(
    tx: &mut Transaction,
    found: Option<i64>,
    newest: i64,
) -> Result<(), StoreError> {
    if found.is_none() {
        // As sqlx's own migrator has it, which made the databases of earlier releases.
        let sql = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, \
                   description TEXT NOT NULL, \
                   installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
                   success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, \
                   execution_time BIGINT NOT NULL)";
        tx.run_script(sql.to_owned()).await?;
    }
    let is_missing = |step: &Migration| found.is_none_or(|found| step.version > found);
    for step in migrations().into_iter().filter(is_missing).filter(|it| it.version <= newest) {
        let sql = tx.in_its_words(step.sql.as_str(), step.version == 1);
        tx.run_script(sql).await?;
        query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
             execution_time) VALUES ($1, $2, TRUE, $3, 0)",
        )
        .bind(step.version)
        .bind(step.description.as_ref())
        .bind(step.checksum.into_owned())
        .execute(tx)
        .await?;
    }
    Ok(())
}

/// The newest migration that ran. `None`: this is no database of ours.
pub(in crate::store) async fn version(conn: &mut Connection) -> Result<Option<i64>, StoreError> {
    let tables: i64 = query_scalar(conn.migration_tables()).fetch_one(conn).await?;
    if tables == 0 {
        return Ok(None);
    }
    query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(conn).await
}

/// Is all of it known here? `Err(SchemaNewer)`: a newer program's tables would be passed over.
pub(in crate::store) async fn check_known(conn: &mut Connection) -> Result<(), StoreError> {
    let known = known();
    match version(conn).await? {
        Some(found) if found > known => Err(StoreError::SchemaNewer { found, known }),
        _ => Ok(()),
    }
}

/// Is there something to run? `Err(SchemaNewer)`: this program may not work on it.
pub(super) async fn are_missing(conn: &mut Connection, found: i64) -> Result<bool, StoreError> {
    let known = known();
    if found <= known {
        return Ok(found < known);
    }
    let compatible: i64 =
        query_scalar("SELECT compatible_schema FROM meta").fetch_one(conn).await?;
    if compatible > known {
        return Err(StoreError::SchemaNewer { found, known });
    }
    tracing::warn!(
        found,
        known,
        "the database has the schema of a newer release, which this one may use; upgrade it soon"
    );
    Ok(false)
}
