//! Refunds: generate, change, send, settle. Each step has its file; reading is here.
//!
//! A refund books its payout when it is generated and reserves its money then (I8, I12); money moves at send. The
//! intent to send is committed before the provider is called, the outcome after, in three transactions.

mod change;
mod confirm;
#[cfg(feature = "fault-call-before-intent")]
pub mod fault;
mod generate;
mod outcome;
mod send;
mod settle;
mod sources;

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::approval::{ApprovalState, FourEyes};
use crate::domain::assignment::{AssignmentOrigin, TargetType};
use crate::domain::id::{MovementId, OrderId, RefundId};
use crate::domain::refund::{OutcomeKnowledge, RefundFacts, RefundFolder, RefundStatus};
use crate::entities::{assignment, payment_account, refund, refund_attempt};
use crate::error::{Error, Kind};
use crate::services::movements;
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::views::movements::AccountStub;
use crate::views::refunds::{RefundParts, RefundView};

pub use change::{approve, delete, edit, reject};
pub use confirm::{ConfirmBy, confirm};
pub use generate::{for_cancellation, generate, parse};
pub use send::{SendJob, send};
pub use settle::{deliver, resolve};
pub use sources::cancelled_orders;

impl refund::Model {
    pub(crate) fn facts(&self) -> RefundFacts {
        RefundFacts {
            status: self.status,
            approval: self.approval_state,
            outcome_unknown: if self.outcome_unknown { OutcomeKnowledge::Unknown } else { OutcomeKnowledge::Known },
        }
    }
}

/// Loads a refund that was not deleted.
pub async fn load(conn: &impl ConnectionTrait, id: RefundId) -> Result<refund::Model, Error> {
    let found = refund::Entity::find_by_id(id).one(conn).await?;
    found.filter(|row| row.deleted_at.is_none()).ok_or_else(|| Error::not_found(Kind::Refund))
}

/// Loads a refund and holds its row until the transaction ends.
async fn lock(txn: &DatabaseTransaction, id: RefundId) -> Result<refund::Model, Error> {
    let found = db::locked(refund::Entity::find_by_id(id)).one(txn).await?;
    found.filter(|row| row.deleted_at.is_none()).ok_or_else(|| Error::not_found(Kind::Refund))
}

/// The assignment of a part of a movement to a refund: of what came in, to its return; of what went out, as its payout.
/// It counts like one to an order (I3).
fn assignment_to(ctx: &Ctx, row: &refund::Model, movement: MovementId, origin: AssignmentOrigin) -> assignment::Model {
    assignment::Model {
        id: ctx.id(),
        movement_id: movement,
        target_type: TargetType::Refund,
        order_id: None,
        invoice_id: None,
        refund_id: Some(row.id),
        amount_minor: row.amount_minor,
        currency: row.currency,
        origin,
        created_by: ctx.user_id(),
        version: 1,
        created_at: ctx.now,
        undone_at: None,
        undone_by: None,
    }
}

/// Writes a locked refund back as a whole; its version moves on.
async fn store(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    before: &refund::Model,
    mut after: refund::Model,
) -> Result<refund::Model, Error> {
    after.changed_at = ctx.now;
    after.version = before.version.saturating_add(1);
    let row: refund::ActiveModel = after.clone().into();
    let update = refund::Entity::update_many()
        .set(sea_orm::ActiveModelTrait::reset_all(row))
        .filter(refund::Column::Id.eq(before.id))
        .filter(refund::Column::Version.eq(before.version));
    db::change(txn, update, || Error::new(crate::error::Code::ConcurrentChange)).await?;
    Ok(after)
}

/// Moves a refund's version on when only what it shows of its attempts has changed.
async fn touch(txn: &DatabaseTransaction, ctx: &Ctx, id: RefundId) -> Result<(), Error> {
    let update = refund::Entity::update_many()
        .col_expr(refund::Column::Version, Expr::col(refund::Column::Version).add(1))
        .col_expr(refund::Column::ChangedAt, Expr::value(ctx.now))
        .filter(refund::Column::Id.eq(id));
    db::change(txn, update, || Error::not_found(Kind::Refund)).await
}

/// Whether a changed refund needs a second person: the policy stored with it is held against what it is now, so that
/// an edit does not get around the limit.
fn approval_after_edit(row: &refund::Model) -> Result<ApprovalState, Error> {
    let policy = FourEyes::parse(&row.four_eyes).ok_or_else(|| Error::inconsistent("refund", "four_eyes", row.id))?;
    Ok(match row.approval_state {
        ApprovalState::NotRequired if !policy.requires(row.amount()) => ApprovalState::NotRequired,
        ApprovalState::NotRequired | ApprovalState::Pending | ApprovalState::Approved | ApprovalState::Rejected => {
            ApprovalState::Pending
        }
    })
}

