//! The schema, as numbered steps that run up and down on SQLite and PostgreSQL.
//!
//! Steps are written as SQL, because the guards are the point: CHECK constraints, partial and expression indexes and
//! triggers say the same on both databases. [`Dialect`] fills in the few type names that differ. Money is `BIGINT`
//! minor units beside a three-letter currency, never a decimal. A released step is never edited.
//!
//! `Migrator::up` has no lock of its own; `heller::db::migrate` takes one.

pub use sea_orm_migration::prelude::*;

mod dialect;
mod m20261122_000001_access;
mod m20261122_000002_documents;
mod m20261122_000003_movements;
mod m20261122_000004_refunds;
mod m20261122_000005_ledger;
mod m20261122_000006_work;
mod m20261122_000007_progress;
mod m20261122_000008_statement_profiles;
mod m20261122_000010_movement_search;
mod m20261122_000011_sources;
mod m20261122_000012_account_locks;
mod m20261122_000013_possible_duplicates;
mod m20261123_000014_gaps_and_words;

pub use dialect::Dialect;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_access::Migration),
            Box::new(m20261122_000002_documents::Migration),
            Box::new(m20261122_000003_movements::Migration),
            Box::new(m20261122_000004_refunds::Migration),
            Box::new(m20261122_000005_ledger::Migration),
            Box::new(m20261122_000006_work::Migration),
            Box::new(m20261122_000007_progress::Migration),
            Box::new(m20261122_000008_statement_profiles::Migration),
            Box::new(m20261122_000010_movement_search::Migration),
            Box::new(m20261122_000011_sources::Migration),
            Box::new(m20261122_000012_account_locks::Migration),
            Box::new(m20261122_000013_possible_duplicates::Migration),
            Box::new(m20261123_000014_gaps_and_words::Migration),
        ]
    }
}
