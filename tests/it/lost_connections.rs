//! The database is away, or it was for a moment. PostgreSQL is restarted, or an administrator ends its sessions: every
//! connection in the pool is a lost one. SQLite has no server that could go away, but a pool that gives no connection.

use heller::entities::installation;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;

use crate::support::shop::Shop;

const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name = 'heller'";

/// Fills the server's pool and ends all its sessions.
async fn lose_connections(shop: &Shop) {
    let reads = (0..16).map(|_| shop.accountant.get("/v1/orders").send());
    for answer in futures_util::future::join_all(reads).await {
        answer.expect(200);
    }
    shop.app.db().connect().await.execute_unprepared(END_SESSIONS).await.unwrap();
}

#[tokio::test]
async fn requests_after_a_restart_of_the_database_are_answered_or_told_to_come_again() {
    let shop = Shop::open().await;
    if shop.app.state().db.is_sqlite() {
        return;
    }
    lose_connections(&shop).await;
    let mut statuses = Vec::new();
    for number in 0..12 {
        let (path, body) = ("/v1/customers", json!({ "name": format!("Kunde {number}") }));
        let read = number % 2 == 0;
        let call = if read { shop.sales.get(path) } else { shop.sales.post(path, body) };
        let answer = call.send().await;
        if answer.status == 503 {
            answer.problem(503, "unavailable");
            assert_eq!(answer.header("Retry-After"), Some("1"));
        }
        statuses.push(answer.status);
    }
    assert!(statuses.iter().all(|status| [200, 201, 503].contains(status)), "{statuses:?}");
    assert!(statuses.ends_with(&[200, 201, 200, 201]), "{statuses:?}");
    shop.app.finish().await;
}

#[tokio::test]
async fn a_transaction_that_could_not_begin_is_begun_again_on_another_connection() {
    let shop = Shop::open().await;
    if shop.app.state().db.is_sqlite() {
        return;
    }
    lose_connections(&shop).await;
    let write = async |txn: &sea_orm::DatabaseTransaction| Ok(installation::Entity::find().all(txn).await?.len());
    assert_eq!(shop.app.state().db.write(write).await.unwrap(), 1);
    shop.app.finish().await;
}

#[tokio::test]
async fn without_a_database_every_request_is_told_to_come_again() {
    let shop = Shop::open().await;
    shop.app.state().db.reader().clone().close().await.unwrap();
    let (reader, writer) = (&shop.accountant, &shop.sales);
    for (lang, word) in [("de", "noch einmal"), ("en", "try again")] {
        for call in [reader.get("/v1/orders"), writer.post("/v1/customers", json!({ "name": "Erika" }))] {
            let answer = call.lang(lang).await;
            answer.problem(503, "unavailable");
            assert!(answer.text("/detail").contains(word) && answer.header("Retry-After") == Some("1"), "{answer:?}");
        }
    }
}
