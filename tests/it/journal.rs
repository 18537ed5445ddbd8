//! Double entry: what each money event posts, and that nobody changes it afterwards.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::support::builders::assert_shows;
use crate::support::shop::{Shop, eur};

/// Roles of the accounts by number.
async fn roles(shop: &Shop) -> HashMap<String, String> {
    let accounts = shop.accountant.get("/v1/ledger/accounts").await.expect(200);
    let role = |account: &serde_json::Value| {
        (account["code"].as_str().unwrap().to_owned(), account["role"].as_str().unwrap_or_default().to_owned())
    };
    accounts.at("/items").as_array().unwrap().iter().map(role).collect()
}

/// What was posted for a thing, oldest first: `kind: Dr role amount, Cr role amount`.
async fn posted(shop: &Shop, subject: &str) -> Vec<String> {
    let roles = roles(shop).await;
    let entries = shop.accountant.get(format!("/v1/journal-entries?subject_id={subject}&limit=200")).await.expect(200);
    let entry = |entry: &serde_json::Value| {
        assert_eq!(entry["subject"]["id"], subject);
        let line = |line: &serde_json::Value| {
            let role = &roles[line["account"]["code"].as_str().unwrap()];
            let (side, money) = if line["debit"].is_null() { ("Cr", &line["credit"]) } else { ("Dr", &line["debit"]) };
            format!("{side} {role} {}", money["amount"].as_str().unwrap())
        };
        let lines: Vec<String> = entry["lines"].as_array().unwrap().iter().map(line).collect();
        format!("{}: {}", entry["kind"].as_str().unwrap(), lines.join(", "))
    };
    let mut found: Vec<String> = entries.at("/items").as_array().unwrap().iter().map(entry).collect();
    found.reverse();
    found
}

