//! How requests are read: everything that is wrong at once, days in one spelling, bodies where there is none, unknown
//! parameters on every operation, HEAD.

use heller::access::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::document::operations;
use crate::support::shop::Shop;

/// Places of everything that is wrong, sorted, with the reason or else the code.
fn wrongs(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer.at("/errors").as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let why = |error: &Value| text(error["params"].get("reason").unwrap_or(&error["code"]));
    let mut all: Vec<(String, String)> = errors.iter().map(|error| (text(&error["pointer"]), why(error))).collect();
    all.sort();
    all
}

fn said(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(place, why)| ((*place).to_owned(), (*why).to_owned())).collect()
}

fn order(customer: &str) -> Value {
    let line = json!({ "description": "City bike", "quantity": "1", "tax_rate": "19",
        "unit_price": { "amount": "119.00", "currency": "EUR" } });
    json!({ "customer_id": customer, "currency": "EUR", "prices_include_tax": true, "lines": [line] })
}

#[tokio::test]
async fn values_that_are_wrong_in_different_ways_are_counted_and_named() {
    let shop = Shop::open().await;
    let mut body = order(&shop.customer);
    body["currency"] = json!("XYZ");
    body["lines"][0]["description"] = json!(" ");
    body["lines"][0]["unit_price"]["amount"] = json!("1.234");
    let english = shop.sales.post("/v1/orders", body.clone()).await;
    english.problem(422, "invalid_value");
    assert_eq!(english.text("/detail"), "3 values are wrong; 'errors' names each of them.");
    let expected = [
        ("/currency", "unknown_currency"),
        ("/lines/0/description", "text_length"),
        ("/lines/0/unit_price/amount", "too_many_decimals"),
    ];
    assert_eq!(wrongs(&english), said(&expected));
    let german = shop.sales.post("/v1/orders", body).lang("de").await;
    assert_eq!(german.problem(422, "invalid_value").text("/detail"), "3 Werte sind falsch; 'errors' nennt jeden.");
    shop.sales.post("/v1/orders", order(&shop.customer)).await.expect(201);
}

#[tokio::test]
async fn unknown_missing_and_mistyped_members_are_named_together() {
    let shop = Shop::open().await;
    let answer = shop.sales.post("/v1/orders", json!({ "nme": 1 })).await;
    answer.problem(422, "unknown_field");
    let missing = |name| (name, "missing_field");
    let expected = [
        missing("/currency"),
        missing("/customer_id"),
        missing("/lines"),
        ("/nme", "unknown_field"),
        missing("/prices_include_tax"),
    ];
    assert_eq!(wrongs(&answer), said(&expected));

    let mut body = order(&shop.customer);
    body["prices_include_tax"] = json!("yes");
    body["order_date"] = json!("2026-1-2");
    body["lines"][0]["quantity"] = json!(1);
    body["lines"][0]["colour"] = json!("red");
    body["lines"][0].as_object_mut().unwrap().remove("tax_rate");
    let expected = [
        ("/lines/0/colour", "unknown_field"),
        ("/lines/0/quantity", "needs_text"),
        ("/lines/0/tax_rate", "missing_field"),
        ("/order_date", "not_a_date"),
        ("/prices_include_tax", "needs_true_or_false"),
    ];
    assert_eq!(wrongs(&shop.sales.post("/v1/orders", body).await), said(&expected));
}

