//! `cargo xtask …`: the command line. Which commands there are and what they take; what they do is in the other files.
//!
//! The crate may use std and clap only: it is built before anything else and must never make a newcomer wait.
//! It never touches a database of its own accord; PostgreSQL is either the server that
//! `HELLER_TEST_POSTGRES_URL` names or a throw-away one that is gone afterwards.

mod bench;
mod ci;
mod cluster;
mod faults;
mod migrations;
mod postgres;
mod provoked;
mod run;
mod test_suite;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use ci::Step;
use postgres::{Durability, Server};
use run::Failure;
use test_suite::{Databases, TestFilter};

/// What a developer or CI runs in this workspace
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Recipe,
}

#[derive(Subcommand)]
enum Recipe {
    /// Run every test on SQLite, then the integration tests on PostgreSQL
    Test {
        #[command(flatten)]
        filter: FilterArgs,
        /// Leave PostgreSQL out
        #[arg(long, conflicts_with = "postgres_only")]
        sqlite_only: bool,
        /// Leave SQLite out; a missing PostgreSQL is then a failure
        #[arg(long)]
        postgres_only: bool,
    },
    /// Run the integration tests on PostgreSQL only; a missing server is a failure
    TestPg {
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// Run a command with HELLER_TEST_POSTGRES_URL set to a throw-away PostgreSQL (always a new one)
    Pg {
        /// Keep fsync and synchronous_commit on and the data on disk, as a benchmark needs it
        #[arg(long)]
        durable: bool,
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Do what CI does, step by step, and stop at the first failure
    Ci {
        /// Only these steps, separated by commas; they keep the order below
        #[arg(long, value_enum, value_delimiter = ',', value_name = "STEP")]
        only: Vec<Step>,
    },
    /// Prove that the kill harness can fail: build a fault in, kill, and expect it to be found
    Faults {
        /// Leave PostgreSQL out
        #[arg(long, conflicts_with = "postgres_only")]
        sqlite_only: bool,
        /// Leave SQLite out
        #[arg(long)]
        postgres_only: bool,
    },
    /// Write openapi/heller.json from the router
    Openapi,
    /// Run the benchmarks (release build) beside a durable throw-away PostgreSQL
    Bench {
        /// Passed on to the bench package
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARG")]
        arguments: Vec<OsString>,
    },
}

#[derive(Args)]
struct FilterArgs {
    /// Only tests whose path contains one of these
    #[arg(value_name = "FILTER")]
    names: Vec<String>,
    /// Passed on to the test binaries, such as --nocapture
    #[arg(last = true, value_name = "ARG")]
    harness: Vec<String>,
}

impl From<FilterArgs> for TestFilter {
    fn from(arguments: FilterArgs) -> Self {
        Self { names: arguments.names, harness: arguments.harness }
    }
}

fn main() -> ExitCode {
    match perform(CommandLine::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn perform(recipe: Recipe) -> Result<(), Failure> {
    match recipe {
        Recipe::Test { filter, sqlite_only, postgres_only } => {
            test_suite::run(&filter.into(), Databases::choose(sqlite_only, postgres_only, postgres::is_required()))
        }
        Recipe::TestPg { filter } => test_suite::run(&filter.into(), Databases::PostgresOnly),
        Recipe::Pg { durable, command } => {
            let durability = if durable { Durability::Kept } else { Durability::GivenUp };
            run::under(Server::throw_away(durability)?, &command)
        }
        Recipe::Ci { only } => ci::run(&only),
        Recipe::Faults { sqlite_only, postgres_only } => {
            faults::run(Databases::choose(sqlite_only, postgres_only, postgres::is_required()))
        }
        Recipe::Openapi => run::heller(&["openapi", "--write", ci::OPENAPI_FILE]),
        Recipe::Bench { arguments } => bench::run(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn arguments_after_two_dashes_reach_the_test_binaries() {
        let parsed = CommandLine::try_parse_from(["xtask", "test", "refund", "money", "--", "--nocapture"]);
        let Ok(CommandLine { command: Recipe::Test { filter, .. } }) = parsed else { panic!("refused") };
        assert_eq!(filter.names, ["refund", "money"]);
        assert_eq!(filter.harness, ["--nocapture"]);
    }

    #[test]
    fn a_command_keeps_its_own_options() {
        let parsed = CommandLine::try_parse_from(["xtask", "pg", "--durable", "--", "psql", "--version"]);
        let Ok(CommandLine { command: Recipe::Pg { durable, command } }) = parsed else { panic!("refused") };
        assert!(durable);
        assert_eq!(command, ["psql", "--version"]);
    }

    #[test]
    fn both_only_options_together_are_refused() {
        assert!(CommandLine::try_parse_from(["xtask", "test", "--sqlite-only", "--postgres-only"]).is_err());
    }
}
