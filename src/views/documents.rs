//! Orders and invoices: lines, totals, balances.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::day::Day;
use super::money::{CurrencyCode, MoneyInput, MoneyView};
use crate::domain::balance::{Balance, InvoiceStatus, OrderStatus, PaymentStatus};
use crate::domain::document::{PriceBasis, Quantity, TaxRate, Totals};
use crate::domain::id::{CorrectionId, CustomerId, InvoiceId, InvoiceLineId, OrderId, OrderLineId};
use crate::domain::money::{Currency, Money};
use crate::entities::{invoice, invoice_line, sales_order, sales_order_line};
use crate::error::Error;

/// A customer, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerStub {
    pub id: CustomerId,
    #[schema(example = "KD-2026-00001")]
    pub number: String,
}

/// An order, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderStub {
    pub id: OrderId,
    #[schema(example = "AU-2026-00001")]
    pub number: String,
}

/// An invoice, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvoiceStub {
    pub id: InvoiceId,
    #[schema(example = "RE-2026-00001")]
    pub number: String,
}

/// An invoice correction, in short; a draft has no number.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CorrectionStub {
    pub id: CorrectionId,
    #[schema(example = "RK-2026-00001")]
    pub number: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TotalsView {
    pub net: MoneyView,
    pub tax: MoneyView,
    pub gross: MoneyView,
}

impl From<Totals> for TotalsView {
    fn from(totals: Totals) -> Self {
        Self { net: totals.net.into(), tax: totals.tax.into(), gross: totals.gross.into() }
    }
}

/// What is owed: `due = gross − corrected` (a cancelled document's gross counts 0), `open = due − paid`. Payouts count
/// as negative payments. A negative `open` says what the merchant owes; nothing is clipped.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Balance)]
pub struct BalanceView {
    pub gross: MoneyView,
    pub corrected: MoneyView,
    pub due: MoneyView,
    pub paid: MoneyView,
    pub open: MoneyView,
    pub overpaid: MoneyView,
    pub payment_status: PaymentStatus,
}

