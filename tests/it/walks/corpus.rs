//! The bad-input corpus B01 to B16 of the design (`reliability.md`, section 5), on the operations where its values
//! stand: customers (texts, IBANs), orders (days, currencies, amounts), payments, lists. Where the contract names another
//! status or code, the contract's is expected. What holds for every body is walked in `media` and `strictness`.

use serde_json::{Value, json};

use super::Offences;
use super::world::World;
use crate::support::client::Call;
use crate::support::shop::eur;

const JSON: &str = "application/json";

fn customer(world: &World, body: impl Into<Vec<u8>>) -> Call {
    world.all.post_raw("/v1/customers", JSON, body)
}

fn order(world: &World, change: &[(&str, Value)]) -> Value {
    let line = json!({ "description": "City bike", "quantity": "1", "unit_price": eur("119.00"), "tax_rate": "19" });
    let mut body = json!({ "customer_id": world.shop.customer, "currency": "EUR", "prices_include_tax": true,
        "lines": [line] });
    for (pointer, value) in change {
        match body.pointer_mut(pointer) {
            Some(slot) => *slot = value.clone(),
            None => body[pointer.trim_start_matches('/')] = value.clone(),
        }
    }
    body
}

#[tokio::test]
async fn b01_to_b06_bodies_that_are_broken() {
    let (world, mut offences) = (World::bare().await, Offences::default());
    for body in ["null", "[]", "\"x\"", "1"] {
        offences.refused("B01", customer(&world, body), (422, "invalid_value")).await;
    }
    offences.refused("B01", customer(&world, ""), (422, "missing_field")).await;
    let valid = order(&world, &[]).to_string();
    for length in 1..valid.len() {
        let call = world.all.post_raw("/v1/orders", JSON, &valid.as_bytes()[..length]);
        offences.refused("B02", call, (400, "malformed_body")).await;
    }
    let broken: [&[u8]; 9] = [
        b"{\"name\":\"\xff\"}",
        b"{\"name\":\"\xc0\xaf\"}",
        b"{\"name\":\"\xe0\x80\xaf\"}",
        b"{\"name\":\"\xed\xa0\x80\"}",
        b"{\"name\":\"\xf8\x88\x80\x80\x80\"}",
        b"{\"name\":\"\xc3\"}",
        b"{\"name\":\"\\ud800\"}",
        b"{\"name\":\"\\udc00x\"}",
        b"\xef\xbb\xbf{\"name\":\"x\"}",
    ];
    for body in broken {
        offences.refused("B04", customer(&world, body), (400, "malformed_body")).await;
    }
    offences.refused("B04", customer(&world, b"\xff\xfe{\0}\0".as_slice()), (400, "malformed_body")).await;
    for (body, code) in [
        (r#"{"name":"a","name":"b"}"#, "invalid_value"),
        (r#"{"name":"a","\u006eame":"b"}"#, "invalid_value"),
        (r#"{"name":"a","Name":"b"}"#, "unknown_field"),
        (r#"{"name":"a","x":1,"x":2}"#, "unknown_field"),
        (r#"{"name":"a","email":null,"email":"b"}"#, "invalid_value"),
        (r#"{"name":"a","__proto__":{}}"#, "unknown_field"),
    ] {
        offences.refused("B05", customer(&world, body), (422, code)).await;
    }
    for depth in [129, 10_000, 1_000_000] {
        offences.refused("B06", customer(&world, "[".repeat(depth)), (400, "malformed_body")).await;
        offences.refused("B06", customer(&world, "{\"name\":".repeat(depth / 10)), (400, "malformed_body")).await;
    }
    world.close().await;
    offences.none();
}

/// B07: texts that are no amounts.
const NO_AMOUNTS: [&str; 23] = [
    "1e400",
    "1e3",
    "0x10",
    "1_000",
    "NaN",
    "Infinity",
    "-Infinity",
    "１.00",
    " 1.00",
    "1.00 ",
    "1,00",
    "1.",
    ".5",
    "+1.00",
    "--1",
    "-",
    "",
    "01.00",
    "1.0.0",
    "1 000.00",
    "٣.00",
    "1.00EUR",
    "\u{2212}1.00",
];

/// An order whose one price is this JSON and this currency.
fn price(world: &World, amount: &str, currency: &str) -> Call {
    let change = [("/currency", json!(currency)), ("/lines/0/unit_price", json!("@"))];
    let money = format!("{{\"amount\":{amount},\"currency\":{}}}", json!(currency));
    world.all.post_raw("/v1/orders", JSON, order(world, &change).to_string().replace("\"@\"", &money))
}

#[tokio::test]
async fn b07_b08_b09_amounts_and_currencies() {
    let (world, mut offences) = (World::bare().await, Offences::default());
    let price = |amount: &str, currency: &str| price(&world, amount, currency);
    for amount in NO_AMOUNTS {
        let call = price(&json!(amount).to_string(), "EUR");
        offences.refused_at("B07", call, (422, "invalid_value"), "/lines/0/unit_price/amount").await;
    }
    for amount in [format!("1{}", "0".repeat(30)), "9".repeat(400), "92233720368547758.08".to_owned()] {
        let call = price(&json!(amount).to_string(), "EUR");
        offences.refused_at("B07", call, (422, "invalid_value"), "/lines/0/unit_price/amount").await;
    }
    for number in ["1.00", "1", "-0", "1e3", "100000000000000000000000000000000"] {
        let call = price(number, "EUR");
        offences.refused_at("B07", call, (422, "invalid_value"), "/lines/0/unit_price/amount").await;
    }
    for number in ["1e400", "NaN", "Infinity", "0x10", "1_000", "01"] {
        offences.refused("B07", price(number, "EUR"), (400, "malformed_body")).await;
    }
    for (amount, currency) in [
        ("1.005", "EUR"),
        ("1.000", "EUR"),
        ("0.001", "EUR"),
        ("1.0", "JPY"),
        ("1.00", "JPY"),
        ("1.0005", "KWD"),
        ("1.0000", "KWD"),
        ("0.0000000000000000000000000001", "EUR"),
    ] {
        let call = price(&json!(amount).to_string(), currency);
        offences.refused_at("B08", call, (422, "too_many_decimals"), "/lines/0/unit_price/amount").await;
    }
    for currency in ["XXX", "XAU", "XTS", "XDR", "DEM", "eur", "EURO", "", "E", "€", "EU\u{0}"] {
        let Some(answer) = offences.send(price("\"1.00\"", currency)).await else { continue };
        offences.note(answer.status == 422, format_args!("B09 {currency}: {answer:?}"));
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn b10_texts() {
    let (world, mut offences) = (World::bare().await, Offences::default());
    for control in ['\u{0}', '\u{1}', '\u{8}', '\u{b}', '\u{c}', '\u{1b}', '\u{7f}', '\u{80}', '\u{85}', '\u{9f}'] {
        let call = world.all.post("/v1/customers", json!({ "name": format!("a{control}b") }));
        offences.refused_at("B10", call, (422, "invalid_value"), "/name").await;
        let named = world.all.get(format!("/v1/customers?name=a{}", percent(control)));
        offences.refused_at("B10", named, (422, "invalid_value"), "name").await;
    }
    for long in ["x".repeat(64 * 1024), "a\u{301}\u{302}".repeat(201), "e".to_owned() + &"\u{301}".repeat(10_000)] {
        let call = world.all.post("/v1/customers", json!({ "name": long }));
        offences.refused_at("B10", call, (422, "invalid_value"), "/name").await;
    }
    for (text, kept) in [
        ("a\u{202e}b", "a\u{202e}b"),
        ("a\u{200b}b", "a\u{200b}b"),
        ("👩\u{200d}👩\u{200d}👧", "👩\u{200d}👩\u{200d}👧"),
        ("Mu\u{308}ller", "Müller"),
        ("\u{1112}\u{1161}\u{11ab}", "한"),
        ("𝄞", "𝄞"),
        ("'; DROP TABLE customer; --", "'; DROP TABLE customer; --"),
        ("<script>", "<script>"),
        ("{{7*7}} %s \\u0000 \\", "{{7*7}} %s \\u0000 \\"),
        ("a\u{fffd}b", "a\u{fffd}b"),
    ] {
        let made = world.all.post("/v1/customers", json!({ "name": text, "address": format!("{text}\n\t{text}") }));
        let Some(made) = offences.send(made).await else { continue };
        offences.note(made.status == 201 && made.json["name"] == kept, format_args!("B10 {text}: {made:?}"));
        let shown = world.all.get(made.header("Location").unwrap_or_default()).await;
        let both = shown.json["name"] == kept && shown.json["address"] == format!("{kept}\n\t{kept}");
        offences.note(both, format_args!("B10 {text}: {shown:?}"));
    }
    world.close().await;
    offences.none();
}

/// A character in a query.
fn percent(letter: char) -> String {
    let mut bytes = [0; 4];
    letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[tokio::test]
async fn b11_b12_days_and_ibans() {
    let (world, mut offences) = (World::bare().await, Offences::default());
    let days = [
        json!("0000-00-00"),
        json!("2025-02-29"),
        json!("10000-01-01"),
        json!("2026-11-22T00:00:00Z"),
        json!("2026-11-22T00:00:00+99:99"),
        json!("2026-06-30T23:59:60Z"),
        json!(1_763_769_600),
        json!("1763769600"),
        json!("2026-W47"),
        json!("22.11.2026"),
        json!("2026-11-22 "),
        json!("-2026-11-22"),
        json!("２０２６-11-22"),
    ];
    for day in days {
        let call = world.all.post("/v1/orders", order(&world, &[("/order_date", day)]));
        offences.refused_at("B11", call, (422, "invalid_value"), "/order_date").await;
    }
    let with = |iban: &str| world.all.post("/v1/customers", json!({ "name": "E", "iban": iban }));
    for iban in [
        "DE00370400440532013000",
        "DE89370400440532013001",
        "DE8937040044053201300",
        "DE893704004405320130000",
        "XX89370400440532013000",
        "DE",
        "",
        "89DE370400440532013000",
        "DE89-3704-0044-0532-0130-00",
        "GB82WEST1234569876543",
        "ＤＥ89370400440532013000",
        "DE8937040044053201300O",
        &format!("DE89{}", "3".repeat(36)),
        &"DE89370400440532013000".repeat(3),
    ] {
        offences.refused_at("B12", with(iban), (422, "iban_invalid"), "/iban").await;
    }
    for (iban, kept) in [
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("de89370400440532013000", "DE89370400440532013000"),
        (" DE89370400440532013000 ", "DE89370400440532013000"),
        ("gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("NO9386011117947", "NO9386011117947"),
        ("MT84MALT011000012345MTLCAST001S", "MT84MALT011000012345MTLCAST001S"),
    ] {
        let Some(made) = offences.send(with(iban)).await else { continue };
        offences.note(made.status == 201 && made.json["iban"] == kept, format_args!("B12 {iban}: {made:?}"));
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn b13_to_b16_sizes_heads_and_queries() {
    let (world, mut offences) = (World::bare().await, Offences::default());
    let movement = world.movement().await;
    for (path, list) in [
        ("/v1/account-movements/hide", "ids"),
        ("/v1/account-movements/unhide", "ids"),
        ("/v1/assignment-runs", "movement_ids"),
    ] {
        for ids in [vec![movement.clone(); 10_001], Vec::new(), vec![movement.clone(); 2]] {
            let call = world.all.post(path, json!({ (list): ids }));
            offences.refused("B13", call, (422, "invalid_value")).await;
        }
    }
    let padded = |size: usize| format!("{{\"name\":\"x\"{}}}", " ".repeat(size - 12));
    let mebibyte = 1024 * 1024;
    let Some(fits) = offences.send(customer(&world, padded(mebibyte))).await else { panic!("B14") };
    offences.note(fits.status == 201, format_args!("B14: {fits:?}"));
    offences.refused("B14", customer(&world, padded(mebibyte + 1)), (413, "too_large")).await;
    let bomb = customer(&world, vec![0x1f, 0x8b, 8, 0]).header("Content-Encoding", "gzip");
    offences.refused("B14", bomb, (415, "unsupported_media_type")).await;
    for key in ["a b", "schlüssel", " ", &"k".repeat(256)] {
        let call = customer(&world, "{\"name\":\"x\"}").key(key);
        offences.refused("B15", call, (400, "idempotency_key_invalid")).await;
    }
    for limit in ["-1", "0", "1e9", "ten"] {
        let call = world.all.get(format!("/v1/orders?limit={limit}"));
        offences.refused("B16", call, (422, "invalid_value")).await;
    }
    offences.refused("B16", world.all.get("/v1/orders?colour=red"), (400, "unknown_parameter")).await;
    for value in [&"x".repeat(9_000), "%00", "%ff", "%c3%28"] {
        let call = world.all.get(format!("/v1/orders?number={value}"));
        offences.refused_at("B16", call, (422, "invalid_value"), "number").await;
    }
    world.close().await;
    offences.none();
}
