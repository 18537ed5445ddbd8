//! Row of `invoice`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::document;
use crate::domain::id::{CustomerId, InvoiceId, OrderId};
use crate::domain::money::Currency;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceId,
    pub number: String,
    pub order_id: OrderId,
    pub customer_id: CustomerId,
    pub currency: Currency,
    pub price_basis: document::PriceBasis,
    pub invoice_date: Date,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    pub corrected_minor: i64,
    pub paid_minor: i64,
    pub cancelled_at: Option<DateTimeUtc>,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
