//! The filters of the movement list (features 41 to 49 of domain.md).

use chrono::Duration;
use serde_json::json;

use crate::support::shop::Shop;

/// Purposes of what a filter finds, sorted.
async fn found(shop: &Shop, query: &str) -> Vec<String> {
    let list = shop.accountant.get(format!("/v1/account-movements?limit=200&{query}")).await.expect(200);
    let items = list.at("/items").as_array().unwrap().iter();
    let mut purposes: Vec<String> = items.map(|item| item["purpose"].as_str().unwrap().to_owned()).collect();
    purposes.sort();
    purposes
}

/// [44, 45, 47]
#[tokio::test]
async fn bounds_of_an_amount_are_inclusive_and_signed() {
    let shop = Shop::open().await;
    for amount in ["9.99", "10.00", "10.01"] {
        shop.pay(amount, amount, "paid").await;
    }
    let movement = shop.paid_in("150.00", "150.00").await;
    shop.assign(&movement, &shop.order("140.00").await, None).await;
    let refund = shop.refund_remaining(&movement).await;
    shop.edit_call(&refund, json!({ "purpose": "-10.00" })).await.await.expect(200);
    shop.send(&refund).await;
    shop.fetch().await;
    for (query, expected) in [
        ("amount_from=10.00", vec!["10.00", "10.01", "150.00"]),
        ("amount_from=10", vec!["10.00", "10.01", "150.00"]),
        ("amount_to=10.00", vec!["-10.00", "10.00", "9.99"]),
        ("amount_from=10.00&amount_to=10.00", vec!["10.00"]),
        ("amount_from=-10.00&amount_to=0", vec!["-10.00"]),
        ("amount_abs_from=10.00&amount_abs_to=10.00", vec!["-10.00", "10.00"]),
        ("amount_abs_from=10.01", vec!["10.01", "150.00"]),
        ("direction=out", vec!["-10.00"]),
        ("booking_type=refund", vec!["-10.00"]),
        ("booking_type=incoming&amount_to=10", vec!["10.00", "9.99"]),
        ("folder=fully_assigned", vec!["-10.00", "150.00"]),
        ("folder=not_assigned&amount_from=10.01", vec!["10.01"]),
    ] {
        assert_eq!(found(&shop, query).await, expected, "{query}");
    }
    for wrong in [
        "amount_from=10.01&amount_to=10.00",
        "amount_from=abc",
        "amount_abs_from=1,00",
        "amount_abs_from=20&amount_abs_to=10",
        "amount_abs_from=-1.00",
    ] {
        shop.accountant.get(format!("/v1/account-movements?{wrong}")).await.problem(422, "invalid_value");
    }
    let decimals = shop.accountant.get("/v1/account-movements?amount_from=1.001").await;
    decimals.problem(422, "too_many_decimals").field("amount_from", "too_many_decimals");
    shop.app.finish().await;
}

#[tokio::test]
async fn an_amount_bound_does_not_find_amounts_of_another_currency() {
    let shop = Shop::open().await;
    shop.paid_in("10.00", "Euro").await;
    let yen = json!({ "name": "Yen", "provider": "sandbox", "currency": "JPY" });
    let yen = shop.admin.post("/v1/payment-accounts", yen).await.expect(201).id();
    let payment = json!({
        "amount": { "amount": "1000", "currency": "JPY" }, "counterparty": { "name": "Hanako" }, "purpose": "Yen",
    });
    shop.accountant.post(format!("/v1/sandbox/{yen}/payments"), payment).await.expect(201);
    shop.accountant.post("/v1/reconciliation-runs", json!({})).await.expect(202);
    shop.app.run_pending().await;
    assert_eq!(found(&shop, "").await, ["Euro", "Yen"]);
    assert_eq!(found(&shop, "amount_from=10.00&amount_to=10.00").await, ["Euro"]);
    assert_eq!(found(&shop, "amount_abs_from=1.00").await, ["Euro"]);
    assert_eq!(found(&shop, "currency=JPY&amount_from=1000&amount_to=1000").await, ["Yen"]);
    assert_eq!(found(&shop, "currency=JPY").await, ["Yen"]);
    shop.app.finish().await;
}

