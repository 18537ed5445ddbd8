//! Four eyes: who asked for a refund, or changed it, does not approve it; what is not approved is not sent.

use heller::access::role::Role;
use heller::domain::approval::ApprovalState;
use heller::domain::id::{RefundId, UserId};
use heller::domain::refund::RefundStatus;
use heller::entities::refund;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, UpdateMany};
use serde_json::json;

use crate::support::builders::{assert_shows, path_of};
use crate::support::client::{Call, Client};
use crate::support::shop::{Shop, eur};

fn approve(person: &Client, refund: &str) -> Call {
    person.act(format!("{}/approve", path_of(refund))).idempotent()
}

fn reject(person: &Client, refund: &str, reason: &str) -> Call {
    person.post(format!("{}/reject", path_of(refund)), json!({ "reason": reason })).idempotent()
}

/// A movement of which this much is left.
async fn remainder(shop: &Shop, left: u32) -> String {
    let movement = shop.paid_in(&format!("{}.00", left + 100), "Danke").await;
    shop.assign(&movement, &shop.order("100.00").await, None).await;
    movement
}

/// A refund that the accountant asks for, and not the clerk.
async fn asked_by_accountant(shop: &Shop, amount: u32) -> String {
    let body = json!({ "origin": { "type": "remaining_amount", "id": remainder(shop, amount).await } });
    let made = shop.accountant.post("/v1/refunds", body).idempotent().await.expect(201);
    made.text("/refunds/0/id").to_owned()
}

