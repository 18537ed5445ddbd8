//! Orders: create, find, list, and the lock every booking on a document begins with.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, Select,
};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::balance::{OrderStatus, PaymentStatus};
use crate::domain::document::{self, LineInput, PriceBasis, Quantity, TaxRate, Totals};
use crate::domain::id::{CustomerId, OrderId};
use crate::domain::money::{Currency, Money};
use crate::entities::{customer, sales_order, sales_order_line};
use crate::error::{Code, Error, Kind, Reason};
use crate::services::audit::{self, Subject};
use crate::services::customers;
use crate::services::numbers::{self, Series};
use crate::services::page::{self, Direction, KeyKind, Order, Page, PageRequest, SortKey};
use crate::views::documents::{BalanceView, CreateOrder, CreateOrderLine, CustomerStub, OrderStub, OrderView};
use crate::views::limits;
use crate::views::money::Checks;

/// # Errors
/// `reference_not_found`, `duplicate_external_number`, `lines_empty`, `too_many_decimals`, `invalid_value` …
pub async fn create(txn: &DatabaseTransaction, ctx: &Ctx, new: &CreateOrder) -> Result<OrderView, Error> {
    let parsed = parse(new)?;
    let customer = customer::Entity::find_by_id(parsed.customer_id).one(txn).await?;
    let customer = customer.ok_or_else(|| Error::unknown_reference(Kind::Customer).at("/customer_id"))?;
    let totals = document::line_totals(&parsed.lines, parsed.basis, parsed.currency)?;
    let sum = Totals::sum(totals.iter().copied(), parsed.currency)?;
    let date = new.order_date.map_or_else(|| ctx.today(), Into::into);
    let row = sales_order::Model {
        id: ctx.id(),
        number: numbers::next(txn, Series::Order, date).await?,
        external_number: parsed.external_number,
        customer_id: customer.id,
        status: OrderStatus::Open,
        currency: parsed.currency,
        price_basis: parsed.basis,
        order_date: date,
        net_minor: sum.net.minor(),
        tax_minor: sum.tax.minor(),
        gross_minor: sum.gross.minor(),
        corrected_minor: 0,
        paid_minor: 0,
        version: 1,
        created_at: ctx.now,
    };
    db::insert(txn, row.clone())
        .await
        .map_err(|error| customers::duplicate_external_number(error, row.external_number.as_deref()))?;
    let lines = line_rows(ctx, &row, new, &parsed.lines, &totals);
    db::insert_all(txn, lines.clone()).await?;
    audit::record(txn, ctx, "order.created", Subject::Order(row.id), json!({ "gross": sum.gross.to_string() })).await?;
    OrderView::of(&row, CustomerStub { id: customer.id, number: customer.number }, &lines)
}

struct Parsed {
    customer_id: CustomerId,
    external_number: Option<String>,
    currency: Currency,
    basis: PriceBasis,
    lines: Vec<LineInput>,
}

fn parse(new: &CreateOrder) -> Result<Parsed, Error> {
    let mut checks = Checks::default();
    let customer_id = checks.id("/customer_id", &new.customer_id, Kind::Customer);
    let external_number =
        checks.optional_text("/external_number", new.external_number.as_ref(), limits::EXTERNAL_NUMBER);
    let currency = checks.currency("/currency", &new.currency);
    if new.lines.is_empty() {
        checks.note::<()>("/lines", Err(Error::new(Code::LinesEmpty)));
    }
    if new.lines.len() > limits::LINES {
        checks.note::<()>("/lines", Err(Error::wrong(Reason::TooMany).with("min", 1).with("max", limits::LINES)));
    }
    let lines: Vec<LineInput> = new
        .lines
        .iter()
        .enumerate()
        .filter_map(|(index, line)| parse_line(&mut checks, index, line, currency))
        .collect();
    checks.finish()?;
    let basis = if new.prices_include_tax { PriceBasis::Gross } else { PriceBasis::Net };
    match (customer_id, currency) {
        (Some(customer_id), Some(currency)) => Ok(Parsed { customer_id, external_number, currency, basis, lines }),
        _ => Err(Error::internal("checks passed without values")),
    }
}

