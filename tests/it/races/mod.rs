//! Requests that meet. Each test sends many at once, on threads of the server that really run side by side, and names
//! the guard it stands on: without it the test fails on PostgreSQL, where transactions overlap. SQLite has one writer,
//! so there the rules that are asked inside the transaction are guard enough, and the tests show that nothing stays
//! locked.

mod documents;

use std::cell::Cell;
use std::future::Future;

use heller::config::Config;
use serde_json::Value;
use uuid::Uuid;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::builders::path_of;
use crate::support::client::Call;
use crate::support::shop::{Shop, eur};

/// Sends all calls at once.
async fn together(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    let sent: Vec<_> = calls.into_iter().map(|call| tokio::spawn(call.send())).collect();
    let mut answers = Vec::with_capacity(sent.len());
    for answer in sent {
        answers.push(answer.await.unwrap());
    }
    answers
}

/// Waits for `work` while two workers run jobs, and lets them finish what they have begun.
async fn while_working<T>(shop: &Shop, work: impl Future<Output = T>) -> T {
    let ended = Cell::new(false);
    let worker = async || {
        while !ended.get() {
            shop.app.run_pending().await;
            tokio::task::yield_now().await;
        }
        shop.app.run_pending().await;
    };
    let work = async {
        let done = work.await;
        ended.set(true);
        done
    };
    tokio::join!(work, worker(), worker()).0
}

/// Exactly one succeeded; every other answer is 409 or 422 with one of these codes. Answers the one.
#[track_caller]
fn one_wins<'a>(answers: &'a [Answer], codes: &[&str]) -> &'a Answer {
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status < 300);
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in lost {
        assert!(matches!(answer.status, 409 | 422), "{answer:?}");
        assert!(codes.contains(&answer.text("/code")), "{answer:?}");
    }
    won[0]
}

/// A shop whose server has many connections, all of them open: nobody waits for one, so transactions overlap.
async fn open() -> Shop {
    let many = |config: &mut Config| config.database_connections = 16;
    let shop = Shop::open_with(TestApp::builder().config(many)).await;
    for _ in 0..2 {
        together((0..32).map(|_| shop.accountant.get("/v1/account-movements/folders"))).await;
    }
    shop
}

/// How often a race is run: a guard that is gone shows itself often, not always.
const ROUNDS: usize = 5;

const NOTHING_LEFT: [&str; 3] =
    ["amount_exceeds_open_amount", "amount_exceeds_refundable_amount", "refundable_amount_changed"];

/// A movement of 110.00 of which 10.00 is assigned, and a second order.
async fn contested(shop: &Shop) -> (String, String) {
    let movement = shop.paid_in("110.00", "Danke").await;
    shop.assign(&movement, &shop.order("10.00").await, None).await;
    (movement, shop.order("500.00").await)
}

// The guard: what is free is asked and taken under the movement's lock by one conditional update
// (`movements::lock`, `movements::take_free`), and the CHECK `movement_free_range` behind it.
#[tokio::test]
async fn of_64_assignments_of_60_00_on_100_00_one_succeeds() {
    let shop = open().await;
    for _ in 0..ROUNDS {
        let (movement, order) = contested(&shop).await;
        let answers = together((0..64).map(|_| shop.assign_call(&movement, &order, Some("60.00")))).await;
        one_wins(&answers, &NOTHING_LEFT);
        shop.shows(&movement, &[("unassigned_amount/amount", "40.00")]).await;
        shop.balance(&order, ("500.00", "60.00", "440.00")).await;
    }
    shop.app.finish().await;
}

// The guard: as above; the orders differ, so that no lock on an order helps.
#[tokio::test]
async fn of_64_assignments_to_different_orders_one_succeeds() {
    let shop = open().await;
    let mut orders = Vec::new();
    for _ in 0..64 {
        orders.push(shop.order("300.00").await);
    }
    for _ in 0..ROUNDS {
        let (movement, _) = contested(&shop).await;
        let answers = together(orders.iter().map(|order| shop.assign_call(&movement, order, Some("60.00")))).await;
        one_wins(&answers, &NOTHING_LEFT);
        shop.shows(&movement, &[("unassigned_amount/amount", "40.00")]).await;
    }
    shop.app.finish().await;
}

