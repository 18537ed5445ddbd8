//! Row of `refund_attempt`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AttemptId, RefundId, UserId};
use crate::domain::money::Currency;
use crate::domain::refund;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refund_attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttemptId,
    pub refund_id: RefundId,
    pub number: i32,
    pub provider_key: String,
    pub state: refund::AttemptState,
    pub amount_minor: i64,
    pub currency: Currency,
    pub submissions: i32,
    pub provider_reference: Option<String>,
    pub error_code: Option<String>,
    pub error_detail: Option<String>,
    pub error_provider_code: Option<String>,
    pub created_by: UserId,
    pub created_at: DateTimeUtc,
    pub first_submitted_at: Option<DateTimeUtc>,
    pub finished_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
