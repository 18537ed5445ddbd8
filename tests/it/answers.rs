//! What answers carry: headers of the contract, shapes that front ends count on, and the truth about what is committed.

use actix_web::FromRequest;
use actix_web::test::TestRequest;
use heller::access::role::Role;
use heller::domain::money::{Currency, Money};
use heller::entities::invoice;
use heller::error::{Code, Error};
use heller::handlers::extract::Call;
use heller::handlers::waiting::{self, Seen};
use heller::services::idempotency::{Answer, Key, Outcome};
use heller::services::invoices;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::builders::assert_shows;
use crate::support::contract::{Contract, Exchange};
use crate::support::document::operations;
use crate::support::shop::Shop;

fn answer(status: u16) -> Answer {
    Answer { status, body: Some("{}".to_owned()), location: Some("/v1/things/1".to_owned()), etag: None }
}

async fn waiting_call() -> Call {
    let request = TestRequest::default().insert_header(("Prefer", "wait=1")).to_http_request();
    Call::extract(&request).await.unwrap()
}

#[tokio::test]
async fn a_failure_after_the_commit_answers_what_has_begun() {
    let app = TestApp::start().await;
    let (state, call) = (app.state(), waiting_call().await);
    let key = Key { scope: "s".to_owned(), key: "k".to_owned(), request_hash: String::new() };
    let settled = async |_: &str| Ok(Seen::Settled(answer(200)));
    let begun = || Outcome::Fresh(answer(202));

    let fine = waiting::settle(state, (&call, Some(&key)), begun(), settled).await.unwrap();
    assert_eq!(fine.status(), 200);
    let away = async |_: &str| Err(Error::new(Code::Unavailable));
    let unseen = waiting::settle(state, (&call, Some(&key)), begun(), away).await.unwrap();
    assert_eq!(unseen.status(), 202);
    assert_eq!(unseen.headers().get("Location").unwrap(), "/v1/things/1");
    let running = async |_: &str| Ok(Seen::Running(Answer { etag: Some("\"2\"".to_owned()), ..answer(200) }));
    let seen = waiting::settle(state, (&call, None), begun(), running).await.unwrap();
    assert_eq!(
        (seen.status().as_u16(), seen.headers().get("ETag").unwrap().to_str().unwrap()),
        (202, "\"2\""),
        "as it is by then"
    );

    app.db().connect().await.execute_unprepared("ALTER TABLE idempotency_key RENAME TO elsewhere").await.unwrap();
    let unkept = waiting::settle(state, (&call, Some(&key)), begun(), settled).await.unwrap();
    assert_eq!(unkept.status(), 202, "what a replay would answer");
}

#[tokio::test]
async fn another_currency_is_told_from_the_side_of_what_is_there() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    let target = json!({ "type": "order", "id": shop.order("100.00").await });
    let dollar = json!({ "amount": "1.00", "currency": "USD" });
    let wrong = json!({ "movement_id": movement, "target": target, "amount": dollar });
    let assigned = shop.accountant.post("/v1/assignments", wrong).idempotent().await;
    shop.assign(&movement, target["id"].as_str().unwrap(), None).await;
    let refund = shop.refund_remaining(&movement).await;
    let edited = shop.edit_call(&refund, json!({ "amount": dollar })).await.await;
    for refused in [assigned, edited] {
        refused.problem(422, "currency_mismatch").field("/amount/currency", "currency_mismatch");
        assert_eq!((refused.text("/expected"), refused.text("/given")), ("EUR", "USD"));
    }
    let cleared = shop.edit_call(&refund, json!({ "amount": null })).await.await;
    cleared.problem(422, "invalid_value").field("/amount", "invalid_value");
    shop.app.finish().await;
}

#[tokio::test]
async fn settings_can_be_sent_back_as_they_were_read() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let read = admin.get("/v1/settings").await.expect(200);
    admin.put("/v1/settings", read.json.clone()).if_match(read.version()).await.expect(200);
}

