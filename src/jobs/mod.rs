//! Background work on top of services: the worker's loop, and one small function per kind of job.

mod assign_movements;
mod fetch_feed;
mod import_statement;
mod prune;
mod send_refund;
pub mod worker;

pub use worker::run_pending;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::services::queue::Job;

/// Reads what a job was given.
fn payload<T: DeserializeOwned>(job: &Job) -> Result<T, Error> {
    serde_json::from_str(&job.payload).map_err(|_| Error::inconsistent("job", "payload", job.id))
}
