//! Row of `invoice_correction`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::correction;
use crate::domain::id::{CorrectionId, CustomerId, InvoiceId, OrderId, UserId};
use crate::domain::money::Currency;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_correction")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CorrectionId,
    pub number: Option<String>,
    pub invoice_id: InvoiceId,
    pub order_id: OrderId,
    pub customer_id: CustomerId,
    pub status: correction::CorrectionStatus,
    pub currency: Currency,
    pub correction_date: Date,
    pub note: Option<String>,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    pub refundable_minor: i64,
    pub sent_minor: i64,
    pub payment_disposition: Option<correction::PaymentDisposition>,
    pub acknowledged_by: Option<UserId>,
    pub acknowledged_at: Option<DateTimeUtc>,
    pub created_by: UserId,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub formalised_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
