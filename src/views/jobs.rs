//! Background jobs as an operator sees them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::id::JobId;
use crate::domain::job::{JobKind, JobState};
use crate::entities::job;

/// A job of the queue. Dead ones have used up their attempts, or ended their process too often, and wait for a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobView {
    pub id: JobId,
    pub kind: JobKind,
    pub state: JobState,
    /// What it is about: ids and counters.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// Not before this.
    pub run_at: DateTime<Utc>,
    #[schema(example = 1)]
    pub attempts: i32,
    #[schema(example = 60)]
    pub attempts_max: i32,
    /// Tries that were cut off by a kill or a crash; they are not among the attempts.
    #[schema(example = 0)]
    pub interrupted: i32,
    /// Code of the last failure; the log has the cause under the job's id.
    #[schema(example = "unavailable")]
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<job::Model> for JobView {
    fn from(row: job::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            state: row.state,
            payload: serde_json::from_str(&row.payload).unwrap_or_default(),
            run_at: row.run_at,
            attempts: row.attempts,
            attempts_max: row.attempts_max,
            interrupted: row.interrupted,
            last_error: row.last_error.map(|text| code_of(&text)),
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

/// A stored error is `code name=value …: cause`; the cause may hold SQL and stays inside.
fn code_of(text: &str) -> String {
    text.split([':', ' ']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_a_failure_is_not_shown() {
        assert_eq!(code_of("internal: SELECT 1 failed"), "internal");
        assert_eq!(code_of("not_found kind=refund"), "not_found");
        assert_eq!(code_of("unavailable"), "unavailable");
    }
}
