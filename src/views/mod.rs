//! The JSON shapes of the contract, made from rows and domain values. Services make them inside their transaction, so
//! that an answer can be stored with its idempotency key; handlers pass them on. No queries, no rules.

pub mod customers;
pub mod documents;
pub mod licence;
pub mod money;