/// Balance of an account, debit minus credit.
async fn balance(shop: &Shop, role: &str) -> String {
    let roles = roles(shop).await;
    let sums = shop.accountant.get("/v1/ledger/trial-balance").await.expect(200);
    let mut rows = sums.at("/items").as_array().unwrap().iter();
    let row = rows.find(|row| roles[row["account"]["code"].as_str().unwrap()] == role);
    row.map_or_else(|| "0.00".to_owned(), |row| row["balance"]["amount"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn money_that_arrives_is_assigned_and_taken_back() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    let order = shop.order("100.00").await;
    assert_eq!(posted(&shop, &movement).await, ["movement_imported: Dr bank 150.00, Cr unassigned_receipts 150.00"]);
    let assignment = shop.assign(&movement, &order, None).await;
    let assigned = "assigned: Dr unassigned_receipts 100.00, Cr customer 100.00";
    assert_eq!(posted(&shop, &assignment).await, [assigned]);
    shop.undo_call(&assignment).await.await.expect(204);
    let undone = "assignment_undone: Dr customer 100.00, Cr unassigned_receipts 100.00";
    assert_eq!(posted(&shop, &assignment).await, [assigned, undone]);
    assert_eq!(
        (balance(&shop, "customer").await, balance(&shop, "unassigned_receipts").await),
        ("0.00".into(), "-150.00".into())
    );
    shop.app.finish().await;
}

#[tokio::test]
async fn what_is_only_announced_or_expired_posts_nothing_until_it_is_paid() {
    let shop = Shop::open().await;
    let (announced, expired) = (shop.pay("10.00", "P1", "pending").await, shop.pay("20.00", "P2", "expired").await);
    shop.fetch().await;
    let (announced_movement, expired) = (shop.movement_of(&announced).await, shop.movement_of(&expired).await);
    assert_eq!(posted(&shop, &announced_movement).await, [""; 0]);
    assert_eq!(posted(&shop, &expired).await, [""; 0]);
    shop.payment_becomes(&announced, "paid").await;
    shop.fetch().await;
    let arrived = ["movement_imported: Dr bank 10.00, Cr unassigned_receipts 10.00"];
    assert_eq!(posted(&shop, &announced_movement).await, arrived);
    shop.app.finish().await;
}

#[tokio::test]
async fn a_payment_keyed_by_hand_goes_to_the_cash_account() {
    let shop = Shop::open().await;
    let payment = shop.keyed(&shop.order("80.00").await, "80.00").await;
    assert_eq!(posted(&shop, &payment).await, ["payment_keyed: Dr cash 80.00, Cr customer 80.00"]);
    shop.app.finish().await;
}

#[tokio::test]
async fn a_fee_goes_from_the_bank_to_the_costs_and_outgoing_money_from_receipts_to_the_customer() {
    let shop = Shop::open().await;
    let account = shop.statement().await;
    let (fee, out) = (shop.movement_over(&account, "-9.90").await, shop.movement_over(&account, "-412.36").await);
    assert_eq!(posted(&shop, &fee).await, ["fee_imported: Dr bank_fees 9.90, Cr bank 9.90"]);
    assert_eq!(posted(&shop, &out).await, ["movement_imported: Dr unassigned_receipts 412.36, Cr bank 412.36"]);
    let order = shop.order("100.00").await;
    shop.keyed(&order, "512.36").await;
    let assignment = shop.assign(&out, &order, None).await;
    assert_eq!(posted(&shop, &assignment).await, ["assigned: Dr customer 412.36, Cr unassigned_receipts 412.36"]);
    shop.balance(&order, ("100.00", "100.00", "0.00")).await;
    shop.undo_call(&assignment).await.await.expect(204);
    shop.balance(&order, ("100.00", "512.36", "-412.36")).await;
    shop.app.finish().await;
}

/// An invoice of 119.00 with 19 and 107.00 with 7 percent.
async fn invoice_of_two_rates(shop: &Shop) -> String {
    let line = |price: &str, rate: &str| json!({ "description": rate, "quantity": "1", "unit_price": eur(price), "tax_rate": rate });
    let order = shop.order_of(vec![line("119.00", "19"), line("107.00", "7")], json!({})).await;
    shop.invoice(&order).await
}

#[tokio::test]
async fn an_invoice_posts_revenue_and_tax_of_all_its_rates_and_a_correction_the_reverse() {
    let shop = Shop::open().await;
    let invoice = invoice_of_two_rates(&shop).await;
    let issued = "invoice_issued: Dr customer 226.00, Cr revenue 200.00, Cr vat 26.00";
    assert_eq!(posted(&shop, &invoice).await, [issued]);
    let draft = shop.correction(&invoice).await;
    assert_eq!(posted(&shop, &draft).await, [""; 0], "a draft moves no money");
    shop.sales.delete(crate::support::builders::path_of(&draft)).if_match(1).await.expect(204);
    let correction = shop.corrected(&invoice, &[1]).await;
    let reverse = "correction_formalised: Dr revenue 100.00, Dr vat 7.00, Cr customer 107.00";
    assert_eq!(posted(&shop, &correction).await, [reverse]);
    let rest = shop.corrected(&invoice, &[0]).await;
    let reverse = "correction_formalised: Dr revenue 100.00, Dr vat 19.00, Cr customer 119.00";
    assert_eq!(posted(&shop, &rest).await, [reverse]);
    for role in ["customer", "revenue", "vat"] {
        assert_eq!(balance(&shop, role).await, "0.00", "{role}");
    }
    shop.app.finish().await;
}

/// A movement of 150.00, 100.00 of it assigned.
async fn partly_assigned(shop: &Shop) -> String {
    let movement = shop.paid_in("150.00", "Danke").await;
    shop.assign(&movement, &shop.order("100.00").await, None).await;
    movement
}

#[tokio::test]
async fn the_refund_of_a_remainder_comes_from_unassigned_receipts_and_ends_at_the_bank() {
    let shop = Shop::open().await;
    let refund = shop.refund_remaining(&partly_assigned(&shop).await).await;
    let generated = "refund_generated: Dr unassigned_receipts 50.00, Cr refunds_payable 50.00";
    assert_eq!(posted(&shop, &refund).await, [generated]);
    shop.send(&refund).await;
    let sent = "refund_sent: Dr refunds_payable 50.00, Cr money_in_transit 50.00";
    assert_eq!(posted(&shop, &refund).await, [generated, sent]);
    shop.fetch().await;
    shop.shows(&refund, &[("status", "confirmed")]).await;
    let confirmed = "refund_confirmed: Dr money_in_transit 50.00, Cr bank 50.00";
    assert_eq!(posted(&shop, &refund).await, [generated, sent, confirmed]);
    assert_eq!(balance(&shop, "bank").await, "100.00");
    for role in ["unassigned_receipts", "refunds_payable", "money_in_transit"] {
        assert_eq!(balance(&shop, role).await, "0.00", "{role}");
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn the_refund_of_a_correction_comes_from_the_customer() {
    let shop = Shop::open().await;
    let invoice = invoice_of_two_rates(&shop).await;
    shop.assign(&shop.paid_in("226.00", "Danke").await, &invoice, None).await;
    let correction = shop.corrected(&invoice, &[1]).await;
    assert_eq!(balance(&shop, "customer").await, "-107.00");
    let refund = shop.refund(&correction, None).await;
    assert_eq!(posted(&shop, &refund).await, ["refund_generated: Dr customer 107.00, Cr refunds_payable 107.00"]);
    let entries = shop.accountant.get(format!("/v1/journal-entries?subject_id={refund}")).await.expect(200);
    assert_shows(&entries, &[("items/0/customer/id", &shop.customer)]);
    assert_eq!(balance(&shop, "customer").await, "0.00");
    shop.app.finish().await;
}

#[tokio::test]
async fn an_edit_posts_the_difference_and_a_deletion_the_reversal() {
    let shop = Shop::open().await;
    let refund = shop.refund(&partly_assigned(&shop).await, Some("30.00")).await;
    for amount in ["45.00", "45.00", "10.00"] {
        shop.edit_call(&refund, json!({ "amount": eur(amount) })).await.await.expect(200);
    }
    shop.edit_call(&refund, json!({ "purpose": "Anders" })).await.await.expect(200);
    let so_far = [
        "refund_generated: Dr unassigned_receipts 30.00, Cr refunds_payable 30.00",
        "refund_edited: Dr unassigned_receipts 15.00, Cr refunds_payable 15.00",
        "refund_edited: Dr refunds_payable 35.00, Cr unassigned_receipts 35.00",
    ];
    assert_eq!(posted(&shop, &refund).await, so_far);
    shop.delete_call(&refund).await.await.expect(204);
    let deleted = "refund_deleted: Dr refunds_payable 10.00, Cr unassigned_receipts 10.00";
    assert_eq!(posted(&shop, &refund).await, [so_far.as_slice(), &[deleted]].concat());
    assert_eq!(balance(&shop, "refunds_payable").await, "0.00");
    shop.app.finish().await;
}

#[tokio::test]
async fn a_refused_send_posts_nothing() {
    let shop = Shop::open().await;
    let refund = shop.refund_remaining(&partly_assigned(&shop).await).await;
    let before = posted(&shop, &refund).await;
    shop.behave(json!({ "mode": "refuse", "times": 1 })).await;
    assert_shows(&shop.send(&refund).await, &[("status", "failed")]);
    assert_eq!(posted(&shop, &refund).await, before);
    shop.app.finish().await;
}

#[tokio::test]
async fn an_unknown_outcome_posts_nothing_until_it_is_known() {
    let mut shop = Shop::open().await;
    let refund = shop.refund_remaining(&partly_assigned(&shop).await).await;
    shop.behave(json!({ "mode": "timeout_after_effect", "times": 1 })).await;
    shop.send(&refund).await;
    assert_eq!(posted(&shop, &refund).await.len(), 1);
    shop.later(chrono::Duration::seconds(10)).await;
    shop.app.run_pending().await;
    let sent = "refund_sent: Dr refunds_payable 50.00, Cr money_in_transit 50.00";
    assert_eq!(posted(&shop, &refund).await[1..], [sent]);
    shop.app.finish().await;
}

#[tokio::test]
async fn a_movement_that_comes_before_the_answer_posts_both_once() {
    let mut shop = Shop::open().await;
    let refund = shop.refund_remaining(&partly_assigned(&shop).await).await;
    shop.behave(json!({ "mode": "timeout_after_effect", "times": 1 })).await;
    shop.send(&refund).await;
    shop.fetch().await;
    let all = [
        "refund_generated: Dr unassigned_receipts 50.00, Cr refunds_payable 50.00",
        "refund_sent: Dr refunds_payable 50.00, Cr money_in_transit 50.00",
        "refund_confirmed: Dr money_in_transit 50.00, Cr bank 50.00",
    ];
    assert_eq!(posted(&shop, &refund).await, all);
    shop.later(chrono::Duration::seconds(10)).await;
    shop.app.run_pending().await;
    assert_eq!(posted(&shop, &refund).await, all);
    shop.app.finish().await;
}

/// Runs SQL behind the program's back and answers what the database said.
async fn by_hand(shop: &Shop, sql: &str) -> Result<u64, String> {
    let connection = shop.app.db().connect().await;
    let done = connection.execute_unprepared(sql).await.map(|done| done.rows_affected());
    connection.close().await.unwrap();
    done.map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_database_itself_keeps_the_journal_as_it_is() {
    let shop = Shop::open().await;
    shop.paid_in("150.00", "Danke").await;
    for sql in [
        "UPDATE journal_entry SET entry_date = '2020-01-01'",
        "DELETE FROM journal_entry",
        "UPDATE journal_posting SET amount_minor = amount_minor + 1",
        "UPDATE journal_posting SET debit_account = credit_account, credit_account = debit_account",
        "DELETE FROM journal_posting",
    ] {
        let refused = by_hand(&shop, sql).await.unwrap_err();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    let one_sided = "INSERT INTO journal_posting SELECT entry_id, 2, debit_account, debit_account, 100, currency FROM journal_posting";
    by_hand(&shop, one_sided).await.unwrap_err();
    shop.app.finish().await;
}

#[tokio::test]
async fn the_database_itself_keeps_a_formalised_correction_as_it_is() {
    let shop = Shop::open().await;
    let invoice = invoice_of_two_rates(&shop).await;
    let draft = shop.correction(&invoice).await;
    by_hand(&shop, "UPDATE invoice_correction SET note = 'a draft may change'").await.unwrap();
    shop.formalise_call(&draft).await.expect(200);
    for sql in [
        "UPDATE invoice_correction SET note = 'other'",
        "UPDATE invoice_correction SET number = 'RK-2026-00099'",
        "UPDATE invoice_correction SET correction_date = '2020-01-01'",
        "UPDATE invoice_correction SET gross_minor = gross_minor + 1, net_minor = net_minor + 1",
        "UPDATE invoice_correction SET status = 'draft', number = NULL",
        "DELETE FROM invoice_correction",
        "UPDATE invoice_correction_line SET gross_minor = gross_minor + 1",
        "DELETE FROM invoice_correction_line",
    ] {
        let refused = by_hand(&shop, sql).await.unwrap_err();
        assert!(refused.contains("a formalised correction never changes"), "{sql}: {refused}");
    }
    shop.app.finish().await;
}
