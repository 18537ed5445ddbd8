//! Row of `customer`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::CustomerId;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "customer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerId,
    pub number: String,
    pub external_number: Option<String>,
    pub name: String,
    pub name_fold: String,
    pub email: Option<String>,
    pub address: Option<String>,
    pub iban: Option<String>,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
