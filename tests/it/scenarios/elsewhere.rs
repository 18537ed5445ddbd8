//! Money that left, or may have left, by another way than the refund: a transfer by hand, a payout after its refusal.
//! One money is paid back once (contract section 7, lesson R5).

use heller::domain::id::RefundId;
use heller::domain::refund::{AttemptState, RefundStatus};
use heller::entities::{refund, refund_attempt};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::support::builders::{assert_shows, path_of};
use crate::support::shop::{Shop, eur};

/// An order paid through the sandbox, and a transfer of 412.36 that left the bank: order, transfer.
async fn paid_and_transferred(shop: &Shop, paid: &str) -> (String, String) {
    let order = shop.order(paid).await;
    shop.assign(&shop.paid_in(paid, "Danke").await, &order, None).await;
    let bank = shop.statement().await;
    (order, shop.movement_over(&bank, "-412.36").await)
}

#[tokio::test]
async fn a_credited_invoice_that_was_paid_back_by_transfer_is_not_refunded() {
    let shop = Shop::open().await;
    let (order, transfer) = paid_and_transferred(&shop, "412.36").await;
    let invoice = shop.invoice(&order).await;
    let correction = shop.correction(&invoice).await;
    shop.formalise_call(&correction).await.expect(200);
    shop.balance(&invoice, ("0.00", "412.36", "-412.36")).await;
    let undone = shop.assign(&transfer, &invoice, None).await;
    shop.balance(&invoice, ("0.00", "0.00", "0.00")).await;
    shop.refund_call(&correction, None).await.problem(409, "outgoing_payment_already_generated");
    shop.undo_call(&undone).await.await.expect(204);
    let refund = shop.refund(&correction, None).await;
    shop.shows(&refund, &[("amount/amount", "412.36")]).await;
    shop.assign_call(&transfer, &invoice, None).await.problem(409, "no_open_amount");
    shop.app.finish().await;
}

