//! Row of `statement_file`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AccountId, FileId, UserId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "statement_file")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FileId,
    pub account_id: Option<AccountId>,
    pub sha256: String,
    pub filename: Option<String>,
    pub size_bytes: i64,
    pub complete: bool,
    pub created_by: UserId,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
