//! What operators use: health, version, the document, problem pages, jobs, settings, and the daily clearing up.

use chrono::Duration;
use heller::access::role::Role;
use heller::domain::job::JobKind;
use heller::entities::{idempotency_key, job, refresh_token, session, worker_heartbeat};
use heller::error::{Code, Error};
use heller::services::prune::{self, Due};
use heller::services::queue::{self, Ended};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::answer::Answer;
use crate::support::app::TestApp;

fn check<'a>(ready: &'a Answer, name: &str) -> &'a Value {
    let checks = ready.at("/checks").as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()
}

#[tokio::test]
async fn a_server_is_alive_before_it_is_ready() {
    let app = TestApp::start().await;
    let stranger = app.anonymous();
    assert_eq!(stranger.get("/health/live").await.expect(200).json, json!({"status": "ok"}));
    let ready = stranger.get("/health/ready").await.expect(503);
    assert_eq!((ready.text("/status"), &check(&ready, "worker")["ok"]), ("not_ready", &json!(false)));
    assert!(check(&ready, "database")["ok"] == true && check(&ready, "migrations")["ok"] == true);

    queue::beat(&app.state().db, Uuid::new_v4(), app.clock.now()).await.unwrap();
    app.later(Duration::seconds(60));
    let ready = stranger.get("/health/ready").await.expect(200);
    assert_eq!((ready.text("/status"), &check(&ready, "worker")["detail"]), ("ready", &json!("seen 60 s ago")));
    app.later(Duration::seconds(1));
    stranger.get("/health/ready").await.expect(503);
}

#[tokio::test]
async fn the_program_says_what_it_is_and_what_it_can() {
    let app = TestApp::start().await;
    let version = app.anonymous().get("/version").await.expect(200);
    assert_eq!(version.json, json!({"name": "heller", "version": env!("CARGO_PKG_VERSION")}));
    let document = app.anonymous().get("/openapi.json").await.expect(200);
    assert_eq!(document.json, heller::openapi::document());
}

#[tokio::test]
async fn a_problem_has_a_page_for_people_and_one_for_programs() {
    let app = TestApp::start().await;
    let stranger = app.anonymous();
    for code in Code::ALL.iter().copied() {
        let shown = stranger.get(format!("/problems/{code}")).await.expect(200);
        let status = heller::handlers::problem::status_of(code).as_u16();
        assert_eq!((shown.text("/code"), shown.at("/status").as_u64()), (code.as_str(), Some(u64::from(status))));
        assert!(!shown.text("/title/de").is_empty() && !shown.text("/detail/en").is_empty());
    }
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = stranger.get("/problems/not_found").header("Accept", browser).lang("de").await.expect(200);
    let text = String::from_utf8(page.bytes.clone()).unwrap();
    assert_eq!((page.media(), page.header("Content-Language")), (Some("text/html"), Some("de")));
    assert!(text.contains("<h1>Nicht gefunden</h1>") && text.contains("<var>{kind}</var>"), "{text}");
    // Nothing is loaded from anywhere: the page's own policy forbids it, and the page does not try.
    assert_eq!(page.header("Content-Security-Policy"), Some("default-src 'none'; style-src 'unsafe-inline'"));
    assert!(!text.contains("http") && !text.contains("src="), "{text}");
    for (accept, media) in [
        ("application/json;q=0.1, text/html;q=0.9", "text/html"),
        ("text/html;q=0.2,application/json", "application/json"),
        ("text/html;q=0, */*", "application/json"),
        ("*/*", "application/json"),
        ("application/json, text/html", "application/json"),
    ] {
        for path in ["/problems", "/problems/not_found"] {
            let answer = stranger.get(path).header("Accept", accept).await.expect(200);
            assert_eq!(answer.media(), Some(media), "{path} with {accept}");
        }
    }
    stranger.get("/problems/nonsense").await.problem(404, "not_found");
    let list = stranger.get("/problems").await.expect(200);
    assert_eq!(list.at("/items").as_array().unwrap().len(), Code::ALL.len());
    let list = stranger.get("/problems").header("Accept", browser).await.expect(200);
    let text = String::from_utf8(list.bytes.clone()).unwrap();
    assert!(Code::ALL.iter().all(|code| text.contains(&format!("href=\"/problems/{code}\""))));
}

/// A job that was claimed and has failed for good.
async fn dead_job(app: &TestApp) -> String {
    let (db, ctx) = (&app.state().db, app.state().system_ctx("test"));
    let payload = json!({"nothing": 1});
    let enqueue =
        async |txn: &sea_orm::DatabaseTransaction| queue::enqueue(txn, &ctx, JobKind::ImportStatement, &payload).await;
    let id = db.write(enqueue).await.unwrap();
    let claimed = queue::claim(db, Uuid::new_v4(), ctx.now, Duration::seconds(60)).await.unwrap().unwrap();
    assert_eq!(claimed.id, id);
    queue::finish(db, ctx.now, &claimed, Ended::Fail(Error::internal("SELECT secrets"))).await.unwrap();
    id.to_string()
}

