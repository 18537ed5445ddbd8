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
use crate::domain::continuity::{self, Span, Told};
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

/// What the logbook says of days whose movements do not come to what the statements say; `new` tells of which statements.
///
/// # Errors
/// `unavailable` when the database is.
pub async fn check(
    conn: &impl ConnectionTrait,
    account: &payment_account::Model,
    statements: &[statement::Model],
    new: impl Fn(&statement::Model) -> bool,
) -> Result<Vec<LogEntry>, Error> {
    let spans = continuity::spans(statements.iter().map(told).collect());
    let fresh = |span: &Span| {
        statements.iter().any(|row| new(row) && span.first <= row.first_date && row.last_date <= span.last)
    };
    // What lies before the cutoff date was not stored (feature 14).
    let whole = |span: &Span| account.cutoff_date.is_none_or(|cutoff| cutoff <= span.first);
    let spans: Vec<Span> = spans.into_iter().filter(|span| fresh(span) && whole(span)).collect();
    let Some((first, last)) = spans.first().map(|span| span.first).zip(spans.last().map(|span| span.last)) else {
        return Ok(Vec::new());
    };
    let days = days(conn, (account.id, account.currency), (first, last)).await?;
    Ok(spans.iter().filter_map(|span| differing(span, &days)).collect())
}

fn told(row: &statement::Model) -> Told {
    let money = |minor: i64| Money::new(minor, row.currency);
    let balances = row.opening_minor.map(money).zip(row.closing_minor.map(money));
    let balances = balances.filter(|_| row.gap_minor == Some(0));
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

/// A payment that somebody has hidden may be one that is there twice, or one that nobody wants to see.
fn differing(span: &Span, days: &BTreeMap<NaiveDate, Day>) -> Option<LogEntry> {
    let expected = span.closing.checked_sub(span.opening).ok()?;
    let (mut all, mut hidden) = (0_i64, 0_i64);
    for day in days.range(span.first..=span.last).map(|(_, day)| day) {
        all = all.checked_add(day.amount_minor)?;
        hidden = hidden.checked_add(day.hidden_minor)?;
    }
    let meets = all == expected.minor() || all.checked_sub(hidden)? == expected.minor();
    (!meets).then(|| texts::sum_differs(span, expected, Money::new(all, expected.currency())))
}
