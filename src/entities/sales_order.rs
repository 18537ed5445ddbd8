//! Row of `sales_order`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{CustomerId, OrderId};
use crate::domain::money::Currency;
use crate::domain::{balance, document};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sales_order")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    pub number: String,
    pub external_number: Option<String>,
    pub customer_id: CustomerId,
    pub status: balance::OrderStatus,
    pub currency: Currency,
    pub price_basis: document::PriceBasis,
    pub order_date: Date,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    pub corrected_minor: i64,
    pub paid_minor: i64,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
