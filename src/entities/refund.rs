//! Row of `refund`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AccountId, CorrectionId, CustomerId, MovementId, OrderId, PaymentId, RefundId, UserId};
use crate::domain::money::Currency;
use crate::domain::{approval, refund};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refund")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    pub number: String,
    pub origin: refund::RefundOrigin,
    pub correction_id: Option<CorrectionId>,
    pub order_id: Option<OrderId>,
    pub movement_id: MovementId,
    pub payment_id: Option<PaymentId>,
    pub customer_id: Option<CustomerId>,
    pub account_id: AccountId,
    pub method: refund::RefundMethod,
    pub amount_minor: i64,
    pub currency: Currency,
    pub status: refund::RefundStatus,
    pub recipient_name: Option<String>,
    pub recipient_iban: Option<String>,
    pub purpose: Option<String>,
    pub internal_comment: Option<String>,
    pub four_eyes: String,
    pub approval_state: approval::ApprovalState,
    pub approval_reason: Option<String>,
    pub approval_by: Option<UserId>,
    pub approval_at: Option<DateTimeUtc>,
    pub created_by: UserId,
    pub final_refusals: i32,
    pub outcome_unknown: bool,
    pub provider_reference: Option<String>,
    pub last_error_code: Option<String>,
    pub last_error_detail: Option<String>,
    pub last_error_provider_code: Option<String>,
    pub confirming_movement_id: Option<MovementId>,
    pub deleted_at: Option<DateTimeUtc>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub sent_at: Option<DateTimeUtc>,
    pub confirmed_at: Option<DateTimeUtc>,
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
