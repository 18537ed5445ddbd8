//! Files that are large and worth nothing: an end with a reason, few rows, nothing kept but the file.

use heller::entities::log_row;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use super::{Bank, IBAN, counts, entry, statement};
use crate::support::answer::Answer;
use crate::support::app::TestApp;

/// Most rows that name an entry each, and all rows of a run with those that sum up.
const NAMED_MAX: usize = 1_000;
const ROWS_MAX: u64 = 1_002;
const SIZE: usize = 30_000_000;

/// Imports, to a failure that keeps nothing; answers the last two rows of the logbook, newest first, and how many there
/// are.
async fn failed(bank: &Bank, bytes: &[u8]) -> (Answer, u64) {
    let begun = bank.raw(bytes, "").await.expect(202);
    bank.app.run_pending().await;
    let run = bank.clerk.get(begun.header("Location").unwrap()).await.expect(200);
    assert_eq!((run.text("/status"), run.text("/items/0/status")), ("failed", "failed"), "{run:?}");
    assert_eq!((bank.movements().await.len(), bank.entries().await), (0, 0));
    let rows = log_row::Entity::find().count(bank.app.state().db.reader()).await.unwrap();
    (bank.clerk.get("/v1/logbook?limit=2").await.expect(200), rows)
}

/// A statement of so many bytes whose entries have no readable amount; and how many they are.
fn worthless(size: usize) -> (Vec<u8>, usize) {
    let one = entry("nothing", "BOOK", "2026-11-20", &"Rechnung ".repeat(200));
    let count = size / one.len();
    (statement(&one.repeat(count)), count)
}

#[tokio::test]
async fn a_large_file_without_one_valid_entry_fails_and_says_why_in_a_thousand_rows() {
    let bank = Bank::start().await;
    let (bytes, count) = worthless(SIZE);
    let (log, rows) = failed(&bank, &bytes).await;
    assert_eq!((log.text("/items/0/code"), log.text("/items/1/code"), rows), ("no_entry", "and_more", ROWS_MAX));
    let more = format!("and {} more, not listed one by one", count - NAMED_MAX);
    assert_eq!(log.text("/items/1/message"), more);
}

#[tokio::test]
async fn a_large_file_that_breaks_off_fails_with_one_row() {
    let bank = Bank::start().await;
    let (mut bytes, _) = worthless(SIZE);
    bytes.truncate(bytes.len() - 20);
    let (log, rows) = failed(&bank, &bytes).await;
    assert_eq!((log.text("/items/0/code"), rows), ("truncated", 1));
}

#[tokio::test]
async fn a_file_of_a_thousand_statements_of_one_line_is_as_many_movements() {
    let bank = Bank::start().await;
    let head = format!("<Stmt><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>");
    let one = |number: u32| format!("{head}{}</Stmt>", entry("1.00", "BOOK", "2026-11-20", &format!("AU-{number}")));
    let all: String = (0..1_000).map(one).collect();
    let document = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
    let file = format!("<Document xmlns=\"{document}\"><BkToCstmrStmt>{all}</BkToCstmrStmt></Document>");
    assert_eq!(counts(&bank.import(file.as_bytes()).await), [1_000, 0, 0, 0, 0, 0]);
}

/// Each line's number among its equals asks for the movements of the numbers before it: more than a statement may name.
#[tokio::test]
async fn a_file_of_very_many_equal_lines_is_read_to_its_end() {
    const LINES: usize = 33_000;
    let bank = Bank::of(TestApp::start().await, json!({ "iban": IBAN, "cutoff_date": "2026-11-20" })).await;
    let head = "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Betrag;Währung\n";
    let file = format!("{head}{}", "20.11.26;20.11.26;Jürgen Groß;Gutschrift;Danke;1,00;EUR\n".repeat(LINES));
    assert_eq!(counts(&bank.import(file.as_bytes()).await), [0, 0, 0, 33_000, 0, 0]);
    bank.app.finish().await;
}
