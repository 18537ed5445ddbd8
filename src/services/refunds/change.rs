//! Changing refunds before money has moved: edit, approve, reject, delete. Deleting restores every balance to the cent
//! (I16); an edit of what the approver has seen voids the approval.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use super::sources::{take_correction, take_refundable};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::approval::{ApprovalState, check_second_person};
use crate::domain::id::RefundId;
use crate::domain::ledger::{self, EntryKind, RefundSource};
use crate::domain::money::Money;
use crate::domain::refund::{RefundEvent, RefundStatus};
use crate::entities::{assignment, invoice_correction, payment, refund, refund_editor, sales_order};
use crate::error::{Code, Error};
use crate::services::audit::{self, Subject};
use crate::services::journal::{self, Entry};
use crate::services::{assignments, movements, orders, payments};
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::refunds::{RefundPatch, RefundView};

/// A refund with the locks its change needs, in the order order → movement → refund.
struct Locked {
    refund: refund::Model,
    order: Option<sales_order::Model>,
}

async fn lock_all(txn: &DatabaseTransaction, id: RefundId, version: Option<i64>) -> Result<Locked, Error> {
    let seen = super::load(txn, id).await?;
    let order = match seen.order_id {
        Some(order) => orders::lock(txn, order).await?,
        None => None,
    };
    movements::lock(txn, seen.movement_id).await?;
    let refund = super::lock(txn, id).await?;
    db::check_version(version, refund.version)?;
    Ok(Locked { refund, order })
}

/// Changes amount, purpose or comment; after sending the comment only (feature 124).
///
/// # Errors
/// `outgoing_payment_already_sent`, `invalid_transition`, `amount_exceeds_refundable_amount`, `currency_mismatch` …
pub async fn edit(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (RefundId, Option<i64>),
    patch: &RefundPatch,
) -> Result<RefundView, Error> {
    let mut checks = Checks::default();
    let amount = checks.optional_money("/amount", patch.amount.as_ref());
    if amount.is_some_and(|amount| !amount.is_positive()) {
        checks.note::<()>("/amount/amount", Err(Error::new(Code::AmountNotPositive)));
    }
    let mut text = |pointer: &str, value: &Option<Option<String>>, max| match value {
        None => None,
        Some(None) => Some(None),
        Some(Some(text)) => Some(checks.text(pointer, text, max)),
    };
    let purpose = text("/purpose", &patch.purpose, limits::REFUND_PURPOSE);
    let comment = text("/internal_comment", &patch.internal_comment, limits::INTERNAL_COMMENT);
    checks.finish()?;
    let locked = lock_all(txn, id, version).await?;
    let mut after = locked.refund.clone();
    if let Some(comment) = comment {
        after.internal_comment = comment;
    }
    if amount.is_some() || purpose.is_some() {
        locked.refund.facts().apply(RefundEvent::Edit)?;
        if let Some(purpose) = purpose {
            after.purpose = purpose;
        }
        if let Some(amount) = amount {
            change_amount(txn, ctx, &locked, amount).await?;
            after.amount_minor = amount.minor();
        }
        void_approval(txn, ctx, &mut after).await?;
    } else {
        locked.refund.facts().apply(RefundEvent::Comment)?;
    }
    let details = json!({ "before": locked.refund.amount().to_string(), "after": after.amount().to_string() });
    let row = super::store(txn, ctx, &locked.refund, after).await?;
    audit::record(txn, ctx, "refund.edited", Subject::Refund(id), details).await?;
    super::view(txn, row).await
}

/// What was approved is no longer what stands there, and who changed it is not the second person any more.
async fn void_approval(txn: &DatabaseTransaction, ctx: &Ctx, row: &mut refund::Model) -> Result<(), Error> {
    let editor = refund_editor::ActiveModel { refund_id: Set(row.id), user_id: Set(ctx.person()?) };
    let known = OnConflict::new().do_nothing().to_owned();
    refund_editor::Entity::insert(editor).on_conflict(known).exec_without_returning(txn).await?;
    row.approval_state = super::approval_after_edit(row)?;
    row.approval_by = None;
    row.approval_at = None;
    row.approval_reason = None;
    if row.approval_state == ApprovalState::Pending {
        row.status = RefundStatus::AwaitingApproval;
    }
    Ok(())
}

