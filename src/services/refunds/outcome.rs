//! Sending, step three: what the provider said is recorded, each outcome in one transaction.
//!
//! An attempt is settled by a conditional update, so the first outcome stays. One that contradicts it later is never
//! swallowed: money that left after a refusal was recorded must not be sent again.

use chrono::Duration;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use super::send::SendJob;
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::{AttemptId, RefundId};
use crate::domain::job::JobKind;
use crate::domain::ledger::{self, EntryKind, Postings};
use crate::domain::refund::{AttemptState, RefundEvent, RefundStatus};
use crate::entities::{invoice_correction, refund, refund_attempt};
use crate::error::Error;
use crate::services::audit::{self, Subject};
use crate::services::journal::{self, Entry};
use crate::services::{orders, queue};

/// First pause before the provider is asked what became of a payout.
const FIRST_LOOK: Duration = Duration::seconds(5);

/// An attempt of a refund whose outcome is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Settling {
    pub refund: RefundId,
    pub attempt: AttemptId,
}

/// A final refusal in the provider's words.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    pub code: &'a str,
    pub detail: &'a str,
}

/// Settles an attempt, once: `false` when somebody else did.
async fn settle_attempt(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    id: AttemptId,
    change: impl FnOnce(sea_orm::UpdateMany<refund_attempt::Entity>) -> sea_orm::UpdateMany<refund_attempt::Entity>,
) -> Result<bool, Error> {
    let update = refund_attempt::Entity::update_many()
        .col_expr(refund_attempt::Column::FinishedAt, Expr::value(ctx.now))
        .filter(refund_attempt::Column::Id.eq(id))
        .filter(refund_attempt::Column::State.is_in([AttemptState::Open, AttemptState::Unknown]));
    Ok(change(update).exec(txn).await?.rows_affected == 1)
}

/// Locks order and refund in that order; the order because `sent` changes the correction's settlement.
pub async fn lock_with_order(txn: &DatabaseTransaction, id: RefundId) -> Result<refund::Model, Error> {
    let seen = super::load(txn, id).await?;
    if let Some(order) = seen.order_id {
        orders::lock(txn, order).await?;
    }
    super::lock(txn, id).await
}

/// The provider has paid out.
pub async fn accepted(txn: &DatabaseTransaction, ctx: &Ctx, of: Settling, reference: &str) -> Result<(), Error> {
    let row = lock_with_order(txn, of.refund).await?;
    mark_sent(txn, ctx, &row, (of.attempt, reference)).await.map(drop)
}

/// The refund has left the house: Dr refunds payable / Cr money in transit. Harmless when it is known already.
pub async fn mark_sent(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    row: &refund::Model,
    (attempt, reference): (AttemptId, &str),
) -> Result<refund::Model, Error> {
    let settled = settle_attempt(txn, ctx, attempt, |update| {
        update
            .col_expr(refund_attempt::Column::State, Expr::value(AttemptState::Accepted))
            .col_expr(refund_attempt::Column::ProviderReference, Expr::value(reference))
    });
    let event = match settled.await? {
        true => RefundEvent::Accepted,
        false if accept_refused(txn, ctx, row, (attempt, reference)).await? => RefundEvent::AcceptedLate,
        false => return Ok(row.clone()),
    };
    let mut after = row.clone();
    after.status = row.facts().apply(event)?;
    after.provider_reference = Some(reference.to_owned());
    after.outcome_unknown = false;
    after.sent_at = Some(ctx.now);
    after.last_error_code = None;
    after.last_error_detail = None;
    after.last_error_provider_code = None;
    let after = super::store(txn, ctx, row, after).await?;
    if let Some(correction) = row.correction_id {
        let column = invoice_correction::Column::SentMinor;
        let update = invoice_correction::Entity::update_many()
            .col_expr(column, Expr::col(column).add(row.amount_minor))
            .col_expr(invoice_correction::Column::Version, Expr::col(invoice_correction::Column::Version).add(1))
            .filter(invoice_correction::Column::Id.eq(correction));
        db::change(txn, update, || Error::inconsistent("refund", "correction_id", row.id)).await?;
    }
    post(txn, ctx, row, (EntryKind::RefundSent, ledger::refund_sent(row.amount())?)).await?;
    audit::record(txn, ctx, "refund.sent", Subject::Refund(row.id), json!({ "reference": reference })).await?;
    Ok(after)
}

