//! Do the movements of an account come to what its statements say (lesson R74)?
//!
//! Lines are known by what they say. Where two statements of one day have a line alike, or two formats word a payment so
//! differently that nothing tells they are one, that is not enough. The balances are: over days that statements tell of
//! from one balance to another, the movements must add up to the difference.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use super::log::LogEntry;
use super::texts;
use crate::domain::continuity::{self, Balances, Span, Told};
use crate::domain::id::AccountId;
use crate::domain::money::{Currency, Money};
use crate::entities::{payment_account, statement};
use crate::error::Error;

/// Money of a day: all of it, and what is hidden of it.
#[derive(Debug, FromQueryResult)]
struct Day {
    booking_date: NaiveDate,
    amount_minor: i64,
    hidden_minor: i64,
}

const DAYS: &str = "SELECT booking_date, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor, \
    CAST(SUM(CASE WHEN hidden THEN amount_minor ELSE 0 END) AS BIGINT) AS hidden_minor FROM account_movement \
    WHERE account_id = $1 AND booking_date BETWEEN $2 AND $3 AND currency = $4 AND status = 'completed' \
    AND import_channel <> 'provider' GROUP BY booking_date";

/// Days whose movements do not come to what the statements say.
#[derive(Debug, Clone, Copy)]
pub struct Difference {
    pub span: Span,
    /// What the movements of these days should come to.
    pub expected: Money,
    /// What they do, and what those do that nobody has hidden: a payment that is hidden may be one that is there twice,
    /// or one that nobody wants to see.
    pub found: Money,
    pub shown: Money,
}

impl Difference {
    pub fn entry(&self) -> LogEntry {
        texts::sum_differs(&self.span, self.expected, self.found)
    }
}

/// The differences of the days that statements tell of, where any of these statements `concerns` the caller.
///
/// # Errors
/// `unavailable` when the database is.
pub async fn differences(
    conn: &impl ConnectionTrait,
    account: &payment_account::Model,
    statements: &[statement::Model],
    concerns: impl Fn(&statement::Model) -> bool,
) -> Result<Vec<Difference>, Error> {
    let told: Vec<Told> = statements.iter().map(told).collect();
    let concerned =
        |span: &Span| statements.iter().any(|row| span.meets(row.first_date, row.last_date) && concerns(row));
    // What lies before the cutoff date was not stored (feature 14).
    let stored = |span: &Span| account.cutoff_date.is_none_or(|cutoff| cutoff <= span.first);
    let spans: Vec<Span> =
        continuity::spans(&told).into_iter().filter(|span| stored(span) && concerned(span)).collect();
    let Some((first, last)) = spans.first().map(|span| span.first).zip(spans.last().map(|span| span.last)) else {
        return Ok(Vec::new());
    };
    let days = days(conn, (account.id, account.currency), (first, last)).await?;
    Ok(spans.into_iter().filter_map(|span| differing(span, &days)).collect())
}

pub fn told(row: &statement::Model) -> Told {
    let money = |minor: i64| Money::new(minor, row.currency);
    let balances = row.opening_minor.map(money).zip(row.closing_minor.map(money));
    let balances = match (balances, row.gap_minor) {
        (Some((opening, closing)), Some(0)) => Balances::Told(opening, closing),
        (Some(_), Some(_)) => Balances::Contradictory,
        (None, _) | (_, None) => Balances::Untold,
    };
    Told { first: row.first_date, last: row.last_date, balances }
}

async fn days(
    conn: &impl ConnectionTrait,
    (account, currency): (AccountId, Currency),
    (first, last): (NaiveDate, NaiveDate),
) -> Result<BTreeMap<NaiveDate, Day>, Error> {
    let values: [Value; 4] = [account.into(), first.into(), last.into(), currency.code().into()];
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), DAYS, values);
    let found = Day::find_by_statement(statement).all(conn).await?;
    Ok(found.into_iter().map(|day| (day.booking_date, day)).collect())
}

fn differing(span: Span, days: &BTreeMap<NaiveDate, Day>) -> Option<Difference> {
    let expected = span.closing.checked_sub(span.opening).ok()?;
    let (mut all, mut hidden) = (0_i64, 0_i64);
    for day in days.range(span.first..=span.last).map(|(_, day)| day) {
        all = all.checked_add(day.amount_minor)?;
        hidden = hidden.checked_add(day.hidden_minor)?;
    }
    let money = |minor: i64| Money::new(minor, expected.currency());
    let (found, shown) = (money(all), money(all.checked_sub(hidden)?));
    (found != expected && shown != expected).then_some(Difference { span, expected, found, shown })
}