// The guard: as above.
#[tokio::test]
async fn of_64_refunds_of_60_00_on_100_00_one_succeeds() {
    let shop = open().await;
    for _ in 0..ROUNDS {
        let (movement, _) = contested(&shop).await;
        let answers = together((0..64).map(|_| shop.refund_call(&movement, Some("60.00")))).await;
        one_wins(&answers, &NOTHING_LEFT);
        shop.shows(&movement, &[("unassigned_amount/amount", "40.00")]).await;
        let refunds = shop.accountant.get(format!("/v1/refunds?movement_id={movement}")).await.expect(200);
        assert_eq!(refunds.at("/items").as_array().unwrap().len(), 1);
    }
    shop.app.finish().await;
}

// The guard: as above; assignments and refunds must take from the same column.
#[tokio::test]
async fn of_32_assignments_and_32_refunds_on_the_same_remainder_one_succeeds() {
    let shop = open().await;
    for _ in 0..ROUNDS {
        let (movement, order) = contested(&shop).await;
        let mixed = (0..64).map(|number| match number % 2 {
            0 => shop.assign_call(&movement, &order, Some("60.00")),
            _ => shop.refund_call(&movement, Some("60.00")),
        });
        one_wins(&together(mixed).await, &NOTHING_LEFT);
        shop.shows(&movement, &[("unassigned_amount/amount", "40.00")]).await;
    }
    shop.app.finish().await;
}

// The guard: as above.
#[tokio::test]
async fn of_two_assignments_of_30_00_on_50_00_one_succeeds() {
    let shop = open().await;
    let order = shop.order("900.00").await;
    for _ in 0..10 {
        let movement = shop.paid_in("50.00", "Danke").await;
        let pair = [(); 2].map(|()| shop.assign_call(&movement, &order, Some("30.00")));
        one_wins(&together(pair).await, &NOTHING_LEFT);
        shop.shows(&movement, &[("unassigned_amount/amount", "20.00")]).await;
    }
    shop.app.finish().await;
}

// The guard: the status is asked under the refund's lock (`RefundFacts::apply` in `refunds::send`) and written against
// its version (`refunds::store`); the index `refund_attempt_live_key` lets one attempt live, under one provider key.
#[tokio::test]
async fn of_32_sends_of_one_refund_one_pays() {
    let shop = open().await;
    let (movement, _) = contested(&shop).await;
    let refund = shop.refund_remaining(&movement).await;
    let sends = together((0..32).map(|_| shop.send_call(&refund)));
    let answers = while_working(&shop, sends).await;
    one_wins(&answers, &["invalid_transition", "outgoing_payment_already_sent"]);
    shop.shows(&refund, &[("status", "sent"), ("attempts/0/submissions", "1")]).await;
    let payouts = shop.payouts().await;
    assert_eq!((payouts.len(), payouts[0]["amount"]["amount"].as_str()), (1, Some("100.00")));
    shop.app.finish().await;
}

// The guard: both look at the status under the refund's lock (`refunds::lock`, `RefundFacts::apply`).
#[tokio::test]
async fn of_a_deletion_and_a_send_one_happens() {
    let shop = open().await;
    let (mut left, mut deleted) = (0, 0);
    for _ in 0..20 {
        let movement = shop.paid_in("60.00", "Danke").await;
        shop.assign(&movement, &shop.order("10.00").await, None).await;
        let refund = shop.refund_remaining(&movement).await;
        let delete = shop.refunds.delete(path_of(&refund)).header("If-Match", "*");
        let answers = while_working(&shop, together([delete, shop.send_call(&refund)])).await;
        match (answers[0].status, answers[1].status) {
            (204, 404) => deleted += 1,
            (409, 202) => left += 1,
            _ => panic!("{answers:?}"),
        }
        assert_eq!(shop.payouts().await.len(), left);
        shop.shows(&movement, &[("unassigned_amount/amount", if answers[0].status == 204 { "50.00" } else { "0.00" })])
            .await;
    }
    assert_eq!(left + deleted, 20);
    shop.app.finish().await;
}

