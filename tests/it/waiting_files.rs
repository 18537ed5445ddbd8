//! Runs that wait for the files of their accounts.

use reqwest::Method;
use serde_json::json;

use crate::reconciliation::{account, sandbox, start};

/// [21] The file that an item waits for brings the run to its end; a second one is not awaited.
#[tokio::test]
async fn a_waiting_item_takes_its_file_and_the_run_goes_on() {
    let (app, admin, clerk) = start().await;
    let bank = account(&admin, json!({"name": "Bank", "provider": "bank_file", "currency": "EUR"})).await;
    let other = sandbox(&admin).await;
    let begin = async || clerk.post("/v1/reconciliation-runs", json!({"account_ids": [bank]})).await.expect(202).id();
    let run = begin().await;
    let file = include_bytes!("../fixtures/camt053/day_statement_08.xml");
    let path =
        |run: &str, account: &str| format!("/v1/reconciliation-runs/{run}/items/{account}/file?filename=day.xml");
    let give =
        async |path: String, bytes: &[u8]| clerk.raw(Method::PUT, path, Some("application/octet-stream"), bytes).await;
    give(path(&run, &other), file).await.problem(404, "not_found");
    give(path(&run, &bank), b"no statement").await.problem(422, "file_format_invalid");
    let taken = give(path(&run, &bank), file).await.expect(202);
    assert_eq!((taken.text("/status"), taken.text("/items/0/status")), ("running", "running"));
    assert_eq!(taken.text("/items/0/file/name"), "day.xml");
    give(path(&run, &bank), file).await.problem(409, "invalid_transition");
    app.run_pending().await;
    let ended = clerk.get(format!("/v1/reconciliation-runs/{run}")).await.expect(200);
    let created = ended.at("/items/0/counts/created").as_i64().unwrap();
    assert_eq!((ended.text("/items/0/status"), created > 0), ("done", true), "{ended:?}");
    give(path(&run, &bank), file).await.problem(409, "invalid_transition");
    // The same bytes for another run bring nothing new.
    let again = begin().await;
    give(path(&again, &bank), file).await.expect(202);
    app.run_pending().await;
    let ended = clerk.get(format!("/v1/reconciliation-runs/{again}")).await.expect(200);
    let counts = ended.at("/items/0/counts");
    assert_eq!((&counts["created"], &counts["unchanged"]), (&json!(0), &json!(created)), "{ended:?}");
    let cancelled = begin().await;
    clerk.act(format!("/v1/reconciliation-runs/{cancelled}/cancel")).await.expect(200);
    give(path(&cancelled, &bank), file).await.problem(409, "invalid_transition");
}
