//! Automatic assignment: a full document number and exactly its open amount, and in doubt nothing. Undoing restores.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::builders::assert_shows;
use crate::support::shop::{Shop, eur};

/// Runs the automatic assignment to its end.
async fn run(shop: &Shop, body: Value) -> Answer {
    let begun = shop.accountant.post("/v1/assignment-runs", body).await.expect(202);
    shop.app.run_pending().await;
    let run = shop.accountant.get(begun.header("Location").unwrap()).await.expect(200);
    assert_shows(&run, &[("status", "finished"), ("progress/phase", "done")]);
    run
}

/// Runs it for everything and asserts what became of the only movement that was looked at.
async fn becomes(shop: &Shop, movement: &str, outcome: &str, reason: &str) -> Answer {
    let run = run(shop, json!({})).await;
    assert_eq!(run.at("/results").as_array().unwrap().len(), 1, "{run:?}");
    let result = [("results/0/movement/id", movement), ("results/0/outcome", outcome), ("results/0/reason", reason)];
    assert_shows(&run, &result);
    assert_shows(&run, &[(&format!("counts/{outcome}"), "1"), ("progress/done", "1")]);
    run
}

async fn ordered(shop: &Shop, gross: &str) -> (String, String) {
    let order = shop.order(gross).await;
    let number = shop.number(&order).await;
    (order, number)
}

#[tokio::test]
async fn a_full_number_and_the_exact_amount_are_assigned() {
    let shop = Shop::open().await;
    let (order, number) = ordered(&shop, "80.00").await;
    let movement = shop.paid_in("80.00", &format!("Bestellung {number}, danke!")).await;
    let run = becomes(&shop, &movement, "assigned", "number_and_amount").await;
    shop.shows(&movement, &[("colour", "green"), ("unassigned_amount/amount", "0.00")]).await;
    shop.balance(&order, ("80.00", "80.00", "0.00")).await;
    let assignment = run.text("/results/0/assignment_id");
    shop.shows(assignment, &[("origin", "automatic"), ("amount/amount", "80.00"), ("target/number", &number)]).await;
    let automatic = shop.accountant.get("/v1/assignments?origin=automatic").await.expect(200);
    assert_shows(&automatic, &[("items/0/id", assignment), ("has_more", "false")]);
    let manual = shop.accountant.get("/v1/assignments?origin=manual").await.expect(200);
    assert_eq!(manual.at("/items"), &json!([]));
    shop.app.finish().await;
}

