//! Proves that every stored remainder equals its sum, every balance its sub-ledger, and every number series has no
//! gap. Reads only. What is proven stands in `rules`, as SQL; this file runs it.
//!
//! Each rule is one statement, so it sees one moment of the database and may run beside a working server: a rule that
//! compared the answers of two statements would report what was booked in between.

mod numbers;
mod rules;

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use uuid::Uuid;

use crate::domain::id;
use crate::error::Error;

/// Most offenders named per check.
pub const OFFENDERS_MAX: usize = 50;

/// What was proven, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub checks: Vec<Check>,
}

impl Report {
    pub fn is_ok(&self) -> bool {
        self.checks.iter().all(|check| check.offenders.is_empty())
    }
}

/// One rule and who breaks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    /// Number of the invariant in `domain.md`, or where else the rule stands.
    pub rule: &'static str,
    /// How many rows the rule was held against.
    pub checked: i64,
    /// Ids, or what is wrong where no single thing is; at most [`OFFENDERS_MAX`].
    pub offenders: Vec<String>,
}

/// A rule in SQL that both databases understand.
struct Rule {
    name: &'static str,
    rule: &'static str,
    /// Counts the rows the rule is about: one column `checked`.
    counted: &'static str,
    /// Finds the rows that break it: a column `id`, or texts as `kind` says.
    offending: &'static str,
    kind: Kind,
}

/// What the offenders of a rule are.
enum Kind {
    /// Things with an id of this prefix.
    Thing(&'static str),
    /// Currencies in which an account and its sub-ledger differ: columns `currency`, `ledger`, `expected`.
    Currency,
}

/// Runs every rule.
///
/// # Errors
/// `unavailable` when the database does not answer.
pub async fn verify(conn: &impl ConnectionTrait) -> Result<Report, Error> {
    let mut checks = Vec::new();
    for rule in rules::all() {
        checks.push(rule.check(conn).await?);
    }
    checks.extend(numbers::check(conn).await?);
    Ok(Report { checks })
}

impl Rule {
    async fn check(&self, conn: &impl ConnectionTrait) -> Result<Check, Error> {
        let sql = format!("{} LIMIT {OFFENDERS_MAX}", self.offending);
        let rows = conn.query_all_raw(statement(conn, sql)).await?;
        let offenders = rows.iter().map(|row| self.offender(row)).collect::<Result<_, _>>()?;
        let checked = count(conn, self.counted).await?;
        Ok(Check { name: self.name, rule: self.rule, checked, offenders })
    }

    fn offender(&self, row: &QueryResult) -> Result<String, Error> {
        match self.kind {
            Kind::Thing(prefix) => {
                let uuid: Uuid = row.try_get("", "id")?;
                Ok(format!("{prefix}_{}", id::encode(uuid)))
            }
            Kind::Currency => {
                let currency: String = row.try_get("", "currency")?;
                let (ledger, expected): (i64, i64) = (row.try_get("", "ledger")?, row.try_get("", "expected")?);
                Ok(format!("{currency}: ledger {ledger}, sub-ledger {expected} (minor units)"))
            }
        }
    }
}

fn statement(conn: &impl ConnectionTrait, sql: impl Into<String>) -> Statement {
    let backend: DbBackend = conn.get_database_backend();
    Statement::from_string(backend, sql)
}

async fn count(conn: &impl ConnectionTrait, sql: &str) -> Result<i64, Error> {
    let row = conn.query_one_raw(statement(conn, sql)).await?;
    let row = row.ok_or_else(|| Error::internal("a count gave no row"))?;
    Ok(row.try_get("", "checked")?)
}
