//! Use cases: queries, transactions, the order of steps. The only place with queries. No HTTP, no status codes.
//!
//! The signature says what a function may do: `&Db` opens a transaction, `&DatabaseTransaction` must run inside one,
//! `&impl ConnectionTrait` only reads.

pub mod audit;
pub mod auth;
pub mod idempotency;
pub mod journal;
pub mod licences;
pub mod numbers;
pub mod page;
pub mod queue;
pub mod settings;
pub mod users;
