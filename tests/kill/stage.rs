//! The scene: keys, licence, users, a sandbox account, and for each round twenty payments with an order each, of which
//! a part is to be paid back. It is built while nothing is killed.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::api::{Api, Ask};
use super::clients::Refund;
use super::server::Server;

/// Refunds of one round.
const REFUNDS: usize = 20;
/// What each customer paid, in cents. More than twice any refund, so that the provider would let a second one through.
const PAID: usize = 10_000;
const PASSWORD: &str = "correct horse battery staple";

pub struct Stage {
    pub admin: Api,
    pub accountant: Api,
    /// The sandbox account.
    pub account: String,
    customer: String,
}

impl Stage {
    pub async fn build(server: &Server) -> Self {
        let admin = user(server, "admin").await;
        let accountant = user(server, "accountant").await;
        let shown = server.run(&["licence", "show"], "");
        let installation = shown.split_whitespace().nth(1).unwrap();
        let licence =
            server.run(&["licence", "issue", "--key", "licence-private.pem", "--installation", installation], "");
        admin.done(Ask::put("/v1/licence", json!({ "token": licence.trim() }))).await;
        let settings = json!({ "four_eyes": "off", "auto_assign_after_run": false, "auto_assign_max_age_days": 90,
            "allow_return_of_unassigned": false });
        admin.done(Ask::put("/v1/settings", settings).with("If-Match", "*")).await;
        let new = json!({ "name": "Sandbox", "provider": "sandbox", "currency": "EUR" });
        let account = admin.done(Ask::post("/v1/payment-accounts", "account", new)).await.text("/id");
        let new = json!({ "name": "Erika Muster" });
        let customer = accountant.done(Ask::post("/v1/customers", "customer", new)).await.text("/id");
        Self { admin, accountant, account, customer }
    }

    /// Twenty refunds, generated and not sent.
    pub async fn round(&mut self, round: usize) -> Vec<Refund> {
        let numbers: Vec<usize> = (round * REFUNDS..(round + 1) * REFUNDS).collect();
        join_all(numbers.iter().map(|number| self.pay(*number))).await;
        self.fetch(&format!("fetch-{round}")).await;
        join_all(numbers.iter().map(|number| self.generate(*number))).await
    }

    async fn pay(&self, number: usize) {
        let new =
            json!({ "amount": euros(PAID), "counterparty": { "name": "Erika Muster" }, "purpose": purpose(number) });
        let path = format!("/v1/sandbox/{}/payments", self.account);
        self.accountant.done(Ask::post(&path, &format!("pay-{number}"), new)).await;
    }

    /// Imports what the provider has, and waits for it.
    pub async fn fetch(&self, key: &str) {
        let ask = Ask::post("/v1/reconciliation-runs", key, json!({ "account_ids": [self.account] }));
        let run = self.accountant.done(ask.with("Prefer", "wait=30")).await;
        assert_eq!(run.text("/status"), "finished", "{}", run.body);
    }

    async fn generate(&self, number: usize) -> Refund {
        let query = format!("/v1/account-movements?folder=not_assigned&purpose={}", purpose(number));
        let found = self.accountant.done(Ask::get(&query)).await;
        let movement = &found.items()[0];
        // Every amount is another one within a round, so that a mixed-up amount shows.
        let amount = 1_000 + number % 2_000;
        let order = self.order(number, PAID - amount).await;
        let assign = json!({ "movement_id": movement["id"], "target": { "type": "order", "id": order } });
        self.accountant.done(Ask::post("/v1/assignments", &format!("assign-{number}"), assign)).await;
        let new = json!({ "origin": { "type": "remaining_amount", "id": movement["id"] }, "purpose": purpose(number) });
        let made = self.accountant.done(Ask::post("/v1/refunds", &format!("refund-{number}"), new)).await;
        assert_eq!(made.body["refunds"][0]["amount"], euros(amount), "{}", made.body);
        Refund {
            id: made.text("/refunds/0/id"),
            amount_minor: i64::try_from(amount).unwrap(),
            payment: movement["transaction_id"].as_str().unwrap().to_owned(),
            sends: 0,
        }
    }

    async fn order(&self, number: usize, price: usize) -> String {
        let line =
            json!({ "description": "Inspektion", "quantity": "1", "tax_rate": "19", "unit_price": euros(price) });
        let new =
            json!({ "customer_id": self.customer, "currency": "EUR", "prices_include_tax": true, "lines": [line] });
        self.accountant.done(Ask::post("/v1/orders", &format!("order-{number}"), new)).await.text("/id")
    }
}

async fn user(server: &Server, role: &str) -> Api {
    let email = format!("{role}@test.example");
    let create = ["user", "create", "--email", &email, "--name", role, "--role", role, "--password-stdin"];
    server.run(&create, &format!("{PASSWORD}\n"));
    Api::login(server.address(), &email, PASSWORD).await
}

fn purpose(number: usize) -> String {
    format!("KILL-{number:06}")
}

fn euros(cents: usize) -> Value {
    json!({ "amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR" })
}
