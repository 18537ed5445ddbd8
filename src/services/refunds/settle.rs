//! Sending, steps two and three: call the provider with the attempt's key, record what it says; ask it when it did not
//! say; confirm when its own movement arrives. No transaction is open while a provider is called.
//!
//! The same attempt may be submitted many times, by a retry, a restart or two workers: the key is the same, so the
//! provider pays once. What is recorded here is written by conditional updates, so the first outcome stays.

use std::time::Duration as StdDuration;

use chrono::Duration;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use super::send::SendJob;
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::assignment::{AssignmentOrigin, TargetType};
use crate::domain::id::{AttemptId, RefundId};
use crate::domain::job::JobKind;
use crate::domain::ledger::{self, EntryKind, MovementBooked, Postings};
use crate::domain::refund::{AttemptState, RefundEvent, RefundStatus};
use crate::entities::{account_movement, assignment, invoice_correction, payment_account, refund, refund_attempt};
use crate::error::{Code, Error};
use crate::providers::{Found, Provider, Resubmission, Submission, Submitted};
use crate::services::audit::{self, Subject};
use crate::services::journal::{self, Entry};
use crate::services::queue::{self, Ended};
use crate::services::{movements, orders};
use crate::state::AppState;

/// First pause before the provider is asked what became of a payout.
const FIRST_LOOK: Duration = Duration::seconds(5);

/// Everything a call needs, read before it and outside of any transaction.
struct Intent {
    refund: RefundId,
    attempt: refund_attempt::Model,
    submission: Submission,
    account: payment_account::Model,
}

/// Runs a send job: submits the attempt and records the outcome.
pub async fn deliver(state: &AppState, ctx: &Ctx, job: SendJob) -> Ended {
    match submit_and_record(state, ctx, job).await {
        Ok(ended) => ended,
        Err(error) => Ended::Retry(error),
    }
}

/// Runs a resolve job: asks the provider by key; where the provider refuses to carry out a key twice, submitting the
/// same key again is the safest way to ask.
pub async fn resolve(state: &AppState, ctx: &Ctx, job: SendJob) -> Ended {
    match ask_and_record(state, ctx, job).await {
        Ok(ended) => ended,
        Err(error) => Ended::Retry(error),
    }
}

async fn submit_and_record(state: &AppState, ctx: &Ctx, job: SendJob) -> Result<Ended, Error> {
    let Some(intent) = intent(state, job).await? else { return Ok(Ended::Done) };
    let Some(provider) = state.providers.of(intent.account.provider) else {
        return Ok(Ended::Fail(Error::new(Code::AccountCannotSend).with("account", intent.account.name)));
    };
    let was_unknown = intent.attempt.state == AttemptState::Unknown;
    match submit(state, ctx, provider, &intent).await? {
        Submitted::Accepted { reference } => record_accepted(state, ctx, &intent, &reference).await?,
        Submitted::Rejected { code, detail } => record_refused(state, ctx, &intent, (&code, &detail)).await?,
        Submitted::Unavailable { detail } => return Ok(Ended::Retry(Error::new(Code::Unavailable).because(detail))),
        Submitted::Unknown { detail } if was_unknown => {
            // A resolver is asking already.
            tracing::warn!(refund.id = %intent.refund, detail, "the outcome of a refund is still unknown");
        }
        Submitted::Unknown { detail } => record_unknown(state, ctx, &intent, (job, &detail)).await?,
    }
    Ok(Ended::Done)
}

async fn ask_and_record(state: &AppState, ctx: &Ctx, job: SendJob) -> Result<Ended, Error> {
    let Some(intent) = intent(state, job).await? else { return Ok(Ended::Done) };
    let Some(provider) = state.providers.of(intent.account.provider) else {
        return Ok(Ended::Fail(Error::new(Code::AccountCannotSend).with("account", intent.account.name)));
    };
    let timeout = timeout_of(state);
    let looked = tokio::time::timeout(timeout, provider.lookup(intent.account.id, &intent.attempt.provider_key)).await;
    let unavailable = |detail: String| Ok(Ended::Retry(Error::new(Code::Unavailable).because(detail)));
    match looked {
        Err(_) => return unavailable("the provider did not answer in time".to_owned()),
        Ok(Found::Unavailable { detail }) => return unavailable(detail),
        Ok(Found::Accepted { reference }) => record_accepted(state, ctx, &intent, &reference).await?,
        Ok(Found::Rejected { code, detail }) => record_refused(state, ctx, &intent, (&code, &detail)).await?,
        Ok(Found::Nothing) => match provider.may_resubmit() {
            Resubmission::Never => return unavailable("the provider has no trace of the payout yet".to_owned()),
            Resubmission::SameKeyIsSafe => match submit(state, ctx, provider, &intent).await? {
                Submitted::Accepted { reference } => record_accepted(state, ctx, &intent, &reference).await?,
                Submitted::Rejected { code, detail } => record_refused(state, ctx, &intent, (&code, &detail)).await?,
                Submitted::Unavailable { detail } | Submitted::Unknown { detail } => return unavailable(detail),
            },
        },
    }
    Ok(Ended::Done)
}

