//! Statement files: `archives` is about several in one, `by_balance` about lines that balances tell apart, `camt` about the three messages of one booking, `cancelling` about imports that a person ends,
//! `content` is about what becomes of them, `continuity` about statements that follow one another, `corpus` about input that is bad, `csv` about rows and
//! columns, `duplicates` about lines that may be one payment, `mt940` about messages of SWIFT, `identity` about the same days in several files, `large` about much that is worth nothing, `sources` about the text of a line, `uploads` about how they come in.

use heller::access::role::Role;
use heller::entities::{account_movement, journal_entry, statement_file, statement_file_chunk};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Client;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/camt053/", $name)).as_slice()
    };
}

mod archives;
mod by_balance;
mod camt;
mod cancelling;
mod content;
mod continuity;
mod corpus;
mod csv;
mod duplicates;
mod identity;
mod large;
mod mt940;
mod sources;
mod uploads;

const IBAN: &str = "DE89370400440532013000";

struct Bank {
    app: TestApp,
    admin: Client,
    clerk: Client,
    account: String,
}

impl Bank {
    async fn start() -> Self {
        Self::of(TestApp::start().await, json!({"iban": IBAN})).await
    }

    async fn of(app: TestApp, more: Value) -> Self {
        let (admin, clerk) = (app.user(Role::Admin).await, app.user(Role::Accountant).await);
        let mut body = json!({"name": "Hausbank", "provider": "bank_file", "currency": "EUR"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let account = admin.post("/v1/payment-accounts", body).await.expect(201).id();
        Self { app, admin, clerk, account }
    }

    async fn upload(&self, bytes: &[u8], more: &[(&str, &str)]) -> Answer {
        let fields: Vec<_> = [("account_id", self.account.as_str())].into_iter().chain(more.iter().copied()).collect();
        self.clerk.upload("/v1/statement-imports", &fields, ("statement.xml", bytes)).await
    }

    async fn raw(&self, bytes: &[u8], query: &str) -> Answer {
        let path = format!("/v1/statement-imports/raw?account_id={}{query}", self.account);
        self.clerk.post_raw(path, "application/xml", bytes).await
    }

    /// Runs the import that an upload has begun, and answers the run.
    async fn finished(&self, begun: Answer) -> Value {
        let begun = begun.expect(202);
        assert_eq!((begun.text("/status"), begun.text("/items/0/phase")), ("running", "queued"));
        self.app.run_pending().await;
        self.clerk.get(begun.header("Location").unwrap()).await.expect(200).json.clone()
    }

    async fn import(&self, bytes: &[u8]) -> Value {
        self.finished(self.upload(bytes, &[]).await).await
    }

    async fn movements(&self) -> Vec<account_movement::Model> {
        let query = account_movement::Entity::find().order_by_asc(account_movement::Column::SourceLine);
        query.all(self.app.state().db.reader()).await.unwrap()
    }

    async fn entries(&self) -> u64 {
        journal_entry::Entity::find().count(self.app.state().db.reader()).await.unwrap()
    }

    /// Codes of the logbook, oldest first.
    async fn log(&self) -> Vec<String> {
        let log = self.clerk.get("/v1/logbook").await.expect(200);
        let rows = log.at("/items").as_array().unwrap().iter().rev();
        rows.map(|row| row["code"].as_str().unwrap().to_owned()).collect()
    }

    async fn stored_files(&self) -> (u64, u64) {
        let db = self.app.state().db.reader();
        let files = statement_file::Entity::find().count(db).await.unwrap();
        (files, statement_file_chunk::Entity::find().count(db).await.unwrap())
    }
}

/// created, updated, unchanged, discarded, hidden, failed; their sum must be what was read.
fn counts(run: &Value) -> [i64; 6] {
    let counts = &run["items"][0]["counts"];
    let names = ["created", "updated", "unchanged", "discarded", "hidden", "failed"];
    let found = names.map(|name| counts[name].as_i64().unwrap());
    assert_eq!(counts["read"].as_i64().unwrap(), found.iter().sum::<i64>(), "{run:#}");
    found
}

/// A statement of one day between two balances.
fn between(day: u32, (opening, closing): (&str, &str), entries: &str) -> Vec<u8> {
    let balance = |code: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-{day}</Dt></Dt></Bal>"
        )
    };
    statement(&format!("{}{}{entries}", balance("OPBD", opening), balance("CLBD", closing)))
}

fn statement(entries: &str) -> Vec<u8> {
    let document = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
    format!(
        "<Document xmlns=\"{document}\"><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id>\
         <Ccy>EUR</Ccy></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
    .into_bytes()
}

fn entry(amount: &str, status: &str, day: &str, purpose: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\
         <BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls><RmtInf><Ustrd>{purpose}</Ustrd></RmtInf></TxDtls>\
         </NtryDtls></Ntry>\n"
    )
}
