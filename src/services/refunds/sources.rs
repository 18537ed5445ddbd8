//! Where the money of a refund comes from: payments that came through movements, what they and the correction can still
//! give, taken by conditional updates, and the account it goes back from.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

use crate::db;
use crate::domain::balance::{OrderStatus, PaymentMethod};
use crate::domain::id::{AccountId, MovementId, OrderId};
use crate::domain::money::Money;
use crate::domain::movement::CancelledOrders;
use crate::entities::{account_movement, assignment, invoice_correction, payment, payment_account, sales_order};
use crate::error::{Code, Error, Kind};
use crate::views::movements::{CancelledPaid, OrderStub};

/// An incoming payment that may be paid back, with its movement.
pub struct PayableBack {
    pub payment: payment::Model,
    pub movement: account_movement::Model,
}

/// Payments of a locked order that came through movements, oldest booking date first (contract section 11). Their
/// movements are locked too, in the order of their ids: nobody hides one meanwhile, and the refunds' foreign keys find
/// the rows taken already.
pub async fn of_order(
    txn: &DatabaseTransaction,
    order: OrderId,
    only: Option<MovementId>,
) -> Result<Vec<PayableBack>, Error> {
    let mut query = payment::Entity::find()
        .filter(payment::Column::OrderId.eq(order))
        .filter(payment::Column::Method.eq(PaymentMethod::AccountMovement))
        .filter(payment::Column::ReversedAt.is_null())
        .filter(payment::Column::AmountMinor.gt(0));
    if let Some(movement) = only {
        query = query.filter(payment::Column::MovementId.eq(movement));
    }
    let payments = query.all(txn).await?;
    if payments.is_empty() {
        let code = if only.is_some() { Code::NotAssignedToOrder } else { Code::OrderHasNoAssignedPayment };
        return Err(Error::new(code));
    }
    let ids = crate::services::distinct(payments.iter().filter_map(|payment| payment.movement_id));
    let movements = account_movement::Entity::find()
        .filter(account_movement::Column::Id.is_in(ids))
        .order_by_asc(account_movement::Column::Id);
    let movements = db::locked(movements).all(txn).await?;
    let mut sources: Vec<PayableBack> = payments
        .into_iter()
        .filter_map(|payment| {
            let movement = movements.iter().find(|movement| Some(movement.id) == payment.movement_id)?.clone();
            Some(PayableBack { payment, movement })
        })
        .collect();
    sources.sort_by_key(|source| (source.movement.booking_date, source.payment.id));
    Ok(sources)
}

/// Leaves only what can go back by the way it came.
///
/// # Errors
/// The reason of the first, when nothing is left.
pub fn returnable(sources: Vec<PayableBack>) -> Result<Vec<PayableBack>, Error> {
    let first = sources.first().map(|source| source.movement.facts().check_returnable());
    let left: Vec<PayableBack> =
        sources.into_iter().filter(|source| source.movement.facts().check_returnable().is_ok()).collect();
    match first {
        Some(Err(error)) if left.is_empty() => Err(error),
        _ => Ok(left),
    }
}

/// What the sources can give back together: never more than the order still has of what was paid on it, because money
/// may have left it by other ways than a refund (a transfer by hand, a chargeback; lesson R5). The order is locked.
pub fn available(sources: &[PayableBack], order: &sales_order::Model) -> Result<Money, Error> {
    let total = Money::sum(sources.iter().map(|source| source.payment.refundable()), order.currency)?;
    Ok(total.min(order.paid())?)
}

/// Takes a part of what a payment can still give back.
pub async fn take_refundable(txn: &DatabaseTransaction, source: &payment::Model, amount: Money) -> Result<(), Error> {
    let update = payment::Entity::update_many()
        .col_expr(payment::Column::RefundableMinor, Expr::col(payment::Column::RefundableMinor).sub(amount.minor()))
        .col_expr(payment::Column::Version, Expr::col(payment::Column::Version).add(1))
        .filter(payment::Column::Id.eq(source.id))
        .filter(payment::Column::ReversedAt.is_null())
        .filter(payment::Column::RefundableMinor.gte(amount.minor()));
    let changed = || Error::new(Code::RefundableAmountChanged).with("refundable_amount", source.refundable().amount());
    db::take(txn, update, changed).await
}

/// Takes a part of what a correction can still be refunded by.
pub async fn take_correction(
    txn: &DatabaseTransaction,
    correction: &invoice_correction::Model,
    amount: Money,
) -> Result<(), Error> {
    let column = invoice_correction::Column::RefundableMinor;
    let update = invoice_correction::Entity::update_many()
        .col_expr(column, Expr::col(column).sub(amount.minor()))
        .col_expr(invoice_correction::Column::Version, Expr::col(invoice_correction::Column::Version).add(1))
        .filter(invoice_correction::Column::Id.eq(correction.id))
        .filter(column.gte(amount.minor()));
    let left = correction.refundable().amount();
    db::take(txn, update, || Error::new(Code::RefundableAmountChanged).with("refundable_amount", left)).await
}

/// The account the money goes back from, the one it came in on: when it is neither hidden nor without a sender.
pub async fn sending_account(conn: &impl ConnectionTrait, id: AccountId) -> Result<payment_account::Model, Error> {
    let account = payment_account::Entity::find_by_id(id).one(conn).await?;
    let account = account.ok_or_else(|| Error::not_found(Kind::PaymentAccount))?;
    if account.hidden {
        return Err(Error::new(Code::AccountHidden));
    }
    if account.can_send && account.provider.has_sender() {
        Ok(account)
    } else {
        Err(Error::new(Code::AccountCannotSend).with("account", &account.name))
    }
}

/// The cancelled orders that a movement has paid, and whether money of it can still go back (feature 74).
///
/// # Errors
/// `unavailable` when the database does not answer.
pub async fn cancelled_orders(conn: &impl ConnectionTrait, movement: MovementId) -> Result<CancelledPaid, Error> {
    let assigned = assignment::Entity::find()
        .filter(assignment::Column::MovementId.eq(movement))
        .filter(assignment::Column::UndoneAt.is_null())
        .filter(assignment::Column::OrderId.is_not_null());
    let assigned: Vec<OrderId> = assigned.all(conn).await?.into_iter().filter_map(|row| row.order_id).collect();
    let cancelled = sales_order::Entity::find()
        .filter(sales_order::Column::Id.is_in(crate::services::distinct(assigned)))
        .filter(sales_order::Column::Status.eq(OrderStatus::Cancelled))
        .order_by_asc(sales_order::Column::Id);
    let cancelled = cancelled.all(conn).await?;
    let payable = payment::Entity::find()
        .filter(payment::Column::OrderId.is_in(cancelled.iter().map(|order| order.id)))
        .filter(payment::Column::MovementId.eq(movement))
        .filter(payment::Column::ReversedAt.is_null())
        .filter(payment::Column::AmountMinor.gt(0))
        .filter(payment::Column::RefundableMinor.gt(0));
    let payable: Vec<OrderId> = payable.all(conn).await?.into_iter().map(|payment| payment.order_id).collect();
    let left = match (cancelled.is_empty(), payable.is_empty()) {
        (true, _) => CancelledOrders::None,
        (false, true) => CancelledOrders::PaidBack,
        (false, false) => CancelledOrders::Refundable,
    };
    let orders = cancelled.into_iter().filter(|order| payable.contains(&order.id));
    Ok(CancelledPaid { left, orders: orders.map(|order| OrderStub { id: order.id, number: order.number }).collect() })
}