impl From<Balance> for BalanceView {
    fn from(balance: Balance) -> Self {
        Self {
            gross: balance.gross.into(),
            corrected: balance.corrected.into(),
            due: balance.due.into(),
            paid: balance.paid.into(),
            open: balance.open.into(),
            overpaid: balance.overpaid.into(),
            payment_status: balance.payment_status(),
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderLine)]
pub struct OrderLineView {
    pub id: OrderLineId,
    pub position: i32,
    pub sku: Option<String>,
    pub description: String,
    /// Decimal string.
    #[schema(example = "2")]
    pub quantity: String,
    pub unit_price: MoneyView,
    /// Percent, as a decimal string.
    #[schema(example = "19")]
    pub tax_rate: String,
    #[serde(flatten)]
    pub totals: TotalsView,
}

impl OrderLineView {
    pub fn of(row: &sales_order_line::Model, currency: Currency) -> Self {
        Self {
            id: row.id,
            position: row.position,
            sku: row.sku.clone(),
            description: row.description.clone(),
            quantity: Quantity(row.quantity_micros).to_decimal().to_string(),
            unit_price: Money::new(row.unit_price_minor, currency).into(),
            tax_rate: TaxRate(row.tax_rate_ppm).to_percent().to_string(),
            totals: row.totals(currency).into(),
        }
    }
}

crate::codes! {
    pub enum OrderKind {
        Order = "order",
    }
    pub enum InvoiceKind {
        Invoice = "invoice",
    }
}

/// A sales order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderView {
    pub id: OrderId,
    #[schema(example = "AU-2026-00001")]
    pub number: String,
    pub external_number: Option<String>,
    pub kind: OrderKind,
    pub customer: CustomerStub,
    pub status: OrderStatus,
    pub payment_status: PaymentStatus,
    pub is_overpaid: bool,
    pub overpaid_amount: MoneyView,
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
    pub prices_include_tax: bool,
    pub order_date: NaiveDate,
    #[serde(flatten)]
    pub totals: TotalsView,
    pub paid_amount: MoneyView,
    pub open_amount: MoneyView,
    pub lines: Vec<OrderLineView>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

impl OrderView {
    pub fn of(
        row: &sales_order::Model,
        customer: CustomerStub,
        lines: &[sales_order_line::Model],
    ) -> Result<Self, Error> {
        let balance = row.balance()?;
        Ok(Self {
            id: row.id,
            number: row.number.clone(),
            external_number: row.external_number.clone(),
            kind: OrderKind::Order,
            customer,
            status: row.status,
            payment_status: balance.payment_status(),
            is_overpaid: balance.overpaid.is_positive(),
            overpaid_amount: balance.overpaid.into(),
            currency: row.currency.code().to_owned(),
            prices_include_tax: row.price_basis == PriceBasis::Gross,
            order_date: row.order_date,
            totals: row.totals().into(),
            paid_amount: balance.paid.into(),
            open_amount: balance.open.into(),
            lines: lines.iter().map(|line| OrderLineView::of(line, row.currency)).collect(),
            version: row.version,
            created_at: row.created_at,
        })
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = InvoiceLine)]
pub struct InvoiceLineView {
    pub id: InvoiceLineId,
    pub order_line_id: OrderLineId,
    pub position: i32,
    pub sku: Option<String>,
    pub description: String,
    #[schema(example = "2")]
    pub quantity: String,
    /// What corrections can still take.
    #[schema(example = "2")]
    pub correctable_quantity: String,
    pub unit_price: MoneyView,
    #[schema(example = "19")]
    pub tax_rate: String,
    #[serde(flatten)]
    pub totals: TotalsView,
}

impl InvoiceLineView {
    pub fn of(row: &invoice_line::Model, currency: Currency) -> Self {
        Self {
            id: row.id,
            order_line_id: row.order_line_id,
            position: row.position,
            sku: row.sku.clone(),
            description: row.description.clone(),
            quantity: Quantity(row.quantity_micros).to_decimal().to_string(),
            correctable_quantity: Quantity(row.correctable_micros).to_decimal().to_string(),
            unit_price: Money::new(row.unit_price_minor, currency).into(),
            tax_rate: row.rate().to_percent().to_string(),
            totals: row.totals(currency).into(),
        }
    }
}

/// An invoice. `applied_amount` is what was paid on it, `balance_due` what is open, `to_be_refunded` what is overpaid.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Invoice)]
pub struct InvoiceView {
    pub id: InvoiceId,
    #[schema(example = "RE-2026-00001")]
    pub number: String,
    pub kind: InvoiceKind,
    pub order: OrderStub,
    pub customer: CustomerStub,
    pub status: InvoiceStatus,
    /// Nothing is open on either side.
    pub is_closed: bool,
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
    pub prices_include_tax: bool,
    pub invoice_date: NaiveDate,
    #[serde(flatten)]
    pub totals: TotalsView,
    pub corrected_amount: MoneyView,
    pub applied_amount: MoneyView,
    pub balance_due: MoneyView,
    pub to_be_refunded: MoneyView,
    pub lines: Vec<InvoiceLineView>,
    pub corrections: Vec<CorrectionStub>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

/// What an invoice's view needs besides its row.
pub struct InvoiceParts {
    pub order: OrderStub,
    pub customer: CustomerStub,
    pub lines: Vec<invoice_line::Model>,
    pub corrections: Vec<CorrectionStub>,
}

impl InvoiceView {
    pub fn of(row: &invoice::Model, parts: InvoiceParts) -> Result<Self, Error> {
        let balance = row.balance()?;
        Ok(Self {
            id: row.id,
            number: row.number.clone(),
            kind: InvoiceKind::Invoice,
            order: parts.order,
            customer: parts.customer,
            status: balance.invoice_status(row.lifecycle()),
            is_closed: balance.open.is_zero(),
            currency: row.currency.code().to_owned(),
            prices_include_tax: row.price_basis == PriceBasis::Gross,
            invoice_date: row.invoice_date,
            totals: row.totals().into(),
            corrected_amount: balance.corrected.into(),
            applied_amount: balance.paid.into(),
            balance_due: balance.open.into(),
            to_be_refunded: balance.overpaid.into(),
            lines: parts.lines.iter().map(|line| InvoiceLineView::of(line, row.currency)).collect(),
            corrections: parts.corrections,
            version: row.version,
            created_at: row.created_at,
        })
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOrder {
    #[schema(value_type = CustomerId)]
    pub customer_id: String,
    /// Unique number of the shop or partner.
    #[schema(example = "SHOP-4711")]
    pub external_number: Option<String>,
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
    /// Whether `unit_price` holds the tax already.
    pub prices_include_tax: bool,
    /// Today when absent.
    pub order_date: Option<Day>,
    pub lines: Vec<CreateOrderLine>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOrderLine {
    #[schema(example = "BIKE-7")]
    pub sku: Option<String>,
    #[schema(example = "City bike")]
    pub description: String,
    /// Decimal string, above zero, at most six decimals.
    #[schema(example = "1", pattern = r"^(0|[1-9][0-9]*)(\.[0-9]{1,6})?$", max_length = 20)]
    pub quantity: String,
    pub unit_price: MoneyInput,
    /// Percent, decimal string, 0 to 100, at most four decimals.
    #[schema(example = "19", pattern = r"^(0|[1-9][0-9]{0,2})(\.[0-9]{1,4})?$", max_length = 8)]
    pub tax_rate: String,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvoice {
    #[schema(value_type = OrderId)]
    pub order_id: String,
    /// Today when absent.
    pub invoice_date: Option<Day>,
}
