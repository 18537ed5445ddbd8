//! What the program logs about people: nothing, even when it logs as much as it can.

use serde_json::{Value, json};

use super::client;
use super::process::Heller;
use crate::support::answer::Answer;
use crate::support::client::Client;
use crate::support::db::TestDb;

const STATEMENT: &str = include_str!("../../fixtures/camt053/day_statement_08.xml");

const EMAIL: &str = "ottilie.wunderlich@example.com";
const PASSWORD: &str = "correct horse battery staple";
const PEOPLE: [&str; 4] = ["Ottilie Wunderlich", "Balthasar Zwiebel", "Kunigunde Sandkasten", "Niemand Bekannt"];
/// Of the bank account, of another one, of a customer, of a payer.
const IBANS: [&str; 4] =
    ["DE89370400440532013000", "AT611904300234573201", "DE02120300000000202051", "DE02500105170137075030"];
const BANK: [&str; 2] = [IBANS[0], IBANS[1]];

/// Contents of all elements of a name.
fn elements<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name}>");
    text.split(open.as_str()).skip(1).filter_map(|rest| rest.split_once("</").map(|(content, _)| content)).collect()
}

/// Installs a licence that the vendor of this folder signs.
async fn activate(heller: &Heller, caller: &Client) {
    let shown = caller.get("/v1/licence").await.expect(200);
    let issue = ["licence", "issue", "--key", "licence-private.pem", "--installation", shown.text("/installation_id")];
    let token = heller.run(&issue).expect(0).out.trim().to_owned();
    caller.put("/v1/licence", json!({ "token": token })).await.expect(200);
}

async fn import(caller: &Client, account: &str) -> Answer {
    let path = format!("/v1/statement-imports/raw?account_id={account}&filename=Zwiebel.xml");
    caller.post_raw(path, "application/xml", STATEMENT).prefer_wait(30).await.expect(200)
}

async fn account(caller: &Client, new: Value) -> String {
    caller.post("/v1/payment-accounts", new).await.expect(201).id()
}

/// Statements: one that is imported, one that belongs to somebody else.
async fn bank(caller: &Client) {
    for (iban, status) in BANK.into_iter().zip(["finished", "failed"]) {
        let new =
            json!({ "name": format!("Hausbank {iban}"), "provider": "bank_file", "currency": "EUR", "iban": iban });
        let run = import(caller, &account(caller, new).await).await;
        assert_eq!(run.text("/status"), status, "{run:?}");
    }
}

/// From a payment to a refund that the provider confirms.
async fn shop(caller: &Client) {
    let eur = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    let sandbox = account(caller, json!({ "name": "Sandbox", "provider": "sandbox", "currency": "EUR" })).await;
    let fetch = async || {
        let run = json!({ "account_ids": [sandbox] });
        let run = caller.post("/v1/reconciliation-runs", run).prefer_wait(30).await.expect(200);
        assert_eq!(run.text("/status"), "finished", "{run:?}");
    };
    let payment = json!({
        "amount": eur("150.00"), "purpose": "Inspektion Zwiebel", "status": "paid",
        "counterparty": { "name": PEOPLE[2], "iban": IBANS[3] },
    });
    caller.post(format!("/v1/sandbox/{sandbox}/payments"), payment).await.expect(201);
    fetch().await;
    let new = json!({ "name": PEOPLE[1], "iban": IBANS[2] });
    let customer = caller.post("/v1/customers", new).await.expect(201).id();
    let line = json!({ "description": "Inspektion", "quantity": "1", "unit_price": eur("100.00"), "tax_rate": "19" });
    let order = json!({ "customer_id": customer, "currency": "EUR", "prices_include_tax": true, "lines": [line] });
    let order = caller.post("/v1/orders", order).await.expect(201).id();
    let found =
        caller.get("/v1/account-movements?purpose=Zwiebel&counterparty=Kunigunde%20Sandkasten").await.expect(200);
    let movement = found.text("/items/0/id");
    let target = json!({ "type": "order", "id": order });
    let assign = json!({ "movement_id": movement, "target": target, "amount": eur("100.00") });
    caller.post("/v1/assignments", assign).idempotent().await.expect(201);
    let refund = json!({ "origin": { "type": "remaining_amount", "id": movement }, "purpose": "Erstattung Zwiebel" });
    let made = caller.post("/v1/refunds", refund).idempotent().await.expect(201);
    let refund = format!("/v1/refunds/{}", made.text("/refunds/0/id"));
    caller.post(format!("{refund}/send"), json!({})).idempotent().prefer_wait(30).await.expect(200);
    fetch().await;
    assert_eq!(caller.get(refund).await.expect(200).text("/status"), "confirmed");
}

