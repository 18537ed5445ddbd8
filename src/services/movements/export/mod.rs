//! Movements as a table for people: read page by page in the order of the list, so that a million rows take no more memory
//! than a thousand. What the columns hold stands in `columns`; `csv` and `xlsx` write them.

mod columns;
pub mod csv;
pub mod xlsx;

use std::collections::HashMap;
use std::sync::Arc;

use sea_orm::DatabaseTransaction;
use serde_json::json;

pub use self::columns::Words;
use super::filter::MovementFilter;
use super::list::{self, SortBy};
use super::listed::Listed;
use crate::access::ctx::Ctx;
use crate::db::Db;
use crate::error::Error;
use crate::services::audit::{self, Subject};
use crate::services::page::{Direction, PageRequest};

/// Rows that are in memory at a time.
const PAGE: u64 = 1_000;

/// How the table speaks.
#[derive(Clone)]
pub struct Wording {
    /// Picks one of an English and a German text.
    pub pick: Arc<dyn Fn(Words) -> &'static str + Send + Sync>,
    /// Labels by code, by list.
    pub labels: HashMap<String, HashMap<&'static str, &'static str>>,
    /// Decimal comma, semicolons between the cells, and the mark by which Excel knows UTF-8.
    pub for_german_excel: bool,
}

impl Wording {
    fn label(&self, (list, code): (&'static str, &'static str)) -> &'static str {
        self.labels.get(list).and_then(|labels| labels.get(code)).copied().unwrap_or(code)
    }
}

/// Where the table comes from.
pub struct Source {
    db: Db,
    filter: MovementFilter,
    sorting: (SortBy, Direction),
    /// Where the next page begins; none before the first.
    cursor: Option<String>,
    done: bool,
}

/// A row with the name of its account.
pub struct Row {
    pub movement: Listed,
    pub account: String,
}

impl Source {
    pub const fn new(db: Db, filter: MovementFilter, sorting: (SortBy, Direction)) -> Self {
        Self { db, filter, sorting, cursor: None, done: false }
    }

    /// The next rows; none at the end.
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Row>>, Error> {
        if self.done {
            return Ok(None);
        }
        let request = PageRequest { limit: PAGE, cursor: self.cursor.take(), fingerprint: "export".to_owned() };
        let page = list::rows(self.db.reader(), &self.filter, self.sorting, &request).await?;
        self.done = page.next_cursor.is_none();
        self.cursor = page.next_cursor;
        Ok(Some(page.items.into_iter().map(|(movement, account)| Row { movement, account }).collect()))
    }
}

/// Writes down that somebody took a table with people's names and accounts along.
///
/// # Errors
/// `unavailable` when the database does not answer.
pub async fn record(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (format, filters): (&'static str, &[String]),
) -> Result<(), Error> {
    let Some(user) = ctx.user_id() else { return Ok(()) };
    let details = json!({ "format": format, "filters": filters });
    audit::record(txn, ctx, "movements.exported", Subject::User(user), details).await
}
