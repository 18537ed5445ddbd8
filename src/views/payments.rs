//! Payments booked on documents.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::assignments::TargetInput;
use super::day::Day;
use super::documents::{InvoiceStub, OrderStub};
use super::money::{MoneyInput, MoneyView};
use crate::domain::balance::PaymentMethod;
use crate::domain::id::{AssignmentId, PaymentId, RefundId};
use crate::entities::payment;

/// Money counted on an order or invoice; a payout is negative.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentView {
    pub id: PaymentId,
    pub order: OrderStub,
    pub invoice: Option<InvoiceStub>,
    pub amount: MoneyView,
    /// What of it can still be paid back by the way it came.
    pub refundable_amount: MoneyView,
    pub method: PaymentMethod,
    pub assignment_id: Option<AssignmentId>,
    pub refund_id: Option<RefundId>,
    pub date: NaiveDate,
    pub note: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub reversed_at: Option<DateTime<Utc>>,
}

impl PaymentView {
    pub fn of(row: &payment::Model, order: OrderStub, invoice: Option<InvoiceStub>) -> Self {
        Self {
            id: row.id,
            order,
            invoice,
            amount: row.amount().into(),
            refundable_amount: row.refundable().into(),
            method: row.method,
            assignment_id: row.assignment_id,
            refund_id: row.refund_id,
            date: row.payment_date,
            note: row.note.clone(),
            version: row.version,
            created_at: row.created_at,
            reversed_at: row.reversed_at,
        }
    }
}

crate::codes! {
    /// Methods a person can key in.
    pub enum KeyedMethod {
        Cash = "cash",
        Ec = "ec",
        BankTransfer = "bank_transfer",
        Other = "other",
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePayment {
    pub target: TargetInput,
    pub amount: MoneyInput,
    pub method: KeyedMethod,
    /// Today when absent.
    pub date: Option<Day>,
    pub note: Option<String>,
}
