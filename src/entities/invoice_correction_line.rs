//! Row of `invoice_correction_line`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{CorrectionId, CorrectionLineId, InvoiceLineId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_correction_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CorrectionLineId,
    pub correction_id: CorrectionId,
    pub invoice_line_id: InvoiceLineId,
    pub position: i32,
    pub description: String,
    pub quantity_micros: i64,
    pub unit_price_minor: i64,
    pub tax_rate_ppm: i64,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
