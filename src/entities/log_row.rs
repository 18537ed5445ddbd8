//! Row of `log_row`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AccountId, LogRowId, RunId, UserId};
use crate::domain::run;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "log_row")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LogRowId,
    pub run_id: Option<RunId>,
    pub account_id: Option<AccountId>,
    pub level: run::LogLevel,
    pub code: String,
    pub message_de: String,
    pub message_en: String,
    pub line: Option<i64>,
    pub field: Option<String>,
    pub file: Option<String>,
    pub actor_id: Option<UserId>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
