//! Row of `journal_posting`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::JournalEntryId;
use crate::domain::money::Currency;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "journal_posting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: JournalEntryId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub debit_account: String,
    pub credit_account: String,
    pub amount_minor: i64,
    pub currency: Currency,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
