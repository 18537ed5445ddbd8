//! Account movements: lock, take and give back their remainder, comment, hide. Lists are in `list`, what is asked for in
//! `filter`, how it is found in `finding`, and how much there is in `tally`.

pub mod duplicates;
pub mod export;
pub mod filter;
pub mod finding;
pub mod list;
pub mod listed;
pub mod tally;

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use self::listed::Listed;
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::duplicate::DuplicateDecision;
use crate::domain::id::{AccountId, MovementId};
use crate::domain::money::Money;
use crate::domain::movement::MovementStatus;
use crate::entities::{account_movement, payment_account, statement_file};
use crate::error::{Code, Error, Kind, Reason};
pub use crate::services::accounts::Visibility;
use crate::services::audit::{self, Subject};
use crate::services::{assignments, settings};
use crate::views::assignments::MovementStub;
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::movements::{AccountStub, MovementDetails, MovementPatch, MovementSource, MovementView, Movements};

/// Movements of hidden accounts are in no list and never assigned by themselves (feature 14). As text, so that it can
/// stand beside the words of a folder's index.
pub const OF_VISIBLE_ACCOUNTS: &str = "account_id NOT IN (SELECT id FROM payment_account WHERE hidden)";

/// Most related movements that are shown, the oldest first.
const RELATED_MAX: u64 = 200;

pub async fn load(conn: &impl ConnectionTrait, id: MovementId) -> Result<account_movement::Model, Error> {
    account_movement::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found(Kind::AccountMovement))
}

/// Loads a movement and holds its row until the transaction ends.
pub async fn lock(txn: &DatabaseTransaction, id: MovementId) -> Result<Option<account_movement::Model>, Error> {
    Ok(db::locked(account_movement::Entity::find_by_id(id)).one(txn).await?)
}

/// Takes a part of what is not assigned, in one conditional update: whoever comes second finds too little.
pub async fn take_free(
    txn: &DatabaseTransaction,
    id: MovementId,
    amount: Money,
    lost: impl FnOnce() -> Error,
) -> Result<(), Error> {
    let update = account_movement::Entity::update_many()
        .col_expr(
            account_movement::Column::FreeMinor,
            Expr::col(account_movement::Column::FreeMinor).sub(amount.minor()),
        )
        .col_expr(account_movement::Column::Version, Expr::col(account_movement::Column::Version).add(1))
        .filter(account_movement::Column::Id.eq(id))
        .filter(account_movement::Column::FreeMinor.gte(amount.minor()))
        .filter(account_movement::Column::Status.eq(MovementStatus::Completed))
        .filter(account_movement::Column::Hidden.eq(false));
    db::take(txn, update, lost).await
}

/// Gives back what an assignment or refund had taken; a hidden movement takes it back too.
pub async fn give_back(txn: &DatabaseTransaction, id: MovementId, amount: Money) -> Result<(), Error> {
    let update = account_movement::Entity::update_many()
        .col_expr(
            account_movement::Column::FreeMinor,
            Expr::col(account_movement::Column::FreeMinor).add(amount.minor()),
        )
        .col_expr(account_movement::Column::Version, Expr::col(account_movement::Column::Version).add(1))
        .filter(account_movement::Column::Id.eq(id));
    db::take(txn, update, || Error::inconsistent("account_movement", "free_minor", id)).await
}

/// Changes the internal comment (feature 70).
pub async fn comment(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (MovementId, Option<i64>),
    patch: &MovementPatch,
) -> Result<MovementView, Error> {
    let mut checks = Checks::default();
    let new = match &patch.internal_comment {
        None => None,
        Some(None) => Some(None),
        Some(Some(text)) => checks.text("/internal_comment", text, limits::INTERNAL_COMMENT).map(Some),
    };
    checks.finish()?;
    let mut row = lock(txn, id).await?.ok_or_else(|| Error::not_found(Kind::AccountMovement))?;
    db::check_version(version, row.version)?;
    if let Some(comment) = new {
        let update = account_movement::Entity::update_many()
            .col_expr(account_movement::Column::InternalComment, Expr::value(comment.clone()))
            .col_expr(account_movement::Column::Version, Expr::col(account_movement::Column::Version).add(1))
            .filter(account_movement::Column::Id.eq(id))
            .filter(account_movement::Column::Version.eq(row.version));
        db::take(txn, update, || Error::new(Code::ConcurrentChange)).await?;
        row.internal_comment = comment;
        row.version = row.version.saturating_add(1);
        audit::record(txn, ctx, "movement.commented", Subject::Movement(id), json!({})).await?;
    }
    views(txn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::AccountMovement))
}

