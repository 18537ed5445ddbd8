//! Deciding about one movement: candidates by unique indexes, the rule, the booking, the note of what became of it.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter};

use crate::access::ctx::Ctx;
use crate::db::{self, Db};
use crate::domain::assignment::{AssignmentOrigin, ChosenTarget};
use crate::domain::balance::OrderStatus;
use crate::domain::id::{AssignmentId, InvoiceId, MovementId, OrderId};
use crate::domain::ledger::MovementBooked;
use crate::domain::matching::{self as rules, Candidate, Decision, MatchOutcome, MatchPolicy, MatchReason};
use crate::entities::{account_movement, assignment_run, assignment_run_result, invoice, sales_order};
use crate::error::{Code, Error, Kind};
use crate::services::assignments::{self, Wanted};
use crate::services::movements;
use crate::services::refunds::{self, ConfirmBy};
use crate::views::assignments::TargetInput;

/// What is done about one movement.
struct Verdict {
    outcome: MatchOutcome,
    reason: MatchReason,
    assignment: Option<AssignmentId>,
}

const fn verdict(outcome: MatchOutcome, reason: MatchReason) -> Verdict {
    Verdict { outcome, reason, assignment: None }
}

/// Decides about a movement and books what is certain, in a transaction of its own. What goes wrong with this movement
/// is its result and no end of the run.
///
/// # Errors
/// `unavailable`: with the database away nothing can be said about any movement.
pub async fn consider(
    db: &Db,
    ctx: &Ctx,
    (run, policy): (&assignment_run::Model, MatchPolicy),
    id: MovementId,
) -> Result<(), Error> {
    let booked = db.write(async |txn| {
        // After a crash the same movement may come again; the first verdict stays, and nothing is booked behind its back.
        if is_known(txn, run, id).await? {
            return Ok(());
        }
        let found = decide_and_book(txn, ctx, (run, policy), id).await?;
        record(txn, ctx, (run, id), &found).await
    });
    let reason = match booked.await {
        Ok(()) => return Ok(()),
        // Somebody assigned or hid the movement, or paid the document, while we looked at it.
        Err(error) if is_lost_race(&error) => MatchReason::LostRace,
        Err(error) if error.code() == Code::Unavailable => return Err(error),
        Err(error) => {
            tracing::error!(run.id = %run.id, movement.id = %id, %error, "a movement could not be looked at");
            MatchReason::Failed
        }
    };
    db.write(async |txn| match is_known(txn, run, id).await? {
        true => Ok(()),
        false => record(txn, ctx, (run, id), &verdict(MatchOutcome::NoMatch, reason)).await,
    })
    .await
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
    // It may be there twice; a person decides first.
    if movement.possible_duplicate {
        return Ok(verdict(MatchOutcome::NoMatch, MatchReason::PossibleDuplicate));
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
    let text = text.join("\n");
    let tokens = rules::number_tokens(&text);
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    let written = rules::tokens_as_written(&text);
    let external = tokens.iter().chain(&written).map(String::as_str);
    let orders = sales_order::Entity::find()
        .filter(
            sales_order::Column::Number
                .is_in(tokens.iter().map(String::as_str))
                .or(sales_order::Column::ExternalNumber.is_in(external)),
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

async fn is_known(conn: &impl ConnectionTrait, run: &assignment_run::Model, id: MovementId) -> Result<bool, Error> {
    Ok(assignment_run_result::Entity::find_by_id((run.id, id)).one(conn).await?.is_some())
}

async fn record(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (run, id): (&assignment_run::Model, MovementId),
    found: &Verdict,
) -> Result<(), Error> {
    let row = assignment_run_result::Model {
        run_id: run.id,
        movement_id: id,
        outcome: found.outcome,
        reason: found.reason,
        assignment_id: found.assignment,
    };
    db::insert(txn, row).await?;
    let counted = match found.outcome {
        MatchOutcome::Assigned => assignment_run::Column::AssignedCount,
        MatchOutcome::Ambiguous => assignment_run::Column::AmbiguousCount,
        MatchOutcome::NoMatch => assignment_run::Column::NoMatchCount,
    };
    let update = assignment_run::Entity::update_many()
        .col_expr(counted, Expr::col(counted).add(1))
        .col_expr(assignment_run::Column::ProgressDone, Expr::col(assignment_run::Column::ProgressDone).add(1))
        .col_expr(assignment_run::Column::Version, Expr::col(assignment_run::Column::Version).add(1))
        .col_expr(assignment_run::Column::ChangedAt, Expr::value(ctx.now))
        .filter(assignment_run::Column::Id.eq(run.id));
    db::take(txn, update, || Error::not_found(Kind::AssignmentRun)).await
}
