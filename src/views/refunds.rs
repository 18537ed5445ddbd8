//! Refunds and their attempts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::assignments::MovementStub;
use super::money::{MoneyInput, MoneyView};
use super::movements::AccountStub;
use crate::domain::account::ProviderKind;
use crate::domain::approval::ApprovalState;
use crate::domain::id::{AttemptId, MovementId, OriginId, RefundId, UserId};
use crate::domain::movement::Colour;
use crate::domain::refund::{AttemptState, RefundMethod, RefundOrigin, RefundStatus};
use crate::entities::{refund, refund_attempt};

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundOriginView {
    #[serde(rename = "type")]
    pub kind: RefundOrigin,
    /// Correction, order or movement.
    #[schema(value_type = OriginId)]
    pub id: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Recipient {
    #[schema(example = "Erika Muster")]
    pub name: Option<String>,
    pub iban: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Approval {
    pub state: ApprovalState,
    /// The policy when the refund was created: `always`, `above:<amount>` or `off`.
    #[schema(example = "above:1000.00")]
    pub four_eyes: String,
    pub by: Option<UserId>,
    pub at: Option<DateTime<Utc>>,
    pub reason: Option<String>,
}

/// Why the provider refused the last attempt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LastError {
    #[schema(example = "insufficient_funds")]
    pub code: String,
    pub detail: Option<String>,
    /// As the provider wrote it.
    pub provider_code: Option<String>,
}

/// A voucher, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VoucherStub {
    pub id: String,
    pub number: String,
}

