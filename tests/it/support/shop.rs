//! A merchant for one test: a server with a licence, people in their roles, a sandbox account that can send, and four
//! eyes switched off. How money comes in is here; what the people then do is in [`super::builders`].

use chrono::Duration;
use heller::access::role::Role;
use serde_json::{Value, json};

use super::answer::Answer;
use super::app::{TestApp, TestAppBuilder};
use super::client::Client;

const STATEMENT: &[u8] = include_bytes!("../../fixtures/camt053/day_statement_08.xml");

/// The server and the people. Ids are passed around as text, as a client has them.
pub struct Shop {
    pub app: TestApp,
    pub admin: Client,
    pub accountant: Client,
    /// Another accountant, for the second pair of eyes.
    pub second: Client,
    /// May generate refunds, may neither approve nor send them.
    pub refunds: Client,
    /// May write orders and cancel them.
    pub sales: Client,
    /// The sandbox account.
    pub account: String,
    /// The customer of every order.
    pub customer: String,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(TestApp::builder()).await
    }

    pub async fn open_with(app: TestAppBuilder) -> Self {
        let app = app.start().await;
        let (admin, accountant) = (app.user(Role::Admin).await, app.user(Role::Accountant).await);
        let (second, refunds) = (app.user(Role::Accountant).await, app.user(Role::RefundClerk).await);
        let sales = app.user(Role::SalesClerk).await;
        let account = json!({ "name": "Sandbox", "provider": "sandbox", "currency": "EUR" });
        let account = admin.post("/v1/payment-accounts", account).await.expect(201).id();
        let customer = sales.post("/v1/customers", json!({ "name": "Erika Muster" })).await.expect(201).id();
        let shop = Self { app, admin, accountant, second, refunds, sales, account, customer };
        shop.four_eyes("off").await;
        shop
    }

    /// Changes the setting; refunds that exist keep theirs.
    pub async fn four_eyes(&self, policy: &str) {
        self.settings(json!({ "four_eyes": policy })).await;
    }

    /// Changes some of the settings.
    pub async fn settings(&self, change: Value) {
        let settings = self.admin.get("/v1/settings").await.expect(200);
        let mut new = settings.json.as_object().unwrap().clone();
        new.remove("version");
        new.extend(change.as_object().unwrap().clone());
        self.admin.put("/v1/settings", Value::Object(new)).if_match(settings.version()).await.expect(200);
    }

    /// Moves the clock and logs everybody in again, for access tokens live for minutes.
    pub async fn later(&mut self, by: Duration) {
        self.app.later(by);
        for person in [&mut self.admin, &mut self.accountant, &mut self.second, &mut self.refunds, &mut self.sales] {
            *person = self.app.again(person).await;
        }
    }

    /// Puts a payment into the sandbox; the next [`Self::fetch`] brings it in. Answers its id at the provider.
    pub async fn pay(&self, amount: &str, purpose: &str, status: &str) -> String {
        self.pay_as("Erika Muster", (amount, purpose, status)).await
    }

    /// As [`Self::pay`], from somebody else.
    pub async fn pay_as(&self, name: &str, (amount, purpose, status): (&str, &str, &str)) -> String {
        let payment =
            json!({ "amount": eur(amount), "counterparty": { "name": name }, "purpose": purpose, "status": status });
        self.accountant.post(format!("/v1/sandbox/{}/payments", self.account), payment).await.expect(201).id()
    }

    /// Changes what became of a payment at the provider.
    pub async fn payment_becomes(&self, payment: &str, status: &str) {
        let path = format!("/v1/sandbox/{}/payments/{payment}", self.account);
        self.accountant.patch(path, json!({ "status": status })).await.expect(200);
    }

    /// Runs a reconciliation of the sandbox account to its end.
    pub async fn fetch(&self) -> Answer {
        let all_new = json!({ "account_ids": [self.account] });
        let run = self.accountant.post("/v1/reconciliation-runs", all_new).await.expect(202);
        self.app.run_pending().await;
        let run = self.accountant.get(run.header("Location").unwrap()).await.expect(200);
        assert_eq!(run.text("/status"), "finished", "{run:?}");
        run
    }

    /// Money arrives and is fetched. Answers the movement.
    pub async fn paid_in(&self, amount: &str, purpose: &str) -> String {
        let payment = self.pay(amount, purpose, "paid").await;
        self.fetch().await;
        self.movement_of(&payment).await
    }

    /// Imports a day's statement, a CAMT file, into a bank account. Answers the account.
    pub async fn statement(&self) -> String {
        let bank =
            json!({ "name": "Hausbank", "provider": "bank_file", "currency": "EUR", "iban": "DE89370400440532013000" });
        let account = self.admin.post("/v1/payment-accounts", bank).await.expect(201).id();
        let path = format!("/v1/statement-imports/raw?account_id={account}&filename=statement.xml");
        let run = self.accountant.post_raw(path, "application/xml", STATEMENT).await.expect(202);
        self.app.run_pending().await;
        let run = self.accountant.get(run.header("Location").unwrap()).await.expect(200);
        assert_eq!(run.text("/status"), "finished", "{run:?}");
        account
    }

    /// The only movement of an account with an amount.
    pub async fn movement_over(&self, account: &str, amount: &str) -> String {
        let query = format!("account_id={account}&amount_from={amount}&amount_to={amount}");
        self.only_movement(&query).await
    }

    /// A statement file brings 1249.00 in. Answers the movement.
    pub async fn paid_by_file(&self) -> String {
        let account = self.statement().await;
        self.movement_over(&account, "1249.00").await
    }

    /// The movement of a payment at the provider, or of a payout.
    pub async fn movement_of(&self, transaction: &str) -> String {
        self.only_movement(&format!("transaction_id={transaction}")).await
    }

    async fn only_movement(&self, query: &str) -> String {
        let found = self.accountant.get(format!("/v1/account-movements?{query}")).await.expect(200);
        assert_eq!(found.at("/items").as_array().unwrap().len(), 1, "{found:?}");
        found.text("/items/0/id").to_owned()
    }

    /// Tells the sandbox how to answer payouts; what is absent has its default.
    pub async fn behave(&self, behaviour: Value) {
        self.accountant.put(format!("/v1/sandbox/{}/behaviour", self.account), behaviour).await.expect(200);
    }

    /// What left the account, by the provider's own record.
    pub async fn payouts(&self) -> Vec<Value> {
        let payouts = self.accountant.get(format!("/v1/sandbox/{}/payouts", self.account)).await.expect(200);
        payouts.at("/items").as_array().unwrap().clone()
    }
}

pub fn eur(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}
