//! What the statements of a file say about the account: kept, listed, and compared with those before and after.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{ItemKey, log, sums, texts};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::continuity::{Closings, Gap};
use crate::domain::id::{AccountId, FileId, StatementId};
use crate::domain::money::{Currency, Money};
use crate::entities::statement::{Column, Entity, Model};
use crate::entities::{payment_account, statement_file};
use crate::error::Error;
use crate::importers::{LineStatus, StatementEnd, StatementEvent, StatementHeader};
use crate::services::page::{self, Direction, KeyKind, Order, Page, PageRequest, SortKey};
use crate::services::{distinct, movements};
use crate::views::statements::StatementView;

/// Gaps that the logbook names one by one.
const NAMED_MAX: usize = 20;

/// The account's own statements of a file that is being read.
#[derive(Debug, Clone, Default)]
pub struct Balances {
    found: Vec<Found>,
    open: Option<Found>,
}

#[derive(Debug, Clone)]
struct Found {
    part: Option<String>,
    header: StatementHeader,
    days: Option<(NaiveDate, NaiveDate)>,
    end: Option<StatementEnd>,
}

impl Balances {
    /// Takes an event in; `own` tells whether the statement it belongs to is of the account.
    pub fn see(&mut self, event: &StatementEvent, (own, part): (bool, Option<&String>)) {
        match event {
            StatementEvent::Statement(header) => {
                let found = Found { part: part.cloned(), header: (**header).clone(), days: None, end: None };
                self.open = own.then_some(found);
            }
            StatementEvent::Line(line) if line.status == LineStatus::Booked => {
                if let Some(open) = &mut self.open {
                    let day = line.booking_date;
                    let (first, last) = open.days.unwrap_or((day, day));
                    open.days = Some((first.min(day), last.max(day)));
                }
            }
            StatementEvent::StatementEnd(end) => {
                let ended = self.open.take().map(|open| Found { end: Some(end.clone()), ..open });
                self.found.extend(ended);
            }
            StatementEvent::Part(_) | StatementEvent::Line(_) | StatementEvent::Issue(_) => {}
        }
    }
}

impl Found {
    /// As it is kept; none of what has no days, or another currency.
    fn row(self, ctx: &Ctx, key: ItemKey, (file, currency): (FileId, Currency)) -> Option<Model> {
        let end = self.end?;
        let balances = [end.opening, end.closing, end.sum, end.gap];
        if balances.into_iter().flatten().any(|money| money.currency() != currency) {
            return None;
        }
        let first = self.header.from.or(self.days.map(|days| days.0)).or(self.header.to)?;
        let last = self.header.to.or(self.days.map(|days| days.1)).unwrap_or(first);
        Some(Model {
            id: ctx.id(),
            account_id: key.account_id,
            run_id: key.run_id,
            file_id: file,
            file_part: self.part,
            ordinal: i64::try_from(self.header.ordinal).ok()?,
            source_line: i64::try_from(self.header.source_line).ok()?,
            bank_number: self.header.id,
            currency,
            first_date: first.min(last),
            last_date: last.max(first),
            opening_minor: end.opening.map(Money::minor),
            closing_minor: end.closing.map(Money::minor),
            sum_minor: end.sum.map_or(0, Money::minor),
            lines: i64::try_from(end.lines).ok()?,
            created_at: ctx.now,
            gap_minor: end.gap.map(Money::minor),
            sum_is_told: end.sum.is_some(),
        })
    }
}

/// Keeps the statements of a file. Those that are kept already stay as they are.
pub async fn keep(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (key, file, currency): (ItemKey, FileId, Currency),
    balances: Balances,
) -> Result<(), Error> {
    let known = Entity::find().filter(Column::FileId.eq(file)).all(txn).await?;
    let known: HashSet<(Option<String>, i64)> = known.into_iter().map(|row| (row.file_part, row.ordinal)).collect();
    let rows = balances.found.into_iter().filter_map(|found| found.row(ctx, key, (file, currency)));
    let rows = rows.filter(|row| !known.contains(&(row.file_part.clone(), row.ordinal)));
    Ok(db::insert_all(txn, rows.collect()).await?)
}

/// The statements that a run has brought, and those around them.
#[derive(Debug, Default)]
pub struct Around {
    /// As they follow one another, from the last one before the run's.
    pub all: Vec<Model>,
    pub new: HashSet<StatementId>,
}

impl Around {
    /// # Errors
    /// `unavailable` when the database is.
    pub async fn load(conn: &impl ConnectionTrait, key: ItemKey) -> Result<Self, Error> {
        let of_account = Entity::find().filter(Column::AccountId.eq(key.account_id));
        let first = of_account.filter(Column::RunId.eq(key.run_id)).select_only().column(Column::FirstDate);
        let first = first.order_by_asc(Column::FirstDate).limit(1).into_tuple().one(conn).await?;
        let Some(first) = first else { return Ok(Self::default()) };
        let all = around(conn, key.account_id, (first, None)).await?;
        let new = all.iter().filter(|row| row.run_id == key.run_id).map(|row| row.id).collect();
        Ok(Self { all, new })
    }

    pub fn is_new(&self, row: &Model) -> bool {
        self.new.contains(&row.id)
    }
}

