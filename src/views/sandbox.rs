//! Steering the provider `sandbox`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::money::{MoneyInput, MoneyView};
use crate::domain::id::SandboxPaymentId;
use crate::services::sandbox::{Behaviour, Mode, PaymentState, Payout, SandboxPayment};

/// A payment that was put into the sandbox; the next reconciliation run fetches it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SandboxPayment)]
pub struct SandboxPaymentView {
    pub id: SandboxPaymentId,
    /// The transaction id the movement will carry.
    #[schema(value_type = SandboxPaymentId)]
    pub transaction_id: String,
    pub amount: MoneyView,
    pub status: PaymentState,
}

impl From<SandboxPayment> for SandboxPaymentView {
    fn from(payment: SandboxPayment) -> Self {
        Self {
            id: payment.id,
            transaction_id: payment.transaction_id,
            amount: payment.amount.into(),
            status: payment.state,
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SandboxCounterparty {
    #[schema(example = "Erika Muster")]
    pub name: String,
    #[schema(example = "DE89370400440532013000")]
    pub iban: Option<String>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSandboxPayment {
    /// Positive, in the account's currency.
    pub amount: MoneyInput,
    pub counterparty: SandboxCounterparty,
    #[schema(example = "AU-2026-00001")]
    pub purpose: String,
    /// `paid` unless told.
    pub status: Option<PaymentState>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SandboxPaymentPatch {
    pub status: PaymentState,
}

/// How the sandbox answers the next payouts, and whether it lets itself be fetched.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBehaviour {
    pub mode: Mode,
    /// Refusal code for `refuse`; `insufficient_funds` unless told. With `confirmation_required` and
    /// `credentials_invalid` the next fetch is refused too, which locks the account.
    #[schema(example = "insufficient_funds")]
    pub code: Option<String>,
    /// For `delay`, and for how long a time-out takes: 0 to 60000.
    #[schema(example = 200)]
    pub delay_ms: Option<u32>,
    /// For so many payouts and refused fetches; until told otherwise when absent.
    #[schema(example = 1)]
    pub times: Option<u32>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SandboxBehaviour)]
pub struct BehaviourView {
    pub mode: Mode,
    #[schema(example = "insufficient_funds")]
    pub code: Option<String>,
    #[schema(example = 0)]
    pub delay_ms: u32,
    #[schema(example = 1)]
    pub times: Option<u32>,
}

impl From<Behaviour> for BehaviourView {
    fn from(behaviour: Behaviour) -> Self {
        Self { mode: behaviour.mode, code: behaviour.code, delay_ms: behaviour.delay_ms, times: behaviour.times }
    }
}

/// Money that left the sandbox.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SandboxPayout)]
pub struct PayoutView {
    /// The provider's own reference.
    #[schema(example = "re_0123456789abcdef0123456789abcdef")]
    pub id: String,
    /// The provider key it was sent with.
    #[schema(example = "0123456789abcdef0123456789abcdef")]
    pub refund_key: String,
    /// Positive.
    pub amount: MoneyView,
    #[schema(example = "paid")]
    pub state: String,
}

impl From<Payout> for PayoutView {
    fn from(payout: Payout) -> Self {
        Self { id: payout.id, refund_key: payout.key, amount: payout.amount.into(), state: payout.state }
    }
}

/// Everything that ever left an account, oldest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SandboxPayouts)]
pub struct PayoutsView {
    pub items: Vec<PayoutView>,
}
