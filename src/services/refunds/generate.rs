//! Generating refunds from their four origins. The payout is booked and its money reserved at once, in one
//! transaction; one refund per source movement, all or nothing (features 117, 127, 128, Q14).
//!
//! Two capacities are taken by conditional updates: what the source can still give back (a payment's refundable part,
//! or a movement's remainder), and what the correction can still be refunded by.

use sea_orm::{DatabaseTransaction, EntityTrait};
use serde_json::json;

use super::sources::{PayableBack, available, of_order, returnable, sending_account, take_correction, take_refundable};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::approval::ApprovalState;
use crate::domain::assignment::AssignmentOrigin;
use crate::domain::balance::OrderStatus;
use crate::domain::correction::{self, CorrectionEvent};
use crate::domain::id::{CorrectionId, MovementId, OrderId};
use crate::domain::ledger::{self, EntryKind, RefundSource};
use crate::domain::money::Money;
use crate::domain::refund::{RefundMethod, RefundOrigin, RefundStatus};
use crate::entities::{account_movement, invoice_correction, payment_account, refund, sales_order};
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::journal::{self, Entry};
use crate::services::numbers::{self, Series};
use crate::services::payments::{self, Booking, Source};
use crate::services::settings::{self, Settings};
use crate::services::{movements, orders};
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::refunds::{ChosenOrigin, CreateRefund, RefundView};

