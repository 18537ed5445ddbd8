//! A stream that was cut goes on where it was, and what commits late is not missed.

use chrono::Duration;
use heller::domain::id::RefundId;
use heller::domain::progress::{StreamEvent, Subject};
use heller::entities::refund;
use heller::services::progress::Position;
use heller::services::progress::follow::{Follow, Scope};
use heller::services::progress::watch::Watch;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, UpdateMany};

use super::{STREAM, follow_all, refund as unsent, says};
use crate::support::client::Client;
use crate::support::shop::Shop;
use crate::support::stream::Listener;

async fn resume(client: &Client, id: &str) -> Listener {
    client.get(STREAM).header("Last-Event-ID", id).listen().await
}

/// A change of a refund as a transaction makes it that began so long ago and commits now.
async fn commit_late(shop: &Shop, id: &str, ago: Duration) {
    let stamp = shop.app.clock.now() - ago;
    let update: UpdateMany<refund::Entity> = refund::Entity::update_many()
        .col_expr(refund::Column::Version, Expr::col(refund::Column::Version).add(1))
        .col_expr(refund::Column::ChangedAt, Expr::value(stamp))
        .filter(refund::Column::Id.eq(id.parse::<RefundId>().unwrap()));
    let commit = async |txn: &sea_orm::DatabaseTransaction| Ok(update.clone().exec(txn).await?);
    shop.app.state().db.write(commit).await.unwrap();
}

#[tokio::test]
async fn what_happened_while_the_stream_was_cut_is_told_afterwards() {
    let shop = Shop::open().await;
    let (first, second) = (unsent(&shop).await, unsent(&shop).await);
    let (_, mut stream) = follow_all(&shop.accountant).await;
    shop.send_call(&first).await.expect(202);
    let seen = stream.event().await;
    assert!(says(&seen, "/id", &first) && says(&seen, "/status", "sending"), "{seen:?}");
    drop(stream);

    shop.app.run_pending().await;
    shop.app.later(Duration::minutes(3));
    shop.send(&second).await;
    shop.app.later(Duration::minutes(3));
    let mut stream = resume(&shop.accountant, &seen.id).await;
    let missed = stream.until_comment().await;
    for id in [&first, &second] {
        let told: Vec<_> = missed.iter().filter(|event| says(event, "/id", id)).collect();
        assert_eq!(told.len(), 1, "{missed:?}");
        assert!(says(told[0], "/status", "sent"));
    }
    // And from there on as before.
    let third = unsent(&shop).await;
    stream.until(|event| says(event, "/id", &third)).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_client_that_saw_nothing_has_a_position_too() {
    let shop = Shop::open().await;
    let (_, stream) = follow_all(&shop.accountant).await;
    let mut position = stream.last_id.clone();
    drop(stream);
    for _ in 0..2 {
        let refund = unsent(&shop).await;
        shop.send(&refund).await;
        let mut stream = resume(&shop.accountant, &position).await;
        let missed = stream.until_comment().await;
        assert!(missed.iter().any(|event| says(event, "/id", &refund) && says(event, "/status", "sent")), "{missed:?}");
        assert!(!stream.last_id.is_empty());
        position = stream.last_id;
        shop.app.later(Duration::minutes(3));
    }
    shop.app.finish().await;
}

/// Until all of the beginning was told, the position is the beginning.
#[tokio::test]
async fn a_stream_that_is_cut_within_the_beginning_begins_again() {
    let shop = Shop::open().await;
    let (one, other) = (unsent(&shop).await, unsent(&shop).await);
    for id in [&one, &other] {
        shop.send_call(id).await.expect(202);
    }
    shop.app.later(Duration::minutes(3));
    let mut stream = shop.accountant.get(STREAM).listen().await;
    let first = stream.event().await;
    drop(stream);
    let told = resume(&shop.accountant, &first.id).await.until_comment().await;
    assert_eq!(told.len(), 2, "{told:?}");
    shop.app.run_pending().await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_change_that_is_committed_late_is_told() {
    let shop = Shop::open().await;
    let refund = unsent(&shop).await;
    shop.app.later(Duration::minutes(5));
    let (_, mut stream) = follow_all(&shop.accountant).await;
    // At once when it is a little late, ...
    commit_late(&shop, &refund, Duration::seconds(9)).await;
    let little = stream.event().await;
    // ... with the next thorough look when it is very late, ...
    commit_late(&shop, &refund, Duration::seconds(90)).await;
    shop.app.later(Duration::seconds(16));
    let much = stream.event().await;
    assert_eq!(much.at("/version").as_i64(), little.at("/version").as_i64().map(|version| version + 1));
    // ... and to who was away meanwhile.
    drop(stream);
    commit_late(&shop, &refund, Duration::seconds(90)).await;
    let missed = resume(&shop.accountant, &much.id).await.until_comment().await;
    let newest = missed.iter().filter_map(|event| event.at("/version").as_i64()).max();
    assert_eq!(newest, much.at("/version").as_i64().map(|version| version + 1), "{missed:?}");
    shop.app.finish().await;
}

#[tokio::test]
async fn a_position_that_is_none_is_refused() {
    let shop = Shop::open().await;
    for id in ["", "x", "7", "ü", "AAAAAAAAAAAAAAAAAAAAAA"] {
        let refused = shop.accountant.get(STREAM).header("Last-Event-ID", id).await;
        refused.problem(400, "invalid_cursor").field("Last-Event-ID", "invalid_cursor");
    }
    shop.app.finish().await;
}

/// More changes at once than are kept for a slow stream: it reads what it missed from the database, each thing once.
#[tokio::test]
async fn a_stream_that_is_too_slow_misses_nothing() {
    let shop = Shop::open().await;
    let original = unsent(&shop).await.parse::<RefundId>().unwrap();
    let (state, ctx) = (shop.app.state(), shop.app.state().system_ctx("test"));
    let row = refund::Entity::find_by_id(original).one(state.db.reader()).await.unwrap().unwrap();
    shop.app.later(Duration::minutes(10));
    let (watch, conn) = (Watch::default(), state.db.reader());
    let scope = Scope { kinds: vec![StreamEvent::Refund], named: None };
    let begun = (scope, Position::BEGINNING, shop.app.clock.now());
    let mut slow = Follow::begin((&watch, conn), begun).await.unwrap();
    while !slow.is_live() {
        assert!(slow.next(&watch, conn, shop.app.clock.now()).await.unwrap().told.is_empty());
    }
    let copies: Vec<refund::Model> = (0..1_100)
        .map(|number| refund::Model {
            id: ctx.later().id(),
            number: format!("ER-COPY-{number}"),
            changed_at: shop.app.clock.now(),
            ..row.clone()
        })
        .collect();
    let ids: Vec<RefundId> = copies.iter().map(|copy| copy.id).collect();
    let insert = async |txn: &sea_orm::DatabaseTransaction| Ok(heller::db::insert_all(txn, copies.clone()).await?);
    state.db.write(insert).await.unwrap();
    let mut told = Vec::new();
    while told.len() < ids.len() {
        let batch = slow.next(&watch, conn, shop.app.clock.now()).await.unwrap();
        told.extend(batch.told.iter().map(|one| one.change.subject));
    }
    let expected: Vec<Subject> = ids.iter().map(|id| Subject::Refund(*id)).collect();
    told.sort();
    assert_eq!(told, expected);
    // They have no bookings of their own.
    let copied = refund::Entity::delete_many().filter(refund::Column::Id.is_in(ids));
    state.db.write(async |txn| Ok(copied.clone().exec(txn).await?)).await.unwrap();
    shop.app.finish().await;
}
