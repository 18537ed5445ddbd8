//! What do messages become, event by event? Fixtures are ours; `corpora` also reads other people's files.

mod corpora;
mod fixtures;
mod limits;
mod messages;

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

    fn codes(&self) -> Vec<&str> {
        self.issues.iter().map(|issue| issue.code).collect()
    }

    fn amounts(&self) -> Vec<String> {
        self.lines.iter().map(|line| line.amount.amount()).collect()
    }

    /// Whether opening balance and lines give the closing balance; none where a part is missing.
    fn adds_up(&self) -> Option<bool> {
        let gaps: Option<Vec<bool>> = self.ends.iter().map(|end| end.gap.map(|gap| gap.is_zero())).collect();
        gaps.map(|gaps| gaps.into_iter().all(|zero| zero))
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

fn understood(input: impl AsRef<[u8]>) -> Heard {
    let (mut heard, outcome) = listen(input.as_ref());
    heard.summary = outcome.unwrap();
    heard
}

fn refused(input: impl AsRef<[u8]>) -> &'static str {
    listen(input.as_ref()).1.unwrap_err().code()
}

/// A statement in euros around some entries, without a closing balance that could add up.
fn statement(entries: &str) -> String {
    format!(":20:X\n:25:DE89370400440532013000\n:28C:7/1\n:60F:C261123EUR100,00\n{entries}\n:62F:C261124EUR100,00\n-\n")
}

/// The one line of a statement with this `:61:` and `:86:`, and the codes of the issues but the balance's.
fn only(entries: &str) -> (StatementLine, Vec<String>) {
    let heard = understood(statement(entries));
    let codes = heard.codes().into_iter().filter(|code| *code != "balance_mismatch").map(str::to_owned).collect();
    (heard.lines.into_iter().next().unwrap(), codes)
}