#[tokio::test]
async fn only_an_unknown_account_is_an_unknown_reference() {
    let shop = Shop::open().await;
    let path = |account: &str| format!("/v1/statement-imports/raw?account_id={account}");
    let import = |account: &str| shop.accountant.post_raw(path(account), "application/xml", "<x/>");
    let unknown = import("acc_01kapd3hzcf3sbvpdj0k4v8m2e").await;
    unknown.problem(422, "reference_not_found").field("account_id", "reference_not_found");
    import("ord_01kapd3hzcf3sbvpdj0k4v8m2e").await.problem(422, "reference_not_found");
    let db = shop.app.db().connect().await;
    db.execute_unprepared("ALTER TABLE payment_account RENAME TO elsewhere").await.unwrap();
    import(&shop.account).await.problem(500, "internal");
    db.execute_unprepared("ALTER TABLE elsewhere RENAME TO payment_account").await.unwrap();
    import(&shop.account).await.problem(409, "account_takes_no_files");
}

#[tokio::test]
async fn more_than_is_left_to_correct_names_what_is_left() {
    let shop = Shop::open().await;
    let order = shop.order("119.00").await;
    let id = shop.invoice(&order).await;
    let state = shop.app.state();
    let row = invoice::Entity::find_by_id(id.parse::<heller::domain::id::InvoiceId>().unwrap());
    let row = row.one(state.db.reader()).await.unwrap().unwrap();
    let correct = async |minor| {
        let amount = Money::new(minor, Currency::EUR);
        let tried = state.db.write(async |txn| {
            invoices::add_corrected(txn, &row, amount).await?;
            Err::<(), Error>(Error::new(Code::NothingToCorrect))
        });
        tried.await.unwrap_err()
    };
    assert_eq!(correct(11_900).await.code(), Code::NothingToCorrect, "taken, and given back");
    let refused = correct(11_901).await;
    assert_eq!(refused.code(), Code::AmountExceedsRemaining);
    assert_eq!(refused.params(), &[("remaining", "119.00".to_owned())]);
}

#[test]
fn headers_and_304_are_documented_where_they_come() {
    let document = heller::openapi::document();
    let mut conditional = Vec::new();
    for operation in operations(&document) {
        let responses = &operation.definition["responses"];
        let named = |name: &str| {
            let parameters = operation.definition["parameters"].as_array().into_iter().flatten();
            parameters.into_iter().any(|parameter| parameter["name"] == name)
        };
        for status in ["201", "202"] {
            let response = &responses[status];
            assert!(response.is_null() || response["headers"]["Location"]["required"] == true, "{}", operation.name);
        }
        assert_eq!(responses["304"].is_null(), !named("If-None-Match"), "{}", operation.name);
        if named("If-None-Match") {
            assert_eq!(responses["200"]["headers"]["ETag"]["required"], true, "{}", operation.name);
            conditional.push(operation.id);
        }
        if named("Idempotency-Key") {
            let success = ["200", "201", "202"].map(|status| &responses[status]);
            let replays = success.iter().filter(|one| one.is_object());
            let silent = replays.filter(|one| one["headers"]["Idempotency-Replayed"].is_null());
            assert_eq!(silent.count(), 0, "{}", operation.name);
        }
        if operation.id.ends_with("_list") && responses["200"]["content"].to_string().contains("List_") {
            assert!(responses["200"]["headers"]["Link"].is_object(), "{}", operation.name);
        }
    }
    for resource in
        "account account_movement assignment assignment_run cancellation customer invoice invoice_correction \
        journal_entry order payment reconciliation_run refund settings"
            .split_whitespace()
    {
        let shown = format!("{resource}_show");
        assert!(conditional.contains(&shown.as_str()), "{shown} is not among {conditional:?}");
    }
}

#[tokio::test]
async fn a_header_that_is_not_documented_or_does_not_come_is_noticed() {
    let app = TestApp::start().await;
    let settings = app.user(Role::Admin).await.get("/v1/settings").await.expect(200);
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut document = heller::openapi::document();
        change(&mut document["paths"]["/v1/settings"]["get"]["responses"]["200"]["headers"]);
        let exchange = Exchange { method: "GET", target: "/v1/settings", sent: None, answer: &settings };
        Contract::of(document).violations(&exchange).len()
    };
    assert_eq!(wrong(&|_| ()), 0);
    assert_eq!(wrong(&|headers| drop(headers.as_object_mut().unwrap().remove("ETag"))), 1);
    assert_eq!(wrong(&|headers| headers["Location"] = json!({ "required": true })), 1);
    assert_eq!(wrong(&|headers| headers["Link"] = json!({ "required": false })), 0);
}