#[tokio::test]
async fn a_cancelled_order_takes_a_transfer_out_and_gives_only_the_rest_back() {
    let shop = Shop::open().await;
    let (order, transfer) = paid_and_transferred(&shop, "500.00").await;
    let cancelled = shop.cancel_call(&order, false).await.expect(201);
    assert_shows(&cancelled, &[("warnings/0", "paid_order_not_refunded")]);
    shop.assign(&transfer, &order, None).await;
    shop.balance(&order, ("0.00", "87.64", "-87.64")).await;
    let refused = shop.refund_call(&order, Some("87.65")).await;
    assert_eq!(refused.problem(422, "amount_exceeds_refundable_amount").at("/refundable_amount"), "87.64");
    let refund = shop.refund(&order, Some("50.00")).await;
    let refused = shop.edit_call(&refund, json!({ "amount": eur("87.65") })).await.await;
    assert_eq!(refused.problem(422, "amount_exceeds_refundable_amount").at("/refundable_amount"), "87.64");
    shop.edit_call(&refund, json!({ "amount": eur("87.64") })).await.await.expect(200);
    shop.balance(&order, ("0.00", "0.00", "0.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn an_order_is_cancelled_with_what_is_left_of_its_money() {
    let shop = Shop::open().await;
    let (order, transfer) = paid_and_transferred(&shop, "500.00").await;
    shop.assign(&transfer, &order, Some("412.36")).await;
    let cancelled = shop.cancel_call(&order, true).await.expect(201);
    assert_shows(&cancelled, &[("refunds/0/amount/amount", "87.64")]);
    shop.balance(&order, ("0.00", "0.00", "0.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_credited_invoice_and_a_cancelled_order_take_no_more_money_in() {
    let shop = Shop::open().await;
    let invoice = shop.invoice(&shop.order("60.00").await).await;
    shop.corrected(&invoice, &[0]).await;
    shop.shows(&invoice, &[("status", "credited")]).await;
    let cancelled = shop.order("60.00").await;
    shop.cancel_call(&cancelled, false).await.expect(201);
    let movement = shop.paid_in("60.00", "Danke").await;
    for (kind, target, code) in
        [("invoice", &invoice, "no_open_amount"), ("order", &cancelled, "order_already_cancelled")]
    {
        for amount in [None, Some("10.00")] {
            shop.assign_call(&movement, target, amount).await.problem(409, code);
        }
        let keyed = json!({ "target": { "type": kind, "id": target }, "amount": eur("1.00"), "method": "cash" });
        shop.sales.post("/v1/payments", keyed).idempotent().await.problem(409, code);
    }
    shop.shows(&movement, &[("unassigned_amount/amount", "60.00")]).await;
    shop.app.finish().await;
}

/// A refund of 50.00 is being paid out while its refusal gets recorded, and somebody may edit it then.
async fn refused_while_paid(shop: &Shop, edited_to: Option<&str>) -> String {
    let movement = shop.paid_in("50.00", "Danke").await;
    shop.settings(json!({ "allow_return_of_unassigned": true })).await;
    let refund = shop.refund_remaining(&movement).await;
    shop.behave(json!({ "mode": "delay", "delay_ms": 1500, "times": 1 })).await;
    shop.send_call(&refund).await.expect(202);
    let meanwhile = async {
        while shop.see(&refund).await.at("/attempts/0/submissions") != &json!(1) {}
        let id: RefundId = refund.parse().unwrap();
        let connection = shop.app.db().connect().await;
        refund_attempt::Entity::update_many()
            .col_expr(refund_attempt::Column::State, Expr::value(AttemptState::Refused))
            .filter(refund_attempt::Column::RefundId.eq(id))
            .exec(&connection)
            .await
            .unwrap();
        refund::Entity::update_many()
            .col_expr(refund::Column::Status, Expr::value(RefundStatus::Failed))
            .col_expr(refund::Column::FinalRefusals, Expr::value(1))
            .filter(refund::Column::Id.eq(id))
            .exec(&connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        if let Some(amount) = edited_to {
            shop.edit_call(&refund, json!({ "amount": eur(amount) })).await.await.expect(200);
        }
    };
    tokio::join!(shop.app.run_pending(), meanwhile);
    refund
}

#[tokio::test]
async fn a_payout_after_its_refusal_is_taken_as_sent_and_not_paid_again() {
    let shop = Shop::open().await;
    let refund = refused_while_paid(&shop, None).await;
    shop.shows(&refund, &[("status", "sent"), ("attempts/0/state", "accepted"), ("last_error", "null")]).await;
    shop.send_call(&refund).await.problem(409, "outgoing_payment_already_sent");
    shop.fetch().await;
    shop.shows(&refund, &[("status", "confirmed")]).await;
    assert_eq!(shop.payouts().await.len(), 1);
    shop.app.finish().await;
}

#[tokio::test]
async fn a_payout_after_its_refusal_of_what_was_changed_since_confirms_nothing() {
    let shop = Shop::open().await;
    let refund = refused_while_paid(&shop, Some("40.00")).await;
    shop.shows(&refund, &[("status", "failed"), ("attempts/0/state", "refused")]).await;
    shop.fetch().await;
    shop.shows(&refund, &[("status", "failed"), ("confirming_movement_id", "null")]).await;
    let out = shop.accountant.get("/v1/account-movements?direction=out").await.expect(200);
    assert_shows(&out, &[("items/0/unassigned_amount/amount", "50.00")]);
    shop.app.finish().await;
}

#[tokio::test]
async fn taking_the_risk_twice_asks_the_provider_once() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    shop.assign(&movement, &shop.order("100.00").await, None).await;
    let refund = shop.refund_remaining(&movement).await;
    shop.behave(json!({ "mode": "timeout_before_effect", "times": 1 })).await;
    shop.send(&refund).await;
    for _ in 0..2 {
        let risk = json!({ "acknowledge_duplicate_risk": true });
        shop.accountant.post(format!("{}/send", path_of(&refund)), risk).idempotent().await.expect(202);
    }
    assert_eq!(shop.app.run_pending().await, 1, "one job per attempt");
    shop.shows(&refund, &[("status", "sent"), ("attempts/0/submissions", "2")]).await;
    assert_eq!(shop.payouts().await.len(), 1);
    shop.app.finish().await;
}
