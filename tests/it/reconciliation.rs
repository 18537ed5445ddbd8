//! Payment accounts, runs over the sandbox, the logbook, and steering the sandbox.

use heller::access::role::Role;
use heller::entities::{account_movement, journal_entry, journal_posting};
use heller::error::{Code, Error};
use heller::services::queue::{self, Ended};
use heller::services::reconciliation::{ItemKey, items};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::Client;

pub async fn account(admin: &Client, body: Value) -> String {
    admin.post("/v1/payment-accounts", body).await.expect(201).id()
}

pub async fn sandbox(admin: &Client) -> String {
    account(admin, json!({"name": "Sandbox", "provider": "sandbox", "currency": "EUR"})).await
}

async fn pay(clerk: &Client, account: &str, amount: &str, status: &str) -> String {
    let body = json!({
        "amount": {"amount": amount, "currency": "EUR"},
        "counterparty": {"name": "Erika Muster"},
        "purpose": "AU-2026-00001",
        "status": status,
    });
    clerk.post(format!("/v1/sandbox/{account}/payments"), body).await.expect(201).id()
}

/// Runs over all accounts and answers the finished run.
async fn reconcile(app: &TestApp, clerk: &Client) -> Value {
    let run = clerk.post("/v1/reconciliation-runs", json!({})).await.expect(202);
    app.run_pending().await;
    clerk.get(run.header("Location").unwrap()).await.expect(200).json.clone()
}

async fn movements(app: &TestApp) -> Vec<account_movement::Model> {
    let query = account_movement::Entity::find().order_by_asc(account_movement::Column::TransactionId);
    query.all(app.state().db.reader()).await.unwrap()
}

pub async fn start() -> (TestApp, Client, Client) {
    let app = TestApp::start().await;
    let (admin, clerk) = (app.user(Role::Admin).await, app.user(Role::Accountant).await);
    (app, admin, clerk)
}

