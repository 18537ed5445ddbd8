//! Races over corrections, their numbers, and the settings.

use serde_json::Value;

use super::{one_wins, open, together};
use crate::support::answer::Answer;
use crate::support::shop::Shop;

/// An invoice of its own order, and a draft that takes all of it back.
async fn draft(shop: &Shop) -> String {
    let invoice = shop.invoice(&shop.order("10.00").await).await;
    shop.correction(&invoice).await
}

// The guard: the counter row of the series is held until the commit (`numbers::next`), and is rolled back with it.
#[tokio::test]
async fn thirty_two_corrections_formalised_at_once_have_consecutive_numbers() {
    let shop = open().await;
    let mut drafts = Vec::new();
    for _ in 0..32 {
        drafts.push(draft(&shop).await);
    }
    let numbers = consecutive(together(drafts.iter().map(|draft| shop.formalise_call(draft))).await);
    assert_eq!(numbers, 32);
    shop.app.finish().await;
}

// The guard: as above; what is refused must not have used a number.
#[tokio::test]
async fn formalising_that_is_aborted_leaves_no_gap_in_the_numbers() {
    let shop = open().await;
    let mut calls = Vec::new();
    for number in 0..33 {
        let draft = draft(&shop).await;
        calls.push(match number % 3 {
            0 => shop.formalise_with(&draft, &["formalisation"]),
            _ => shop.formalise_call(&draft),
        });
    }
    let answers = together(calls).await;
    for aborted in answers.iter().step_by(3) {
        aborted.problem(409, "confirmation_required");
    }
    assert_eq!(consecutive(answers.into_iter().filter(|answer| answer.status == 200).collect()), 22);
    shop.app.finish().await;
}

/// Asserts that the numbers are 1, 2, 3 … whatever the order of the answers, and counts them.
#[track_caller]
fn consecutive(answers: Vec<Answer>) -> usize {
    let mut numbers: Vec<String> =
        answers.into_iter().map(|answer| answer.expect(200).text("/number").to_owned()).collect();
    numbers.sort();
    let expected: Vec<String> = (1..=numbers.len()).map(|number| format!("RK-2026-{number:05}")).collect();
    assert_eq!(numbers, expected);
    numbers.len()
}

// The guard: what the lines still have is asked under the order's lock and taken by conditional updates
// (`corrections::open`, `take_line`), and the CHECKs on `invoice_line` and on what is corrected behind them.
#[tokio::test]
async fn of_two_drafts_over_the_same_lines_one_is_formalised() {
    let shop = open().await;
    for _ in 0..10 {
        let invoice = shop.invoice(&shop.order("90.00").await).await;
        let drafts = [shop.correction(&invoice).await, shop.correction(&invoice).await];
        let answers = together(drafts.iter().map(|draft| shop.formalise_call(draft))).await;
        one_wins(&answers, &["quantity_exceeds_remaining"]);
        shop.balance(&invoice, ("0.00", "0.00", "0.00")).await;
    }
    shop.app.finish().await;
}

// The guard: the version in the row is compared in the statement that writes it (`settings::replace`).
#[tokio::test]
async fn of_changes_of_the_settings_that_meet_none_is_lost() {
    let shop = open().await;
    let seen = shop.admin.get("/v1/settings").await.expect(200);
    let policies = ["off", "always"].iter().cycle().take(16);
    let calls = policies.map(|policy| {
        let mut new = seen.json.clone();
        new.as_object_mut().unwrap().remove("version");
        new["four_eyes"] = Value::from(*policy);
        shop.admin.put("/v1/settings", new).if_match(seen.version())
    });
    let answers = together(calls).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 412)), "{answers:?}");
    assert_eq!(shop.admin.get("/v1/settings").await.expect(200).json, won[0].json);
    shop.app.finish().await;
}
