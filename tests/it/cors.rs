//! Web pages of other origins: which may call, what they may send and read, and what the others are told.

use std::collections::BTreeSet;

use heller::access::role::Role;
use heller::config::Origins;
use reqwest::Method;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Client;
use crate::support::document::operations;

const SPA: &str = "http://localhost:5173";
const STRANGER: &str = "https://evil.example";

async fn app_for_spa() -> TestApp {
    let allow = |config: &mut heller::config::Config| config.cors_origins = Origins::parse(&[SPA]).unwrap();
    TestApp::builder().config(allow).start().await
}

async fn preflight(client: &Client, origin: &str, (method, headers): (&str, &str)) -> Answer {
    let call = client.request(Method::OPTIONS, "/v1/refunds", None).header("Origin", origin);
    let call = call.header("Access-Control-Request-Method", method);
    if headers.is_empty() { call.await } else { call.header("Access-Control-Request-Headers", headers).await }
}

/// The names in a header that is a list, in small letters.
fn list(answer: &Answer, header: &str) -> BTreeSet<String> {
    let value = answer.header(header).unwrap_or_default();
    value.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
}

#[tokio::test]
async fn a_page_of_a_listed_origin_may_send_every_header_of_the_contract() {
    let app = app_for_spa().await;
    let contract = "authorization,content-type,idempotency-key,if-match,if-none-match,prefer,accept-language,\
                    request-id,traceparent,last-event-id,accept";
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let answer = preflight(&app.anonymous(), SPA, (method, contract)).await.expect(200);
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(SPA));
        assert_eq!(answer.header("Access-Control-Allow-Credentials"), Some("true"));
        assert!(list(&answer, "Access-Control-Allow-Methods").contains(&method.to_ascii_lowercase()), "{answer:?}");
        assert!(list(&answer, "Vary").contains("origin") && answer.header("Request-Id").is_some(), "{answer:?}");
        assert!(answer.header("Access-Control-Max-Age").is_some());
    }
    let allowed = list(&preflight(&app.anonymous(), SPA, ("GET", "")).await, "Access-Control-Allow-Headers");
    let document = heller::openapi::document();
    let mut missing = BTreeSet::new();
    for operation in operations(&document) {
        for parameter in operation.definition["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap().to_ascii_lowercase();
            if parameter["in"] == "header" && !allowed.contains(&name) {
                missing.insert(name);
            }
        }
    }
    assert!(missing.is_empty(), "headers of the document that no page may send: {missing:?}");
}

#[tokio::test]
async fn a_page_of_a_listed_origin_may_read_every_header_of_the_contract() {
    let app = app_for_spa().await;
    let me = app.user(Role::Accountant).await.get("/v1/auth/me").header("Origin", SPA).await.expect(200);
    assert_eq!(me.header("Access-Control-Allow-Origin"), Some(SPA));
    assert!(list(&me, "Vary").contains("origin"), "{me:?}");
    let exposed = list(&me, "Access-Control-Expose-Headers");
    let contract = "etag, location, link, retry-after, ratelimit, ratelimit-policy, idempotency-replayed, request-id, \
                    content-disposition, content-language";
    let document = heller::openapi::document();
    let documented = operations(&document).into_iter().flat_map(|operation| {
        let responses = operation.definition["responses"].as_object().into_iter().flatten();
        let headers = responses.flat_map(|(_, response)| response["headers"].as_object().into_iter().flatten());
        headers.map(|(name, _)| name.to_ascii_lowercase()).collect::<Vec<_>>()
    });
    // No page reads a cookie.
    let documented = documented.filter(|name| name != "set-cookie");
    let needed: BTreeSet<String> = contract.split(", ").map(str::to_owned).chain(documented).collect();
    let missing: Vec<&String> = needed.difference(&exposed).collect();
    assert!(missing.is_empty(), "headers that no page may read: {missing:?}");
}

#[tokio::test]
async fn a_failure_can_be_read_by_the_page_too() {
    let app = app_for_spa().await;
    for path in ["/v1/auth/me", "/v1/nothing"] {
        let refused = app.anonymous().get(path).header("Origin", SPA).await;
        assert!(matches!(refused.status, 401 | 404), "{refused:?}");
        assert_eq!(refused.header("Access-Control-Allow-Origin"), Some(SPA));
        assert!(list(&refused, "Vary").contains("origin"));
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_told_which_setting_is_missing() {
    for app in [app_for_spa().await, TestApp::start().await] {
        let refused = preflight(&app.anonymous(), STRANGER, ("POST", "authorization")).await;
        refused.problem(403, "cross_origin_refused");
        assert!(refused.text("/detail").contains("cors_origins") && refused.text("/detail").contains(STRANGER));
        assert_eq!((refused.text("/origin"), refused.text("/reason")), (STRANGER, "origin_unlisted"));
        assert_eq!(refused.header("Access-Control-Allow-Origin"), None);
        assert!(list(&refused, "Vary").contains("origin"));
        let read = app.anonymous().get("/version").header("Origin", STRANGER).await.expect(200);
        assert_eq!(read.header("Access-Control-Allow-Origin"), None);
    }
}

#[tokio::test]
async fn no_answer_allows_everybody() {
    let app = app_for_spa().await;
    for origin in ["*", "null", STRANGER, "http://localhost:5174", "http://localhost:5173.evil.example"] {
        let read = app.anonymous().get("/version").header("Origin", origin).await.expect(200);
        assert_eq!(read.header("Access-Control-Allow-Origin"), None, "{origin}");
        preflight(&app.anonymous(), origin, ("GET", "")).await.problem(403, "cross_origin_refused");
    }
    assert!(Origins::parse(&["*"]).is_err());
}

#[tokio::test]
async fn a_preflight_for_what_the_api_does_not_have_says_what() {
    let app = app_for_spa().await;
    let header = preflight(&app.anonymous(), SPA, ("POST", "x-strange")).await;
    assert_eq!(header.problem(403, "cross_origin_refused").text("/reason"), "header_unlisted");
    let method = preflight(&app.anonymous(), SPA, ("TRACE", "")).await;
    assert_eq!(method.problem(403, "cross_origin_refused").text("/reason"), "method_unlisted");
    // Without an origin it is no preflight.
    app.anonymous().request(Method::OPTIONS, "/v1/refunds", None).await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn a_preflight_is_answered_before_anybody_is_asked_who_they_are() {
    let app = app_for_spa().await;
    preflight(&app.anonymous(), SPA, ("POST", "authorization,content-type")).await.expect(200);
    let post = app.anonymous().post("/v1/refunds", json!({})).header("Origin", SPA).await;
    post.problem(401, "unauthenticated");
    assert_eq!(post.header("Access-Control-Allow-Origin"), Some(SPA));
}
