//! Row of `cancellation`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{CancellationId, OrderId, UserId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cancellation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CancellationId,
    pub order_id: OrderId,
    pub reason: String,
    pub comment: Option<String>,
    pub with_refund: bool,
    pub created_by: UserId,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
