//! Assignments and assignment runs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::money::{MoneyInput, MoneyView};
use crate::domain::assignment::{AssignmentOrigin, ChosenTarget, TargetType};
use crate::domain::id::{AssignedId, AssignmentId, AssignmentRunId, MovementId, TargetId};
use crate::domain::matching::{MatchOutcome, MatchReason};
use crate::domain::run::{Phase, RunStatus};
use crate::entities::{assignment, assignment_run};

/// What a movement pays; the number of the order, invoice or refund.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AssignmentTarget)]
pub struct TargetView {
    #[serde(rename = "type")]
    pub kind: TargetType,
    #[schema(value_type = AssignedId)]
    pub id: String,
    #[schema(example = "AU-2026-00001")]
    pub number: String,
}

/// The link of a part of a movement to what it pays.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Assignment)]
pub struct AssignmentView {
    pub id: AssignmentId,
    pub movement: MovementStub,
    pub target: TargetView,
    /// Always positive.
    pub amount: MoneyView,
    pub origin: AssignmentOrigin,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    /// When it was undone; history is kept.
    pub undone_at: Option<DateTime<Utc>>,
}

/// A movement, in short; its number is the transaction id.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AccountMovementStub)]
pub struct MovementStub {
    pub id: MovementId,
    pub number: String,
}

impl AssignmentView {
    pub fn of(row: &assignment::Model, movement: MovementStub, target_number: String) -> Self {
        let id = match row.target_type {
            TargetType::Order => row.order_id.map(|id| id.to_string()),
            TargetType::Invoice => row.invoice_id.map(|id| id.to_string()),
            TargetType::Refund => row.refund_id.map(|id| id.to_string()),
        };
        Self {
            id: row.id,
            movement,
            target: TargetView { kind: row.target_type, id: id.unwrap_or_default(), number: target_number },
            amount: row.amount().into(),
            origin: row.origin,
            version: row.version,
            created_at: row.created_at,
            undone_at: row.undone_at,
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAssignment {
    #[schema(value_type = MovementId)]
    pub movement_id: String,
    pub target: TargetInput,
    /// The smaller of what is open on either side when absent. An explicit amount is limited by the movement only: the
    /// document may become overpaid.
    pub amount: Option<MoneyInput>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetInput {
    #[serde(rename = "type")]
    pub kind: ChosenTarget,
    #[schema(value_type = TargetId)]
    pub id: String,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAssignmentRun {
    /// All that is not fully assigned when absent.
    #[schema(value_type = Option<Vec<MovementId>>)]
    pub movement_ids: Option<Vec<String>>,
    /// Only says what it would do.
    #[serde(default)]
    pub dry_run: bool,
}

/// What became of one movement.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchResult {
    pub movement: MovementStub,
    pub outcome: MatchOutcome,
    pub reason: MatchReason,
    pub assignment_id: Option<AssignmentId>,
}

/// A run of the automatic assignment, with what became of the movements.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AssignmentRun)]
pub struct AssignmentRunView {
    #[serde(flatten)]
    pub run: AssignmentRunSummary,
    /// The first 200 results.
    pub results: Vec<MatchResult>,
}

/// A run of the automatic assignment, as the list shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AssignmentRunSummary {
    pub id: AssignmentRunId,
    pub status: RunStatus,
    pub dry_run: bool,
    pub progress: RunProgress,
    pub counts: MatchCounts,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<assignment_run::Model> for AssignmentRunSummary {
    fn from(row: assignment_run::Model) -> Self {
        let phase = if row.finished_at.is_some() { Phase::Done } else { Phase::Assigning };
        Self {
            id: row.id,
            status: row.status,
            dry_run: row.dry_run,
            progress: RunProgress { done: row.progress_done, total: row.progress_total, phase },
            counts: MatchCounts {
                assigned: row.assigned_count,
                ambiguous: row.ambiguous_count,
                no_match: row.no_match_count,
            },
            version: row.version,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunProgress {
    pub done: i64,
    pub total: Option<i64>,
    #[schema(example = "assigning")]
    pub phase: Phase,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MatchCounts {
    pub assigned: i64,
    pub ambiguous: i64,
    pub no_match: i64,
}