/// Hides or shows movements; doing it twice is harmless, amounts never change (I6). The rows are locked in the order of
/// their ids, so that two callers with the same movements cannot wait for each other.
///
/// # Errors
/// `reference_not_found`, with the pointer of the first unknown id; then nothing is changed.
pub async fn set_visibility(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    ids: &[String],
    visibility: Visibility,
) -> Result<Movements, Error> {
    let mut checks = Checks::default();
    let most = limits::MOVEMENTS_HIDDEN;
    if ids.is_empty() || ids.len() > most {
        checks.note::<()>("/ids", Err(Error::wrong(Reason::TooMany).with("min", 1).with("max", most)));
    }
    checks.distinct("/ids", ids);
    let parsed: Vec<MovementId> = ids
        .iter()
        .enumerate()
        .filter_map(|(index, id)| checks.id(&format!("/ids/{index}"), id, Kind::AccountMovement))
        .collect();
    checks.finish()?;
    let wanted = account_movement::Entity::find()
        .filter(account_movement::Column::Id.is_in(super::distinct(parsed.iter().copied())))
        .order_by_asc(account_movement::Column::Id);
    let mut found = db::locked(wanted).all(txn).await?;
    if let Some(missing) = parsed.iter().position(|id| !found.iter().any(|row| row.id == *id)) {
        let unknown = Error::unknown_reference(Kind::AccountMovement);
        return Err(unknown.at(format!("/ids/{missing}")));
    }
    let hidden = visibility == Visibility::Hidden;
    let mut changed = Vec::new();
    for row in found.iter_mut().filter(|row| row.hidden != hidden) {
        (row.hidden, row.version) = (hidden, row.version.saturating_add(1));
        changed.push(row.id);
    }
    let update = account_movement::Entity::update_many()
        .col_expr(account_movement::Column::Hidden, Expr::value(hidden))
        .col_expr(account_movement::Column::Version, Expr::col(account_movement::Column::Version).add(1))
        .filter(account_movement::Column::Id.is_in(changed.iter().copied()));
    update.exec(txn).await?;
    let action = if hidden { "movement.hidden" } else { "movement.shown" };
    audit::record_all(txn, ctx, action, changed.iter().copied().map(Subject::Movement)).await?;
    // Whoever hides one of two has decided about both, and whoever shows it again has taken that back.
    let marks_changed = match visibility {
        Visibility::Hidden => duplicates::decide(txn, ctx, &changed, DuplicateDecision::Hidden).await?,
        Visibility::Visible => duplicates::reopen(txn, &changed).await?,
    };
    if marks_changed {
        let query =
            account_movement::Entity::find().filter(account_movement::Column::Id.is_in(found.iter().map(|row| row.id)));
        found = query.order_by_asc(account_movement::Column::Id).all(txn).await?;
    }
    Ok(Movements { items: views(txn, found).await? })
}

pub async fn show(conn: &impl ConnectionTrait, id: MovementId) -> Result<MovementDetails, Error> {
    let row = load(conn, id).await?;
    let setting = settings::load(conn).await?.unassigned_returns();
    let assignments = assignments::of_movement(conn, id).await?;
    let allowed_actions = MovementDetails::actions(&row, setting, &super::refunds::cancelled_orders(conn, id).await?);
    let source = source(conn, &row).await?;
    let possible_duplicates = duplicates::of_movement(conn, id).await?;
    let movement = views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::AccountMovement))?;
    Ok(MovementDetails { movement, assignments, allowed_actions, source, possible_duplicates })
}

/// Where a movement comes from.
pub async fn source(conn: &impl ConnectionTrait, row: &account_movement::Model) -> Result<MovementSource, Error> {
    let file = match row.file_id {
        Some(file) => statement_file::Entity::find_by_id(file).one(conn).await?,
        None => None,
    };
    Ok(MovementSource::of(row, file.as_ref()))
}

/// Movements of the same case: linked by the related transaction id in either direction, a fee and its parent, or a
/// refund and the movement that confirmed it (feature 73).
pub async fn related(conn: &impl ConnectionTrait, id: MovementId) -> Result<Movements, Error> {
    let row = load(conn, id).await?;
    let confirming = super::refunds::confirming_movements(conn, id).await?;
    let mut any = sea_orm::Condition::any()
        .add(account_movement::Column::RelatedTransactionId.eq(row.transaction_id.as_str()))
        .add(account_movement::Column::ParentMovementId.eq(id))
        .add(account_movement::Column::Id.is_in(confirming));
    if let Some(related) = &row.related_transaction_id {
        any = any.add(account_movement::Column::TransactionId.eq(related.as_str()));
    }
    if let Some(parent) = row.parent_movement_id {
        any = any.add(account_movement::Column::Id.eq(parent));
    }
    let rows = account_movement::Entity::find().filter(any).filter(account_movement::Column::Id.ne(id));
    let rows = rows.filter(Expr::cust(OF_VISIBLE_ACCOUNTS)).order_by_asc(account_movement::Column::BookingDate);
    let rows = rows.order_by_asc(account_movement::Column::Id).limit(RELATED_MAX).all(conn).await?;
    Ok(Movements { items: views(conn, rows).await? })
}

pub async fn views(conn: &impl ConnectionTrait, rows: Vec<impl Into<Listed>>) -> Result<Vec<MovementView>, Error> {
    let rows: Vec<Listed> = rows.into_iter().map(Into::into).collect();
    let accounts = account_stubs(conn, rows.iter().map(|row| row.account_id)).await?;
    rows.into_iter()
        .map(|row| {
            let account = accounts.get(&row.account_id).cloned();
            let account = account.ok_or_else(|| Error::inconsistent("account_movement", "account_id", row.id))?;
            Ok(MovementView::of(row, account))
        })
        .collect()
}

/// Stubs of payment accounts by id.
pub async fn account_stubs(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = AccountId>,
) -> Result<HashMap<AccountId, AccountStub>, Error> {
    let ids: Vec<AccountId> = super::distinct(ids);
    let rows = payment_account::Entity::find().filter(payment_account::Column::Id.is_in(ids)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, AccountStub { id: row.id, name: row.name })).collect())
}

/// Stubs of movements by id.
pub async fn stubs(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = MovementId>,
) -> Result<HashMap<MovementId, MovementStub>, Error> {
    let ids: Vec<MovementId> = super::distinct(ids);
    let rows = account_movement::Entity::find().filter(account_movement::Column::Id.is_in(ids)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, MovementStub { id: row.id, number: row.transaction_id })).collect())
}
