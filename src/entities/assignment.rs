//! Row of `assignment`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::assignment;
use crate::domain::id::{AssignmentId, InvoiceId, MovementId, OrderId, RefundId, UserId};
use crate::domain::money::Currency;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentId,
    pub movement_id: MovementId,
    pub target_type: assignment::TargetType,
    pub order_id: Option<OrderId>,
    pub invoice_id: Option<InvoiceId>,
    pub refund_id: Option<RefundId>,
    pub amount_minor: i64,
    pub currency: Currency,
    pub origin: assignment::AssignmentOrigin,
    pub created_by: Option<UserId>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub undone_at: Option<DateTimeUtc>,
    pub undone_by: Option<UserId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
