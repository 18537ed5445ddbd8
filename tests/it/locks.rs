//! Accounts that lock themselves because the provider wants a person, and what a provider never gets to know
//! (features 15 and 18).

use std::fs;

use heller::entities::{audit_event, job};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::shop::{Shop, eur};

/// Tells the sandbox to refuse to be fetched.
async fn refusing(shop: &Shop, code: &str) {
    shop.behave(json!({ "mode": "refuse", "code": code })).await;
}

/// A run over all accounts, as it is when nothing is left to do.
async fn run_over_all(shop: &Shop) -> Answer {
    let run = shop.accountant.post("/v1/reconciliation-runs", json!({})).await.expect(202);
    shop.app.run_pending().await;
    shop.accountant.get(run.header("Location").unwrap()).await.expect(200)
}

async fn account(shop: &Shop) -> Answer {
    shop.admin.get(format!("/v1/payment-accounts/{}", shop.account)).await.expect(200)
}

fn unlock_path(shop: &Shop) -> String {
    format!("/v1/payment-accounts/{}/unlock", shop.account)
}

/// The account after a fetch that was refused.
async fn locked(shop: &Shop, code: &str) -> Answer {
    refusing(shop, code).await;
    run_over_all(shop).await;
    let locked = account(shop).await;
    assert_eq!(lock_of(&locked), (&json!(true), &json!(code)));
    locked
}

fn lock_of(account: &Answer) -> (&Value, &Value) {
    (account.at("/auto_import_locked"), account.at("/auto_import_locked_reason"))
}

/// Code, level and text of the logbook rows of a run.
async fn log_of(shop: &Shop, run: &Answer, lang: &str) -> Vec<(String, String, String)> {
    let path = format!("/v1/logbook?run_id={}&account_id={}", run.text("/id"), shop.account);
    let log = shop.accountant.get(path).lang(lang).await.expect(200);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = log.at("/items").as_array().unwrap().iter();
    rows.map(|row| (text(row, "code"), text(row, "level"), text(row, "message"))).collect()
}

/// What became of the account, in order.
async fn audited(shop: &Shop) -> Vec<String> {
    let events = audit_event::Entity::find().filter(audit_event::Column::Action.starts_with("account.import_"));
    let events = events.order_by_asc(audit_event::Column::Id).all(shop.app.state().db.reader()).await.unwrap();
    events.into_iter().map(|event| format!("{} {}", event.action, event.details)).collect()
}

/// [15]
#[tokio::test]
async fn a_provider_that_wants_a_person_fails_the_item_at_once_and_locks_the_account() {
    let shop = Shop::open().await;
    for (code, en, de) in [
        ("confirmation_required", "confirm there, then unlock it", "bestätigen Sie dort und entsperren Sie es dann"),
        ("credentials_invalid", "renew them, then unlock it", "erneuern Sie sie und entsperren Sie es dann"),
    ] {
        let before = account(&shop).await;
        assert_eq!(lock_of(&before), (&json!(false), &Value::Null));
        refusing(&shop, code).await;
        let run = run_over_all(&shop).await;
        assert_eq!((run.text("/status"), run.text("/items/0/status")), ("failed", "failed"));
        let jobs = job::Entity::find().order_by_desc(job::Column::Id).all(shop.app.state().db.reader()).await.unwrap();
        assert_eq!((jobs[0].state.as_str(), jobs[0].attempts), ("done", 1), "no second try");
        let after = account(&shop).await;
        assert_eq!((lock_of(&after), after.version()), ((&json!(true), &json!(code)), before.version() + 1));
        for (lang, wanted) in [("en", en), ("de", de)] {
            let log = log_of(&shop, &run, lang).await;
            assert_eq!((log.len(), log[0].0.as_str(), log[0].1.as_str()), (1, code, "error"));
            assert!(log[0].2.ends_with(wanted), "{log:?}");
        }
        shop.admin.act(unlock_path(&shop)).await.expect(200);
    }
    shop.app.finish().await;
}

/// [15]
#[tokio::test]
async fn a_locked_account_is_left_out_of_runs_over_all_and_named_and_the_others_are_fetched() {
    let shop = Shop::open().await;
    let other = json!({ "name": "Other", "provider": "sandbox", "currency": "EUR" });
    let other = shop.admin.post("/v1/payment-accounts", other).await.expect(201).id();
    refusing(&shop, "credentials_invalid").await;
    let first = run_over_all(&shop).await;
    assert_eq!((first.text("/status"), first.at("/items").as_array().unwrap().len()), ("finished_with_errors", 2));
    let payment = json!({ "amount": eur("5.00"), "counterparty": { "name": "Erika Muster" }, "purpose": "AU" });
    shop.accountant.post(format!("/v1/sandbox/{other}/payments"), payment).await.expect(201);
    let second = run_over_all(&shop).await;
    assert_eq!((second.text("/status"), second.at("/items").as_array().unwrap().len()), ("finished", 1));
    assert_eq!((second.text("/items/0/account/id"), second.at("/items/0/counts/created")), (other.as_str(), &json!(1)));
    let log = log_of(&shop, &second, "de").await;
    assert_eq!((log.len(), log[0].0.as_str(), log[0].1.as_str()), (1, "account_locked", "warning"));
    assert!(log[0].2.contains("(credentials_invalid); entsperren Sie es"), "{log:?}");
    // A hidden one is left out without a word, locked or not.
    shop.admin.act(format!("/v1/payment-accounts/{}/hide", shop.account)).await.expect(200);
    let third = run_over_all(&shop).await;
    assert_eq!(log_of(&shop, &third, "de").await, Vec::new());
    shop.app.finish().await;
}

