//! Payments on documents: keyed by hand, or booked by an assignment or a refund. Rows are added and reversed, never
//! changed or removed, except that a payout follows the amount of its unsent refund.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::assignment::ChosenTarget;
use crate::domain::balance::{InvoiceStatus, Lifecycle, PaymentMethod};
use crate::domain::id::{AssignmentId, CorrectionId, InvoiceId, MovementId, OrderId, PaymentId, RefundId};
use crate::domain::ledger::{self, AccountRole, EntryKind};
use crate::domain::money::Money;
use crate::domain::movement::Direction as MoneyDirection;
use crate::entities::{invoice, payment, sales_order};
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::journal::{self, Entry};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::services::{invoices, orders};
use crate::views::assignments::TargetInput;
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::payments::{CreatePayment, KeyedMethod, PaymentView};

/// Where the money of a payment comes from or goes to.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    Movement { movement: MovementId, assignment: AssignmentId },
    Keyed(PaymentMethod),
    Refund(RefundId),
}

/// A payment to book on a locked order.
#[derive(Debug, Clone)]
pub struct Booking {
    pub invoice: Option<InvoiceId>,
    pub correction: Option<CorrectionId>,
    /// Negative for a payout.
    pub amount: Money,
    pub source: Source,
    pub date: chrono::NaiveDate,
    pub note: Option<String>,
}

/// Books a payment on a locked order and adds it to what is paid. Only money that came in through a movement can go
/// back by the way it came, so only that is refundable.
pub async fn book(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    order: &sales_order::Model,
    booking: Booking,
) -> Result<payment::Model, Error> {
    let (method, movement_id, assignment_id, refund_id) = match booking.source {
        Source::Movement { movement, assignment } => {
            (PaymentMethod::AccountMovement, Some(movement), Some(assignment), None)
        }
        Source::Keyed(method) => (method, None, None, None),
        Source::Refund(refund) => (PaymentMethod::Refund, None, None, Some(refund)),
    };
    let refundable = match method {
        PaymentMethod::AccountMovement => Ord::max(booking.amount.minor(), 0),
        _ => 0,
    };
    let row = payment::Model {
        id: ctx.id(),
        order_id: order.id,
        invoice_id: booking.invoice,
        correction_id: booking.correction,
        customer_id: order.customer_id,
        amount_minor: booking.amount.minor(),
        refundable_minor: refundable,
        currency: booking.amount.currency(),
        method,
        movement_id,
        assignment_id,
        refund_id,
        payment_date: booking.date,
        note: booking.note,
        created_by: ctx.user_id(),
        version: 1,
        created_at: ctx.now,
        reversed_at: None,
    };
    db::insert(txn, row.clone()).await?;
    orders::add_paid(txn, order, booking.amount).await?;
    Ok(row)
}

/// Reverses a payment of which nothing was paid back: the row stays, its money no longer counts.
///
/// # Errors
/// `amount_already_refunded`.
pub async fn reverse(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    order: &sales_order::Model,
    row: &payment::Model,
) -> Result<(), Error> {
    let whole = Ord::max(row.amount_minor, 0);
    let update = payment::Entity::update_many()
        .col_expr(payment::Column::ReversedAt, Expr::value(ctx.now))
        .col_expr(payment::Column::RefundableMinor, Expr::value(0_i64))
        .col_expr(payment::Column::Version, Expr::col(payment::Column::Version).add(1))
        .filter(payment::Column::Id.eq(row.id))
        .filter(payment::Column::ReversedAt.is_null());
    // A keyed payment and a payout have no refundable part to protect.
    let update = match row.method {
        PaymentMethod::AccountMovement => update.filter(payment::Column::RefundableMinor.eq(whole)),
        _ => update,
    };
    db::take(txn, update, || Error::new(Code::AmountAlreadyRefunded)).await?;
    orders::add_paid(txn, order, row.amount().checked_neg()?).await
}

/// A document somebody named as a target: the locked order, and the invoice when that was named.
pub struct Target {
    pub order: sales_order::Model,
    pub invoice: Option<invoice::Model>,
}

impl Target {
    /// What is open on the document.
    pub fn open(&self) -> Result<Money, Error> {
        Ok(match &self.invoice {
            Some(invoice) => invoice.balance()?.open,
            None => self.order.balance()?.open,
        })
    }

    /// What is open to money of a direction: incoming pays, outgoing settles what the document is overpaid by. Money
    /// may leave a cancelled or credited document (feature 82), but none comes in any more (SM5).
    ///
    /// # Errors
    /// `order_already_cancelled`, `no_open_amount`.
    pub fn open_to(&self, direction: MoneyDirection) -> Result<Money, Error> {
        if direction == MoneyDirection::Out {
            return Ok(self.open()?.checked_neg()?);
        }
        let lifecycle = self.invoice.as_ref().map_or_else(|| self.order.lifecycle(), invoice::Model::lifecycle);
        if lifecycle == Lifecycle::Cancelled || self.order.lifecycle() == Lifecycle::Cancelled {
            return Err(Error::new(Code::OrderAlreadyCancelled));
        }
        let status = self.invoice.as_ref().map(|invoice| invoice.balance().map(|sums| sums.invoice_status(lifecycle)));
        match status.transpose()? {
            Some(InvoiceStatus::Credited) => Err(Error::new(Code::NoOpenAmount)),
            _ => self.open(),
        }
    }

