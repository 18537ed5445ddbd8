//! A fault for the kill harness to find, in no build but the one that `cargo xtask faults` makes: the provider is called
//! in front of the intent, with a key that nobody knows before the transaction commits.
//!
//! Without a kill nothing comes of it: the worker sends the same attempt again, under the key that was committed in the
//! end, and the provider pays once. A kill between the call and the commit forgets the key, and the next try pays again.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::domain::id::RefundId;
use crate::domain::refund::AttemptState;
use crate::entities::{payment_account, refund_attempt};
use crate::error::Error;
use crate::providers::Submission;
use crate::services::movements;
use crate::state::AppState;

/// Gives the live attempt another key and calls the provider with it, before anything is committed.
pub async fn call_before_intent(state: &AppState, txn: &DatabaseTransaction, id: RefundId) -> Result<(), Error> {
    let key = Uuid::new_v4().simple().to_string();
    refund_attempt::Entity::update_many()
        .col_expr(refund_attempt::Column::ProviderKey, Expr::value(key.clone()))
        .filter(refund_attempt::Column::RefundId.eq(id))
        .filter(refund_attempt::Column::State.eq(AttemptState::Open))
        .exec(txn)
        .await?;
    let row = super::load(txn, id).await?;
    let movement = movements::load(txn, row.movement_id).await?;
    let account = payment_account::Entity::find_by_id(row.account_id).one(txn).await?;
    let (amount, original_transaction_id) = (row.amount(), movement.transaction_id);
    let submission = Submission { account: row.account_id, key, original_transaction_id, amount, purpose: row.purpose };
    if let Some(provider) = account.and_then(|account| state.providers.of(account.provider)) {
        let answer = provider.submit(&submission).await;
        tracing::warn!(refund.id = %id, ?answer, "fault: the provider was called in front of the intent");
    }
    Ok(())
}
