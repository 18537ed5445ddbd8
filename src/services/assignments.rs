//! Assignments: by hand and by the automatic run, and their exact undo.
//!
//! Locks are taken in the order order → movement. The movement's remainder is taken by one conditional update; the
//! lock only makes the default amount and the message right.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::assignment::{self as rules, AssignmentOrigin, TargetType};
use crate::domain::id::{AssignmentId, InvoiceId, MovementId, OrderId};
use crate::domain::ledger::{self, EntryKind};
use crate::domain::money::Money;
use crate::domain::movement::Direction as MoneyDirection;
use crate::entities::{account_movement, assignment, payment};
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::journal::{self, Entry};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::services::payments::{self, Booking, Source, Target};
use crate::services::{invoices, movements, orders, refunds};
use crate::views::assignments::{AssignmentView, CreateAssignment, MovementStub, TargetInput};
use crate::views::money::Checks;

/// An assignment somebody or the automatic run wants.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub movement_id: MovementId,
    pub target: TargetInput,
    pub amount: Option<Money>,
    pub origin: AssignmentOrigin,
}

/// Reads a request.
///
/// # Errors
/// All wrong values at once.
pub fn parse(new: &CreateAssignment) -> Result<Wanted, Error> {
    let mut checks = Checks::default();
    let movement_id = checks.id("/movement_id", &new.movement_id, Kind::AccountMovement);
    let amount = checks.optional_money("/amount", new.amount.as_ref());
    checks.finish()?;
    let movement_id = movement_id.ok_or_else(|| Error::internal("checks passed without an id"))?;
    Ok(Wanted { movement_id, target: new.target.clone(), amount, origin: AssignmentOrigin::Manual })
}

/// Assigns a part of a movement to an order or invoice.
///
/// # Errors
/// `reference_not_found`, `movement_hidden`, `movement_not_completed`, `movement_is_fee`, `currency_mismatch`,
/// `amount_exceeds_open_amount`, `no_open_amount`, `amount_not_positive`, `order_already_cancelled`.
pub async fn create(txn: &DatabaseTransaction, ctx: &Ctx, wanted: &Wanted) -> Result<AssignmentView, Error> {
    let target = payments::lock_target(txn, &wanted.target).await?;
    let unknown = || Error::unknown_reference(Kind::AccountMovement).at("/movement_id");
    let movement = movements::lock(txn, wanted.movement_id).await?.ok_or_else(unknown)?;
    movement.facts().check_assignable()?;
    let open = target.open_to(movement.facts().direction())?;
    // A run decided before the lock; what it saw open may have been paid since.
    if wanted.origin == AssignmentOrigin::Automatic && wanted.amount != Some(open) {
        return Err(Error::new(Code::NoOpenAmount));
    }
    let amount =
        rules::amount_to_assign(movement.free(), open, wanted.amount).map_err(|error| at_amount(error, wanted))?;
    let lost = || Error::new(Code::AmountExceedsOpenAmount).with("open_amount", movement.free().amount());
    movements::take_free(txn, movement.id, amount, lost).await?;
    let row = assignment_row(ctx, &movement, &target, (amount, wanted.origin));
    db::insert(txn, row.clone()).await?;
    let signed = match movement.facts().direction() {
        MoneyDirection::In => amount,
        MoneyDirection::Out => amount.checked_neg()?,
    };
    let booking = Booking {
        invoice: target.invoice.as_ref().map(|invoice| invoice.id),
        correction: None,
        amount: signed,
        source: Source::Movement { movement: movement.id, assignment: row.id },
        date: movement.booking_date,
        note: None,
    };
    payments::book(txn, ctx, &target.order, booking).await?;
    let entry = Entry {
        kind: EntryKind::Assigned,
        date: ctx.today(),
        subject: Subject::Assignment(row.id),
        customer: Some(target.order.customer_id),
        postings: ledger::assigned(signed)?,
    };
    journal::post(txn, ctx, entry).await?;
    let details = json!({ "amount": signed.to_string(), "movement": movement.id, "origin": wanted.origin });
    audit::record(txn, ctx, "assignment.created", Subject::Assignment(row.id), details).await?;
    let stub = MovementStub { id: movement.id, number: movement.transaction_id };
    Ok(AssignmentView::of(&row, stub, target.number()))
}

/// Where an amount that was asked for is wrong.
fn at_amount(error: Error, wanted: &Wanted) -> Error {
    match error.code() {
        _ if wanted.amount.is_none() => error,
        Code::CurrencyMismatch => error.at("/amount/currency"),
        Code::AmountNotPositive | Code::AmountExceedsOpenAmount => error.at("/amount/amount"),
        _ => error,
    }
}

fn assignment_row(
    ctx: &Ctx,
    movement: &account_movement::Model,
    target: &Target,
    (amount, origin): (Money, AssignmentOrigin),
) -> assignment::Model {
    let invoice_id = target.invoice.as_ref().map(|invoice| invoice.id);
    assignment::Model {
        id: ctx.id(),
        movement_id: movement.id,
        target_type: if invoice_id.is_some() { TargetType::Invoice } else { TargetType::Order },
        order_id: Some(target.order.id),
        invoice_id,
        refund_id: None,
        amount_minor: amount.minor(),
        currency: amount.currency(),
        origin,
        created_by: ctx.user_id(),
        version: 1,
        created_at: ctx.now,
        undone_at: None,
        undone_by: None,
    }
}

