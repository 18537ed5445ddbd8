//! What do CSV files become, event by event? All samples are ours, made after what the banks write.

mod banks;
mod limits;
mod own;
mod paypal;

use std::io::BufRead;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use super::super::emitter::facts_are_told_in_german;
use super::{Detected, Reader, read_detecting};
use crate::domain::money::Currency;
use crate::importers::{
    ImportError, ImportIssue, StatementEnd, StatementEvent, StatementHeader, StatementLine, Summary,
};

/// Everything a file gave, by kind of event.
#[derive(Debug, Default)]
struct Heard {
    detected: Option<Detected>,
    headers: Vec<StatementHeader>,
    lines: Vec<StatementLine>,
    issues: Vec<ImportIssue>,
    ends: Vec<StatementEnd>,
    summary: Summary,
}

impl Heard {
    /// Issues as `line field code`.
    fn issues(&self) -> Vec<String> {
        let shown =
            |issue: &ImportIssue| format!("{} {} {}", issue.line.unwrap(), issue.field.as_deref().unwrap(), issue.code);
        self.issues.iter().map(shown).collect()
    }

    fn amounts(&self) -> Vec<String> {
        self.lines.iter().map(|line| line.amount.to_string()).collect()
    }

    fn purposes(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line.purpose.as_deref().unwrap_or("-")).collect()
    }

    fn key(&self) -> &str {
        &self.detected.as_ref().unwrap().key
    }

    fn gap(&self) -> String {
        self.ends[0].gap.map_or("-".to_owned(), |gap| gap.to_string())
    }
}

fn listen(input: impl BufRead, reader: &Reader) -> (Heard, Result<Summary, ImportError>) {
    let mut heard = Heard::default();
    let mut detected = None;
    let outcome = read_detecting(input, reader, &mut |found| detected = Some(found), &mut |event| {
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
    heard.detected = detected;
    (heard, outcome)
}

static BUILT_IN: LazyLock<Reader> = LazyLock::new(|| Reader::built_in(Currency::EUR));

fn built_in() -> &'static Reader {
    &BUILT_IN
}

fn understood(input: &[u8]) -> Heard {
    understood_by(input, built_in())
}

fn understood_by(input: &[u8], reader: &Reader) -> Heard {
    let (mut heard, outcome) = listen(input, reader);
    heard.summary = outcome.unwrap();
    heard
}

fn refused(input: &[u8]) -> (&'static str, u64, String) {
    refused_by(input, built_in())
}

fn refused_by(input: &[u8], reader: &Reader) -> (&'static str, u64, String) {
    let error = listen(input, reader).1.unwrap_err();
    (error.code(), error.line, error.reason.to_string())
}

/// A text as banks with old systems save it; only for letters that both encodings have.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()
}

const SAVINGS_BANK: &str = "Auftragskonto;Buchungstag;Valutadatum;Buchungstext;Verwendungszweck;Glaeubiger ID;\
    Mandatsreferenz;Kundenreferenz (End-to-End);Sammlerreferenz;Lastschrift Ursprungsbetrag;\
    Auslagenersatz Ruecklastschrift;Beguenstigter/Zahlungspflichtiger;Kontonummer/IBAN;BIC (SWIFT-Code);Betrag;\
    Waehrung;Info\n";

/// A Sparkasse file with rows.
fn savings_bank(rows: &str) -> String {
    format!("{SAVINGS_BANK}{rows}")
}

/// A Sparkasse row: purpose and amount, the rest as usual.
fn booking(purpose: &str, amount: &str) -> String {
    format!(
        "DE89370400440532013000;24.11.26;24.11.26;GUTSCHR. UEBERWEISUNG;{purpose};;;NOTPROVIDED;;;;Erika Muster;\
         DE02120300000000202051;BYLADEM1001;{amount};EUR;Umsatz gebucht\n"
    )
}