/// A provider that refused and paid nevertheless: `true` when the refund can be taken as sent, because nothing happened
/// to it since. In any case somebody has to know.
async fn accept_refused(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    row: &refund::Model,
    (id, reference): (AttemptId, &str),
) -> Result<bool, Error> {
    let refused = refund_attempt::Entity::find_by_id(id)
        .filter(refund_attempt::Column::State.eq(AttemptState::Refused))
        .one(txn)
        .await?;
    let Some(attempt) = refused else { return Ok(false) };
    let untouched = row.status == RefundStatus::Failed && row.amount() == attempt.amount();
    tracing::error!(refund.id = %row.id, untouched, "a payout was carried out after its refusal was recorded");
    let details = json!({ "attempt": id, "reference": reference, "taken_as_sent": untouched });
    audit::record(txn, ctx, "refund.paid_after_refusal", Subject::Refund(row.id), details).await?;
    if untouched {
        let update = refund_attempt::Entity::update_many()
            .col_expr(refund_attempt::Column::State, Expr::value(AttemptState::Accepted))
            .col_expr(refund_attempt::Column::ProviderReference, Expr::value(reference))
            .filter(refund_attempt::Column::Id.eq(id));
        db::change(txn, update, || Error::inconsistent("refund", "attempt", row.id)).await?;
    }
    Ok(untouched)
}

/// Books a step of a refund, on the day of the call.
async fn post(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    row: &refund::Model,
    (kind, postings): (EntryKind, Postings),
) -> Result<(), Error> {
    let entry =
        Entry { kind, date: ctx.today(), subject: Subject::Refund(row.id), customer: row.customer_id, postings };
    journal::post(txn, ctx, entry).await
}

/// A final refusal: nothing is posted, the money stays reserved for another try (I15).
pub async fn refused(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    of: Settling,
    Refusal { code, detail }: Refusal<'_>,
) -> Result<(), Error> {
    let row = super::lock(txn, of.refund).await?;
    let settled = settle_attempt(txn, ctx, of.attempt, |update| {
        update
            .col_expr(refund_attempt::Column::State, Expr::value(AttemptState::Refused))
            .col_expr(refund_attempt::Column::ErrorCode, Expr::value(code))
            .col_expr(refund_attempt::Column::ErrorDetail, Expr::value(detail))
            .col_expr(refund_attempt::Column::ErrorProviderCode, Expr::value(code))
    });
    if !settled.await? {
        return Ok(());
    }
    let mut after = row.clone();
    after.status = row.facts().apply(RefundEvent::Refused)?;
    after.final_refusals = row.final_refusals.saturating_add(1);
    after.outcome_unknown = false;
    after.last_error_code = Some(code.to_owned());
    after.last_error_detail = Some(detail.to_owned());
    after.last_error_provider_code = Some(code.to_owned());
    super::store(txn, ctx, &row, after).await?;
    audit::record(txn, ctx, "refund.refused", Subject::Refund(row.id), json!({ "code": code })).await
}

/// Nobody knows: the refund stays `sending`, its money reserved, and a resolver asks.
pub async fn unknown(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    of: Settling,
    (job, detail): (SendJob, &str),
) -> Result<(), Error> {
    let row = super::lock(txn, of.refund).await?;
    let update = refund_attempt::Entity::update_many()
        .col_expr(refund_attempt::Column::State, Expr::value(AttemptState::Unknown))
        .col_expr(refund_attempt::Column::ErrorDetail, Expr::value(detail))
        .filter(refund_attempt::Column::Id.eq(of.attempt))
        .filter(refund_attempt::Column::State.eq(AttemptState::Open));
    if update.exec(txn).await?.rows_affected == 0 {
        return Ok(());
    }
    let mut after = row.clone();
    after.status = row.facts().apply(RefundEvent::OutcomeUnknown)?;
    after.outcome_unknown = true;
    super::store(txn, ctx, &row, after).await?;
    let look_at = ctx.now.checked_add_signed(FIRST_LOOK).unwrap_or(ctx.now);
    queue::enqueue_at(txn, ctx, JobKind::ResolveRefund, &job, look_at).await?;
    audit::record(txn, ctx, "refund.outcome_unknown", Subject::Refund(row.id), json!({})).await
}
