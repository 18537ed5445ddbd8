//! AC-24, AC-31 and AC-32: the movement's remainder, what becomes of an announced payment, hiding.

use crate::support::builders::assert_shows;
use crate::support::shop::Shop;

#[tokio::test]
async fn ac_24_no_more_is_assigned_than_is_left() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    let (first, other) = (shop.order("100.00").await, shop.order("500.00").await);
    shop.assign(&movement, &first, None).await;
    let refused = shop.assign_call(&movement, &other, Some("50.01")).await;
    refused.problem(422, "amount_exceeds_open_amount");
    assert_shows(&refused, &[("open_amount", "50.00")]);
    shop.shows(&movement, &[("unassigned_amount/amount", "50.00")]).await;

    let thirty = || tokio::spawn(shop.assign_call(&movement, &other, Some("30.00")).send());
    let (one, two) = (thirty(), thirty());
    let answers = [one.await.unwrap(), two.await.unwrap()];
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 201).collect();
    assert_eq!(refused.len(), 1, "{answers:?}");
    refused[0].problem(422, "amount_exceeds_open_amount");
    shop.shows(&movement, &[("unassigned_amount/amount", "20.00")]).await;
    shop.balance(&other, ("500.00", "30.00", "470.00")).await;
    shop.app.finish().await;
}

/// [34, 35, 60, 61, 62, 63, 72]
#[tokio::test]
async fn ac_31_an_expired_payment_is_failed_when_it_was_known_and_aborted_when_not() {
    let shop = Shop::open().await;
    let known = shop.pay("10.00", "P1", "pending").await;
    shop.fetch().await;
    let first = shop.movement_of(&known).await;
    shop.shows(&first, &[("status", "in_progress"), ("colour", "none"), ("assignment_state", "none")]).await;
    assert_eq!(shop.folders_of(&first).await, ["pending"]);
    let order = shop.order("10.00").await;
    shop.assign_call(&first, &order, None).await.problem(409, "movement_not_completed");

    shop.payment_becomes(&known, "expired").await;
    let unknown = shop.pay("20.00", "P2", "expired").await;
    shop.fetch().await;
    let second = shop.movement_of(&unknown).await;
    assert_eq!(shop.movement_of(&known).await, first, "the same movement");
    shop.shows(&first, &[("status", "failed"), ("hint", "contact_customer"), ("status_text", "the payment expired")])
        .await;
    shop.shows(&second, &[("status", "aborted"), ("hint", "contact_customer")]).await;
    for movement in [&first, &second] {
        assert_eq!(shop.folders_of(movement).await, ["failed"]);
    }
    shop.app.finish().await;
}

/// [31, 33, 36, 39, 76]
#[tokio::test]
async fn ac_32_a_hidden_movement_is_only_in_hidden_and_comes_back_unchanged() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    let order = shop.order("100.00").await;
    shop.assign(&movement, &order, None).await;
    let yellow = [("colour", "yellow"), ("unassigned_amount/amount", "50.00"), ("amount/amount", "150.00")];
    shop.shows(&movement, &yellow).await;

    let hidden = shop.hide_call(&movement, "hide").await.expect(200);
    assert_shows(&hidden, &[("items/0/id", &movement), ("items/0/hidden", "true")]);
    assert_eq!(shop.folders_of(&movement).await, ["hidden"]);
    let root = shop.accountant.get("/v1/account-movements").await.expect(200);
    assert!(root.at("/items").as_array().unwrap().is_empty(), "{root:?}");
    shop.shows(&movement, &yellow).await;
    shop.balance(&order, ("100.00", "100.00", "0.00")).await;
    let other = shop.order("10.00").await;
    shop.assign_call(&movement, &other, None).await.problem(409, "movement_hidden");
    shop.refund_call(&movement, None).await.problem(409, "movement_hidden");
    shop.fetch().await;
    shop.shows(&movement, &[("hidden", "true")]).await;
    shop.hide_call(&movement, "hide").await.expect(200);

    shop.hide_call(&movement, "unhide").await.expect(200);
    assert_eq!(shop.folders_of(&movement).await, ["not_assigned", "partially_assigned"]);
    shop.shows(&movement, &yellow).await;
    shop.assign(&movement, &other, None).await;
    shop.shows(&movement, &[("unassigned_amount/amount", "40.00")]).await;
    shop.app.finish().await;
}

/// [58]
#[tokio::test]
async fn a_fee_is_in_no_folder_and_never_assigned_and_outgoing_money_is_never_paid_back() {
    let shop = Shop::open().await;
    let account = shop.statement().await;
    let (fee, out) = (shop.movement_over(&account, "-9.90").await, shop.movement_over(&account, "-412.36").await);
    let order = shop.order("10.00").await;
    shop.shows(&fee, &[("colour", "none"), ("assignment_state", "none"), ("unassigned_amount/amount", "0.00")]).await;
    assert!(shop.folders_of(&fee).await.is_empty());
    shop.assign_call(&fee, &order, Some("1.00")).await.problem(409, "movement_is_fee");

    shop.keyed(&order, "110.00").await;
    shop.assign(&out, &order, None).await;
    shop.shows(&out, &[("colour", "yellow"), ("direction", "out"), ("unassigned_amount/amount", "312.36")]).await;
    shop.refund_call(&out, None).await.problem(409, "not_incoming");
    shop.app.finish().await;
}
