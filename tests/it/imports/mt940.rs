//! What becomes of an MT940 or MT942 file, from the upload to the movements.

use heller::entities::account_movement;
use serde_json::json;

use super::{Bank, counts};

const DAY: &[u8] = include_bytes!("../../fixtures/mt940/day_statement.sta");
const INTERIM: &[u8] = include_bytes!("../../fixtures/mt940/interim_report.sta");

fn shown(row: &account_movement::Model) -> (i64, &str, &str) {
    (row.amount_minor, row.booking_type.as_str(), row.status.as_str())
}

#[tokio::test]
async fn a_day_of_a_bank_becomes_movements_and_the_same_file_nothing_new() {
    let bank = Bank::start().await;
    let run = bank.import(DAY).await;
    assert_eq!((run["status"].as_str(), counts(&run)), (Some("finished"), [12, 0, 0, 0, 0, 0]), "{run:#}");
    let rows = bank.movements().await;
    assert!(rows.iter().all(|row| row.import_channel.as_str() == "mt940" && !row.returnable));
    let expected = [
        (124_900, "incoming", "completed"),
        (8_990, "incoming", "completed"),
        (11_900, "sepa_direct_debit", "completed"),
        (19_950, "sepa_direct_debit", "completed"),
        (3_900, "sepa_direct_debit", "completed"),
        (-41_236, "outgoing", "completed"),
        (-4_999, "sepa_direct_debit", "completed"),
        (-11_900, "bank_chargeback", "completed"),
        (-1_250, "fee", "completed"),
        (-990, "fee", "completed"),
        (25_000, "bank_chargeback", "completed"),
        (5_900, "incoming", "completed"),
    ];
    let mut found: Vec<_> = rows.iter().map(shown).collect();
    let mut expected = expected.to_vec();
    // A charge stands in the same line of the file as what it was for.
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(rows[0].purpose.as_deref(), Some("Rechnung RE-2026-0417 Trekkingrad & Zubehör"));
    assert_eq!(rows[0].counterparty_name.as_deref(), Some("Jürgen Weiß"));
    let again = bank.raw(DAY, "").await.expect(200);
    assert_eq!((again.id(), bank.movements().await.len()), (run["id"].as_str().unwrap().to_owned(), 12));
}

#[tokio::test]
async fn the_same_days_as_camt_and_as_mt940_are_the_same_movements() {
    let bank = Bank::start().await;
    assert_eq!(counts(&bank.import(fixture!("day_statement_08.xml")).await), [13, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&bank.import(DAY).await), [0, 0, 12, 0, 0, 0], "the charges of the return included");
}

#[tokio::test]
async fn an_interim_report_announces_what_the_statement_books_on_the_same_row() {
    let bank = Bank::start().await;
    let run = bank.import(INTERIM).await;
    assert_eq!(counts(&run), [2, 0, 0, 0, 0, 0], "{run:#}");
    let before = bank.movements().await;
    assert_eq!(shown(&before[0]), (124_900, "incoming", "in_progress"));
    assert_eq!(bank.entries().await, 0);
    assert_eq!(counts(&bank.import(DAY).await), [11, 1, 0, 0, 0, 0]);
    let after = bank.movements().await;
    let row = after.iter().find(|row| row.id == before[0].id).unwrap();
    assert_eq!(shown(row), (124_900, "incoming", "completed"));
}

#[tokio::test]
async fn a_bad_entry_is_named_with_line_and_field_in_both_languages() {
    let bank = Bank::start().await;
    let text = String::from_utf8_lossy(DAY).replace("CR1249,00", "CR1.249,00");
    let run = bank.import(text.as_bytes()).await;
    assert_eq!((run["status"].as_str(), counts(&run)), (Some("finished_with_errors"), [11, 0, 0, 0, 0, 1]));
    assert_eq!(bank.log().await, ["invalid_amount", "balance_mismatch"]);
    for (language, words) in [
        ("en", "'1.249,00' is not an amount with a decimal comma"),
        ("de", "'1.249,00' ist kein Betrag mit Dezimalkomma"),
    ] {
        let log = bank.clerk.get("/v1/logbook?level=error").lang(language).await.expect(200);
        let row = log.at("/items/0");
        assert_eq!((&row["line"], &row["field"]), (&json!(6), &json!(":61: Amount")));
        assert!(row["message"].as_str().unwrap().starts_with(words), "{row}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_trusted_store_nothing_and_say_why() {
    let foreign = String::from_utf8_lossy(DAY).replace("0532013000EUR", "0532013001EUR");
    for (bytes, code, field, german) in [
        (&DAY[..DAY.len() - 80], "truncated", None, "die Datei endet mittendrin"),
        (
            b":20:X\n:25:DE89370400440532013000\n:86:x\n-\n".as_slice(),
            "no_entry",
            None,
            "die Datei enthält keine Buchung",
        ),
        (foreign.as_bytes(), "other_account", Some(":25:"), "das ist ein Auszug eines anderen Kontos"),
        (b"\xff\xfe:20:X\n:25:1\n", "invalid_encoding", None, "die Zeichen der Datei sind nicht lesbar"),
    ] {
        let bank = Bank::start().await;
        let run = bank.import(bytes).await;
        assert_eq!((run["status"].as_str(), bank.movements().await.len()), (Some("failed"), 0), "{code}");
        let log = bank.clerk.get("/v1/logbook?level=error").lang("de").await.expect(200);
        let row = log.at("/items/0");
        assert_eq!((row["code"].as_str(), row["field"].as_str()), (Some(code), field), "{row}");
        assert!(row["message"].as_str().unwrap().starts_with(german), "{row}");
    }
}

#[tokio::test]
async fn what_is_no_known_format_is_refused_at_once_in_both_languages() {
    let bank = Bank::start().await;
    for (language, words) in [
        ("en", "that is read: CAMT.052, CAMT.053, CAMT.054 (XML), MT940"),
        ("de", "gelesen wird: CAMT.052, CAMT.053, CAMT.054 (XML), MT940"),
    ] {
        let path = format!("/v1/statement-imports/raw?account_id={}", bank.account);
        let refused = bank.clerk.post_raw(path, "text/plain", b":20:only a reference\n").lang(language).await;
        refused.problem(422, "file_format_invalid");
        assert!(refused.json.to_string().contains(words), "{refused:?}");
    }
    assert_eq!(bank.stored_files().await, (0, 0));
}
