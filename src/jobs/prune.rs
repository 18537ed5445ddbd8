//! The daily run that throws away what is no longer needed.

use crate::error::Error;
use crate::services::prune::{self, Due};
use crate::services::queue::Ended;
use crate::state::AppState;

/// Runs it. The next run is enqueued first, so that a failure today does not end it for good.
pub async fn run(state: &AppState) -> Ended {
    match work(state).await {
        Ok(gone) => {
            tracing::info!(gone, "old rows were deleted");
            Ended::Done
        }
        Err(error) => Ended::Retry(error),
    }
}

async fn work(state: &AppState) -> Result<u64, Error> {
    prune::schedule(&state.db, &state.system_ctx("prune"), Due::Tomorrow).await?;
    prune::run(&state.db, state.clock.now()).await
}

/// Sees to it that there is a next run; a worker does this when it starts.
pub async fn ensure_scheduled(state: &AppState) {
    if let Err(error) = prune::schedule(&state.db, &state.system_ctx("worker"), Due::Now).await {
        tracing::warn!(cause = error.cause(), "the daily deletion of old rows could not be scheduled");
    }
}
