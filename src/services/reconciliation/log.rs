//! The logbook: append-only rows about what went wrong or is worth a look (feature 30). Texts hold codes, amounts,
//! dates and line numbers, never names or IBANs.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::ItemKey;
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::{AccountId, RunId, UserId};
use crate::domain::run::LogLevel;
use crate::entities::log_row::{self, Column};
use crate::entities::{app_user, reconciliation_run};
use crate::error::Error;
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::services::{distinct, movements};
use crate::views::runs::{ActorStub, LogRowView};

/// A row to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub level: LogLevel,
    pub code: String,
    pub message_de: String,
    pub message_en: String,
    pub line: Option<i64>,
    pub field: Option<String>,
    /// The file inside an archive.
    pub file: Option<String>,
}

/// Writes rows about an account's part of a run, in the name of whoever acts: for a job, whoever started the run.
pub async fn write(txn: &DatabaseTransaction, ctx: &Ctx, key: ItemKey, entries: Vec<LogEntry>) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let run = reconciliation_run::Entity::find_by_id(key.run_id).one(txn).await?;
    let actor = ctx.user_id().or(run.map(|run| run.created_by));
    let rows = entries.into_iter().map(|entry| log_row::Model {
        id: ctx.id(),
        run_id: Some(key.run_id),
        account_id: Some(key.account_id),
        level: entry.level,
        code: entry.code,
        message_de: entry.message_de,
        message_en: entry.message_en,
        line: entry.line,
        field: entry.field,
        file: entry.file,
        actor_id: actor,
        created_at: ctx.now,
    });
    Ok(db::insert_all(txn, rows.collect()).await?)
}

/// Filter of the logbook.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    pub run_id: Option<RunId>,
    pub account_id: Option<AccountId>,
    pub level: Option<LogLevel>,
}

/// A page of the logbook, newest first.
pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &LogFilter,
    request: &PageRequest,
) -> Result<Page<LogRowView>, Error> {
    let mut query = log_row::Entity::find();
    if let Some(run) = filter.run_id {
        query = query.filter(Column::RunId.eq(run));
    }
    if let Some(account) = filter.account_id {
        query = query.filter(Column::AccountId.eq(account));
    }
    if let Some(level) = filter.level {
        query = query.filter(Column::Level.eq(level));
    }
    let order = Order { column: None, id: Column::Id, direction: Direction::Descending };
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    let accounts = movements::account_stubs(conn, page.items.iter().filter_map(|row| row.account_id)).await?;
    let actors = actor_stubs(conn, page.items.iter().filter_map(|row| row.actor_id)).await?;
    Ok(page.map(|row| {
        let account = row.account_id.and_then(|id| accounts.get(&id).cloned());
        let actor = row.actor_id.and_then(|id| actors.get(&id).cloned());
        LogRowView::of(row, account, actor)
    }))
}

async fn actor_stubs(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, ActorStub>, Error> {
    let found = app_user::Entity::find().filter(app_user::Column::Id.is_in(distinct(ids)));
    let rows = found.all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, ActorStub { id: row.id, name: row.name })).collect())
}