// The guard: both lock the order first; an undo asks that nothing of the payment was paid back
// (`payments::reverse`), a refund takes it by `take_refundable`; the CHECK `payment_refundable_range` is behind both.
#[tokio::test]
async fn of_an_undo_and_a_refund_of_the_same_payment_one_succeeds() {
    let shop = open().await;
    for _ in 0..20 {
        let order = shop.order("80.00").await;
        let movement = shop.paid_in("80.00", "Danke").await;
        let assignment = shop.assign(&movement, &order, None).await;
        shop.cancel_call(&order, false).await.expect(201);
        let undo = shop.accountant.delete(path_of(&assignment)).if_match(1);
        let answers = together([undo, shop.refund_call(&order, None)]).await;
        let codes = ["amount_already_refunded", "order_has_no_assigned_payment", "refundable_amount_changed"];
        let won = one_wins(&answers, &codes);
        let free = if won.status == 204 { "80.00" } else { "0.00" };
        shop.shows(&movement, &[("unassigned_amount/amount", free)]).await;
        shop.balance(&order, ("0.00", "0.00", "0.00")).await;
    }
    shop.app.finish().await;
}

// The guard: both lock the order and change its status only from what they saw (`orders::set_status`); behind it
// the indexes `invoice_live_order_key` and `cancellation_order_key`.
#[tokio::test]
async fn of_a_cancellation_with_refund_and_an_invoice_one_succeeds() {
    let shop = open().await;
    for _ in 0..20 {
        let order = shop.order("80.00").await;
        let movement = shop.paid_in("80.00", "Danke").await;
        shop.assign(&movement, &order, None).await;
        let answers = together([shop.cancel_call(&order, true), shop.invoice_call(&order)]).await;
        let won = one_wins(&answers, &["order_has_invoice", "order_already_cancelled"]);
        let cancelled = won.json.get("refunds").is_some();
        let paid = if cancelled { "0.00" } else { "80.00" };
        shop.shows(
            &order,
            &[("status", if cancelled { "cancelled" } else { "invoiced" }), ("paid_amount/amount", paid)],
        )
        .await;
    }
    shop.app.finish().await;
}

// The guard: the key is reserved in the effect's own transaction by the primary key of `idempotency_key`
// (`idempotency::reserve`).
#[tokio::test]
async fn of_32_requests_with_the_same_key_one_has_an_effect_and_all_have_its_answer() {
    let shop = open().await;
    let (movement, order) = contested(&shop).await;
    let key = Uuid::new_v4().to_string();
    let body = serde_json::json!({
        "movement_id": movement, "target": { "type": "order", "id": order }, "amount": eur("1.00"),
    });
    let calls = (0..32).map(|_| shop.accountant.post("/v1/assignments", body.clone()).key(&key));
    let answers = together(calls).await;
    let (made, other): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.status == 201);
    for answer in other {
        answer.problem(409, "idempotency_key_in_flight");
    }
    let bodies: Vec<&Value> = made.iter().map(|answer| &answer.json).collect();
    assert!(!bodies.is_empty() && bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    let fresh = made.iter().filter(|answer| answer.header("Idempotency-Replayed").is_none()).count();
    assert_eq!(fresh, 1);
    shop.shows(&movement, &[("unassigned_amount/amount", "99.00")]).await;
    shop.app.finish().await;
}

// The guard: an automatic assignment is exactly what is open under the order's lock, not what the run saw before
// (`assignments::create`).
#[tokio::test]
async fn of_two_automatic_runs_for_the_same_order_one_assigns() {
    let shop = open().await;
    for _ in 0..20 {
        let order = shop.order("80.00").await;
        let number = shop.number(&order).await;
        let movements = [shop.paid_in("80.00", &number).await, shop.paid_in("80.00", &number).await];
        let runs = movements.each_ref().map(|movement| {
            shop.accountant.post("/v1/assignment-runs", serde_json::json!({ "movement_ids": [movement] }))
        });
        while_working(&shop, together(runs)).await;
        shop.balance(&order, ("80.00", "80.00", "0.00")).await;
    }
    shop.app.finish().await;
}
