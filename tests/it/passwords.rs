//! Changing one's own password.

use chrono::Duration;
use heller::access::role::Role;
use heller::entities::audit_event;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Client;

const NEW: &str = "blue kettle seven rivers";

async fn change(client: &Client, current: &str, new: &str) -> Answer {
    client.put("/v1/auth/password", json!({ "current_password": current, "new_password": new })).await
}

async fn log_in(app: &TestApp, client: &Client, password: &str) -> Answer {
    let body = json!({ "email": client.session().email, "password": password });
    app.anonymous().post("/v1/auth/login", body).await
}

async fn audited(app: &TestApp) -> Vec<Value> {
    let changed = audit_event::Column::Action.eq("user.password_changed");
    let found = audit_event::Entity::find().filter(changed).all(app.state().db.reader()).await.unwrap();
    found.iter().map(|event| serde_json::from_str(&event.details).unwrap()).collect()
}

#[tokio::test]
async fn a_new_password_closes_every_other_session_and_keeps_this_one() {
    let app = TestApp::start().await;
    let (here, stranger) = (app.user(Role::RefundClerk).await, app.user(Role::RefundClerk).await);
    let there = app.again(&here).await;
    change(&here, PASSWORD, NEW).await.expect(204);
    here.get("/v1/auth/me").await.expect(200);
    let refresh = async |client: &Client| {
        let body = json!({ "refresh_token": client.session().refresh_token });
        app.anonymous().post("/v1/auth/refresh", body).await
    };
    refresh(&here).await.expect(200);
    there.get("/v1/auth/me").await.problem(401, "unauthenticated");
    refresh(&there).await.problem(401, "refresh_token_invalid");
    stranger.get("/v1/auth/me").await.expect(200);
    log_in(&app, &here, PASSWORD).await.problem(401, "invalid_credentials");
    log_in(&app, &here, NEW).await.expect(200);
    log_in(&app, &stranger, PASSWORD).await.expect(200);
    assert_eq!(audited(&app).await.len(), 1);
    assert_eq!(audited(&app).await[0]["sessions_closed"], 1);
}

#[tokio::test]
async fn a_new_password_has_the_length_that_the_command_line_asks_for_and_is_another_one() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let (long, wide) = ("x".repeat(201), "ä".repeat(150));
    for (new, reason) in [
        ("elevenchars", "password_length"),
        (long.as_str(), "password_length"),
        (wide.as_str(), "password_length"),
        (PASSWORD, "password_unchanged"),
    ] {
        let refused = change(&clerk, PASSWORD, new).await;
        refused.problem(422, "invalid_value").field("/new_password", "invalid_value");
        assert_eq!(refused.text("/reason"), reason);
    }
    change(&clerk, PASSWORD, "twelve chars").await.expect(204);
    change(&clerk, "twelve chars", &"x".repeat(200)).await.expect(204);
    app.anonymous().put("/v1/auth/password", json!({})).await.problem(401, "unauthenticated");
    let empty = clerk.put("/v1/auth/password", json!({})).await;
    let empty = empty.problem(422, "missing_field");
    empty.field("/current_password", "missing_field").field("/new_password", "missing_field");
}

#[tokio::test]
async fn wrong_passwords_are_counted_like_failed_logins() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    for _ in 0..6 {
        let refused = change(&clerk, "not the right password", NEW).await;
        refused.problem(422, "wrong_password").field("/current_password", "wrong_password");
    }
    let refused = change(&clerk, PASSWORD, NEW).await;
    let seconds: i64 = refused.problem(429, "rate_limited").header("Retry-After").unwrap().parse().unwrap();
    log_in(&app, &clerk, PASSWORD).await.problem(429, "rate_limited");
    app.later(Duration::seconds(seconds));
    change(&clerk, PASSWORD, NEW).await.expect(204);
    assert_eq!(audited(&app).await.len(), 1);
    log_in(&app, &clerk, NEW).await.expect(200);
}

#[tokio::test]
async fn of_two_changes_at_the_same_time_one_is_made() {
    let app = TestApp::start().await;
    let here = app.user(Role::RefundClerk).await;
    let there = app.again(&here).await;
    let (one, other) = tokio::join!(change(&here, PASSWORD, NEW), change(&there, PASSWORD, "another good password"));
    let answers = [&one, &other];
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1, "{answers:?}");
    let loser = answers.iter().find(|answer| answer.status != 204).unwrap();
    assert!(matches!(loser.status, 401 | 409 | 422), "{loser:?}");
}
