//! Who may listen, for how long, and how many at once.

use chrono::Duration;
use heller::access::role::Role;
use heller::config::Origins;
use heller::entities::user_role;
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{STREAM, follow, follow_all, refund};
use crate::support::app::TestApp;
use crate::support::licence::Licence;
use crate::support::shop::Shop;

/// Streams that one user may have.
const MOST: usize = 8;

#[tokio::test]
async fn who_may_read_neither_runs_nor_refunds_is_refused() {
    let app = TestApp::start().await;
    app.anonymous().get(STREAM).await.problem(401, "unauthenticated");
    for role in [Role::SalesClerk, Role::Cashier] {
        let refused = app.user(role).await.get(STREAM).await;
        assert_eq!(refused.problem(403, "missing_permission").text("/permission"), "movements.read");
    }
    let auditor = app.user(Role::Auditor).await;
    app.set_licence(Licence::None).await;
    auditor.get(STREAM).await.problem(403, "payment_module_not_licensed");
    app.set_licence(Licence::Expired).await;
    let (present, _stream) = follow_all(&auditor).await;
    assert!(present.is_empty());
}

#[tokio::test]
async fn what_cannot_be_followed_is_refused() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::Accountant).await;
    for id in ["mov_01kapd3hzcf3sbvpdj0k4v8m2e", "rfd_x", "", "rfd_01kapd3hzcf3sbvpdj0k4v8m2e,,", "%00"] {
        for language in ["de", "en"] {
            let refused = clerk.get(format!("{STREAM}?subject_id={id}")).lang(language).await;
            refused.problem(422, "invalid_value").field("subject_id", "invalid_value");
            assert_eq!(refused.text("/errors/0/params/known"), "run, asr, rfd");
        }
    }
    let id = |number: usize| format!("rfd_01kapd3hzcf3sbvpdj0k4v8m{number:02}");
    let ids: Vec<String> = (10..31).map(id).collect();
    let refused = clerk.get(format!("{STREAM}?subject_id={}", ids.join(","))).await;
    assert_eq!(refused.problem(422, "invalid_value").text("/errors/0/params/max"), "20");
    let unknown = clerk.get(format!("{STREAM}?subject_id={}", ids[1..].join("&subject_id="))).await;
    unknown.problem(422, "reference_not_found").field("subject_id", "reference_not_found");
    for wait in ["3601", "-1", "soon"] {
        clerk.get(format!("{STREAM}?wait={wait}")).await.problem(422, "invalid_value").field("wait", "invalid_value");
    }
    let head = clerk.request(Method::HEAD, STREAM, None).await.expect(200);
    assert_eq!(head.media(), Some("text/event-stream"));
}

/// The stream ends without saying `end`: there may be more, for who comes with a new token.
#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let shop = Shop::open().await;
    let refund = refund(&shop).await;
    shop.send_call(&refund).await.expect(202);
    let mut stream = follow(&shop.accountant, &[&refund]).await;
    assert_eq!(stream.event().await.at("/status"), "sending");
    shop.app.later(Duration::minutes(16));
    assert!(stream.rest().await.is_empty());
    shop.accountant.get(STREAM).await.problem(401, "token_expired");
    let again = shop.app.again(&shop.accountant).await;
    assert_eq!(follow(&again, &[&refund]).await.event().await.at("/status"), "sending");
    shop.app.run_pending().await;
    shop.app.finish().await;
}

#[tokio::test]
async fn what_is_taken_away_ends_the_stream_with_the_next_heartbeat() {
    let app = TestApp::start().await;
    let heartbeat = || app.later(Duration::seconds(15));

    let client = app.user(Role::Accountant).await;
    let (_, mut kept) = follow_all(&app.user(Role::Auditor).await).await;
    let (_, mut stream) = follow_all(&client).await;
    client.act("/v1/auth/logout").await.expect(204);
    heartbeat();
    assert!(stream.rest().await.is_empty(), "the session was closed");

    let client = app.user(Role::Accountant).await;
    let (_, mut stream) = follow_all(&client).await;
    let roles = user_role::Entity::delete_many().filter(user_role::Column::UserId.eq(client.session().user));
    app.state().db.write(async |txn| Ok(roles.clone().exec(txn).await?)).await.unwrap();
    heartbeat();
    assert!(stream.rest().await.is_empty(), "the role was taken away");

    assert!(kept.until_comment().await.is_empty(), "nothing was taken from this one");
    app.set_licence(Licence::None).await;
    heartbeat();
    assert!(kept.rest().await.is_empty(), "the licence was taken away");
}

#[tokio::test]
async fn a_heartbeat_tells_the_position() {
    let app = TestApp::start().await;
    let (_, mut stream) = follow_all(&app.user(Role::Auditor).await).await;
    let before = stream.last_id.clone();
    app.later(Duration::seconds(15));
    stream.until_comment().await;
    assert_ne!(stream.last_id, before);
}

#[tokio::test]
async fn the_ninth_stream_of_a_user_is_429_and_a_lost_client_frees_its_place() {
    let app = TestApp::start().await;
    let (client, other) = (app.user(Role::Auditor).await, app.user(Role::Auditor).await);
    let mut streams = Vec::new();
    for _ in 0..MOST {
        streams.push(follow_all(&client).await.1);
    }
    let refused = client.get(STREAM).await;
    assert_eq!(refused.problem(429, "rate_limited").header("Retry-After"), Some("5"));
    assert_eq!(refused.text("/limit"), "8");
    follow_all(&other).await;
    // Nobody says goodbye.
    streams.clear();
    for _ in 0..MOST {
        streams.push(follow_all(&client).await.1);
    }
}

#[tokio::test]
async fn a_web_page_of_a_listed_origin_may_listen() {
    let origin = "https://app.example.com";
    let builder = TestApp::builder().config(move |config| config.cors_origins = Origins::parse(&[origin]).unwrap());
    let app = builder.start().await;
    let client = app.user(Role::Auditor).await;
    let answer = client.get(STREAM).header("Origin", origin).await.expect(200);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(origin));
    let ask = client.request(Method::OPTIONS, STREAM, None).header("Origin", origin);
    let ask = ask.header("Access-Control-Request-Method", "GET");
    ask.header("Access-Control-Request-Headers", "authorization, last-event-id").await.expect(200);
}

#[tokio::test]
async fn everybody_is_told_the_same() {
    let shop = Shop::open().await;
    let id = refund(&shop).await;
    let (_, mut one) = follow_all(&shop.accountant).await;
    let (_, mut other) = follow_all(&shop.refunds).await;
    shop.send(&id).await;
    let is_sent = |event: &crate::support::stream::Event| event.data["status"] == json!("sent");
    let (told, same) = (one.until(is_sent).await, other.until(is_sent).await);
    assert_eq!(told.last().unwrap().text, same.last().unwrap().text);
    shop.app.finish().await;
}
