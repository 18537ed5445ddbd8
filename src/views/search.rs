//! What a search across everything answers.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::MoneyView;
use super::movements::MovementView;
use crate::domain::id::FoundId;
use crate::domain::money::Money;
use crate::entities::{account_movement, customer, invoice, invoice_correction, refund, sales_order};

crate::codes! {
    /// What can be found, in the order in which it is answered.
    pub enum SearchKind {
        Customer = "customer",
        Order = "order",
        Invoice = "invoice",
        InvoiceCorrection = "invoice_correction",
        Refund = "refund",
        AccountMovement = "account_movement",
    }
    /// What the words were found in.
    pub enum SearchMatch {
        Number = "number",
        Text = "text",
    }
}

/// Something that was found, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SearchHit {
    #[serde(rename = "type")]
    pub kind: SearchKind,
    #[schema(value_type = FoundId)]
    pub id: String,
    /// Its number; null for account movements and drafts.
    #[schema(example = "RE-2026-00001")]
    pub number: Option<String>,
    /// Whose it is: customer, sender or recipient.
    #[schema(example = "Erika Muster")]
    pub name: Option<String>,
    pub amount: Option<MoneyView>,
    pub date: Option<NaiveDate>,
    pub matched: SearchMatch,
    /// Where to read it.
    #[schema(example = "/v1/invoices/inv_01kapd3hzcf3sbvpdj0k4v8m2e")]
    pub path: String,
}

/// What was found, whole numbers first, then the newest of each kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SearchView {
    pub q: String,
    /// The kinds that were looked at: those the caller may read.
    pub searched: Vec<SearchKind>,
    pub items: Vec<SearchHit>,
}

impl SearchHit {
    fn new(kind: SearchKind, matched: SearchMatch, (id, collection): (String, &str)) -> Self {
        let path = format!("/v1/{collection}/{id}");
        Self { kind, id, number: None, name: None, amount: None, date: None, matched, path }
    }

    pub fn of_customer(row: customer::Model, matched: SearchMatch) -> Self {
        let hit = Self::new(SearchKind::Customer, matched, (row.id.to_string(), "customers"));
        Self { number: Some(row.number), name: Some(row.name), ..hit }
    }

    pub fn of_order(row: sales_order::Model, name: Option<String>, matched: SearchMatch) -> Self {
        let hit = Self::new(SearchKind::Order, matched, (row.id.to_string(), "orders"));
        let amount = Money::new(row.gross_minor, row.currency);
        Self { number: Some(row.number), name, amount: Some(amount.into()), date: Some(row.order_date), ..hit }
    }

    pub fn of_invoice(row: invoice::Model, name: Option<String>, matched: SearchMatch) -> Self {
        let hit = Self::new(SearchKind::Invoice, matched, (row.id.to_string(), "invoices"));
        let amount = Money::new(row.gross_minor, row.currency);
        Self { number: Some(row.number), name, amount: Some(amount.into()), date: Some(row.invoice_date), ..hit }
    }

    pub fn of_correction(row: invoice_correction::Model, matched: SearchMatch) -> Self {
        let hit = Self::new(SearchKind::InvoiceCorrection, matched, (row.id.to_string(), "invoice-corrections"));
        let amount = Money::new(row.gross_minor, row.currency);
        Self { number: row.number, amount: Some(amount.into()), date: Some(row.correction_date), ..hit }
    }

    pub fn of_refund(row: refund::Model, matched: SearchMatch) -> Self {
        let hit = Self::new(SearchKind::Refund, matched, (row.id.to_string(), "refunds"));
        let (amount, date) = (Money::new(row.amount_minor, row.currency), row.created_at.date_naive());
        Self {
            number: Some(row.number),
            name: row.recipient_name,
            amount: Some(amount.into()),
            date: Some(date),
            ..hit
        }
    }

    pub fn of_movement(row: account_movement::Model) -> Self {
        let hit =
            Self::new(SearchKind::AccountMovement, SearchMatch::Number, (row.id.to_string(), "account-movements"));
        let amount = Money::new(row.amount_minor, row.currency);
        Self { name: row.counterparty_name, amount: Some(amount.into()), date: Some(row.booking_date), ..hit }
    }

    pub fn of_listed(view: MovementView) -> Self {
        let hit = Self::new(SearchKind::AccountMovement, SearchMatch::Text, (view.id.to_string(), "account-movements"));
        Self { name: view.counterparty.name, amount: Some(view.amount), date: Some(view.booking_date), ..hit }
    }
}