/// [15]
#[tokio::test]
async fn a_run_that_names_a_locked_account_is_refused_and_says_why_and_what_helps() {
    let shop = Shop::open().await;
    locked(&shop, "confirmation_required").await;
    let start = || shop.accountant.post("/v1/reconciliation-runs", json!({ "account_ids": [shop.account] }));
    for (lang, wanted) in [("en", "wants a confirmation by a person"), ("de", "die Bestätigung eines Menschen")] {
        let refused = start().lang(lang).await;
        let detail = refused.text("/detail").to_owned();
        assert!(detail.contains(wanted) && detail.contains(&unlock_path(&shop)), "{detail}");
        assert_eq!(refused.text("/auto_import_locked_reason"), "confirmation_required");
        refused.problem(409, "account_locked");
    }
    shop.admin.act(unlock_path(&shop)).await.expect(200);
    // Nobody has confirmed: the next fetch locks it again.
    start().await.expect(202);
    shop.app.run_pending().await;
    start().await.problem(409, "account_locked");
    shop.admin.act(unlock_path(&shop)).await.expect(200);
    shop.behave(json!({ "mode": "accept" })).await;
    shop.paid_in("10.00", "AU").await;
    shop.app.finish().await;
}

/// [15]
#[tokio::test]
async fn unlocking_takes_the_permission_to_hide_knows_versions_and_keys_and_is_written_down() {
    let shop = Shop::open().await;
    let path = unlock_path(&shop);
    assert_eq!(shop.admin.act(&path).await.expect(200).version(), 1);
    let version = locked(&shop, "credentials_invalid").await.version();
    shop.accountant.act(&path).await.problem(403, "missing_permission");
    shop.admin.act(&path).if_match(version - 1).await.problem(412, "version_mismatch");
    let unlocked = shop.admin.act(&path).if_match(version).key("once").await.expect(200);
    assert_eq!((lock_of(&unlocked), unlocked.version()), ((&json!(false), &Value::Null), version + 1));
    let replayed = shop.admin.act(&path).if_match(version).key("once").await.expect(200);
    assert_eq!((replayed.header("Idempotency-Replayed"), &replayed.json), (Some("true"), &unlocked.json));
    assert_eq!(shop.admin.act(&path).await.expect(200).version(), version + 1);
    let nothing = "/v1/payment-accounts/acc_01kapd3hzcf3sbvpdj0k4v8m2e/unlock";
    shop.admin.act(nothing).await.problem(404, "not_found");
    let details = r#"{"reason":"credentials_invalid"}"#;
    let expected = ["account.import_locked", "account.import_unlocked"].map(|action| format!("{action} {details}"));
    assert_eq!(audited(&shop).await, expected);
    shop.app.finish().await;
}

/// [15] Only importing is locked. Told a number of times, the sandbox counts refused fetches too.
#[tokio::test]
async fn a_locked_account_still_sends() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("40.00", "AU").await;
    shop.assign(&movement, &shop.order("10.00").await, None).await;
    let refund = shop.refund_remaining(&movement).await;
    shop.behave(json!({ "mode": "refuse", "code": "confirmation_required", "times": 1 })).await;
    run_over_all(&shop).await;
    assert_eq!(account(&shop).await.at("/auto_import_locked"), true);
    assert_eq!(shop.send(&refund).await.text("/status"), "sent");
    shop.app.finish().await;
}

/// Every byte of the sandbox's own record: the file, and what is not moved into it yet.
fn bytes_of_the_record(shop: &Shop) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(&shop.app.state().config.data_dir).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("sandbox.sqlite") {
            bytes.extend(fs::read(path).unwrap());
        }
    }
    bytes
}

/// [18] The record holds what it was given, so a name that is not in it was never given. There is no description of an
/// account; a request with one is refused.
#[tokio::test]
async fn the_name_of_an_account_never_reaches_its_provider() {
    let shop = Shop::open().await;
    let label = "Zwergenschatzkammer Quastenflosser";
    let path = format!("/v1/payment-accounts/{}", shop.account);
    shop.admin.patch(&path, json!({ "name": label })).if_match(1).await.expect(200);
    shop.admin.patch(&path, json!({ "description": label })).if_match(2).await.problem(422, "unknown_field");
    let movement = shop.paid_in("40.00", "Wiedererkennbar").await;
    shop.assign(&movement, &shop.order("10.00").await, None).await;
    let refund = shop.refund_remaining(&movement).await;
    assert_eq!(shop.send(&refund).await.text("/status"), "sent");
    // One that is refused, too: refusals are kept with a text.
    let other = shop.paid_in("50.00", "Wiedererkennbar").await;
    shop.assign(&other, &shop.order("10.00").await, None).await;
    let refund = shop.refund_remaining(&other).await;
    shop.behave(json!({ "mode": "refuse", "times": 1 })).await;
    assert_eq!(shop.send(&refund).await.text("/status"), "failed");
    shop.fetch().await;
    let payouts = shop.payouts().await;
    assert_eq!(payouts.len(), 1);
    let payouts = serde_json::to_vec(&payouts).unwrap();
    let record = bytes_of_the_record(&shop);
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    for given in ["Wiedererkennbar", "Erstattung", "insufficient_funds", &shop.account] {
        assert!(holds(&record, given), "{given}");
    }
    for word in label.split(' ') {
        assert!(!holds(&record, word) && !holds(&payouts, word), "{word}");
    }
    shop.app.finish().await;
}
