//! `GET /v1/events/stream`: what is told (here), to whom and for how long (`doors`), and that nothing is missed
//! (`resuming`). Events are compared with the document as they come.

mod doors;
mod resuming;

use heller::domain::id::{AccountId, RunId};
use heller::domain::run::Phase;
use heller::services::reconciliation::items::{self, Step};
use heller::services::reconciliation::{Counts, ItemKey};
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::shop::Shop;
use crate::support::stream::{Event, Listener};

const STREAM: &str = "/v1/events/stream";
const STATEMENT: &[u8] = include_bytes!("../../fixtures/camt053/day_statement_08.xml");

async fn follow(client: &Client, ids: &[&str]) -> Listener {
    let query: Vec<String> = ids.iter().map(|id| format!("subject_id={id}")).collect();
    client.get(format!("{STREAM}?{}", query.join("&"))).listen().await
}

/// Everything that may be read, from where there is nothing more of the present to tell.
async fn follow_all(client: &Client) -> (Vec<Event>, Listener) {
    let mut stream = client.get(STREAM).listen().await;
    (stream.until_comment().await, stream)
}

fn says(event: &Event, pointer: &str, value: &str) -> bool {
    event.at(pointer) == value
}

fn versions(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.at("/version").as_i64().unwrap()).collect()
}

/// The last event says what the thing's own address says, byte by byte.
async fn same_as_shown(shop: &Shop, event: &Event) {
    let path = match event.name.as_str() {
        "reconciliation_run" => "reconciliation-runs",
        "assignment_run" => "assignment-runs",
        _ => "refunds",
    };
    let shown = shop.accountant.get(format!("/v1/{path}/{}", event.at("/id").as_str().unwrap())).await.expect(200);
    assert_eq!(event.text.as_bytes(), shown.bytes, "{event:?}");
}

/// A refund that nobody has sent.
async fn refund(shop: &Shop) -> String {
    let movement = shop.paid_in("150.00", "Inspektion").await;
    shop.assign(&movement, &shop.order("100.00").await, Some("100.00")).await;
    shop.refund_remaining(&movement).await
}

#[tokio::test]
async fn an_import_is_seen_as_it_goes_on_and_its_stream_ends_with_it() {
    let shop = Shop::open().await;
    let bank =
        json!({ "name": "Hausbank", "provider": "bank_file", "currency": "EUR", "iban": "DE89370400440532013000" });
    let account = shop.admin.post("/v1/payment-accounts", bank).await.expect(201).id();
    let path = format!("/v1/statement-imports/raw?account_id={account}");
    let run = shop.accountant.post_raw(path, "application/xml", STATEMENT).await.expect(202).id();

    let mut stream = follow(&shop.accountant, &[&run]).await;
    let first = stream.event().await;
    assert_eq!((first.name.as_str(), first.at("/status")), ("reconciliation_run", &json!("running")));
    assert_eq!((first.at("/id"), first.at("/progress/phase")), (&json!(run), &json!("queued")));

    // A step of the first pass, as the job makes it.
    let key = ItemKey { run_id: run.parse::<RunId>().unwrap(), account_id: account.parse::<AccountId>().unwrap() };
    let (state, ctx) = (shop.app.state(), shop.app.state().system_ctx("test"));
    let item = items::running(state.db.reader(), key).await.unwrap().unwrap();
    let step = Step { phase: Phase::Checking, done: 5, total: Some(13), counts: Counts::default() };
    state.db.write(async |txn| items::advance(txn, &ctx, &item, step).await).await.unwrap();
    let second = stream.event().await;
    assert_eq!(second.at("/progress"), &json!({ "done": 5, "total": 13, "phase": "checking" }));

    shop.app.run_pending().await;
    let rest = stream.rest().await;
    let (end, told) = rest.split_last().unwrap();
    assert_eq!((end.name.as_str(), &end.data), ("end", &json!({ "reason": "settled" })));
    let last = told.last().unwrap();
    assert_eq!((last.at("/status"), last.at("/items/0/counts/created")), (&json!("finished"), &json!(13)));
    same_as_shown(&shop, last).await;
    let versions = versions(&[&[first, second], told].concat());
    assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
    shop.app.finish().await;
}

#[tokio::test]
async fn a_refund_is_seen_while_it_is_sent_and_when_it_was() {
    let shop = Shop::open().await;
    let refund = refund(&shop).await;
    let (present, mut stream) = follow_all(&shop.accountant).await;
    assert!(present.is_empty(), "nothing is under way: {present:?}");
    shop.send_call(&refund).await.expect(202);
    let sending = stream.event().await;
    assert_eq!((sending.name.as_str(), sending.at("/status")), ("refund", &json!("sending")));
    shop.app.run_pending().await;
    let told = stream.until(|event| says(event, "/status", "sent")).await;
    same_as_shown(&shop, told.last().unwrap()).await;
    // The provider's own movement confirms it.
    shop.fetch().await;
    let told = stream.until(|event| event.name == "refund" && says(event, "/status", "confirmed")).await;
    assert!(told.iter().all(|event| event.name != "refund" || says(event, "/id", &refund)), "{told:?}");
    same_as_shown(&shop, told.last().unwrap()).await;
    shop.app.finish().await;
}

