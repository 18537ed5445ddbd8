//! What differs between the two databases in a `CREATE TABLE`, and how a step of SQL statements is run.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Type names of one database. SQLite's are the ones sea-orm binds and reads without loss: a uuid as a blob of 16
/// bytes, an instant as RFC 3339 text.
pub struct Dialect {
    uuid: &'static str,
    instant: &'static str,
    date: &'static str,
    bytes: &'static str,
}

impl Dialect {
    pub fn of(manager: &SchemaManager<'_>) -> Self {
        match manager.get_database_backend() {
            DbBackend::Sqlite => {
                Self { uuid: "uuid_text", instant: "timestamp_with_timezone_text", date: "date_text", bytes: "blob" }
            }
            _ => Self { uuid: "uuid", instant: "timestamp with time zone", date: "date", bytes: "bytea" },
        }
    }

    /// Fills `{uuid}`, `{instant}`, `{date}`, `{bytes}` and `{money}` into a statement.
    pub fn fill(&self, sql: &str) -> String {
        sql.replace("{uuid}", self.uuid)
            .replace("{instant}", self.instant)
            .replace("{date}", self.date)
            .replace("{bytes}", self.bytes)
            .replace("{money}", "bigint")
    }
}

/// Runs statements separated by a line that holds only `;;`.
pub async fn run(manager: &SchemaManager<'_>, script: &str) -> Result<(), DbErr> {
    let script = Dialect::of(manager).fill(script);
    for statement in script.split("\n;;").map(str::trim).filter(|statement| !statement.is_empty()) {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Runs a script only on one database.
pub async fn run_on(manager: &SchemaManager<'_>, backend: DbBackend, script: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == backend { run(manager, script).await } else { Ok(()) }
}

/// Drops tables, children first.
pub async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables {
        manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
    }
    Ok(())
}

/// A migration made of one script up, and down another script or tables to drop.
#[macro_export]
macro_rules! step {
    (up: $up:expr, down: $down:expr) => {
        #[derive(sea_orm_migration::prelude::DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl sea_orm_migration::prelude::MigrationTrait for Migration {
            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }

            async fn up(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::prelude::DbErr> {
                $crate::dialect::run(manager, $up).await
            }

            async fn down(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::prelude::DbErr> {
                $crate::dialect::run(manager, $down).await
            }
        }
    };
    (up: $up:expr, $(sqlite: $sqlite:expr,)? $(postgres: $postgres:expr,)? $(down_sql: $down_sql:expr,)? drop: [$($table:literal),* $(,)?]) => {
        #[derive(sea_orm_migration::prelude::DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl sea_orm_migration::prelude::MigrationTrait for Migration {
            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }

            async fn up(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::prelude::DbErr> {
                $crate::dialect::run(manager, $up).await?;
                $($crate::dialect::run_on(manager, sea_orm_migration::sea_orm::DbBackend::Sqlite, $sqlite).await?;)?
                $($crate::dialect::run_on(manager, sea_orm_migration::sea_orm::DbBackend::Postgres, $postgres).await?;)?
                Ok(())
            }

            async fn down(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::prelude::DbErr> {
                $crate::dialect::drop_tables(manager, &[$($table),*]).await?;
                $($crate::dialect::run_on(manager, sea_orm_migration::sea_orm::DbBackend::Postgres, $down_sql).await?;)?
                Ok(())
            }
        }
    };
}
