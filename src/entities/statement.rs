//! Row of `statement`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AccountId, FileId, RunId, StatementId};
use crate::domain::money::Currency;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "statement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StatementId,
    pub account_id: AccountId,
    pub run_id: RunId,
    pub file_id: FileId,
    pub file_part: Option<String>,
    pub ordinal: i64,
    pub source_line: i64,
    pub bank_number: Option<String>,
    pub currency: Currency,
    pub first_date: Date,
    pub last_date: Date,
    pub opening_minor: Option<i64>,
    pub closing_minor: Option<i64>,
    pub sum_minor: i64,
    pub lines: i64,
    pub created_at: DateTimeUtc,
    pub gap_minor: Option<i64>,
    pub sum_is_told: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
