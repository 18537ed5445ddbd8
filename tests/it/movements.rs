//! Account movements as people see them: columns, kinds, folders, details, comments, summaries.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::builders::assert_shows;
use crate::support::shop::{Shop, eur};

const STATEMENT: &str = include_str!("../fixtures/camt053/day_statement_08.xml");

async fn summary(shop: &Shop, query: &str) -> Answer {
    shop.accountant.get(format!("/v1/account-movements/summary?{query}")).await.expect(200)
}

pub async fn count(shop: &Shop, query: &str) -> i64 {
    let count = summary(shop, query).await.at("/count").as_i64().unwrap();
    let list = shop.accountant.get(format!("/v1/account-movements?limit=200&{query}")).await.expect(200);
    assert_eq!(usize::try_from(count).unwrap(), list.at("/items").as_array().unwrap().len(), "list of {query}");
    count
}

/// [11, 37, 46, 65] Without a folder there are the visible movements of all accounts, in and out.
#[tokio::test]
async fn movements_of_all_accounts_are_one_list() {
    let shop = Shop::open().await;
    let incoming = shop.paid_in("150.00", "Danke").await;
    let bank = shop.statement().await;
    let hidden = shop.paid_in("9.00", "verborgen").await;
    shop.hide_call(&hidden, "hide").await.expect(200);
    let list = shop.accountant.get("/v1/account-movements?limit=200").await.expect(200);
    let items = list.at("/items").as_array().unwrap();
    let accounts: Vec<&str> = items.iter().map(|item| item["account"]["name"].as_str().unwrap()).collect();
    assert!(accounts.contains(&"Sandbox") && accounts.contains(&"Hausbank"), "{accounts:?}");
    let directions: Vec<&str> = items.iter().map(|item| item["direction"].as_str().unwrap()).collect();
    assert!(directions.contains(&"in") && directions.contains(&"out"), "{directions:?}");
    assert!(items.iter().any(|item| item["id"] == *incoming) && !items.iter().any(|item| item["id"] == *hidden));
    assert_eq!(count(&shop, &format!("account_id={}", shop.account)).await, 1);
    let of_bank = count(&shop, &format!("account_id={bank}")).await;
    assert_eq!(of_bank + 1, i64::try_from(items.len()).unwrap());
    shop.app.finish().await;
}

/// [32] A movement that was given back as a whole is assigned as a whole.
#[tokio::test]
async fn returns_alone_assign_a_movement_fully() {
    let shop = Shop::open().await;
    shop.settings(json!({ "allow_return_of_unassigned": true })).await;
    let movement = shop.paid_in("80.00", "Irrläufer").await;
    shop.refund_remaining(&movement).await;
    shop.shows(&movement, &[("colour", "green"), ("unassigned_amount/amount", "0.00")]).await;
    assert_eq!(shop.folders_of(&movement).await, ["fully_assigned"]);
    shop.app.finish().await;
}

/// [38] Movements, outgoing payments and assignments are three lists.
#[tokio::test]
async fn payments_have_three_areas() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("80.00", "Danke").await;
    let order = shop.order("50.00").await;
    let assignment = shop.assign(&movement, &order, None).await;
    let refund = shop.refund_remaining(&movement).await;
    for (path, id) in
        [("account-movements", &movement), ("refunds", &refund), ("assignments?origin=manual", &assignment)]
    {
        let list = shop.accountant.get(format!("/v1/{path}")).await.expect(200);
        assert!(list.at("/items").as_array().unwrap().iter().any(|item| item["id"] == **id), "{list:?}");
    }
    shop.app.finish().await;
}

/// A movement of the bank's file, by its amount, and what it must show.
async fn booked(shop: &Shop, account: &str, amount: &str, expected: &[(&str, &str)]) {
    let movement = shop.movement_over(account, amount).await;
    shop.shows(&movement, expected).await;
}