/// Takes or gives back the difference, on every row the refund has booked on.
async fn change_amount(txn: &DatabaseTransaction, ctx: &Ctx, locked: &Locked, amount: Money) -> Result<(), Error> {
    let row = &locked.refund;
    // Minus the change, so that a wrong currency is told against the refund's.
    let more = row.amount().checked_sub(amount).map_err(|error| Error::from(error).at("/amount/currency"))?;
    let more = more.checked_neg()?;
    if more.is_zero() {
        return Ok(());
    }
    let source = match &locked.order {
        Some(order) => {
            change_of_document(txn, row, order, more).await?;
            RefundSource::Customer
        }
        None => {
            change_of_movement(txn, row, more).await?;
            RefundSource::UnassignedReceipts
        }
    };
    let entry = Entry {
        kind: EntryKind::RefundEdited,
        date: ctx.today(),
        subject: Subject::Refund(row.id),
        customer: row.customer_id,
        postings: ledger::refund_generated(source, more)?,
    };
    journal::post(txn, ctx, entry).await
}

/// Refuses a raise by more than what is left; the answer names what the refund could be as a whole.
fn check_raise(row: &refund::Model, more: Money, left: Money) -> Result<(), Error> {
    if left.min(more)? == more {
        return Ok(());
    }
    let most = row.amount().checked_add(left)?.amount();
    Err(Error::new(Code::AmountExceedsRefundableAmount).with("refundable_amount", most).at("/amount/amount"))
}

async fn change_of_document(
    txn: &DatabaseTransaction,
    row: &refund::Model,
    order: &sales_order::Model,
    more: Money,
) -> Result<(), Error> {
    let source = payments::load(txn, row.payment_id.ok_or_else(|| no_payment(row))?).await?;
    let correction = correction_of(txn, row).await?;
    if more.is_positive() {
        // The order's own payout is counted in what is paid on it.
        let left = source.refundable().min(order.paid())?;
        let left = correction.as_ref().map_or(Ok(left), |correction| left.min(correction.refundable()))?;
        check_raise(row, more, left)?;
        take_refundable(txn, &source, more).await?;
        if let Some(correction) = &correction {
            take_correction(txn, correction, more).await?;
        }
    } else {
        give_back(txn, &source, correction.as_ref(), more.checked_neg()?).await?;
    }
    let column = payment::Column::AmountMinor;
    let update = payment::Entity::update_many()
        .col_expr(column, Expr::col(column).sub(more.minor()))
        .col_expr(payment::Column::Version, Expr::col(payment::Column::Version).add(1))
        .filter(payment::Column::RefundId.eq(row.id))
        .filter(payment::Column::ReversedAt.is_null());
    db::change(txn, update, || no_payment(row)).await?;
    orders::add_paid(txn, order, more.checked_neg()?).await
}

async fn change_of_movement(txn: &DatabaseTransaction, row: &refund::Model, more: Money) -> Result<(), Error> {
    if more.is_positive() {
        let free = movements::load(txn, row.movement_id).await?.free();
        check_raise(row, more, free)?;
        let changed = || Error::new(Code::RefundableAmountChanged).with("refundable_amount", free.amount());
        movements::take_free(txn, row.movement_id, more, changed).await?;
    } else {
        movements::give_back(txn, row.movement_id, more.checked_neg()?).await?;
    }
    let column = assignment::Column::AmountMinor;
    let update = assignment::Entity::update_many()
        .col_expr(column, Expr::col(column).add(more.minor()))
        .col_expr(assignment::Column::Version, Expr::col(assignment::Column::Version).add(1))
        .filter(assignment::Column::RefundId.eq(row.id))
        .filter(assignment::Column::MovementId.eq(row.movement_id))
        .filter(assignment::Column::UndoneAt.is_null());
    db::change(txn, update, || Error::inconsistent("refund", "assignment", row.id)).await
}

fn no_payment(row: &refund::Model) -> Error {
    Error::inconsistent("refund", "payment_id", row.id)
}

async fn correction_of(
    txn: &DatabaseTransaction,
    row: &refund::Model,
) -> Result<Option<invoice_correction::Model>, Error> {
    match row.correction_id {
        Some(id) => Ok(invoice_correction::Entity::find_by_id(id).one(txn).await?),
        None => Ok(None),
    }
}

async fn give_back(
    txn: &DatabaseTransaction,
    source: &payment::Model,
    correction: Option<&invoice_correction::Model>,
    amount: Money,
) -> Result<(), Error> {
    let column = payment::Column::RefundableMinor;
    let update = payment::Entity::update_many()
        .col_expr(column, Expr::col(column).add(amount.minor()))
        .col_expr(payment::Column::Version, Expr::col(payment::Column::Version).add(1))
        .filter(payment::Column::Id.eq(source.id));
    db::change(txn, update, || Error::inconsistent("payment", "refundable_minor", source.id)).await?;
    let Some(correction) = correction else { return Ok(()) };
    let column = invoice_correction::Column::RefundableMinor;
    let update = invoice_correction::Entity::update_many()
        .col_expr(column, Expr::col(column).add(amount.minor()))
        .col_expr(invoice_correction::Column::Version, Expr::col(invoice_correction::Column::Version).add(1))
        .filter(invoice_correction::Column::Id.eq(correction.id));
    db::change(txn, update, || Error::inconsistent("invoice_correction", "refundable_minor", correction.id)).await
}

