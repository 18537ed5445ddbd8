//! Use cases: queries, transactions, the order of steps. The only place with queries. No HTTP, no status codes.
//!
//! The signature says what a function may do: `&Db` opens a transaction, `&DatabaseTransaction` must run inside one,
//! `&impl ConnectionTrait` only reads.

pub mod accounts;
pub mod assignments;
pub mod audit;
pub mod auth;
pub mod cancellations;
pub mod corrections;
pub mod customers;
pub mod health;
pub mod idempotency;
pub mod invoices;
pub mod jobs;
pub mod journal;
pub mod ledger;
pub mod licences;
pub mod matching;
pub mod movements;
pub mod numbers;
pub mod orders;
pub mod page;
pub mod passwords;
pub mod payments;
pub mod progress;
pub mod prune;
pub mod queue;
pub mod reconciliation;
pub mod refunds;
pub mod sandbox;
pub mod search;
pub mod settings;
pub mod throttle;
pub mod users;
pub mod verify;

use std::collections::HashSet;
use std::hash::Hash;

use sea_orm::sea_query::{Expr, LikeExpr};
use sea_orm::{ColumnTrait, ExprTrait};

/// Each value once, for `IN (…)`.
fn distinct<T: Eq + Hash>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    values.into_iter().collect::<HashSet<T>>().into_iter().collect()
}

/// "Contains", for folded columns; the text may hold wildcards and means them literally.
fn contains(column: impl ColumnTrait, text: &str) -> Expr {
    column.into_expr().like(LikeExpr::new(crate::db::contains_pattern(text)).escape('\\'))
}
