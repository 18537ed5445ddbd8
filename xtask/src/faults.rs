//! `cargo xtask faults`: proves that the kill harness can fail.
//!
//! It builds heller with a fault (the provider is called in front of the intent) into a target folder of its own, and
//! lets the harness loose on it. Without kills the harness must pass, or the fault would be no race; with kills it must
//! find payouts made twice. Any other failure, a build error above all, is a failure of this command.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::postgres::{self, Durability, Server};
use crate::run::{self, Failure};
use crate::test_suite::Databases;

const FEATURE: &str = "fault-call-before-intent";
/// The words with which the harness reports what the fault does.
const FOUND: &str = "paid twice:";
/// About one kill in eight hits: eighty miss all of them once in twenty thousand runs.
const KILLS: &str = "80";
const KILLS_VARIABLE: &str = "HELLER_KILL_COUNT";

/// Runs the harness against the faulty build.
pub fn run(databases: Databases) -> Result<(), Failure> {
    let search = match databases {
        Databases::SqliteOnly => None,
        Databases::Both | Databases::PostgresOnly => Some(postgres::required()?),
        Databases::BothIfPossible => Some(postgres::search()),
    };
    run::checked(harness(&["--no-run"]))?;
    if databases != Databases::PostgresOnly {
        prove("SQLite", |command| run::checked(on("sqlite", command)))?;
    }
    match search {
        None => Ok(()),
        Some(postgres::Search::NotFound) => {
            println!("PostgreSQL half skipped: {}", postgres::HOW_TO_GET_IT);
            Ok(())
        }
        Some(search) => {
            let mut server = Server::start(search, Durability::GivenUp)?;
            prove("PostgreSQL", |command| server.run(on("postgres", command)))
        }
    }
}

/// Passes without kills, fails with them, and for the right reason.
fn prove(database: &str, mut perform: impl FnMut(Command) -> Result<(), Failure>) -> Result<(), Failure> {
    println!("== the fault on {database}, nothing killed: must pass");
    let mut quiet = harness(&[]);
    quiet.env(KILLS_VARIABLE, "0");
    perform(quiet)?;
    println!("== the fault on {database}, {} kills: must be found", kills());
    let log = target_folder().join(format!("faults-{}.log", database.to_lowercase()));
    fs::write(&log, "").map_err(|error| cannot_write(&log, &error))?;
    let mut killed = harness(&["--", "--nocapture"]);
    killed.env(KILLS_VARIABLE, kills()).stdout(end_of(&log)?).stderr(end_of(&log)?);
    let outcome = perform(killed);
    let said = fs::read_to_string(&log).unwrap_or_default();
    let found: Vec<&str> = said.lines().filter(|line| line.starts_with(FOUND)).collect();
    let seed = said.lines().find(|line| line.contains("HELLER_KILL_SEED")).unwrap_or_default();
    match outcome {
        Err(_) if !found.is_empty() => {
            println!("== found on {database}: {} refunds paid twice; {seed}", found.len());
            Ok(())
        }
        Err(failure) => Err(Failure::new(format!("{failure}, but for another reason: see {}", log.display()))),
        Ok(()) => Err(Failure::new(format!("the harness did not find the fault on {database}; {seed}"))),
    }
}

fn harness(arguments: &[&str]) -> Command {
    let mut command = run::cargo(&["test", "--package", "heller", "--features", FEATURE, "--test", "kill"]);
    command.arg("--target-dir").arg(target_folder()).args(arguments);
    command
}

fn on(database: &str, mut command: Command) -> Command {
    command.env("HELLER_TEST_DB", database);
    command
}

fn kills() -> String {
    env::var(KILLS_VARIABLE).unwrap_or_else(|_| KILLS.to_owned())
}

/// A folder of its own: the faulty binary must never lie where somebody could take it for the real one.
fn target_folder() -> PathBuf {
    run::target_folder().join("faults")
}

/// An end of the log for output or for errors; both are appended.
fn end_of(log: &Path) -> Result<File, Failure> {
    fs::OpenOptions::new().append(true).open(log).map_err(|error| cannot_write(log, &error))
}

fn cannot_write(log: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot write {}: {error}", log.display()))
}
