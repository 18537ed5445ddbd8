//! Logging in, staying logged in, and being thrown out.

use chrono::Duration;
use heller::access::role::Role;
use heller::entities::{app_user, login_throttle, user_role};
use heller::services::users;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Client;

async fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.anonymous().post("/v1/auth/login", json!({ "email": email, "password": password })).await
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.anonymous().post("/v1/auth/refresh", json!({ "refresh_token": token })).await
}

/// A problem without what differs from request to request.
fn without_ids(answer: &Answer) -> Value {
    let mut json = answer.json.clone();
    for member in ["request_id", "instance"] {
        json.as_object_mut().unwrap().remove(member);
    }
    json
}

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let answer = log_in(&app, &clerk.session().email.to_uppercase(), PASSWORD).await.expect(200);
    assert_eq!((answer.text("/token_type"), answer.at("/expires_in")), ("Bearer", &json!(900)));
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let me = app.anonymous().with_token(answer.text("/access_token")).get("/v1/auth/me").await.expect(200);
    assert_eq!(me.id(), clerk.id());
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_get_the_same_answer() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let wrong_password = log_in(&app, &clerk.session().email, "not the right password").await;
    let unknown_user = log_in(&app, "nobody@test.example", "not the right password").await;
    wrong_password.problem(401, "invalid_credentials");
    unknown_user.problem(401, "invalid_credentials");
    assert_eq!(without_ids(&wrong_password), without_ids(&unknown_user));
}

#[tokio::test]
async fn an_unknown_user_costs_a_verification_like_a_known_one() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    for email in ["nobody@test.example", &clerk.session().email, "nobody@test.example"] {
        let before = app.state().passwords.verifications();
        log_in(&app, email, "not the right password").await.problem(401, "invalid_credentials");
        assert_eq!(app.state().passwords.verifications(), before + 1, "{email}");
    }
}

#[tokio::test]
async fn a_user_who_was_switched_off_cannot_log_in_and_loses_open_sessions() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let switch_off = async |txn: &sea_orm::DatabaseTransaction| {
        let update = app_user::Entity::update_many().col_expr(app_user::Column::Active, Expr::value(false));
        Ok(update.filter(app_user::Column::Id.eq(clerk.session().user)).exec(txn).await?)
    };
    app.state().db.write(switch_off).await.unwrap();
    log_in(&app, &clerk.session().email, PASSWORD).await.problem(401, "invalid_credentials");
    clerk.get("/v1/auth/me").await.problem(401, "unauthenticated");
    refresh(&app, &clerk.session().refresh_token).await.problem(401, "refresh_token_invalid");
}

#[tokio::test]
async fn a_login_that_cannot_be_read_says_why() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    let misspelt = anonymous.post("/v1/auth/login", json!({ "email": "a", "password": "b", "passwort": "c" })).await;
    misspelt.problem(422, "unknown_field").field("/passwort", "unknown_field");
    let incomplete = anonymous.post("/v1/auth/login", json!({ "email": "a" })).await;
    incomplete.problem(422, "missing_field").field("/password", "missing_field");
    let broken = anonymous.post_raw("/v1/auth/login", "application/json", "{\"email\":").await;
    broken.problem(400, "malformed_body");
    anonymous.post_raw("/v1/auth/login", "text/plain", "hello").await.problem(415, "unsupported_media_type");
    anonymous.delete("/v1/auth/login").await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn an_access_token_lives_for_fifteen_minutes_and_thirty_seconds() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    app.later(Duration::seconds(15 * 60 + 30));
    clerk.get("/v1/auth/me").await.expect(200);
    app.later(Duration::seconds(1));
    clerk.get("/v1/auth/me").await.problem(401, "token_expired");
    app.again(&clerk).await.get("/v1/auth/me").await.expect(200);
}

#[tokio::test]
async fn a_refresh_answers_a_new_pair_and_keeps_the_session() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    app.later(Duration::minutes(20));
    let answer = refresh(&app, &clerk.session().refresh_token).await.expect(200);
    assert_ne!(answer.text("/refresh_token"), clerk.session().refresh_token);
    clerk.get("/v1/auth/me").await.problem(401, "token_expired");
    clerk.with_token(answer.text("/access_token")).get("/v1/auth/me").await.expect(200);
    refresh(&app, answer.text("/refresh_token")).await.expect(200);
}