/// What to pay back, read from a request.
#[derive(Debug, Clone)]
pub struct Wanted {
    origin: Origin,
    amount: Option<Money>,
    expected: Option<Money>,
    movement_id: Option<MovementId>,
    purpose: Option<String>,
    internal_comment: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Origin {
    Correction(CorrectionId),
    CancelledOrder(OrderId),
    RemainingAmount(MovementId),
}

/// Reads a request.
///
/// # Errors
/// All wrong values at once.
pub fn parse(new: &CreateRefund) -> Result<Wanted, Error> {
    let mut checks = Checks::default();
    let pointer = "/origin/id";
    let origin = match new.origin.kind {
        ChosenOrigin::InvoiceCorrection => {
            checks.id(pointer, &new.origin.id, Kind::InvoiceCorrection).map(Origin::Correction)
        }
        ChosenOrigin::CancelledOrder => checks.id(pointer, &new.origin.id, Kind::Order).map(Origin::CancelledOrder),
        ChosenOrigin::RemainingAmount => {
            checks.id(pointer, &new.origin.id, Kind::AccountMovement).map(Origin::RemainingAmount)
        }
    };
    let amount = checks.optional_money("/amount", new.amount.as_ref());
    let expected = checks.optional_money("/expected_amount", new.expected_amount.as_ref());
    let movement_id = new.movement_id.as_ref().and_then(|id| checks.id("/movement_id", id, Kind::AccountMovement));
    let purpose = checks.optional_text("/purpose", new.purpose.as_ref(), limits::REFUND_PURPOSE);
    let internal_comment =
        checks.optional_text("/internal_comment", new.internal_comment.as_ref(), limits::INTERNAL_COMMENT);
    if amount.is_some_and(|amount| !amount.is_positive()) {
        checks.note::<()>("/amount/amount", Err(Error::new(Code::AmountNotPositive)));
    }
    checks.finish()?;
    let origin = origin.ok_or_else(|| Error::internal("checks passed without an origin"))?;
    Ok(Wanted { origin, amount, expected, movement_id, purpose, internal_comment })
}

/// Generates the refunds of one origin.
///
/// # Errors
/// The guards of the contract: `movement_not_returnable`, `not_incoming`, `not_partially_assigned`,
/// `correction_required`, `correction_not_formalised`, `order_not_cancelled`, `outgoing_payment_already_generated`,
/// `refundable_amount_changed`, `amount_exceeds_refundable_amount`, `account_cannot_send` …
pub async fn generate(txn: &DatabaseTransaction, ctx: &Ctx, wanted: &Wanted) -> Result<Vec<RefundView>, Error> {
    let settings = settings::load(txn).await?;
    let rows = match wanted.origin {
        Origin::RemainingAmount(id) => vec![remaining_amount(txn, ctx, (wanted, &settings), id).await?],
        Origin::Correction(id) => of_correction(txn, ctx, (wanted, &settings), id).await?,
        Origin::CancelledOrder(id) => of_cancelled_order(txn, ctx, (wanted, &settings), id).await?,
    };
    super::views(txn, rows).await
}

/// Generates the refunds of an order that is being cancelled: every assigned movement, or nothing (feature 100, Q15).
/// The order is locked and already marked as cancelled.
pub async fn for_cancellation(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    order: &sales_order::Model,
) -> Result<Vec<RefundView>, Error> {
    let settings = settings::load(txn).await?;
    let sources = of_order(txn, order.id, None).await?;
    for source in &sources {
        let movement = &source.movement;
        movement.facts().check_returnable().map_err(|error| error.with("movement_id", movement.id))?;
    }
    let amount = available(&sources, order)?;
    if !amount.is_positive() {
        return Err(Error::new(Code::OrderHasNoAssignedPayment));
    }
    let wanted = Wanted {
        origin: Origin::CancelledOrder(order.id),
        amount: None,
        expected: None,
        movement_id: None,
        purpose: None,
        internal_comment: None,
    };
    let plan = Plan { kind: RefundOrigin::OrderCancellation, order, correction: None, amount };
    let rows = pay_back(txn, ctx, (&wanted, &settings), &plan, &sources).await?;
    super::views(txn, rows).await
}

async fn remaining_amount(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (wanted, settings): (&Wanted, &Settings),
    id: MovementId,
) -> Result<refund::Model, Error> {
    let unknown = || Error::unknown_reference(Kind::AccountMovement).at("/origin/id");
    let movement = movements::lock(txn, id).await?.ok_or_else(unknown)?;
    movement.facts().check_remainder_returnable(settings.unassigned_returns())?;
    let account = sending_account(txn, movement.account_id).await?;
    let amount = amount_of(wanted, movement.free())?;
    let lost = || Error::new(Code::RefundableAmountChanged).with("refundable_amount", movement.free().amount());
    movements::take_free(txn, id, amount, lost).await?;
    let mut row = new_row(ctx, (wanted, settings), (&movement, &account), amount)?;
    row.origin = RefundOrigin::RemainingAmount;
    row.approval_state = approval_for(settings, amount);
    row.status = first_status(row.approval_state);
    let row = insert_numbered(txn, ctx, row).await?;
    db::insert(txn, super::assignment_to(ctx, &row, row.movement_id, AssignmentOrigin::Manual)).await?;
    book(txn, ctx, &row, RefundSource::UnassignedReceipts).await?;
    Ok(row)
}

async fn of_correction(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (wanted, settings): (&Wanted, &Settings),
    id: CorrectionId,
) -> Result<Vec<refund::Model>, Error> {
    let unknown = || Error::unknown_reference(Kind::InvoiceCorrection).at("/origin/id");
    let found = invoice_correction::Entity::find_by_id(id).one(txn).await?.ok_or_else(unknown)?;
    let order = orders::lock(txn, found.order_id).await?;
    let order = order.ok_or_else(|| Error::inconsistent("invoice_correction", "order_id", id))?;
    let correction = invoice_correction::Entity::find_by_id(id).one(txn).await?.ok_or_else(unknown)?;
    correction::check(correction.status, CorrectionEvent::GenerateRefund)?;
    if correction.refundable().is_zero() {
        return Err(Error::new(Code::OutgoingPaymentAlreadyGenerated));
    }
    let sources = returnable(of_order(txn, order.id, wanted.movement_id).await?)?;
    let available = available(&sources, &order)?.min(correction.refundable())?;
    if !available.is_positive() {
        return Err(Error::new(Code::OutgoingPaymentAlreadyGenerated));
    }
    let amount = amount_of(wanted, available)?;
    let plan = Plan { kind: RefundOrigin::InvoiceCorrection, order: &order, correction: Some(&correction), amount };
    pay_back(txn, ctx, (wanted, settings), &plan, &sources).await
}

async fn of_cancelled_order(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (wanted, settings): (&Wanted, &Settings),
    id: OrderId,
) -> Result<Vec<refund::Model>, Error> {
    let unknown = || Error::unknown_reference(Kind::Order).at("/origin/id");
    let order = orders::lock(txn, id).await?.ok_or_else(unknown)?;
    match order.status {
        OrderStatus::Cancelled => {}
        OrderStatus::Invoiced => return Err(Error::new(Code::CorrectionRequired)),
        OrderStatus::Open => return Err(Error::new(Code::OrderNotCancelled)),
    }
    let sources = returnable(of_order(txn, id, wanted.movement_id).await?)?;
    let available = available(&sources, &order)?;
    if !available.is_positive() {
        return Err(Error::new(Code::OutgoingPaymentAlreadyGenerated));
    }
    let amount = amount_of(wanted, available)?;
    let plan = Plan { kind: RefundOrigin::CancelledOrder, order: &order, correction: None, amount };
    pay_back(txn, ctx, (wanted, settings), &plan, &sources).await
}

/// The amount asked for, or all that is available.
fn amount_of(wanted: &Wanted, available: Money) -> Result<Money, Error> {
    let changed = || Error::new(Code::RefundableAmountChanged).with("refundable_amount", available.amount());
    let difference = wanted.expected.map(|expected| available.checked_sub(expected)).transpose()?;
    if difference.is_some_and(|difference| !difference.is_zero()) {
        return Err(changed());
    }
    match wanted.amount {
        None => Ok(available),
        Some(amount) if available.min(amount)? == amount => Ok(amount),
        Some(_) => {
            let exceeds = Error::new(Code::AmountExceedsRefundableAmount);
            Err(exceeds.with("refundable_amount", available.amount()).at("/amount/amount"))
        }
    }
}

/// A payout to spread over sources.
struct Plan<'a> {
    kind: RefundOrigin,
    order: &'a sales_order::Model,
    correction: Option<&'a invoice_correction::Model>,
    amount: Money,
}

