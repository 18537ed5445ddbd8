//! Row of `reconciliation_run`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{RunId, UserId};
use crate::domain::run;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RunId,
    pub status: run::RunStatus,
    pub created_by: UserId,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