#[tokio::test]
async fn a_payout_that_is_handed_over_is_a_change_of_its_refund() {
    let shop = Shop::open().await;
    let refund = refund(&shop).await;
    shop.behave(json!({ "mode": "timeout_after_effect", "times": 1 })).await;
    shop.send_call(&refund).await.expect(202);
    let mut stream = follow(&shop.accountant, &[&refund]).await;
    let first = stream.event().await;
    assert_eq!((first.at("/attempts/0/submissions"), first.at("/outcome_unknown")), (&json!(0), &json!(false)));
    shop.app.run_pending().await;
    let told = stream.until(|event| event.at("/outcome_unknown") == true).await;
    let last = told.last().unwrap();
    assert_eq!(
        (last.at("/attempts/0/submissions"), last.at("/progress/phase")),
        (&json!(1), &json!("asking_provider"))
    );
    assert!(last.at("/version").as_i64() >= first.at("/version").as_i64().map(|version| version + 2), "{told:?}");
    shop.app.later(chrono::Duration::seconds(6));
    shop.app.run_pending().await;
    let rest = stream.rest().await;
    assert_eq!(rest.iter().map(|event| event.name.as_str()).next_back(), Some("end"), "{rest:?}");
    assert_eq!(rest[rest.len() - 2].at("/status"), "sent");
    shop.app.finish().await;
}

#[tokio::test]
async fn an_assignment_run_is_seen_with_what_became_of_the_movements() {
    let shop = Shop::open().await;
    let order = shop.order("100.00").await;
    let movement = shop.paid_in("100.00", &shop.number(&order).await).await;
    let (_, mut stream) = follow_all(&shop.accountant).await;
    let run = shop.accountant.post("/v1/assignment-runs", json!({})).await.expect(202);
    let running = stream.event().await;
    assert_eq!((running.name.as_str(), running.at("/results")), ("assignment_run", &json!([])));
    same_as_shown(&shop, &running).await;
    shop.app.run_pending().await;
    let told = stream.until(|event| says(event, "/status", "finished")).await;
    let last = told.last().unwrap();
    assert_eq!((last.at("/id"), last.at("/results/0/movement/id")), (run.at("/id"), &json!(movement)));
    same_as_shown(&shop, last).await;
    shop.app.finish().await;
}

/// What one movement adds to a run is a new version of it, so that `If-None-Match` sees it too.
#[tokio::test]
async fn every_movement_moves_the_version_of_its_assignment_run_on() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        shop.pay("10.00", "Danke", "paid").await;
    }
    shop.fetch().await;
    let run = shop.accountant.post("/v1/assignment-runs", json!({ "dry_run": true })).await.expect(202);
    assert_eq!(run.version(), 1);
    shop.app.run_pending().await;
    assert_eq!(shop.see(&run.id()).await.version(), 5, "three movements and the end");
    shop.app.finish().await;
}

#[tokio::test]
async fn what_is_under_way_is_told_first_and_what_has_ended_is_not() {
    let shop = Shop::open().await;
    let (sent, sending) = (refund(&shop).await, refund(&shop).await);
    shop.send(&sent).await;
    shop.send_call(&sending).await.expect(202);
    let run =
        shop.accountant.post("/v1/reconciliation-runs", json!({ "account_ids": [shop.account] })).await.expect(202);
    let assigning = shop.accountant.post("/v1/assignment-runs", json!({})).await.expect(202);
    let (present, _stream) = follow_all(&shop.accountant).await;
    let mut told: Vec<&str> = present.iter().map(|event| event.at("/id").as_str().unwrap()).collect();
    let mut expected = [sending.as_str(), run.text("/id"), assigning.text("/id")];
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    shop.app.run_pending().await;
    shop.app.finish().await;
}

#[tokio::test]
async fn what_has_settled_is_told_once_and_the_stream_ends() {
    let shop = Shop::open().await;
    let (sent, other) = (refund(&shop).await, refund(&shop).await);
    shop.send(&sent).await;
    let reason = |events: &[Event]| events.last().unwrap().data.clone();
    let ids =
        |events: &[Event]| events.iter().filter_map(|event| event.data.get("id").cloned()).collect::<Vec<Value>>();
    let both = follow(&shop.accountant, &[&sent, &other, &sent]).await.rest().await;
    assert_eq!((ids(&both), reason(&both)), (vec![json!(sent), json!(other)], json!({ "reason": "settled" })));
    let list = shop.accountant.get(format!("{STREAM}?subject_id={sent},{other}")).listen().await.rest().await;
    assert_eq!(ids(&list), ids(&both));
    let deleted = shop.delete_call(&other).await.await;
    deleted.expect(204);
    // What is not there has not settled.
    for (unknown, kind) in [(other.as_str(), "refund"), ("run_01kapd3hzcf3sbvpdj0k4v8m2e", "reconciliation_run")] {
        let refused = shop.accountant.get(format!("{STREAM}?subject_id={unknown}")).await;
        let named = refused.problem(422, "reference_not_found").field("subject_id", "reference_not_found");
        assert_eq!(named.text("/kind"), kind);
    }
    let present = shop.accountant.get(format!("{STREAM}?wait=0")).listen().await.rest().await;
    assert_eq!((present.len(), reason(&present)), (1, json!({ "reason": "waited" })));
    shop.app.finish().await;
}

/// A hidden account takes no new work; its runs are read as before, here as at their own address.
#[tokio::test]
async fn the_run_of_an_account_that_was_hidden_is_told_as_its_address_shows_it() {
    let shop = Shop::open().await;
    let run =
        shop.accountant.post("/v1/reconciliation-runs", json!({ "account_ids": [shop.account] })).await.expect(202);
    let hide = shop.admin.act(format!("/v1/payment-accounts/{}/hide", shop.account));
    hide.await;
    let told = follow(&shop.accountant, &[run.text("/id")]).await.event().await;
    same_as_shown(&shop, &told).await;
    shop.app.run_pending().await;
    shop.app.finish().await;
}
