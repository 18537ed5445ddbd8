//! The integration tests: one binary, one server and one fresh database for each test.
//!
//! `cargo xtask test` runs them on SQLite and on PostgreSQL; which one a run means is said by `HELLER_TEST_DB`, never
//! by a test. Everything a test needs to arrange, ask and look at is in `support`. No test sleeps: it moves the clock
//! and runs the queue.

#![cfg(test)]

mod access;
mod answers;
mod architecture;
mod auth;
mod automatic;
mod background;
mod bulk;
mod cli;
mod cookies;
mod cors;
mod docs;
mod events;
mod exports;
mod features;
mod finding;
mod four_eyes;
mod guides;
mod harness;
mod hiding;
mod idempotency;
mod imports;
mod journal;
mod languages;
mod ledger;
mod licence;
mod lists;
mod locks;
mod lost_connections;
mod meta;
mod migrations;
mod movements;
mod openapi;
mod operations;
mod passwords;
mod plans;
mod races;
mod reconciliation;
mod requests;
mod scenarios;
mod search;
mod slow;
mod support;
mod tokens;
mod verify;
mod waiting_files;
mod walks;
