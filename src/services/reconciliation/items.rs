//! One account's part of a run: its progress, its counts, its end.
//!
//! Every step is one transaction with what it stored, and takes effect only when nobody stepped in between: progress
//! is compared and set. So a job that was thought dead and comes back cannot count, or import, a second time.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use super::log::{self, LogEntry};
use super::{Counts, ItemKey, texts};
use crate::access::ctx::Ctx;
use crate::db::{self, Db};
use crate::domain::id::RunId;
use crate::domain::run::{ItemStatus, Phase, RunStatus, run_status};
use crate::entities::reconciliation_item::{self, Column};
use crate::entities::reconciliation_run;
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::movements::tally;
use crate::services::queue::{self, Ended, Job};
use crate::services::{matching, settings};

/// The item; `None` when it is not running (any more), so that a job that runs again has nothing to do.
pub async fn running(conn: &impl ConnectionTrait, key: ItemKey) -> Result<Option<reconciliation_item::Model>, Error> {
    let found = reconciliation_item::Entity::find_by_id((key.run_id, key.account_id)).one(conn).await?;
    let found = found.ok_or_else(|| Error::not_found(Kind::ReconciliationRun))?;
    Ok((found.status == ItemStatus::Running).then_some(found))
}

/// One step of an item.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub phase: Phase,
    /// How much is done after it.
    pub done: i64,
    pub total: Option<i64>,
    /// What the step adds to the counts.
    pub counts: Counts,
}

