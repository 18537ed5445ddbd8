//! Cancelling orders: plainly, or with a refund for every assigned movement in the same transaction.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::balance::OrderStatus;
use crate::domain::id::{CancellationId, OrderId};
use crate::domain::refund::RefundOrigin;
use crate::entities::{cancellation, cancellation_reason, refund, sales_order};
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::services::{orders, refunds};
use crate::views::cancellations::{
    CancellationView, CreateCancellation, CreatedCancellation, ReasonView, Reasons, Warning,
};
use crate::views::documents::OrderStub;
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::refunds::RefundStub;

/// Cancels an order.
///
/// # Errors
/// `order_has_invoice`, `order_already_cancelled`, `cancellation_comment_required`, `reference_not_found`; with a
/// refund also `order_has_no_assigned_payment`, `movement_not_returnable`. Then nothing is changed.
pub async fn create(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    new: &CreateCancellation,
) -> Result<CreatedCancellation, Error> {
    let mut checks = Checks::default();
    let order_id = checks.id::<OrderId>("/order_id", &new.order_id, Kind::Order);
    let comment = checks.optional_text("/comment", new.comment.as_ref(), limits::CANCELLATION_COMMENT);
    checks.finish()?;
    check_reason(txn, &new.reason, comment.as_deref()).await?;
    let unknown = || Error::unknown_reference(Kind::Order).at("/order_id");
    let order = orders::lock(txn, order_id.ok_or_else(unknown)?).await?.ok_or_else(unknown)?;
    match order.status {
        OrderStatus::Open => {}
        OrderStatus::Invoiced => return Err(Error::new(Code::OrderHasInvoice)),
        OrderStatus::Cancelled => return Err(Error::new(Code::OrderAlreadyCancelled)),
    }
    orders::set_status(txn, &order, OrderStatus::Cancelled).await?;
    let cancelled = sales_order::Model { status: OrderStatus::Cancelled, ..order };
    let row = cancellation::Model {
        id: ctx.id(),
        order_id: cancelled.id,
        reason: new.reason.clone(),
        comment,
        with_refund: new.with_refund,
        created_by: ctx.person()?,
        version: 1,
        created_at: ctx.now,
    };
    db::insert(txn, row.clone()).await?;
    let refunds = if new.with_refund { refunds::for_cancellation(txn, ctx, &cancelled).await? } else { Vec::new() };
    let details = json!({ "order": cancelled.id, "reason": row.reason, "with_refund": row.with_refund });
    audit::record(txn, ctx, "order.cancelled", Subject::Cancellation(row.id), details).await?;
    // The refunds have moved its version on.
    let row = load(txn, row.id).await?;
    let stubs = refunds.iter().map(|refund| RefundStub { id: refund.id, number: refund.number.clone() }).collect();
    Ok(CreatedCancellation::of(view(row, &cancelled, stubs), refunds))
}

/// What a cancellation shows has changed: what is paid on its order, or its refunds.
pub async fn touch(txn: &DatabaseTransaction, order: OrderId) -> Result<(), Error> {
    let more = Expr::col(cancellation::Column::Version).add(1);
    let update = cancellation::Entity::update_many().col_expr(cancellation::Column::Version, more);
    update.filter(cancellation::Column::OrderId.eq(order)).exec(txn).await?;
    Ok(())
}

async fn check_reason(conn: &impl ConnectionTrait, code: &str, comment: Option<&str>) -> Result<(), Error> {
    let unknown = || Error::unknown_reference(Kind::CancellationReason).at("/reason");
    let reason = cancellation_reason::Entity::find_by_id(code.to_owned()).one(conn).await?.ok_or_else(unknown)?;
    if reason.comment_required && comment.is_none() {
        return Err(Error::new(Code::CancellationCommentRequired).with("reason", code).at("/comment"));
    }
    Ok(())
}

fn view(row: cancellation::Model, order: &sales_order::Model, refunds: Vec<RefundStub>) -> CancellationView {
    let still_owed = refunds.is_empty() && order.paid_minor > 0;
    CancellationView {
        id: row.id,
        order: OrderStub { id: order.id, number: order.number.clone() },
        reason: row.reason,
        comment: row.comment,
        with_refund: row.with_refund,
        refunds,
        warnings: if still_owed { vec![Warning::PaidOrderNotRefunded] } else { Vec::new() },
        version: row.version,
        created_at: row.created_at,
    }
}

async fn load(conn: &impl ConnectionTrait, id: CancellationId) -> Result<cancellation::Model, Error> {
    cancellation::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found(Kind::Cancellation))
}

pub async fn show(conn: &impl ConnectionTrait, id: CancellationId) -> Result<CancellationView, Error> {
    let row = load(conn, id).await?;
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::Cancellation))
}

pub async fn page(
    conn: &impl ConnectionTrait,
    order_id: Option<OrderId>,
    request: &PageRequest,
) -> Result<Page<CancellationView>, Error> {
    let mut query = cancellation::Entity::find();
    if let Some(order) = order_id {
        query = query.filter(cancellation::Column::OrderId.eq(order));
    }
    let order = Order { column: None, id: cancellation::Column::Id, direction: Direction::Descending };
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    let items = views(conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

async fn views(conn: &impl ConnectionTrait, rows: Vec<cancellation::Model>) -> Result<Vec<CancellationView>, Error> {
    let ids: Vec<OrderId> = rows.iter().map(|row| row.order_id).collect();
    let orders =
        sales_order::Entity::find().filter(sales_order::Column::Id.is_in(ids.iter().copied())).all(conn).await?;
    let found = refund::Entity::find()
        .filter(refund::Column::OrderId.is_in(ids))
        .filter(refund::Column::Origin.eq(RefundOrigin::OrderCancellation))
        .filter(refund::Column::DeletedAt.is_null())
        .order_by_asc(refund::Column::Id);
    let found = found.all(conn).await?;
    rows.into_iter()
        .map(|row| {
            let order = orders.iter().find(|order| order.id == row.order_id);
            let order = order.ok_or_else(|| Error::inconsistent("cancellation", "order_id", row.id))?;
            let mine = found.iter().filter(|refund| refund.order_id == Some(row.order_id));
            let stubs = mine.map(|refund| RefundStub { id: refund.id, number: refund.number.clone() }).collect();
            Ok(view(row, order, stubs))
        })
        .collect()
}

/// The reasons an order can be cancelled for.
pub async fn reasons(conn: &impl ConnectionTrait) -> Result<Reasons, Error> {
    let rows =
        cancellation_reason::Entity::find().order_by_asc(cancellation_reason::Column::Position).all(conn).await?;
    let items = rows.into_iter().map(|row| ReasonView {
        code: row.code,
        label_de: row.label_de,
        label_en: row.label_en,
        comment_required: row.comment_required,
    });
    Ok(Reasons { items: items.collect(), next_cursor: None, has_more: false })
}
