//! The JSON shapes of the contract, made from rows and domain values. Services make them inside their transaction, so
//! that an answer can be stored with its idempotency key; handlers pass them on. No queries, no rules.

pub mod accounts;
pub mod assignments;
pub mod cancellations;
pub mod corrections;
pub mod customers;
pub mod day;
pub mod documents;
pub mod events;
pub mod jobs;
pub mod ledger;
pub mod licence;
pub mod limits;
pub mod money;
pub mod movements;
pub mod payments;
pub mod refunds;
pub mod runs;
pub mod sandbox;
pub mod search;
pub mod settings;
pub mod statement_profiles;
pub mod statements;

use serde::{Deserialize, Deserializer};

/// A field that may be absent and, because it cannot be cleared, not null.
fn given<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Tells a field that is null from one that is absent, for JSON merge patches.
fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
