//! The refresh token in a cookie: what a browser gets, what it may do with it, and what other sites may not.

use heller::access::role::Role;
use heller::config::Origins;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{Call, Client};
use crate::support::document::operations;

const SPA: &str = "http://localhost:5173";
const STRANGER: &str = "https://evil.example";

async fn app_for_spa() -> TestApp {
    let allow = |config: &mut heller::config::Config| config.cors_origins = Origins::parse(&[SPA]).unwrap();
    TestApp::builder().config(allow).start().await
}

fn log_in(app: &TestApp, client: &Client) -> Call {
    let body = json!({ "email": client.session().email, "password": PASSWORD, "refresh_token_in": "cookie" });
    app.anonymous().post("/v1/auth/login", body)
}

/// `name=value` of the cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("Set-Cookie").unwrap_or_else(|| panic!("no cookie: {answer:?}"));
    set.split(';').next().unwrap().to_owned()
}

fn refresh(app: &TestApp, cookie: &str) -> Call {
    app.anonymous().post("/v1/auth/refresh", json!({})).header("Cookie", cookie)
}

#[tokio::test]
async fn a_page_gets_a_cookie_that_no_script_reads_and_no_other_site_sends() {
    let app = app_for_spa().await;
    let clerk = app.user(Role::RefundClerk).await;
    let answer = log_in(&app, &clerk).header("Origin", SPA).await.expect(200);
    assert_eq!(answer.at("/refresh_token"), &Value::Null);
    let set = answer.header("Set-Cookie").unwrap();
    for part in ["heller_refresh=", "; Path=/v1/auth;", "; HttpOnly;", "; SameSite=Strict", "; Max-Age=43200;"] {
        assert!(set.contains(part), "{part}: {set}");
    }
    // This client asks 127.0.0.1 directly; through a proxy it would be another matter.
    assert!(!set.contains("Secure"), "{set}");
    let behind = log_in(&app, &clerk).header("X-Forwarded-Proto", "https").await.expect(200);
    assert!(behind.header("Set-Cookie").unwrap().ends_with("; Secure"), "{behind:?}");
    assert_eq!(answer.header("Access-Control-Allow-Credentials"), Some("true"));
    let plain = json!({ "email": clerk.session().email, "password": PASSWORD });
    let plain = app.anonymous().post("/v1/auth/login", plain).await.expect(200);
    assert!(plain.header("Set-Cookie").is_none() && plain.at("/refresh_token").is_string());
}

#[tokio::test]
async fn a_refresh_takes_the_cookie_and_answers_the_next_one() {
    let app = app_for_spa().await;
    let clerk = app.user(Role::RefundClerk).await;
    let first = cookie(&log_in(&app, &clerk).await.expect(200));
    let answer = refresh(&app, &first).header("Origin", SPA).await.expect(200);
    assert_eq!(answer.at("/refresh_token"), &Value::Null);
    app.anonymous().with_token(answer.text("/access_token")).get("/v1/auth/me").await.expect(200);
    let second = cookie(&answer);
    assert_ne!(first, second);
    let third = app.anonymous().act("/v1/auth/refresh").header("Cookie", second).await.expect(200);
    let reused = refresh(&app, &first).await;
    reused.problem(401, "refresh_token_reused");
    assert!(reused.header("Set-Cookie").unwrap().starts_with("heller_refresh=; "), "taken away: {reused:?}");
    refresh(&app, &cookie(&third)).await.problem(401, "refresh_token_invalid");
    let in_body = app.anonymous().post("/v1/auth/refresh", json!({ "refresh_token": "hrt_unknown" })).await;
    in_body.problem(401, "refresh_token_invalid");
    assert!(in_body.header("Set-Cookie").is_none(), "{in_body:?}");
    let neither = app.anonymous().post("/v1/auth/refresh", json!({})).await;
    neither.problem(422, "missing_field").field("/refresh_token", "missing_field");
}

#[tokio::test]
async fn a_page_of_another_origin_can_do_nothing_with_the_cookie() {
    let app = app_for_spa().await;
    let clerk = app.user(Role::RefundClerk).await;
    let kept = cookie(&log_in(&app, &clerk).await.expect(200));
    for origin in [STRANGER, "null", "http://localhost:5174"] {
        log_in(&app, &clerk).header("Origin", origin).await.problem(403, "cross_origin_refused");
        refresh(&app, &kept).header("Origin", origin).await.problem(403, "cross_origin_refused");
        let leave = app.anonymous().act("/v1/auth/logout").header("Cookie", kept.clone()).header("Origin", origin);
        leave.await.problem(403, "cross_origin_refused");
    }
    for site in ["cross-site", "same-site"] {
        refresh(&app, &kept).header("Sec-Fetch-Site", site).await.problem(403, "cross_origin_refused");
    }
    // Nothing of that has used it up. A token in the body is nobody's by accident.
    let own = refresh(&app, &kept).header("Sec-Fetch-Site", "same-origin").await.expect(200);
    let body = json!({ "refresh_token": clerk.session().refresh_token });
    app.anonymous().post("/v1/auth/refresh", body).header("Origin", STRANGER).await.expect(200);
    refresh(&app, &cookie(&own)).await.expect(200);
}

#[tokio::test]
async fn logging_out_takes_the_cookie_away_even_when_the_access_token_is_gone() {
    let app = app_for_spa().await;
    let clerk = app.user(Role::RefundClerk).await;
    let session = log_in(&app, &clerk).await.expect(200);
    let (kept, token) = (cookie(&session), session.text("/access_token").to_owned());
    let left = app.anonymous().act("/v1/auth/logout").header("Cookie", kept.clone()).header("Origin", SPA).await;
    let left = left.expect(204);
    assert!(left.header("Set-Cookie").unwrap().starts_with("heller_refresh=; Path=/v1/auth; Max-Age=0;"), "{left:?}");
    app.anonymous().with_token(token).get("/v1/auth/me").await.problem(401, "unauthenticated");
    refresh(&app, &kept).await.problem(401, "refresh_token_invalid");
    app.anonymous().act("/v1/auth/logout").header("Cookie", kept).await.expect(204);
    clerk.get("/v1/auth/me").await.expect(200);
    let with_both = clerk.act("/v1/auth/logout").header("Cookie", "heller_refresh=unknown").await.expect(204);
    assert!(with_both.header("Set-Cookie").is_some());
    clerk.get("/v1/auth/me").await.problem(401, "unauthenticated");
    app.anonymous().act("/v1/auth/logout").await.problem(401, "unauthenticated");
}

#[test]
fn the_document_takes_the_cookie_where_a_session_goes_on_or_ends_and_nowhere_else() {
    let document = heller::openapi::document();
    let taking = operations(&document).into_iter().filter(|operation| {
        let ways = operation.definition["security"].as_array().unwrap();
        ways.iter().any(|way| way.get("refresh_cookie").is_some())
    });
    let taking: Vec<&str> = taking.map(|operation| operation.id).collect();
    assert_eq!(taking, ["auth_logout", "auth_refresh"]);
}
