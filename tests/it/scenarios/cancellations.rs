//! AC-28 and AC-29: cancelling an order that was paid, with its refund at once or later.

use heller::access::role::Role;
use serde_json::json;

use crate::support::builders::assert_shows;
use crate::support::shop::Shop;

/// An order of 80.00 paid by one movement: order, movement.
async fn paid_order(shop: &Shop) -> (String, String) {
    let order = shop.order("80.00").await;
    let movement = shop.paid_in("80.00", "Danke").await;
    shop.assign(&movement, &order, None).await;
    (order, movement)
}

#[tokio::test]
async fn ac_28_cancelling_with_a_refund_does_both_at_once() {
    let shop = Shop::open().await;
    let (order, movement) = paid_order(&shop).await;
    let cancelled = shop.cancel_call(&order, true).await.expect(201);
    assert_shows(&cancelled, &[("reason", "customer_request"), ("with_refund", "true"), ("order/id", &order)]);
    assert_shows(&cancelled, &[("refunds/0/status", "not_sent"), ("refunds/0/amount/amount", "80.00")]);
    assert_shows(&cancelled, &[("refunds/0/origin/type", "order_cancellation"), ("refunds/0/origin/id", &order)]);
    assert_eq!((cancelled.at("/refunds").as_array().unwrap().len(), cancelled.at("/warnings")), (1, &json!([])));
    shop.shows(&order, &[("status", "cancelled"), ("is_overpaid", "false")]).await;
    shop.balance(&order, ("0.00", "0.00", "0.00")).await;
    shop.shows(&movement, &[("colour", "green"), ("unassigned_amount/amount", "0.00")]).await;
    assert!(shop.payouts().await.is_empty());

    let refund = cancelled.text("/refunds/0/id");
    assert_shows(&shop.send(refund).await, &[("status", "sent")]);
    shop.fetch().await;
    shop.shows(refund, &[("status", "confirmed")]).await;
    assert_eq!(shop.payouts().await.len(), 1);
    shop.refund_call(&order, None).await.problem(409, "outgoing_payment_already_generated");
    shop.cancel_call(&order, true).await.problem(409, "order_already_cancelled");
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_28_an_order_with_an_invoice_is_not_cancelled() {
    let shop = Shop::open().await;
    let (order, movement) = paid_order(&shop).await;
    let invoice = shop.invoice(&order).await;
    let before = [shop.see(&order).await.json, shop.see(&invoice).await.json, shop.see(&movement).await.json];
    for with_refund in [true, false] {
        shop.cancel_call(&order, with_refund).await.problem(409, "order_has_invoice");
    }
    let after = [shop.see(&order).await.json, shop.see(&invoice).await.json, shop.see(&movement).await.json];
    assert_eq!(before, after);
    shop.refund_call(&order, None).await.problem(409, "correction_required");
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_28_an_order_paid_by_hand_is_not_cancelled_with_a_refund() {
    let shop = Shop::open().await;
    let order = shop.order("80.00").await;
    shop.keyed(&order, "80.00").await;
    shop.shows(&order, &[("payment_status", "paid")]).await;
    shop.cancel_call(&order, true).await.problem(409, "order_has_no_assigned_payment");
    shop.shows(&order, &[("status", "open"), ("payment_status", "paid")]).await;
    let cancellations = shop.sales.get(format!("/v1/cancellations?order_id={order}")).await.expect(200);
    assert!(cancellations.at("/items").as_array().unwrap().is_empty());
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_28_money_that_came_by_file_does_not_go_back_and_nothing_is_cancelled() {
    let shop = Shop::open().await;
    let order = shop.order("1349.00").await;
    let (file, provider) = (shop.paid_by_file().await, shop.paid_in("100.00", "Rest").await);
    shop.assign(&file, &order, None).await;
    shop.assign(&provider, &order, None).await;
    let refused = shop.cancel_call(&order, true).await;
    refused.problem(409, "movement_not_returnable");
    assert_shows(&refused, &[("movement_id", &file)]);
    shop.shows(&order, &[("status", "open"), ("payment_status", "paid")]).await;
    shop.shows(&provider, &[("unassigned_amount/amount", "0.00")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_28_a_hidden_movement_is_not_paid_back_and_nothing_is_cancelled() {
    let shop = Shop::open().await;
    let (order, movement) = paid_order(&shop).await;
    shop.hide_call(&movement, "hide").await.expect(200);
    shop.cancel_call(&order, true).await.problem(409, "movement_hidden");
    shop.shows(&order, &[("status", "open")]).await;
    shop.cancel_call(&order, false).await.expect(201);
    shop.refund_call(&order, None).await.problem(409, "movement_hidden");
    shop.hide_call(&movement, "unhide").await.expect(200);
    shop.refund(&order, None).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_28_the_reason_other_needs_a_comment_and_an_unknown_reason_is_refused() {
    let shop = Shop::open().await;
    let order = shop.order("80.00").await;
    let cancel = |body: serde_json::Value| shop.sales.post("/v1/cancellations", body).idempotent();
    let other = json!({ "order_id": order, "reason": "other", "with_refund": false });
    cancel(other)
        .await
        .problem(422, "cancellation_comment_required")
        .field("/comment", "cancellation_comment_required");
    let unknown = json!({ "order_id": order, "reason": "whim", "with_refund": false });
    cancel(unknown).await.problem(422, "reference_not_found").field("/reason", "reference_not_found");
    let told = json!({ "order_id": order, "reason": "other", "comment": "Kunde verstorben", "with_refund": false });
    let cancelled = cancel(told).await.expect(201);
    assert_shows(&cancelled, &[("comment", "Kunde verstorben"), ("with_refund", "false")]);
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_29_an_order_cancelled_plainly_is_paid_back_later_and_once() {
    let shop = Shop::open().await;
    let (order, movement) = paid_order(&shop).await;
    shop.refund_call(&order, None).await.problem(409, "order_not_cancelled");
    let cancelled = shop.cancel_call(&order, false).await.expect(201);
    assert_eq!(
        (cancelled.at("/refunds"), cancelled.at("/warnings")),
        (&json!([]), &json!(["paid_order_not_refunded"]))
    );
    shop.shows(&order, &[("status", "cancelled"), ("is_overpaid", "true"), ("overpaid_amount/amount", "80.00")]).await;
    shop.balance(&order, ("0.00", "80.00", "-80.00")).await;
    shop.shows(&movement, &[("colour", "green")]).await;

    let later = json!({ "origin": { "type": "cancelled_order", "id": order }, "movement_id": movement });
    let made = shop.refunds.post("/v1/refunds", later.clone()).idempotent().await.expect(201);
    assert_shows(&made, &[("refunds/0/amount/amount", "80.00"), ("refunds/0/status", "not_sent")]);
    assert_shows(&made, &[("refunds/0/origin/type", "cancelled_order"), ("refunds/0/origin/id", &order)]);
    shop.refunds.post("/v1/refunds", later).idempotent().await.problem(409, "outgoing_payment_already_generated");
    shop.balance(&order, ("0.00", "0.00", "0.00")).await;
    shop.shows(&order, &[("is_overpaid", "false")]).await;
    assert_shows(&shop.send(made.text("/refunds/0/id")).await, &[("status", "sent")]);
    assert_eq!(shop.payouts().await.len(), 1);
    shop.app.finish().await;
}

#[tokio::test]
async fn who_may_not_read_refunds_sees_no_more_than_their_numbers() {
    let shop = Shop::open().await;
    let (order, _) = paid_order(&shop).await;
    let cancelled = shop.cancel_call(&order, true).await.expect(201);
    let refund = &cancelled.at("/refunds/0");
    let stub = json!({ "id": refund["id"], "number": refund["number"] });
    let cashier = shop.app.user(Role::Cashier).await;
    cashier.get("/v1/refunds").await.problem(403, "missing_permission");
    let list = cashier.get("/v1/cancellations").await.expect(200);
    assert_eq!(list.at("/items/0/refunds"), &json!([stub]));
    let shown = cashier.get(format!("/v1/cancellations/{}", cancelled.id())).await.expect(200);
    assert_eq!((shown.at("/refunds"), shown.version()), (&json!([stub]), cancelled.version()));
    shop.delete_call(refund["id"].as_str().unwrap()).await.await.expect(204);
    let fresh = cashier.get(format!("/v1/cancellations/{}", cancelled.id()));
    let fresh = fresh.if_none_match(&format!("\"{}\"", cancelled.version())).await.expect(200);
    assert_eq!((fresh.at("/refunds"), fresh.at("/warnings")), (&json!([]), &json!(["paid_order_not_refunded"])));
    shop.app.finish().await;
}