async fn pay_back(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (wanted, settings): (&Wanted, &Settings),
    plan: &Plan<'_>,
    sources: &[PayableBack],
) -> Result<Vec<refund::Model>, Error> {
    let mut left = plan.amount;
    let mut rows = Vec::new();
    // The policy looks at the whole payout: splitting it over movements must not get around the limit.
    let approval = approval_for(settings, plan.amount);
    for source in sources {
        let amount = left.min(source.payment.refundable())?;
        if !amount.is_positive() {
            continue;
        }
        left = left.checked_sub(amount)?;
        let account = sending_account(txn, source.movement.account_id).await?;
        take_refundable(txn, &source.payment, amount).await?;
        if let Some(correction) = plan.correction {
            take_correction(txn, correction, amount).await?;
        }
        let mut row = new_row(ctx, (wanted, settings), (&source.movement, &account), amount)?;
        row.origin = plan.kind;
        row.order_id = Some(plan.order.id);
        row.correction_id = plan.correction.map(|correction| correction.id);
        row.payment_id = Some(source.payment.id);
        row.customer_id = Some(plan.order.customer_id);
        row.approval_state = approval;
        row.status = first_status(approval);
        let row = insert_numbered(txn, ctx, row).await?;
        let booking = Booking {
            invoice: plan.correction.map(|correction| correction.invoice_id),
            correction: plan.correction.map(|correction| correction.id),
            amount: amount.checked_neg()?,
            source: Source::Refund(row.id),
            date: ctx.today(),
            note: None,
        };
        payments::book(txn, ctx, plan.order, booking).await?;
        book(txn, ctx, &row, RefundSource::Customer).await?;
        rows.push(row);
    }
    Ok(rows)
}

fn approval_for(settings: &Settings, amount: Money) -> ApprovalState {
    if settings.four_eyes.requires(amount) { ApprovalState::Pending } else { ApprovalState::NotRequired }
}

const fn first_status(approval: ApprovalState) -> RefundStatus {
    match approval {
        ApprovalState::NotRequired | ApprovalState::Approved => RefundStatus::NotSent,
        ApprovalState::Pending | ApprovalState::Rejected => RefundStatus::AwaitingApproval,
    }
}

fn new_row(
    ctx: &Ctx,
    (wanted, settings): (&Wanted, &Settings),
    (movement, account): (&account_movement::Model, &payment_account::Model),
    amount: Money,
) -> Result<refund::Model, Error> {
    Ok(refund::Model {
        id: ctx.id(),
        number: String::new(),
        origin: RefundOrigin::RemainingAmount,
        correction_id: None,
        order_id: None,
        movement_id: movement.id,
        payment_id: None,
        customer_id: None,
        account_id: account.id,
        method: RefundMethod::Original,
        amount_minor: amount.minor(),
        currency: amount.currency(),
        status: RefundStatus::NotSent,
        recipient_name: movement.counterparty_name.clone(),
        recipient_iban: movement.counterparty_iban.clone(),
        purpose: wanted.purpose.clone(),
        internal_comment: wanted.internal_comment.clone(),
        four_eyes: settings.four_eyes.as_text(),
        approval_state: ApprovalState::NotRequired,
        approval_reason: None,
        approval_by: None,
        approval_at: None,
        created_by: ctx.person()?,
        final_refusals: 0,
        outcome_unknown: false,
        provider_reference: None,
        last_error_code: None,
        last_error_detail: None,
        last_error_provider_code: None,
        confirming_movement_id: None,
        deleted_at: None,
        version: 1,
        created_at: ctx.now,
        sent_at: None,
        confirmed_at: None,
        changed_at: ctx.now,
    })
}

async fn insert_numbered(txn: &DatabaseTransaction, ctx: &Ctx, mut row: refund::Model) -> Result<refund::Model, Error> {
    row.number = numbers::next(txn, Series::Refund, ctx.today()).await?;
    db::insert(txn, row.clone()).await?;
    Ok(row)
}

async fn book(txn: &DatabaseTransaction, ctx: &Ctx, row: &refund::Model, source: RefundSource) -> Result<(), Error> {
    let entry = Entry {
        kind: EntryKind::RefundGenerated,
        date: ctx.today(),
        subject: Subject::Refund(row.id),
        customer: row.customer_id,
        postings: ledger::refund_generated(source, row.amount())?,
    };
    journal::post(txn, ctx, entry).await?;
    let details = json!({ "amount": row.amount().to_string(), "origin": row.origin, "movement": row.movement_id });
    audit::record(txn, ctx, "refund.generated", Subject::Refund(row.id), details).await
}
