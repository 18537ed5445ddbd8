//! `cargo xtask bench`: heller's release server over HTTP beside the raw work on the same database, in the same run.
//!
//! Absolute figures depend on the machine and the minute. What counts is the ratio of two short rounds that follow each
//! other, and of those the median; CPU time per operation moves least. Nothing is asserted here but that the books still
//! prove afterwards.

mod by_hand;
mod cpu;
mod dialect;
mod find;
mod http;
mod import;
mod imports;
mod install;
mod postgres;
mod raw;
mod report;
mod rounds;
mod seed;
mod sqlite;
mod statements;

use std::fmt;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use dialect::Dialect;
use find::Find;
use raw::Work;
use seed::Size;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// An assignment, a refund, a list, imports, start and memory
    All,
    /// The movement list with its commonest filters, a search, the counts
    Lists,
    /// Statement files of each format beside the database loading the same rows
    Imports,
}

impl Suite {
    fn works(self) -> Vec<Work> {
        match self {
            Self::All => vec![Work::Assign, Work::Refund, Work::List],
            Self::Lists => Find::ALL.into_iter().map(Work::Find).collect(),
            Self::Imports => Vec::new(),
        }
    }
}

/// Measure heller beside the raw work
#[derive(Debug, Clone, Parser)]
#[command(name = "bench", bin_name = "cargo xtask bench")]
pub struct Options {
    /// What is measured
    #[arg(value_enum, default_value_t = Suite::All)]
    suite: Suite,
    /// Movements, and as many orders; 100,000, and for lists 1,000,000
    #[arg(long, value_parser = clap::value_parser!(u64).range(800..=5_000_000))]
    movements: Option<u64>,
    /// Length of one round
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Pairs of rounds: one of heller, one of the raw work
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=50))]
    pairs: u64,
    /// Clients at the same time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    clients: u32,
    /// Leave PostgreSQL out
    #[arg(long, conflicts_with = "postgres_only")]
    sqlite_only: bool,
    /// Leave SQLite out
    #[arg(long)]
    postgres_only: bool,
}

impl Options {
    const fn movements(&self) -> u64 {
        match (self.movements, self.suite) {
            (Some(movements), _) => movements,
            (None, Suite::All | Suite::Imports) => 100_000,
            (None, Suite::Lists) => 1_000_000,
        }
    }

    const fn size(&self) -> Size {
        let special = self.movements() / 4;
        Size { free: self.movements() - special, special }
    }
}

/// Why there are no figures.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Something that was being done, and what went wrong.
    pub fn at<E: fmt::Display>(step: &str) -> impl FnOnce(E) -> Self {
        let step = step.to_owned();
        move |error| Self(format!("{step}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Failure> {
    if !options.postgres_only {
        rounds::on(options, Dialect::Sqlite).await?;
    }
    if options.sqlite_only {
        return Ok(());
    }
    if postgres::server_url().is_none() && !options.postgres_only {
        println!("PostgreSQL left out: {} is not set; `cargo xtask bench` sets it", postgres::URL_VARIABLE);
        return Ok(());
    }
    rounds::on(options, Dialect::Postgres).await
}