fn parse_line(
    checks: &mut Checks,
    index: usize,
    line: &CreateOrderLine,
    currency: Option<Currency>,
) -> Option<LineInput> {
    let at = |field: &str| format!("/lines/{index}/{field}");
    checks.text(&at("description"), &line.description, limits::LINE_DESCRIPTION);
    checks.optional_text(&at("sku"), line.sku.as_ref(), limits::SKU);
    let quantity =
        checks.note(at("quantity"), Quantity::parse(&line.quantity).ok_or_else(|| Error::wrong(Reason::NotAQuantity)));
    let tax_rate =
        checks.note(at("tax_rate"), TaxRate::parse(&line.tax_rate).ok_or_else(|| Error::wrong(Reason::NotATaxRate)));
    let unit_price = checks.money(&at("unit_price"), &line.unit_price)?;
    if unit_price.is_negative() {
        checks.note::<()>(at("unit_price/amount"), Err(Error::wrong(Reason::NegativePrice)));
    }
    if let Some(currency) = currency.filter(|currency| *currency != unit_price.currency()) {
        let mismatch =
            Error::new(Code::CurrencyMismatch).with("expected", currency).with("given", unit_price.currency());
        checks.note::<()>(at("unit_price/currency"), Err(mismatch));
    }
    Some(LineInput { quantity: quantity?, unit_price, tax_rate: tax_rate? })
}

fn line_rows(
    ctx: &Ctx,
    order: &sales_order::Model,
    new: &CreateOrder,
    inputs: &[LineInput],
    totals: &[Totals],
) -> Vec<sales_order_line::Model> {
    let lines = new.lines.iter().zip(inputs).zip(totals).zip(1_i32..);
    lines
        .map(|(((line, input), totals), position)| sales_order_line::Model {
            id: ctx.id(),
            order_id: order.id,
            position,
            sku: line.sku.clone(),
            description: line.description.trim().to_owned(),
            quantity_micros: input.quantity.0,
            unit_price_minor: input.unit_price.minor(),
            tax_rate_ppm: input.tax_rate.0,
            net_minor: totals.net.minor(),
            tax_minor: totals.tax.minor(),
            gross_minor: totals.gross.minor(),
        })
        .collect()
}

pub async fn load(conn: &impl ConnectionTrait, id: OrderId) -> Result<sales_order::Model, Error> {
    sales_order::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found(Kind::Order))
}

/// Loads an order and holds its row until the transaction ends. The first lock of every booking on a document:
/// the order of locks is order, invoice, movement, refund, number series.
pub async fn lock(txn: &DatabaseTransaction, id: OrderId) -> Result<Option<sales_order::Model>, Error> {
    Ok(db::locked(sales_order::Entity::find_by_id(id)).one(txn).await?)
}

/// Adds to what is paid on the order and on its live invoice; a payout is negative.
pub async fn add_paid(txn: &DatabaseTransaction, order: &sales_order::Model, amount: Money) -> Result<(), Error> {
    let add = |column: Expr| column.add(amount.minor());
    let update = sales_order::Entity::update_many()
        .col_expr(sales_order::Column::PaidMinor, add(Expr::col(sales_order::Column::PaidMinor)))
        .col_expr(sales_order::Column::Version, Expr::col(sales_order::Column::Version).add(1))
        .filter(sales_order::Column::Id.eq(order.id));
    db::change(txn, update, || Error::not_found(Kind::Order)).await?;
    match order.status {
        OrderStatus::Open => Ok(()),
        OrderStatus::Invoiced => super::invoices::add_paid(txn, order.id, amount).await,
        OrderStatus::Cancelled => super::cancellations::touch(txn, order.id).await,
    }
}

/// Sets the status of a locked order.
pub async fn set_status(
    txn: &DatabaseTransaction,
    order: &sales_order::Model,
    status: OrderStatus,
) -> Result<(), Error> {
    let update = sales_order::Entity::update_many()
        .col_expr(sales_order::Column::Status, Expr::value(status))
        .col_expr(sales_order::Column::Version, Expr::col(sales_order::Column::Version).add(1))
        .filter(sales_order::Column::Id.eq(order.id))
        .filter(sales_order::Column::Status.eq(order.status));
    db::change(txn, update, || Error::new(Code::ConcurrentChange)).await
}