#[tokio::test]
async fn using_a_refresh_token_twice_closes_the_session_for_thief_and_owner() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let stranger = app.user(Role::RefundClerk).await;
    let newer = refresh(&app, &clerk.session().refresh_token).await.expect(200);
    refresh(&app, &clerk.session().refresh_token).await.problem(401, "refresh_token_reused");
    for token in [clerk.session().access_token.as_str(), newer.text("/access_token")] {
        clerk.with_token(token).get("/v1/auth/me").await.problem(401, "unauthenticated");
    }
    refresh(&app, newer.text("/refresh_token")).await.problem(401, "refresh_token_invalid");
    stranger.get("/v1/auth/me").await.expect(200);
}

#[tokio::test]
async fn two_refreshes_at_the_same_time_do_not_both_succeed() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let token = &clerk.session().refresh_token;
    let (one, other) = tokio::join!(refresh(&app, token), refresh(&app, token));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "{one:?}\n{other:?}");
}

#[tokio::test]
async fn a_refresh_token_ends_after_its_time() {
    let app = TestApp::builder().config(|config| config.refresh_token_hours = 2).start().await;
    let clerk = app.user(Role::RefundClerk).await;
    app.later(Duration::hours(2));
    refresh(&app, &clerk.session().refresh_token).await.problem(401, "refresh_token_invalid");
    refresh(&app, "0123456789abcdef").await.problem(401, "refresh_token_invalid");
}

#[tokio::test]
async fn logging_out_ends_this_session_and_no_other() {
    let app = TestApp::start().await;
    let here = app.user(Role::RefundClerk).await;
    let there = app.again(&here).await;
    here.act("/v1/auth/logout").await.expect(204);
    here.get("/v1/auth/me").await.problem(401, "unauthenticated");
    refresh(&app, &here.session().refresh_token).await.problem(401, "refresh_token_invalid");
    there.get("/v1/auth/me").await.expect(200);
    refresh(&app, &there.session().refresh_token).await.expect(200);
}

#[tokio::test]
async fn me_shows_the_roles_of_the_database_and_what_they_permit_together() {
    let app = TestApp::start().await;
    let both = app.user_with(&[Role::Cashier, Role::SalesClerk]).await;
    let me = both.get("/v1/auth/me").await.expect(200);
    assert_eq!(me.at("/roles"), &json!(["sales_clerk", "cashier"]));
    let mut permissions: Vec<&str> =
        me.at("/permissions").as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    permissions.sort_unstable();
    let expected =
        "cash_desk.operate cash_desk.read corrections.read corrections.write orders.cancel orders.read orders.write";
    assert_eq!(permissions.join(" "), expected);
    assert_eq!(me.text("/email"), both.session().email);
    assert_eq!(me.text("/licence/payment_module/state"), "active");
    let take_away = async |txn: &sea_orm::DatabaseTransaction| {
        let cashier = user_role::Column::Role.eq(Role::Cashier);
        Ok(user_role::Entity::delete_many().filter(cashier).exec(txn).await?)
    };
    app.state().db.write(take_away).await.unwrap();
    assert_eq!(both.get("/v1/auth/me").await.expect(200).at("/roles"), &json!(["sales_clerk"]));
}

#[tokio::test]
async fn a_new_user_without_a_role_is_somebody_and_may_do_nothing() {
    let app = TestApp::start().await;
    let nobody = app.user_with(&[]).await;
    let me = nobody.get("/v1/auth/me").await.expect(200);
    assert_eq!((me.at("/roles"), me.at("/permissions")), (&json!([]), &json!([])));
    nobody.act("/v1/licence/trial").await.problem(403, "missing_permission");
}