    pub fn number(&self) -> String {
        self.invoice.as_ref().map_or_else(|| self.order.number.clone(), |invoice| invoice.number.clone())
    }
}

/// Finds and locks the document that a request names.
///
/// # Errors
/// `reference_not_found`.
pub async fn lock_target(txn: &DatabaseTransaction, target: &TargetInput) -> Result<Target, Error> {
    let kind = match target.kind {
        ChosenTarget::Order => Kind::Order,
        ChosenTarget::Invoice => Kind::Invoice,
    };
    let unknown = || Error::unknown_reference(kind).at("/target/id");
    let (order_id, invoice_id) = match target.kind {
        ChosenTarget::Order => (target.id.parse::<OrderId>().map_err(|_| unknown())?, None),
        ChosenTarget::Invoice => {
            let id = target.id.parse::<InvoiceId>().map_err(|_| unknown())?;
            let found = invoice::Entity::find_by_id(id).one(txn).await?.ok_or_else(unknown)?;
            (found.order_id, Some(found.id))
        }
    };
    let order = orders::lock(txn, order_id).await?.ok_or_else(unknown)?;
    // Read again under the lock: what is paid on the invoice may have changed while we waited.
    let invoice = match invoice_id {
        Some(id) => Some(invoices::load(txn, id).await?),
        None => None,
    };
    Ok(Target { order, invoice })
}

/// Books a payment that somebody keys in.
pub async fn key_in(txn: &DatabaseTransaction, ctx: &Ctx, new: &CreatePayment) -> Result<PaymentView, Error> {
    let mut checks = Checks::default();
    let amount = checks.money("/amount", &new.amount);
    let note = checks.optional_text("/note", new.note.as_ref(), limits::PAYMENT_NOTE);
    if amount.is_some_and(|amount| !amount.is_positive()) {
        checks.note::<()>("/amount/amount", Err(Error::new(Code::AmountNotPositive)));
    }
    checks.finish()?;
    let amount = amount.ok_or_else(|| Error::internal("checks passed without an amount"))?;
    let target = lock_target(txn, &new.target).await?;
    target
        .open_to(MoneyDirection::In)?
        .checked_sub(amount)
        .map_err(|error| Error::from(error).at("/amount/currency"))?;
    let (method, to) = match new.method {
        KeyedMethod::Cash => (PaymentMethod::Cash, AccountRole::Cash),
        KeyedMethod::Ec => (PaymentMethod::Ec, AccountRole::Bank),
        KeyedMethod::BankTransfer => (PaymentMethod::BankTransfer, AccountRole::Bank),
        KeyedMethod::Other => (PaymentMethod::Other, AccountRole::Bank),
    };
    let date = new.date.map_or_else(|| ctx.today(), Into::into);
    let invoice = target.invoice.as_ref().map(|invoice| invoice.id);
    let booking = Booking { invoice, correction: None, amount, source: Source::Keyed(method), date, note };
    let row = book(txn, ctx, &target.order, booking).await?;
    let entry = Entry {
        kind: EntryKind::PaymentKeyed,
        date,
        subject: Subject::Payment(row.id),
        customer: Some(target.order.customer_id),
        postings: ledger::payment_keyed(to, amount)?,
    };
    journal::post(txn, ctx, entry).await?;
    audit::record(txn, ctx, "payment.keyed", Subject::Payment(row.id), json!({ "amount": amount.to_string() })).await?;
    views(txn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::Payment))
}

pub async fn load(conn: &impl ConnectionTrait, id: PaymentId) -> Result<payment::Model, Error> {
    payment::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found(Kind::Payment))
}

pub async fn show(conn: &impl ConnectionTrait, id: PaymentId) -> Result<PaymentView, Error> {
    let row = load(conn, id).await?;
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::Payment))
}

/// Filter of the payment list.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    pub order_id: Option<OrderId>,
    pub invoice_id: Option<InvoiceId>,
}

pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &PaymentFilter,
    request: &PageRequest,
) -> Result<Page<PaymentView>, Error> {
    let mut query = payment::Entity::find();
    if let Some(order) = filter.order_id {
        query = query.filter(payment::Column::OrderId.eq(order));
    }
    if let Some(invoice) = filter.invoice_id {
        query = query.filter(payment::Column::InvoiceId.eq(invoice));
    }
    let order = Order { column: None, id: payment::Column::Id, direction: Direction::Descending };
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    let items = views(conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

async fn views(conn: &impl ConnectionTrait, rows: Vec<payment::Model>) -> Result<Vec<PaymentView>, Error> {
    let orders = orders::stubs(conn, rows.iter().map(|row| row.order_id)).await?;
    let invoices = invoices::stubs(conn, rows.iter().filter_map(|row| row.invoice_id)).await?;
    rows.iter()
        .map(|row| {
            let order = orders.get(&row.order_id).cloned();
            let order = order.ok_or_else(|| Error::inconsistent("payment", "order_id", row.id))?;
            Ok(PaymentView::of(row, order, row.invoice_id.and_then(|id| invoices.get(&id).cloned())))
        })
        .collect()
}
