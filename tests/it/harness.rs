//! The harness tested by itself: what it promises about the end of a test, and that it notices a wrong answer.

use chrono::Duration;
use heller::access::role::Role;
use heller::domain::job::JobKind;
use heller::services::queue;
use serde_json::json;

use crate::support::app::{TestApp, beginning};
use crate::support::contract::{Contract, Exchange};

#[tokio::test]
async fn a_job_that_is_left_in_the_queue_fails_the_test() {
    let mut app = TestApp::start().await;
    app.look_behind().await.unwrap();
    let ctx = app.state().system_ctx("test");
    let tomorrow = ctx.now + Duration::days(1);
    let enqueue = async |txn: &sea_orm::DatabaseTransaction| {
        queue::enqueue_at(txn, &ctx, JobKind::Prune, &json!({}), tomorrow).await
    };
    app.state().db.write(enqueue).await.unwrap();
    assert_eq!(app.run_pending().await, 0);
    assert!(app.look_behind().await.unwrap_err().contains("prune"));
    app.allow_leftovers();
    app.finish().await;
}

#[tokio::test]
async fn two_tests_share_neither_database_nor_clock_nor_address() {
    let (one, other) = (TestApp::start().await, TestApp::start().await);
    one.later(Duration::days(1));
    assert_eq!((one.clock.now() - beginning(), other.clock.now()), (Duration::days(1), beginning()));
    assert_ne!(one.state().installation, other.state().installation);
    assert_ne!(one.db().url(), other.db().url());
    let stranger = one.user(Role::Admin).await;
    other
        .anonymous()
        .with_token(&stranger.session().access_token)
        .get("/v1/auth/me")
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_answer_that_is_not_as_documented_is_noticed() {
    let app = TestApp::start().await;
    let me = app.user(Role::Auditor).await.get("/v1/auth/me").await.expect(200);
    let wrong = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut document = heller::openapi::document();
        change(&mut document);
        let exchange = Exchange { method: "GET", target: "/v1/auth/me", sent: None, answer: &me };
        Contract::of(document).violations(&exchange)
    };
    let schema = "/components/schemas/Me/properties";
    let answers = "/paths/~1v1~1auth~1me/get/responses";
    assert_eq!(wrong(&|_| ()), Vec::<String>::new());
    let changes: [&dyn Fn(&mut serde_json::Value); 5] = [
        &|document| document.pointer_mut(schema).unwrap()["name"] = json!({ "type": "integer" }),
        &|document| document.pointer_mut(schema).unwrap()["surname"] = json!({ "type": "string" }),
        &|document| drop(document.pointer_mut(schema).unwrap().as_object_mut().unwrap().remove("name")),
        &|document| drop(document.pointer_mut(answers).unwrap().as_object_mut().unwrap().remove("200")),
        &|document| drop(document["paths"].as_object_mut().unwrap().remove("/v1/auth/me")),
    ];
    for (number, change) in changes.iter().enumerate() {
        assert_eq!(wrong(change).len(), 1, "change {number}: {:?}", wrong(change));
    }
    app.anonymous().get("/v1/there/is/nothing").await.problem(404, "not_found");
}
