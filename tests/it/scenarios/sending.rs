//! Sending when the provider does not say what became of it, says no, or says it late: money leaves once.

use chrono::Duration;
use heller::config::Config;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::builders::{assert_shows, path_of};
use crate::support::licence::Licence;
use crate::support::shop::{Shop, eur};

/// Longer than the first pause before a provider is asked what became of a payout.
const SOON: Duration = Duration::seconds(10);

/// A refund of 50.00, the remainder of a movement: refund, movement.
async fn refund(shop: &Shop) -> (String, String) {
    let movement = shop.paid_in("150.00", "Danke").await;
    shop.assign(&movement, &shop.order("100.00").await, None).await;
    (shop.refund_remaining(&movement).await, movement)
}

/// Asserts that one payout of 50.00 left under the key of the refund's only attempt.
async fn left_once(shop: &Shop, refund: &str) {
    let (payouts, shown) = (shop.payouts().await, shop.see(refund).await);
    assert_eq!(payouts.len(), 1, "{payouts:?}");
    assert_eq!(payouts[0]["amount"], eur("50.00"));
    assert_eq!(shown.at("/attempts").as_array().unwrap().len(), 1, "{shown:?}");
    assert_shows(&shown, &[("attempts/0/provider_key", payouts[0]["refund_key"].as_str().unwrap())]);
}

/// Sends, and asserts that nobody knows and nothing can be changed.
async fn send_into_the_unknown(shop: &Shop, (refund, movement): (&str, &str)) {
    let unknown = shop.send(refund).await;
    let shows =
        [("status", "sending"), ("outcome_unknown", "true"), ("colour", "yellow"), ("provider_reference", "null")];
    assert_shows(&unknown, &shows);
    assert_shows(&unknown, &[("progress/phase", "asking_provider"), ("attempts/0/state", "unknown")]);
    shop.shows(movement, &[("unassigned_amount/amount", "0.00")]).await;
    for patch in [json!({ "amount": eur("40.00") }), json!({ "purpose": "Anders" })] {
        shop.edit_call(refund, patch).await.await.problem(409, "invalid_transition");
    }
    shop.delete_call(refund).await.await.problem(409, "invalid_transition");
    shop.send_call(refund).await.problem(409, "invalid_transition");
    assert_eq!(shop.app.run_pending().await, 0, "the provider is asked later");
}