/// [12]
#[tokio::test]
async fn an_account_gets_what_its_provider_can_do() {
    let (_app, admin, clerk) = start().await;
    let body = json!({"name": " Sandbox ", "provider": "sandbox", "currency": "EUR"});
    let made = admin.post("/v1/payment-accounts", body).await.expect(201);
    assert_eq!(made.header("Location"), Some(format!("/v1/payment-accounts/{}", made.id()).as_str()));
    assert_eq!(
        (made.text("/name"), made.at("/can_send"), made.at("/can_receive")),
        ("Sandbox", &json!(true), &json!(true))
    );
    let bank =
        json!({"name": "Bank", "provider": "bank_file", "currency": "EUR", "iban": "DE89 3704 0044 0532 0130 00"});
    let bank = admin.post("/v1/payment-accounts", bank).await.expect(201);
    assert_eq!((bank.at("/can_send"), bank.text("/iban")), (&json!(false), "DE89370400440532013000"));
    let shown = clerk.get(format!("/v1/payment-accounts/{}", bank.id())).await.expect(200);
    assert_eq!(shown.version(), 1);
    let list = clerk.get("/v1/payment-accounts?provider=bank_file").await.expect(200);
    assert_eq!(list.at("/items").as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_with_wrong_values_is_refused_with_all_of_them() {
    let (_app, admin, _) = start().await;
    let body = json!({"name": "", "provider": "bank_file", "currency": "EURO", "iban": "DE1", "can_send": true});
    let refused = admin.post("/v1/payment-accounts", body).await.expect(422);
    refused.field("/name", "invalid_value").field("/currency", "unknown_currency").field("/iban", "iban_invalid");
    refused.field("/can_send", "invalid_value");
}

#[tokio::test]
async fn a_patch_keeps_what_is_absent_and_clears_what_is_null() {
    let (_app, admin, _) = start().await;
    let body = json!({"name": "Bank", "provider": "bank_file", "currency": "EUR", "iban": "DE89370400440532013000",
        "cutoff_date": "2025-12-31"});
    let made = admin.post("/v1/payment-accounts", body).await.expect(201);
    let path = format!("/v1/payment-accounts/{}", made.id());
    admin.patch(&path, json!({"iban": null})).await.problem(428, "precondition_required");
    let changed = admin.patch(&path, json!({"iban": null})).if_match(1).await.expect(200);
    assert_eq!((changed.at("/iban"), changed.text("/cutoff_date"), changed.version()), (&Value::Null, "2025-12-31", 2));
    admin.patch(&path, json!({"name": "Other"})).if_match(1).await.problem(412, "version_mismatch");
    admin.patch(&path, json!({"name": null})).if_match(2).await.expect(422).field("/name", "invalid_value");
    admin.patch(&path, json!({"currency": "USD"})).if_match(2).await.problem(422, "unknown_field");
    let same = admin.patch(&path, json!({"name": "Bank"})).if_match(2).await.expect(200);
    assert_eq!(same.version(), 2);
}

/// [14]
#[tokio::test]
async fn a_hidden_account_is_left_out_of_runs_until_it_is_shown() {
    let (app, admin, clerk) = start().await;
    let id = sandbox(&admin).await;
    let hidden = admin.act(format!("/v1/payment-accounts/{id}/hide")).await.expect(200);
    assert_eq!((hidden.at("/hidden"), hidden.version()), (&json!(true), 2));
    assert_eq!(admin.act(format!("/v1/payment-accounts/{id}/hide")).await.expect(200).version(), 2);
    let run = clerk.post("/v1/reconciliation-runs", json!({"account_ids": [id]})).await;
    run.problem(409, "account_hidden");
    let run = reconcile(&app, &clerk).await;
    assert_eq!((run["status"].as_str(), &run["items"]), (Some("finished"), &json!([])));
    admin.act(format!("/v1/payment-accounts/{id}/show")).if_match(2).await.expect(200);
    assert_eq!(reconcile(&app, &clerk).await["items"].as_array().unwrap().len(), 1);
}

/// [23, 24]
#[tokio::test]
async fn a_run_fetches_what_is_new_and_books_it_once() {
    let (app, admin, clerk) = start().await;
    let id = sandbox(&admin).await;
    pay(&clerk, &id, "150.00", "paid").await;
    let run = reconcile(&app, &clerk).await;
    assert_eq!((run["status"].as_str(), run["items"][0]["counts"]["created"].as_i64()), (Some("finished"), Some(1)));
    let again = reconcile(&app, &clerk).await;
    assert_eq!(again["items"][0]["counts"]["read"], 0);
    let rows = movements(&app).await;
    assert_eq!((rows.len(), rows[0].amount_minor, rows[0].free_minor), (1, 15_000, 15_000));
    assert!(rows[0].returnable && rows[0].counterparty_fold == "erika muster");
    let db = app.state().db.reader();
    assert_eq!(journal_entry::Entity::find().count(db).await.unwrap(), 1);
    assert_eq!(journal_posting::Entity::find().one(db).await.unwrap().unwrap().amount_minor, 15_000);
    let list = clerk.get("/v1/reconciliation-runs?limit=1").await.expect(200);
    assert_eq!((list.text("/items/0/id"), list.at("/has_more")), (again["id"].as_str().unwrap(), &json!(true)));
}

#[tokio::test]
async fn ac_31_an_expired_payment_is_failed_when_it_was_announced_and_aborted_when_not() {
    let (app, admin, clerk) = start().await;
    let id = sandbox(&admin).await;
    let announced = pay(&clerk, &id, "10.00", "pending").await;
    reconcile(&app, &clerk).await;
    assert_eq!(movements(&app).await[0].status.as_str(), "in_progress");
    let first_id = movements(&app).await[0].id;
    let path = format!("/v1/sandbox/{id}/payments/{announced}");
    clerk.patch(path, json!({"status": "expired"})).await.expect(200);
    pay(&clerk, &id, "20.00", "expired").await;
    let run = reconcile(&app, &clerk).await;
    assert_eq!((&run["items"][0]["counts"]["created"], &run["items"][0]["counts"]["updated"]), (&json!(1), &json!(1)));
    let rows = movements(&app).await;
    let statuses: Vec<&str> = rows.iter().map(|row| row.status.as_str()).collect();
    assert_eq!((statuses, rows[0].id), (vec!["failed", "aborted"], first_id));
    assert_eq!(journal_entry::Entity::find().count(app.state().db.reader()).await.unwrap(), 0);
}

#[tokio::test]
async fn an_announced_payment_that_is_paid_keeps_its_row_and_is_booked_then() {
    let (app, admin, clerk) = start().await;
    let id = sandbox(&admin).await;
    let payment = pay(&clerk, &id, "10.00", "pending").await;
    reconcile(&app, &clerk).await;
    let before = movements(&app).await.remove(0);
    clerk.patch(format!("/v1/sandbox/{id}/payments/{payment}"), json!({"status": "paid"})).await.expect(200);
    reconcile(&app, &clerk).await;
    let after = movements(&app).await.remove(0);
    assert_eq!((after.id, after.status.as_str(), after.version), (before.id, "completed", before.version + 1));
    assert_eq!(journal_entry::Entity::find().count(app.state().db.reader()).await.unwrap(), 1);
    clerk.patch(format!("/v1/sandbox/{id}/payments/{payment}"), json!({"status": "expired"})).await.expect(200);
    let run = reconcile(&app, &clerk).await;
    assert_eq!(run["items"][0]["counts"]["unchanged"], 1);
    assert_eq!(movements(&app).await.remove(0).status.as_str(), "completed");
}

/// [25]
#[tokio::test]
async fn what_was_booked_before_the_cutoff_date_is_discarded() {
    let (app, admin, clerk) = start().await;
    let body = json!({"name": "S", "provider": "sandbox", "currency": "EUR", "cutoff_date": "2026-11-22"});
    let id = account(&admin, body).await;
    pay(&clerk, &id, "10.00", "paid").await;
    let run = reconcile(&app, &clerk).await;
    assert_eq!((&run["items"][0]["counts"]["discarded"], run["status"].as_str()), (&json!(1), Some("finished")));
    assert!(movements(&app).await.is_empty());
}

/// [29]
#[tokio::test]
async fn a_second_run_over_an_account_is_refused_while_the_first_one_runs() {
    let (app, admin, clerk) = start().await;
    let id = sandbox(&admin).await;
    clerk.post("/v1/reconciliation-runs", json!({"account_ids": [id]})).await.expect(202);
    let second = clerk.post("/v1/reconciliation-runs", json!({"account_ids": [id]})).await;
    second.problem(409, "reconciliation_in_progress");
    app.run_pending().await;
    clerk.post("/v1/reconciliation-runs", json!({"account_ids": [id, id]})).await.expect(202);
    app.run_pending().await;
}

/// [20]
#[tokio::test]
async fn a_run_names_accounts_that_do_not_exist_or_cannot_be_fetched() {
    let (_app, admin, clerk) = start().await;
    let cash = account(&admin, json!({"name": "Kasse", "provider": "cash", "currency": "EUR"})).await;
    let known = sandbox(&admin).await;
    let unknown = "acc_01kapd3hzcf3sbvpdj0k4v8m2e";
    let body = json!({"account_ids": [known, unknown, "nonsense"]});
    let refused = clerk.post("/v1/reconciliation-runs", body).await.expect(422);
    refused.field("/account_ids/1", "reference_not_found").field("/account_ids/2", "reference_not_found");
    let refused = clerk.post("/v1/reconciliation-runs", json!({"account_ids": [cash]})).await;
    refused.problem(409, "account_not_connected");
}

/// [21]
#[tokio::test]
async fn an_account_with_files_waits_for_its_file() {
    let (_app, admin, clerk) = start().await;
    account(&admin, json!({"name": "Bank", "provider": "bank_file", "currency": "EUR"})).await;
    let run = clerk.post("/v1/reconciliation-runs", json!({})).prefer_wait(5).await.expect(200);
    assert_eq!((run.text("/status"), run.text("/items/0/status")), ("waiting", "needs_file"));
}

#[tokio::test]
async fn a_waiting_caller_gets_the_settled_run_and_its_key_replays_it() {
    let (app, admin, clerk) = start().await;
    let id = sandbox(&admin).await;
    pay(&clerk, &id, "10.00", "paid").await;
    let call = clerk.post("/v1/reconciliation-runs", json!({})).key("once").prefer_wait(20);
    let work = async {
        while app.run_pending().await == 0 {
            tokio::task::yield_now().await;
        }
    };
    let (run, ()) = tokio::join!(call.send(), work);
    let run = run.expect(200);
    assert_eq!(run.text("/status"), "finished");
    let replayed = clerk.post("/v1/reconciliation-runs", json!({})).key("once").await.expect(200);
    assert_eq!((replayed.header("Idempotency-Replayed"), &replayed.json), (Some("true"), &run.json));
}

#[tokio::test]
async fn only_sandbox_accounts_are_steered_and_only_with_good_values() {
    let (_app, admin, clerk) = start().await;
    let bank = account(&admin, json!({"name": "Bank", "provider": "bank_file", "currency": "EUR"})).await;
    let id = sandbox(&admin).await;
    clerk.get(format!("/v1/sandbox/{bank}/payouts")).await.problem(409, "account_not_sandbox");
    let body = json!({"amount": {"amount": "-1.00", "currency": "USD"}, "counterparty": {"name": ""}, "purpose": "x"});
    let refused = admin.post(format!("/v1/sandbox/{id}/payments"), body).await.expect(422);
    refused.field("/amount/amount", "amount_not_positive").field("/amount/currency", "currency_mismatch");
    refused.field("/counterparty/name", "invalid_value");
    let body = json!({"mode": "delay", "delay_ms": 60_001, "times": 0});
    let refused = clerk.put(format!("/v1/sandbox/{id}/behaviour"), body).await.expect(422);
    refused.field("/delay_ms", "invalid_value").field("/times", "invalid_value");
    let told =
        clerk.put(format!("/v1/sandbox/{id}/behaviour"), json!({"mode": "refuse", "times": 1})).await.expect(200);
    assert_eq!((told.text("/mode"), told.at("/code")), ("refuse", &Value::Null));
    let path = format!("/v1/sandbox/{id}/payments/spm_01kapd3hzcf3sbvpdj0k4v8m2e");
    clerk.patch(path, json!({"status": "paid"})).await.problem(404, "not_found");
    assert_eq!(clerk.get(format!("/v1/sandbox/{id}/payouts")).await.expect(200).at("/items"), &json!([]));
}

#[tokio::test]
async fn a_repeated_sandbox_payment_with_its_key_is_one_payment() {
    let (app, admin, clerk) = start().await;
    let id = sandbox(&admin).await;
    let body = json!({"amount": {"amount": "1.00", "currency": "EUR"}, "counterparty": {"name": "E"}, "purpose": "x"});
    let first = clerk.post(format!("/v1/sandbox/{id}/payments"), body.clone()).key("k").await.expect(201);
    let second = clerk.post(format!("/v1/sandbox/{id}/payments"), body).key("k").await.expect(201);
    assert_eq!(first.json, second.json);
    assert_eq!(reconcile(&app, &clerk).await["items"][0]["counts"]["created"], 1);
}

#[tokio::test]
async fn of_many_starts_at_once_exactly_one_begins() {
    let (app, admin, clerk) = start().await;
    let id = sandbox(&admin).await;
    let calls = (0..16).map(|_| clerk.post("/v1/reconciliation-runs", json!({"account_ids": [id]})).send());
    let answers = futures_util::future::join_all(calls).await;
    let (begun, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 202);
    assert_eq!((begun.len(), refused.len()), (1, 15));
    for answer in refused {
        answer.problem(409, "reconciliation_in_progress");
    }
    app.run_pending().await;
}

#[tokio::test]
async fn a_provider_that_stays_away_fails_the_item_and_frees_the_account() {
    let (app, admin, clerk) = start().await;
    sandbox(&admin).await;
    let run = clerk.post("/v1/reconciliation-runs", json!({})).await.expect(202);
    let (state, ctx) = (app.state(), app.state().system_ctx("test"));
    let mut job = queue::unfinished(state.db.reader()).await.unwrap().remove(0);
    let key: ItemKey = serde_json::from_str(&job.payload).unwrap();
    let away = || Err(Error::new(Code::Unavailable));
    job.attempts = 1;
    assert!(matches!(items::ended(&state.db, &ctx, (key, &job), away()).await, Ended::Retry(_)));
    job.attempts = job.attempts_max;
    assert!(matches!(items::ended(&state.db, &ctx, (key, &job), away()).await, Ended::Fail(_)));
    let failed = clerk.get(run.header("Location").unwrap()).await.expect(200);
    assert_eq!((failed.text("/status"), failed.text("/items/0/status")), ("failed", "failed"));
    let log = clerk.get("/v1/logbook").lang("de").await.expect(200);
    assert_eq!((log.text("/items/0/code"), log.text("/items/1/code")), ("unavailable", "provider_unavailable"));
    assert_eq!(log.header("Content-Language"), Some("de"));
    // The job that is still queued finds nothing to do, and the account is free.
    app.run_pending().await;
    assert_eq!(reconcile(&app, &clerk).await["status"], "finished");
}

#[tokio::test]
async fn a_finished_run_starts_the_automatic_assignment_when_the_setting_says_so() {
    let (app, admin, clerk) = start().await;
    let id = sandbox(&admin).await;
    let settings = json!({"four_eyes": "off", "auto_assign_after_run": true, "auto_assign_max_age_days": 90,
        "allow_return_of_unassigned": false});
    admin.put("/v1/settings", settings).if_match(1).await.expect(200);
    pay(&clerk, &id, "10.00", "paid").await;
    reconcile(&app, &clerk).await;
    let runs = clerk.get("/v1/assignment-runs").await.expect(200);
    assert_eq!((runs.at("/items").as_array().unwrap().len(), runs.text("/items/0/status")), (1, "finished"));
}

#[tokio::test]
async fn a_wrong_filter_of_the_logbook_is_named() {
    let (_app, _, clerk) = start().await;
    clerk.get("/v1/logbook?account_id=run_1").await.expect(422).field("account_id", "reference_not_found");
    clerk.get("/v1/logbook?levl=error").await.problem(400, "unknown_parameter");
    clerk.get("/v1/logbook?level=loud").await.expect(422).field("level", "invalid_value");
}
