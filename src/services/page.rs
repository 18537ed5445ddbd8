//! Keyset pages: a sort column and the id, never an offset, so that a page neither skips nor repeats a row while rows
//! are added. The cursor holds the last row's keys and is bound to filter and sorting.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, Order as SqlOrder};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait, Select, Statement, Value,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Code, Error, Place};

/// What a client asks for.
#[derive(Debug, Clone)]
pub struct PageRequest {
    pub limit: u64,
    pub cursor: Option<String>,
    /// Filter and sorting the cursor is bound to.
    pub fingerprint: String,
}

impl PageRequest {
    /// The first page, for who wants no second one.
    pub const fn first(limit: u64) -> Self {
        Self { limit, cursor: None, fingerprint: String::new() }
    }
}

#[derive(Debug, Clone)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }

    /// The same page with other items, made from all of them at once.
    pub fn with<U>(self, items: Vec<U>) -> Page<U> {
        Page { items, next_cursor: self.next_cursor }
    }
}

/// The value of the sort column in the last row of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", content = "v")]
pub enum SortKey {
    Date(NaiveDate),
    Number(i64),
    /// Sorted by id alone.
    Id,
}

impl SortKey {
    fn value(&self) -> Option<(Value, KeyKind)> {
        match self {
            Self::Date(date) => Some(((*date).into(), KeyKind::Date)),
            Self::Number(number) => Some(((*number).into(), KeyKind::Number)),
            Self::Id => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What kind of value a sort column holds; a cursor of another kind is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    Date,
    Number,
}

/// A sort order: a column (absent: the id alone), the id column, and the direction of both.
#[derive(Debug, Clone, Copy)]
pub struct Order<C> {
    pub column: Option<(C, KeyKind)>,
    pub id: C,
    pub direction: Direction,
}

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    f: String,
    k: SortKey,
    i: Uuid,
}

fn encode(cursor: &Cursor) -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).map_err(Error::internal)?))
}

fn decode(text: &str, fingerprint: &str) -> Result<Cursor, Error> {
    let invalid = || Error::new(Code::InvalidCursor).at_place(Place::Query, "cursor");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
    let cursor: Cursor = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    if cursor.f == fingerprint {
        Ok(cursor)
    } else {
        Err(Error::new(Code::CursorMismatch).at_place(Place::Query, "cursor"))
    }
}

/// Reads one page of a query.
///
/// # Errors
/// `invalid_cursor`, `cursor_mismatch`.
pub async fn fetch<E: EntityTrait>(
    conn: &impl ConnectionTrait,
    query: Select<E>,
    order: Order<E::Column>,
    request: &PageRequest,
    keys: impl Fn(&E::Model) -> (SortKey, Uuid),
) -> Result<Page<E::Model>, Error> {
    let read = |row: &QueryResult| E::Model::from_query_result(row, "").map_err(Error::from);
    fetch_as(conn, query, (order, request), read, keys).await
}

/// The same, for rows that are read by hand.
///
/// # Errors
/// `invalid_cursor`, `cursor_mismatch`.
pub async fn fetch_as<E: EntityTrait, T>(
    conn: &impl ConnectionTrait,
    query: Select<E>,
    (order, request): (Order<E::Column>, &PageRequest),
    read: impl Fn(&QueryResult) -> Result<T, Error>,
    keys: impl Fn(&T) -> (SortKey, Uuid),
) -> Result<Page<T>, Error> {
    let mut query = query;
    if let Some(cursor) = &request.cursor {
        query = query.filter(after(order, &decode(cursor, &request.fingerprint)?)?);
    }
    let direction = match order.direction {
        Direction::Ascending => SqlOrder::Asc,
        Direction::Descending => SqlOrder::Desc,
    };
    if let Some((column, _)) = order.column {
        query = query.order_by(column, direction.clone());
    }
    let query = query.order_by(order.id, direction);
    let rows = conn.query_all_raw(limited(query, request.limit.saturating_add(1), conn.get_database_backend())).await?;
    let mut items: Vec<T> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more).map(&keys);
    let next = last.map(|(k, i)| encode(&Cursor { f: request.fingerprint.clone(), k, i })).transpose()?;
    Ok(Page { items, next_cursor: next })
}

/// PostgreSQL plans anew each time for a LIMIT that is a parameter. That takes longer than reading the page, so it is a
/// literal; but a pattern needs a plan of its own, as only the very pattern tells how many rows contain it.
fn limited<E: EntityTrait>(query: Select<E>, limit: u64, backend: DbBackend) -> Statement {
    let mut statement = query.build(backend);
    if statement.sql.contains(" LIKE ") {
        return query.limit(limit).build(backend);
    }
    statement.sql.push_str(&format!(" LIMIT {limit}"));
    statement
}

/// Looks at the cursor only, for a list that may be known to be empty.
///
/// # Errors
/// `invalid_cursor`, `cursor_mismatch`.
pub fn check<C: ColumnTrait>(order: Order<C>, request: &PageRequest) -> Result<(), Error> {
    match &request.cursor {
        Some(cursor) => after(order, &decode(cursor, &request.fingerprint)?).map(drop),
        None => Ok(()),
    }
}

/// The id of the last row of the page before, for a list that begins with what stands in no table.
///
/// # Errors
/// `invalid_cursor`, `cursor_mismatch`.
pub fn behind(request: &PageRequest) -> Result<Option<Uuid>, Error> {
    request.cursor.as_ref().map(|cursor| decode(cursor, &request.fingerprint).map(|cursor| cursor.i)).transpose()
}

/// A cursor behind a row of a list that is sorted by id alone.
///
/// # Errors
/// None that a client could cause.
pub fn cursor(request: &PageRequest, id: Uuid) -> Result<String, Error> {
    encode(&Cursor { f: request.fingerprint.clone(), k: SortKey::Id, i: id })
}

/// "Behind this row", as a row comparison: both databases answer it from an index on (column, id).
fn after<C: ColumnTrait>(order: Order<C>, cursor: &Cursor) -> Result<Expr, Error> {
    let id = order.id.into_expr();
    let (left, right) = match (order.column, cursor.k.value()) {
        (Some((column, kind)), Some((value, given))) if kind == given => {
            (Expr::tuple([column.into_expr(), id]), Expr::tuple([Expr::value(value), Expr::value(cursor.i)]))
        }
        (None, None) => (id, Expr::value(cursor.i)),
        _ => return Err(Error::new(Code::InvalidCursor).at_place(Place::Query, "cursor")),
    };
    Ok(match order.direction {
        Direction::Ascending => left.gt(right),
        Direction::Descending => left.lt(right),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_bound_to_its_list() {
        let cursor = Cursor { f: "abc".into(), k: SortKey::Number(5), i: Uuid::from_u128(1) };
        let text = encode(&cursor).unwrap();
        assert_eq!(decode(&text, "abc").unwrap().k, SortKey::Number(5));
        assert_eq!(decode(&text, "other").unwrap_err().code(), Code::CursorMismatch);
        assert_eq!(decode("!!", "abc").unwrap_err().code(), Code::InvalidCursor);
        assert_eq!(decode("e30", "abc").unwrap_err().code(), Code::InvalidCursor);
    }
}
