//! Gives an item of a run the file it waits for (feature 21).

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;

use super::statement::ImportStatement;
use super::upload::{self, ImportOrder};
use super::{ItemKey, items, runs};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::RunId;
use crate::domain::job::JobKind;
use crate::domain::run::ItemStatus;
use crate::entities::reconciliation_item::{Column, Entity, Model};
use crate::entities::reconciliation_run;
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::{accounts, queue};
use crate::views::runs::RunView;

/// Makes a received file the one an item waits for, and imports it. Bytes that are known are imported again, which brings
/// nothing new and says so in the counts.
///
/// # Errors
/// `not_found` when the run has no such item; `invalid_transition` when it waits for no file; those of
/// [`upload::check_account`], `reconciliation_in_progress`.
pub async fn deliver(txn: &DatabaseTransaction, ctx: &Ctx, id: RunId, order: &ImportOrder) -> Result<RunView, Error> {
    let missing = || Error::not_found(Kind::ReconciliationRun);
    let account = accounts::lock(txn, order.account).await?.ok_or_else(missing)?;
    let run = db::locked(reconciliation_run::Entity::find_by_id(id)).one(txn).await?.ok_or_else(missing)?;
    let item = Entity::find_by_id((id, account.id)).one(txn).await?.ok_or_else(missing)?;
    check_waits(&item)?;
    upload::check_account(&account)?;
    runs::refuse_if_running(txn, account.id).await?;
    let file_id = match upload::known(txn, order).await? {
        Some(file) => file.id,
        None => upload::complete(txn, order).await?,
    };
    let update = Entity::update_many()
        .col_expr(Column::Status, Expr::value(ItemStatus::Running))
        .col_expr(Column::FileId, Expr::value(Some(file_id)))
        .col_expr(Column::Strict, Expr::value(order.strict))
        .filter(Column::RunId.eq(id))
        .filter(Column::AccountId.eq(account.id))
        .filter(Column::Status.eq(ItemStatus::NeedsFile));
    db::take(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    let key = ItemKey { run_id: id, account_id: account.id };
    queue::enqueue(txn, ctx, JobKind::ImportStatement, &ImportStatement { key, file_id }).await?;
    let details = json!({ "sha256": order.received.sha256, "size_bytes": order.received.size_bytes });
    audit::record(txn, ctx, "statement.received", Subject::Run(id), details).await?;
    items::settle(txn, ctx, &run).await?;
    runs::show(txn, id).await
}

/// Whether an item waits for a file.
///
/// # Errors
/// `invalid_transition`.
pub fn check_waits(item: &Model) -> Result<(), Error> {
    match item.status {
        ItemStatus::NeedsFile => Ok(()),
        status => Err(Error::new(Code::InvalidTransition).with("state", status).with("event", "file")),
    }
}

/// Whether a run has an item that waits for the file, before one is received for it.
///
/// # Errors
/// As [`deliver`].
pub async fn check(conn: &impl sea_orm::ConnectionTrait, key: ItemKey) -> Result<(), Error> {
    let item = Entity::find_by_id((key.run_id, key.account_id)).one(conn).await?;
    check_waits(&item.ok_or_else(|| Error::not_found(Kind::ReconciliationRun))?)
}
