//! Cancellations of orders and their reasons.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::OrderStub;
use super::refunds::{RefundStub, RefundView};
use crate::domain::id::{CancellationId, OrderId};

crate::codes! {
    /// What the clerk should know after cancelling.
    pub enum Warning {
        PaidOrderNotRefunded = "paid_order_not_refunded",
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CancellationReason)]
pub struct ReasonView {
    #[schema(example = "customer_request")]
    pub code: String,
    #[schema(example = "Kundenwunsch")]
    pub label_de: String,
    #[schema(example = "Customer request")]
    pub label_en: String,
    pub comment_required: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reasons {
    pub items: Vec<ReasonView>,
    /// Null: all reasons stand on one page.
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

/// A cancelled order. Its refunds are shown whole only to whoever may read refunds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Cancellation)]
pub struct CancellationView {
    pub id: CancellationId,
    pub order: OrderStub,
    #[schema(example = "customer_request")]
    pub reason: String,
    pub comment: Option<String>,
    pub with_refund: bool,
    pub refunds: Vec<RefundStub>,
    pub warnings: Vec<Warning>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

/// A cancellation as it answers the request that made it: with its refunds as a whole.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreatedCancellation {
    pub id: CancellationId,
    pub order: OrderStub,
    #[schema(example = "customer_request")]
    pub reason: String,
    pub comment: Option<String>,
    pub with_refund: bool,
    pub refunds: Vec<RefundView>,
    pub warnings: Vec<Warning>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

impl CreatedCancellation {
    pub fn of(view: CancellationView, refunds: Vec<RefundView>) -> Self {
        let CancellationView { id, order, reason, comment, with_refund, refunds: _, warnings, version, created_at } =
            view;
        Self { id, order, reason, comment, with_refund, refunds, warnings, version, created_at }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCancellation {
    #[schema(value_type = OrderId)]
    pub order_id: String,
    /// Code of a reason; `other` needs a comment.
    #[schema(example = "customer_request")]
    pub reason: String,
    pub comment: Option<String>,
    /// Generate a refund for every assigned movement in the same transaction.
    #[serde(default)]
    pub with_refund: bool,
}
