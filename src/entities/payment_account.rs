//! Row of `payment_account`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::account;
use crate::domain::id::AccountId;
use crate::domain::money::Currency;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    pub name: String,
    pub provider: account::ProviderKind,
    pub iban: Option<String>,
    pub currency: Currency,
    pub can_receive: bool,
    pub can_send: bool,
    pub cutoff_date: Option<Date>,
    pub hidden: bool,
    /// Locked while there is a reason.
    pub auto_import_locked_reason: Option<account::LockReason>,
    pub feed_cursor: i64,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
