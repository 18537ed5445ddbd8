//! A merchant for one test: a server with a licence, people in their roles, a sandbox account that can send, and four
//! eyes switched off. How money comes in is here; what the people then do is in [`super::builders`].

use chrono::Duration;
use heller::access::role::Role;
use serde_json::{Value, json};

use super::answer::Answer;
use super::app::{TestApp, TestAppBuilder};
use super::client::Client;

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

    /// A statement file brings 1249.00 in. Answers the movement.
    pub async fn paid_by_file(&self) -> String {
        use heller::domain::movement::{BookingType, ImportChannel, MovementStatus};
        let body = json!({ "name": "Hausbank", "provider": "bank_file", "currency": "EUR" });
        let account = self.admin.post("/v1/payment-accounts", body).await.expect(201).id();
        let ctx = self.app.state().system_ctx("test");
        let row = heller::entities::account_movement::Model {
            id: ctx.id(),
            account_id: account.parse().unwrap(),
            transaction_id: "2026112400001".to_owned(),
            booking_date: ctx.today(),
            value_date: None,
            amount_minor: 124_900,
            free_minor: 124_900,
            currency: heller::domain::money::Currency::EUR,
            booking_type: BookingType::Incoming,
            status: MovementStatus::Completed,
            status_text: None,
            counterparty_name: None,
            counterparty_iban: None,
            counterparty_bic: None,
            purpose: None,
            reference: None,
            end_to_end_id: None,
            mandate_id: None,
            related_transaction_id: None,
            parent_movement_id: None,
            internal_comment: None,
            hidden: false,
            import_channel: ImportChannel::Camt,
            returnable: false,
            counterparty_fold: String::new(),
            purpose_fold: String::new(),
            run_id: None,
            source_line: None,
            version: 1,
            created_at: ctx.now,
        };
        let id = row.id.to_string();
        let insert = async |txn: &sea_orm::DatabaseTransaction| {
            heller::db::insert(txn, row.clone()).await?;
            let entry = heller::services::journal::Entry {
                kind: heller::domain::ledger::EntryKind::MovementImported,
                date: row.booking_date,
                subject: heller::services::audit::Subject::Movement(row.id),
                customer: None,
                postings: heller::domain::ledger::movement_imported(row.amount())?,
            };
            heller::services::journal::post(txn, &ctx, entry).await
        };
        self.app.state().db.write(insert).await.unwrap();
        id
    }

    /// The movement of a payment at the provider, or of a payout.
    pub async fn movement_of(&self, transaction: &str) -> String {
        let found =
            self.accountant.get(format!("/v1/account-movements?transaction_id={transaction}")).await.expect(200);
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