/// Names the gaps that the statements of a run leave, or that were behind them, and days whose movements do not come to
/// what the statements say.
pub async fn tell(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    key: ItemKey,
    account: &payment_account::Model,
) -> Result<(), Error> {
    let around = Around::load(txn, key).await?;
    let closings = closings(&around.all);
    let last_days: HashSet<NaiveDate> =
        around.all.iter().filter(|row| around.is_new(row)).map(|row| row.last_date).collect();
    let gaps = around.all.iter().filter_map(|row| Some((row, gap_before(&closings, row)?)));
    let gaps = gaps.filter(|(row, gap)| around.is_new(row) || last_days.contains(&gap.after));
    let mut entries: Vec<_> = gaps.take(NAMED_MAX).map(|(row, gap)| texts::balance_gap(&gap, row)).collect();
    let differing = sums::differences(txn, account, &around.all, |row| around.is_new(row)).await?;
    // Statements without balances may know of more than those with them.
    let differing = differing.iter().filter(|difference| difference.span.whole);
    entries.extend(differing.map(sums::Difference::entry).take(NAMED_MAX));
    log::write(txn, ctx, key, entries).await
}

/// An account's statements that say what lies in front of those beginning on these days, as they follow one another: those
/// of the days, and of the last day before them.
async fn around(
    conn: &impl ConnectionTrait,
    account: AccountId,
    (first, last): (NaiveDate, Option<NaiveDate>),
) -> Result<Vec<Model>, Error> {
    let of_account = || Entity::find().filter(Column::AccountId.eq(account));
    let before = of_account().select_only().column(Column::LastDate).filter(Column::LastDate.lt(first));
    let before: Option<NaiveDate> = before.order_by_desc(Column::LastDate).limit(1).into_tuple().one(conn).await?;
    let mut query = of_account().filter(Column::LastDate.gte(before.unwrap_or(first)));
    if let Some(last) = last {
        query = query.filter(Column::LastDate.lte(last));
    }
    // Within a day: as the file has them, and files in the order they came.
    let query = query.order_by_asc(Column::LastDate).order_by_asc(Column::FirstDate).order_by_asc(Column::CreatedAt);
    Ok(query.order_by_asc(Column::FilePart).order_by_asc(Column::Ordinal).order_by_asc(Column::Id).all(conn).await?)
}

fn closings(all: &[Model]) -> Closings {
    let mut closings = Closings::default();
    for row in all {
        let money = |minor: i64| Money::new(minor, row.currency);
        if let Some(closing) = row.closing_minor {
            closings.add(row.last_date, (row.opening_minor.map(money), money(closing)));
        }
    }
    closings
}

fn gap_before(closings: &Closings, row: &Model) -> Option<Gap> {
    closings.gap_before(row.first_date, Money::new(row.opening_minor?, row.currency))
}

/// Which statements are listed.
#[derive(Debug, Clone, Default)]
pub struct StatementFilter {
    pub account_id: Option<AccountId>,
    pub date_from: Option<NaiveDate>,
    pub date_to: Option<NaiveDate>,
}

/// A page of statements, by their last day, the newest first.
pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &StatementFilter,
    request: &PageRequest,
) -> Result<Page<StatementView>, Error> {
    let mut query = Entity::find().filter(Expr::cust(movements::OF_VISIBLE_ACCOUNTS));
    if let Some(account) = filter.account_id {
        query = query.filter(Column::AccountId.eq(account));
    }
    if let Some(from) = filter.date_from {
        query = query.filter(Column::LastDate.gte(from));
    }
    if let Some(to) = filter.date_to {
        query = query.filter(Column::LastDate.lte(to));
    }
    let order =
        Order { column: Some((Column::LastDate, KeyKind::Date)), id: Column::Id, direction: Direction::Descending };
    let last = |row: &Model| (SortKey::Date(row.last_date), row.id.0);
    let mut page = page::fetch(conn, query, order, request, last).await?;
    let items = views(conn, std::mem::take(&mut page.items)).await?;
    Ok(page.with(items))
}

async fn views(conn: &impl ConnectionTrait, rows: Vec<Model>) -> Result<Vec<StatementView>, Error> {
    let stubs = movements::account_stubs(conn, rows.iter().map(|row| row.account_id)).await?;
    let mut days: HashMap<AccountId, (NaiveDate, NaiveDate)> = HashMap::new();
    for row in &rows {
        let (first, last) = days.entry(row.account_id).or_insert((row.first_date, row.first_date));
        (*first, *last) = ((*first).min(row.first_date), (*last).max(row.first_date));
    }
    let mut before: HashMap<AccountId, Closings> = HashMap::new();
    for (account, (first, last)) in days {
        before.insert(account, closings(&around(conn, account, (first, Some(last))).await?));
    }
    let files = distinct(rows.iter().map(|row| row.file_id));
    let files = statement_file::Entity::find().filter(statement_file::Column::Id.is_in(files)).all(conn).await?;
    let view = |row: Model| {
        let account = stubs.get(&row.account_id).cloned();
        let account = account.ok_or_else(|| Error::inconsistent("statement", "account_id", row.id))?;
        let file = files.iter().find(|file| file.id == row.file_id);
        let gap = before.get(&row.account_id).and_then(|closings| gap_before(closings, &row));
        Ok(StatementView::of(row, (account, file), gap))
    };
    rows.into_iter().map(view).collect()
}