/// [49]
#[tokio::test]
async fn a_period_is_a_year_a_month_a_day_or_two_dates() {
    let mut shop = Shop::open().await;
    shop.pay("1.00", "2026-11-22", "paid").await;
    for (days, date) in [(1, "2026-11-23"), (8, "2026-12-01"), (30, "2026-12-31"), (1, "2027-01-01")] {
        shop.later(Duration::days(days)).await;
        shop.pay("1.00", date, "paid").await;
    }
    shop.fetch().await;
    for (query, expected) in [
        ("year=2026", vec!["2026-11-22", "2026-11-23", "2026-12-01", "2026-12-31"]),
        ("year=2027", vec!["2027-01-01"]),
        ("month=2026-11", vec!["2026-11-22", "2026-11-23"]),
        ("month=2026-12", vec!["2026-12-01", "2026-12-31"]),
        ("day=2026-11-23", vec!["2026-11-23"]),
        ("date_from=2026-12-31", vec!["2026-12-31", "2027-01-01"]),
        ("date_to=2026-11-22", vec!["2026-11-22"]),
        ("date_from=2026-11-23&date_to=2026-12-01", vec!["2026-11-23", "2026-12-01"]),
    ] {
        assert_eq!(found(&shop, query).await, expected, "{query}");
    }
    for wrong in [
        "year=2026&month=2026-11",
        "day=2026-11-22&date_from=2026-11-22",
        "year=26",
        "month=2026-13",
        "month=11",
        "day=22.11.2026",
        "date_from=2026-12-01&date_to=2026-11-01",
    ] {
        shop.accountant.get(format!("/v1/account-movements?{wrong}")).await.problem(422, "invalid_value");
    }
    shop.app.finish().await;
}

/// [41, 42]
#[tokio::test]
async fn a_text_is_found_whatever_its_case_and_umlauts() {
    let shop = Shop::open().await;
    for (name, purpose) in
        [("Jürgen Müller", "Straße 5"), ("JUERGEN MUELLER", "STRASSE 6"), ("Erika Muster", "Rechnung")]
    {
        shop.pay_as(name, ("1.00", purpose, "paid")).await;
    }
    shop.fetch().await;
    for query in [
        "counterparty=m%C3%BCller",
        "counterparty=MUELLER",
        "counterparty=M%C3%9CLL",
        "purpose=stra%C3%9Fe",
        "q=Strasse",
        "q=gen%20m",
    ] {
        assert_eq!(found(&shop, query).await, ["STRASSE 6", "Straße 5"], "{query}");
    }
    assert_eq!(found(&shop, "counterparty=muster&purpose=rech").await, ["Rechnung"]);
    assert_eq!(found(&shop, "counterparty=muster&purpose=strasse").await, [""; 0]);
    assert_eq!(found(&shop, "q=muster").await, ["Rechnung"]);
    shop.app.finish().await;
}

#[tokio::test]
async fn wildcards_are_letters() {
    let shop = Shop::open().await;
    let purposes = ["100% sicher", "100 sicher", "a_b", "axb", "c\\d", "cd", "e*f", "O'Neil"];
    for purpose in purposes {
        shop.pay("1.00", purpose, "paid").await;
    }
    shop.fetch().await;
    for (query, expected) in [
        ("purpose=100%25", vec!["100% sicher"]),
        ("purpose=%25", vec!["100% sicher"]),
        ("purpose=a_b", vec!["a_b"]),
        ("purpose=_", vec!["a_b"]),
        ("purpose=%5C", vec!["c\\d"]),
        ("purpose=c%5Cd", vec!["c\\d"]),
        ("q=*", vec!["e*f"]),
        ("q=O'N", vec!["O'Neil"]),
        ("counterparty=_", vec![]),
        ("transaction_id=%25", vec![]),
    ] {
        assert_eq!(found(&shop, query).await, expected, "{query}");
    }
    shop.app.finish().await;
}

/// [43, 46, 48]
#[tokio::test]
async fn a_part_of_the_transaction_id_is_enough() {
    let shop = Shop::open().await;
    let id = shop.pay("1.00", "Danke", "paid").await;
    shop.fetch().await;
    let (_, random) = id.split_once('_').unwrap();
    let part = &random[random.len() - 10..];
    for query in
        [format!("transaction_id={part}"), format!("transaction_id={}", part.to_uppercase()), format!("q={part}")]
    {
        assert_eq!(found(&shop, &query).await, ["Danke"], "{query}");
    }
    assert_eq!(found(&shop, &format!("account_id={}&status=completed", shop.account)).await, ["Danke"]);
    assert_eq!(found(&shop, "status=in_progress").await, [""; 0]);
    shop.app.finish().await;
}
