//! Row of `statement_profile`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AccountId, StatementProfileId, UserId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "statement_profile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StatementProfileId,
    pub account_id: Option<AccountId>,
    pub name: String,
    /// `importers::csv::Rules` as JSON.
    pub rules: String,
    pub version: i64,
    pub created_by: UserId,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
