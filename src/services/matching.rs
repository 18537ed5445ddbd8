//! Automatic assignment runs: looks at movements that are fetched already, books what is certain, says why not.
//!
//! Candidates come from unique indexes on document numbers, so a run costs the same whether ten or ten thousand
//! documents are open. Every movement has a transaction of its own: one that fails does not stop the others.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::assignment::{AssignmentOrigin, ChosenTarget};
use crate::domain::balance::OrderStatus;
use crate::domain::id::{AssignmentId, AssignmentRunId, InvoiceId, MovementId, OrderId};
use crate::domain::job::JobKind;
use crate::domain::ledger::MovementBooked;
use crate::domain::matching::{self as rules, Candidate, Decision, MatchOutcome, MatchPolicy, MatchReason};
use crate::domain::run::{Phase, RunStatus};
use crate::entities::{account_movement, assignment_run, assignment_run_result, invoice, payment_account, sales_order};
use crate::error::{Code, Error};
use crate::services::assignments::{self, Wanted};
use crate::services::audit::{self, Subject};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::services::refunds::{self, ConfirmBy};
use crate::services::{movements, queue, settings};
use crate::state::AppState;
use crate::views::assignments::{
    AssignmentRunView, CreateAssignmentRun, MatchCounts, MatchResult, RunProgress, TargetInput,
};
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
    let movement_ids = ids.map(|ids| serde_json::to_string(&ids)).transpose().map_err(Error::internal)?;
    let run = begin(txn, ctx, ctx.person()?, (movement_ids, command.dry_run)).await?;
    let details = json!({ "dry_run": command.dry_run });
    audit::record(txn, ctx, "assignment_run.started", Subject::AssignmentRun(run.id), details).await?;
    Ok(run)
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
            consider(state, ctx, (&run, policy), movement.id).await?;
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

/// What is done about one movement.
struct Verdict {
    outcome: MatchOutcome,
    reason: MatchReason,
    assignment: Option<AssignmentId>,
}

const fn verdict(outcome: MatchOutcome, reason: MatchReason) -> Verdict {
    Verdict { outcome, reason, assignment: None }
}

async fn consider(
    state: &AppState,
    ctx: &Ctx,
    (run, policy): (&assignment_run::Model, MatchPolicy),
    id: MovementId,
) -> Result<(), Error> {
    let booked = state.db.write(async |txn| {
        let found = decide_and_book(txn, ctx, (run, policy), id).await?;
        record(txn, run, id, &found).await
    });
    match booked.await {
        // Somebody assigned or hid the movement, or paid the document, while we looked at it.
        Err(error) if is_lost_race(&error) => {
            state
                .db
                .write(async |txn| record(txn, run, id, &verdict(MatchOutcome::NoMatch, MatchReason::LostRace)).await)
                .await
        }
        settled => settled,
    }
}

fn is_lost_race(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::AmountExceedsOpenAmount
            | Code::MovementHidden
            | Code::MovementNotCompleted
            | Code::NoOpenAmount
            | Code::OrderAlreadyCancelled
            | Code::ConcurrentChange
    )
}