pub async fn show(conn: &impl ConnectionTrait, id: OrderId) -> Result<OrderView, Error> {
    let row = load(conn, id).await?;
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::Order))
}

pub async fn balance(conn: &impl ConnectionTrait, id: OrderId) -> Result<BalanceView, Error> {
    Ok(load(conn, id).await?.balance()?.into())
}

/// Filter of the order list.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    pub customer_id: Option<CustomerId>,
    pub status: Option<OrderStatus>,
    pub payment_status: Option<PaymentStatus>,
    pub is_overpaid: Option<bool>,
    pub number: Option<String>,
    pub external_number: Option<String>,
}

/// Open amount as SQL, in the words of the partial indexes of `sales_order`.
const OPEN: &str = "gross_minor - corrected_minor - paid_minor";

fn filtered(filter: &OrderFilter) -> Select<sales_order::Entity> {
    let mut query = sales_order::Entity::find();
    if let Some(customer) = filter.customer_id {
        query = query.filter(sales_order::Column::CustomerId.eq(customer));
    }
    if let Some(status) = filter.status {
        query = query.filter(sales_order::Column::Status.eq(status));
    }
    if let Some(number) = &filter.number {
        query = query.filter(sales_order::Column::Number.eq(number.as_str()));
    }
    if let Some(number) = &filter.external_number {
        query = query.filter(sales_order::Column::ExternalNumber.eq(number.as_str()));
    }
    let unpaid = format!("status <> 'cancelled' AND {OPEN} > 0");
    if let Some(status) = filter.payment_status {
        query = query.filter(Expr::cust(match status {
            PaymentStatus::Unpaid => format!("{unpaid} AND paid_minor <= 0"),
            PaymentStatus::PartiallyPaid => format!("{unpaid} AND paid_minor > 0"),
            PaymentStatus::Paid => format!("NOT ({unpaid})"),
        }));
    }
    let overpaid = format!("{OPEN} < 0 OR (status = 'cancelled' AND paid_minor > 0)");
    match filter.is_overpaid {
        Some(true) => query.filter(Expr::cust(format!("({overpaid})"))),
        Some(false) => query.filter(Expr::cust(format!("NOT ({overpaid})"))),
        None => query,
    }
}

pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &OrderFilter,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<OrderView>, Error> {
    let order =
        Order { column: Some((sales_order::Column::OrderDate, KeyKind::Date)), id: sales_order::Column::Id, direction };
    let keys = |row: &sales_order::Model| (SortKey::Date(row.order_date), row.id.0);
    let page = page::fetch(conn, filtered(filter), order, request, keys).await?;
    let items = views(conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

async fn views(conn: &impl ConnectionTrait, rows: Vec<sales_order::Model>) -> Result<Vec<OrderView>, Error> {
    let customers = customers::stubs(conn, rows.iter().map(|row| row.customer_id)).await?;
    let mut lines: HashMap<OrderId, Vec<sales_order_line::Model>> = HashMap::new();
    let found = sales_order_line::Entity::find()
        .filter(sales_order_line::Column::OrderId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(sales_order_line::Column::Position);
    for line in found.all(conn).await? {
        lines.entry(line.order_id).or_default().push(line);
    }
    rows.iter()
        .map(|row| {
            let customer = customers.get(&row.customer_id).cloned();
            let customer = customer.ok_or_else(|| Error::inconsistent("sales_order", "customer_id", row.id))?;
            OrderView::of(row, customer, lines.get(&row.id).map_or(&[], Vec::as_slice))
        })
        .collect()
}

/// Stubs of orders by id.
pub async fn stubs(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = OrderId>,
) -> Result<HashMap<OrderId, OrderStub>, Error> {
    let ids: Vec<OrderId> = super::distinct(ids);
    let rows = sales_order::Entity::find().filter(sales_order::Column::Id.is_in(ids)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, OrderStub { id: row.id, number: row.number })).collect())
}
