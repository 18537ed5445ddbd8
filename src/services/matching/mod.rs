//! Automatic assignment runs: looks at movements that are fetched already, books what is certain, says why not.
//!
//! Candidates come from unique indexes on document numbers, so a run costs the same whether ten or ten thousand
//! documents are open. Every movement has a transaction of its own: one that fails does not stop the others.

mod decide;

use std::collections::HashMap;

use chrono::NaiveDate;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    Statement,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db::{self, Db};
use crate::domain::id::{AssignmentRunId, MovementId};
use crate::domain::job::JobKind;
use crate::domain::matching::{MatchPolicy, MatchReason};
use crate::domain::movement::Folder;
use crate::domain::run::RunStatus;
use crate::entities::{account_movement, assignment_run, assignment_run_result};
use crate::error::{Error, Kind, Reason};
use crate::services::audit::{self, Subject};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::services::queue::{self, Ended, Job};
use crate::services::{movements, settings};
use crate::views::assignments::{AssignmentRunSummary, AssignmentRunView, CreateAssignmentRun, MatchResult};
use crate::views::limits;
use crate::views::money::Checks;

/// Payload of the job.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct MatchJob {
    pub run: uuid::Uuid,
}

/// Movements looked at between two looks at the clock and the progress.
const BATCH: u64 = 200;
/// Most results a run's answer shows.
const RESULTS_MAX: u64 = 200;

/// Starts a run for the movements of a request, or for all that are not fully assigned.
pub async fn start(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    command: &CreateAssignmentRun,
) -> Result<AssignmentRunView, Error> {
    let mut checks = Checks::default();
    let ids = command.movement_ids.as_ref().map(|ids| {
        let most = limits::MOVEMENTS_ASSIGNED;
        if ids.is_empty() || ids.len() > most {
            checks.note::<()>("/movement_ids", Err(Error::wrong(Reason::TooMany).with("min", 1).with("max", most)));
        }
        checks.distinct("/movement_ids", ids);
        let parsed = ids.iter().enumerate().filter_map(|(index, id)| {
            checks.id::<MovementId>(&format!("/movement_ids/{index}"), id, Kind::AccountMovement)
        });
        parsed.map(|id| id.0).collect::<Vec<uuid::Uuid>>()
    });
    checks.finish()?;
    check_known(txn, ids.as_deref().unwrap_or_default()).await?;
    let movement_ids = ids.map(|ids| serde_json::to_string(&ids)).transpose().map_err(Error::internal)?;
    let run = begin(txn, ctx, ctx.person()?, (movement_ids, command.dry_run)).await?;
    let details = json!({ "dry_run": command.dry_run });
    audit::record(txn, ctx, "assignment_run.started", Subject::AssignmentRun(run.run.id), details).await?;
    Ok(run)
}

/// # Errors
/// `reference_not_found` with the pointer of the first movement that there is not.
async fn check_known(conn: &impl ConnectionTrait, ids: &[uuid::Uuid]) -> Result<(), Error> {
    let known = account_movement::Entity::find()
        .select_only()
        .column(account_movement::Column::Id)
        .filter(account_movement::Column::Id.is_in(ids.iter().copied()));
    let known: Vec<MovementId> = known.into_tuple().all(conn).await?;
    match ids.iter().position(|id| !known.iter().any(|known| known.0 == *id)) {
        None => Ok(()),
        Some(missing) => {
            let unknown = Error::unknown_reference(Kind::AccountMovement);
            Err(unknown.at(format!("/movement_ids/{missing}")))
        }
    }
}

/// Starts a run for everything, after a reconciliation run of somebody.
pub async fn start_for_all(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    person: crate::domain::id::UserId,
) -> Result<AssignmentRunView, Error> {
    begin(txn, ctx, person, (None, false)).await
}

