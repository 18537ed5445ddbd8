//! Problems: every code has one status and was provoked, and every operation says what is wrong in both languages.

use heller::error::Code;
use heller::handlers::problem::status_of;
use serde_json::{Value, json};

use super::world::World;
use super::{Offences, all};
use crate::support::provoked;
use crate::support::shop::eur;

/// Why a whole run may end without an answer that has a code.
enum Excuse {
    /// No request of a test brings it about yet. An answer that has it fails the check: then the excuse goes.
    Never(&'static str),
    /// It may happen and need not.
    ByChance(&'static str),
}

use Excuse::{ByChance, Never};

const UNPROVOKED: [(&str, Excuse); 4] = [
    ("amount_exceeds_remaining", Never("lines give out before their invoice; `answers.rs` asks the service itself")),
    ("concurrent_change", ByChance("a row changes between being read and being locked; `races` cannot aim at it")),
    ("credentials_required", Never("no provider that is connected asks for credentials yet")),
    ("duplicate_email", Never("users are made at the command line only; `cli` provokes it as its own message")),
];

/// Every answer of every test leaves its codes (`support/provoked.rs`); here they are held against the catalogue.
#[test]
#[ignore = "looks back on a run of all tests: `cargo xtask test` runs it last"]
fn every_code_was_answered() {
    let answered = provoked::all();
    let mut offences = Offences::default();
    for code in Code::ALL {
        let code = code.as_str();
        let answered = answered.contains(code);
        match UNPROVOKED.iter().find(|(unprovoked, _)| *unprovoked == code).map(|(_, excuse)| excuse) {
            None => offences.note(answered, format_args!("{code}: no test was answered with it")),
            Some(Never(why)) => offences.note(!answered, format_args!("{code}: was answered, though '{why}'")),
            Some(ByChance(why)) => println!("{code}: answered {answered}, {why}"),
        }
    }
    for code in &answered {
        offences.note(Code::parse(code).is_some(), format_args!("{code}: not in the catalogue"));
    }
    offences.none();
}

#[tokio::test]
async fn every_operation_says_what_is_wrong_in_both_languages() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in all() {
        let ask = world.valid(&operation).await.with_parameter("zzz=1");
        let mut told = Vec::new();
        for (wanted, tag) in [("de", "de"), ("en", "en"), ("fr, de;q=0.5, en;q=0.1", "de"), ("fr", "en"), ("", "en")] {
            let Some(answer) = offences.send(ask.call().lang(wanted)).await else { continue };
            let texts = [&answer.json["title"], &answer.json["detail"], &answer.json["errors"][0]["detail"]];
            let whole = texts
                .iter()
                .all(|text| text.as_str().is_some_and(|text| !text.is_empty() && !text.contains(['{', '}'])));
            let right = answer.status == 400 && whole && answer.header("Content-Language") == Some(tag);
            offences.note(right, format_args!("{} {wanted}: {answer:?}", operation.id));
            offences.note(complete(&answer.json), format_args!("{}: no whole problem: {answer:?}", operation.id));
            told.push((tag, texts.map(Value::clone)));
        }
        for (tag, texts) in &told {
            let same = told.iter().filter(|(other, _)| other == tag).all(|(_, other)| other == texts);
            let differ = told
                .iter()
                .filter(|(other, _)| other != tag)
                .all(|(_, other)| other.iter().zip(texts).all(|(one, two)| one != two));
            offences.note(same && differ, format_args!("{}: {told:?}", operation.id));
        }
    }
    world.close().await;
    offences.none();
}

/// RFC 9457, and the members of our own.
fn complete(problem: &Value) -> bool {
    let code = problem["code"].as_str().unwrap_or_default();
    let texts = ["title", "detail", "request_id"].iter().all(|name| problem[name].is_string());
    let instance = problem["instance"] == format!("/requests/{}", problem["request_id"].as_str().unwrap_or_default());
    let status = Code::parse(code).map(|code| status_of(code).as_u16());
    let errors = problem["errors"].as_array().is_some_and(|all| {
        all.iter()
            .all(|error| ["in", "pointer", "code", "detail", "params"].iter().all(|name| error.get(name).is_some()))
    });
    texts && instance && errors && problem["type"] == format!("/problems/{code}") && problem["status"] == json!(status)
}

#[tokio::test]
async fn values_that_break_a_rule_of_documents_have_their_own_codes() {
    let (world, mut offences) = (World::bare().await, Offences::default());
    let (shop, line) = (
        &world.shop,
        |currency: &str| json!({ "description": "x", "quantity": "1", "tax_rate": "19", "unit_price": { "amount": "1", "currency": currency } }),
    );
    let order = |currency: &str, lines: Value, number: &str| {
        let body = json!({ "customer_id": shop.customer, "currency": currency, "prices_include_tax": true,
            "lines": lines, "external_number": number });
        shop.sales.post("/v1/orders", body)
    };
    offences.refused("no line", order("EUR", json!([]), "A"), (422, "lines_empty")).await;
    offences.refused("currency", order("XYZ", json!([line("XYZ")]), "A"), (422, "unknown_currency")).await;
    offences.refused("currencies", order("EUR", json!([line("JPY")]), "A"), (422, "currency_mismatch")).await;
    order("EUR", json!([line("EUR")]), "A").await.expect(201);
    offences.refused("number", order("EUR", json!([line("EUR")]), "A"), (409, "duplicate_external_number")).await;
    let iban = shop.sales.post("/v1/customers", json!({ "name": "E", "iban": "DE00370400440532013000" }));
    offences.refused("iban", iban, (422, "iban_invalid")).await;
    let wrong = world.all.get(format!("/v1/orders/{}", shop.customer));
    offences.refused("id", wrong, (404, "wrong_id_type")).await;

    let (invoice, other) =
        (shop.invoice(&shop.order("10.00").await).await, shop.invoice(&shop.order("10.00").await).await);
    let line_of = async |invoice: &str| shop.see(invoice).await.text("/lines/0/id").to_owned();
    let correct = |line: &str, quantity: &str| {
        let lines = json!([{ "invoice_line_id": line, "quantity": quantity }]);
        shop.sales.post("/v1/invoice-corrections", json!({ "invoice_id": invoice, "lines": lines }))
    };
    offences.refused("line", correct(&line_of(&other).await, "1"), (422, "line_not_on_invoice")).await;
    offences.refused("quantity", correct(&line_of(&invoice).await, "2"), (422, "quantity_exceeds_remaining")).await;
    shop.corrected(&invoice, &[0]).await;
    let again = shop.sales.post("/v1/invoice-corrections", json!({ "invoice_id": invoice }));
    offences.refused("nothing left", again, (409, "nothing_to_correct")).await;
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn refunds_that_break_a_rule_have_their_own_codes() {
    let (world, mut offences) = (World::bare().await, Offences::default());
    let shop = &world.shop;
    let (movement, order) = (world.movement().await, shop.order("60.00").await);
    shop.assign(&movement, &order, None).await;
    let refund = |more: Value| {
        let mut body = json!({ "origin": { "type": "remaining_amount", "id": movement } });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shop.refunds.post("/v1/refunds", body).idempotent()
    };
    offences.refused("zero", refund(json!({ "amount": eur("0.00") })), (422, "amount_not_positive")).await;
    let stale = refund(json!({ "expected_amount": eur("39.00") }));
    offences.refused("expected", stale, (409, "refundable_amount_changed")).await;
    shop.cancel_call(&order, false).await.expect(201);
    let origin = json!({ "origin": { "type": "cancelled_order", "id": order }, "movement_id": world.movement().await });
    let elsewhere = shop.refunds.post("/v1/refunds", origin).idempotent();
    offences.refused("another movement", elsewhere, (409, "not_assigned_to_order")).await;

    let account = json!({ "name": "Receives only", "provider": "sandbox", "currency": "EUR", "can_send": false });
    let account = shop.admin.post("/v1/payment-accounts", account).await.expect(201).id();
    let payment = json!({ "amount": eur("7.00"), "counterparty": { "name": "E" }, "purpose": "x", "status": "paid" });
    shop.accountant.post(format!("/v1/sandbox/{account}/payments"), payment).await.expect(201);
    shop.accountant.post("/v1/reconciliation-runs", json!({ "account_ids": [account] })).await.expect(202);
    shop.app.run_pending().await;
    let kept = shop.movement_over(&account, "7.00").await;
    shop.assign(&kept, &shop.order("3.00").await, None).await;
    offences.refused("no sender", shop.refund_call(&kept, None), (409, "account_cannot_send")).await;
    world.close().await;
    offences.none();
}
