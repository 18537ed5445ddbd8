//! Row of `installation`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "installation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub singleton: i32,
    pub purpose: crate::domain::installation::Purpose,
    pub created_at: DateTimeUtc,
    pub licence_token: Option<String>,
    pub licence_installed_at: Option<DateTimeUtc>,
    pub trial_started_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
