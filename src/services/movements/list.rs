//! The movement list: folders, filters, sorting, and the folder counts, all without hidden accounts. A folder's SQL is written in the words of its
//! partial index, literally, so that both databases can prove that the index fits.

use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, Select, Statement,
};

use super::{OF_VISIBLE_ACCOUNTS, views};
use crate::domain::id::AccountId;
use crate::domain::money::{Currency, Money};
use crate::domain::movement::{BookingType, Direction as MoneyDirection, Folder, MovementStatus};
use crate::domain::text::fold;
use crate::entities::account_movement::{Column, Entity, Model};
use crate::error::Error;
use crate::services::contains;
use crate::services::page::{self, Direction, KeyKind, Order, Page, PageRequest, SortKey};
use crate::views::movements::{FolderSum, FolderView, Folders, MovementView};

/// Filter of the list; all that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct MovementFilter {
    pub folder: Option<Folder>,
    pub counterparty: Option<String>,
    pub purpose: Option<String>,
    pub transaction_id: Option<String>,
    /// In counterparty, purpose or transaction id.
    pub q: Option<String>,
    /// Signed, inclusive, in minor units per currency: amounts of other currencies never match.
    pub amount_from: Option<AmountBound>,
    pub amount_to: Option<AmountBound>,
    pub amount_abs_from: Option<AmountBound>,
    pub amount_abs_to: Option<AmountBound>,
    pub currency: Option<Currency>,
    pub account_id: Option<AccountId>,
    pub booking_type: Option<BookingType>,
    pub status: Option<MovementStatus>,
    pub direction: Option<MoneyDirection>,
    pub date_from: Option<NaiveDate>,
    pub date_to: Option<NaiveDate>,
}

/// An amount bound in minor units of the filter's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountBound(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    BookingDate,
    Amount,
}

/// A folder as SQL: the WHERE of its partial index, where it is said why "completed" is a negation. `None` is the root folder with everything that is visible.
pub const fn folder_sql(folder: Option<Folder>) -> &'static str {
    match folder {
        None => "NOT hidden",
        Some(Folder::Hidden) => "hidden",
        Some(Folder::NotAssigned) => {
            "NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor > 0"
        }
        Some(Folder::PartiallyAssigned) => {
            "NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor > 0 AND free_minor < ABS(amount_minor)"
        }
        Some(Folder::FullyAssigned) => {
            "NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor = 0"
        }
        Some(Folder::Pending) => "NOT hidden AND status = 'in_progress'",
        Some(Folder::Failed) => "NOT hidden AND status IN ('failed','aborted')",
    }
}

fn absolute() -> Expr {
    Func::abs(Expr::col(Column::AmountMinor)).into()
}

fn filtered(filter: &MovementFilter) -> Select<Entity> {
    let mut found = vec![Some(Expr::cust(folder_sql(filter.folder))), Some(Expr::cust(OF_VISIBLE_ACCOUNTS))];
    let mut add = |condition: Option<Expr>| found.push(condition);
    add(filter.counterparty.as_ref().map(|text| contains(Column::CounterpartyFold, &fold(text))));
    add(filter.purpose.as_ref().map(|text| contains(Column::PurposeFold, &fold(text))));
    let transaction_id = |text: &String| {
        let folded = Func::lower(Expr::col(Column::TransactionId));
        Expr::expr(folded)
            .like(sea_orm::sea_query::LikeExpr::new(crate::db::contains_pattern(&text.to_lowercase())).escape('\\'))
    };
    add(filter.transaction_id.as_ref().map(transaction_id));
    add(filter.q.as_ref().map(|text| {
        let folded = fold(text);
        let names = contains(Column::CounterpartyFold, &folded).or(contains(Column::PurposeFold, &folded));
        names.or(transaction_id(text))
    }));
    add(filter.amount_from.map(|bound| Column::AmountMinor.gte(bound.0)));
    add(filter.amount_to.map(|bound| Column::AmountMinor.lte(bound.0)));
    add(filter.amount_abs_from.map(|bound| absolute().gte(bound.0)));
    add(filter.amount_abs_to.map(|bound| absolute().lte(bound.0)));
    add(filter.currency.map(|currency| Column::Currency.eq(currency)));
    add(filter.account_id.map(|account| Column::AccountId.eq(account)));
    add(filter.booking_type.map(|kind| Column::BookingType.eq(kind)));
    add(filter.status.map(|status| Column::Status.eq(status)));
    add(filter.direction.map(|direction| match direction {
        MoneyDirection::In => Column::AmountMinor.gt(0),
        MoneyDirection::Out => Column::AmountMinor.lt(0),
    }));
    add(filter.date_from.map(|date| Column::BookingDate.gte(date)));
    add(filter.date_to.map(|date| Column::BookingDate.lte(date)));
    let all = found.into_iter().flatten().fold(Condition::all(), Condition::add);
    Entity::find().filter(all)
}

pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &MovementFilter,
    (sort, direction): (SortBy, Direction),
    request: &PageRequest,
) -> Result<Page<MovementView>, Error> {
    let column = match sort {
        SortBy::BookingDate => (Column::BookingDate, KeyKind::Date),
        SortBy::Amount => (Column::AmountMinor, KeyKind::Number),
    };
    let order = Order { column: Some(column), id: Column::Id, direction };
    let keys = |row: &Model| match sort {
        SortBy::BookingDate => (SortKey::Date(row.booking_date), row.id.0),
        SortBy::Amount => (SortKey::Number(row.amount_minor), row.id.0),
    };
    let page = page::fetch(conn, filtered(filter), order, request, keys).await?;
    let items = views(conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

#[derive(Debug, FromQueryResult)]
struct FolderRow {
    currency: Currency,
    count: i64,
    amount: i64,
    free: i64,
}

/// Counts and sums per folder; one query each, over its partial index.
pub async fn folders(conn: &impl ConnectionTrait) -> Result<Folders, Error> {
    let mut items = Vec::with_capacity(Folder::ALL.len());
    for folder in Folder::ALL.iter().copied() {
        // SUM(bigint) is NUMERIC on PostgreSQL and cannot be read as an integer without the cast.
        let sql = format!(
            "SELECT currency, COUNT(*) AS count, CAST(SUM(amount_minor) AS BIGINT) AS amount, \
             CAST(SUM(free_minor) AS BIGINT) AS free FROM account_movement WHERE {} AND {OF_VISIBLE_ACCOUNTS} GROUP BY currency ORDER BY currency",
            folder_sql(Some(folder))
        );
        let statement = Statement::from_string(conn.get_database_backend(), sql);
        let rows = FolderRow::find_by_statement(statement).all(conn).await?;
        items.push(FolderView {
            folder,
            count: rows.iter().map(|row| row.count).sum(),
            sums: rows
                .iter()
                .map(|row| FolderSum {
                    amount: Money::new(row.amount, row.currency).into(),
                    unassigned_amount: Money::new(row.free, row.currency).into(),
                })
                .collect(),
        });
    }
    Ok(Folders { items })
}