/// [51, 53, 54, 56, 57, 59] What a bank reports has its kind and its sign, and is completed.
#[tokio::test]
async fn every_booking_has_its_kind() {
    let shop = Shop::open().await;
    let account = shop.statement().await;
    for (amount, kind, direction) in [
        ("1249.00", "incoming", "in"),
        ("119.00", "sepa_direct_debit", "in"),
        ("-49.99", "sepa_direct_debit", "out"),
        ("-412.36", "outgoing", "out"),
        ("-119.00", "bank_chargeback", "out"),
        ("-12.50", "fee", "out"),
        ("-9.90", "fee", "out"),
    ] {
        let expected = [("booking_type", kind), ("direction", direction), ("status", "completed")];
        booked(&shop, &account, amount, &expected).await;
        let found = count(&shop, &format!("account_id={account}&booking_type={kind}&direction={direction}")).await;
        assert!(found >= 1, "{kind}");
    }
    shop.app.finish().await;
}

/// [52] A direct debit that is only announced.
#[tokio::test]
async fn an_announced_direct_debit_is_pending() {
    let shop = Shop::open().await;
    let bank = json!({ "name": "Hausbank", "provider": "bank_file", "currency": "EUR",
        "iban": "DE89370400440532013000" });
    let account = shop.admin.post("/v1/payment-accounts", bank).await.expect(201).id();
    let (before, after) = STATEMENT.split_once("<Amt Ccy=\"EUR\">357.50</Amt>").unwrap();
    let announced = format!("{before}<Amt Ccy=\"EUR\">357.50</Amt>{}", after.replacen("BOOK", "PDNG", 1));
    let path = format!("/v1/statement-imports/raw?account_id={account}&filename=announced.xml");
    shop.accountant.post_raw(path, "application/xml", announced.as_bytes()).await.expect(202);
    shop.app.run_pending().await;
    booked(&shop, &account, "119.00", &[("booking_type", "sepa_prenoted"), ("status", "in_progress")]).await;
    assert_eq!(count(&shop, "folder=pending&booking_type=sepa_prenoted").await, 3);
    shop.app.finish().await;
}

/// [64, 66, 67, 68, 69] The columns of what came in and of what went out.
#[tokio::test]
async fn a_movement_shows_its_columns() {
    let shop = Shop::open().await;
    let account = shop.statement().await;
    let dates = [("booking_date", "2026-11-24"), ("value_date", "2026-11-24"), ("account/name", "Hausbank")];
    let came = [
        ("amount/amount", "1249.00"),
        ("unassigned_amount/amount", "1249.00"),
        ("counterparty/role", "sender"),
        ("counterparty/name", "Jürgen Weiß"),
        ("counterparty/iban", "DE02120300000000202051"),
        ("counterparty/bic", "BYLADEM1001"),
        ("import_channel", "camt"),
        ("returnable", "false"),
    ];
    booked(&shop, &account, "1249.00", &[&dates[..], &came[..]].concat()).await;
    let movement = shop.movement_over(&account, "1249.00").await;
    assert!(shop.see(&movement).await.text("/purpose").contains("RE-2026-0417"));
    let went = [
        ("amount/amount", "-412.36"),
        ("unassigned_amount/amount", "412.36"),
        ("counterparty/role", "recipient"),
        ("counterparty/name", "Speichen & Naben Großhandel KG"),
        ("end_to_end_id", "ZA-2026-0190"),
    ];
    booked(&shop, &account, "-412.36", &[&dates[..], &went[..]].concat()).await;
    booked(&shop, &account, "89.90", &[("reference", "RF18539007547034")]).await;
    booked(&shop, &account, "119.00", &[("mandate_id", "MND-0007")]).await;
    shop.app.finish().await;
}

/// [70] The comment is the one thing to change, and it stays here.
#[tokio::test]
async fn a_movement_has_a_comment_of_our_own() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("80.00", "Danke").await;
    let path = format!("/v1/account-movements/{movement}");
    let patch = |body: Value| shop.accountant.patch(path.clone(), body);
    let noted = patch(json!({ "internal_comment": "Kundin rief an" })).if_match(1).await.expect(200);
    assert_shows(&noted, &[("internal_comment", "Kundin rief an"), ("version", "2"), ("amount/amount", "80.00")]);
    patch(json!({ "internal_comment": "x" })).if_match(1).await.problem(412, "version_mismatch");
    patch(json!({ "purpose": "x" })).if_match(2).await.problem(422, "unknown_field");
    shop.fetch().await;
    shop.shows(&movement, &[("internal_comment", "Kundin rief an")]).await;
    assert_shows(
        &patch(json!({ "internal_comment": null })).if_match(2).await.expect(200),
        &[("internal_comment", "null")],
    );
    shop.app.finish().await;
}

