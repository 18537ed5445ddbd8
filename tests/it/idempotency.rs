//! `Idempotency-Key`: once per key, caller, method and path; the first answer again; kept for 72 hours.

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

use crate::support::builders::{assert_shows, path_of};
use crate::support::client::Call;
use crate::support::document::operations;
use crate::support::shop::{Shop, eur};

/// POSTs that book or move money (contract, sections 1 and 11). That each refuses to go without is walked in `walks`.
const NEEDING_A_KEY: [&str; 9] = [
    "assignment_create",
    "cancellation_create",
    "invoice_correction_formalise",
    "invoice_create",
    "payment_create",
    "refund_approve",
    "refund_create",
    "refund_reject",
    "refund_send",
];

#[test]
fn the_document_says_which_posts_need_a_key() {
    let document = heller::openapi::document();
    let all = operations(&document);
    let needing = all.iter().filter(|one| one.requires_header("Idempotency-Key"));
    let mut documented: Vec<&str> = needing.map(|one| one.id).collect();
    documented.sort_unstable();
    assert_eq!(documented, NEEDING_A_KEY);
}

/// A movement of 100.00 and an order of 500.00.
async fn money(shop: &Shop) -> (String, String) {
    (shop.paid_in("100.00", "Danke").await, shop.order("500.00").await)
}

fn assign(person: &crate::support::client::Client, (movement, order): (&str, &str), amount: &str) -> Call {
    let body = json!({ "movement_id": movement, "target": { "type": "order", "id": order }, "amount": eur(amount) });
    person.post("/v1/assignments", body)
}

