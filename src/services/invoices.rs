//! Invoices: issue from an order, find, list by folder.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, Select,
};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::balance::{InvoiceFolder, OrderStatus};
use crate::domain::id::{CustomerId, InvoiceId, OrderId};
use crate::domain::ledger::{self, EntryKind};
use crate::domain::money::Money;
use crate::entities::{invoice, invoice_correction, invoice_line, sales_order, sales_order_line};
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::journal::{self, Entry};
use crate::services::numbers::{self, Series};
use crate::services::page::{self, Direction, KeyKind, Order, Page, PageRequest, SortKey};
use crate::services::{customers, orders};
use crate::views::documents::{BalanceView, CorrectionStub, CreateInvoice, InvoiceParts, InvoiceStub, InvoiceView};
use crate::views::money::Checks;

/// Issues the invoice of an order; what was paid on the order counts for the invoice from here on.
///
/// # Errors
/// `order_has_invoice`, `order_already_cancelled`, `reference_not_found`.
pub async fn create(txn: &DatabaseTransaction, ctx: &Ctx, new: &CreateInvoice) -> Result<InvoiceView, Error> {
    let mut checks = Checks::default();
    let order_id = checks.id::<OrderId>("/order_id", &new.order_id, Kind::Order);
    checks.finish()?;
    let unknown = || Error::unknown_reference(Kind::Order).at("/order_id");
    let order = orders::lock(txn, order_id.ok_or_else(unknown)?).await?.ok_or_else(unknown)?;
    match order.status {
        OrderStatus::Open => {}
        OrderStatus::Invoiced => return Err(Error::new(Code::OrderHasInvoice)),
        OrderStatus::Cancelled => return Err(Error::new(Code::OrderAlreadyCancelled)),
    }
    orders::set_status(txn, &order, OrderStatus::Invoiced).await?;
    let order_lines = sales_order_line::Entity::find()
        .filter(sales_order_line::Column::OrderId.eq(order.id))
        .order_by_asc(sales_order_line::Column::Position)
        .all(txn)
        .await?;
    let date = new.invoice_date.map_or_else(|| ctx.today(), Into::into);
    let mut row = unnumbered(ctx, &order, date);
    row.number = numbers::next(txn, Series::Invoice, date).await?;
    db::insert(txn, row.clone()).await?;
    db::insert_all(txn, order_lines.iter().map(|line| copied_line(ctx, row.id, line)).collect()).await?;
    let entry = Entry {
        kind: EntryKind::InvoiceIssued,
        date,
        subject: Subject::Invoice(row.id),
        customer: Some(row.customer_id),
        postings: ledger::invoice_issued(row.totals())?,
    };
    journal::post(txn, ctx, entry).await?;
    audit::record(txn, ctx, "invoice.issued", Subject::Invoice(row.id), json!({ "number": row.number })).await?;
    views(txn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::Invoice))
}

fn unnumbered(ctx: &Ctx, order: &sales_order::Model, date: chrono::NaiveDate) -> invoice::Model {
    invoice::Model {
        id: ctx.id(),
        number: String::new(),
        order_id: order.id,
        customer_id: order.customer_id,
        currency: order.currency,
        price_basis: order.price_basis,
        invoice_date: date,
        net_minor: order.net_minor,
        tax_minor: order.tax_minor,
        gross_minor: order.gross_minor,
        corrected_minor: 0,
        paid_minor: order.paid_minor,
        cancelled_at: None,
        version: 1,
        created_at: ctx.now,
    }
}

fn copied_line(ctx: &Ctx, invoice_id: InvoiceId, line: &sales_order_line::Model) -> invoice_line::Model {
    invoice_line::Model {
        id: ctx.id(),
        invoice_id,
        order_line_id: line.id,
        position: line.position,
        sku: line.sku.clone(),
        description: line.description.clone(),
        quantity_micros: line.quantity_micros,
        unit_price_minor: line.unit_price_minor,
        tax_rate_ppm: line.tax_rate_ppm,
        net_minor: line.net_minor,
        tax_minor: line.tax_minor,
        gross_minor: line.gross_minor,
        correctable_micros: line.quantity_micros,
        correctable_net_minor: line.net_minor,
        correctable_tax_minor: line.tax_minor,
    }
}

pub async fn load(conn: &impl ConnectionTrait, id: InvoiceId) -> Result<invoice::Model, Error> {
    invoice::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found(Kind::Invoice))
}

/// Adds to what is paid on the live invoice of an order.
pub async fn add_paid(txn: &DatabaseTransaction, order: OrderId, amount: Money) -> Result<(), Error> {
    let update = invoice::Entity::update_many()
        .col_expr(invoice::Column::PaidMinor, Expr::col(invoice::Column::PaidMinor).add(amount.minor()))
        .col_expr(invoice::Column::Version, Expr::col(invoice::Column::Version).add(1))
        .filter(invoice::Column::OrderId.eq(order))
        .filter(invoice::Column::CancelledAt.is_null());
    db::change(txn, update, || Error::inconsistent("sales_order", "status", order)).await
}

/// What an invoice shows has changed: its corrections.
pub async fn touch(txn: &DatabaseTransaction, id: InvoiceId) -> Result<(), Error> {
    let update = invoice::Entity::update_many()
        .col_expr(invoice::Column::Version, Expr::col(invoice::Column::Version).add(1))
        .filter(invoice::Column::Id.eq(id));
    db::change(txn, update, || Error::not_found(Kind::Invoice)).await
}

