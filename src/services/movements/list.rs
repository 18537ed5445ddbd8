//! The movement list, the counts of its folders, and what a filter finds in all; without hidden accounts.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};

pub use super::filter::{AmountBound, MovementFilter};
use super::finding;
use super::listed::{self, Listed};
use super::tally::{self, Counted};
use crate::domain::money::{Currency, Money};
use crate::domain::movement::Folder;
use crate::entities::account_movement::{Column, Entity};
use crate::error::Error;
use crate::services::page::{self, Direction, KeyKind, Order, Page, PageRequest, SortKey};
use crate::views::movements::{AccountStub, FolderSum, FolderView, Folders, MovementView};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    BookingDate,
    Amount,
}

/// A page of the list.
///
/// # Errors
/// `invalid_cursor`; `unavailable` when the database is.
pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &MovementFilter,
    sorting: (SortBy, Direction),
    request: &PageRequest,
) -> Result<Page<MovementView>, Error> {
    let page = rows(conn, filter, sorting, request).await?;
    Ok(page.map(|(row, name)| {
        let account = AccountStub { id: row.account_id, name };
        MovementView::of(row, account)
    }))
}

/// A page as rows, each with the name of its account.
///
/// # Errors
/// As [`page()`].
pub async fn rows(
    conn: &impl ConnectionTrait,
    filter: &MovementFilter,
    sorting: (SortBy, Direction),
    request: &PageRequest,
) -> Result<Page<(Listed, String)>, Error> {
    let (sort, order) = (sorting.0, order(sorting));
    page::check(order, request)?;
    let keys = |(row, _): &(Listed, String)| match sort {
        SortBy::BookingDate => (SortKey::Date(row.booking_date), row.id.0),
        SortBy::Amount => (SortKey::Number(row.amount.minor()), row.id.0),
    };
    let Some(condition) = finding::condition(conn, filter, sort).await? else {
        return Ok(Page { items: Vec::new(), next_cursor: None });
    };
    let query = Entity::find().select_only().columns(listed::COLUMNS);
    let query = query.expr_as(Expr::cust(listed::ACCOUNT_NAME), "account_name").filter(condition);
    page::fetch_as(conn, query, (order, request), Listed::read, keys).await
}

fn order((sort, direction): (SortBy, Direction)) -> Order<Column> {
    let column = match sort {
        SortBy::BookingDate => (Column::BookingDate, KeyKind::Date),
        SortBy::Amount => (Column::AmountMinor, KeyKind::Number),
    };
    Order { column: Some(column), id: Column::Id, direction }
}

/// Counts and sums per folder.
pub async fn folders(conn: &impl ConnectionTrait) -> Result<Folders, Error> {
    let counted = tally::load(conn).await?;
    let view = |folder: Folder| {
        let of_folder = counted.iter().filter(|counted| counted.is_in(Some(folder)));
        let found = Found::of(of_folder.map(Counted::sum));
        FolderView { folder, count: found.count, sums: found.sums }
    };
    Ok(Folders { items: Folder::ALL.iter().copied().map(view).collect() })
}

/// Number and sums per currency of what a filter finds, and how much there is without it.
#[derive(Debug, Clone)]
pub struct Summary {
    pub found: Found,
    pub total_without_filters: i64,
}

pub async fn summary(conn: &impl ConnectionTrait, filter: &MovementFilter) -> Result<Summary, Error> {
    let counted = tally::load(conn).await?;
    let left = tally::left(&counted, filter);
    let found = match filter.is_counted() {
        true => Found::of(left.into_iter().map(Counted::sum)),
        false if left.is_empty() => Found::of([].into_iter()),
        false => Found::of(added_up(conn, filter).await?.into_iter()),
    };
    let all = counted.iter().filter(|counted| counted.is_in(None)).map(|counted| counted.number);
    Ok(Summary { found, total_without_filters: all.sum() })
}

/// Reads whatever the filter finds.
async fn added_up(conn: &impl ConnectionTrait, filter: &MovementFilter) -> Result<Vec<Sum>, Error> {
    let Some(condition) = finding::condition(conn, filter, SortBy::BookingDate).await? else { return Ok(Vec::new()) };
    // SUM(bigint) is NUMERIC on PostgreSQL and cannot be read as an integer without the cast.
    let sums = Entity::find().filter(condition).select_only().column(Column::Currency);
    let sums = sums
        .column_as(Column::Id.count(), "number")
        .column_as(Column::AmountMinor.sum().cast_as("bigint"), "amount_minor")
        .column_as(Column::FreeMinor.sum().cast_as("bigint"), "free_minor");
    let query = sums.group_by(Column::Currency).order_by_asc(Column::Currency);
    Ok(query.into_model().all(conn).await?)
}

/// Movements of one currency, added up.
#[derive(Debug, Clone, Copy, FromQueryResult)]
pub struct Sum {
    pub currency: Currency,
    pub number: i64,
    pub amount_minor: i64,
    pub free_minor: i64,
}

impl Counted {
    const fn sum(&self) -> Sum {
        let Self { currency, number, amount_minor, free_minor, .. } = self;
        Sum { currency: *currency, number: *number, amount_minor: *amount_minor, free_minor: *free_minor }
    }
}

/// A number of movements and their sums per currency.
#[derive(Debug, Clone)]
pub struct Found {
    pub count: i64,
    pub sums: Vec<FolderSum>,
}

impl Found {
    fn of(parts: impl Iterator<Item = Sum>) -> Self {
        let mut by_currency: BTreeMap<&'static str, Sum> = BTreeMap::new();
        let mut count = 0_i64;
        for part in parts {
            count = count.saturating_add(part.number);
            let nothing = Sum { number: 0, amount_minor: 0, free_minor: 0, ..part };
            let sum = by_currency.entry(part.currency.code()).or_insert(nothing);
            sum.amount_minor = sum.amount_minor.saturating_add(part.amount_minor);
            sum.free_minor = sum.free_minor.saturating_add(part.free_minor);
        }
        let sums = by_currency.into_values().map(|sum| FolderSum {
            amount: Money::new(sum.amount_minor, sum.currency).into(),
            unassigned_amount: Money::new(sum.free_minor, sum.currency).into(),
        });
        Self { count, sums: sums.collect() }
    }
}
