//! What becomes of a statement file: the movements of each fixture, what is refused, what is known already.

use chrono::Duration;
use heller::entities::{account_movement, job, reconciliation_item, statement_file_chunk};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{Bank, counts, entry, statement};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_day_of_a_bank_becomes_movements_and_is_booked() {
    let bank = Bank::start().await;
    let run = bank.import(fixture!("day_statement_08.xml")).await;
    assert_eq!((run["status"].as_str(), counts(&run)), (Some("finished"), [13, 0, 0, 0, 0, 0]));
    assert_eq!(run["items"][0]["progress"], json!({"done": 13, "total": 13, "phase": "done"}));
    assert_eq!(
        (&run["items"][0]["file"]["name"], &run["items"][0]["file"]["size_bytes"]),
        (&json!("statement.xml"), &json!(12_156))
    );
    let rows = bank.movements().await;
    let mut found: Vec<_> = rows.iter().map(|row| (row.amount_minor, row.booking_type.as_str())).collect();
    // A charge stands in the same line of the file as what it was for.
    found[7..9].sort_unstable();
    let expected = [
        (124_900, "incoming"),
        (8_990, "incoming"),
        (11_900, "sepa_direct_debit"),
        (19_950, "sepa_direct_debit"),
        (3_900, "sepa_direct_debit"),
        (-41_236, "outgoing"),
        (-4_999, "sepa_direct_debit"),
        (-11_900, "bank_chargeback"),
        (-1_250, "fee"),
        (-990, "fee"),
        (25_000, "bank_chargeback"),
        (5_900, "incoming"),
        (7_500, "incoming"),
    ];
    assert_eq!(found, expected);
    assert_eq!((rows[12].status.as_str(), rows[9].free_minor, rows[5].free_minor), ("in_progress", 0, 41_236));
    assert!(rows.iter().all(|row| !row.returnable && row.import_channel.as_str() == "camt"));
    assert_eq!(bank.entries().await, 12);
}

#[tokio::test]
async fn each_readable_fixture_gives_its_lines() {
    for (bytes, status, expected, logged) in [
        (fixture!("version_02.xml"), "finished", [6, 0, 0, 0, 0, 0], 0),
        (fixture!("prefixed_namespace.xml"), "finished", [1, 0, 0, 0, 0, 0], 0),
        (fixture!("latin1.xml"), "finished", [1, 0, 0, 0, 0, 0], 0),
        (fixture!("missing_fields.xml"), "finished_with_errors", [7, 0, 0, 2, 0, 6], 14),
    ] {
        let bank = Bank::of(TestApp::start().await, json!({})).await;
        let run = bank.import(bytes).await;
        assert_eq!((run["status"].as_str(), counts(&run)), (Some(status), expected), "{run:#}");
        assert_eq!(bank.log().await.len(), logged);
    }
}

#[tokio::test]
async fn statements_of_another_account_in_the_same_file_are_left_out_and_named() {
    let bank = Bank::start().await;
    let run = bank.import(fixture!("several_statements.xml")).await;
    assert_eq!((run["status"].as_str(), counts(&run)), (Some("finished_with_errors"), [3, 0, 0, 0, 0, 1]));
    let amounts: Vec<i64> = bank.movements().await.iter().map(|row| row.amount_minor).collect();
    assert_eq!(amounts, [450, 450, -13_000]);
    assert_eq!(bank.log().await, ["other_account", "balance_mismatch"]);
}

#[tokio::test]
async fn a_statement_of_another_iban_is_refused_and_nothing_is_stored() {
    let bank = Bank::of(TestApp::start().await, json!({"iban": "AT611904300234573201"})).await;
    let run = bank.import(fixture!("day_statement_08.xml")).await;
    assert_eq!((run["status"].as_str(), run["items"][0]["status"].as_str()), (Some("failed"), Some("failed")));
    assert_eq!((bank.movements().await.len(), bank.log().await), (0, vec!["other_account".to_owned()]));
    let log =
        bank.clerk.get(format!("/v1/logbook?run_id={}", run["id"].as_str().unwrap())).lang("de").await.expect(200);
    assert!(log.text("/items/0/message").starts_with("das ist ein Auszug"), "{log:?}");
    assert!(!log.json.to_string().contains("DE89") && !log.json.to_string().contains("AT61"));
}

/// A statement of another account as the bank puts it beside ours.
fn foreign(entries: &str, account: &str) -> String {
    format!("<Stmt><Id>2</Id><Acct><Id>{account}</Id><Ccy>EUR</Ccy></Acct>{entries}</Stmt>")
}

fn with_foreign(account: &str) -> Vec<u8> {
    let own = String::from_utf8(statement(&entry("1.00", "BOOK", "2026-11-20", "own"))).unwrap();
    let other = foreign(&entry("2.00", "BOOK", "2026-11-20", "other"), account);
    own.replace("<Stmt><Id>1</Id>", &format!("{other}<Stmt><Id>1</Id>")).into_bytes()
}

