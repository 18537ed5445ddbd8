//! Imports an uploaded statement file.

use crate::services::queue::{Ended, Job};
use crate::services::reconciliation::items;
use crate::services::reconciliation::statement::{self, ImportStatement};
use crate::state::AppState;

pub async fn run(state: &AppState, job: &Job) -> Ended {
    let payload: ImportStatement = match super::payload(job) {
        Ok(payload) => payload,
        Err(error) => return Ended::Fail(error),
    };
    let ctx = state.system_ctx(job.id.to_string());
    let outcome = statement::import(&state.db, &ctx, payload).await;
    items::ended(&state.db, &ctx, (payload.key, job), outcome).await
}
