//! How SQLite finds a page. PostgreSQL knows how often a value occurs and has a trigram index that its planner weighs;
//! SQLite has neither, so it is told here which index to use: the counts of the tally say what is rare, and a text or an
//! amount is looked up first, as long as few rows have it.

use sea_orm::sea_query::Expr;
use sea_orm::{
    Condition, ConnectionTrait, DbBackend, EntityTrait, IntoSimpleExpr, QueryFilter, QuerySelect, Statement, Value,
};
use uuid::Uuid;

use super::OF_VISIBLE_ACCOUNTS;
use super::filter::{Contained, Lead, MovementFilter, of_customer};
use super::list::SortBy;
use super::tally;
use crate::domain::id::MovementId;
use crate::entities::account_movement::{Column, Entity};
use crate::error::Error;

/// So many rows are sorted in less time than it takes to walk through a large index until a page is full; of what is more
/// frequent the walk meets enough.
const FEW: u64 = 2_000;

/// Longest word that is found as one.
const WORD_MAX: usize = 64;

/// How many pieces of a text are looked up; whatever they find is compared with the whole text.
const PIECES_MAX: usize = 12;

/// The conditions of a list, or `None` when nothing can meet them.
pub async fn condition(
    conn: &impl ConnectionTrait,
    filter: &MovementFilter,
    sort: SortBy,
) -> Result<Option<Condition>, Error> {
    if conn.get_database_backend() != DbBackend::Sqlite {
        return Ok(Some(filter.condition(None)));
    }
    let counted = tally::load(conn).await?;
    if tally::left(&counted, filter).is_empty() {
        return Ok(None);
    }
    let (lead, count) = tally::smallest(&counted, filter);
    if let Some(ids) = few(conn, filter, (sort, lead, count)).await? {
        return Ok(Some(filter.condition(Some(&[])).add(one_of(&ids))));
    }
    // In the order of the amount there is one index; in the order of the date the one of the rarest member is the shortest.
    let leads: &[Lead] = match sort {
        SortBy::Amount => &[Lead::Amount],
        SortBy::BookingDate => &[lead],
    };
    Ok(Some(filter.condition(Some(leads))))
}

/// The ids of what meets a part of the filter, when they are few.
async fn few(
    conn: &impl ConnectionTrait,
    filter: &MovementFilter,
    (sort, lead, count): (SortBy, Lead, i64),
) -> Result<Option<Vec<MovementId>>, Error> {
    for text in filter.texts() {
        if let Some(ids) = containing(conn, &text).await? {
            return Ok(Some(ids));
        }
    }
    if let Some(customer) = filter.customer_id {
        let query = Entity::find().select_only().column(Column::Id).filter(of_customer(customer, true));
        let found: Vec<MovementId> = query.limit(FEW.saturating_add(1)).into_tuple().all(conn).await?;
        if is_few(found.len()) {
            return Ok(Some(found));
        }
    }
    let limit = i64::try_from(FEW).unwrap_or(i64::MAX);
    let amounts = filter.amounts(&|| Column::AmountMinor.into_simple_expr());
    let part = match sort {
        SortBy::BookingDate if count > limit && !amounts.is_empty() => {
            amounts.into_iter().fold(Condition::all(), Condition::add)
        }
        SortBy::Amount if count <= limit => only(filter, lead).condition(Some(&[lead])),
        SortBy::BookingDate | SortBy::Amount => return Ok(None),
    };
    let query = Entity::find().select_only().column(Column::Id).filter(part).limit(FEW.saturating_add(1));
    let found: Vec<MovementId> = query.into_tuple().all(conn).await?;
    Ok(Some(found).filter(|found| is_few(found.len())))
}

fn is_few(count: usize) -> bool {
    u64::try_from(count).is_ok_and(|count| count <= FEW)
}

/// A filter of one member.
fn only(filter: &MovementFilter, lead: Lead) -> MovementFilter {
    let folder = filter.folder;
    match lead {
        Lead::Folder | Lead::Amount => MovementFilter { folder, ..MovementFilter::default() },
        Lead::Account => MovementFilter { folder, account_id: filter.account_id, ..MovementFilter::default() },
        Lead::BookingType => MovementFilter { folder, booking_type: filter.booking_type, ..MovementFilter::default() },
        Lead::Status => MovementFilter { folder, status: filter.status, ..MovementFilter::default() },
        Lead::Currency => MovementFilter { folder, currency: filter.currency, ..MovementFilter::default() },
    }
}

/// `id IN (…)` in one parameter, so that the statement is always the same.
fn one_of(ids: &[MovementId]) -> Expr {
    let ids: Vec<String> = ids.iter().map(|id| id.0.simple().to_string()).collect();
    let list = serde_json::Value::from(ids).to_string();
    Expr::cust_with_values("id IN (SELECT unhex(value) FROM json_each(?))", [Value::from(list)])
}

