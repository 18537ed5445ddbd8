//! Runs: start one over accounts, show, list (features 19 to 21 and 29).

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use serde_json::json;

use super::{ItemKey, log, texts};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::account::Feed;
use crate::domain::id::{AccountId, RunId};
use crate::domain::job::JobKind;
use crate::domain::run::{ItemStatus, Phase, RunStatus, run_status};
use crate::entities::{
    account_movement, assignment, payment_account, reconciliation_item, reconciliation_run, statement_file,
};
use crate::error::{Code, Error, Kind, Reason};
use crate::services::audit::{self, Subject};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::services::queue;
use crate::services::{accounts, distinct, movements};
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::runs::{FileStub, ItemView, RunView, StartRun};

/// Starts a run: provider accounts are fetched by a job, file accounts wait for their file. Over all accounts it leaves
/// those out that are hidden, and those that are locked, which its logbook names.
///
/// # Errors
/// `reference_not_found`, `account_hidden`, `account_locked`, `account_not_connected`, `reconciliation_in_progress`.
pub async fn start(txn: &DatabaseTransaction, ctx: &Ctx, id: RunId, command: &StartRun) -> Result<RunView, Error> {
    let accounts = match &command.account_ids {
        Some(ids) if !ids.is_empty() => named(txn, ids).await?,
        _ => all_connected(txn).await?,
    };
    let (locked, accounts): (Vec<_>, Vec<_>) =
        accounts.into_iter().partition(|account| account.auto_import_locked_reason.is_some());
    let mut items = Vec::new();
    for account in &accounts {
        let status = match account.provider.feed() {
            Feed::Provider => ItemStatus::Running,
            Feed::File | Feed::None => ItemStatus::NeedsFile,
        };
        refuse_if_running(txn, account.id).await?;
        items.push(reconciliation_item::Model { status, ..item(id, account.id) });
    }
    insert(txn, ctx, id, &items).await?;
    for account in &locked {
        let key = ItemKey { run_id: id, account_id: account.id };
        log::write(txn, ctx, key, account.auto_import_locked_reason.map(texts::left_out).into_iter().collect()).await?;
    }
    for item in items.iter().filter(|item| item.status == ItemStatus::Running) {
        let key = ItemKey { run_id: id, account_id: item.account_id };
        queue::enqueue(txn, ctx, JobKind::FetchFeed, &key).await?;
    }
    show(txn, id).await
}

async fn named(txn: &DatabaseTransaction, ids: &[String]) -> Result<Vec<payment_account::Model>, Error> {
    let mut checks = Checks::default();
    if ids.len() > limits::ACCOUNTS {
        checks.note::<()>(
            "/account_ids",
            Err(Error::wrong(Reason::TooMany).with("min", 0).with("max", limits::ACCOUNTS)),
        );
    }
    let mut wanted: Vec<(usize, AccountId)> = Vec::new();
    for (index, text) in ids.iter().enumerate() {
        let id: Option<AccountId> = checks.id(&format!("/account_ids/{index}"), text, Kind::PaymentAccount);
        wanted.extend(id.filter(|id| wanted.iter().all(|(_, known)| known != id)).map(|id| (index, id)));
    }
    // In one order for everybody, so that two runs cannot wait for each other's rows.
    wanted.sort_by_key(|(_, id)| *id);
    let mut found = Vec::new();
    for (index, id) in wanted {
        match accounts::lock(txn, id).await? {
            Some(account) => found.push(account),
            None => {
                let unknown = Error::unknown_reference(Kind::PaymentAccount);
                checks.note::<()>(format!("/account_ids/{index}"), Err(unknown));
            }
        }
    }
    checks.finish()?;
    found.iter().try_for_each(connected)?;
    found.iter().try_for_each(unlocked)?;
    Ok(found)
}

/// Whether movements of an account can be fetched or imported.
fn connected(account: &payment_account::Model) -> Result<(), Error> {
    if account.hidden {
        return Err(Error::new(Code::AccountHidden));
    }
    if account.provider.feed() == Feed::None || !account.can_receive {
        return Err(Error::new(Code::AccountNotConnected).with("provider", account.provider));
    }
    Ok(())
}

/// Whether an account may be asked for by a run (feature 15).
fn unlocked(account: &payment_account::Model) -> Result<(), Error> {
    let Some(reason) = account.auto_import_locked_reason else { return Ok(()) };
    Err(Error::new(Code::AccountLocked).with("auto_import_locked_reason", reason).with("account", account.id))
}

async fn all_connected(txn: &DatabaseTransaction) -> Result<Vec<payment_account::Model>, Error> {
    use payment_account::Column;
    let visible = payment_account::Entity::find()
        .filter(Column::Hidden.eq(false))
        .filter(Column::CanReceive.eq(true))
        .order_by_asc(Column::Id);
    let mut accounts = db::locked(visible).all(txn).await?;
    accounts.retain(|account| connected(account).is_ok());
    Ok(accounts)
}

