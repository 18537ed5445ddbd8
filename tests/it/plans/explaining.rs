//! The connection that asks for plans.

use std::collections::BTreeSet;
use std::sync::Mutex;

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};

/// A connection that looks at the plan of whatever is read through it.
pub struct Explaining {
    pub inner: DatabaseConnection,
    pub large: Vec<String>,
    pub about: Mutex<String>,
    pub scans: Mutex<BTreeSet<String>>,
    /// Lines of the last plan.
    pub last: Mutex<Vec<String>>,
}

impl Explaining {
    pub fn about(&self, what: impl Into<String>) {
        *self.about.lock().unwrap() = what.into();
    }

    async fn explain(&self, statement: &Statement) -> Result<(), DbErr> {
        // An empty list of ids: the database sees that nothing can be found and reads nothing.
        if statement.to_string().contains("WHERE 1 = 2") {
            return Ok(());
        }
        let how = if self.is_sqlite() { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
        let mut explained = statement.clone();
        explained.sql = format!("{how} {}", statement.sql);
        let column = if self.is_sqlite() { 3 } else { 0 };
        let rows = self.inner.query_all_raw(explained).await?;
        let plan: Vec<String> = rows.iter().map(|row| row.try_get_by_index(column)).collect::<Result<_, _>>()?;
        let text = statement.to_string();
        self.last.lock().unwrap().clone_from(&plan);
        if let Some(line) = plan.iter().find(|line| self.reads_everything(line, &text)) {
            let about = self.about.lock().unwrap().clone();
            let shown: String =
                text.split_once(" FROM ").map_or(text.as_str(), |(_, rest)| rest).chars().take(400).collect();
            self.scans.lock().unwrap().insert(format!("{about}: {}\n    … FROM {shown}", line.trim()));
        }
        Ok(())
    }

    pub fn is_sqlite(&self) -> bool {
        self.inner.get_database_backend() == DbBackend::Sqlite
    }

    /// Whether a line of a plan reads a whole large table. Going through an index in the list's order is no such thing,
    /// unless the rows looked for may be few and far between.
    fn reads_everything(&self, line: &str, text: &str) -> bool {
        let scanned = match self.is_sqlite() {
            true if line.contains(" USING ") && !asks_for_few(text) => None,
            true => line.trim().strip_prefix("SCAN "),
            false => line.split_once("Seq Scan on ").map(|(_, rest)| rest),
        };
        let table = scanned.and_then(|rest| rest.split_whitespace().next());
        table.is_some_and(|table| self.large.iter().any(|large| large == table.trim_matches('"')))
    }
}

/// Whether a column must equal a value that few rows have. Most rows share a currency, and an origin.
fn asks_for_few(text: &str) -> bool {
    let columns = text.split("\" = ").map(|before| before.rsplit('"').next().unwrap_or_default());
    let mut compared: Vec<&str> = columns.collect();
    compared.pop();
    compared.iter().any(|column| !["currency", "origin"].contains(column))
}

#[async_trait]
impl ConnectionTrait for Explaining {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.explain(&statement).await?;
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.explain(&statement).await?;
        self.inner.query_all_raw(statement).await
    }
}
