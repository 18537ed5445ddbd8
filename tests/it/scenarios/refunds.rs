//! AC-21 to AC-23 and AC-30: the remaining amount of a movement, and a send that is refused.

use serde_json::json;

use crate::support::builders::assert_shows;
use crate::support::shop::Shop;

/// [32, 40, 55, 71, 73]
#[tokio::test]
async fn ac_21_partial_assignment_and_remaining_amount() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    let order = shop.order("100.00").await;
    let red = [("colour", "red"), ("assignment_state", "unassigned"), ("unassigned_amount/amount", "150.00")];
    shop.shows(&movement, &red).await;
    assert_eq!(shop.folders_of(&movement).await, ["not_assigned"]);

    shop.assign(&movement, &order, None).await;
    let yellow =
        [("colour", "yellow"), ("assignment_state", "partially_assigned"), ("unassigned_amount/amount", "50.00")];
    shop.shows(&movement, &yellow).await;
    assert_eq!(shop.folders_of(&movement).await, ["not_assigned", "partially_assigned"]);
    shop.shows(&order, &[("payment_status", "paid"), ("is_overpaid", "false")]).await;
    shop.balance(&order, ("100.00", "100.00", "0.00")).await;

    let refund = shop.refund_remaining(&movement).await;
    let generated = [("status", "not_sent"), ("colour", "yellow"), ("amount/amount", "50.00")];
    shop.shows(&refund, &generated).await;
    shop.shows(&refund, &[("origin/type", "remaining_amount"), ("origin/id", &movement), ("movement/id", &movement)])
        .await;
    let green = [("colour", "green"), ("assignment_state", "fully_assigned"), ("unassigned_amount/amount", "0.00")];
    shop.shows(&movement, &green).await;
    assert_eq!(shop.folders_of(&movement).await, ["fully_assigned"]);
    assert!(shop.payouts().await.is_empty(), "generating moves no money");

    // The sandbox account needs no credentials (contract section 11).
    let begun = shop.send_call(&refund).await.expect(202);
    assert_shows(&begun, &[("status", "sending"), ("colour", "yellow"), ("outcome_unknown", "false")]);
    shop.app.run_pending().await;
    shop.shows(&refund, &[("status", "sent"), ("colour", "green"), ("confirming_movement_id", "null")]).await;
    let payouts = shop.payouts().await;
    assert_eq!((payouts.len(), &payouts[0]["amount"]["amount"]), (1, &json!("50.00")));
    shop.shows(&refund, &[("provider_reference", payouts[0]["id"].as_str().unwrap())]).await;

    shop.fetch().await;
    let outgoing = shop.movement_of(payouts[0]["id"].as_str().unwrap()).await;
    let transaction = shop.see(&movement).await.text("/transaction_id").to_owned();
    let facts = [("amount/amount", "-50.00"), ("booking_type", "refund"), ("related_transaction_id", &transaction)];
    shop.shows(&outgoing, &facts).await;
    shop.shows(&outgoing, &[("colour", "green"), ("unassigned_amount/amount", "0.00")]).await;
    shop.shows(&refund, &[("status", "confirmed"), ("colour", "green"), ("confirming_movement_id", &outgoing)]).await;
    let related = shop.accountant.get(format!("/v1/account-movements/{movement}/related")).await.expect(200);
    assert_eq!(related.at("/items").as_array().unwrap().len(), 1);
    assert_shows(&related, &[("items/0/id", &outgoing), ("items/0/amount/amount", "-50.00")]);
    let sent = shop.accountant.get("/v1/refunds?folder=sent").await.expect(200);
    assert_shows(&sent, &[("items/0/id", &refund)]);

    shop.fetch().await;
    assert_eq!(shop.payouts().await.len(), 1, "the provider's movement only confirms");
    shop.shows(&movement, &green).await;
    shop.balance(&order, ("100.00", "100.00", "0.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_22_the_remaining_amount_of_an_unassigned_movement_is_not_returned() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    shop.refund_call(&movement, None).await.problem(409, "not_partially_assigned");
    shop.shows(&movement, &[("colour", "red"), ("unassigned_amount/amount", "150.00")]).await;
    let action = [
        ("allowed_actions/1/action", "return_remaining_amount"),
        ("allowed_actions/1/allowed", "false"),
        ("allowed_actions/1/reason", "not_partially_assigned"),
    ];
    shop.shows(&movement, &action).await;
    shop.app.finish().await;
}

/// [13]
#[tokio::test]
async fn ac_23_the_remaining_amount_of_a_movement_from_a_file_is_not_returned() {
    let shop = Shop::open().await;
    let movement = shop.paid_by_file().await;
    let order = shop.order("1000.00").await;
    shop.assign(&movement, &order, None).await;
    shop.shows(&movement, &[("colour", "yellow"), ("unassigned_amount/amount", "249.00")]).await;
    shop.shows(&movement, &[("import_channel", "camt"), ("returnable", "false")]).await;
    let refused = shop.refund_call(&movement, None).await;
    refused.problem(409, "movement_not_returnable");
    assert_shows(&refused, &[("reason", "file_import")]);
    shop.shows(&movement, &[("unassigned_amount/amount", "249.00")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_30_a_refused_send_is_a_result_and_can_be_edited_and_sent_again() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    let order = shop.order("100.00").await;
    shop.assign(&movement, &order, None).await;
    let refund = shop.refund_remaining(&movement).await;
    shop.behave(json!({ "mode": "refuse", "code": "insufficient_funds", "times": 1 })).await;

    let failed = shop.send(&refund).await.expect(200);
    assert_shows(&failed, &[("status", "failed"), ("colour", "red"), ("outcome_unknown", "false")]);
    assert_shows(
        &failed,
        &[("last_error/code", "insufficient_funds"), ("last_error/provider_code", "insufficient_funds")],
    );
    assert!(failed.text("/last_error/detail").contains("insufficient funds"));
    assert_shows(&failed, &[("provider_reference", "null"), ("attempts/0/state", "refused")]);
    let listed = shop.accountant.get("/v1/refunds?folder=failed").await.expect(200);
    assert_shows(&listed, &[("items/0/id", &refund)]);
    shop.shows(&movement, &[("colour", "green"), ("unassigned_amount/amount", "0.00")]).await;
    shop.balance(&order, ("100.00", "100.00", "0.00")).await;
    assert!(shop.payouts().await.is_empty());

    let edited = shop.edit_call(&refund, json!({ "purpose": "Erstattung, zweiter Versuch" })).await.await.expect(200);
    assert_shows(&edited, &[("status", "failed"), ("purpose", "Erstattung, zweiter Versuch")]);
    let sent = shop.send(&refund).await;
    assert_shows(&sent, &[("status", "sent"), ("colour", "green"), ("last_error", "null")]);
    assert_eq!(shop.payouts().await.len(), 1);
    shop.fetch().await;
    shop.shows(&refund, &[("status", "confirmed")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_30_the_answer_to_a_refused_send_is_200_when_it_is_waited_for() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    shop.assign(&movement, &shop.order("100.00").await, None).await;
    let refund = shop.refund_remaining(&movement).await;
    shop.behave(json!({ "mode": "refuse", "times": 1 })).await;
    let send = tokio::spawn(shop.send_call(&refund).prefer_wait(20).send());
    while !send.is_finished() {
        shop.app.run_pending().await;
        tokio::task::yield_now().await;
    }
    let failed = send.await.unwrap().expect(200);
    assert_shows(&failed, &[("status", "failed"), ("last_error/code", "insufficient_funds")]);
    shop.app.finish().await;
}