/// Gives `client` one wrong password after another.
async fn fail(app: &TestApp, client: &Client, times: usize) {
    for _ in 0..times {
        log_in(app, &client.session().email, "not the right password").await.problem(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn after_six_wrong_passwords_an_account_has_to_wait() {
    let app = TestApp::start().await;
    let (clerk, stranger) = (app.user(Role::RefundClerk).await, app.user(Role::RefundClerk).await);
    fail(&app, &clerk, 6).await;
    let refused = log_in(&app, &clerk.session().email, PASSWORD).await;
    refused.problem(429, "rate_limited");
    let seconds: i64 = refused.header("Retry-After").unwrap().parse().unwrap();
    assert!(seconds > 0);
    log_in(&app, &stranger.session().email, PASSWORD).await.expect(200);
    app.later(Duration::seconds(seconds));
    log_in(&app, &clerk.session().email, PASSWORD).await.expect(200);
    fail(&app, &clerk, 1).await;
    log_in(&app, &clerk.session().email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_login_of_ones_own_does_not_forgive_tries_at_other_accounts() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    for _ in 0..3 {
        log_in(&app, "nobody@test.example", PASSWORD).await.problem(401, "invalid_credentials");
        log_in(&app, &clerk.session().email, PASSWORD).await.expect(200);
    }
    let counted = login_throttle::Entity::find_by_id("address:127.0.0.1").one(app.state().db.reader()).await.unwrap();
    assert_eq!(counted.map(|row| row.failures), Some(3));
    app.later(Duration::days(2));
    heller::services::prune::run(&app.state().db, app.clock.now()).await.unwrap();
    assert_eq!(login_throttle::Entity::find().all(app.state().db.reader()).await.unwrap(), []);
}

#[tokio::test]
async fn first_tries_at_the_same_time_are_all_counted() {
    let app = TestApp::start().await;
    let tries = (0..6).map(|_| log_in(&app, "nobody@test.example", PASSWORD));
    for answer in futures_util::future::join_all(tries).await {
        answer.problem(401, "invalid_credentials");
    }
    log_in(&app, "nobody@test.example", PASSWORD).await.problem(429, "rate_limited");
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_has_to_wait_too() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let many = async |txn: &sea_orm::DatabaseTransaction| {
        let row = login_throttle::ActiveModel {
            subject: Set("address:127.0.0.1".to_owned()),
            failures: Set(50),
            blocked_until: Set(None),
            updated_at: Set(app.clock.now()),
        };
        Ok(login_throttle::Entity::insert(row).exec_without_returning(txn).await?)
    };
    app.state().db.write(many).await.unwrap();
    log_in(&app, "nobody@test.example", PASSWORD).await.problem(401, "invalid_credentials");
    let refused = log_in(&app, &clerk.session().email, PASSWORD).await;
    refused.problem(429, "rate_limited");
    app.later(Duration::seconds(refused.header("Retry-After").unwrap().parse().unwrap()));
    log_in(&app, &clerk.session().email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn an_error_speaks_the_language_that_was_asked_for() {
    let app = TestApp::start().await;
    let body = json!({ "email": "nobody@test.example", "password": "not the right password" });
    let ask = async |languages: &str| app.anonymous().post("/v1/auth/login", body.clone()).lang(languages).await;
    let german = ask("de-DE,de;q=0.9,en;q=0.8").await;
    let english = ask("en").await;
    let other = ask("fr").await;
    for (answer, language) in [(&german, "de"), (&english, "en"), (&other, "en")] {
        answer.problem(401, "invalid_credentials");
        assert_eq!(answer.header("Content-Language"), Some(language));
    }
    assert_ne!(german.text("/title"), english.text("/title"));
    assert_eq!(english.text("/title"), other.text("/title"));
}

#[tokio::test]
async fn the_request_id_of_the_client_comes_back_and_a_missing_or_strange_one_is_made() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    let own = anonymous.get("/v1/auth/me").header("Request-Id", "order-4711:a.b_c").await;
    assert_eq!(own.problem(401, "unauthenticated").text("/request_id"), "order-4711:a.b_c");
    let jwks = anonymous.get("/.well-known/jwks.json").header("Request-Id", "seen-on-success").await.expect(200);
    assert_eq!(jwks.header("Request-Id"), Some("seen-on-success"));
    let long = "x".repeat(129);
    let mut seen = Vec::new();
    for strange in [None, None, Some("two words"), Some("<script>"), Some(long.as_str())] {
        let mut call = anonymous.get("/v1/auth/me");
        if let Some(id) = strange {
            call = call.header("Request-Id", id);
        }
        let answer = call.await;
        let made = answer.header("Request-Id").unwrap().to_owned();
        assert!(!made.is_empty() && Some(made.as_str()) != strange, "{made}");
        seen.push(made);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[tokio::test]
async fn a_password_hash_is_made_for_each_user_and_says_how_it_was_made() {
    let (one, other) = (users::hash_password("a".to_owned()).await, users::hash_password("a".to_owned()).await);
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    assert_ne!(one, other);
    let passwords = users::Passwords::default();
    assert!(passwords.verify("a".to_owned(), one.clone()).await.unwrap());
    assert!(!passwords.verify("b".to_owned(), one).await.unwrap());
}

#[tokio::test]
async fn two_roles_together_may_do_what_either_may() {
    let app = TestApp::start().await;
    let both = app.user_with(&[Role::Cashier, Role::Admin]).await;
    both.act("/v1/licence/trial").await.expect(200);
}
