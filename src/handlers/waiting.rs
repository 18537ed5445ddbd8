//! `Prefer: wait`: holds an answer until what it shows has settled, or the seconds have passed.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::answer::{self, Answered};
use super::extract::Call;

use crate::error::Error;
use crate::services::idempotency::{self, Answer, Key, Outcome};
use crate::state::AppState;

/// Longest pause between two looks: another machine's worker does not ring our bell.
const PAUSE: Duration = Duration::from_millis(250);

/// Looks until `look` finds something or `seconds` have passed.
///
/// # Errors
/// What `look` answers.
pub async fn until<T, F>(state: &AppState, seconds: u64, look: F) -> Result<Option<T>, Error>
where
    F: AsyncFn() -> Result<Option<T>, Error>,
{
    let end = Instant::now().checked_add(Duration::from_secs(seconds));
    let Some(end) = end else { return Ok(None) };
    loop {
        // The bell is asked for before the look, so that a ring in between is not missed.
        let rung = state.settled_bell.notified();
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        let now = Instant::now();
        if now >= end {
            return Ok(None);
        }
        let next = now.checked_add(PAUSE).map_or(end, |next| next.min(end));
        let _elapsed = timeout_at(next, rung).await;
    }
}

/// Answers work that has begun: rings the worker, waits as long as the client prefers, and answers the settled state
/// when it comes in time. What was answered is what a replay of the key answers.
pub async fn settle<F>(state: &AppState, (call, key): (&Call, Option<&Key>), begun: Outcome, look: F) -> Answered
where
    F: AsyncFn(&str) -> Result<Option<Result<Answer, Error>>, Error>,
{
    let begun = match begun {
        Outcome::Replayed(stored) => return Ok(answer::respond(stored, true)),
        Outcome::Fresh(begun) => begun,
    };
    state.job_bell.notify_one();
    let (Some(seconds), Some(location)) = (call.wait_s(), begun.location.clone()) else {
        return Ok(answer::respond(begun, false));
    };
    let settled = async {
        let settled = until(state, seconds, async || look(&location).await).await?.transpose()?;
        if let (Some(key), Some(settled)) = (key, &settled) {
            idempotency::replace(&state.db, key, settled).await?;
        }
        Ok(settled)
    };
    Ok(answer::respond(settled.await.unwrap_or_else(cannot_look).unwrap_or(begun), false))
}

/// The effect is committed: whatever fails from here on is no answer, which would say that nothing was changed. The
/// client gets the 202 of what has begun, as if the seconds had passed.
fn cannot_look(error: Error) -> Option<Answer> {
    tracing::warn!(cause = %error, "work has begun, but what became of it cannot be told");
    None
}

/// The id at the end of a location.
///
/// # Errors
/// When there is none: our own fault.
pub fn id_in<T: std::str::FromStr>(location: &str) -> Result<T, Error> {
    let text = location.rsplit('/').next().unwrap_or_default();
    text.parse().map_err(|_| Error::internal("a location without an id"))
}