/// Adds to what is corrected on an invoice and its order; the database refuses more than was invoiced.
pub async fn add_corrected(txn: &DatabaseTransaction, invoice: &invoice::Model, amount: Money) -> Result<(), Error> {
    let left = Money::new(invoice.gross_minor.saturating_sub(invoice.corrected_minor), invoice.currency);
    let exceeds = || Error::new(Code::AmountExceedsRemaining).with("remaining", left.amount());
    let update = sales_order::Entity::update_many()
        .col_expr(
            sales_order::Column::CorrectedMinor,
            Expr::col(sales_order::Column::CorrectedMinor).add(amount.minor()),
        )
        .col_expr(sales_order::Column::Version, Expr::col(sales_order::Column::Version).add(1))
        .filter(sales_order::Column::Id.eq(invoice.order_id));
    db::take(txn, update, exceeds).await?;
    let update = invoice::Entity::update_many()
        .col_expr(invoice::Column::CorrectedMinor, Expr::col(invoice::Column::CorrectedMinor).add(amount.minor()))
        .col_expr(invoice::Column::Version, Expr::col(invoice::Column::Version).add(1))
        .filter(invoice::Column::Id.eq(invoice.id));
    db::take(txn, update, exceeds).await
}

pub async fn show(conn: &impl ConnectionTrait, id: InvoiceId) -> Result<InvoiceView, Error> {
    let row = load(conn, id).await?;
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::Invoice))
}

pub async fn balance(conn: &impl ConnectionTrait, id: InvoiceId) -> Result<BalanceView, Error> {
    Ok(load(conn, id).await?.balance()?.into())
}

/// Filter of the invoice list.
#[derive(Debug, Clone, Default)]
pub struct InvoiceFilter {
    pub folder: Option<InvoiceFolder>,
    pub customer_id: Option<CustomerId>,
    pub order_id: Option<OrderId>,
    pub number: Option<String>,
}

/// A folder as SQL, in the words of the partial indexes of `invoice`.
const fn folder_sql(folder: InvoiceFolder) -> &'static str {
    match folder {
        InvoiceFolder::Open => {
            "cancelled_at IS NULL AND corrected_minor < gross_minor AND gross_minor - corrected_minor - paid_minor > 0"
        }
        InvoiceFolder::Paid => {
            "cancelled_at IS NULL AND corrected_minor < gross_minor AND gross_minor - corrected_minor - paid_minor <= 0"
        }
        InvoiceFolder::Credited => "cancelled_at IS NULL AND corrected_minor > 0 AND corrected_minor >= gross_minor",
        InvoiceFolder::Cancelled => "cancelled_at IS NOT NULL",
    }
}

fn filtered(filter: &InvoiceFilter) -> Select<invoice::Entity> {
    let mut query = invoice::Entity::find();
    if let Some(folder) = filter.folder {
        query = query.filter(Expr::cust(folder_sql(folder)));
    }
    if let Some(customer) = filter.customer_id {
        query = query.filter(invoice::Column::CustomerId.eq(customer));
    }
    if let Some(order) = filter.order_id {
        query = query.filter(invoice::Column::OrderId.eq(order));
    }
    match &filter.number {
        Some(number) => query.filter(invoice::Column::Number.eq(number.as_str())),
        None => query,
    }
}

pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &InvoiceFilter,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<InvoiceView>, Error> {
    let order =
        Order { column: Some((invoice::Column::InvoiceDate, KeyKind::Date)), id: invoice::Column::Id, direction };
    let keys = |row: &invoice::Model| (SortKey::Date(row.invoice_date), row.id.0);
    let page = page::fetch(conn, filtered(filter), order, request, keys).await?;
    let items = views(conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

async fn views(conn: &impl ConnectionTrait, rows: Vec<invoice::Model>) -> Result<Vec<InvoiceView>, Error> {
    let ids: Vec<InvoiceId> = rows.iter().map(|row| row.id).collect();
    let customers = customers::stubs(conn, rows.iter().map(|row| row.customer_id)).await?;
    let orders = orders::stubs(conn, rows.iter().map(|row| row.order_id)).await?;
    let found = invoice_line::Entity::find().filter(invoice_line::Column::InvoiceId.is_in(ids.iter().copied()));
    let mut lines: HashMap<InvoiceId, Vec<invoice_line::Model>> = HashMap::new();
    for line in found.order_by_asc(invoice_line::Column::Position).all(conn).await? {
        lines.entry(line.invoice_id).or_default().push(line);
    }
    let found = invoice_correction::Entity::find().filter(invoice_correction::Column::InvoiceId.is_in(ids));
    let mut corrections: HashMap<InvoiceId, Vec<CorrectionStub>> = HashMap::new();
    for row in found.order_by_asc(invoice_correction::Column::Id).all(conn).await? {
        corrections.entry(row.invoice_id).or_default().push(CorrectionStub { id: row.id, number: row.number });
    }
    rows.iter()
        .map(|row| {
            let order = orders.get(&row.order_id).cloned();
            let customer = customers.get(&row.customer_id).cloned();
            let parts = InvoiceParts {
                order: order.ok_or_else(|| Error::inconsistent("invoice", "order_id", row.id))?,
                customer: customer.ok_or_else(|| Error::inconsistent("invoice", "customer_id", row.id))?,
                lines: lines.remove(&row.id).unwrap_or_default(),
                corrections: corrections.remove(&row.id).unwrap_or_default(),
            };
            InvoiceView::of(row, parts)
        })
        .collect()
}

/// Stubs of invoices by id.
pub async fn stubs(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = InvoiceId>,
) -> Result<HashMap<InvoiceId, InvoiceStub>, Error> {
    let ids: Vec<InvoiceId> = super::distinct(ids);
    let rows = invoice::Entity::find().filter(invoice::Column::Id.is_in(ids)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, InvoiceStub { id: row.id, number: row.number })).collect())
}
