//! A run that a person ends: what is stored stays, what is not comes with the same file.

use heller::entities::{job, reconciliation_item};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{Bank, counts, entry, statement};
use crate::support::answer::Answer;
use crate::support::builders::assert_shows;

async fn cancel(bank: &Bank, run: &str) -> Answer {
    bank.clerk.post(format!("{run}/cancel"), json!({})).await
}

fn place(begun: &Answer) -> String {
    begun.header("Location").unwrap().to_owned()
}

#[tokio::test]
async fn an_import_that_has_not_begun_ends_at_once_and_stores_nothing() {
    let bank = Bank::start().await;
    let file = statement(&entry("1.00", "BOOK", "2026-11-20", "a"));
    let begun = bank.raw(&file, "").await.expect(202);
    let cancelled = cancel(&bank, &place(&begun)).await.expect(200);
    assert_shows(&cancelled, &[("status", "cancelled"), ("items/0/status", "failed"), ("items/0/phase", "done")]);
    assert!(!cancelled.at("/finished_at").is_null());
    bank.app.run_pending().await;
    assert_eq!((bank.movements().await.len(), bank.log().await), (0, vec!["cancelled".to_owned()]));
    let run = bank.clerk.get(place(&begun)).await.expect(200);
    assert_eq!(run.json, cancelled.json, "the job that came later changed nothing");
    // The account is free, and the bytes are not taken for imported.
    assert_eq!(counts(&bank.import(&file).await), [1, 0, 0, 0, 0, 0]);
    bank.app.finish().await;
}

#[tokio::test]
async fn an_import_cancelled_in_the_middle_keeps_what_it_stored_and_the_same_file_adds_the_rest() {
    let bank = Bank::start().await;
    let lines: String = (0..2_300).map(|number| entry("1.00", "BOOK", "2026-11-20", &format!("AU-{number}"))).collect();
    let file = statement(&lines);
    let begun = bank.raw(&file, "").await.expect(202);
    let in_the_middle = async {
        loop {
            let items = reconciliation_item::Entity::find().all(bank.app.state().db.reader()).await.unwrap();
            if items[0].progress_done >= 1_000 && items[0].phase.as_str() == "importing" {
                return cancel(&bank, &place(&begun)).await;
            }
            tokio::task::yield_now().await;
        }
    };
    let (_, cancelled) = tokio::join!(bank.app.run_pending(), in_the_middle);
    assert_eq!(cancelled.expect(200).text("/status"), "cancelled");
    let stored = bank.movements().await.len();
    assert!((1_000..2_300).contains(&stored), "{stored}");
    let log = bank.clerk.get("/v1/logbook").lang("de").await.expect(200);
    let row = log.at("/items/0");
    assert_eq!((&row["code"], &row["level"]), (&json!("cancelled"), &json!("warning")));
    assert!(row["message"].as_str().unwrap().contains(&format!("; {stored} bis dahin gespeicherte")), "{row}");
    let jobs = job::Entity::find().all(bank.app.state().db.reader()).await.unwrap();
    assert!(jobs.iter().all(|job| job.last_error.is_none()), "{jobs:?}");
    let rest = counts(&bank.import(&file).await);
    let stored = i64::try_from(stored).unwrap();
    assert_eq!(rest, [2_300 - stored, 0, stored, 0, 0, 0]);
    assert_eq!((bank.movements().await.len(), bank.entries().await), (2_300, 2_300));
    bank.app.finish().await;
}

#[tokio::test]
async fn a_run_that_waits_for_files_can_be_cancelled_and_one_that_has_ended_cannot() {
    let bank = Bank::start().await;
    let waiting =
        bank.clerk.post("/v1/reconciliation-runs", json!({ "account_ids": [bank.account] })).await.expect(202);
    assert_eq!(waiting.text("/status"), "waiting");
    let cancelled = cancel(&bank, &place(&waiting)).await.expect(200);
    assert_shows(&cancelled, &[("status", "cancelled"), ("items/0/status", "failed")]);
    let again = cancel(&bank, &place(&waiting)).await;
    again.problem(409, "run_ended");
    let finished = bank.import(fixture!("day_statement_08.xml")).await;
    let ended = format!("/v1/reconciliation-runs/{}", finished["id"].as_str().unwrap());
    let refused = cancel(&bank, &ended).await;
    refused.problem(409, "run_ended");
    assert!(refused.text("/detail").contains("'finished'"), "{refused:?}");
    let shown: Value = bank.clerk.get(&ended).await.expect(200).json.clone();
    assert_eq!(shown, finished);
    bank.app.finish().await;
}