fn timeout_of(state: &AppState) -> StdDuration {
    StdDuration::from_millis(u64::from(state.config.provider_timeout_milliseconds))
}

/// Reads the attempt again right before the call: one that is settled is not submitted.
async fn intent(state: &AppState, job: SendJob) -> Result<Option<Intent>, Error> {
    let conn = state.db.reader();
    let attempt = refund_attempt::Entity::find_by_id(AttemptId(job.attempt)).one(conn).await?;
    let attempt = attempt.ok_or_else(|| Error::not_found("refund attempt"))?;
    if !matches!(attempt.state, AttemptState::Open | AttemptState::Unknown) {
        return Ok(None);
    }
    let row = super::load(conn, attempt.refund_id).await?;
    let movement = movements::load(conn, row.movement_id).await?;
    let account = payment_account::Entity::find_by_id(row.account_id).one(conn).await?;
    let account = account.ok_or_else(|| Error::inconsistent("refund", "account_id", row.id))?;
    let submission = Submission {
        account: account.id,
        key: attempt.provider_key.clone(),
        original_transaction_id: movement.transaction_id,
        amount: attempt.amount(),
        purpose: row.purpose,
    };
    Ok(Some(Intent { refund: row.id, attempt, submission, account }))
}

/// Notes that the attempt is being submitted, commits, and only then calls the provider.
async fn submit(state: &AppState, ctx: &Ctx, provider: &dyn Provider, intent: &Intent) -> Result<Submitted, Error> {
    let first = intent.attempt.first_submitted_at.unwrap_or(ctx.now);
    let noted = state
        .db
        .write(async |txn| {
            let column = refund_attempt::Column::Submissions;
            let update = refund_attempt::Entity::update_many()
                .col_expr(column, Expr::col(column).add(1))
                .col_expr(refund_attempt::Column::FirstSubmittedAt, Expr::value(first))
                .filter(refund_attempt::Column::Id.eq(intent.attempt.id))
                .filter(refund_attempt::Column::State.is_in([AttemptState::Open, AttemptState::Unknown]));
            db::take(txn, update, || Error::new(Code::ConcurrentChange)).await
        })
        .await;
    noted?;
    let answer = tokio::time::timeout(timeout_of(state), provider.submit(&intent.submission)).await;
    Ok(answer.unwrap_or_else(|_| Submitted::Unknown { detail: "the provider did not answer in time".to_owned() }))
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

async fn record_accepted(state: &AppState, ctx: &Ctx, intent: &Intent, reference: &str) -> Result<(), Error> {
    state
        .db
        .write(async |txn| {
            let row = lock_with_order(txn, intent.refund).await?;
            mark_sent(txn, ctx, &row, (intent.attempt.id, reference)).await?;
            Ok(())
        })
        .await
}

/// Locks order and refund in that order; the order because `sent` changes the correction's settlement.
async fn lock_with_order(txn: &DatabaseTransaction, id: RefundId) -> Result<refund::Model, Error> {
    let seen = super::load(txn, id).await?;
    if let Some(order) = seen.order_id {
        orders::lock(txn, order).await?;
    }
    super::lock(txn, id).await
}

/// The refund has left the house: Dr refunds payable / Cr money in transit. Harmless when it is known already.
async fn mark_sent(
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
    if !settled.await? {
        return Ok(row.clone());
    }
    let mut after = row.clone();
    after.status = row.facts().apply(RefundEvent::Accepted)?;
    after.provider_reference = Some(reference.to_owned());
    after.outcome_unknown = false;
    after.sent_at = Some(ctx.now);
    after.last_error_code = None;
    after.last_error_detail = None;
    after.last_error_provider_code = None;
    let after = super::store(txn, row, after).await?;
    if let Some(correction) = row.correction_id {
        let column = invoice_correction::Column::SentMinor;
        let update = invoice_correction::Entity::update_many()
            .col_expr(column, Expr::col(column).add(row.amount_minor))
            .col_expr(invoice_correction::Column::Version, Expr::col(invoice_correction::Column::Version).add(1))
            .filter(invoice_correction::Column::Id.eq(correction));
        db::take(txn, update, || Error::inconsistent("refund", "correction_id", row.id)).await?;
    }
    post(txn, ctx, row, (EntryKind::RefundSent, ledger::refund_sent(row.amount())?)).await?;
    audit::record(txn, ctx, "refund.sent", Subject::Refund(row.id), json!({ "reference": reference })).await?;
    Ok(after)
}

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
async fn record_refused(
    state: &AppState,
    ctx: &Ctx,
    intent: &Intent,
    (code, detail): (&str, &str),
) -> Result<(), Error> {
    state
        .db
        .write(async |txn| {
            let row = super::lock(txn, intent.refund).await?;
            let settled = settle_attempt(txn, ctx, intent.attempt.id, |update| {
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
            super::store(txn, &row, after).await?;
            audit::record(txn, ctx, "refund.refused", Subject::Refund(row.id), json!({ "code": code })).await
        })
        .await
}

/// Nobody knows: the refund stays `sending`, its money reserved, and a resolver asks.
async fn record_unknown(
    state: &AppState,
    ctx: &Ctx,
    intent: &Intent,
    (job, detail): (SendJob, &str),
) -> Result<(), Error> {
    let look_at = ctx.now.checked_add_signed(FIRST_LOOK).unwrap_or(ctx.now);
    state
        .db
        .write(async |txn| {
            let row = super::lock(txn, intent.refund).await?;
            let update = refund_attempt::Entity::update_many()
                .col_expr(refund_attempt::Column::State, Expr::value(AttemptState::Unknown))
                .col_expr(refund_attempt::Column::ErrorDetail, Expr::value(detail))
                .filter(refund_attempt::Column::Id.eq(intent.attempt.id))
                .filter(refund_attempt::Column::State.eq(AttemptState::Open));
            if update.exec(txn).await?.rows_affected == 0 {
                return Ok(());
            }
            let mut after = row.clone();
            after.status = row.facts().apply(RefundEvent::OutcomeUnknown)?;
            after.outcome_unknown = true;
            super::store(txn, &row, after).await?;
            queue::enqueue_at(txn, ctx, JobKind::ResolveRefund, &job, look_at).await?;
            audit::record(txn, ctx, "refund.outcome_unknown", Subject::Refund(row.id), json!({})).await
        })
        .await
}

/// The provider's own outgoing movement, and the key it carries.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmBy<'a> {
    pub movement: &'a account_movement::Model,
    pub key: &'a str,
    pub booked: MovementBooked,
}

/// Confirms the refund whose key a movement carries: `false` when there is none it fits. The movement only confirms, it
/// never pays a second time (I18); it may arrive before our own outcome does (lesson R8).
pub async fn confirm(txn: &DatabaseTransaction, ctx: &Ctx, by: ConfirmBy<'_>) -> Result<bool, Error> {
    let movement = by.movement;
    let attempt =
        refund_attempt::Entity::find().filter(refund_attempt::Column::ProviderKey.eq(by.key)).one(txn).await?;
    let Some(attempt) = attempt else { return Ok(false) };
    if super::load(txn, attempt.refund_id).await.is_err() {
        return Ok(false);
    }
    let mut row = lock_with_order(txn, attempt.refund_id).await?;
    let fits = row.account_id == movement.account_id
        && movement.amount() == row.amount().checked_neg()?
        && matches!(row.status, RefundStatus::Sending | RefundStatus::Sent)
        && row.confirming_movement_id.is_none();
    if !fits {
        tracing::warn!(refund.id = %row.id, movement.id = %movement.id, "a movement carries the key of a refund it does not fit");
        return Ok(false);
    }
    if row.status == RefundStatus::Sending {
        row = mark_sent(txn, ctx, &row, (attempt.id, &movement.transaction_id)).await?;
    }
    let mut after = row.clone();
    after.status = row.facts().apply(RefundEvent::Confirmed)?;
    after.confirming_movement_id = Some(movement.id);
    after.confirmed_at = Some(ctx.now);
    super::store(txn, &row, after).await?;
    let lost = || Error::new(Code::ConcurrentChange);
    let whole = row.amount();
    movements::take_free(txn, movement.id, whole, lost).await?;
    db::insert(txn, confirming_assignment(ctx, movement, &row)).await?;
    post(txn, ctx, &row, (EntryKind::RefundConfirmed, ledger::refund_confirmed(by.booked, whole)?)).await?;
    audit::record(txn, ctx, "refund.confirmed", Subject::Refund(row.id), json!({ "movement": movement.id })).await?;
    Ok(true)
}

fn confirming_assignment(ctx: &Ctx, movement: &account_movement::Model, row: &refund::Model) -> assignment::Model {
    assignment::Model {
        id: ctx.id(),
        movement_id: movement.id,
        target_type: TargetType::Refund,
        order_id: None,
        invoice_id: None,
        refund_id: Some(row.id),
        amount_minor: row.amount_minor,
        currency: row.currency,
        origin: AssignmentOrigin::Automatic,
        created_by: ctx.user_id(),
        version: 1,
        created_at: ctx.now,
        undone_at: None,
        undone_by: None,
    }
}
