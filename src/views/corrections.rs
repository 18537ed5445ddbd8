//! Invoice corrections.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::day::Day;
use super::documents::{CustomerStub, InvoiceStub, OrderStub, TotalsView};
use super::money::{CurrencyCode, MoneyView};
use crate::domain::correction::{self, Acknowledgement, CorrectionStatus, PaymentDisposition, Settlement};
use crate::domain::document::{Quantity, TaxRate};
use crate::domain::id::{CorrectionId, CorrectionLineId, InvoiceId, InvoiceLineId};
use crate::domain::money::{Currency, Money};
use crate::entities::{invoice_correction, invoice_correction_line};

crate::codes! {
    pub enum CorrectionKind {
        Correction = "correction",
    }
    /// How a formalised correction is listed among a customer's invoices.
    pub enum StatusLabel {
        Credit = "credit",
        Draft = "draft",
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CorrectionLine)]
pub struct CorrectionLineView {
    pub id: CorrectionLineId,
    pub invoice_line_id: InvoiceLineId,
    pub position: i32,
    pub description: String,
    #[schema(example = "1")]
    pub quantity: String,
    pub unit_price: MoneyView,
    #[schema(example = "19")]
    pub tax_rate: String,
    #[serde(flatten)]
    pub totals: TotalsView,
}

impl CorrectionLineView {
    fn of(row: &invoice_correction_line::Model, currency: Currency) -> Self {
        Self {
            id: row.id,
            invoice_line_id: row.invoice_line_id,
            position: row.position,
            description: row.description.clone(),
            quantity: Quantity(row.quantity_micros).to_decimal().to_string(),
            unit_price: Money::new(row.unit_price_minor, currency).into(),
            tax_rate: TaxRate(row.tax_rate_ppm).to_percent().to_string(),
            totals: row.totals(currency).into(),
        }
    }
}

/// A document that takes back a part or all of an invoice. A draft moves no money; a formalised one never changes.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = InvoiceCorrection)]
pub struct CorrectionView {
    pub id: CorrectionId,
    /// Null in a draft: the number is taken when formalising.
    #[schema(example = "RK-2026-00001")]
    pub number: Option<String>,
    pub kind: CorrectionKind,
    pub status: CorrectionStatus,
    pub status_label: StatusLabel,
    pub settlement: Settlement,
    pub is_closed: bool,
    pub invoice: InvoiceStub,
    pub order: OrderStub,
    pub customer: CustomerStub,
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
    pub date: NaiveDate,
    pub note: Option<String>,
    /// Positive: what is taken back.
    #[serde(flatten)]
    pub totals: TotalsView,
    /// What of it has no refund yet.
    pub refundable_amount: MoneyView,
    #[schema(value_type = Option<String>, example = "keep_for_refund")]
    pub payment_disposition: Option<PaymentDisposition>,
    pub lines: Vec<CorrectionLineView>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub formalised_at: Option<DateTime<Utc>>,
}

/// What a correction's view needs besides its row.
pub struct CorrectionParts {
    pub invoice: InvoiceStub,
    pub order: OrderStub,
    pub customer: CustomerStub,
    pub lines: Vec<invoice_correction_line::Model>,
}

impl CorrectionView {
    pub fn of(row: &invoice_correction::Model, parts: CorrectionParts) -> Self {
        let totals = row.totals();
        let (settlement, status_label) = match row.status {
            CorrectionStatus::Draft => (Settlement::Open, StatusLabel::Draft),
            CorrectionStatus::Formalised | CorrectionStatus::Cancelled => {
                (correction::settlement(totals.gross, row.refundable(), row.sent()), StatusLabel::Credit)
            }
        };
        Self {
            id: row.id,
            number: row.number.clone(),
            kind: CorrectionKind::Correction,
            status: row.status,
            status_label,
            settlement,
            is_closed: settlement == Settlement::Settled,
            invoice: parts.invoice,
            order: parts.order,
            customer: parts.customer,
            currency: row.currency.code().to_owned(),
            date: row.correction_date,
            note: row.note.clone(),
            totals: totals.into(),
            refundable_amount: row.refundable().into(),
            payment_disposition: row.payment_disposition,
            lines: parts.lines.iter().map(|line| CorrectionLineView::of(line, row.currency)).collect(),
            version: row.version,
            created_at: row.created_at,
            formalised_at: row.formalised_at,
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCorrection {
    #[schema(value_type = InvoiceId)]
    pub invoice_id: String,
    /// All that is left to correct when absent.
    pub lines: Option<Vec<CreateCorrectionLine>>,
    /// Today when absent.
    pub date: Option<Day>,
    pub note: Option<String>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCorrectionLine {
    #[schema(value_type = InvoiceLineId)]
    pub invoice_line_id: String,
    /// All that is left of the line when absent.
    #[schema(example = "1", pattern = r"^(0|[1-9][0-9]*)(\.[0-9]{1,6})?$", max_length = 20)]
    pub quantity: Option<String>,
}

/// JSON merge patch of a draft: absent keeps, null clears.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionPatch {
    pub date: Option<Day>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>)]
    pub note: Option<Option<String>>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Formalise {
    /// Both warnings have to be acknowledged.
    #[serde(default)]
    pub acknowledged: Vec<Acknowledgement>,
    /// What happens to the payment.
    pub payment_disposition: Option<PaymentDisposition>,
}