/// One attempt to send. A retry, a restart or an unknown outcome stays within one attempt and its key.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RefundAttempt)]
pub struct AttemptView {
    pub id: AttemptId,
    pub number: i32,
    /// The key under which the provider knows the payout.
    #[schema(example = "0123456789abcdef0123456789abcdef")]
    pub provider_key: String,
    pub state: AttemptState,
    pub submissions: i32,
    pub provider_reference: Option<String>,
    pub error: Option<LastError>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

crate::codes! {
    /// How far sending is.
    pub enum SendPhase {
        Idle = "idle",
        Sending = "sending",
        AskingProvider = "asking_provider",
        Settled = "settled",
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SendProgress {
    pub phase: SendPhase,
    #[schema(example = "handed to the provider")]
    pub message: String,
}

/// Money back to the customer by the way it came.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundView {
    pub id: RefundId,
    #[schema(example = "ER-2026-00001")]
    pub number: String,
    pub origin: RefundOriginView,
    pub amount: MoneyView,
    pub status: RefundStatus,
    pub colour: Colour,
    pub method: RefundMethod,
    pub provider: ProviderKind,
    pub account: AccountStub,
    /// The incoming movement that is paid back.
    pub movement: MovementStub,
    pub recipient: Recipient,
    pub purpose: Option<String>,
    pub internal_comment: Option<String>,
    /// The voucher of a refund by voucher; this version pays back by the original way only, so it is null.
    pub voucher: Option<VoucherStub>,
    pub approval: Approval,
    pub last_error: Option<LastError>,
    pub provider_reference: Option<String>,
    /// The provider did not tell what became of it. The amount stays reserved; a resolver asks by key.
    pub outcome_unknown: bool,
    pub progress: SendProgress,
    pub attempts: Vec<AttemptView>,
    /// The provider's own outgoing movement, once imported.
    pub confirming_movement_id: Option<MovementId>,
    pub created_by: UserId,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// A refund, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundStub {
    pub id: RefundId,
    #[schema(example = "ER-2026-00001")]
    pub number: String,
}

/// What a refund's view needs besides its row.
pub struct RefundParts {
    pub account: AccountStub,
    pub provider: ProviderKind,
    pub movement: MovementStub,
    pub attempts: Vec<refund_attempt::Model>,
}

impl RefundView {
    pub fn of(row: &refund::Model, parts: RefundParts) -> Self {
        let origin_id = match row.origin {
            RefundOrigin::InvoiceCorrection => row.correction_id.map(|id| id.to_string()),
            RefundOrigin::OrderCancellation | RefundOrigin::CancelledOrder => row.order_id.map(|id| id.to_string()),
            RefundOrigin::RemainingAmount => Some(row.movement_id.to_string()),
        };
        Self {
            id: row.id,
            number: row.number.clone(),
            origin: RefundOriginView { kind: row.origin, id: origin_id.unwrap_or_default() },
            amount: row.amount().into(),
            status: row.status,
            colour: row.status.colour(),
            method: row.method,
            provider: parts.provider,
            account: parts.account,
            movement: parts.movement,
            recipient: Recipient { name: row.recipient_name.clone(), iban: row.recipient_iban.clone() },
            purpose: row.purpose.clone(),
            internal_comment: row.internal_comment.clone(),
            voucher: None,
            approval: Approval {
                state: row.approval_state,
                four_eyes: row.four_eyes.clone(),
                by: row.approval_by,
                at: row.approval_at,
                reason: row.approval_reason.clone(),
            },
            last_error: row.last_error_code.clone().map(|code| LastError {
                code,
                detail: row.last_error_detail.clone(),
                provider_code: row.last_error_provider_code.clone(),
            }),
            provider_reference: row.provider_reference.clone(),
            outcome_unknown: row.outcome_unknown,
            progress: progress(row),
            attempts: parts.attempts.iter().map(attempt).collect(),
            confirming_movement_id: row.confirming_movement_id,
            created_by: row.created_by,
            version: row.version,
            created_at: row.created_at,
            sent_at: row.sent_at,
            confirmed_at: row.confirmed_at,
        }
    }
}

fn attempt(row: &refund_attempt::Model) -> AttemptView {
    AttemptView {
        id: row.id,
        number: row.number,
        provider_key: row.provider_key.clone(),
        state: row.state,
        submissions: row.submissions,
        provider_reference: row.provider_reference.clone(),
        error: row.error_code.clone().map(|code| LastError {
            code,
            detail: row.error_detail.clone(),
            provider_code: row.error_provider_code.clone(),
        }),
        created_at: row.created_at,
        finished_at: row.finished_at,
    }
}

fn progress(row: &refund::Model) -> SendProgress {
    let (phase, message) = match (row.status, row.outcome_unknown) {
        (RefundStatus::NotSent | RefundStatus::AwaitingApproval, _) => (SendPhase::Idle, "not sent yet"),
        (RefundStatus::Sending, false) => (SendPhase::Sending, "being handed to the provider"),
        (RefundStatus::Sending, true) => {
            (SendPhase::AskingProvider, "the provider did not answer; it is being asked what became of it")
        }
        (RefundStatus::Sent, _) => (SendPhase::Settled, "accepted by the provider"),
        (RefundStatus::Confirmed, _) => (SendPhase::Settled, "seen on the account"),
        (RefundStatus::Failed, _) => (SendPhase::Settled, "refused by the provider"),
    };
    SendProgress { phase, message: message.to_owned() }
}

/// One refund per source movement.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Refunds {
    pub refunds: Vec<RefundView>,
}

crate::codes! {
    /// Origins a client may name; `order_cancellation` comes from cancelling with a refund.
    pub enum ChosenOrigin {
        InvoiceCorrection = "invoice_correction",
        CancelledOrder = "cancelled_order",
        RemainingAmount = "remaining_amount",
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OriginInput {
    #[serde(rename = "type")]
    pub kind: ChosenOrigin,
    /// The correction, the order, or for `remaining_amount` the movement.
    #[schema(value_type = OriginId)]
    pub id: String,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRefund {
    pub origin: OriginInput,
    pub method: Option<RefundMethod>,
    /// All that can be paid back when absent.
    pub amount: Option<MoneyInput>,
    /// What the caller believes can be paid back; refused with `refundable_amount_changed` when it is not so.
    pub expected_amount: Option<MoneyInput>,
    /// Pay back this incoming movement only.
    #[schema(value_type = Option<MovementId>)]
    pub movement_id: Option<String>,
    #[schema(example = "Erstattung RE-2026-00001")]
    pub purpose: Option<String>,
    pub internal_comment: Option<String>,
}

/// JSON merge patch: absent keeps, null clears. After sending only `internal_comment` may change.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundPatch {
    #[serde(default, deserialize_with = "super::given")]
    #[schema(value_type = MoneyInput)]
    pub amount: Option<MoneyInput>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>)]
    pub purpose: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>)]
    pub internal_comment: Option<Option<String>>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendRefund {
    /// Accepted for accounts whose provider asks for credentials; no provider of this version does. Neither kept nor
    /// logged.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub credentials: Option<BTreeMap<String, IgnoredAny>>,
    /// Accepted for accounts that need credentials; no provider of this version does.
    #[serde(default)]
    #[schema(example = false)]
    pub use_stored_credentials: Option<bool>,
    /// Send again although the outcome of the last try is unknown; the provider key stays the same.
    #[serde(default)]
    pub acknowledge_duplicate_risk: bool,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectRefund {
    #[schema(example = "Wrong amount")]
    pub reason: String,
}
