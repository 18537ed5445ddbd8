//! Row of `assignment_run_result`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AssignmentId, AssignmentRunId, MovementId};
use crate::domain::matching;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment_run_result")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: AssignmentRunId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub movement_id: MovementId,
    pub outcome: matching::MatchOutcome,
    pub reason: matching::MatchReason,
    pub assignment_id: Option<AssignmentId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
