//! `Prefer: wait`: holds an answer until what it shows has settled, or the seconds have passed.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::answer::{self, Answered, Versioned};
use super::extract::Call;
use crate::error::Error;
use crate::services::idempotency::{self, Answer, Key, Outcome};
use crate::state::AppState;

/// Longest pause between two looks: another machine's worker does not ring our bell.
const PAUSE: Duration = Duration::from_millis(250);

/// What a look saw.
pub enum Seen {
    Settled(Answer),
    Running(Answer),
}

impl Seen {
    /// # Errors
    /// When the view is no JSON.
    pub fn of(view: &impl Versioned, settled: bool) -> Result<Self, Error> {
        let answer = answer::ok(view)?;
        Ok(if settled { Self::Settled(answer) } else { Self::Running(answer) })
    }
}

/// Looks until something has settled or `seconds` have passed, and answers what was seen last.
async fn until<F>(state: &AppState, seconds: u64, look: F) -> Result<Seen, Error>
where
    F: AsyncFn() -> Result<Seen, Error>,
{
    let begun = Instant::now();
    let end = begun.checked_add(Duration::from_secs(seconds)).unwrap_or(begun);
    loop {
        // The bell is asked for before the look, so that a ring in between is not missed.
        let rung = state.settled_bell.notified();
        let seen = look().await?;
        let now = Instant::now();
        if now >= end || matches!(seen, Seen::Settled(_)) {
            return Ok(seen);
        }
        let next = now.checked_add(PAUSE).map_or(end, |next| next.min(end));
        let _elapsed = timeout_at(next, rung).await;
    }
}

/// Answers work that has begun: rings the worker, waits as long as the client prefers, and answers the settled state
/// when it comes in time, and what is known by then otherwise. A settled answer is what a replay of the key answers.
pub async fn settle<F>(state: &AppState, (call, key): (&Call, Option<&Key>), begun: Outcome, look: F) -> Answered
where
    F: AsyncFn(&str) -> Result<Seen, Error>,
{
    let begun = match begun {
        Outcome::Replayed(stored) => return Ok(answer::respond(stored, true)),
        Outcome::Fresh(begun) => begun,
    };
    state.job_bell.notify_one();
    let (Some(seconds), Some(location)) = (call.wait_s(), begun.location.clone()) else {
        return Ok(answer::respond(begun, false));
    };
    let known = async {
        match until(state, seconds, async || look(&location).await).await? {
            Seen::Settled(settled) => {
                if let Some(key) = key {
                    idempotency::replace(&state.db, key, &settled).await?;
                }
                Ok(settled)
            }
            Seen::Running(running) => Ok(Answer { status: 202, location: Some(location.clone()), ..running }),
        }
    };
    Ok(answer::respond(known.await.unwrap_or_else(|error| cannot_look(&error, begun)), false))
}

/// The effect is committed: whatever fails from here on is no answer, which would say that nothing was changed. The
/// client gets the 202 of what has begun, as if it had not waited.
fn cannot_look(error: &Error, begun: Answer) -> Answer {
    tracing::warn!(cause = %error, "work has begun, but what became of it cannot be told");
    begun
}

/// The id at the end of a location.
///
/// # Errors
/// When there is none: our own fault.
pub fn id_in<T: std::str::FromStr>(location: &str) -> Result<T, Error> {
    let text = location.rsplit('/').next().unwrap_or_default();
    text.parse().map_err(|_| Error::internal("a location without an id"))
}