/// Undoes one assignment exactly: both sides are as before, the rows stay (features 85, R32, R33).
///
/// # Errors
/// `booked_by_refund`, `assignment_undone`, `amount_already_refunded`, `version_mismatch`.
pub async fn undo(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (AssignmentId, Option<i64>),
) -> Result<(), Error> {
    let row = load(txn, id).await?;
    let order_id = row.order_id.ok_or_else(|| Error::new(Code::BookedByRefund))?;
    let order = orders::lock(txn, order_id).await?;
    let order = order.ok_or_else(|| Error::inconsistent("assignment", "order_id", id))?;
    db::check_version(version, row.version)?;
    mark_undone(txn, ctx, id).await?;
    let booked = payment::Entity::find().filter(payment::Column::AssignmentId.eq(id)).one(txn).await?;
    let booked = booked.ok_or_else(|| Error::inconsistent("assignment", "payment", id))?;
    payments::reverse(txn, ctx, &order, &booked).await?;
    movements::give_back(txn, row.movement_id, row.amount()).await?;
    let entry = Entry {
        kind: EntryKind::AssignmentUndone,
        date: ctx.today(),
        subject: Subject::Assignment(id),
        customer: Some(order.customer_id),
        postings: ledger::reversed(ledger::assigned(booked.amount())?)?,
    };
    journal::post(txn, ctx, entry).await?;
    audit::record(txn, ctx, "assignment.undone", Subject::Assignment(id), json!({})).await
}

/// Marks an assignment as undone, once.
pub async fn mark_undone(txn: &DatabaseTransaction, ctx: &Ctx, id: AssignmentId) -> Result<(), Error> {
    let update = assignment::Entity::update_many()
        .col_expr(assignment::Column::UndoneAt, Expr::value(ctx.now))
        .col_expr(assignment::Column::UndoneBy, Expr::value(ctx.user_id()))
        .col_expr(assignment::Column::Version, Expr::col(assignment::Column::Version).add(1))
        .filter(assignment::Column::Id.eq(id))
        .filter(assignment::Column::UndoneAt.is_null());
    db::take(txn, update, || Error::new(Code::AssignmentUndone)).await
}

pub async fn load(conn: &impl ConnectionTrait, id: AssignmentId) -> Result<assignment::Model, Error> {
    assignment::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found(Kind::Assignment))
}

pub async fn show(conn: &impl ConnectionTrait, id: AssignmentId) -> Result<AssignmentView, Error> {
    let row = load(conn, id).await?;
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::Assignment))
}

/// Live assignments of a movement, oldest first.
pub async fn of_movement(conn: &impl ConnectionTrait, id: MovementId) -> Result<Vec<AssignmentView>, Error> {
    let rows = assignment::Entity::find()
        .filter(assignment::Column::MovementId.eq(id))
        .filter(assignment::Column::UndoneAt.is_null())
        .order_by_asc(assignment::Column::Id)
        .limit(500)
        .all(conn)
        .await?;
    views(conn, rows).await
}

/// Filter of the assignment list; undone ones are left out.
#[derive(Debug, Clone, Default)]
pub struct AssignmentFilter {
    pub movement_id: Option<MovementId>,
    pub order_id: Option<OrderId>,
    pub invoice_id: Option<InvoiceId>,
    pub origin: Option<AssignmentOrigin>,
}

pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &AssignmentFilter,
    request: &PageRequest,
) -> Result<Page<AssignmentView>, Error> {
    let mut query = assignment::Entity::find().filter(assignment::Column::UndoneAt.is_null());
    if let Some(movement) = filter.movement_id {
        query = query.filter(assignment::Column::MovementId.eq(movement));
    }
    if let Some(order) = filter.order_id {
        query = query.filter(assignment::Column::OrderId.eq(order));
    }
    if let Some(invoice) = filter.invoice_id {
        query = query.filter(assignment::Column::InvoiceId.eq(invoice));
    }
    if let Some(origin) = filter.origin {
        query = query.filter(assignment::Column::Origin.eq(origin));
    }
    let order = Order { column: None, id: assignment::Column::Id, direction: Direction::Descending };
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    let items = views(conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

async fn views(conn: &impl ConnectionTrait, rows: Vec<assignment::Model>) -> Result<Vec<AssignmentView>, Error> {
    let movements = movements::stubs(conn, rows.iter().map(|row| row.movement_id)).await?;
    let orders = orders::stubs(conn, rows.iter().filter_map(|row| row.order_id)).await?;
    let invoices = invoices::stubs(conn, rows.iter().filter_map(|row| row.invoice_id)).await?;
    let refunds: HashMap<_, _> = refunds::numbers(conn, rows.iter().filter_map(|row| row.refund_id)).await?;
    rows.iter()
        .map(|row| {
            let number = match row.target_type {
                TargetType::Order => row.order_id.and_then(|id| orders.get(&id)).map(|stub| stub.number.clone()),
                TargetType::Invoice => row.invoice_id.and_then(|id| invoices.get(&id)).map(|stub| stub.number.clone()),
                TargetType::Refund => row.refund_id.and_then(|id| refunds.get(&id)).cloned(),
            };
            let movement = movements.get(&row.movement_id).cloned();
            let movement = movement.ok_or_else(|| Error::inconsistent("assignment", "movement_id", row.id))?;
            Ok(AssignmentView::of(row, movement, number.unwrap_or_default()))
        })
        .collect()
}