fn action<'a>(details: &'a Answer, name: &str) -> &'a Value {
    let actions = details.at("/allowed_actions").as_array().unwrap();
    actions.iter().find(|action| action["action"] == name).unwrap_or_else(|| panic!("no {name}: {details:?}"))
}

/// [74] Details say what may be done, what forbids the rest, and which cancelled orders can be paid back.
#[tokio::test]
async fn details_name_the_returns_and_their_orders() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("150.00", "Danke").await;
    let order = shop.order("100.00").await;
    shop.assign(&movement, &order, None).await;
    let open = shop.see(&movement).await;
    assert_shows(&open, &[("assignments/0/target/id", &order), ("unassigned_amount/amount", "50.00")]);
    assert_eq!(
        action(&open, "return_remaining_amount"),
        &json!({ "action": "return_remaining_amount", "allowed": true, "reason": null, "orders": [] })
    );
    assert_eq!(action(&open, "return_cancelled_order")["reason"], "order_not_cancelled");
    assert_eq!(action(&open, "unhide")["allowed"], false);

    shop.cancel_call(&order, false).await.expect(201);
    let cancelled = shop.see(&movement).await;
    let concerned = json!([{ "id": order, "number": shop.number(&order).await }]);
    let expected = json!({ "action": "return_cancelled_order", "allowed": true, "reason": null, "orders": concerned });
    assert_eq!(action(&cancelled, "return_cancelled_order"), &expected);

    shop.refund(&order, None).await;
    let gone = shop.see(&movement).await;
    assert_eq!(action(&gone, "return_cancelled_order")["reason"], "outgoing_payment_already_generated");
    shop.app.finish().await;
}

/// [50] The summary counts what the filters find, repeats them, and says how much there is without them.
#[tokio::test]
async fn a_summary_says_what_the_filters_leave() {
    let shop = Shop::open().await;
    for (amount, purpose) in [("10.00", "eins"), ("20.00", "zwei"), ("30.00", "drei")] {
        shop.pay(amount, purpose, "paid").await;
    }
    shop.fetch().await;
    let drei = shop.accountant.get("/v1/account-movements?purpose=drei").await.expect(200);
    let drei = drei.text("/items/0/id").to_owned();
    shop.assign(&drei, &shop.order("10.00").await, None).await;
    let found = summary(&shop, "folder=not_assigned&amount_from=20.00&purpose=REI").await;
    assert_shows(&found, &[("count", "1"), ("total_without_filters", "3")]);
    assert_eq!(found.at("/sums"), &json!([{ "amount": eur("30.00"), "unassigned_amount": eur("20.00") }]));
    let applied = [("folder", "not_assigned"), ("amount_from", "20.00"), ("purpose", "REI"), ("counterparty", "null")];
    for (name, value) in applied {
        assert_shows(&found, &[(&format!("applied_filters/{name}"), value)]);
    }
    let all = summary(&shop, "").await;
    assert_eq!(all.at("/sums"), &json!([{ "amount": eur("60.00"), "unassigned_amount": eur("50.00") }]));
    assert_eq!(summary(&shop, "direction=out").await.at("/sums"), &json!([]));
    shop.hide_call(&drei, "hide").await.expect(200);
    assert_shows(&summary(&shop, "day=2026-11-22").await, &[("count", "2"), ("total_without_filters", "2")]);
    assert_shows(
        &summary(&shop, "folder=hidden").await,
        &[("count", "1"), ("sums/0/unassigned_amount/amount", "20.00")],
    );
    let refused = shop.accountant.get("/v1/account-movements/summary?year=2026&day=2026-11-22&amount_from=x").await;
    refused.problem(422, "invalid_value").field("amount_from", "invalid_value").field("day", "invalid_value");
    shop.accountant.get("/v1/account-movements/summary?limit=5").await.problem(400, "unknown_parameter");
    shop.app.finish().await;
}

