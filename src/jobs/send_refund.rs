//! Sends a refund, or asks what became of one.

use crate::services::queue::{Ended, Job};
use crate::services::refunds;
use crate::state::AppState;

pub async fn send(state: &AppState, job: &Job) -> Ended {
    match super::payload(job) {
        Ok(payload) => refunds::deliver(state, &state.system_ctx(job.id.to_string()), payload).await,
        Err(error) => Ended::Fail(error),
    }
}

pub async fn resolve(state: &AppState, job: &Job) -> Ended {
    match super::payload(job) {
        Ok(payload) => refunds::resolve(state, &state.system_ctx(job.id.to_string()), payload).await,
        Err(error) => Ended::Fail(error),
    }
}