async fn begin(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    person: crate::domain::id::UserId,
    (movement_ids, dry_run): (Option<String>, bool),
) -> Result<AssignmentRunView, Error> {
    let row = assignment_run::Model {
        id: ctx.id(),
        status: RunStatus::Running,
        dry_run,
        movement_ids,
        progress_done: 0,
        progress_total: None,
        assigned_count: 0,
        ambiguous_count: 0,
        no_match_count: 0,
        created_by: person,
        version: 1,
        created_at: ctx.now,
        finished_at: None,
        changed_at: ctx.now,
    };
    db::insert(txn, row.clone()).await?;
    queue::enqueue(txn, ctx, JobKind::AssignMovements, &MatchJob { run: row.id.0 }).await?;
    Ok(AssignmentRunView { run: row.into(), results: Vec::new() })
}

/// Runs a started run to its end. Run again after a crash it goes on: what is assigned is no longer open.
///
/// # Errors
/// What kept the run from looking at movements at all: to be tried again.
pub async fn run(db: &Db, ctx: &Ctx, job: MatchJob) -> Result<(), Error> {
    let id = AssignmentRunId(job.run);
    let run = load(db.reader(), id).await?;
    if run.finished_at.is_some() {
        return Ok(());
    }
    let settings = settings::load(db.reader()).await?;
    let policy = MatchPolicy { max_age_days: settings.auto_assign_max_age_days };
    let chosen: Option<Vec<uuid::Uuid>> = match &run.movement_ids {
        Some(text) => Some(serde_json::from_str(text).map_err(Error::internal)?),
        None => None,
    };
    let mut last: Option<Position> = None;
    loop {
        let batch = next_batch(db.reader(), chosen.as_deref(), last).await?;
        let Some(end) = batch.last().map(|movement| (movement.booking_date, movement.id)) else { break };
        for movement in batch {
            decide::consider(db, &ctx.later(), (&run, policy), movement.id).await?;
        }
        last = Some(end);
    }
    let status = if has_failures(db.reader(), id).await? { RunStatus::FinishedWithErrors } else { RunStatus::Finished };
    finish(db, &ctx.later(), id, status).await
}

/// What the outcome of a try means for its job.
pub async fn ended(db: &Db, ctx: &Ctx, (run, job): (MatchJob, &Job), outcome: Result<(), Error>) -> Ended {
    match outcome {
        Ok(()) => {
            movements::tally::add_up_after_many(db).await;
            Ended::Done
        }
        Err(error) if queue::is_last_try(job) => give_up(db, ctx, run, error).await,
        Err(error) => Ended::Retry(error),
    }
}

/// Ends a run whose job will not be tried again, so that nobody waits for it.
pub async fn give_up(db: &Db, ctx: &Ctx, job: MatchJob, error: Error) -> Ended {
    match finish(db, &ctx.later(), AssignmentRunId(job.run), RunStatus::Failed).await {
        Ok(()) => Ended::Fail(error),
        // The database is away: the run must not stay running, so the job must not die.
        Err(unwritten) => {
            tracing::error!(run.id = %job.run, cause = unwritten.cause(), "an assignment run could not be ended");
            Ended::Again(error)
        }
    }
}

async fn has_failures(conn: &impl ConnectionTrait, id: AssignmentRunId) -> Result<bool, Error> {
    use assignment_run_result::Column;
    let failed = assignment_run_result::Entity::find()
        .filter(Column::RunId.eq(id))
        .filter(Column::Reason.eq(MatchReason::Failed))
        .limit(1);
    Ok(failed.one(conn).await?.is_some())
}

/// Ends a run; one that has ended stays as it is.
async fn finish(db: &Db, ctx: &Ctx, id: AssignmentRunId, status: RunStatus) -> Result<(), Error> {
    use assignment_run::Column;
    db.write(async |txn| {
        assignment_run::Entity::update_many()
            .col_expr(Column::Status, Expr::value(status))
            .col_expr(Column::FinishedAt, Expr::value(ctx.now))
            .col_expr(Column::ChangedAt, Expr::value(ctx.now))
            .col_expr(Column::ProgressTotal, Expr::col(Column::ProgressDone))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(id))
            .filter(Column::FinishedAt.is_null())
            .exec(txn)
            .await?;
        Ok(())
    })
    .await
}

/// Where a movement stands in its folder.
pub type Position = (NaiveDate, MovementId);