#[tokio::test]
async fn shapes_are_as_the_contract_lists_them() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    shop.assign(&movement, &shop.order("100.00").await, None).await;
    let refund = shop.refund_remaining(&movement).await;
    assert_eq!(shop.see(&refund).await.at("/voucher"), &Value::Null);
    let send = |body| shop.accountant.post(format!("/v1/refunds/{refund}/send"), body).idempotent();
    send(json!({ "use_credentials": true })).await.problem(422, "unknown_field");
    let body = json!({ "use_stored_credentials": true, "credentials": { "pin": "1234" } });
    send(body).await.expect(202);
    shop.app.run_pending().await;
    shop.shows(&refund, &[("status", "sent")]).await;

    let run = shop.fetch().await;
    assert_shows(&run, &[("progress/phase", "done")]);
    assert_eq!(run.at("/progress"), run.at("/items/0/progress"));
    let begun = shop.accountant.post("/v1/reconciliation-runs", json!({})).await.expect(202);
    assert_shows(&begun, &[("progress/phase", "queued"), ("progress/done", "0"), ("progress/total", "null")]);
    shop.app.run_pending().await;

    for list in ["/v1/ledger/accounts", "/v1/cancellation-reasons"] {
        let whole = shop.accountant.get(list).await.expect(200);
        assert!(!whole.at("/items").as_array().unwrap().is_empty());
        assert_shows(&whole, &[("next_cursor", "null"), ("has_more", "false")]);
    }
    let entries = shop.accountant.get("/v1/journal-entries?limit=1").await.expect(200);
    let entry = format!("/v1/journal-entries/{}", entries.text("/items/0/id"));
    assert_eq!(shop.accountant.get(entry.clone()).await.expect(200).version(), 1);
    shop.accountant.get(entry).if_none_match("\"1\"").await.expect(304);
}

#[tokio::test]
async fn a_sandbox_payment_has_an_address_that_changes_it() {
    let shop = Shop::open().await;
    let payment = json!({ "amount": { "amount": "1.00", "currency": "EUR" }, "counterparty": { "name": "E" },
        "purpose": "x", "status": "pending" });
    let made = shop.accountant.post(format!("/v1/sandbox/{}/payments", shop.account), payment).await.expect(201);
    let location = made.header("Location").unwrap().to_owned();
    assert!(location.ends_with(&made.id()), "{location}");
    shop.accountant.patch(location, json!({ "status": "paid" })).await.expect(200);
}

#[tokio::test]
async fn a_trial_is_started_once_per_key() {
    let app = TestApp::builder().licence(crate::support::licence::Licence::None).start().await;
    let admin = app.user(Role::Admin).await;
    let start = || admin.act("/v1/licence/trial").key("once");
    let first = start().await.expect(200);
    let again = start().await.expect(200);
    assert_eq!((again.header("Idempotency-Replayed"), &again.json), (Some("true"), &first.json));
    admin.act("/v1/licence/trial").key("twice").await.problem(409, "trial_already_used");
}

#[tokio::test]
async fn an_etag_that_was_never_ours_is_answered_with_the_current_version() {
    let shop = Shop::open().await;
    let path = format!("/v1/payment-accounts/{}", shop.account);
    let change = |tag: &str| shop.admin.patch(path.clone(), json!({ "name": "Kasse" })).header("If-Match", tag);
    for foreign in ["\"abc\"", "W/\"1\"", "\"0\""] {
        assert_eq!(change(foreign).await.problem(412, "version_mismatch").at("/current_version"), 1);
    }
    change("\"1\"").await.expect(200);
}

#[tokio::test]
async fn json_has_line_breaks_for_who_asks_for_them_and_says_the_same() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let compact = admin.get("/v1/settings").await.expect(200);
    let pretty = admin.get("/v1/settings").header("Accept", "application/json; indent=2").await.expect(200);
    assert_eq!((&pretty.json, pretty.header("ETag")), (&compact.json, compact.header("ETag")));
    let text = String::from_utf8(pretty.bytes.clone()).unwrap();
    assert!(text.starts_with("{\n  \"") && text.ends_with("\n}\n"), "{text}");
    assert!(!compact.bytes.contains(&b'\n'));
    let problem = app.anonymous().get("/v1/settings").header("Accept", "application/json; indent=4").await;
    assert!(problem.bytes.starts_with(b"{\n    \"type\""), "{problem:?}");
    problem.problem(401, "unauthenticated");
}