#[tokio::test]
async fn with_always_a_refund_needs_a_second_person() {
    let shop = Shop::open().await;
    shop.four_eyes("always").await;
    let refund = asked_by_accountant(&shop, 50).await;
    let awaiting = [("status", "awaiting_approval"), ("colour", "yellow"), ("approval/state", "pending")];
    shop.shows(&refund, &awaiting).await;
    shop.shows(&refund, &[("approval/four_eyes", "always"), ("approval/by", "null"), ("approval/at", "null")]).await;
    shop.send_call(&refund).await.problem(409, "approval_required");
    approve(&shop.accountant, &refund).await.problem(403, "self_approval");
    reject(&shop.accountant, &refund, "Doch nicht").await.problem(403, "self_approval");
    approve(&shop.refunds, &refund).await.problem(403, "missing_permission");
    shop.shows(&refund, &awaiting).await;

    let rejected = reject(&shop.second, &refund, "Betrag zu hoch").await.expect(200);
    assert_shows(&rejected, &[("status", "awaiting_approval"), ("approval/state", "rejected")]);
    assert_shows(&rejected, &[("approval/reason", "Betrag zu hoch"), ("approval/by", &shop.second.id())]);
    shop.send_call(&refund).await.problem(409, "approval_required");
    approve(&shop.second, &refund).await.problem(409, "invalid_transition");
    reject(&shop.second, &refund, "Noch einmal").await.problem(409, "invalid_transition");

    let edited = shop.edit_call(&refund, json!({ "amount": eur("40.00") })).await.await.expect(200);
    assert_shows(&edited, &awaiting);
    assert_shows(&edited, &[("approval/by", "null"), ("approval/reason", "null")]);
    let approved = approve(&shop.second, &refund).await.expect(200);
    assert_shows(
        &approved,
        &[("status", "not_sent"), ("approval/state", "approved"), ("approval/by", &shop.second.id())],
    );
    assert!(approved.at("/approval/at").is_string());
    approve(&shop.second, &refund).await.problem(409, "invalid_transition");

    assert_shows(&shop.send(&refund).await, &[("status", "sent"), ("approval/state", "approved")]);
    assert_eq!(shop.payouts().await.len(), 1);
    approve(&shop.second, &refund).await.problem(409, "outgoing_payment_already_sent");
    shop.fetch().await;
    shop.shows(&refund, &[("status", "confirmed")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_rejected_refund_can_be_deleted() {
    let shop = Shop::open().await;
    shop.four_eyes("always").await;
    let movement = remainder(&shop, 50).await;
    let refund = shop.refund_remaining(&movement).await;
    reject(&shop.second, &refund, "Betrag zu hoch").await.expect(200);
    shop.delete_call(&refund).await.await.expect(204);
    shop.shows(&movement, &[("colour", "yellow"), ("unassigned_amount/amount", "50.00")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_later_edit_voids_the_approval_and_a_comment_does_not() {
    let shop = Shop::open().await;
    shop.four_eyes("always").await;
    let refund = shop.refund(&remainder(&shop, 50).await, Some("30.00")).await;
    for patch in [json!({ "amount": eur("31.00") }), json!({ "amount": eur("20.00") }), json!({ "purpose": "Neu" })] {
        approve(&shop.second, &refund).await.expect(200);
        let edited = shop.edit_call(&refund, patch).await.await.expect(200);
        assert_shows(
            &edited,
            &[("status", "awaiting_approval"), ("approval/state", "pending"), ("approval/by", "null")],
        );
        shop.send_call(&refund).await.problem(409, "approval_required");
    }
    approve(&shop.second, &refund).await.expect(200);
    let noted = shop.edit_call(&refund, json!({ "internal_comment": "ok" })).await.await.expect(200);
    assert_shows(&noted, &[("status", "not_sent"), ("approval/state", "approved")]);
    shop.app.finish().await;
}

#[tokio::test]
async fn a_failed_refund_that_is_edited_needs_approval_again() {
    let shop = Shop::open().await;
    shop.four_eyes("always").await;
    let refund = shop.refund_remaining(&remainder(&shop, 50).await).await;
    approve(&shop.second, &refund).await.expect(200);
    shop.behave(json!({ "mode": "refuse", "times": 1 })).await;
    assert_shows(&shop.send(&refund).await, &[("status", "failed"), ("approval/state", "approved")]);
    let edited = shop.edit_call(&refund, json!({ "amount": eur("49.00") })).await.await.expect(200);
    assert_shows(&edited, &[("status", "awaiting_approval"), ("approval/state", "pending")]);
    shop.send_call(&refund).await.problem(409, "approval_required");
    approve(&shop.second, &refund).await.expect(200);
    assert_shows(&shop.send(&refund).await, &[("status", "sent")]);
    shop.app.finish().await;
}

#[tokio::test]
async fn who_changed_a_refund_does_not_approve_it_either() {
    let shop = Shop::open().await;
    shop.four_eyes("always").await;
    let refund = asked_by_accountant(&shop, 50).await;
    let path = path_of(&refund);
    shop.second.patch(&path, json!({ "amount": eur("10.00") })).if_match(1).await.expect(200);
    approve(&shop.second, &refund).await.problem(403, "self_approval");
    approve(&shop.accountant, &refund).await.problem(403, "self_approval");
    let third = shop.app.user(Role::Accountant).await;
    // A later edit by somebody else changes nothing about who raised the amount.
    third.patch(&path, json!({ "purpose": "Rest" })).if_match(2).await.expect(200);
    for editor in [&shop.second, &shop.accountant, &third] {
        approve(editor, &refund).await.problem(403, "self_approval");
        reject(editor, &refund, "Doch nicht").await.problem(403, "self_approval");
    }
    let fourth = shop.app.user(Role::Accountant).await;
    approve(&fourth, &refund).await.expect(200);
    shop.app.finish().await;
}

#[tokio::test]
async fn an_approval_of_what_was_not_seen_is_refused() {
    let shop = Shop::open().await;
    shop.four_eyes("always").await;
    let refund = shop.refund_remaining(&remainder(&shop, 50).await).await;
    shop.edit_call(&refund, json!({ "amount": eur("49.00") })).await.await.expect(200);
    let stale = approve(&shop.second, &refund).if_match(1).await;
    assert_eq!(stale.problem(412, "version_mismatch").at("/current_version"), &json!(2));
    approve(&shop.second, &refund).if_match(2).await.expect(200);
    shop.app.finish().await;
}

#[tokio::test]
async fn above_a_limit_only_what_is_more_than_the_limit_needs_approval() {
    let shop = Shop::open().await;
    shop.four_eyes("above:1000.00").await;
    let movement = remainder(&shop, 5000).await;
    let at_limit = shop.refund(&movement, Some("1000.00")).await;
    shop.shows(&at_limit, &[("status", "not_sent"), ("approval/state", "not_required")]).await;
    let above = shop.refund(&movement, Some("1000.01")).await;
    shop.shows(&above, &[("status", "awaiting_approval"), ("approval/four_eyes", "above:1000.00")]).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_payout_that_several_movements_share_is_held_against_the_limit_as_a_whole() {
    let shop = Shop::open().await;
    shop.four_eyes("above:1000.00").await;
    let order = shop.order("1200.00").await;
    for _ in 0..2 {
        shop.assign(&shop.paid_in("600.00", "Rate").await, &order, None).await;
    }
    let cancelled = shop.cancel_call(&order, true).await.expect(201);
    for refund in ["refunds/0/status", "refunds/1/status"] {
        assert_shows(&cancelled, &[(refund, "awaiting_approval")]);
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn an_edit_does_not_get_around_the_limit() {
    let shop = Shop::open().await;
    shop.four_eyes("above:1000.00").await;
    let refund = shop.refund(&remainder(&shop, 5000).await, Some("900.00")).await;
    let small = shop.edit_call(&refund, json!({ "amount": eur("1000.00") })).await.await.expect(200);
    assert_shows(&small, &[("status", "not_sent"), ("approval/state", "not_required")]);
    let large = shop.edit_call(&refund, json!({ "amount": eur("4000.00") })).await.await.expect(200);
    assert_shows(&large, &[("status", "awaiting_approval"), ("approval/state", "pending")]);
    shop.send_call(&refund).await.problem(409, "approval_required");
    approve(&shop.second, &refund).await.expect(200);
    assert_shows(&shop.send(&refund).await, &[("status", "sent")]);
    shop.app.finish().await;
}

#[tokio::test]
async fn a_change_of_the_setting_touches_no_refund_that_exists() {
    let shop = Shop::open().await;
    let movement = remainder(&shop, 50).await;
    let without = shop.refund(&movement, Some("10.00")).await;
    shop.four_eyes("always").await;
    let with = shop.refund(&movement, Some("10.00")).await;
    shop.shows(&without, &[("status", "not_sent"), ("approval/four_eyes", "off")]).await;
    assert_shows(&shop.send(&without).await, &[("status", "sent")]);
    shop.four_eyes("off").await;
    shop.shows(&with, &[("status", "awaiting_approval"), ("approval/four_eyes", "always")]).await;
    shop.send_call(&with).await.problem(409, "approval_required");
    let edited = shop.edit_call(&with, json!({ "amount": eur("9.00") })).await.await.expect(200);
    assert_shows(&edited, &[("status", "awaiting_approval")]);
    shop.app.finish().await;
}

/// Changes one refund behind the program's back.
async fn by_hand(
    shop: &Shop,
    refund: &str,
    change: impl Fn(UpdateMany<refund::Entity>) -> UpdateMany<refund::Entity>,
) -> Result<u64, DbErr> {
    let connection = shop.app.db().connect().await;
    let update =
        change(refund::Entity::update_many()).filter(refund::Column::Id.eq(refund.parse::<RefundId>().unwrap()));
    let changed = update.exec(&connection).await.map(|result| result.rows_affected);
    connection.close().await.unwrap();
    changed
}

#[tokio::test]
async fn the_database_itself_refuses_who_asked_as_who_approves() {
    let shop = Shop::open().await;
    shop.four_eyes("always").await;
    let refund = asked_by_accountant(&shop, 50).await;
    let approved_by = |person: &Client| {
        let person: UserId = person.session().user;
        move |update: UpdateMany<refund::Entity>| {
            update
                .col_expr(refund::Column::ApprovalState, Expr::value(ApprovalState::Approved))
                .col_expr(refund::Column::ApprovalBy, Expr::value(person))
        }
    };
    let refused = by_hand(&shop, &refund, approved_by(&shop.accountant)).await.unwrap_err().to_string();
    assert!(refused.contains("refund_second_person"), "{refused}");
    let unapproved = |update: UpdateMany<refund::Entity>| {
        update.col_expr(refund::Column::Status, Expr::value(RefundStatus::Sending))
    };
    let refused = by_hand(&shop, &refund, unapproved).await.unwrap_err().to_string();
    assert!(refused.contains("refund_sends_only_approved"), "{refused}");
    shop.shows(&refund, &[("status", "awaiting_approval"), ("approval/by", "null")]).await;
    shop.second.patch(path_of(&refund), json!({ "amount": eur("10.00") })).if_match(1).await.expect(200);
    let refused = by_hand(&shop, &refund, approved_by(&shop.second)).await.unwrap_err().to_string();
    assert!(refused.contains("who changed a refund does not decide on it"), "{refused}");
    let third = shop.app.user(Role::Accountant).await;
    assert_eq!(by_hand(&shop, &refund, approved_by(&third)).await.unwrap(), 1);
    shop.app.finish().await;
}
