//! The books over HTTP: accounts, journal, trial balance and the proof, after a day of everything.

use heller::access::role::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::verify::tell;

fn minor(amount: &Value) -> i64 {
    amount["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

#[tokio::test]
async fn accounts_have_names_in_the_language_of_the_request() {
    let app = TestApp::start().await;
    let auditor = app.user(Role::Auditor).await;
    let german = auditor.get("/v1/ledger/accounts").lang("de").await.expect(200);
    let english = auditor.get("/v1/ledger/accounts").lang("en").await.expect(200);
    let cash = |name: &str| json!({"code": "1000", "name": name, "role": "cash", "type": "asset"});
    assert_eq!((german.at("/items/0"), english.at("/items/0")), (&cash("Kasse"), &cash("Cash")));
}

#[tokio::test]
async fn every_entry_balances_and_so_do_the_books() {
    let app = TestApp::start().await;
    tell(&app).await;
    let auditor = app.user(Role::Auditor).await;
    let entries = auditor.get("/v1/journal-entries?limit=200").await.expect(200);
    for entry in entries.at("/items").as_array().unwrap() {
        let sum = |side: &str| -> i64 {
            let lines = entry["lines"].as_array().unwrap().iter();
            lines.filter(|line| !line[side].is_null()).map(|line| minor(&line[side])).sum()
        };
        assert!(sum("debit") > 0 && sum("debit") == sum("credit"), "{entry}");
    }
    let balance = auditor.get("/v1/ledger/trial-balance").await.expect(200);
    let rows = balance.at("/items").as_array().unwrap();
    let sum = |side: &str| -> i64 { rows.iter().map(|row| minor(&row[side])).sum() };
    assert!(sum("debit") == sum("credit") && sum("balance") == 0 && !rows.is_empty(), "{balance:?}");
    let before = auditor.get("/v1/ledger/trial-balance?date_to=2026-11-21").await.expect(200);
    assert_eq!(before.json, json!({"date_to": "2026-11-21", "items": []}));
}

#[tokio::test]
async fn the_journal_is_found_by_what_it_was_posted_for() {
    let app = TestApp::start().await;
    let story = tell(&app).await;
    let auditor = app.user(Role::Auditor).await;
    let of = async |query: &str| auditor.get(format!("/v1/journal-entries?{query}")).await.expect(200);
    let entries = of(&format!("subject_id={}", story["sent"])).await;
    let kinds: Vec<&str> =
        entries.at("/items").as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"refund_generated") && kinds.contains(&"refund_sent"), "{kinds:?}");
    assert_eq!(entries.at("/items/0/subject"), &json!({"type": "refund", "id": story["sent"]}));
    assert!(entries.text("/items/0/customer/number").starts_with("KD-"));
    let one = auditor.get(format!("/v1/journal-entries/{}", entries.text("/items/0/id"))).await.expect(200);
    assert_eq!(&one.json, entries.at("/items/0"));
    let issued = of("kind=invoice_issued&date_from=2026-11-22&date_to=2026-11-22").await;
    assert_eq!(issued.at("/items").as_array().unwrap().len(), 1);
    // One line per account and side: the customer once, revenue and tax.
    assert_eq!(issued.at("/items/0/lines").as_array().unwrap().len(), 3);
    assert_eq!(of("date_from=2026-11-23").await.at("/items"), &json!([]));
    let wrong = auditor.get("/v1/journal-entries?subject_id=usr_01kapd3hzcf3sbvpdj0k4v8m2e").await;
    wrong.problem(422, "invalid_value").field("subject_id", "invalid_value");
    auditor.get("/v1/journal-entries/jou_01kapd3hzcf3sbvpdj0k4v8m2e").await.problem(404, "not_found");
}

#[tokio::test]
async fn the_journal_comes_in_pages() {
    let app = TestApp::start().await;
    tell(&app).await;
    let auditor = app.user(Role::Auditor).await;
    let all = auditor.get("/v1/journal-entries?limit=200").await.expect(200);
    let (mut seen, mut next) = (Vec::new(), Some("/v1/journal-entries?limit=4".to_owned()));
    while let Some(path) = next {
        let page = auditor.get(path).await.expect(200);
        seen.extend(page.at("/items").as_array().unwrap().clone());
        next = page.at("/next_cursor").as_str().map(|cursor| format!("/v1/journal-entries?limit=4&cursor={cursor}"));
    }
    assert_eq!(&Value::from(seen), all.at("/items"));
}

#[tokio::test]
async fn the_proof_is_answered_whatever_it_says() {
    let app = TestApp::start().await;
    let story = tell(&app).await;
    let auditor = app.user(Role::Auditor).await;
    let proof = auditor.get("/v1/ledger/proof").await.expect(200);
    assert_eq!(proof.at("/ok"), true);
    let sql = "UPDATE invoice SET paid_minor = paid_minor + 1";
    let set = async |sql: &str| {
        use sea_orm::ConnectionTrait;
        app.state().db.reader().execute_unprepared(sql).await.unwrap();
    };
    set(sql).await;
    let proof = auditor.get("/v1/ledger/proof").await.expect(200);
    assert_eq!(proof.at("/ok"), false);
    let wrong: Vec<&Value> =
        proof.at("/checks").as_array().unwrap().iter().filter(|check| check["ok"] == false).collect();
    let expected = json!({"name": "invoice_paid_as_its_order", "rule": "I11", "ok": false, "checked": 1,
        "offenders": [story["invoice"]]});
    assert_eq!(wrong, [&expected]);
    set("UPDATE invoice SET paid_minor = paid_minor - 1").await;
}
