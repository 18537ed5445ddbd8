//! Automatic assignment runs: looks at movements that are fetched already, books what is certain, says why not.
//!
//! Candidates come from unique indexes on document numbers, so a run costs the same whether ten or ten thousand
//! documents are open. Every movement has a transaction of its own: one that fails does not stop the others.

mod decide;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::{AssignmentRunId, MovementId};
use crate::domain::job::JobKind;
use crate::domain::matching::MatchPolicy;
use crate::domain::run::{Phase, RunStatus};
use crate::entities::{account_movement, assignment_run, assignment_run_result, payment_account};
use crate::error::{Code, Error};
use crate::services::audit::{self, Subject};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::services::{movements, queue, settings};
use crate::state::AppState;
use crate::views::assignments::{AssignmentRunView, CreateAssignmentRun, MatchCounts, MatchResult, RunProgress};
use crate::views::money::{Checks, invalid};

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
        if ids.is_empty() || ids.len() > 1000 {
            checks.note::<()>("/movement_ids", Err(invalid("1 to 1000 ids are needed")));
        }
        let parsed = ids.iter().enumerate().filter_map(|(index, id)| {
            checks.id::<MovementId>(&format!("/movement_ids/{index}"), id, "account movement")
        });
        parsed.map(|id| id.0).collect::<Vec<uuid::Uuid>>()
    });
    checks.finish()?;
    check_known(txn, ids.as_deref().unwrap_or_default()).await?;
    let movement_ids = ids.map(|ids| serde_json::to_string(&ids)).transpose().map_err(Error::internal)?;
    let run = begin(txn, ctx, ctx.person()?, (movement_ids, command.dry_run)).await?;
    let details = json!({ "dry_run": command.dry_run });
    audit::record(txn, ctx, "assignment_run.started", Subject::AssignmentRun(run.id), details).await?;
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
            let unknown = Error::new(Code::ReferenceNotFound).with("kind", "account movement");
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
    };
    db::insert(txn, row.clone()).await?;
    queue::enqueue(txn, ctx, JobKind::AssignMovements, &MatchJob { run: row.id.0 }).await?;
    view(txn, row).await
}

/// Runs a started run to its end. Run again after a crash it goes on: what is assigned is no longer open.
pub async fn run(state: &AppState, ctx: &Ctx, job: MatchJob) -> Result<(), Error> {
    let id = AssignmentRunId(job.run);
    let run = load(state.db.reader(), id).await?;
    if run.finished_at.is_some() {
        return Ok(());
    }
    let settings = settings::load(state.db.reader()).await?;
    let policy = MatchPolicy { max_age_days: settings.auto_assign_max_age_days };
    let chosen: Option<Vec<uuid::Uuid>> = match &run.movement_ids {
        Some(text) => Some(serde_json::from_str(text).map_err(Error::internal)?),
        None => None,
    };
    let mut last: Option<MovementId> = None;
    loop {
        let batch = next_batch(state.db.reader(), chosen.as_deref(), last).await?;
        let Some(end) = batch.last().map(|movement| movement.id) else { break };
        for movement in batch {
            decide::consider(state, ctx, (&run, policy), movement.id).await?;
        }
        last = Some(end);
    }
    state
        .db
        .write(async |txn| {
            assignment_run::Entity::update_many()
                .col_expr(assignment_run::Column::Status, Expr::value(RunStatus::Finished))
                .col_expr(assignment_run::Column::FinishedAt, Expr::value(ctx.now))
                .col_expr(assignment_run::Column::ProgressTotal, Expr::col(assignment_run::Column::ProgressDone))
                .col_expr(assignment_run::Column::Version, Expr::col(assignment_run::Column::Version).add(1))
                .filter(assignment_run::Column::Id.eq(id))
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
}

/// Movements that can be assigned, by id, in the words of the folder's index; hidden accounts are left out (Q37).
async fn next_batch(
    conn: &impl ConnectionTrait,
    chosen: Option<&[uuid::Uuid]>,
    after: Option<MovementId>,
) -> Result<Vec<account_movement::Model>, Error> {
    let mut query = account_movement::Entity::find()
        .filter(Expr::cust("NOT hidden AND status = 'completed' AND booking_type <> 'fee' AND free_minor > 0"));
    let hidden = sea_orm::sea_query::Query::select()
        .column(payment_account::Column::Id)
        .from(payment_account::Entity)
        .and_where(payment_account::Column::Hidden.eq(true))
        .to_owned();
    query = query.filter(account_movement::Column::AccountId.not_in_subquery(hidden));
    if let Some(ids) = chosen {
        query = query.filter(account_movement::Column::Id.is_in(ids.iter().copied()));
    }
    if let Some(after) = after {
        query = query.filter(account_movement::Column::Id.gt(after));
    }
    Ok(query.order_by_asc(account_movement::Column::Id).limit(BATCH).all(conn).await?)
}

pub async fn load(conn: &impl ConnectionTrait, id: AssignmentRunId) -> Result<assignment_run::Model, Error> {
    assignment_run::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found("assignment run"))
}

pub async fn show(conn: &impl ConnectionTrait, id: AssignmentRunId) -> Result<AssignmentRunView, Error> {
    let row = load(conn, id).await?;
    view(conn, row).await
}

pub async fn page(conn: &impl ConnectionTrait, request: &PageRequest) -> Result<Page<AssignmentRunView>, Error> {
    let order = Order { column: None, id: assignment_run::Column::Id, direction: Direction::Descending };
    let query = assignment_run::Entity::find();
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(view(conn, row).await?);
    }
    Ok(Page { items, next_cursor: page.next_cursor })
}

async fn view(conn: &impl ConnectionTrait, row: assignment_run::Model) -> Result<AssignmentRunView, Error> {
    let results = assignment_run_result::Entity::find()
        .filter(assignment_run_result::Column::RunId.eq(row.id))
        .order_by_asc(assignment_run_result::Column::MovementId)
        .limit(RESULTS_MAX)
        .all(conn)
        .await?;
    let stubs = movements::stubs(conn, results.iter().map(|result| result.movement_id)).await?;
    let results = results
        .into_iter()
        .filter_map(|result| {
            Some(MatchResult {
                movement: stubs.get(&result.movement_id)?.clone(),
                outcome: result.outcome,
                reason: result.reason,
                assignment_id: result.assignment_id,
            })
        })
        .collect();
    let phase = if row.finished_at.is_some() { Phase::Done } else { Phase::Assigning };
    Ok(AssignmentRunView {
        id: row.id,
        status: row.status,
        dry_run: row.dry_run,
        progress: RunProgress { done: row.progress_done, total: row.progress_total, phase },
        counts: MatchCounts {
            assigned: row.assigned_count,
            ambiguous: row.ambiguous_count,
            no_match: row.no_match_count,
        },
        results,
        version: row.version,
        created_at: row.created_at,
        finished_at: row.finished_at,
    })
}
