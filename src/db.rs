//! The door to the database: connect, migrate, and the one way to write.
//!
//! [`Db::write`] opens the only kind of write transaction there is: IMMEDIATE on SQLite (a deferred one fails under
//! load with "database is locked"), READ COMMITTED on PostgreSQL. The closure form commits on `Ok` and rolls back on
//! `Err`, so nobody can forget either. What may be given away is taken by [`take`], one conditional update. Nothing
//! outside the database may be called inside the closure: it may run again after a deadlock.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    EntityTrait, IntoActiveModel, Iterable, ModelTrait, QuerySelect, Select, SqliteTransactionMode, TransactionOptions,
    TransactionTrait, UpdateMany,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::error::{Code, Error};

mod bulk;
mod knock;
mod schema;
mod slow;

/// How often a transaction that met a deadlock or a lock is begun again.
const WRITE_TRIES: u32 = 4;

/// How careful SQLite is with the disk. Production is always `Full`; `Normal` may lose the last commits when the power
/// fails and is for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Full,
    Normal,
}

/// The pool, and for SQLite the gate that lets one writer in after the other in the order they came. Without it 64
/// waiting writers poll the file lock and the unlucky ones run into the busy time-out.
#[derive(Debug, Clone)]
pub struct Db {
    pool: DatabaseConnection,
    /// What writes: on SQLite one connection, so that the memory a large transaction needs is needed once and not by
    /// every connection of the pool in turn; elsewhere the pool.
    writer: DatabaseConnection,
    connections: u32,
    gate: Option<Arc<Mutex<()>>>,
}

impl Db {
    /// Connects to `sqlite://path` or `postgres://…`.
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub async fn connect(url: &str, max_connections: u32, durability: Durability) -> Result<Self, Error> {
        if let Some(file) = sqlite_file(url) {
            let unusable = |error| Error::new(Code::Unavailable).because(format!("{}: {error}", file.display()));
            crate::private::file(&file).map_err(unusable)?;
        }
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(max_connections.max(2))
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(20))
            .sqlx_logging(false)
            .test_before_acquire(false);
        let synchronous = match durability {
            Durability::Full => SqliteSynchronous::Full,
            Durability::Normal => SqliteSynchronous::Normal,
        };
        options.map_sqlx_sqlite_opts(move |options| {
            options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(synchronous)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
        });
        options.map_sqlx_postgres_opts(|options| {
            options.application_name("heller").options([
                ("timezone", "UTC"),
                ("lock_timeout", "5s"),
                ("statement_timeout", "60s"),
                ("idle_in_transaction_session_timeout", "60s"),
            ])
        });
        knock::knock(url).await?;
        let pool = Database::connect(options.clone()).await?;
        let gate: Option<Arc<Mutex<()>>> = matches!(pool.get_database_backend(), DbBackend::Sqlite).then(Arc::default);
        let writer = match gate {
            Some(_) => Database::connect(options.max_connections(1).to_owned()).await?,
            None => pool.clone(),
        };
        Ok(Self { pool, writer, connections: max_connections.max(2), gate })
    }

    /// Logs statements that take at least so long.
    #[must_use]
    pub fn noting_slow(mut self, limit: Duration) -> Self {
        slow::note(&mut self.pool, limit);
        slow::note(&mut self.writer, limit);
        self
    }

    /// For reading.
    pub const fn reader(&self) -> &DatabaseConnection {
        &self.pool
    }

    pub fn is_sqlite(&self) -> bool {
        self.gate.is_some()
    }

    /// Lets PostgreSQL look at a table that has grown by much. It looks by itself too, but a minute later, and until then
    /// it plans for the table as it was. What comes of it is a plan, so nothing fails when it cannot be done now.
    pub async fn analyze<E: EntityTrait>(&self) {
        if self.is_sqlite() {
            return;
        }
        let table = E::default();
        if let Err(error) = self.pool.execute_unprepared(&format!("ANALYZE \"{}\"", table.table_name())).await {
            tracing::debug!(table = table.table_name(), cause = %error, "not analyzed");
        }
    }

    /// Runs `work` in a write transaction: commits on `Ok`, rolls back on `Err`, begins again after a deadlock.
    ///
    /// # Errors
    /// What `work` answers; `unavailable` when the database stays locked.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: AsyncFn(&DatabaseTransaction) -> Result<T, Error>,
    {
        let mut tries = 1;
        loop {
            match self.write_once(&work).await {
                Err(error) if error.is_retryable() && tries < WRITE_TRIES => {
                    tracing::debug!(tries, cause = error.cause(), "transaction begun again");
                    tries = tries.saturating_add(1);
                }
                settled => return settled,
            }
        }
    }

    async fn write_once<T, F>(&self, work: &F) -> Result<T, Error>
    where
        F: AsyncFn(&DatabaseTransaction) -> Result<T, Error>,
    {
        let _turn = self.turn().await;
        let txn = self.begin().await?;
        match work(&txn).await {
            Ok(value) => {
                txn.commit().await?;
                Ok(value)
            }
            Err(error) => {
                txn.rollback().await?;
                Err(error)
            }
        }
    }

    /// Begins. A connection that was lost while it lay in the pool shows it here, before anything was done; after a
    /// restart of the database that may be all of them.
    async fn begin(&self) -> Result<DatabaseTransaction, Error> {
        let mut lost = 0;
        loop {
            let options = TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            };
            #[expect(clippy::disallowed_methods, reason = "this is the one place that begins")]
            let begun = self.writer.begin_with_options(options).await;
            match begun {
                Err(error) if crate::error::is_connection_lost(&error) && lost < self.connections => {
                    lost = lost.saturating_add(1);
                }
                begun => return Ok(begun?),
            }
        }
    }

    async fn turn(&self) -> Option<OwnedMutexGuard<()>> {
        match &self.gate {
            Some(gate) => Some(Arc::clone(gate).lock_owned().await),
            None => None,
        }
    }

    pub async fn close(self) -> Result<(), Error> {
        if self.is_sqlite() {
            self.writer.close().await?;
        }
        Ok(self.pool.close().await?)
    }
}

