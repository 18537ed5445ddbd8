//! What do statement files become, event by event? Fixtures are ours; `corpora` also reads other people's files.

mod charges;
mod corpora;
mod corpus;
mod families;
mod fixtures;
mod limits;

use std::io::BufRead;
use std::ops::ControlFlow;

use super::super::emitter::facts_are_told_in_german;
use super::read;
use crate::importers::{
    ImportError, ImportIssue, StatementEnd, StatementEvent, StatementHeader, StatementLine, Summary,
};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/", $name)).as_slice()
    };
}
use fixture;

/// Everything a file gave, by kind of event.
#[derive(Debug, Default)]
struct Heard {
    headers: Vec<StatementHeader>,
    lines: Vec<StatementLine>,
    issues: Vec<ImportIssue>,
    ends: Vec<StatementEnd>,
    summary: Summary,
}

impl Heard {
    /// Issues as `line entry field code`.
    fn issues(&self) -> Vec<String> {
        let shown = |issue: &ImportIssue| {
            let entry = issue.entry.map_or("-".to_owned(), |entry| entry.to_string());
            format!("{} {entry} {} {}", issue.line.unwrap(), issue.field.as_deref().unwrap(), issue.code)
        };
        self.issues.iter().map(shown).collect()
    }

    fn amounts(&self) -> Vec<String> {
        self.lines.iter().map(|line| line.amount.to_string()).collect()
    }

    fn purposes(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line.purpose.as_deref().unwrap_or("-")).collect()
    }
}

fn listen(input: impl BufRead) -> (Heard, Result<Summary, ImportError>) {
    let mut heard = Heard::default();
    let outcome = read(input, &mut |event| {
        match event {
            StatementEvent::Statement(header) => heard.headers.push(*header),
            StatementEvent::Line(line) => heard.lines.push(*line),
            StatementEvent::Issue(issue) => {
                assert!(facts_are_told_in_german(&issue), "{issue:?}");
                heard.issues.push(issue);
            }
            StatementEvent::StatementEnd(end) => heard.ends.push(end),
            StatementEvent::Part(part) => panic!("{part:?}"),
        }
        ControlFlow::Continue(())
    });
    (heard, outcome)
}

fn understood(input: &[u8]) -> Heard {
    let (mut heard, outcome) = listen(input);
    heard.summary = outcome.unwrap();
    heard
}

fn refused(input: &[u8]) -> (Heard, &'static str, u64) {
    let (heard, outcome) = listen(input);
    let error = outcome.unwrap_err();
    (heard, error.code(), error.line)
}

/// A statement around some entries.
fn statement(entries: &str) -> String {
    format!(
        "<Document><BkToCstmrStmt><Stmt><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>\
         {entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

/// The same in an interim report or in a notification.
fn message(message: &str, body: &str, entries: &str) -> String {
    statement(entries).replace("BkToCstmrStmt", message).replace("Stmt>", &format!("{body}>"))
}

/// An entry of 1.00 EUR on a day, with more elements.
fn entry(more: &str) -> String {
    format!(
        "<Ntry><Amt Ccy='EUR'>1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-11-24</Dt></BookgDt>{more}</Ntry>"
    )
}
