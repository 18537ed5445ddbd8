//! How statement files come in: as a form or as they are, twice, at once, too large, broken off.

use chrono::Duration;
use heller::domain::id::FileId;
use heller::services::reconciliation::upload::{self, Upload};
use serde_json::json;

use super::{Bank, IBAN, counts, entry, statement};
use crate::support::app::TestApp;

#[tokio::test]
async fn the_same_bytes_again_are_the_run_that_imported_them() {
    let bank = Bank::start().await;
    let first = bank.import(fixture!("day_statement_08.xml")).await;
    let second = bank.upload(fixture!("day_statement_08.xml"), &[]).await.expect(200);
    let third = bank.raw(fixture!("day_statement_08.xml"), "&filename=other.xml").await.expect(200);
    assert_eq!((&second.json, &third.json), (&first, &first));
    assert_eq!(
        second.header("Location"),
        Some(format!("/v1/reconciliation-runs/{}", first["id"].as_str().unwrap()).as_str())
    );
    assert_eq!((bank.movements().await.len(), bank.stored_files().await), (13, (1, 1)));
}

#[tokio::test]
async fn a_client_that_sends_again_while_the_first_import_waits_gets_that_one() {
    let bank = Bank::start().await;
    let first = bank.raw(fixture!("day_statement_08.xml"), "").await.expect(202);
    let second = bank.raw(fixture!("day_statement_08.xml"), "").await.expect(200);
    assert_eq!(first.id(), second.id());
    let other = bank.raw(fixture!("version_02.xml"), "").await;
    other.problem(409, "reconciliation_in_progress");
    assert_eq!(bank.stored_files().await, (1, 1));
    bank.app.run_pending().await;
}

#[tokio::test]
async fn the_same_file_sent_many_times_at_once_is_imported_once() {
    let bank = Bank::start().await;
    let answers = futures_util::future::join_all((0..8).map(|_| bank.raw(fixture!("day_statement_08.xml"), ""))).await;
    let begun = answers.iter().filter(|answer| answer.status == 202).count();
    let known = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((begun, known), (1, 7));
    assert!(answers.iter().all(|answer| answer.id() == answers[0].id()));
    bank.app.run_pending().await;
    assert_eq!((bank.movements().await.len(), bank.stored_files().await), (13, (1, 1)));
}

#[tokio::test]
async fn what_failed_can_be_sent_again_after_the_account_was_corrected() {
    let bank = Bank::of(TestApp::start().await, json!({"iban": "AT611904300234573201"})).await;
    assert_eq!(bank.import(fixture!("day_statement_08.xml")).await["status"], "failed");
    let path = format!("/v1/payment-accounts/{}", bank.account);
    bank.admin.patch(path, json!({"iban": IBAN})).if_match(1).await.expect(200);
    assert_eq!(counts(&bank.import(fixture!("day_statement_08.xml")).await)[0], 13);
    assert_eq!(bank.stored_files().await, (1, 1));
}

