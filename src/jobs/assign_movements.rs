//! Runs an automatic assignment.

use crate::services::matching;
use crate::services::queue::{Ended, Job};
use crate::state::AppState;

pub async fn run(state: &AppState, job: &Job) -> Ended {
    let payload = match super::payload(job) {
        Ok(payload) => payload,
        Err(error) => return Ended::Fail(error),
    };
    match matching::run(state, &state.system_ctx(job.id.to_string()), payload).await {
        Ok(()) => Ended::Done,
        Err(error) => Ended::Retry(error),
    }
}