/// What a movement is called may change when it is delivered again; the index of its texts follows.
#[tokio::test]
async fn a_text_that_changed_is_found_as_it_is_now() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("80.00", "Rechnung AU-2025-00815").await;
    let found = async |query: &str| {
        let list = shop.accountant.get(format!("/v1/account-movements?{query}")).await.expect(200);
        list.at("/items").as_array().unwrap().len()
    };
    let named = async |number: &str| {
        let hits = shop.accountant.get(format!("/v1/search?type=account_movement&q={number}")).await.expect(200);
        hits.at("/items").as_array().unwrap().len()
    };
    assert_eq!((found("purpose=00815").await, named("au-2025-00815").await), (1, 1));
    let connection = shop.app.db().connect().await;
    let change =
        "UPDATE account_movement SET purpose = 'Bestellung AU-2025-00816', purpose_fold = 'bestellung au-2025-00816'";
    connection.execute_unprepared(change).await.unwrap();
    assert_eq!((found("purpose=00815").await, named("au-2025-00815").await), (0, 0));
    assert_eq!((found("purpose=BESTELLUNG%20AU-2025-00816").await, named("AU-2025-00816").await), (1, 1));
    shop.shows(&movement, &[("purpose", "Bestellung AU-2025-00816")]).await;
    shop.app.finish().await;
}

/// PostgreSQL's triggers only add rows; the daily job adds them up.
#[tokio::test]
async fn the_tally_says_the_same_when_it_was_added_up() {
    let shop = Shop::open().await;
    for amount in ["10.00", "20.00"] {
        let movement = shop.paid_in(amount, "Danke").await;
        shop.assign(&movement, &shop.order("10.00").await, None).await;
    }
    let folders = async || shop.accountant.get("/v1/account-movements/folders").await.expect(200).json;
    let before = folders().await;
    heller::services::movements::tally::add_up(&shop.app.state().db).await.unwrap();
    assert_eq!(folders().await, before);
    let connection = shop.app.db().connect().await;
    let sql = "SELECT COUNT(*) FROM movement_tally WHERE number <> 0";
    let rows = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    assert_eq!(rows.unwrap().try_get_by_index::<i64>(0).unwrap(), 2, "one fully and one partly assigned");
    shop.app.finish().await;
}

#[tokio::test]
async fn every_combination_counts_what_it_lists() {
    let shop = Shop::open().await;
    let bank = shop.statement().await;
    let partly = shop.paid_in("150.00", "Bestellung 4711 danke").await;
    shop.assign(&partly, &shop.order("100.00").await, None).await;
    shop.pay("12.00", "Bestellung 4712", "pending").await;
    shop.pay("13.00", "Bestellung 4713", "expired").await;
    shop.fetch().await;
    let folders = [
        "",
        "folder=not_assigned&",
        "folder=partially_assigned&",
        "folder=fully_assigned&",
        "folder=pending&",
        "folder=failed&",
        "folder=hidden&",
    ];
    let filters = [
        "",
        "booking_type=incoming&",
        "booking_type=fee&",
        "status=completed&",
        "status=aborted&",
        "currency=EUR&",
        "currency=JPY&",
        "direction=out&",
        "amount_abs_from=12&amount_abs_to=200&",
        "counterparty=muster&",
        "q=47&",
        "purpose=bestellung%2047&",
        "purpose=nirgends&",
        "transaction_id=zzzz&",
        "year=2026&",
        "day=2026-11-22&",
    ];
    let account = format!("account_id={bank}&");
    for folder in folders {
        for filter in filters {
            for sort in ["", "sort=amount&", "sort=-amount&", "sort=booking_date&"] {
                let query = format!("{folder}{filter}{}", if filter.len() % 2 == 0 { account.as_str() } else { "" });
                let list =
                    shop.accountant.get(format!("/v1/account-movements?limit=200&{query}{sort}")).await.expect(200);
                let found = i64::try_from(list.at("/items").as_array().unwrap().len()).unwrap();
                assert_eq!(summary(&shop, &query).await.at("/count"), found, "{query}{sort}");
            }
        }
    }
    shop.app.finish().await;
}
