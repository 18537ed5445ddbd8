//! Heller: merchants' payments, to the last penny.
//!
//! The house, from the door inwards: `main` → [`app`] → [`handlers`] (HTTP only) → [`services`] (use cases, queries,
//! transactions) → [`views`] (JSON shapes) and [`entities`] (rows) → [`domain`] (rules, pure). [`access`] is the gate,
//! [`jobs`] runs what [`services::queue`] keeps, [`providers`] send and fetch money, [`importers`] read statement
//! files. Which way these may point is checked by `tests/it/architecture.rs`; `docs/architecture.md` tells the rest.

#![recursion_limit = "512"]

pub mod access;
pub mod app;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod domain;
pub mod entities;
pub mod error;
pub mod handlers;
pub mod importers;
pub mod jobs;
pub mod openapi;
pub mod private;
pub mod providers;
pub mod services;
pub mod state;
pub mod telemetry;
pub mod views;