async fn decide_and_book(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (run, policy): (&assignment_run::Model, MatchPolicy),
    id: MovementId,
) -> Result<Verdict, Error> {
    let movement = movements::load(txn, id).await?;
    if let Some(key) = movement.end_to_end_id.as_deref().filter(|_| movement.amount_minor < 0) {
        let by = ConfirmBy { movement: &movement, key, booked: MovementBooked::Before };
        if !run.dry_run && refunds::confirm(txn, ctx, by).await? {
            return Ok(verdict(MatchOutcome::Assigned, MatchReason::RefundConfirmed));
        }
    }
    if movement.amount_minor < 0 {
        return Ok(verdict(MatchOutcome::NoMatch, MatchReason::NoReference));
    }
    let candidates = candidates(txn, &movement).await?;
    match rules::decide(movement.free(), movement.booking_date, &candidates, policy) {
        Decision::Ambiguous => Ok(verdict(MatchOutcome::Ambiguous, MatchReason::SeveralDocuments)),
        Decision::None(reason) => Ok(verdict(MatchOutcome::NoMatch, reason)),
        Decision::Book { .. } if run.dry_run => Ok(verdict(MatchOutcome::Assigned, MatchReason::NumberAndAmount)),
        Decision::Book { document, amount } => {
            let target = match document {
                Document::Order(id) => TargetInput { kind: ChosenTarget::Order, id: id.to_string() },
                Document::Invoice(id) => TargetInput { kind: ChosenTarget::Invoice, id: id.to_string() },
            };
            let origin = AssignmentOrigin::Automatic;
            let wanted = Wanted { movement_id: id, target, amount: Some(amount), origin };
            let made = assignments::create(txn, ctx, &wanted).await?;
            let reason = MatchReason::NumberAndAmount;
            Ok(Verdict { outcome: MatchOutcome::Assigned, reason, assignment: Some(made.id) })
        }
    }
}

/// A document that can be paid. An order with an invoice stands for its invoice, so that both numbers in one text are
/// one candidate and not two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Document {
    Order(OrderId),
    Invoice(InvoiceId),
}

async fn candidates(
    conn: &impl ConnectionTrait,
    movement: &account_movement::Model,
) -> Result<Vec<Candidate<Document>>, Error> {
    let texts = [&movement.purpose, &movement.reference, &movement.end_to_end_id];
    let text: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
    let tokens = rules::number_tokens(&text.join("\n"));
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    let orders = sales_order::Entity::find()
        .filter(
            sales_order::Column::Number
                .is_in(tokens.iter().map(String::as_str))
                .or(sales_order::Column::ExternalNumber.is_in(tokens.iter().map(String::as_str))),
        )
        .all(conn)
        .await?;
    let invoiced: Vec<OrderId> =
        orders.iter().filter(|order| order.status == OrderStatus::Invoiced).map(|order| order.id).collect();
    let invoices = invoice::Entity::find()
        .filter(
            invoice::Column::Number
                .is_in(tokens.iter().map(String::as_str))
                .or(invoice::Column::OrderId.is_in(invoiced)),
        )
        .filter(invoice::Column::CancelledAt.is_null())
        .all(conn)
        .await?;
    let mut found = Vec::new();
    for order in orders.iter().filter(|order| order.status == OrderStatus::Open) {
        let open = order.balance()?.open;
        found.push(Candidate { document: Document::Order(order.id), open, date: order.order_date });
    }
    for invoice in &invoices {
        let open = invoice.balance()?.open;
        found.push(Candidate { document: Document::Invoice(invoice.id), open, date: invoice.invoice_date });
    }
    Ok(found)
}

async fn record(
    txn: &DatabaseTransaction,
    run: &assignment_run::Model,
    id: MovementId,
    found: &Verdict,
) -> Result<(), Error> {
    let row = assignment_run_result::Model {
        run_id: run.id,
        movement_id: id,
        outcome: found.outcome,
        reason: found.reason,
        assignment_id: found.assignment,
    };
    // After a crash the same movement may be looked at again; the first verdict stays.
    let known = assignment_run_result::Entity::find_by_id((run.id, id)).one(txn).await?;
    if known.is_some() {
        return Ok(());
    }
    db::insert(txn, row).await?;
    let counted = match found.outcome {
        MatchOutcome::Assigned => assignment_run::Column::AssignedCount,
        MatchOutcome::Ambiguous => assignment_run::Column::AmbiguousCount,
        MatchOutcome::NoMatch => assignment_run::Column::NoMatchCount,
    };
    let update = assignment_run::Entity::update_many()
        .col_expr(counted, Expr::col(counted).add(1))
        .col_expr(assignment_run::Column::ProgressDone, Expr::col(assignment_run::Column::ProgressDone).add(1))
        .filter(assignment_run::Column::Id.eq(run.id));
    db::take(txn, update, || Error::not_found("assignment run")).await
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
