//! One suite, two databases: `cargo xtask test`.
//!
//! SQLite gets everything (unit, doc and integration tests); PostgreSQL gets the integration tests and the kill harness
//! again, because only they touch a database. Which database a run means is said by `HELLER_TEST_DB`, never by the test itself.

use std::process::Command;

use crate::postgres::{self, Durability, Search, Server};
use crate::provoked::Provoked;
use crate::run::{self, Failure};

/// Which databases a run covers, and whether PostgreSQL may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Databases {
    /// SQLite, and PostgreSQL when it can be had.
    BothIfPossible,
    /// A missing PostgreSQL is a failure.
    Both,
    SqliteOnly,
    PostgresOnly,
}

impl Databases {
    /// From the two options of the command line (which exclude each other) and `HELLER_REQUIRE_POSTGRES`.
    pub fn choose(sqlite_only: bool, postgres_only: bool, postgres_required: bool) -> Self {
        match (sqlite_only, postgres_only, postgres_required) {
            (true, _, _) => Self::SqliteOnly,
            (false, true, _) => Self::PostgresOnly,
            (false, false, true) => Self::Both,
            (false, false, false) => Self::BothIfPossible,
        }
    }
}

/// Which tests, and what the test binaries are told besides.
#[derive(Debug, Default)]
pub struct TestFilter {
    pub names: Vec<String>,
    pub harness: Vec<String>,
}

/// Runs the tests. Looks for PostgreSQL first, so that a required server that is missing costs no waiting.
pub fn run(filter: &TestFilter, databases: Databases) -> Result<(), Failure> {
    match databases {
        Databases::SqliteOnly => on_sqlite(filter),
        Databases::PostgresOnly => on_postgres(filter, Server::start(postgres::required()?, Durability::GivenUp)?),
        Databases::Both => {
            let search = postgres::required()?;
            on_sqlite(filter)?;
            on_postgres(filter, Server::start(search, Durability::GivenUp)?)
        }
        Databases::BothIfPossible => {
            let search = postgres::search();
            on_sqlite(filter)?;
            if let Search::NotFound = search {
                println!("PostgreSQL half skipped: {}", postgres::HOW_TO_GET_IT);
                return Ok(());
            }
            on_postgres(filter, Server::start(search, Durability::GivenUp)?)
        }
    }
}

fn on_sqlite(filter: &TestFilter) -> Result<(), Failure> {
    println!("== tests on SQLite");
    let packages = ["--workspace"];
    let mut command = run::cargo(&["test"]);
    command.args(packages).args(filter_words(filter)).env("HELLER_TEST_DB", "sqlite");
    with_codes(filter, "sqlite", &packages, command, run::checked)
}

fn on_postgres(filter: &TestFilter, mut server: Server) -> Result<(), Failure> {
    println!("== integration tests on PostgreSQL ({})", server.description());
    let packages = ["--package", "heller"];
    let mut command = run::cargo(&["test"]);
    command.args(packages).args(["--test", "it", "--test", "kill"]);
    command.args(filter_words(filter)).env("HELLER_TEST_DB", "postgres");
    with_codes(filter, "postgres", &packages, command, |command| server.run(command))
}

/// Runs tests; when they were all of them, every problem code must have been answered.
fn with_codes(
    filter: &TestFilter,
    database: &str,
    packages: &[&str],
    mut command: Command,
    run: impl FnOnce(Command) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if !filter.names.is_empty() || !filter.harness.is_empty() {
        return run(command);
    }
    let provoked = Provoked::begin(database)?;
    provoked.told(&mut command);
    run(command)?;
    provoked.check(packages)
}

/// Filters go after the two dashes: cargo itself takes only one, the test binaries take many.
fn filter_words(filter: &TestFilter) -> Vec<&str> {
    let words = filter.names.iter().chain(&filter.harness).map(String::as_str);
    std::iter::once("--").chain(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_may_be_missing_unless_it_is_asked_for_or_required() {
        assert_eq!(Databases::choose(false, false, false), Databases::BothIfPossible);
        assert_eq!(Databases::choose(false, false, true), Databases::Both);
        assert_eq!(Databases::choose(false, true, false), Databases::PostgresOnly);
        assert_eq!(Databases::choose(true, false, true), Databases::SqliteOnly);
    }

    #[test]
    fn several_filters_go_to_the_test_binaries() {
        let filter = TestFilter { names: vec!["a".into(), "b".into()], harness: vec!["--nocapture".into()] };
        assert_eq!(filter_words(&filter), ["--", "a", "b", "--nocapture"]);
    }
}
