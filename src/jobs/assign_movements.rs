//! Runs an automatic assignment.

use crate::error::Error;
use crate::services::matching::{self, MatchJob};
use crate::services::queue::{Ended, Job};
use crate::state::AppState;

pub async fn run(state: &AppState, job: &Job) -> Ended {
    let payload: MatchJob = match super::payload(job) {
        Ok(payload) => payload,
        Err(error) => return Ended::Fail(error),
    };
    let ctx = state.system_ctx(job.id.to_string());
    let outcome = matching::run(&state.db, &ctx, payload).await;
    matching::ended(&state.db, &ctx, (payload, job), outcome).await
}

/// The run has failed.
pub async fn give_up(state: &AppState, job: &Job, error: Error) -> Ended {
    match super::payload(job) {
        Ok(payload) => matching::give_up(&state.db, &state.system_ctx(job.id.to_string()), payload, error).await,
        Err(error) => Ended::Fail(error),
    }
}