#[tokio::test]
async fn a_dead_job_is_seen_and_tried_again_by_who_may() {
    let mut app = TestApp::start().await;
    let id = dead_job(&app).await;
    let (admin, auditor) = (app.user(Role::Admin).await, app.user(Role::Auditor).await);
    let list = auditor.get("/v1/jobs?state=dead").await.expect(200);
    assert_eq!((list.text("/items/0/id"), list.text("/items/0/last_error")), (id.as_str(), "internal"));
    assert_eq!(auditor.get("/v1/jobs?state=done").await.expect(200).at("/items"), &json!([]));
    let shown = auditor.get(format!("/v1/jobs/{id}")).await.expect(200);
    assert_eq!((shown.text("/state"), shown.at("/payload")), ("dead", &json!({"nothing": 1})));
    auditor.act(format!("/v1/jobs/{id}/retry")).await.problem(403, "missing_permission");
    let again = admin.act(format!("/v1/jobs/{id}/retry")).key("k1").await.expect(200);
    assert_eq!((again.text("/state"), again.at("/finished_at")), ("queued", &Value::Null));
    let replayed = admin.act(format!("/v1/jobs/{id}/retry")).key("k1").await.expect(200);
    assert_eq!((replayed.header("Idempotency-Replayed"), &replayed.json), (Some("true"), &again.json));
    admin.act(format!("/v1/jobs/{id}/retry")).await.problem(409, "job_not_dead");
    auditor.get("/v1/jobs/job_01kapd3hzcf3sbvpdj0k4v8m2e").await.problem(404, "not_found");
    auditor.get("/v1/jobs?state=sleeping").await.problem(422, "invalid_value");
    app.allow_leftovers();
}

fn settings(four_eyes: &str, days: i64) -> Value {
    json!({"four_eyes": four_eyes, "auto_assign_after_run": true, "auto_assign_max_age_days": days,
        "allow_return_of_unassigned": true})
}

#[tokio::test]
async fn settings_are_replaced_together_by_who_has_seen_them() {
    let app = TestApp::start().await;
    let (admin, auditor) = (app.user(Role::Admin).await, app.user(Role::Auditor).await);
    let shown = auditor.get("/v1/settings").await.expect(200);
    let expected = json!({"four_eyes": "always", "auto_assign_after_run": false, "auto_assign_max_age_days": 90,
        "allow_return_of_unassigned": false, "match_prenoted_by_purpose": true, "version": 1});
    assert_eq!((shown.version(), &shown.json), (1, &expected));
    auditor.get("/v1/settings").if_none_match("\"1\"").await.expect(304);
    auditor.put("/v1/settings", settings("off", 1)).if_match(1).await.problem(403, "missing_permission");
    admin.put("/v1/settings", settings("off", 1)).await.problem(428, "precondition_required");
    let replaced = admin.put("/v1/settings", settings("above:1000.00", 3650)).if_match(1).await.expect(200);
    assert_eq!((replaced.version(), replaced.text("/four_eyes")), (2, "above:1000.00"));
    let stale = admin.put("/v1/settings", settings("off", 1)).if_match(1).await;
    assert_eq!(stale.problem(412, "version_mismatch").at("/current_version"), 2);
    assert_eq!(auditor.get("/v1/settings").await.expect(200).json, replaced.json);
}

#[tokio::test]
async fn wrong_settings_are_refused_with_everything_that_is_wrong() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    for (four_eyes, days) in [("on", 0), ("above:-1", 3651), ("above:1,00", -1)] {
        let refused = admin.put("/v1/settings", settings(four_eyes, days)).if_match(1).await;
        let refused = refused.problem(422, "invalid_value");
        refused.field("/four_eyes", "invalid_value").field("/auto_assign_max_age_days", "invalid_value");
    }
    let mut unknown = settings("off", 1);
    unknown["four_eye"] = json!("off");
    admin.put("/v1/settings", unknown).if_match(1).await.problem(422, "unknown_field");
    admin.put("/v1/settings", json!({"four_eyes": "off"})).if_match(1).await.problem(422, "missing_field");
}

#[tokio::test]
async fn what_is_old_is_cleared_up_and_what_is_young_stays() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    admin.post("/v1/customers", json!({"name": "Erika"})).idempotent().await.problem(403, "missing_permission");
    let clerk = app.user(Role::SalesClerk).await;
    clerk.post("/v1/customers", json!({"name": "Erika"})).idempotent().await.expect(201);
    let db = app.state().db.reader();
    queue::beat(&app.state().db, Uuid::new_v4(), app.clock.now()).await.unwrap();
    dead_job(&app).await;
    let counts = async || {
        [
            idempotency_key::Entity::find().count(db).await.unwrap(),
            refresh_token::Entity::find().count(db).await.unwrap(),
            session::Entity::find().count(db).await.unwrap(),
            job::Entity::find().count(db).await.unwrap(),
            worker_heartbeat::Entity::find().count(db).await.unwrap(),
        ]
    };
    let clear = async || prune::run(&app.state().db, app.clock.now()).await.unwrap();
    assert_eq!((clear().await, counts().await), (0, [1, 2, 2, 1, 1]));
    app.later(Duration::hours(73));
    assert_eq!((clear().await, counts().await), (2, [0, 2, 2, 1, 0]));
    app.later(Duration::days(365));
    clear().await;
    assert_eq!(counts().await, [0, 0, 0, 1, 0], "a dead job waits for a person");
}

#[tokio::test]
async fn the_daily_run_is_waiting_once_and_sees_to_the_next_one() {
    let mut app = TestApp::start().await;
    let schedule = async |due| prune::schedule(&app.state().db, &app.state().system_ctx("test"), due).await.unwrap();
    schedule(Due::Now).await;
    schedule(Due::Now).await;
    assert_eq!((app.run_pending().await, app.run_pending().await), (1, 0));
    schedule(Due::Now).await;
    assert_eq!(app.run_pending().await, 0, "tomorrow's run waits already");
    app.later(Duration::days(1));
    assert_eq!(app.run_pending().await, 1);
    app.allow_leftovers();
}