/// Movements that can be assigned, in the order of the folder's index and in its words; hidden accounts are left out
/// (Q37).
pub async fn next_batch(
    conn: &impl ConnectionTrait,
    chosen: Option<&[uuid::Uuid]>,
    after: Option<Position>,
) -> Result<Vec<account_movement::Model>, Error> {
    use account_movement::Column;
    let mut query = account_movement::Entity::find()
        .filter(Expr::cust(movements::filter::folder_sql(Some(Folder::NotAssigned))))
        .filter(Expr::cust(movements::OF_VISIBLE_ACCOUNTS));
    if let Some(ids) = chosen {
        query = query.filter(Column::Id.is_in(ids.iter().copied()));
    }
    if let Some((date, id)) = after {
        let position = Expr::tuple([Expr::col(Column::BookingDate), Expr::col(Column::Id)]);
        query = query.filter(position.gt(Expr::tuple([Expr::value(date), Expr::value(id)])));
    }
    Ok(query.order_by_asc(Column::BookingDate).order_by_asc(Column::Id).limit(BATCH).all(conn).await?)
}

pub async fn load(conn: &impl ConnectionTrait, id: AssignmentRunId) -> Result<assignment_run::Model, Error> {
    assignment_run::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found(Kind::AssignmentRun))
}

/// Whether an assignment run is not at its end yet.
pub async fn is_running(conn: &impl ConnectionTrait) -> Result<bool, Error> {
    let running = assignment_run::Entity::find().filter(assignment_run::Column::FinishedAt.is_null());
    Ok(running.one(conn).await?.is_some())
}

pub async fn show(conn: &impl ConnectionTrait, id: AssignmentRunId) -> Result<AssignmentRunView, Error> {
    let row = load(conn, id).await?;
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::AssignmentRun))
}

/// Runs as they are shown, in the order of the rows.
pub async fn views(
    conn: &impl ConnectionTrait,
    rows: Vec<assignment_run::Model>,
) -> Result<Vec<AssignmentRunView>, Error> {
    let ids: Vec<AssignmentRunId> = rows.iter().map(|row| row.id).collect();
    let mut results = results(conn, &ids).await?;
    let view = |row: assignment_run::Model| {
        let results = results.remove(&row.id).unwrap_or_default();
        AssignmentRunView { run: row.into(), results }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// A page of runs, newest first. What became of the movements is shown by [`show`] alone.
pub async fn page(conn: &impl ConnectionTrait, request: &PageRequest) -> Result<Page<AssignmentRunSummary>, Error> {
    let order = Order { column: None, id: assignment_run::Column::Id, direction: Direction::Descending };
    let query = assignment_run::Entity::find();
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    Ok(page.map(AssignmentRunSummary::from))
}

/// The first results of each run: a select for each, because each has its own limit, in one statement.
async fn results(
    conn: &impl ConnectionTrait,
    runs: &[AssignmentRunId],
) -> Result<HashMap<AssignmentRunId, Vec<MatchResult>>, Error> {
    if runs.is_empty() {
        return Ok(HashMap::new());
    }
    let part = |number: usize| {
        format!(
            "SELECT * FROM (SELECT * FROM assignment_run_result WHERE run_id = ${number} ORDER BY movement_id \
             LIMIT {RESULTS_MAX}) AS part_{number}"
        )
    };
    let sql = (1..=runs.len()).map(part).collect::<Vec<_>>().join(" UNION ALL ");
    let ids = runs.iter().map(|id| sea_orm::Value::from(*id));
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, ids);
    let rows = assignment_run_result::Entity::find().from_raw_sql(statement).all(conn).await?;
    let stubs = movements::stubs(conn, rows.iter().map(|row| row.movement_id)).await?;
    let mut found: HashMap<AssignmentRunId, Vec<MatchResult>> = HashMap::new();
    for row in rows {
        let Some(movement) = stubs.get(&row.movement_id).cloned() else { continue };
        let (outcome, reason, assignment_id) = (row.outcome, row.reason, row.assignment_id);
        found.entry(row.run_id).or_default().push(MatchResult { movement, outcome, reason, assignment_id });
    }
    Ok(found)
}
