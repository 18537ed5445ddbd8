//! The proof of the books: nothing is wrong after a day of everything, and each thing that can be wrong is found.
//!
//! Whatever is planted is planted in a transaction that is rolled back, with the guard lifted that would refuse it.

use std::collections::HashMap;

use heller::access::role::Role;
use heller::domain::id;
use heller::services::verify::{Report, verify};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::client::Client;

/// Ids of everything that happened, by a short name.
pub type Story = HashMap<&'static str, String>;

fn eur(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

async fn order(clerk: &Client, customer: &str, prices: &[&str]) -> String {
    let line =
        |price: &&str| json!({"description": "Ware", "quantity": "1", "tax_rate": "19", "unit_price": eur(price)});
    let lines: Vec<Value> = prices.iter().map(line).collect();
    let new = json!({"customer_id": customer, "currency": "EUR", "prices_include_tax": true, "lines": lines});
    clerk.post("/v1/orders", new).await.expect(201).id()
}

async fn reconcile(app: &TestApp, clerk: &Client) {
    clerk.post("/v1/reconciliation-runs", json!({})).await.expect(202);
    app.run_pending().await;
}

/// Puts money into the sandbox, fetches it, and answers the movement.
async fn receive(app: &TestApp, clerk: &Client, account: &str, (amount, purpose): (&str, &str)) -> String {
    let new = json!({"amount": eur(amount), "counterparty": {"name": "Erika Muster"}, "purpose": purpose});
    clerk.post(format!("/v1/sandbox/{account}/payments"), new).await.expect(201);
    reconcile(app, clerk).await;
    let found = clerk.get(format!("/v1/account-movements?purpose={purpose}")).await.expect(200);
    found.text("/items/0/id").to_owned()
}

async fn assign(clerk: &Client, movement: &str, (kind, id, amount): (&str, &str, &str)) {
    let new = json!({"movement_id": movement, "target": {"type": kind, "id": id}, "amount": eur(amount)});
    clerk.post("/v1/assignments", new).idempotent().await.expect(201);
}

async fn refund(clerk: &Client, kind: &str, id: &str) -> String {
    let new = json!({"origin": {"type": kind, "id": id}});
    let made = clerk.post("/v1/refunds", new).idempotent().await.expect(201);
    made.text("/refunds/0/id").to_owned()
}

async fn send(app: &TestApp, clerk: &Client, refund: &str) {
    clerk.post(format!("/v1/refunds/{refund}/send"), json!({})).idempotent().await.expect(202);
    app.run_pending().await;
}

/// A correction over the first line of an invoice.
async fn correct(clerk: &Client, invoice: &str) -> String {
    let shown = clerk.get(format!("/v1/invoices/{invoice}")).await.expect(200);
    let lines = json!([{"invoice_line_id": shown.text("/lines/0/id")}]);
    let draft = clerk.post("/v1/invoice-corrections", json!({"invoice_id": invoice, "lines": lines})).await.expect(201);
    let command = json!({"acknowledged": ["invoice_correction", "formalisation"]});
    let path = format!("/v1/invoice-corrections/{}/formalise", draft.id());
    clerk.post(path, command).idempotent().await.expect(200).id()
}

/// A refund of each kind, in each state; one invoice, one correction, money that is left over.
pub async fn tell(app: &TestApp) -> Story {
    let (admin, clerk) = (app.user(Role::Admin).await, app.user(Role::Accountant).await);
    let settings = json!({"four_eyes": "off", "auto_assign_after_run": false, "auto_assign_max_age_days": 90,
        "allow_return_of_unassigned": false});
    admin.put("/v1/settings", settings).header("If-Match", "*").await.expect(200);
    let sandbox = json!({"name": "Sandbox", "provider": "sandbox", "currency": "EUR"});
    let account = admin.post("/v1/payment-accounts", sandbox).await.expect(201).id();
    let customer = clerk.post("/v1/customers", json!({"name": "Erika Muster"})).await.expect(201).id();

    let cancelled = order(&clerk, &customer, &["40.00"]).await;
    let movement = receive(app, &clerk, &account, ("40.00", "eins")).await;
    assign(&clerk, &movement, ("order", &cancelled, "40.00")).await;
    let cancel = json!({"order_id": cancelled, "reason": "customer_request", "with_refund": true});
    clerk.post("/v1/cancellations", cancel).idempotent().await.expect(201);
    let confirmed = clerk.get("/v1/refunds?folder=not_sent").await.expect(200).text("/items/0/id").to_owned();
    send(app, &clerk, &confirmed).await;
    reconcile(app, &clerk).await;

    let invoiced = order(&clerk, &customer, &["50.00", "69.00"]).await;
    let new = json!({"order_id": invoiced});
    let invoice = clerk.post("/v1/invoices", new).idempotent().await.expect(201).id();
    let movement = receive(app, &clerk, &account, ("119.00", "zwei")).await;
    assign(&clerk, &movement, ("invoice", &invoice, "119.00")).await;
    let correction = correct(&clerk, &invoice).await;
    let sent = refund(&clerk, "invoice_correction", &correction).await;
    send(app, &clerk, &sent).await;

    let overpaid = order(&clerk, &customer, &["100.00"]).await;
    let movement = receive_without_payouts(app, &clerk, &account).await;
    assign(&clerk, &movement, ("order", &overpaid, "100.00")).await;
    let rest = refund(&clerk, "remaining_amount", &movement).await;
    [
        ("confirmed", confirmed),
        ("invoiced", invoiced),
        ("invoice", invoice),
        ("correction", correction),
        ("sent", sent),
        ("overpaid", overpaid),
        ("movement", movement),
        ("rest", rest),
    ]
    .into()
}

/// Money that came before, so that fetching it does not confirm the refund that has just been sent.
async fn receive_without_payouts(app: &TestApp, clerk: &Client, account: &str) -> String {
    receive(app, clerk, account, ("150.00", "drei")).await
}

fn uuid_of(text: &str) -> Uuid {
    id::decode(text.rsplit_once('_').unwrap().1).unwrap()
}

/// One thing that is wrong: which check finds it, whom it names, and how it comes about.
struct Plant {
    check: &'static str,
    offender: &'static str,
    sql: &'static str,
    /// What keeps it out, lifted first: on SQLite, on PostgreSQL.
    guard: Option<(&'static str, &'static str)>,
}

const fn plant(check: &'static str, offender: &'static str, sql: &'static str) -> Plant {
    Plant { check, offender, sql, guard: None }
}

const SENT_RANGE: (&str, &str) =
    ("PRAGMA ignore_check_constraints = ON", "ALTER TABLE invoice_correction DROP CONSTRAINT correction_sent_range");

/// `$1` is the id of the offender.
const PLANTS: [Plant; 22] = [
    plant(
        "journal_entries_balance",
        "jou_0000000000000000000000000z",
        "INSERT INTO journal_entry (id, kind, entry_date, subject_type, subject_id, created_at) \
         VALUES ($1, 'assigned', '2026-11-22', 'assignment', $1, '2026-11-22T00:00:00+00:00')",
    ),
    plant("movement_remainders", "movement", "UPDATE account_movement SET free_minor = free_minor + 1 WHERE id = $1"),
    plant("movement_tally", "acc_", "UPDATE movement_tally SET number = number + 1"),
    plant("order_paid_sums", "overpaid", "UPDATE sales_order SET paid_minor = paid_minor + 1 WHERE id = $1"),
    plant("invoice_paid_as_its_order", "invoice", "UPDATE invoice SET paid_minor = paid_minor + 1 WHERE id = $1"),
    plant(
        "order_corrected_sums",
        "invoiced",
        "UPDATE sales_order SET corrected_minor = corrected_minor + 1 WHERE id = $1",
    ),
    plant(
        "invoice_corrected_sums",
        "invoice",
        "UPDATE invoice SET corrected_minor = corrected_minor + 1 WHERE id = $1",
    ),
    plant(
        "payment_refundable_rests",
        "pay_",
        "UPDATE payment SET refundable_minor = refundable_minor - 1 WHERE refundable_minor > 0",
    ),
    plant(
        "invoice_line_rests",
        "invoice",
        "UPDATE invoice_line SET correctable_micros = correctable_micros - 1 WHERE invoice_id = $1 AND correctable_micros > 0",
    ),
    Plant {
        check: "correction_refundable_rests",
        offender: "correction",
        sql: "UPDATE invoice_correction SET refundable_minor = refundable_minor + 1 WHERE id = $1",
        guard: Some(SENT_RANGE),
    },
    Plant {
        check: "correction_sent_sums",
        offender: "correction",
        sql: "UPDATE invoice_correction SET sent_minor = sent_minor + 1 WHERE id = $1",
        guard: Some(SENT_RANGE),
    },
    plant(
        "ledger_unassigned_receipts",
        "EUR: ledger",
        "INSERT INTO journal_posting SELECT id, 99, '1200', '1590', 1, 'EUR' FROM journal_entry LIMIT 1",
    ),
    plant(
        "ledger_refunds_payable",
        "EUR: ledger",
        "INSERT INTO journal_posting SELECT id, 99, '1200', '1700', 1, 'EUR' FROM journal_entry LIMIT 1",
    ),
    plant(
        "ledger_money_in_transit",
        "EUR: ledger",
        "INSERT INTO journal_posting SELECT id, 99, '1200', '1360', 1, 'EUR' FROM journal_entry LIMIT 1",
    ),
    Plant {
        check: "refund_one_live_attempt",
        offender: "sent",
        sql: "UPDATE refund_attempt SET refund_id = $1, number = 99 WHERE refund_id <> $1",
        guard: Some(("DROP INDEX refund_attempt_live_key", "DROP INDEX refund_attempt_live_key")),
    },
    plant(
        "refund_confirmed_by_a_movement",
        "confirmed",
        "UPDATE refund SET confirming_movement_id = NULL WHERE id = $1",
    ),
    Plant {
        check: "refund_approved_by_a_second_person",
        offender: "rest",
        sql: "UPDATE refund SET approval_state = 'approved', approval_by = created_by WHERE id = $1",
        guard: Some((
            "PRAGMA ignore_check_constraints = ON",
            "ALTER TABLE refund DROP CONSTRAINT refund_second_person",
        )),
    },
    plant(
        "remaining_amount_is_assigned_to_its_refund",
        "rest",
        "UPDATE assignment SET amount_minor = amount_minor + 1 WHERE refund_id = $1",
    ),
    plant(
        "document_refund_has_its_payout",
        "rfd_",
        "UPDATE payment SET amount_minor = amount_minor - 1 WHERE refund_id IS NOT NULL AND reversed_at IS NULL",
    ),
    plant("assignments_in_one_currency", "asg_", "UPDATE assignment SET currency = 'USD' WHERE order_id IS NOT NULL"),
    plant("invoice_numbers", "RE-2026-", "UPDATE number_series SET last_number = last_number + 1 WHERE series = 'RE'"),
    plant("correction_numbers", "RK-2026-", "UPDATE number_series SET last_number = 7 WHERE series = 'RK'"),
];

/// Plants one thing, looks, and takes it back.
async fn report_with(connection: &DatabaseConnection, plant: &Plant, offender: &str) -> Report {
    let backend = connection.get_database_backend();
    // The pool has one connection, so this is one transaction.
    connection.execute_unprepared("BEGIN").await.unwrap();
    if let Some((sqlite, postgres)) = plant.guard {
        let lift = if backend == DbBackend::Sqlite { sqlite } else { postgres };
        connection.execute_unprepared(lift).await.unwrap();
    }
    let values = plant.sql.contains("$1").then(|| uuid_of(offender).into());
    let planted = connection.execute_raw(Statement::from_sql_and_values(backend, plant.sql, values)).await.unwrap();
    assert!(planted.rows_affected() > 0, "{} was not planted", plant.check);
    let report = verify(connection).await.unwrap();
    connection.execute_unprepared("ROLLBACK").await.unwrap();
    report
}

#[tokio::test]
async fn an_empty_database_has_nothing_to_prove_and_proves_it() {
    let app = TestApp::start().await;
    let report = verify(app.state().db.reader()).await.unwrap();
    assert!(report.is_ok() && report.checks.iter().all(|check| check.checked == 0), "{report:?}");
}

#[tokio::test]
async fn whatever_is_planted_is_found_and_named() {
    let app = TestApp::start().await;
    let story = tell(&app).await;
    let connection = app.db().connect().await;
    let sound = verify(&connection).await.unwrap();
    assert!(sound.is_ok(), "{sound:?}");
    for plant in &PLANTS {
        let offender = story.get(plant.offender).map_or(plant.offender, String::as_str);
        let report = report_with(&connection, plant, offender).await;
        let check = report.checks.iter().find(|check| check.name == plant.check).unwrap();
        let named = check.offenders.iter().any(|found| found.starts_with(offender));
        assert!(named, "{} does not name {offender}: {check:?}", plant.check);
    }
    let checks: Vec<&str> = sound.checks.iter().map(|check| check.name).collect();
    assert_eq!(checks, PLANTS.map(|plant| plant.check), "every check has something planted for it");
    assert!(verify(&connection).await.unwrap().is_ok(), "the test took everything back");
}
