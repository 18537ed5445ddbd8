//! Row of `ledger_account`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::ledger;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    pub role: Option<ledger::AccountRole>,
    pub account_type: ledger::AccountType,
    pub name_de: String,
    pub name_en: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