#[tokio::test]
async fn a_file_with_several_accounts_is_imported_for_one_with_an_iban_too() {
    for account in
        ["<IBAN>AT611904300234573201</IBAN>", "<Othr><Id>13000</Id></Othr>", "<Othr><Id>37040044</Id></Othr>"]
    {
        let bank = Bank::start().await;
        let run = bank.import(&with_foreign(account)).await;
        assert_eq!(run["status"], "finished_with_errors", "{account}");
        assert_eq!((counts(&run), bank.log().await), ([1, 0, 0, 0, 0, 1], vec!["other_account".to_owned()]));
        let purposes: Vec<_> = bank.movements().await.into_iter().map(|row| row.purpose.unwrap()).collect();
        assert_eq!(purposes, ["own"], "{account}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_trusted_makes_a_failed_run_with_one_log_row() {
    for (bytes, code) in [(fixture!("truncated.xml"), "truncated"), (fixture!("no_entries.xml"), "no_entry")] {
        let bank = Bank::start().await;
        let run = bank.import(bytes).await;
        assert_eq!(run["status"], "failed", "{code}");
        assert_eq!((bank.movements().await.len(), bank.entries().await), (0, 0), "{code}");
        let log = bank.clerk.get("/v1/logbook?level=error").await.expect(200);
        assert_eq!((log.at("/items").as_array().unwrap().len(), log.text("/items/0/code")), (1, code));
        assert_eq!(log.text("/items/0/actor/id"), bank.clerk.id());
    }
}

#[tokio::test]
async fn what_a_file_holds_is_not_told_by_the_failure_of_its_job() {
    let mut bank = Bank::start().await;
    bank.app.allow_leftovers();
    bank.raw(&statement(&entry("1.00", "BOOK", "2026-11-20", "a")), "").await.expect(202);
    // The first pass is over, and what the second one reads is no longer what it was.
    let importing = reconciliation_item::Entity::update_many()
        .col_expr(reconciliation_item::Column::Phase, Expr::value("importing"));
    let broken = b"<Document><BkToCstmrStmt><ErikaMuster></BkToCstmrStmt></Document>".to_vec();
    let broken =
        statement_file_chunk::Entity::update_many().col_expr(statement_file_chunk::Column::Bytes, Expr::value(broken));
    let change = async |txn: &sea_orm::DatabaseTransaction| {
        importing.clone().exec(txn).await?;
        Ok(broken.clone().exec(txn).await?)
    };
    bank.app.state().db.write(change).await.unwrap();
    bank.app.run_pending().await;
    let job = job::Entity::find().one(bank.app.state().db.reader()).await.unwrap().unwrap();
    assert_eq!(job.last_error.as_deref(), Some("internal: read twice, refused once: not_xml"));
}

#[tokio::test]
async fn a_rehearsal_counts_and_stores_nothing() {
    let bank = Bank::start().await;
    let rehearsal = bank.finished(bank.upload(fixture!("day_statement_08.xml"), &[("dry_run", "true")]).await).await;
    assert_eq!((counts(&rehearsal), &rehearsal["items"][0]["dry_run"]), ([13, 0, 0, 0, 0, 0], &json!(true)));
    assert_eq!((bank.movements().await.len(), bank.entries().await), (0, 0));
    let again = bank.raw(fixture!("day_statement_08.xml"), "&dry_run=true").await.expect(200);
    assert_eq!(again.id(), rehearsal["id"].as_str().unwrap());
    assert_eq!(counts(&bank.import(fixture!("day_statement_08.xml")).await)[0], 13);
    assert_eq!(bank.movements().await.len(), 13);
}

#[tokio::test]
async fn an_overlapping_file_adds_only_what_is_new_and_hidden_stays_hidden() {
    let bank = Bank::start().await;
    let two = entry("1.00", "BOOK", "2026-11-20", "a") + &entry("1.00", "BOOK", "2026-11-20", "a");
    assert_eq!(counts(&bank.import(&statement(&two)).await)[0], 2);
    let hide = account_movement::Entity::update_many()
        .col_expr(account_movement::Column::Hidden, Expr::value(true))
        .col_expr(account_movement::Column::InternalComment, Expr::value("kept"))
        .filter(account_movement::Column::TransactionId.like("%-2"));
    let hide = async |txn: &sea_orm::DatabaseTransaction| Ok(hide.clone().exec(txn).await?);
    bank.app.state().db.write(hide).await.unwrap();
    let three = two + &entry("1.00", "BOOK", "2026-11-21", "a");
    assert_eq!(counts(&bank.import(&statement(&three)).await), [1, 0, 1, 0, 1, 0]);
    let rows = bank.movements().await;
    let kept = rows.iter().find(|row| row.hidden).unwrap();
    assert_eq!((rows.len(), kept.internal_comment.as_deref()), (3, Some("kept")));
}

#[tokio::test]
async fn an_announced_line_is_completed_by_its_booking_on_the_same_row() {
    let bank = Bank::start().await;
    bank.import(&statement(&entry("5.00", "PDNG", "2026-11-20", "x"))).await;
    let before = bank.movements().await.remove(0);
    assert_eq!((before.status.as_str(), bank.entries().await), ("in_progress", 0));
    let run = bank.import(&statement(&entry("5.00", "BOOK", "2026-11-20", "x"))).await;
    assert_eq!(counts(&run), [0, 1, 0, 0, 0, 0]);
    let after = bank.movements().await.remove(0);
    assert_eq!((after.id, after.status.as_str(), bank.entries().await), (before.id, "completed", 1));
}

#[tokio::test]
async fn what_is_older_than_the_cutoff_date_is_discarded() {
    let bank = Bank::of(TestApp::start().await, json!({"cutoff_date": "2026-11-20"})).await;
    let file = entry("1.00", "BOOK", "2026-11-20", "a") + &entry("2.00", "BOOK", "2026-11-21", "a");
    let run = bank.import(&statement(&file)).await;
    assert_eq!((run["status"].as_str(), counts(&run)), (Some("finished"), [1, 0, 0, 1, 0, 0]));
}

/// [17, 30]
#[tokio::test]
async fn a_strict_import_stores_all_or_nothing() {
    let file = entry("1.00", "BOOK", "2026-11-20", "a") + &entry("1,00", "BOOK", "2026-11-20", "a");
    let strict = Bank::start().await;
    let run = strict.finished(strict.raw(&statement(&file), "&strict=true").await).await;
    assert_eq!((run["status"].as_str(), strict.movements().await.len()), (Some("failed"), 0));
    assert_eq!(strict.log().await, ["invalid_amount", "strict_import_refused"]);
    let lenient = Bank::start().await;
    let run = lenient.import(&statement(&file)).await;
    assert_eq!((run["status"].as_str(), counts(&run)), (Some("finished_with_errors"), [1, 0, 0, 0, 0, 1]));
    let log = lenient.clerk.get("/v1/logbook").await.expect(200);
    assert_eq!((log.text("/items/0/field"), log.at("/items/0/line")), ("Ntry/Amt", &json!(2)));
}

#[tokio::test]
async fn lines_in_another_currency_are_refused_one_by_one() {
    let bank = Bank::start().await;
    let file =
        entry("1.00", "BOOK", "2026-11-20", "a") + &entry("2.00", "BOOK", "2026-11-20", "a").replace("EUR", "USD");
    let run = bank.import(&statement(&file)).await;
    assert_eq!((counts(&run), bank.log().await), ([1, 0, 0, 0, 0, 1], vec!["currency_mismatch".to_owned()]));
}

#[tokio::test]
async fn a_file_with_many_wrong_entries_does_not_flood_the_logbook() {
    let bank = Bank::start().await;
    let file = entry("1.00", "BOOK", "2026-11-20", "a") + &entry("x", "BOOK", "2026-11-20", "a").repeat(1_100);
    let run = bank.import(&statement(&file)).await;
    assert_eq!(counts(&run), [1, 0, 0, 0, 0, 1_100]);
    let log = bank.clerk.get("/v1/logbook?limit=1").await.expect(200);
    assert_eq!((log.text("/items/0/code"), log.at("/has_more")), ("and_more", &json!(true)));
    assert_eq!(log.text("/items/0/message"), "and 100 more, not listed one by one");
}

#[tokio::test]
async fn a_large_file_is_imported_in_batches_and_an_interrupted_import_goes_on_with_right_counts() {
    let mut bank = Bank::start().await;
    bank.app.allow_leftovers();
    let lines: String = (0..2_300).map(|number| entry("1.00", "BOOK", "2026-11-20", &format!("AU-{number}"))).collect();
    let begun = bank.raw(&statement(&lines), "").await.expect(202);
    // The worker dies after some batches: its job is claimed again when the lease has run out.
    let state = bank.app.state().clone();
    let work = async {
        loop {
            let done: Vec<_> = reconciliation_item::Entity::find().all(state.db.reader()).await.unwrap();
            if done[0].progress_done >= 1_000 && done[0].phase.as_str() == "importing" {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = bank.app.run_pending() => panic!("the import ended before it could be interrupted"),
        () = work => {}
    }
    let stored = bank.movements().await.len();
    assert!((1_000..2_300).contains(&stored), "{stored}");
    bank.app.later(Duration::hours(1));
    bank.app.run_pending().await;
    let clerk = bank.app.again(&bank.clerk).await;
    let run = clerk.get(begun.header("Location").unwrap()).await.expect(200);
    assert_eq!((run.text("/status"), counts(&run.json)), ("finished", [2_300, 0, 0, 0, 0, 0]));
    assert_eq!((bank.movements().await.len(), bank.entries().await), (2_300, 2_300));
    let log = clerk.get("/v1/logbook").lang("de").await.expect(200);
    let row = log.at("/items/0");
    assert_eq!(row["code"], "import_resumed", "{log:?}");
    assert!(row["message"].as_str().unwrap().contains(&format!("nach {stored} gespeicherten Zeilen")), "{log:?}");
}