#[tokio::test]
async fn a_number_is_recognised_in_small_letters_and_broken_over_a_line() {
    let shop = Shop::open().await;
    for write in [
        |number: &str| number.to_lowercase(),
        |number: &str| format!("{} {}", &number[..9], &number[9..]),
        |number: &str| format!("Ihre Bestellung Nr. {number}; danke"),
        |number: &str| format!("({number})."),
    ] {
        let (order, number) = ordered(&shop, "80.00").await;
        let purpose = write(&number);
        shop.paid_in("80.00", &purpose).await;
        run(&shop, json!({})).await;
        let paid = shop.see(&order).await;
        assert_eq!(paid.text("/payment_status"), "paid", "{purpose}");
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn a_part_of_a_longer_number_is_no_number() {
    let shop = Shop::open().await;
    let (_, number) = ordered(&shop, "80.00").await;
    for purpose in [format!("{number}1"), format!("1{number}"), number[3..].to_owned(), number[..12].to_owned()] {
        let movement = shop.paid_in("80.00", &purpose).await;
        becomes(&shop, &movement, "no_match", "no_reference").await;
        shop.shows(&movement, &[("colour", "red")]).await;
        shop.hide_call(&movement, "hide").await.expect(200);
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn the_number_of_the_shop_is_recognised_as_it_was_written() {
    let shop = Shop::open().await;
    for external in ["SHOP-4711", "Shop-4712", "web_88121"] {
        let line = json!({ "description": "A", "quantity": "1", "unit_price": eur("80.00"), "tax_rate": "19" });
        let order = shop.order_of(vec![line], json!({ "external_number": external })).await;
        shop.paid_in("80.00", external).await;
        run(&shop, json!({})).await;
        assert_eq!(shop.see(&order).await.text("/payment_status"), "paid", "{external}");
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn another_amount_is_left_to_people() {
    let shop = Shop::open().await;
    let (order, number) = ordered(&shop, "80.00").await;
    for amount in ["79.99", "80.01", "160.00"] {
        let movement = shop.paid_in(amount, &number).await;
        becomes(&shop, &movement, "no_match", "amount_differs").await;
        shop.hide_call(&movement, "hide").await.expect(200);
    }
    shop.balance(&order, ("80.00", "0.00", "80.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn two_documents_that_fit_equally_well_mean_none() {
    let shop = Shop::open().await;
    let ((one, first), (other, second)) = (ordered(&shop, "80.00").await, ordered(&shop, "80.00").await);
    let movement = shop.paid_in("80.00", &format!("{first} {second}")).await;
    becomes(&shop, &movement, "ambiguous", "several_documents").await;
    shop.shows(&movement, &[("colour", "red")]).await;
    for order in [one, other] {
        shop.balance(&order, ("80.00", "0.00", "80.00")).await;
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn an_order_of_91_days_is_left_to_people_and_one_of_90_is_not() {
    let mut shop = Shop::open().await;
    let (old, old_number) = ordered(&shop, "80.00").await;
    shop.later(chrono::Duration::days(1)).await;
    let (young, young_number) = ordered(&shop, "70.00").await;
    shop.later(chrono::Duration::days(90)).await;
    let movement = shop.paid_in("80.00", &old_number).await;
    becomes(&shop, &movement, "no_match", "too_old").await;
    shop.paid_in("70.00", &young_number).await;
    run(&shop, json!({})).await;
    shop.shows(&young, &[("payment_status", "paid")]).await;
    shop.shows(&old, &[("payment_status", "unpaid")]).await;
    shop.settings(json!({ "auto_assign_max_age_days": 91 })).await;
    becomes(&shop, &movement, "assigned", "number_and_amount").await;
    shop.app.finish().await;
}

/// [76]
#[tokio::test]
async fn what_is_hidden_assigned_or_only_announced_is_not_looked_at() {
    let shop = Shop::open().await;
    let (order, number) = ordered(&shop, "80.00").await;
    let hidden = shop.paid_in("80.00", &number).await;
    shop.hide_call(&hidden, "hide").await.expect(200);
    let full = shop.paid_in("10.00", &number).await;
    shop.assign(&full, &shop.order("10.00").await, None).await;
    shop.pay("80.00", &number, "pending").await;
    shop.pay("80.00", &number, "expired").await;
    shop.fetch().await;
    for body in [json!({}), json!({ "movement_ids": [hidden, full] })] {
        assert_eq!(run(&shop, body).await.at("/results"), &json!([]));
    }
    shop.balance(&order, ("80.00", "0.00", "80.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn the_rest_of_a_movement_is_assigned_when_it_fits() {
    let shop = Shop::open().await;
    let (order, number) = ordered(&shop, "30.00").await;
    let movement = shop.paid_in("80.00", &number).await;
    shop.assign(&movement, &shop.order("50.00").await, None).await;
    becomes(&shop, &movement, "assigned", "number_and_amount").await;
    shop.balance(&order, ("30.00", "30.00", "0.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn an_order_that_was_invoiced_stands_for_its_invoice_and_both_numbers_are_one_document() {
    let shop = Shop::open().await;
    for both in [false, true] {
        let (order, number) = ordered(&shop, "80.00").await;
        let invoice = shop.invoice(&order).await;
        let numbers = if both { format!("{} {number}", shop.number(&invoice).await) } else { number };
        let movement = shop.paid_in("80.00", &numbers).await;
        let run = becomes(&shop, &movement, "assigned", "number_and_amount").await;
        let assignment = run.text("/results/0/assignment_id");
        shop.shows(assignment, &[("target/type", "invoice"), ("target/id", &invoice)]).await;
        shop.shows(&invoice, &[("status", "paid")]).await;
        shop.shows(&order, &[("payment_status", "paid")]).await;
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn a_cancelled_order_and_a_paid_one_get_nothing() {
    let shop = Shop::open().await;
    let (cancelled, cancelled_number) = ordered(&shop, "80.00").await;
    shop.cancel_call(&cancelled, false).await.expect(201);
    let (paid, paid_number) = ordered(&shop, "80.00").await;
    shop.keyed(&paid, "80.00").await;
    for number in [cancelled_number, paid_number] {
        let movement = shop.paid_in("80.00", &number).await;
        let run = run(&shop, json!({ "movement_ids": [movement] })).await;
        assert_shows(&run, &[("results/0/outcome", "no_match"), ("results/0/assignment_id", "null")]);
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn a_dry_run_says_what_it_would_do_and_changes_nothing() {
    let shop = Shop::open().await;
    let (order, number) = ordered(&shop, "80.00").await;
    let movement = shop.paid_in("80.00", &number).await;
    let before = [shop.see(&order).await.json, shop.see(&movement).await.json];
    let run_dry = run(&shop, json!({ "dry_run": true })).await;
    assert_shows(
        &run_dry,
        &[("dry_run", "true"), ("results/0/outcome", "assigned"), ("results/0/assignment_id", "null")],
    );
    assert_eq!([shop.see(&order).await.json, shop.see(&movement).await.json], before);
    let assignments = shop.accountant.get("/v1/assignments").await.expect(200);
    assert_eq!(assignments.at("/items"), &json!([]));
    becomes(&shop, &movement, "assigned", "number_and_amount").await;
    shop.app.finish().await;
}

#[tokio::test]
async fn running_again_is_harmless_and_finds_what_was_ordered_later() {
    let shop = Shop::open().await;
    let (order, number) = ordered(&shop, "80.00").await;
    let next = number.replace("00001", "00002");
    let (first, early) = (shop.paid_in("80.00", &number).await, shop.paid_in("70.00", &next).await);
    run(&shop, json!({})).await;
    let before = [shop.see(&order).await.json, shop.see(&first).await.json];
    becomes(&shop, &early, "no_match", "no_reference").await;
    assert_eq!([shop.see(&order).await.json, shop.see(&first).await.json], before);
    let (late, late_number) = ordered(&shop, "70.00").await;
    assert_eq!(late_number, next);
    becomes(&shop, &early, "assigned", "number_and_amount").await;
    shop.shows(&late, &[("payment_status", "paid")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn only_the_movements_that_are_named_are_looked_at_and_they_must_exist() {
    let shop = Shop::open().await;
    let ((_, first), (_, second)) = (ordered(&shop, "80.00").await, ordered(&shop, "70.00").await);
    let (one, other) = (shop.paid_in("80.00", &first).await, shop.paid_in("70.00", &second).await);
    let run = run(&shop, json!({ "movement_ids": [one] })).await;
    assert_shows(&run, &[("counts/assigned", "1"), ("results/0/movement/id", &one)]);
    shop.shows(&other, &[("colour", "red")]).await;
    for unknown in ["mov_01kapd3hzcf3sbvpdj0k4v8m2e", "ord_01kapd3hzcf3sbvpdj0k4v8m2e", "x"] {
        let refused = shop.accountant.post("/v1/assignment-runs", json!({ "movement_ids": [one, unknown] })).await;
        refused.problem(422, "reference_not_found").field("/movement_ids/1", "reference_not_found");
    }
    let none = shop.accountant.post("/v1/assignment-runs", json!({ "movement_ids": [] })).await;
    none.problem(422, "invalid_value").field("/movement_ids", "invalid_value");
    shop.app.finish().await;
}

/// [28]
#[tokio::test]
async fn a_reconciliation_assigns_at_once_when_the_setting_says_so() {
    let shop = Shop::open().await;
    shop.settings(json!({ "auto_assign_after_run": true })).await;
    let (order, number) = ordered(&shop, "80.00").await;
    let movement = shop.paid_in("80.00", &number).await;
    shop.shows(&movement, &[("colour", "green")]).await;
    shop.shows(&order, &[("payment_status", "paid")]).await;
    shop.app.finish().await;
}

/// Everything that is shown of a thing, without what moves on by itself.
async fn shown(shop: &Shop, things: &[&str]) -> Vec<Value> {
    let mut all = Vec::new();
    for thing in things {
        let mut view = shop.see(thing).await.json;
        view.as_object_mut().unwrap().remove("version");
        all.push(view);
    }
    all
}

#[tokio::test]
async fn undoing_an_assignment_restores_both_sides_exactly() {
    let shop = Shop::open().await;
    let order = shop.order_lines(&["60.00", "30.00"]).await;
    let (invoice, movement) = (shop.invoice(&order).await, shop.paid_in("150.00", "Danke").await);
    shop.assign(&movement, &invoice, Some("20.00")).await;
    let things = [order.as_str(), &invoice, &movement];
    for (target, amount) in [(&invoice, None), (&order, Some("35.17")), (&invoice, Some("130.00"))] {
        let before = shown(&shop, &things).await;
        let assignment = shop.assign(&movement, target, amount).await;
        assert_ne!(shown(&shop, &things).await, before);
        shop.undo_call(&assignment).await.await.expect(204);
        assert_eq!(shown(&shop, &things).await, before);
        let undone = shop.see(&assignment).await;
        assert!(undone.at("/undone_at").is_string(), "the history stays: {undone:?}");
        shop.undo_call(&assignment).await.await.problem(409, "assignment_undone");
        assert_eq!(shown(&shop, &things).await, before);
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn an_automatic_assignment_is_undone_like_any_other_and_one_of_many_at_a_time() {
    let shop = Shop::open().await;
    let (order, number) = ordered(&shop, "80.00").await;
    let movement = shop.paid_in("80.00", &number).await;
    let before = shown(&shop, &[&order, &movement]).await;
    let run = becomes(&shop, &movement, "assigned", "number_and_amount").await;
    shop.undo_call(run.text("/results/0/assignment_id")).await.await.expect(204);
    assert_eq!(shown(&shop, &[&order, &movement]).await, before);
    let kept = shop.assign(&movement, &order, Some("10.00")).await;
    let gone = shop.assign(&movement, &order, Some("20.00")).await;
    shop.undo_call(&gone).await.await.expect(204);
    shop.shows(&movement, &[("unassigned_amount/amount", "70.00"), ("assignments/0/id", &kept)]).await;
    shop.balance(&order, ("80.00", "10.00", "70.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn an_assignment_whose_money_went_back_is_not_undone_until_the_refund_is_deleted() {
    let shop = Shop::open().await;
    let (order, movement) = (shop.order("80.00").await, shop.paid_in("80.00", "Danke").await);
    let before = shown(&shop, &[&movement]).await;
    let assignment = shop.assign(&movement, &order, None).await;
    shop.cancel_call(&order, false).await.expect(201);
    let refund = shop.refund(&order, Some("1.00")).await;
    shop.undo_call(&assignment).await.await.problem(409, "amount_already_refunded");
    shop.delete_call(&refund).await.await.expect(204);
    shop.undo_call(&assignment).await.await.expect(204);
    assert_eq!(shown(&shop, &[&movement]).await, before);
    shop.balance(&order, ("0.00", "0.00", "0.00")).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn what_a_refund_has_booked_is_not_undone_by_hand() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    shop.assign(&movement, &shop.order("100.00").await, None).await;
    let refund = shop.refund_remaining(&movement).await;
    let details = shop.see(&movement).await;
    assert_shows(&details, &[("assignments/1/target/type", "refund"), ("assignments/1/target/id", &refund)]);
    shop.undo_call(details.text("/assignments/1/id")).await.await.problem(409, "booked_by_refund");
    shop.app.finish().await;
}