fn key() -> String {
    Uuid::new_v4().to_string()
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_again() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    let key = key();
    let ask = || assign(&shop.accountant, (&movement, &order), "10.00").key(&key);
    let first = ask().await.expect(201);
    assert_eq!(first.header("Idempotency-Replayed"), None);
    assign(&shop.accountant, (&movement, &order), "5.00").idempotent().await.expect(201);
    let again = ask().await.expect(201);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!((again.json.clone(), again.version()), (first.json.clone(), first.version()));
    assert_eq!(again.header("Location"), Some(path_of(&first.id()).as_str()));
    shop.shows(&movement, &[("unassigned_amount/amount", "85.00")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_key_is_optional_elsewhere_and_does_the_same_there() {
    let shop = Shop::open().await;
    let key = key();
    let ask = || shop.sales.post("/v1/customers", json!({ "name": "Max Muster" })).key(&key);
    let (first, again) = (ask().await.expect(201), ask().await.expect(201));
    assert_eq!((again.header("Idempotency-Replayed"), again.id()), (Some("true"), first.id()));
    let other = shop.sales.post("/v1/customers", json!({ "name": "Max Muster" })).await.expect(201);
    assert_ne!(other.id(), first.id());
    shop.app.finish().await;
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    let key = key();
    assign(&shop.accountant, (&movement, &order), "10.00").key(&key).await.expect(201);
    let other = assign(&shop.accountant, (&movement, &order), "11.00").key(&key).await;
    other.problem(422, "idempotency_key_reused");
    shop.shows(&movement, &[("unassigned_amount/amount", "90.00")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn another_path_is_another_scope() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    let key = key();
    assign(&shop.accountant, (&movement, &order), "10.00").key(&key).await.expect(201);
    let body = json!({ "order_id": order });
    shop.accountant.post("/v1/invoices", body).key(&key).await.expect(201);
    let refunds = [shop.refund(&movement, Some("1.00")).await, shop.refund(&movement, Some("1.00")).await];
    for refund in &refunds {
        let sent = shop.accountant.post(format!("{}/send", path_of(refund)), json!({})).key(&key).await;
        assert_eq!((sent.status, sent.header("Idempotency-Replayed")), (202, None), "{sent:?}");
    }
    shop.app.run_pending().await;
    assert_eq!(shop.payouts().await.len(), 2);
    shop.app.finish().await;
}

#[tokio::test]
async fn another_caller_is_another_scope() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    let key = key();
    let mine = assign(&shop.accountant, (&movement, &order), "10.00").key(&key).await.expect(201);
    let other = assign(&shop.second, (&movement, &order), "10.00").key(&key).await.expect(201);
    assert_ne!(other.id(), mine.id());
    assert_eq!(other.header("Idempotency-Replayed"), None);
    shop.shows(&movement, &[("unassigned_amount/amount", "80.00")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_new_session_of_the_same_caller_is_the_same_scope() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    let (key, again) = (key(), shop.app.again(&shop.accountant).await);
    assign(&shop.accountant, (&movement, &order), "10.00").key(&key).await.expect(201);
    let replayed = assign(&again, (&movement, &order), "10.00").key(&key).await.expect(201);
    assert_eq!(replayed.header("Idempotency-Replayed"), Some("true"));
    shop.app.finish().await;
}

#[tokio::test]
async fn errors_are_not_stored() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    let key = key();
    let body = json!({ "origin": { "type": "remaining_amount", "id": movement } });
    let ask = || shop.refunds.post("/v1/refunds", body.clone()).key(&key);
    ask().await.problem(409, "not_partially_assigned");
    shop.assign(&movement, &order, Some("60.00")).await;
    let made = ask().await.expect(201);
    assert_shows(&made, &[("refunds/0/amount/amount", "40.00")]);
    assert_eq!(ask().await.expect(201).header("Idempotency-Replayed"), Some("true"));
    shop.app.finish().await;
}

#[tokio::test]
async fn after_72_hours_a_key_is_new_again() {
    let mut shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    let key = key();
    let first = assign(&shop.accountant, (&movement, &order), "10.00").key(&key).await.expect(201);
    shop.later(Duration::hours(72)).await;
    let kept = assign(&shop.accountant, (&movement, &order), "10.00").key(&key).await.expect(201);
    assert_eq!((kept.header("Idempotency-Replayed"), kept.id()), (Some("true"), first.id()));
    shop.later(Duration::seconds(1)).await;
    let fresh = assign(&shop.accountant, (&movement, &order), "20.00").key(&key).await.expect(201);
    assert_eq!(fresh.header("Idempotency-Replayed"), None);
    shop.shows(&movement, &[("unassigned_amount/amount", "70.00")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_send_that_is_repeated_answers_what_was_answered() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    shop.assign(&movement, &order, Some("60.00")).await;
    let refund = shop.refund_remaining(&movement).await;
    let key = key();
    let send = || shop.accountant.post(format!("{}/send", path_of(&refund)), json!({})).key(&key);
    let first = send().await.expect(202);
    shop.app.run_pending().await;
    shop.shows(&refund, &[("status", "sent")]).await;
    let again = send().await.expect(202);
    assert_eq!((again.header("Idempotency-Replayed"), &again.json), (Some("true"), &first.json));
    shop.send_call(&refund).await.problem(409, "outgoing_payment_already_sent");
    assert_eq!(shop.payouts().await.len(), 1);
    shop.app.finish().await;
}

#[tokio::test]
async fn a_send_that_was_waited_for_is_repeated_as_it_was_settled() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    shop.assign(&movement, &order, Some("60.00")).await;
    let refund = shop.refund_remaining(&movement).await;
    let key = key();
    let send = || shop.accountant.post(format!("{}/send", path_of(&refund)), json!({})).key(&key).prefer_wait(20);
    let waiting = tokio::spawn(send().send());
    while !waiting.is_finished() {
        shop.app.run_pending().await;
        tokio::task::yield_now().await;
    }
    let first = waiting.await.unwrap().expect(200);
    assert_shows(&first, &[("status", "sent")]);
    let again = send().await.expect(200);
    assert_eq!((again.header("Idempotency-Replayed"), &again.json), (Some("true"), &first.json));
    shop.app.finish().await;
}

#[tokio::test]
async fn a_key_has_1_to_255_visible_characters() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    let ask = |key: &str| assign(&shop.accountant, (&movement, &order), "1.00").key(key);
    for key in ["", "   ", "schlüssel", &"k".repeat(256)] {
        ask(key).await.problem(400, "idempotency_key_invalid").field("Idempotency-Key", "idempotency_key_invalid");
    }
    for key in ["k", "~!\"$%&/()=?", &"k".repeat(255)] {
        ask(key).await.expect(201);
    }
    shop.shows(&movement, &[("unassigned_amount/amount", "97.00")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_condition_is_a_part_of_what_a_key_stands_for() {
    let shop = Shop::open().await;
    let (movement, order) = money(&shop).await;
    shop.assign(&movement, &order, Some("60.00")).await;
    let refund = shop.refund_remaining(&movement).await;
    let key = key();
    let send =
        |version| shop.accountant.post(format!("{}/send", path_of(&refund)), json!({})).key(&key).if_match(version);
    send(7).await.problem(412, "version_mismatch");
    send(1).await.expect(202);
    send(1).await.expect(202);
    send(2).await.problem(422, "idempotency_key_reused");
    shop.app.run_pending().await;
    shop.app.finish().await;
}