#[tokio::test]
async fn what_is_no_statement_is_refused_at_once_and_leaves_nothing() {
    let bank = Bank::start().await;
    for bytes in [b"".as_slice(), b"Buchungstag;Betrag\n", b"<Document><CstmrPmtStsRpt/></Document>"] {
        bank.raw(bytes, "").await.problem(422, "file_format_invalid");
        bank.upload(bytes, &[]).await.problem(422, "file_format_invalid");
    }
    let long = vec![b'x'; 900_000];
    bank.raw(&long, "").await.problem(422, "file_format_invalid");
    assert_eq!((bank.stored_files().await, bank.log().await.len()), ((0, 0), 0));
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_and_leaves_nothing() {
    let app = TestApp::builder().config(|config| config.import_max_bytes = 400_000).start().await;
    let bank = Bank::of(app, json!({})).await;
    let lines = entry("1.00", "BOOK", "2026-11-20", "a").repeat(4_000);
    bank.raw(&statement(&lines), "").await.problem(413, "too_large");
    bank.upload(&statement(&lines), &[]).await.problem(413, "too_large");
    assert_eq!(bank.stored_files().await, (0, 0));
}

#[tokio::test]
async fn only_visible_accounts_with_files_take_files() {
    let bank = Bank::start().await;
    let sandbox = json!({"name": "S", "provider": "sandbox", "currency": "EUR"});
    let sandbox = bank.admin.post("/v1/payment-accounts", sandbox).await.expect(201).id();
    let file = fixture!("day_statement_08.xml");
    let to = |account: String| bank.clerk.upload("/v1/statement-imports", &[("account_id", &account)], ("a.xml", file));
    to(sandbox).await.problem(409, "account_takes_no_files");
    let unknown = to("acc_01kapd3hzcf3sbvpdj0k4v8m2e".to_owned()).await.expect(422);
    unknown.field("/account_id", "reference_not_found");
    bank.admin.act(format!("/v1/payment-accounts/{}/hide", bank.account)).await.expect(200);
    to(bank.account.clone()).await.problem(409, "account_hidden");
    bank.raw(file, "").await.problem(409, "account_hidden");
    let path = "/v1/statement-imports/raw?account_id=acc_01kapd3hzcf3sbvpdj0k4v8m2e";
    let unknown = bank.clerk.post_raw(path, "application/xml", file).await.expect(422);
    unknown.field("account_id", "reference_not_found");
    assert_eq!(bank.stored_files().await, (0, 0));
}

#[tokio::test]
async fn a_form_with_wrong_fields_is_refused_by_name() {
    let bank = Bank::start().await;
    let file = ("a.xml", fixture!("version_02.xml"));
    let refused = bank.clerk.upload("/v1/statement-imports", &[], file).await.expect(422);
    refused.field("/account_id", "missing_field");
    let fields = [("account_id", bank.account.as_str()), ("dry_run", "maybe")];
    let refused = bank.clerk.upload("/v1/statement-imports", &fields, file).await.expect(422);
    refused.field("/dry_run", "invalid_value");
    let fields = [("account_id", bank.account.as_str()), ("colour", "red")];
    let refused = bank.clerk.upload("/v1/statement-imports", &fields, file).await.expect(422);
    refused.field("/colour", "unknown_field");
    bank.clerk.post("/v1/statement-imports", json!({})).await.problem(415, "unsupported_media_type");
    let broken = bank.clerk.post_raw("/v1/statement-imports", "multipart/form-data; boundary=b", "nothing").await;
    broken.problem(400, "malformed_body");
    let form = "--b\r\nContent-Disposition: form-data; name=\"account_id\"\r\n\r\nacc_1\r\n--b--\r\n";
    let refused =
        bank.clerk.post_raw("/v1/statement-imports", "multipart/form-data; boundary=b", form).await.expect(422);
    refused.field("/file", "missing_field");
    assert_eq!(bank.stored_files().await, (0, 0));
}

#[tokio::test]
async fn an_upload_with_a_key_replays_and_a_waiting_client_gets_the_end() {
    let bank = Bank::start().await;
    let path = format!("/v1/statement-imports/raw?account_id={}", bank.account);
    let call = || bank.clerk.post_raw(path.as_str(), "application/xml", fixture!("version_02.xml")).key("k");
    let work = async {
        while bank.app.run_pending().await == 0 {
            tokio::task::yield_now().await;
        }
    };
    let (first, ()) = tokio::join!(call().prefer_wait(20).send(), work);
    let first = first.expect(200);
    assert_eq!(first.text("/status"), "finished");
    let second = call().await.expect(200);
    assert_eq!((second.header("Idempotency-Replayed"), &second.json), (Some("true"), &first.json));
    let other = bank.clerk.post_raw(path.as_str(), "application/xml", fixture!("latin1.xml")).key("k").await;
    other.problem(422, "idempotency_key_reused");
    assert_eq!(bank.stored_files().await, (1, 1));
}

#[tokio::test]
async fn leftovers_of_broken_uploads_are_pruned_after_a_day() {
    let bank = Bank::start().await;
    let state = bank.app.state();
    let mut ctx = state.system_ctx("test");
    let session = bank.clerk.session();
    ctx.actor =
        heller::access::ctx::Actor::User { id: session.user, session: uuid::Uuid::nil().into(), roles: Vec::new() };
    let mut broken = Upload::begin(&state.db, &ctx, 10_000_000);
    broken.push(&statement(&entry("1.00", "BOOK", "2026-11-20", "a").repeat(5_000))).await.unwrap();
    let file: FileId = broken.file();
    drop(broken);
    assert!(bank.stored_files().await.1 > 0);
    assert_eq!(upload::prune(&state.db, bank.app.clock.now()).await.unwrap(), 0);
    bank.app.later(Duration::hours(25));
    assert_eq!(upload::prune(&state.db, bank.app.clock.now()).await.unwrap(), 1);
    assert_eq!(bank.stored_files().await, (0, 0));
    upload::discard(&state.db, file).await.unwrap();
}
