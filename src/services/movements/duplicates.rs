//! Movements that may be the same payment: shown side by side, and what a person decides about them (lessons R59, R60).
//! How they are found is in `services::reconciliation::duplicates`.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::views;
use crate::access::ctx::Ctx;
use crate::domain::duplicate::DuplicateDecision;
use crate::domain::id::MovementId;
use crate::entities::account_movement;
use crate::entities::possible_duplicate::{Column, Entity, Model};
use crate::error::{Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::distinct;
use crate::views::movements::{MovementView, PossibleDuplicate};

fn about(ids: &[MovementId]) -> Condition {
    Condition::any().add(Column::MovementId.is_in(ids.iter().copied())).add(Column::OtherId.is_in(ids.iter().copied()))
}

/// The pairs that nobody has decided about.
pub async fn undecided(conn: &impl ConnectionTrait, which: Condition) -> Result<Vec<Model>, Error> {
    let query = Entity::find().filter(Column::Decision.is_null()).filter(which);
    Ok(query.order_by_asc(Column::FoundAt).order_by_asc(Column::MovementId).all(conn).await?)
}

/// Most lines that are shown beside a movement in doubt; what is decided about it is decided about all.
const SHOWN_MAX: u64 = 50;
/// Ids in one statement.
const CHUNK: usize = 1_000;

/// The other lines that may be the same payment as a movement, those found first.
pub async fn of_movement(conn: &impl ConnectionTrait, id: MovementId) -> Result<Vec<PossibleDuplicate>, Error> {
    let query = Entity::find().filter(Column::Decision.is_null()).filter(about(&[id]));
    let query = query.order_by_asc(Column::FoundAt).order_by_asc(Column::MovementId).limit(SHOWN_MAX);
    let pairs = query.all(conn).await?;
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let other = |pair: &Model| if pair.movement_id == id { pair.other_id } else { pair.movement_id };
    let rows = account_movement::Entity::find().filter(account_movement::Column::Id.is_in(pairs.iter().map(other)));
    let views = views(conn, rows.all(conn).await?).await?;
    let mut views: HashMap<MovementId, MovementView> = views.into_iter().map(|view| (view.id, view)).collect();
    let shown = pairs.iter().filter_map(|pair| {
        let movement = views.remove(&other(pair))?;
        Some(PossibleDuplicate { movement, reason: pair.reason, found_at: pair.found_at })
    });
    Ok(shown.collect())
}

/// Both lines are payments of their own. Doing it twice, or where nothing is in doubt, is harmless.
///
/// # Errors
/// `not_found`.
pub async fn keep(txn: &DatabaseTransaction, ctx: &Ctx, id: MovementId) -> Result<MovementView, Error> {
    super::lock(txn, id).await?.ok_or_else(|| Error::not_found(Kind::AccountMovement))?;
    if decide(txn, ctx, &[id], DuplicateDecision::Kept).await? {
        audit::record_all(txn, ctx, "movement.kept", std::iter::once(Subject::Movement(id))).await?;
    }
    views(txn, vec![super::load(txn, id).await?]).await?.pop().ok_or_else(|| Error::not_found(Kind::AccountMovement))
}

/// Decides about every pair that one of the movements is in; `false` when there is none.
pub(super) async fn decide(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    ids: &[MovementId],
    decision: DuplicateDecision,
) -> Result<bool, Error> {
    let pairs = undecided(txn, about(ids)).await?;
    if pairs.is_empty() {
        return Ok(false);
    }
    let update = Entity::update_many()
        .col_expr(Column::Decision, Expr::value(decision))
        .col_expr(Column::DecidedAt, Expr::value(ctx.now))
        .filter(Column::Decision.is_null())
        .filter(about(ids));
    update.exec(txn).await?;
    unmark(txn, &pairs).await?;
    Ok(true)
}

/// Opens the pairs again that were decided by hiding one of the movements, once both are shown; `false` when there is none.
pub(super) async fn reopen(txn: &DatabaseTransaction, shown: &[MovementId]) -> Result<bool, Error> {
    use account_movement::Column as Movement;
    let hidden = || {
        let of_hidden = Movement::Hidden.eq(true);
        Query::select().column(Movement::Id).from(account_movement::Entity).and_where(of_hidden).to_owned()
    };
    let which = Condition::all()
        .add(about(shown))
        .add(Column::Decision.eq(DuplicateDecision::Hidden))
        .add(Column::MovementId.not_in_subquery(hidden()))
        .add(Column::OtherId.not_in_subquery(hidden()));
    let pairs = Entity::find().filter(which.clone()).all(txn).await?;
    if pairs.is_empty() {
        return Ok(false);
    }
    let update = Entity::update_many()
        .col_expr(Column::Decision, Expr::value(None::<DuplicateDecision>))
        .col_expr(Column::DecidedAt, Expr::value(None::<chrono::DateTime<chrono::Utc>>))
        .filter(which);
    update.exec(txn).await?;
    mark(txn, distinct(pairs.iter().flat_map(|pair| [pair.movement_id, pair.other_id]))).await?;
    Ok(true)
}

/// Takes the mark from the movements of pairs that are in doubt no longer.
pub async fn unmark(txn: &DatabaseTransaction, pairs: &[Model]) -> Result<(), Error> {
    use account_movement::Column as Movement;
    let ids = distinct(pairs.iter().flat_map(|pair| [pair.movement_id, pair.other_id]));
    let in_doubt =
        |column: Column| Query::select().column(column).from(Entity).and_where(Column::Decision.is_null()).to_owned();
    for ids in ids.chunks(CHUNK) {
        let update = account_movement::Entity::update_many()
            .col_expr(Movement::PossibleDuplicate, Expr::value(false))
            .col_expr(Movement::Version, Expr::col(Movement::Version).add(1))
            .filter(Movement::Id.is_in(ids.iter().copied()))
            .filter(Movement::PossibleDuplicate.eq(true))
            .filter(Movement::Id.not_in_subquery(in_doubt(Column::MovementId)))
            .filter(Movement::Id.not_in_subquery(in_doubt(Column::OtherId)));
        update.exec(txn).await?;
    }
    Ok(())
}

/// Marks movements as in doubt.
pub async fn mark(txn: &DatabaseTransaction, ids: Vec<MovementId>) -> Result<(), Error> {
    use account_movement::Column as Movement;
    if ids.is_empty() {
        return Ok(());
    }
    let update = account_movement::Entity::update_many()
        .col_expr(Movement::PossibleDuplicate, Expr::value(true))
        .col_expr(Movement::Version, Expr::col(Movement::Version).add(1))
        .filter(Movement::Id.is_in(ids))
        .filter(Movement::PossibleDuplicate.eq(false));
    update.exec(txn).await?;
    Ok(())
}