/// One running item per account (feature 29). The account's row is locked by the caller; the partial unique index is
/// the second fence.
///
/// # Errors
/// `reconciliation_in_progress`.
pub(super) async fn refuse_if_running(txn: &DatabaseTransaction, account: AccountId) -> Result<(), Error> {
    use reconciliation_item::Column;
    let running = reconciliation_item::Entity::find()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Status.eq(ItemStatus::Running));
    match running.one(txn).await? {
        Some(_) => Err(Error::new(Code::ReconciliationInProgress).with("account", account)),
        None => Ok(()),
    }
}

/// A new item: running, nothing done yet.
pub(super) const fn item(run_id: RunId, account_id: AccountId) -> reconciliation_item::Model {
    reconciliation_item::Model {
        run_id,
        account_id,
        file_id: None,
        status: ItemStatus::Running,
        dry_run: false,
        strict: false,
        phase: Phase::Queued,
        progress_done: 0,
        progress_total: None,
        read_count: 0,
        created_count: 0,
        updated_count: 0,
        unchanged_count: 0,
        discarded_count: 0,
        hidden_count: 0,
        failed_count: 0,
    }
}

/// Writes a run with its items.
pub(super) async fn insert(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    id: RunId,
    items: &[reconciliation_item::Model],
) -> Result<(), Error> {
    let facts: Vec<_> = items.iter().map(|item| (item.status, 0)).collect();
    let status = run_status(&facts);
    let row = reconciliation_run::Model {
        id,
        status,
        created_by: ctx.person()?,
        version: 1,
        created_at: ctx.now,
        finished_at: (status == RunStatus::Finished).then_some(ctx.now),
        changed_at: ctx.now,
    };
    db::insert(txn, row).await?;
    db::insert_all(txn, items.to_vec()).await.map_err(|error| {
        if crate::error::is_duplicate(&error) { Error::new(Code::ReconciliationInProgress) } else { error.into() }
    })?;
    let details = json!({ "accounts": items.len(), "status": status });
    audit::record(txn, ctx, "run.started", Subject::Run(id), details).await
}

async fn load(conn: &impl ConnectionTrait, id: RunId) -> Result<reconciliation_run::Model, Error> {
    let found = reconciliation_run::Entity::find_by_id(id).one(conn).await?;
    found.ok_or_else(|| Error::not_found(Kind::ReconciliationRun))
}

pub async fn show(conn: &impl ConnectionTrait, id: RunId) -> Result<RunView, Error> {
    let row = load(conn, id).await?;
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::ReconciliationRun))
}

/// How many movements that a run brought are assigned by now, in whole or in part.
pub async fn assigned(conn: &impl ConnectionTrait, id: RunId) -> Result<u64, Error> {
    let live = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::MovementId)
        .filter(assignment::Column::UndoneAt.is_null())
        .into_query();
    let brought = account_movement::Entity::find()
        .filter(account_movement::Column::RunId.eq(id))
        .filter(account_movement::Column::Id.in_subquery(live));
    Ok(brought.count(conn).await?)
}

/// A page of runs, newest first.
pub async fn page(conn: &impl ConnectionTrait, request: &PageRequest) -> Result<Page<RunView>, Error> {
    let query = reconciliation_run::Entity::find();
    let order = Order { column: None, id: reconciliation_run::Column::Id, direction: Direction::Descending };
    let mut page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    let items = views(conn, std::mem::take(&mut page.items)).await?;
    Ok(page.with(items))
}

/// Runs as they are shown, in the order of the rows.
pub async fn views(conn: &impl ConnectionTrait, rows: Vec<reconciliation_run::Model>) -> Result<Vec<RunView>, Error> {
    use reconciliation_item::Column;
    let found = reconciliation_item::Entity::find()
        .filter(Column::RunId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(Column::AccountId);
    let items = found.all(conn).await?;
    let accounts = movements::account_stubs(conn, items.iter().map(|item| item.account_id)).await?;
    let file_ids = distinct(items.iter().filter_map(|item| item.file_id));
    let files = statement_file::Entity::find().filter(statement_file::Column::Id.is_in(file_ids)).all(conn).await?;
    let files: HashMap<_, _> = files.iter().map(|file| (file.id, FileStub::from(file))).collect();
    let mut by_run: HashMap<RunId, Vec<ItemView>> = HashMap::new();
    for item in &items {
        let account = accounts.get(&item.account_id).cloned();
        let account = account.ok_or_else(|| Error::inconsistent("reconciliation_item", "account_id", item.run_id))?;
        let file = item.file_id.and_then(|id| files.get(&id).cloned());
        by_run.entry(item.run_id).or_default().push(ItemView::of(item, account, file));
    }
    Ok(rows.iter().map(|row| RunView::of(row, by_run.remove(&row.id).unwrap_or_default())).collect())
}