#[tokio::test]
async fn a_payout_that_left_without_an_answer_is_found_by_its_key() {
    let mut shop = Shop::open().await;
    let (refund, movement) = refund(&shop).await;
    shop.behave(json!({ "mode": "timeout_after_effect", "times": 1 })).await;
    send_into_the_unknown(&shop, (&refund, &movement)).await;
    left_once(&shop, &refund).await;
    shop.later(SOON).await;
    assert_eq!(shop.app.run_pending().await, 1);
    shop.shows(&refund, &[("status", "sent"), ("outcome_unknown", "false"), ("attempts/0/submissions", "1")]).await;
    left_once(&shop, &refund).await;
    shop.fetch().await;
    shop.shows(&refund, &[("status", "confirmed")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_payout_that_did_not_leave_is_submitted_again_under_the_same_key() {
    for mode in ["timeout_before_effect", "server_error"] {
        let mut shop = Shop::open().await;
        let (refund, movement) = refund(&shop).await;
        shop.behave(json!({ "mode": mode, "times": 2 })).await;
        send_into_the_unknown(&shop, (&refund, &movement)).await;
        let key = shop.see(&refund).await.text("/attempts/0/provider_key").to_owned();
        assert!(shop.payouts().await.is_empty());
        shop.later(SOON).await;
        assert_eq!(shop.app.run_pending().await, 1);
        shop.shows(&refund, &[("status", "sending"), ("outcome_unknown", "true")]).await;
        shop.later(SOON).await;
        assert_eq!(shop.app.run_pending().await, 1);
        shop.shows(&refund, &[("status", "sent"), ("attempts/0/provider_key", &key)]).await;
        left_once(&shop, &refund).await;
        shop.app.finish().await;
    }
}

#[tokio::test]
async fn somebody_who_takes_the_risk_sends_again_under_the_same_key() {
    for (mode, left) in [("timeout_after_effect", 1), ("timeout_before_effect", 0)] {
        let mut shop = Shop::open().await;
        let (refund, movement) = refund(&shop).await;
        shop.behave(json!({ "mode": mode, "times": 1 })).await;
        send_into_the_unknown(&shop, (&refund, &movement)).await;
        assert_eq!(shop.payouts().await.len(), left);
        let risk = json!({ "acknowledge_duplicate_risk": true });
        let again = shop.accountant.post(format!("{}/send", path_of(&refund)), risk).idempotent().await.expect(202);
        assert_shows(&again, &[("status", "sending")]);
        shop.app.run_pending().await;
        shop.shows(&refund, &[("status", "sent"), ("outcome_unknown", "false")]).await;
        left_once(&shop, &refund).await;
        shop.later(SOON).await;
        shop.app.run_pending().await;
        shop.shows(&refund, &[("status", "sent")]).await;
        left_once(&shop, &refund).await;
        shop.app.finish().await;
    }
}

#[tokio::test]
async fn the_risk_can_be_taken_only_while_the_outcome_is_unknown() {
    let shop = Shop::open().await;
    let (refund, _) = refund(&shop).await;
    let risk = || {
        let risk = json!({ "acknowledge_duplicate_risk": true });
        shop.accountant.post(format!("{}/send", path_of(&refund)), risk).idempotent()
    };
    risk().await.expect(202);
    risk().await.problem(409, "invalid_transition");
    shop.app.run_pending().await;
    risk().await.problem(409, "outgoing_payment_already_sent");
    left_once(&shop, &refund).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn the_provider_s_own_movement_settles_an_unknown_outcome() {
    let mut shop = Shop::open().await;
    let (refund, movement) = refund(&shop).await;
    shop.behave(json!({ "mode": "timeout_after_effect", "times": 1 })).await;
    send_into_the_unknown(&shop, (&refund, &movement)).await;
    shop.fetch().await;
    shop.shows(&refund, &[("status", "confirmed"), ("outcome_unknown", "false"), ("attempts/0/state", "accepted")])
        .await;
    shop.later(SOON).await;
    shop.app.run_pending().await;
    shop.shows(&refund, &[("status", "confirmed")]).await;
    left_once(&shop, &refund).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_refused_refund_gets_a_new_key_and_is_sent() {
    let shop = Shop::open().await;
    let (refund, movement) = refund(&shop).await;
    shop.behave(json!({ "mode": "refuse", "code": "payment_disputed", "times": 1 })).await;
    assert_shows(&shop.send(&refund).await, &[("status", "failed"), ("last_error/code", "payment_disputed")]);
    let edited = shop.edit_call(&refund, json!({ "amount": eur("40.00") })).await.await.expect(200);
    assert_shows(&edited, &[("amount/amount", "40.00")]);
    shop.shows(&movement, &[("unassigned_amount/amount", "10.00")]).await;
    let sent = shop.send(&refund).await;
    assert_shows(&sent, &[("status", "sent"), ("attempts/0/state", "refused"), ("attempts/1/state", "accepted")]);
    assert_ne!(sent.at("/attempts/0/provider_key"), sent.at("/attempts/1/provider_key"));
    let payouts = shop.payouts().await;
    assert_eq!((payouts.len(), &payouts[0]["amount"]), (1, &eur("40.00")));
    assert_eq!(&payouts[0]["refund_key"], sent.at("/attempts/1/provider_key"));
    shop.app.finish().await;
}

#[tokio::test]
async fn a_provider_that_is_late_is_waited_for() {
    let shop = Shop::open().await;
    let (refund, _) = refund(&shop).await;
    shop.behave(json!({ "mode": "delay", "delay_ms": 30, "times": 1 })).await;
    assert_shows(&shop.send(&refund).await, &[("status", "sent")]);
    left_once(&shop, &refund).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_provider_that_is_too_late_leaves_the_outcome_unknown() {
    let quick = |config: &mut Config| config.provider_timeout_milliseconds = 500;
    let mut shop = Shop::open_with(TestApp::builder().config(quick)).await;
    let (refund, movement) = refund(&shop).await;
    shop.behave(json!({ "mode": "delay", "delay_ms": 60_000, "times": 1 })).await;
    send_into_the_unknown(&shop, (&refund, &movement)).await;
    shop.later(SOON).await;
    shop.app.run_pending().await;
    shop.shows(&refund, &[("status", "sent")]).await;
    left_once(&shop, &refund).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn what_is_being_sent_is_finished_after_the_licence_has_ended() {
    for mode in ["accept", "timeout_before_effect"] {
        let mut shop = Shop::open().await;
        let (first, _) = refund(&shop).await;
        let (other, _) = refund(&shop).await;
        shop.behave(json!({ "mode": mode, "times": 1 })).await;
        shop.send_call(&first).await.expect(202);
        shop.app.set_licence(Licence::Expired).await;
        shop.app.run_pending().await;
        shop.later(SOON).await;
        shop.app.run_pending().await;
        shop.shows(&first, &[("status", "sent")]).await;
        shop.send_call(&other).await.problem(403, "licence_expired");
        shop.shows(&other, &[("status", "not_sent")]).await;
        assert_eq!(shop.payouts().await.len(), 1);
        shop.app.finish().await;
    }
}

/// What two views of a thing have in common when nothing but its version and history moved on.
fn without_history(mut view: Value) -> Value {
    view.as_object_mut().unwrap().remove("version");
    view
}

#[tokio::test]
async fn deleting_a_failed_refund_restores_every_balance() {
    let shop = Shop::open().await;
    let invoiced = shop.order_lines(&["60.00", "30.00"]).await;
    let invoice = shop.invoice(&invoiced).await;
    let paid = shop.paid_in("90.00", "A").await;
    shop.assign(&paid, &invoice, None).await;
    let correction = shop.corrected(&invoice, &[1]).await;
    let (cancelled, returned) = (shop.order("80.00").await, shop.paid_in("80.00", "B").await);
    shop.assign(&returned, &cancelled, None).await;
    shop.cancel_call(&cancelled, false).await.expect(201);
    let split = shop.paid_in("150.00", "C").await;
    shop.assign(&split, &shop.order("100.00").await, None).await;
    let all = [&invoiced, &invoice, &paid, &correction, &cancelled, &returned, &split];

    shop.behave(json!({ "mode": "refuse" })).await;
    for origin in [&correction, &cancelled, &split] {
        let mut before = Vec::new();
        for thing in all {
            before.push(without_history(shop.see(thing).await.json));
        }
        let refund = shop.refund(origin, None).await;
        assert_shows(&shop.send(&refund).await, &[("status", "failed")]);
        shop.delete_call(&refund).await.await.expect(204);
        shop.accountant.get(path_of(&refund)).await.problem(404, "not_found");
        for (thing, before) in all.into_iter().zip(before) {
            assert_eq!(without_history(shop.see(thing).await.json), before, "{thing} after {origin}");
        }
    }
    let refunds = shop.accountant.get("/v1/refunds").await.expect(200);
    assert_eq!(refunds.at("/items"), &json!([]));
    assert!(shop.payouts().await.is_empty());
    shop.app.finish().await;
}

#[tokio::test]
async fn two_equal_partial_refunds_of_one_correction_both_go_through_and_neither_twice() {
    let shop = Shop::open().await;
    let invoice = shop.invoice(&shop.order_lines(&["60.00", "30.00"]).await).await;
    shop.assign(&shop.paid_in("90.00", "Danke").await, &invoice, None).await;
    let correction = shop.corrected(&invoice, &[1]).await;
    let refunds = [shop.refund(&correction, Some("15.00")).await, shop.refund(&correction, Some("15.00")).await];
    shop.refund_call(&correction, Some("15.00")).await.problem(409, "outgoing_payment_already_generated");
    for refund in &refunds {
        assert_shows(&shop.send(refund).await, &[("status", "sent")]);
        shop.send_call(refund).await.problem(409, "outgoing_payment_already_sent");
    }
    let payouts = shop.payouts().await;
    assert_eq!(payouts.len(), 2);
    assert_ne!(payouts[0]["refund_key"], payouts[1]["refund_key"]);
    assert!(payouts.iter().all(|payout| payout["amount"] == eur("15.00")), "{payouts:?}");
    shop.shows(&correction, &[("settlement", "settled")]).await;
    shop.balance(&invoice, ("60.00", "60.00", "0.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn of_a_sent_refund_only_the_comment_changes() {
    let shop = Shop::open().await;
    let (refund, _) = refund(&shop).await;
    shop.send(&refund).await;
    for patch in [json!({ "amount": eur("1.00") }), json!({ "purpose": "Anders" }), json!({ "purpose": null })] {
        shop.edit_call(&refund, patch).await.await.problem(409, "outgoing_payment_already_sent");
    }
    shop.delete_call(&refund).await.await.problem(409, "outgoing_payment_already_sent");
    let noted = shop.edit_call(&refund, json!({ "internal_comment": "Kundin angerufen" })).await.await.expect(200);
    assert_shows(&noted, &[("status", "sent"), ("internal_comment", "Kundin angerufen")]);
    shop.app.finish().await;
}

#[tokio::test]
async fn the_refund_list_has_three_folders() {
    let shop = Shop::open().await;
    let (not_sent, _) = refund(&shop).await;
    shop.four_eyes("always").await;
    let (awaiting, _) = refund(&shop).await;
    shop.four_eyes("off").await;
    let (failed, _) = refund(&shop).await;
    shop.behave(json!({ "mode": "refuse", "times": 1 })).await;
    shop.send(&failed).await;
    let (confirmed, _) = refund(&shop).await;
    shop.send(&confirmed).await;
    shop.fetch().await;
    let (sent, _) = refund(&shop).await;
    shop.send(&sent).await;
    let (sending, _) = refund(&shop).await;
    shop.send_call(&sending).await.expect(202);
    for (folder, expected) in [
        ("not_sent", vec![&sending, &awaiting, &not_sent]),
        ("sent", vec![&sent, &confirmed]),
        ("failed", vec![&failed]),
    ] {
        let list = shop.accountant.get(format!("/v1/refunds?folder={folder}")).await.expect(200);
        let ids: Vec<&str> =
            list.at("/items").as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{folder}");
    }
    let one = shop.accountant.get("/v1/refunds?status=awaiting_approval").await.expect(200);
    assert_shows(&one, &[("items/0/id", &awaiting), ("has_more", "false")]);
    shop.app.run_pending().await;
    shop.app.finish().await;
}
