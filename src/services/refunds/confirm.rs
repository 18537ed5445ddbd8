//! Sending, step four: the provider's own outgoing movement arrives and confirms the refund.

use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;

use super::outcome::{lock_with_order, mark_sent};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::assignment::AssignmentOrigin;
use crate::domain::ledger::{self, EntryKind, MovementBooked};
use crate::domain::refund::{AttemptState, RefundEvent, RefundStatus};
use crate::entities::{account_movement, refund, refund_attempt};
use crate::error::{Code, Error};
use crate::services::audit::{self, Subject};
use crate::services::journal::{self, Entry};
use crate::services::movements;

/// The movement, and the key it carries.
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
    if !fits(&row, movement)? {
        tracing::warn!(refund.id = %row.id, movement.id = %movement.id, "a movement carries the key of a refund it does not fit");
        return Ok(false);
    }
    // The payout is the outcome, whatever we knew of the attempt.
    row = mark_sent(txn, ctx, &row, (attempt.id, &movement.transaction_id)).await?;
    let attempt = refund_attempt::Entity::find_by_id(attempt.id).one(txn).await?;
    if row.status != RefundStatus::Sent || attempt.is_none_or(|attempt| attempt.state != AttemptState::Accepted) {
        return Ok(false);
    }
    let mut after = row.clone();
    after.status = row.facts().apply(RefundEvent::Confirmed)?;
    after.confirming_movement_id = Some(movement.id);
    after.confirmed_at = Some(ctx.now);
    super::store(txn, ctx, &row, after).await?;
    let whole = row.amount();
    movements::take_free(txn, movement.id, whole, || Error::new(Code::ConcurrentChange)).await?;
    db::insert(txn, super::assignment_to(ctx, &row, movement.id, AssignmentOrigin::Automatic)).await?;
    let entry = Entry {
        kind: EntryKind::RefundConfirmed,
        date: movement.booking_date,
        subject: Subject::Refund(row.id),
        customer: row.customer_id,
        postings: ledger::refund_confirmed(by.booked, whole)?,
    };
    journal::post(txn, ctx, entry).await?;
    audit::record(txn, ctx, "refund.confirmed", Subject::Refund(row.id), json!({ "movement": movement.id })).await?;
    Ok(true)
}

/// Whether the movement pays this refund, whole, and is free to be linked.
fn fits(row: &refund::Model, movement: &account_movement::Model) -> Result<bool, Error> {
    Ok(matches!(row.status, RefundStatus::Sending | RefundStatus::Sent | RefundStatus::Failed)
        && row.account_id == movement.account_id
        && movement.amount() == row.amount().checked_neg()?
        && movement.free() == row.amount()
        && !movement.hidden
        && row.confirming_movement_id.is_none())
}
