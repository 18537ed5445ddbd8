//! Row of `assignment_run`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AssignmentRunId, UserId};
use crate::domain::run;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentRunId,
    pub status: run::RunStatus,
    pub dry_run: bool,
    pub movement_ids: Option<String>,
    pub progress_done: i64,
    pub progress_total: Option<i64>,
    pub assigned_count: i64,
    pub ambiguous_count: i64,
    pub no_match_count: i64,
    pub created_by: UserId,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
