//! Row of `payment`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::balance;
use crate::domain::id::{
    AssignmentId, CorrectionId, CustomerId, InvoiceId, MovementId, OrderId, PaymentId, RefundId, UserId,
};
use crate::domain::money::Currency;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    pub order_id: OrderId,
    pub invoice_id: Option<InvoiceId>,
    pub correction_id: Option<CorrectionId>,
    pub customer_id: CustomerId,
    pub amount_minor: i64,
    pub refundable_minor: i64,
    pub currency: Currency,
    pub method: balance::PaymentMethod,
    pub movement_id: Option<MovementId>,
    pub assignment_id: Option<AssignmentId>,
    pub refund_id: Option<RefundId>,
    pub payment_date: Date,
    pub note: Option<String>,
    pub created_by: Option<UserId>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub reversed_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
