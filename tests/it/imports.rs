//! Statement files: what each fixture gives, what is refused, and what happens when a file comes twice.

use chrono::Duration;
use heller::access::role::Role;
use heller::domain::id::FileId;
use heller::entities::{account_movement, journal_entry, statement_file, statement_file_chunk};
use heller::services::reconciliation::upload::{self, Upload};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Client;

const IBAN: &str = "DE89370400440532013000";

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/camt053/", $name)).as_slice()
    };
}

struct Bank {
    app: TestApp,
    admin: Client,
    clerk: Client,
    account: String,
}

impl Bank {
    async fn start() -> Self {
        Self::of(TestApp::start().await, json!({"iban": IBAN})).await
    }

    async fn of(app: TestApp, more: Value) -> Self {
        let (admin, clerk) = (app.user(Role::Admin).await, app.user(Role::Accountant).await);
        let mut body = json!({"name": "Hausbank", "provider": "bank_file", "currency": "EUR"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let account = admin.post("/v1/payment-accounts", body).await.expect(201).id();
        Self { app, admin, clerk, account }
    }

    async fn upload(&self, bytes: &[u8], more: &[(&str, &str)]) -> Answer {
        let fields: Vec<_> = [("account_id", self.account.as_str())].into_iter().chain(more.iter().copied()).collect();
        self.clerk.upload("/v1/statement-imports", &fields, ("statement.xml", bytes)).await
    }

    async fn raw(&self, bytes: &[u8], query: &str) -> Answer {
        let path = format!("/v1/statement-imports/raw?account_id={}{query}", self.account);
        self.clerk.post_raw(path, "application/xml", bytes).await
    }

    /// Runs the import that an upload has begun, and answers the run.
    async fn finished(&self, begun: Answer) -> Value {
        let begun = begun.expect(202);
        assert_eq!((begun.text("/status"), begun.text("/items/0/phase")), ("running", "queued"));
        self.app.run_pending().await;
        self.clerk.get(begun.header("Location").unwrap()).await.expect(200).json.clone()
    }

    async fn import(&self, bytes: &[u8]) -> Value {
        self.finished(self.upload(bytes, &[]).await).await
    }

    async fn movements(&self) -> Vec<account_movement::Model> {
        let query = account_movement::Entity::find().order_by_asc(account_movement::Column::SourceLine);
        query.all(self.app.state().db.reader()).await.unwrap()
    }

    async fn entries(&self) -> u64 {
        journal_entry::Entity::find().count(self.app.state().db.reader()).await.unwrap()
    }

    /// Codes of the logbook, oldest first.
    async fn log(&self) -> Vec<String> {
        let log = self.clerk.get("/v1/logbook").await.expect(200);
        let rows = log.at("/items").as_array().unwrap().iter().rev();
        rows.map(|row| row["code"].as_str().unwrap().to_owned()).collect()
    }

    async fn stored_files(&self) -> (u64, u64) {
        let db = self.app.state().db.reader();
        let files = statement_file::Entity::find().count(db).await.unwrap();
        (files, statement_file_chunk::Entity::find().count(db).await.unwrap())
    }
}

/// created, updated, unchanged, discarded, hidden, failed; their sum must be what was read.
fn counts(run: &Value) -> [i64; 6] {
    let counts = &run["items"][0]["counts"];
    let names = ["created", "updated", "unchanged", "discarded", "hidden", "failed"];
    let found = names.map(|name| counts[name].as_i64().unwrap());
    assert_eq!(counts["read"].as_i64().unwrap(), found.iter().sum::<i64>(), "{run:#}");
    found
}

fn statement(entries: &str) -> Vec<u8> {
    let document = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
    format!(
        "<Document xmlns=\"{document}\"><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id>\
         <Ccy>EUR</Ccy></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
    .into_bytes()
}

fn entry(amount: &str, status: &str, day: &str, purpose: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\
         <BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls><RmtInf><Ustrd>{purpose}</Ustrd></RmtInf></TxDtls>\
         </NtryDtls></Ntry>\n"
    )
}

#[tokio::test]
async fn a_day_of_a_bank_becomes_movements_and_is_booked() {
    let bank = Bank::start().await;
    let run = bank.import(fixture!("day_statement_08.xml")).await;
    assert_eq!((run["status"].as_str(), counts(&run)), (Some("finished"), [12, 0, 0, 0, 0, 0]));
    assert_eq!(run["items"][0]["progress"], json!({"done": 12, "total": 12, "phase": "done"}));
    assert_eq!(
        (&run["items"][0]["file"]["name"], &run["items"][0]["file"]["size_bytes"]),
        (&json!("statement.xml"), &json!(12_220))
    );
    let rows = bank.movements().await;
    let found: Vec<_> = rows.iter().map(|row| (row.amount_minor, row.booking_type.as_str())).collect();
    let expected = [
        (124_900, "incoming"),
        (8_990, "incoming"),
        (11_900, "sepa_direct_debit"),
        (19_950, "sepa_direct_debit"),
        (3_900, "sepa_direct_debit"),
        (-41_236, "outgoing"),
        (-4_999, "sepa_direct_debit"),
        (-13_150, "bank_chargeback"),
        (-990, "fee"),
        (25_000, "bank_chargeback"),
        (5_900, "incoming"),
        (7_500, "incoming"),
    ];
    assert_eq!(found, expected);
    assert_eq!((rows[11].status.as_str(), rows[8].free_minor, rows[5].free_minor), ("in_progress", 0, 41_236));
    assert!(rows.iter().all(|row| !row.returnable && row.import_channel.as_str() == "camt"));
    assert_eq!(bank.entries().await, 11);
}

#[tokio::test]
async fn each_readable_fixture_gives_its_lines() {
    for (bytes, status, expected, logged) in [
        (fixture!("version_02.xml"), "finished", [3, 0, 0, 0, 0, 0], 0),
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

#[tokio::test]
async fn a_file_that_cannot_be_trusted_makes_a_failed_run_with_one_log_row() {
    for (bytes, code) in [
        (fixture!("truncated.xml"), "truncated"),
        (fixture!("external_entity.xml"), "xml_dtd_refused"),
        (fixture!("no_entries.xml"), "no_entry"),
    ] {
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
    assert_eq!((bank.movements().await.len(), bank.stored_files().await), (12, (1, 1)));
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
    assert_eq!((bank.movements().await.len(), bank.stored_files().await), (12, (1, 1)));
}

#[tokio::test]
async fn what_failed_can_be_sent_again_after_the_account_was_corrected() {
    let bank = Bank::of(TestApp::start().await, json!({"iban": "AT611904300234573201"})).await;
    assert_eq!(bank.import(fixture!("day_statement_08.xml")).await["status"], "failed");
    let path = format!("/v1/payment-accounts/{}", bank.account);
    bank.admin.patch(path, json!({"iban": IBAN})).if_match(1).await.expect(200);
    assert_eq!(counts(&bank.import(fixture!("day_statement_08.xml")).await)[0], 12);
    assert_eq!(bank.stored_files().await, (1, 1));
}

#[tokio::test]
async fn a_rehearsal_counts_and_stores_nothing() {
    let bank = Bank::start().await;
    let rehearsal = bank.finished(bank.upload(fixture!("day_statement_08.xml"), &[("dry_run", "true")]).await).await;
    assert_eq!((counts(&rehearsal), &rehearsal["items"][0]["dry_run"]), ([12, 0, 0, 0, 0, 0], &json!(true)));
    assert_eq!((bank.movements().await.len(), bank.entries().await), (0, 0));
    let again = bank.raw(fixture!("day_statement_08.xml"), "&dry_run=true").await.expect(200);
    assert_eq!(again.id(), rehearsal["id"].as_str().unwrap());
    assert_eq!(counts(&bank.import(fixture!("day_statement_08.xml")).await)[0], 12);
    assert_eq!(bank.movements().await.len(), 12);
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
    let lines: String = (0..1_300).map(|number| entry("1.00", "BOOK", "2026-11-20", &format!("AU-{number}"))).collect();
    let begun = bank.raw(&statement(&lines), "").await.expect(202);
    // The worker dies after some batches: its job is claimed again when the lease has run out.
    let state = bank.app.state().clone();
    let work = async {
        loop {
            let done: Vec<_> =
                heller::entities::reconciliation_item::Entity::find().all(state.db.reader()).await.unwrap();
            if done[0].progress_done >= 500 && done[0].phase.as_str() == "importing" {
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
    assert!((500..1_300).contains(&stored), "{stored}");
    bank.app.later(Duration::hours(1));
    bank.app.run_pending().await;
    let clerk = bank.app.again(&bank.clerk).await;
    let run = clerk.get(begun.header("Location").unwrap()).await.expect(200);
    assert_eq!((run.text("/status"), counts(&run.json)), ("finished", [1_300, 0, 0, 0, 0, 0]));
    assert_eq!((bank.movements().await.len(), bank.entries().await), (1_300, 1_300));
}

#[tokio::test]
async fn what_is_no_statement_is_refused_at_once_and_leaves_nothing() {
    let bank = Bank::start().await;
    for bytes in [b"".as_slice(), b"Buchungstag;Betrag\n", b"<Document><BkToCstmrAcctRpt/></Document>"] {
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