/// What is refused has a cause that is logged too.
async fn refusals(stranger: &Client, caller: &Client) {
    let login = json!({ "email": "niemand.bekannt@example.com", "password": "Niemand Bekannt weiß es" });
    stranger.post("/v1/auth/login", login).await.problem(401, "invalid_credentials");
    stranger.post_raw("/v1/auth/login", "application/json", format!("{{\"email\": \"{EMAIL}\",}}")).await.expect(400);
    stranger.with_token("Niemand Bekannt").get("/v1/auth/me").await.expect(401);
    stranger.post("/v1/auth/refresh", json!({ "refresh_token": "Niemand Bekannt" })).await.expect(401);
    let wrong = json!({ "name": PEOPLE[3], "iban": "DE00Niemand Bekannt" });
    caller.post("/v1/customers", wrong).await.expect(422);
    caller.get("/v1/account-movements?counterparties=Niemand%20Bekannt").await.expect(400);
}

#[tokio::test]
async fn no_token_no_iban_and_no_name_is_logged() {
    let db = TestDb::fresh().await;
    let heller = Heller::ready_to_serve()
        .with("HELLER_DATABASE_URL", db.url())
        .with("HELLER_LICENCE_PUBLIC_KEY_FILE", "licence-public.pem")
        .with("HELLER_LOG_FILTER", "debug");
    heller.run(&["licence", "keygen"]).expect(0);
    let create = ["user", "create", "--email", EMAIL, "--name", PEOPLE[0], "--role", "admin", "accountant"];
    heller.run_with(&[create.as_slice(), &["--password-stdin"]].concat(), PASSWORD).expect(0);
    let running = heller.start(&["serve"]);
    let stranger = client(running.base());
    let login = stranger.post("/v1/auth/login", json!({ "email": EMAIL, "password": PASSWORD })).await.expect(200);
    let old = login.text("/refresh_token").to_owned();
    let tokens = stranger.post("/v1/auth/refresh", json!({ "refresh_token": old })).await.expect(200);
    let caller = stranger.with_token(tokens.text("/access_token"));
    caller.get("/v1/auth/me").await.expect(200);
    activate(&heller, &caller).await;
    let settings = json!({
        "four_eyes": "off", "auto_assign_after_run": true, "auto_assign_max_age_days": 90, "allow_return_of_unassigned": false,
    });
    caller.put("/v1/settings", settings).header("If-Match", "*").await.expect(200);
    bank(&caller).await;
    shop(&caller).await;
    refusals(&stranger, &caller).await;

    let ended = running.stop().expect(0);
    let said = format!("{}\n{}", ended.out, ended.err);
    for level in ["DEBUG", "INFO"] {
        assert!(said.contains(level), "a log that says nothing proves nothing: {said}");
    }
    let mut secrets = vec![EMAIL, "niemand.bekannt", PASSWORD, old.as_str(), "Zwiebel", "Bekannt", "eyJ"];
    secrets.extend(PEOPLE.into_iter().chain(IBANS));
    secrets.extend(["/access_token", "/refresh_token"].map(|token| tokens.text(token)));
    secrets.extend(["Nm", "IBAN", "Ustrd"].into_iter().flat_map(|name| elements(STATEMENT, name)));
    let found: Vec<&str> = secrets.into_iter().filter(|secret| said.contains(secret)).collect();
    assert!(found.is_empty(), "logged: {found:?}\n{said}");
}
