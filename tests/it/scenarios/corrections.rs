//! AC-25 and AC-26: money back for an invoice that was corrected.

use serde_json::json;

use crate::support::builders::{assert_shows, path_of};
use crate::support::shop::Shop;

/// An invoice of 60.00 and 30.00, paid by one movement: invoice, movement.
async fn paid_invoice(shop: &Shop) -> (String, String) {
    let order = shop.order_lines(&["60.00", "30.00"]).await;
    let invoice = shop.invoice(&order).await;
    let movement = shop.paid_in("90.00", "Danke").await;
    shop.assign(&movement, &invoice, None).await;
    (invoice, movement)
}

#[tokio::test]
async fn ac_25_a_corrected_invoice_is_paid_back_in_part() {
    let shop = Shop::open().await;
    let (invoice, movement) = paid_invoice(&shop).await;
    shop.shows(&invoice, &[("status", "paid"), ("is_closed", "true")]).await;
    shop.balance(&invoice, ("90.00", "90.00", "0.00")).await;

    let draft = shop.correction(&invoice).await;
    let shown = shop.see(&draft).await;
    assert_shows(&shown, &[("status", "draft"), ("number", "null"), ("gross/amount", "90.00")]);
    assert_shows(&shown, &[("lines/0/gross/amount", "60.00"), ("lines/1/gross/amount", "30.00")]);
    let line = format!("{}/lines/{}", path_of(&draft), shown.text("/lines/0/id"));
    let left = shop.sales.delete(line).if_match(shown.version()).await.expect(200);
    assert_shows(&left, &[("gross/amount", "30.00"), ("lines/0/gross/amount", "30.00")]);
    assert_eq!((left.at("/lines").as_array().unwrap().len(), left.version()), (1, shown.version() + 1));
    shop.balance(&invoice, ("90.00", "90.00", "0.00")).await;

    let refused = shop.formalise_with(&draft, &[]).await;
    refused.problem(409, "confirmation_required");
    assert_eq!(refused.at("/missing"), &json!(["invoice_correction", "formalisation"]));
    let refused = shop.formalise_with(&draft, &["formalisation"]).await;
    assert_eq!(refused.problem(409, "confirmation_required").at("/missing"), &json!(["invoice_correction"]));
    shop.shows(&draft, &[("status", "draft"), ("number", "null")]).await;
    let formalised = shop.formalise_call(&draft).await.expect(200);
    assert_shows(&formalised, &[("status", "formalised"), ("number", "RK-2026-00001"), ("gross/amount", "30.00")]);
    assert_shows(&formalised, &[("refundable_amount/amount", "30.00"), ("settlement", "open")]);
    shop.balance(&invoice, ("60.00", "90.00", "-30.00")).await;

    let refund = shop.refund(&draft, None).await;
    shop.shows(&refund, &[("status", "not_sent"), ("amount/amount", "30.00"), ("movement/id", &movement)]).await;
    shop.shows(&refund, &[("origin/type", "invoice_correction"), ("origin/id", &draft)]).await;
    shop.refund_call(&draft, None).await.problem(409, "outgoing_payment_already_generated");
    shop.shows(&draft, &[("settlement", "payout_generated"), ("refundable_amount/amount", "0.00")]).await;
    shop.shows(&movement, &[("colour", "green"), ("unassigned_amount/amount", "0.00")]).await;
    assert_eq!(shop.folders_of(&movement).await, ["fully_assigned"]);
    shop.balance(&invoice, ("60.00", "60.00", "0.00")).await;
    shop.shows(&invoice, &[("status", "paid"), ("corrected_amount/amount", "30.00")]).await;

    assert_shows(&shop.send(&refund).await, &[("status", "sent")]);
    shop.fetch().await;
    shop.shows(&refund, &[("status", "confirmed")]).await;
    shop.shows(&draft, &[("settlement", "settled"), ("is_closed", "true")]).await;
    shop.balance(&invoice, ("60.00", "60.00", "0.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_25_a_formalised_correction_never_changes() {
    let shop = Shop::open().await;
    let (invoice, _) = paid_invoice(&shop).await;
    let correction = shop.corrected(&invoice, &[1]).await;
    let (path, shown) = (path_of(&correction), shop.see(&correction).await);
    let line = format!("{path}/lines/{}", shown.text("/lines/0/id"));
    shop.sales
        .patch(&path, json!({ "note": "x" }))
        .if_match(shown.version())
        .await
        .problem(409, "correction_formalised");
    shop.sales.delete(&line).if_match(shown.version()).await.problem(409, "correction_formalised");
    shop.sales.delete(&path).if_match(shown.version()).await.problem(409, "correction_formalised");
    shop.formalise_call(&correction).await.problem(409, "correction_formalised");
    assert_eq!(shop.see(&correction).await.json, shown.json);
    shop.app.finish().await;
}

#[tokio::test]
async fn ac_26_a_draft_is_not_paid_back() {
    let shop = Shop::open().await;
    let (invoice, _) = paid_invoice(&shop).await;
    let draft = shop.correction(&invoice).await;
    shop.refund_call(&draft, None).await.problem(409, "correction_not_formalised");
    shop.balance(&invoice, ("90.00", "90.00", "0.00")).await;
    let refunds = shop.accountant.get("/v1/refunds").await.expect(200);
    assert!(refunds.at("/items").as_array().unwrap().is_empty());
    shop.app.finish().await;
}