/// Candidates by the pieces of three letters that the index holds; `None` when they are many, or the text is too short.
async fn containing(conn: &impl ConnectionTrait, text: &Contained) -> Result<Option<Vec<MovementId>>, Error> {
    let pieces: Option<Vec<String>> = text.alternatives().iter().map(|text| pieces(text)).collect();
    let Some(pieces) = pieces else { return Ok(None) };
    ids(conn, "account_movement_trigrams", &pieces.join(" OR ")).await
}

/// Says in the log that PostgreSQL has no trigram index: the migration goes on where the extension is not to be had.
///
/// # Errors
/// `unavailable` when the database does not answer.
pub async fn warn_without_trigrams(conn: &impl ConnectionTrait) -> Result<(), Error> {
    let index = "SELECT 1 FROM pg_class WHERE relname = 'account_movement_contains_idx' AND relkind = 'i'";
    let statement = Statement::from_string(DbBackend::Postgres, index);
    let postgres = conn.get_database_backend() == DbBackend::Postgres;
    if postgres && conn.query_one_raw(statement).await?.is_none() {
        tracing::warn!("the extension pg_trgm is missing: contain-filters read every row; see docs/operations.md");
    }
    Ok(())
}

/// The newest movements with a whole word in their purpose. PostgreSQL does not know how rare a number is and would rather
/// walk through all dates than ask the index; a materialised part of a query is planned by itself.
///
/// # Errors
/// `unavailable` when the database does not answer.
pub async fn with_word(conn: &impl ConnectionTrait, word: &str, limit: u64) -> Result<Vec<MovementId>, Error> {
    // The index of PostgreSQL has no room for longer ones (migration 14).
    if word.chars().count() > WORD_MAX {
        return Ok(Vec::new());
    }
    let (sql, value) = match conn.get_database_backend() {
        DbBackend::Sqlite => (
            format!(
                "SELECT m.id FROM account_movement_words w JOIN account_movement_text t ON t.seq = w.rowid \
                 JOIN account_movement m ON m.id = t.movement_id WHERE account_movement_words MATCH $1 \
                 AND NOT m.hidden AND m.{OF_VISIBLE_ACCOUNTS} ORDER BY m.booking_date DESC, m.id DESC LIMIT $2"
            ),
            quoted(word),
        ),
        _ => (
            format!(
                "WITH naming AS MATERIALIZED (SELECT id, booking_date, hidden, account_id FROM account_movement \
                 WHERE regexp_split_to_array(regexp_replace(purpose_fold, '[[:alnum:]-]{{65,}}', ' ', 'g'), \
                 '[^[:alnum:]-]+') @> ARRAY[$1]) SELECT id FROM naming WHERE NOT hidden AND {OF_VISIBLE_ACCOUNTS} \
                 ORDER BY booking_date DESC, id DESC LIMIT $2"
            ),
            word.to_owned(),
        ),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [Value::from(value), Value::from(limit)];
    let rows = conn.query_all_raw(Statement::from_sql_and_values(conn.get_database_backend(), sql, values)).await?;
    let read = |row: &sea_orm::QueryResult| row.try_get_by_index::<Uuid>(0).map(MovementId);
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

async fn ids(conn: &impl ConnectionTrait, index: &str, wanted: &str) -> Result<Option<Vec<MovementId>>, Error> {
    let sql = format!(
        "SELECT t.movement_id FROM {index} i JOIN account_movement_text t ON t.seq = i.rowid WHERE {index} MATCH ? LIMIT {}",
        FEW.saturating_add(1)
    );
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, [Value::from(wanted)]);
    let rows = conn.query_all_raw(statement).await?;
    if !is_few(rows.len()) {
        return Ok(None);
    }
    let read = |row: &sea_orm::QueryResult| row.try_get_by_index::<Uuid>(0).map(MovementId);
    Ok(Some(rows.iter().map(read).collect::<Result<_, _>>()?))
}

/// All pieces of a text, joined by AND; of a text with digits those that have one, which are rarer.
fn pieces(text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let all: Vec<String> = letters.windows(3).map(|three| three.iter().collect()).collect();
    let (rare, usual): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|piece| piece.contains(|letter: char| letter.is_ascii_digit()));
    let chosen: Vec<String> = if rare.len() >= 3 { rare } else { rare.into_iter().chain(usual).collect() };
    let mut quoted: Vec<String> = chosen.iter().map(|piece| quoted(piece)).collect();
    quoted.sort();
    quoted.dedup();
    quoted.truncate(PIECES_MAX);
    Some(format!("({})", quoted.join(" AND "))).filter(|_| !quoted.is_empty())
}

fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}
