//! `cargo xtask ci`: what must hold before a change is taken, cheapest first.
//!
//! Each step can be called alone, so that a CI job is one line and means the same on every machine.

use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::migrations;
use crate::run::{self, Failure};
use crate::test_suite::{self, Databases, TestFilter};

pub const OPENAPI_FILE: &str = "openapi/heller.json";

/// The steps, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Step {
    /// The code is formatted
    Fmt,
    /// No compiler or clippy warning in any target
    Clippy,
    /// The documentation builds without a warning
    Doc,
    /// All tests, on SQLite and PostgreSQL
    Test,
    /// openapi/heller.json is what the router says
    Openapi,
    /// Up, down, up on both databases
    Migrations,
    /// Licences, bans and sources of the dependencies, if cargo-deny is installed
    Deny,
}

enum Outcome {
    Done,
    Skipped { why: &'static str },
}

/// Runs the chosen steps (all when none is named) and stops at the first failure.
pub fn run(only: &[Step]) -> Result<(), Failure> {
    let mut summaries = Vec::new();
    for step in selected(only) {
        let name = step_name(step);
        println!("== {name}");
        let start = Instant::now();
        let outcome = perform(step);
        let seconds = seconds(start.elapsed());
        let summary = match outcome {
            Ok(Outcome::Done) => format!("{name} ok {seconds}"),
            Ok(Outcome::Skipped { why }) => format!("{name} skipped ({why})"),
            Err(failure) => {
                println!("== {name} FAILED after {seconds}");
                return Err(failure);
            }
        };
        println!("== {summary}");
        summaries.push(summary);
    }
    println!("== passed: {}", summaries.join(", "));
    Ok(())
}

fn selected(only: &[Step]) -> Vec<Step> {
    let every = Step::value_variants().iter().copied();
    every.filter(|step| only.is_empty() || only.contains(step)).collect()
}

fn perform(step: Step) -> Result<Outcome, Failure> {
    match step {
        Step::Fmt => run::checked(run::cargo(&["fmt", "--all", "--check"]))?,
        Step::Clippy => {
            run::checked(run::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
            // The fault for the kill harness, which nothing else here compiles. Only added to the crate, so one target is enough.
            run::checked(run::cargo(&[
                "clippy",
                "--package",
                "heller",
                "--lib",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ]))?;
        }
        Step::Doc => {
            let mut doc = run::cargo(&["doc", "--no-deps", "--workspace"]);
            doc.env("RUSTDOCFLAGS", "-D warnings");
            run::checked(doc)?;
        }
        Step::Test => test_suite::run(&TestFilter::default(), Databases::Both)?,
        Step::Openapi => run::heller(&["openapi", "--check"])?,
        Step::Migrations => migrations::up_down_up()?,
        Step::Deny => return deny(),
    }
    Ok(Outcome::Done)
}

/// Advisories are left out: their database lies on GitHub, which not every machine that runs this may reach.
fn deny() -> Result<Outcome, Failure> {
    if run::answer_of("cargo", &["deny", "--version"]).is_none() {
        return Ok(Outcome::Skipped { why: "no cargo-deny; `cargo install --locked cargo-deny` brings it" });
    }
    run::checked(run::cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Done)
}

fn step_name(step: Step) -> String {
    step.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn seconds(duration: Duration) -> String {
    format!("{}.{} s", duration.as_secs(), duration.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_named_means_every_step() {
        assert_eq!(selected(&[]), Step::value_variants());
    }

    #[test]
    fn chosen_steps_keep_the_order_of_the_recipe() {
        assert_eq!(selected(&[Step::Deny, Step::Fmt]), [Step::Fmt, Step::Deny]);
    }

    #[test]
    fn seconds_have_one_decimal() {
        assert_eq!(seconds(Duration::from_millis(12_349)), "12.3 s");
    }
}