/// The URL of the embedded database in a data folder.
pub fn sqlite_url(data_dir: &Path) -> String {
    format!("sqlite://{}?mode=rwc", data_dir.join("heller.sqlite").display())
}

/// The file of an SQLite database, for any other database `None`.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?.trim_start_matches("//");
    Some(path.split('?').next().unwrap_or_default()).filter(|path| !path.contains(":memory:")).map(PathBuf::from)
}

/// Locks the rows a query finds until the transaction ends: `FOR UPDATE` on PostgreSQL, nothing on SQLite, where the
/// transaction holds the only write lock already.
pub fn locked<E: EntityTrait>(query: Select<E>) -> Select<E> {
    query.lock_exclusive()
}

/// Runs a conditional update that must hit exactly one row; `lost` says what it means when it hits none.
///
/// # Errors
/// `lost`, or what the database says.
pub async fn change<E: EntityTrait>(
    txn: &DatabaseTransaction,
    update: UpdateMany<E>,
    lost: impl FnOnce() -> Error,
) -> Result<(), Error> {
    one_row(update.exec(txn).await?.rows_affected, lost)
}

/// [`change`] of what can be given away: that a CHECK refuses what would be left means the same as no row hit.
///
/// # Errors
/// As [`change`].
pub async fn take<E: EntityTrait>(
    txn: &DatabaseTransaction,
    update: UpdateMany<E>,
    lost: impl FnOnce() -> Error,
) -> Result<(), Error> {
    match update.exec(txn).await {
        Err(error) if crate::error::is_check_violation(&error) => Err(lost()),
        result => one_row(result?.rows_affected, lost),
    }
}

fn one_row(hit: u64, lost: impl FnOnce() -> Error) -> Result<(), Error> {
    match hit {
        1 => Ok(()),
        0 => Err(lost()),
        more => Err(Error::internal(format!("an update of one row hit {more}"))),
    }
}

/// Fewest of the two databases' parameter limits; bulk inserts are cut to it.
const PARAMETERS_MAX: usize = 30_000;

/// How many rows of `columns` columns fit into one insert.
pub fn rows_per_insert(columns: usize) -> usize {
    PARAMETERS_MAX.checked_div(columns).unwrap_or(1).clamp(1, 500)
}

/// Compare-and-set for edits by people: `version` must still be what the caller saw.
///
/// # Errors
/// `version_mismatch` with `current_version`.
pub fn check_version(expected: Option<i64>, current: i64) -> Result<(), Error> {
    match expected {
        Some(expected) if expected != current => {
            Err(Error::new(Code::VersionMismatch).with("current_version", current))
        }
        _ => Ok(()),
    }
}

/// Escapes `%`, `_` and `\` for a `LIKE … ESCAPE '\'` pattern that means "contains".
pub fn contains_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len().saturating_add(2));
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Inserts one row as it is.
///
/// # Errors
/// The database's own, so that the caller can say what a refused index means.
pub async fn insert<M>(txn: &DatabaseTransaction, row: M) -> Result<(), sea_orm::DbErr>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    let row = row.into_active_model().reset_all();
    <M::Entity as EntityTrait>::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

/// Inserts rows as they are, in as few statements as the databases' parameter limits allow.
///
/// # Errors
/// As [`insert`].
pub async fn insert_all<M>(txn: &DatabaseTransaction, rows: Vec<M>) -> Result<(), sea_orm::DbErr>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    let mut rows: Vec<_> = rows.into_iter().map(|row| row.into_active_model().reset_all()).collect();
    if rows.len() >= bulk::MANY {
        match bulk::insert(txn, rows).await? {
            None => return Ok(()),
            Some(back) => rows = back,
        }
    }
    let columns = <M::Entity as EntityTrait>::Column::iter().count();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk = rows.by_ref().take(rows_per_insert(columns));
        <M::Entity as EntityTrait>::insert_many(chunk).exec_without_returning(txn).await?;
    }
    Ok(())
}
