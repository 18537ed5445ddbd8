//! Numbers of documents: gapless per series and year, taken in the issuing transaction, as late in it as possible,
//! because the counter row is held until the commit. A rolled-back transaction gives its number back.

use chrono::{Datelike, NaiveDate};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use crate::error::Error;

/// A series and its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    Customer,
    Order,
    Invoice,
    Correction,
    Refund,
}

impl Series {
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Customer => "KD",
            Self::Order => "AU",
            Self::Invoice => "RE",
            Self::Correction => "RK",
            Self::Refund => "ER",
        }
    }
}

/// Takes the next number of a series: `RE-2026-00001`.
pub async fn next(txn: &DatabaseTransaction, series: Series, date: NaiveDate) -> Result<String, Error> {
    let sql = "INSERT INTO number_series (series, year, last_number) VALUES ($1, $2, 1) \
               ON CONFLICT (series, year) DO UPDATE SET last_number = number_series.last_number + 1 \
               RETURNING last_number";
    let values = [series.prefix().into(), date.year().into()];
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), sql, values);
    let row = txn.query_one_raw(statement).await?.ok_or_else(|| Error::internal("a number series gave no number"))?;
    let number: i64 = row.try_get("", "last_number")?;
    Ok(format!("{}-{}-{number:05}", series.prefix(), date.year()))
}