pub async fn show(conn: &impl ConnectionTrait, id: RefundId) -> Result<RefundView, Error> {
    let row = load(conn, id).await?;
    view(conn, row).await
}

pub async fn view(conn: &impl ConnectionTrait, row: refund::Model) -> Result<RefundView, Error> {
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::Refund))
}

/// Filter of the refund list.
#[derive(Debug, Clone, Default)]
pub struct RefundFilter {
    pub folder: Option<RefundFolder>,
    pub status: Option<RefundStatus>,
    pub movement_id: Option<MovementId>,
    pub order_id: Option<OrderId>,
}

/// A folder as SQL, in the words of the partial indexes of `refund`.
const fn folder_sql(folder: Option<RefundFolder>) -> &'static str {
    match folder {
        None => "deleted_at IS NULL",
        Some(RefundFolder::NotSent) => "deleted_at IS NULL AND status IN ('not_sent','awaiting_approval','sending')",
        Some(RefundFolder::Sent) => "deleted_at IS NULL AND status IN ('sent','confirmed')",
        Some(RefundFolder::Failed) => "deleted_at IS NULL AND status = 'failed'",
    }
}

pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &RefundFilter,
    request: &PageRequest,
) -> Result<Page<RefundView>, Error> {
    let mut query = refund::Entity::find().filter(Expr::cust(folder_sql(filter.folder)));
    if let Some(status) = filter.status {
        query = query.filter(refund::Column::Status.eq(status));
    }
    if let Some(movement) = filter.movement_id {
        query = query.filter(refund::Column::MovementId.eq(movement));
    }
    if let Some(order) = filter.order_id {
        query = query.filter(refund::Column::OrderId.eq(order));
    }
    let order = Order { column: None, id: refund::Column::Id, direction: Direction::Descending };
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    let items = views(conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

pub async fn views(conn: &impl ConnectionTrait, rows: Vec<refund::Model>) -> Result<Vec<RefundView>, Error> {
    let accounts = payment_account::Entity::find()
        .filter(payment_account::Column::Id.is_in(super::distinct(rows.iter().map(|row| row.account_id))));
    let accounts: HashMap<_, _> = accounts.all(conn).await?.into_iter().map(|row| (row.id, row)).collect();
    let movements = movements::stubs(conn, rows.iter().map(|row| row.movement_id)).await?;
    let found = refund_attempt::Entity::find()
        .filter(refund_attempt::Column::RefundId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(refund_attempt::Column::Number);
    let mut attempts: HashMap<RefundId, Vec<refund_attempt::Model>> = HashMap::new();
    for attempt in found.all(conn).await? {
        attempts.entry(attempt.refund_id).or_default().push(attempt);
    }
    rows.iter()
        .map(|row| {
            let account = accounts.get(&row.account_id);
            let account = account.ok_or_else(|| Error::inconsistent("refund", "account_id", row.id))?;
            let movement = movements.get(&row.movement_id).cloned();
            let parts = RefundParts {
                account: AccountStub { id: account.id, name: account.name.clone() },
                provider: account.provider,
                movement: movement.ok_or_else(|| Error::inconsistent("refund", "movement_id", row.id))?,
                attempts: attempts.remove(&row.id).unwrap_or_default(),
            };
            Ok(RefundView::of(row, parts))
        })
        .collect()
}

/// Numbers of refunds by id, deleted ones included.
pub async fn numbers(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = RefundId>,
) -> Result<HashMap<RefundId, String>, Error> {
    let ids: Vec<RefundId> = super::distinct(ids);
    let rows = refund::Entity::find()
        .select_only()
        .columns([refund::Column::Id, refund::Column::Number])
        .filter(refund::Column::Id.is_in(ids));
    Ok(rows.into_tuple::<(RefundId, String)>().all(conn).await?.into_iter().collect())
}

/// Movements that belong to the same refunds as a movement: what confirmed a refund of it, and what it confirmed.
pub async fn confirming_movements(conn: &impl ConnectionTrait, id: MovementId) -> Result<Vec<MovementId>, Error> {
    let either = refund::Column::MovementId.eq(id).or(refund::Column::ConfirmingMovementId.eq(id));
    let rows = refund::Entity::find().filter(either).filter(refund::Column::ConfirmingMovementId.is_not_null());
    let rows = rows.limit(200).all(conn).await?;
    let others = rows.iter().flat_map(|row| [Some(row.movement_id), row.confirming_movement_id]);
    Ok(others.flatten().filter(|other| *other != id).collect())
}