#[tokio::test]
async fn several_wrong_parameters_are_named_together() {
    let shop = Shop::open().await;
    let path = "/v1/account-movements";
    let shape = format!("{path}?limit=0&folder=x&account_id=ord_1&date_from=2026-1-2&sort=name");
    let answer = shop.accountant.get(shape).await;
    answer.problem(422, "invalid_value");
    let expected = [
        ("account_id", "reference_not_found"),
        ("date_from", "not_a_date"),
        ("folder", "not_in_list"),
        ("limit", "number_range"),
        ("sort", "not_in_list"),
    ];
    assert_eq!(wrongs(&answer), said(&expected));

    let values = format!("{path}?currency=XYZ&amount_from=1.234&amount_to=x&year=99999&month=2026-13");
    let answer = shop.accountant.get(values).await;
    answer.problem(422, "invalid_value");
    let expected = [
        ("amount_from", "too_many_decimals"),
        ("amount_to", "not_an_amount"),
        ("currency", "unknown_currency"),
        ("month", "not_a_month"),
        ("month", "one_period_only"),
        ("year", "not_a_year"),
    ];
    assert_eq!(wrongs(&answer), said(&expected));

    // An unknown name decides: 400.
    let mixed = shop.accountant.get(format!("{path}?limt=5&limit=0")).await;
    mixed.problem(400, "unknown_parameter").field("limt", "unknown_parameter").field("limit", "invalid_value");
    shop.accountant
        .get(format!("{path}?limit=200&sort=-amount&month=2026-11&account_id={}", shop.account))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_field_is_named_only_where_it_is_one() {
    let shop = Shop::open().await;
    let mistyped = shop.sales.post("/v1/customers", json!({ "name": 1 })).await;
    mistyped.problem(422, "invalid_value").field("/name", "invalid_value");
    assert_eq!(mistyped.at("/errors/0/params"), &json!({ "reason": "needs_text" }));
    assert!(mistyped.json.get("field").is_none(), "{mistyped:?}");
    let missing = shop.sales.post("/v1/customers", json!({})).await;
    assert_eq!(missing.problem(422, "missing_field").at("/errors/0/params/field"), "name");
}

#[tokio::test]
async fn a_day_has_one_spelling_and_a_year_of_business_in_bodies_and_queries() {
    let shop = Shop::open().await;
    let wrong =
        ["+99999-01-01", "-262143-01-01", "0000-01-01", "2026-1-2", "1899-12-31", "2201-01-01", "2026-02-30", ""];
    for day in wrong {
        let mut body = order(&shop.customer);
        body["order_date"] = json!(day);
        let answer = shop.sales.post("/v1/orders", body).await;
        answer.problem(422, "invalid_value");
        assert_eq!(wrongs(&answer), said(&[("/order_date", "not_a_date")]), "{day}");
        let encoded = day.replace('+', "%2B");
        for list in ["/v1/account-movements?date_from", "/v1/account-movements?day", "/v1/journal-entries?date_to"] {
            let answer = shop.accountant.get(format!("{list}={encoded}")).await;
            assert_eq!(wrongs(answer.problem(422, "invalid_value"))[0].1, "not_a_date", "{list} {day}");
        }
        let account = format!("/v1/payment-accounts/{}", shop.account);
        let patch = shop.admin.patch(account, json!({ "cutoff_date": day })).if_match(1).await;
        patch.problem(422, "invalid_value").field("/cutoff_date", "invalid_value");
    }
    for day in ["1900-01-01", "2200-12-31", "2028-02-29"] {
        let mut body = order(&shop.customer);
        body["order_date"] = json!(day);
        assert_eq!(shop.sales.post("/v1/orders", body).await.expect(201).text("/order_date"), day);
        shop.accountant.get(format!("/v1/account-movements?date_from={day}")).await.expect(200);
    }
}

#[test]
fn the_document_says_which_days_there_are() {
    let document = heller::openapi::document();
    let pattern = document.pointer("/components/schemas/Day/pattern").and_then(Value::as_str).unwrap();
    assert!(pattern.starts_with("^(19"), "{pattern}");
    for operation in operations(&document) {
        for parameter in operation.definition["parameters"].as_array().into_iter().flatten() {
            let dated = ["date_from", "date_to", "day"].iter().any(|name| parameter["name"] == *name);
            let stated = parameter["schema"].to_string().contains("YYYY-MM-DD");
            assert_eq!(dated, stated, "{}: {parameter}", operation.name);
        }
    }
}

#[tokio::test]
async fn an_operation_without_parameters_refuses_every_parameter() {
    let app = TestApp::start().await;
    let document = heller::openapi::document();
    let mut asked = 0;
    for operation in operations(&document) {
        if operation.definition["security"] != json!([]) {
            continue;
        }
        let path = operation.path.replace("{code}", "not_found");
        let body = (operation.method == "post").then(|| json!({ "refresh_token": "x" }));
        let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap();
        let answer = app.anonymous().request(method, format!("{path}?x=1&y=2"), body).await;
        let answer = answer.problem(400, "unknown_parameter");
        answer.field("x", "unknown_parameter");
        asked += 1;
    }
    assert!(asked >= 9, "only {asked} public operations");
    app.anonymous().get("/version").await.expect(200);
    let me = app.user(Role::Auditor).await.get("/v1/auth/me?x=1&y=2").await;
    me.problem(400, "unknown_parameter").field("x", "unknown_parameter").field("y", "unknown_parameter");
}

#[tokio::test]
async fn an_action_without_a_body_takes_none_or_an_empty_object() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let account = json!({ "name": "Sandbox", "provider": "sandbox", "currency": "EUR" });
    let account = admin.post("/v1/payment-accounts", account).await.expect(201).id();
    let actions = ["hide", "show"].map(|action| format!("/v1/payment-accounts/{account}/{action}"));
    for path in actions.into_iter().chain(["/v1/licence/trial".to_owned(), "/v1/auth/logout".to_owned()]) {
        let broken = admin.post_raw(path.clone(), "application/json", "{broken").await;
        assert_eq!(broken.problem(400, "malformed_body").text("/reason"), "no_json");
        admin.post(path.clone(), json!({ "x": 1 })).await.problem(422, "unknown_field").field("/x", "unknown_field");
        admin.post(path.clone(), json!([1])).await.problem(422, "invalid_value");
        admin.post_raw(path.clone(), "text/plain", "x").await.problem(415, "unsupported_media_type");
        if path.contains("payment-accounts") {
            admin.post(path.clone(), json!({})).await.expect(200);
            admin.act(path).await.expect(200);
        }
    }
    admin.act("/v1/auth/logout").await.expect(204);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let shop = Shop::open().await;
    let head = |path: String| shop.accountant.request(Method::HEAD, path, None);
    let path = format!("/v1/payment-accounts/{}", shop.account);
    let (whole, bare) = (shop.accountant.get(path.clone()).await.expect(200), head(path).await.expect(200));
    assert_eq!((bare.bytes.len(), bare.header("ETag")), (0, whole.header("ETag")));
    assert_eq!(bare.header("Content-Length"), whole.header("Content-Length"));
    assert_eq!(head("/health/live".to_owned()).await.expect(200).bytes.len(), 0);
    head("/v1/customers?x=1".to_owned()).await.expect(400);
    let only_post = head("/v1/cancellations/x/y".to_owned()).await.expect(404);
    assert!(only_post.bytes.is_empty());
    let refused = head("/v1/licence/trial".to_owned()).await.expect(405);
    assert_eq!((refused.header("Allow"), refused.bytes.len()), (Some("POST"), 0));
    shop.app.anonymous().request(Method::HEAD, "/v1/customers", None).await.expect(401);
}
