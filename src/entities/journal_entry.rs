//! Row of `journal_entry`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{CustomerId, JournalEntryId, UserId};
use crate::domain::ledger;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "journal_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JournalEntryId,
    pub kind: ledger::EntryKind,
    pub entry_date: Date,
    pub subject_type: String,
    pub subject_id: Uuid,
    pub customer_id: Option<CustomerId>,
    pub reverses_id: Option<JournalEntryId>,
    pub created_by: Option<UserId>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
