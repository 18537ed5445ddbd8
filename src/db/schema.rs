//! The steps of the schema, and whether they are all there.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, TransactionTrait};

use super::Db;
use crate::error::Error;

/// Takes a migration's session out of the time limits of requests.
const UNHURRIED: &str = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
    SET LOCAL idle_in_transaction_session_timeout = 0";

impl Db {
    /// Brings the schema up to date. Several servers may start at once: PostgreSQL serialises them by an advisory
    /// lock, SQLite by the lock on the data folder.
    ///
    /// # Errors
    /// When a step fails, or the database is of a newer version than this program.
    pub async fn migrate(&self) -> Result<(), Error> {
        let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        let applied = Migrator::get_migration_models(&self.pool).await.unwrap_or_default();
        if let Some(newer) = applied.iter().find(|step| !known.contains(&step.version)) {
            return Err(Error::internal(format!(
                "the database has step {} that this version of heller does not know; use the newer version",
                newer.version
            )));
        }
        if self.is_sqlite() {
            Migrator::up(&self.pool, None).await?;
            return Ok(());
        }
        #[expect(clippy::disallowed_methods, reason = "holds the advisory lock, on PostgreSQL only")]
        let guard = self.pool.begin().await?;
        // The settings of a pool for requests would end a second start's wait, the guard, or a long step in the middle.
        // The steps run in the guard, so there is nothing it could lose, and they still do not wait for a table's users.
        guard.execute_unprepared(UNHURRIED).await?;
        guard.execute_unprepared("SELECT pg_advisory_xact_lock(864297531)").await?;
        guard.execute_unprepared("SET LOCAL lock_timeout = '5s'").await?;
        Migrator::up(&guard, None).await?;
        Ok(guard.commit().await?)
    }

    /// Whether no step was ever applied.
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub async fn is_new(&self) -> Result<bool, Error> {
        Ok(self.pending_migrations().await?.len() == Migrator::migrations().len())
    }

    /// Names of the steps that are not applied yet.
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, Error> {
        let pending = Migrator::get_pending_migrations_read_only(&self.pool).await?;
        Ok(pending.iter().map(|step| step.name().to_owned()).collect())
    }
}
