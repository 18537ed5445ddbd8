//! `cargo xtask bench`: builds heller and the bench package for release, and lets bench measure beside a durable
//! throw-away PostgreSQL. What is measured and how stands in the bench package.

use std::ffi::OsString;
use std::process::Command;

use crate::postgres::{self, Durability, Server};
use crate::run::{self, Failure};

/// Options of bench that say which databases; the others are none of our business.
const SQLITE_ONLY: &str = "--sqlite-only";
const POSTGRES_ONLY: &str = "--postgres-only";

/// Builds both, then measures.
pub fn run(arguments: &[OsString]) -> Result<(), Failure> {
    run::checked(run::cargo(&["build", "--release", "--package", "heller", "--package", "bench"]))?;
    let mut bench = Command::new(run::target_folder().join("release").join("bench"));
    bench.args(arguments);
    let asked = |option: &str| arguments.iter().any(|argument| argument == option);
    if asked(SQLITE_ONLY) || asked("--help") {
        return run::checked(bench);
    }
    if postgres::program_folder().is_none() && !asked(POSTGRES_ONLY) {
        println!("PostgreSQL half skipped: {}", postgres::HOW_TO_GET_IT);
        return run::checked(bench);
    }
    Server::throw_away(Durability::Kept)?.run(bench)
}
