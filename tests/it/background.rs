//! Background work that goes wrong: a failure is told and ends, what was cut off goes on, and nobody waits for ever.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use heller::db::{Db, Durability};
use heller::domain::job::JobKind;
use heller::entities::job;
use heller::error::{Code, Error};
use heller::services::matching;
use heller::services::queue::{self, Ended, Job};
use heller::services::reconciliation::feed::{self, Sources};
use heller::services::reconciliation::{ItemKey, items, statement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::builders::assert_shows;
use crate::support::shop::Shop;

const LEASE: i64 = 60;

/// Claims the next job as a worker does that then dies.
async fn claimed(app: &TestApp) -> Job {
    let (db, lease) = (&app.state().db, Duration::seconds(LEASE));
    queue::claim(db, Uuid::new_v4(), app.clock.now(), lease).await.unwrap().expect("a job is due")
}

async fn job_of(app: &TestApp, kind: JobKind) -> Job {
    let found = job::Entity::find().filter(job::Column::Kind.eq(kind)).one(app.state().db.reader()).await;
    found.unwrap().expect("there is such a job")
}

/// Starts a run over the sandbox account and answers where it is.
async fn begun(shop: &Shop) -> String {
    let run = shop.accountant.post("/v1/reconciliation-runs", json!({ "account_ids": [shop.account] })).await;
    run.expect(202).header("Location").unwrap().to_owned()
}

fn instant(view: &Value, field: &str) -> DateTime<Utc> {
    view[field].as_str().unwrap_or_else(|| panic!("{field}: {view:#}")).parse().unwrap()
}

#[tokio::test]
async fn a_movement_that_cannot_be_looked_at_is_counted_and_does_not_stop_the_others() {
    let shop = Shop::open().await;
    let (broken, good) = (shop.order("80.00").await, shop.order("70.00").await);
    let first = shop.paid_in("80.00", &shop.number(&broken).await).await;
    let second = shop.paid_in("70.00", &shop.number(&good).await).await;
    let conn = shop.app.db().connect().await;
    let currency = async |code: &str| {
        let sql = format!("UPDATE sales_order SET currency = '{code}' WHERE gross_minor = 8000");
        conn.execute_unprepared(&sql).await.unwrap();
    };
    // A row that makes no sense.
    currency("???").await;
    let run = shop.accountant.post("/v1/assignment-runs", json!({})).await.expect(202);
    shop.app.run_pending().await;
    currency("EUR").await;
    let run = shop.accountant.get(run.header("Location").unwrap()).await.expect(200);
    let expected = [("status", "finished_with_errors"), ("counts/assigned", "1"), ("counts/no_match", "1")];
    assert_shows(&run, &expected);
    let results = run.at("/results").as_array().unwrap();
    let of = |movement: &str| results.iter().find(|result| result["movement"]["id"] == movement).unwrap();
    assert_eq!((&of(&first)["outcome"], &of(&first)["reason"]), (&json!("no_match"), &json!("failed")));
    assert_eq!(of(&second)["outcome"], "assigned");
    let list = shop.accountant.get("/v1/assignment-runs").await.expect(200);
    assert_eq!((list.text("/items/0/status"), list.json["items"][0].get("results")), ("finished_with_errors", None));
    shop.app.finish().await;
}

#[tokio::test]
async fn an_assignment_run_whose_last_try_failed_has_failed() {
    let mut shop = Shop::open().await;
    let movement = shop.paid_in("80.00", "Danke").await;
    let run = shop.accountant.post("/v1/assignment-runs", json!({ "movement_ids": [movement] })).await.expect(202);
    let conn = shop.app.db().connect().await;
    conn.execute_unprepared("UPDATE assignment_run SET movement_ids = 'nonsense'").await.unwrap();
    for _ in 0..JobKind::AssignMovements.attempts_max() {
        shop.later(Duration::hours(1)).await;
        assert_eq!(shop.app.run_pending().await, 1);
    }
    let run = shop.accountant.get(run.header("Location").unwrap()).await.expect(200);
    assert_shows(&run, &[("status", "failed"), ("progress/phase", "done")]);
    assert_eq!(instant(&run.json, "finished_at"), shop.app.clock.now());
    assert_eq!(job_of(&shop.app, JobKind::AssignMovements).await.state.as_str(), "dead");
    shop.app.finish().await;
}

#[tokio::test]
async fn a_job_whose_end_could_not_be_written_does_not_die() {
    let mut shop = Shop::open().await;
    let run = begun(&shop).await;
    let mut job = claimed(&shop.app).await;
    let key: ItemKey = serde_json::from_str(&job.payload).unwrap();
    job.attempts = job.attempts_max;
    let gone = Db::connect(shop.app.db().url(), 2, Durability::Normal).await.unwrap();
    gone.clone().close().await.unwrap();
    let ctx = shop.app.state().system_ctx("test");
    let ended = items::ended(&gone, &ctx, (key, &job), Err(Error::new(Code::Unavailable))).await;
    assert!(matches!(ended, Ended::Again(_)), "{ended:?}");
    queue::finish(&shop.app.state().db, ctx.now, &job, ended).await.unwrap();
    assert_eq!(job_of(&shop.app, JobKind::FetchFeed).await.state.as_str(), "queued");
    shop.later(Duration::hours(1)).await;
    shop.app.run_pending().await;
    assert_eq!(shop.accountant.get(run).await.expect(200).text("/status"), "finished");
    shop.app.finish().await;
}

#[tokio::test]
async fn a_job_that_ends_its_process_again_and_again_is_given_up_and_frees_its_account() {
    let mut shop = Shop::open().await;
    let run = begun(&shop).await;
    for _ in 0..JobKind::FetchFeed.interruptions_max() {
        claimed(&shop.app).await;
        shop.later(Duration::seconds(LEASE + 1)).await;
    }
    assert_eq!(shop.app.run_pending().await, 1);
    let given_up = shop.accountant.get(run).await.expect(200);
    assert_shows(&given_up, &[("status", "failed"), ("items/0/status", "failed")]);
    let dead = shop.admin.get("/v1/jobs?state=dead").await.expect(200);
    let shown = [("items/0/kind", "fetch_feed"), ("items/0/attempts", "1"), ("items/0/interrupted", "20")];
    assert_shows(&dead, &shown);
    shop.fetch().await;
    let again = shop.admin.act(format!("/v1/jobs/{}/retry", dead.text("/items/0/id"))).await.expect(200);
    assert_shows(&again, &[("state", "queued"), ("interrupted", "0")]);
    shop.app.run_pending().await;
    shop.app.finish().await;
}

#[tokio::test]
async fn an_assignment_run_that_ends_its_process_again_and_again_has_failed() {
    let mut shop = Shop::open().await;
    let run = shop.accountant.post("/v1/assignment-runs", json!({})).await.expect(202);
    for _ in 0..JobKind::AssignMovements.interruptions_max() {
        claimed(&shop.app).await;
        shop.later(Duration::seconds(LEASE + 1)).await;
    }
    shop.app.run_pending().await;
    let run = shop.accountant.get(run.header("Location").unwrap()).await.expect(200);
    assert_shows(&run, &[("status", "failed"), ("progress/phase", "done")]);
    shop.app.finish().await;
}

#[tokio::test]
async fn what_was_cut_off_is_no_attempt_and_waits_once_it_is_suspect() {
    let shop = Shop::open().await;
    begun(&shop).await;
    let db = &shop.app.state().db;
    for interrupted in 1..=12 {
        assert_eq!(claimed(&shop.app).await.attempts, 1);
        assert_eq!(queue::release_all(db, shop.app.clock.now()).await.unwrap(), 1);
        let job = job_of(&shop.app, JobKind::FetchFeed).await;
        assert_eq!((job.state.as_str(), job.attempts, job.interrupted), ("queued", 0, interrupted));
        let waits = (job.run_at - shop.app.clock.now()).num_seconds();
        assert_eq!(waits, if interrupted > 10 { 10 } else { 0 }, "{interrupted}");
        shop.app.later(Duration::seconds(waits));
    }
    shop.app.run_pending().await;
    assert_eq!(job_of(&shop.app, JobKind::FetchFeed).await.state.as_str(), "done");
    shop.app.finish().await;
}

#[tokio::test]
async fn a_parked_job_is_due_at_once_and_was_neither_tried_nor_cut_off() {
    let shop = Shop::open().await;
    begun(&shop).await;
    let (db, now) = (&shop.app.state().db, shop.app.clock.now());
    let job = claimed(&shop.app).await;
    queue::park(db, now, &job).await.unwrap();
    let parked = job_of(&shop.app, JobKind::FetchFeed).await;
    assert_eq!((parked.state.as_str(), parked.attempts, parked.interrupted), ("queued", 0, 0));
    assert_eq!((parked.run_at, parked.lease_owner, parked.lease_until), (now, None, None));
    // Somebody else has it by now: the one who was late changes nothing.
    let other = claimed(&shop.app).await;
    queue::park(db, now, &job).await.unwrap();
    let kept = job_of(&shop.app, JobKind::FetchFeed).await;
    assert_eq!((kept.state.as_str(), kept.lease_owner), ("running", other.lease_owner));
    queue::park(db, now, &other).await.unwrap();
    shop.app.run_pending().await;
    assert_eq!(job_of(&shop.app, JobKind::FetchFeed).await.state.as_str(), "done");
    shop.app.finish().await;
}

#[tokio::test]
async fn what_a_job_does_is_dated_when_it_does_it() {
    let mut shop = Shop::open().await;
    let state = shop.app.state().clone();
    let began = state.system_ctx("test");
    shop.pay("80.00", "Danke", "paid").await;
    let fetch = begun(&shop).await;
    let bank = json!({ "name": "Hausbank", "provider": "bank_file", "currency": "EUR" });
    let bank = shop.admin.post("/v1/payment-accounts", bank).await.expect(201).id();
    let file = include_bytes!("../fixtures/camt053/missing_fields.xml").as_slice();
    let path = format!("/v1/statement-imports/raw?account_id={bank}");
    let import = shop.accountant.post_raw(path, "application/xml", file).await.expect(202);
    let assign = shop.accountant.post("/v1/assignment-runs", json!({})).await.expect(202);
    shop.later(Duration::minutes(5)).await;
    let key = serde_json::from_str(&job_of(&shop.app, JobKind::FetchFeed).await.payload).unwrap();
    let sources = Sources { providers: &state.providers, timeout: StdDuration::from_secs(5) };
    feed::fetch(&state.db, &began, &sources, key).await.unwrap();
    let order = serde_json::from_str(&job_of(&shop.app, JobKind::ImportStatement).await.payload).unwrap();
    statement::import(&state.db, &began, order).await.unwrap();
    let run = serde_json::from_str(&job_of(&shop.app, JobKind::AssignMovements).await.payload).unwrap();
    matching::run(&state.db, &began, run).await.unwrap();
    let now = shop.app.clock.now();
    for place in [fetch.as_str(), import.header("Location").unwrap(), assign.header("Location").unwrap()] {
        let run = shop.accountant.get(place).await.expect(200);
        assert_eq!(instant(&run.json, "finished_at"), now, "{place}");
    }
    let log = shop.accountant.get("/v1/logbook").await.expect(200);
    assert_eq!(instant(log.at("/items/0"), "at"), now);
    // The jobs themselves find nothing left to do.
    shop.app.run_pending().await;
    shop.app.finish().await;
}

/// [19]
#[tokio::test]
async fn a_run_over_all_accounts_ends_though_one_of_them_waits_for_a_file() {
    let shop = Shop::open().await;
    shop.settings(json!({ "auto_assign_after_run": true })).await;
    let bank = json!({ "name": "Hausbank", "provider": "bank_file", "currency": "EUR" });
    shop.admin.post("/v1/payment-accounts", bank).await.expect(201);
    shop.pay("80.00", "Danke", "paid").await;
    let run = shop.accountant.post("/v1/reconciliation-runs", json!({})).await.expect(202);
    shop.app.run_pending().await;
    let run = shop.accountant.get(run.header("Location").unwrap()).await.expect(200);
    assert_eq!(run.text("/status"), "finished", "{run:?}");
    assert_eq!(instant(&run.json, "finished_at"), shop.app.clock.now());
    let mut statuses: Vec<&str> =
        run.at("/items").as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["done", "needs_file"]);
    let assigned = shop.accountant.get("/v1/assignment-runs").await.expect(200);
    assert_eq!(assigned.at("/items").as_array().unwrap().len(), 1);
    shop.app.finish().await;
}
