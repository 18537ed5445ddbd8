//! Sending, step one: the intent. The attempt with its key and the job are committed before any provider is called, so
//! whatever happens afterwards, the key is known.

use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::sources::sending_account;
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::{AttemptId, RefundId};
use crate::domain::job::JobKind;
use crate::domain::refund::{self as rules, AttemptState, OutcomeKnowledge, RefundEvent, RefundStatus};
use crate::entities::{refund, refund_attempt};
use crate::error::Error;
use crate::services::audit::{self, Subject};
use crate::services::{licences, queue};
use crate::views::refunds::{RefundView, SendRefund};

/// Payload of the jobs that send and that ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendJob {
    pub refund: uuid::Uuid,
    pub attempt: uuid::Uuid,
}

/// Starts to send a refund: it is `sending` from here on, a worker does the rest.
///
/// # Errors
/// `approval_required`, `invalid_transition` while it is being sent, `outgoing_payment_already_sent`,
/// `account_hidden`, `account_cannot_send`, `version_mismatch`.
pub async fn send(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (RefundId, Option<i64>),
    command: &SendRefund,
) -> Result<RefundView, Error> {
    let row = super::lock(txn, id).await?;
    db::check_version(version, row.version)?;
    let again = row.status == RefundStatus::Sending
        && command.acknowledge_duplicate_risk
        && row.facts().outcome_unknown == OutcomeKnowledge::Unknown;
    let event = if again { RefundEvent::ResendUnknown } else { RefundEvent::Send };
    let status = row.facts().apply(event)?;
    sending_account(txn, row.account_id).await?;
    let attempt = if again { live_attempt(txn, id).await? } else { new_attempt(txn, ctx, &row).await? };
    let mut after = row.clone();
    after.status = status;
    let after = super::store(txn, ctx, &row, after).await?;
    let job = SendJob { refund: id.0, attempt: attempt.0 };
    if again {
        // The resolver that is waiting asks now; a second job for the same attempt would call beside it.
        queue::hurry(txn, ctx, JobKind::ResolveRefund, &job).await?;
    } else {
        queue::enqueue(txn, ctx, JobKind::SendRefund, &job).await?;
    }
    let action = if again { "refund.resending" } else { "refund.sending" };
    audit::record(txn, ctx, action, Subject::Refund(id), json!({ "attempt": attempt })).await?;
    super::view(txn, after).await
}

async fn new_attempt(txn: &DatabaseTransaction, ctx: &Ctx, row: &refund::Model) -> Result<AttemptId, Error> {
    let installation = licences::id(txn).await?;
    let refusals =
        u32::try_from(row.final_refusals).map_err(|_| Error::inconsistent("refund", "final_refusals", row.id))?;
    let earlier = refund_attempt::Entity::find().filter(refund_attempt::Column::RefundId.eq(row.id)).count(txn).await?;
    let number = i32::try_from(earlier.saturating_add(1)).map_err(Error::internal)?;
    let attempt = refund_attempt::Model {
        id: ctx.id(),
        refund_id: row.id,
        number,
        provider_key: rules::provider_key(installation, row.id, refusals),
        state: AttemptState::Open,
        amount_minor: row.amount_minor,
        currency: row.currency,
        submissions: 0,
        provider_reference: None,
        error_code: None,
        error_detail: None,
        error_provider_code: None,
        created_by: ctx.person()?,
        created_at: ctx.now,
        first_submitted_at: None,
        finished_at: None,
    };
    let id = attempt.id;
    db::insert(txn, attempt).await?;
    Ok(id)
}

async fn live_attempt(txn: &DatabaseTransaction, id: RefundId) -> Result<AttemptId, Error> {
    let found = refund_attempt::Entity::find()
        .filter(refund_attempt::Column::RefundId.eq(id))
        .filter(refund_attempt::Column::State.is_in([AttemptState::Open, AttemptState::Unknown]))
        .one(txn)
        .await?;
    found.map(|attempt| attempt.id).ok_or_else(|| Error::inconsistent("refund", "attempt", id))
}