/// Moves an item along from where the caller saw it.
///
/// # Errors
/// `concurrent_change` when it is somewhere else.
pub async fn advance(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    seen: &reconciliation_item::Model,
    step: Step,
) -> Result<reconciliation_item::Model, Error> {
    let key = ItemKey { run_id: seen.run_id, account_id: seen.account_id };
    bump_version(txn, ctx, key.run_id).await?;
    let add = |column: Column, by: i64| Expr::col(column).add(by);
    let Counts { read, created, updated, unchanged, discarded, hidden, failed } = step.counts;
    let update = reconciliation_item::Entity::update_many()
        .col_expr(Column::Phase, Expr::value(step.phase))
        .col_expr(Column::ProgressDone, Expr::value(step.done))
        .col_expr(Column::ProgressTotal, Expr::value(step.total))
        .col_expr(Column::ReadCount, add(Column::ReadCount, read))
        .col_expr(Column::CreatedCount, add(Column::CreatedCount, created))
        .col_expr(Column::UpdatedCount, add(Column::UpdatedCount, updated))
        .col_expr(Column::UnchangedCount, add(Column::UnchangedCount, unchanged))
        .col_expr(Column::DiscardedCount, add(Column::DiscardedCount, discarded))
        .col_expr(Column::HiddenCount, add(Column::HiddenCount, hidden))
        .col_expr(Column::FailedCount, add(Column::FailedCount, failed))
        .filter(Column::RunId.eq(seen.run_id))
        .filter(Column::AccountId.eq(seen.account_id))
        .filter(Column::Status.eq(ItemStatus::Running))
        .filter(Column::Phase.eq(seen.phase))
        .filter(Column::ProgressDone.eq(seen.progress_done));
    db::take(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    running(txn, key).await?.ok_or_else(|| Error::new(Code::ConcurrentChange))
}

async fn bump_version(txn: &DatabaseTransaction, ctx: &Ctx, run: RunId) -> Result<(), Error> {
    use reconciliation_run::Column as Run;
    let update = reconciliation_run::Entity::update_many()
        .col_expr(Run::Version, Expr::col(Run::Version).add(1))
        .col_expr(Run::ChangedAt, Expr::value(ctx.now))
        .filter(Run::Id.eq(run));
    db::take(txn, update, || Error::not_found(Kind::ReconciliationRun)).await
}

/// The two ends of an item.
#[derive(Debug, Clone)]
pub enum End {
    Done,
    /// With what the logbook says about it.
    Failed(Vec<LogEntry>),
}

/// Ends a running item, and the run when it was its last; ending it again does nothing. Answers whether this did it.
pub async fn finish(txn: &DatabaseTransaction, ctx: &Ctx, key: ItemKey, end: End) -> Result<bool, Error> {
    // The run's row first: of two items that end at once, the second one sees the first.
    let run = db::locked(reconciliation_run::Entity::find_by_id(key.run_id)).one(txn).await?;
    let run = run.ok_or_else(|| Error::not_found(Kind::ReconciliationRun))?;
    if running(txn, key).await?.is_none() {
        return Ok(false);
    }
    let status = match &end {
        End::Done => ItemStatus::Done,
        End::Failed(_) => ItemStatus::Failed,
    };
    let update = reconciliation_item::Entity::update_many()
        .col_expr(Column::Status, Expr::value(status))
        .col_expr(Column::Phase, Expr::value(Phase::Done))
        .filter(Column::RunId.eq(key.run_id))
        .filter(Column::AccountId.eq(key.account_id));
    db::take(txn, update, || Error::not_found(Kind::ReconciliationRun)).await?;
    if let End::Failed(entries) = end {
        log::write(txn, ctx, key, entries).await?;
    }
    settle(txn, ctx, &run).await?;
    Ok(true)
}

/// Makes the run's status what its items are.
pub(super) async fn settle(txn: &DatabaseTransaction, ctx: &Ctx, run: &reconciliation_run::Model) -> Result<(), Error> {
    use reconciliation_run::Column as Run;
    let items = reconciliation_item::Entity::find().filter(Column::RunId.eq(run.id)).all(txn).await?;
    let facts: Vec<_> = items.iter().map(|item| (item.status, item.failed_count)).collect();
    let status = run_status(&facts);
    let finished = !matches!(status, RunStatus::Running | RunStatus::Waiting);
    let update = reconciliation_run::Entity::update_many()
        .col_expr(Run::Status, Expr::value(status))
        .col_expr(Run::FinishedAt, Expr::value(finished.then_some(ctx.now)))
        .col_expr(Run::ChangedAt, Expr::value(ctx.now))
        .col_expr(Run::Version, Expr::col(Run::Version).add(1))
        .filter(Run::Id.eq(run.id));
    db::take(txn, update, || Error::not_found(Kind::ReconciliationRun)).await?;
    if finished {
        let created: i64 = items.iter().fold(0, |sum, item| sum.saturating_add(item.created_count));
        let details = json!({ "status": status, "created": created });
        audit::record(txn, ctx, "run.finished", Subject::Run(run.id), details).await?;
    }
    let stored = items.iter().any(|item| !item.dry_run && item.status == ItemStatus::Done);
    if finished && stored && settings::load(txn).await?.auto_assign_after_run {
        matching::start_for_all(txn, ctx, run.created_by).await?;
    }
    Ok(())
}

/// What the outcome of a try means for its job. A try that failed is repeated; when it was the last, the item has
/// failed, so that its account is free again.
pub async fn ended(db: &Db, ctx: &Ctx, (key, job): (ItemKey, &Job), outcome: Result<(), Error>) -> Ended {
    let Err(error) = outcome else {
        tally::add_up_after_many(db).await;
        return Ended::Done;
    };
    // Somebody cancelled it in the middle of a step.
    if error.code() == Code::ConcurrentChange && matches!(running(db.reader(), key).await, Ok(None)) {
        return Ended::Done;
    }
    match (queue::is_last_try(job), error.code()) {
        (true, _) => give_up(db, ctx, key, error).await,
        (false, Code::Unavailable) if job.attempts == 1 => {
            let (ctx, entry) = (ctx.later(), texts::provider_unavailable());
            let noted = db.write(async |txn| log::write(txn, &ctx, key, vec![entry.clone()]).await).await;
            Ended::Retry(noted.err().unwrap_or(error))
        }
        (false, _) => Ended::Retry(error),
    }
}

/// Ends an item whose job will not be tried again.
pub async fn give_up(db: &Db, ctx: &Ctx, key: ItemKey, error: Error) -> Ended {
    let ctx = ctx.later();
    let end = End::Failed(vec![texts::gave_up(error.code().as_str())]);
    match db.write(async |txn| finish(txn, &ctx, key, end.clone()).await).await {
        Ok(_) => Ended::Fail(error),
        // The database is away: the item must not stay running, so the job must not die.
        Err(unwritten) => {
            tracing::error!(run.id = %key.run_id, cause = unwritten.cause(), "an item could not be ended");
            Ended::Again(error)
        }
    }
}