/// Approves a refund: the second pair of eyes.
///
/// # Errors
/// `self_approval`, `invalid_transition`, `outgoing_payment_already_sent`, `version_mismatch`.
pub async fn approve(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (RefundId, Option<i64>),
) -> Result<RefundView, Error> {
    decide(txn, ctx, (id, version), None).await
}

/// Rejects a refund with a reason; it can then only be edited or deleted.
///
/// # Errors
/// As [`approve`].
pub async fn reject(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (RefundId, Option<i64>),
    reason: &str,
) -> Result<RefundView, Error> {
    let mut checks = Checks::default();
    let reason = checks.text("/reason", reason, limits::REASON);
    checks.finish()?;
    decide(txn, ctx, (id, version), reason).await
}

async fn decide(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (RefundId, Option<i64>),
    rejected_for: Option<String>,
) -> Result<RefundView, Error> {
    let row = super::lock(txn, id).await?;
    db::check_version(version, row.version)?;
    let (event, state, action) = match &rejected_for {
        None => (RefundEvent::Approve, ApprovalState::Approved, "refund.approved"),
        Some(_) => (RefundEvent::Reject, ApprovalState::Rejected, "refund.rejected"),
    };
    let status = row.facts().apply(event)?;
    let person = ctx.person()?;
    let changed_it = refund_editor::Entity::find_by_id((id, person)).one(txn).await?.is_some();
    check_second_person(person, (row.created_by, changed_it))?;
    let mut after = row.clone();
    after.status = status;
    after.approval_state = state;
    after.approval_by = Some(person);
    after.approval_at = Some(ctx.now);
    after.approval_reason = rejected_for;
    let after = super::store(txn, ctx, &row, after).await?;
    // What was seen is part of the approval: amount, currency and payee.
    let details = json!({ "amount": row.amount().to_string(), "movement": row.movement_id });
    audit::record(txn, ctx, action, Subject::Refund(id), details).await?;
    super::view(txn, after).await
}

/// Deletes a refund that was not sent: its payout is reversed and everything it had reserved is given back. The row
/// stays, with key and audit, and answers 404.
///
/// # Errors
/// `outgoing_payment_already_sent`, `invalid_transition`, `version_mismatch`.
pub async fn delete(txn: &DatabaseTransaction, ctx: &Ctx, (id, version): (RefundId, Option<i64>)) -> Result<(), Error> {
    let locked = lock_all(txn, id, version).await?;
    let row = &locked.refund;
    row.facts().apply(RefundEvent::Delete)?;
    let source = match &locked.order {
        Some(order) => {
            let payment = payments::load(txn, row.payment_id.ok_or_else(|| no_payment(row))?).await?;
            let correction = correction_of(txn, row).await?;
            give_back(txn, &payment, correction.as_ref(), row.amount()).await?;
            let payout = payment::Entity::find().filter(payment::Column::RefundId.eq(id)).one(txn).await?;
            payments::reverse(txn, ctx, order, &payout.ok_or_else(|| no_payment(row))?).await?;
            RefundSource::Customer
        }
        None => {
            let link = assignment::Entity::find()
                .filter(assignment::Column::RefundId.eq(id))
                .filter(assignment::Column::MovementId.eq(row.movement_id))
                .filter(assignment::Column::UndoneAt.is_null())
                .one(txn)
                .await?;
            let link = link.ok_or_else(|| Error::inconsistent("refund", "assignment", id))?;
            assignments::mark_undone(txn, ctx, link.id).await?;
            movements::give_back(txn, row.movement_id, row.amount()).await?;
            RefundSource::UnassignedReceipts
        }
    };
    let mut after = row.clone();
    after.deleted_at = Some(ctx.now);
    super::store(txn, ctx, row, after).await?;
    let entry = Entry {
        kind: EntryKind::RefundDeleted,
        date: ctx.today(),
        subject: Subject::Refund(id),
        customer: row.customer_id,
        postings: ledger::reversed(ledger::refund_generated(source, row.amount())?)?,
    };
    journal::post(txn, ctx, entry).await?;
    audit::record(txn, ctx, "refund.deleted", Subject::Refund(id), json!({ "amount": row.amount().to_string() })).await
}
