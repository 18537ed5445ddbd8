//! Background work on top of services: the worker's loop, and one small function per kind of job.

mod assign_movements;
mod fetch_feed;
mod import_statement;
mod prune;
mod send_refund;
pub mod worker;

pub use worker::run_pending;

use crate::domain::job::JobKind;
use crate::error::Error;
use crate::services::queue::{Ended, Job, payload};
use crate::state::AppState;

/// Ends a job that will not be run any more, because it panicked in its last try or ended its process too often. What
/// waits for it is told first; a refund that is being sent waits for a person.
async fn give_up(state: &AppState, job: &Job, error: Error) -> Ended {
    match job.kind {
        JobKind::AssignMovements => assign_movements::give_up(state, job, error).await,
        JobKind::FetchFeed | JobKind::ImportStatement => fetch_feed::give_up(state, job, error).await,
        JobKind::SendRefund | JobKind::ResolveRefund | JobKind::Prune => Ended::Fail(error),
    }
}
