//! Fetches one account's feed for a run.

use std::time::Duration;

use crate::error::Error;
use crate::services::queue::{Ended, Job};
use crate::services::reconciliation::feed::{self, Sources};
use crate::services::reconciliation::{ItemKey, items};
use crate::state::AppState;

pub async fn run(state: &AppState, job: &Job) -> Ended {
    let key: ItemKey = match super::payload(job) {
        Ok(key) => key,
        Err(error) => return Ended::Fail(error),
    };
    let ctx = state.system_ctx(job.id.to_string());
    let timeout = Duration::from_millis(u64::from(state.config.provider_timeout_milliseconds));
    let sources = Sources { providers: &state.providers, timeout };
    let outcome = feed::fetch(&state.db, &ctx, &sources, key).await;
    items::ended(&state.db, &ctx, (key, job), outcome).await
}

/// The item has failed, so that its account is free again. The payload of an import begins with the same key.
pub async fn give_up(state: &AppState, job: &Job, error: Error) -> Ended {
    match super::payload(job) {
        Ok(key) => items::give_up(&state.db, &state.system_ctx(job.id.to_string()), key, error).await,
        Err(error) => Ended::Fail(error),
    }
}
