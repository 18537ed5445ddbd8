//! Ends a run before its time, for a person.
//!
//! Items that have not ended fail. A job that is in the middle of one finds that at its next step, which then takes
//! nothing with it: progress is compared and set. What earlier steps stored stays, and the same file imported again goes
//! on behind it, because every line is known by its content.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use super::{ItemKey, log, runs, texts};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::RunId;
use crate::domain::run::{ItemStatus, Phase, RunStatus};
use crate::entities::reconciliation_item::{self, Column};
use crate::entities::reconciliation_run;
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::views::runs::RunView;

/// Cancels a run that is running or waits for files.
///
/// # Errors
/// `not_found`; `run_ended` when it has ended, cancelled runs included.
pub async fn cancel(txn: &DatabaseTransaction, ctx: &Ctx, id: RunId) -> Result<RunView, Error> {
    // The run's row first, as everything that moves an item does.
    let run = db::locked(reconciliation_run::Entity::find_by_id(id)).one(txn).await?;
    let run = run.ok_or_else(|| Error::not_found(Kind::ReconciliationRun))?;
    match run.status {
        RunStatus::Running | RunStatus::Waiting => {}
        RunStatus::Finished | RunStatus::FinishedWithErrors | RunStatus::Failed | RunStatus::Cancelled => {
            return Err(Error::new(Code::RunEnded).with("status", run.status));
        }
    }
    let items = reconciliation_item::Entity::find().filter(Column::RunId.eq(id)).all(txn).await?;
    let open = |item: &&reconciliation_item::Model| !matches!(item.status, ItemStatus::Done | ItemStatus::Failed);
    for item in items.iter().filter(open) {
        end(txn, ctx, item).await?;
    }
    use reconciliation_run::Column as Run;
    let update = reconciliation_run::Entity::update_many()
        .col_expr(Run::Status, Expr::value(RunStatus::Cancelled))
        .col_expr(Run::FinishedAt, Expr::value(ctx.now))
        .col_expr(Run::ChangedAt, Expr::value(ctx.now))
        .col_expr(Run::Version, Expr::col(Run::Version).add(1))
        .filter(Run::Id.eq(id));
    db::take(txn, update, || Error::not_found(Kind::ReconciliationRun)).await?;
    let stored: i64 = items.iter().fold(0, |sum, item| sum.saturating_add(item.created_count));
    audit::record(txn, ctx, "run.cancelled", Subject::Run(id), json!({ "created": stored })).await?;
    runs::show(txn, id).await
}

async fn end(txn: &DatabaseTransaction, ctx: &Ctx, item: &reconciliation_item::Model) -> Result<(), Error> {
    let update = reconciliation_item::Entity::update_many()
        .col_expr(Column::Status, Expr::value(ItemStatus::Failed))
        .col_expr(Column::Phase, Expr::value(Phase::Done))
        .filter(Column::RunId.eq(item.run_id))
        .filter(Column::AccountId.eq(item.account_id))
        .filter(Column::Status.eq(item.status));
    db::take(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    let key = ItemKey { run_id: item.run_id, account_id: item.account_id };
    let stored = item.created_count.saturating_add(item.updated_count);
    log::write(txn, ctx, key, vec![texts::cancelled(stored)]).await
}
