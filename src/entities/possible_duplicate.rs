//! Row of `possible_duplicate`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::duplicate::{DuplicateDecision, DuplicateReason};
use crate::domain::id::{AccountId, MovementId, RunId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "possible_duplicate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub movement_id: MovementId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub other_id: MovementId,
    pub account_id: AccountId,
    pub run_id: RunId,
    pub reason: DuplicateReason,
    pub found_at: DateTimeUtc,
    pub decision: Option<DuplicateDecision>,
    pub decided_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
