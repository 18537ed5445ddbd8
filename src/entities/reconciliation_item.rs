//! Row of `reconciliation_item`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AccountId, FileId, RunId};
use crate::domain::run;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: RunId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    pub file_id: Option<FileId>,
    pub status: run::ItemStatus,
    pub dry_run: bool,
    pub strict: bool,
    pub phase: run::Phase,
    pub progress_done: i64,
    pub progress_total: Option<i64>,
    pub read_count: i64,
    pub created_count: i64,
    pub updated_count: i64,
    pub unchanged_count: i64,
    pub discarded_count: i64,
    pub hidden_count: i64,
    pub failed_count: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
