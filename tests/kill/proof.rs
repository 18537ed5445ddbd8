//! What must hold when nothing is killed any more: none lost, none twice, none stuck, in the provider's own record and
//! in what our API says.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::api::{Api, Ask};
use super::clients::Refund;
use super::server::Server;
use super::stage::Stage;

/// How long jobs may take to come to rest. A look at an unknown outcome may wait for its back-off.
const REST_TRIES: u32 = 600;
const POLL: Duration = Duration::from_millis(100);

/// Money that left, as the provider wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Payout {
    payout_key: String,
    related: String,
    amount_minor: i64,
}

/// Holds the provider's record against our books.
pub async fn prove(stage: &Stage, refunds: &[Refund], mut server: Server) {
    let mut wrong = jobs_left(&stage.admin).await;
    stage.fetch("fetch-payouts").await;
    let seen = seen_by_us(&stage.accountant, refunds).await;
    wrong.extend(refunds.iter().zip(&seen).filter_map(|(refund, seen)| not_confirmed(refund, seen)));
    let told = payouts_over_http(stage).await;
    println!("{}", server.run(&["verify"], "").trim_end());
    server.kill();
    let payouts = payouts_in_the_record(&server).await;
    if told != keys(&payouts) {
        wrong.push("GET payouts and the provider's file differ".to_owned());
    }
    wrong.extend(once_each(refunds, &seen, &payouts));
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
    let again = seen.iter().filter(|seen| submissions(seen) > 1).count();
    println!("{again} of {} refunds were submitted more than once, {} payouts", refunds.len(), payouts.len());
}

/// Jobs that do not come to rest, and dead ones. The daily pruning is always queued, once.
async fn jobs_left(admin: &Api) -> Vec<String> {
    let mut left = Vec::new();
    for _ in 0..REST_TRIES {
        left = Vec::new();
        for state in ["queued", "running", "dead"] {
            let jobs = admin.done(Ask::get(&format!("/v1/jobs?state={state}&limit=200"))).await;
            left.extend(jobs.items().iter().map(|job| (state, job["kind"] == "prune", job.to_string())));
        }
        let daily = left.iter().position(|(state, is_daily, _)| *state == "queued" && *is_daily);
        daily.map(|at| left.remove(at));
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(POLL).await;
    }
    left.into_iter().map(|(_, _, job)| format!("stuck: job {job}")).collect()
}

async fn seen_by_us(accountant: &Api, refunds: &[Refund]) -> Vec<Value> {
    let mut seen = Vec::with_capacity(refunds.len());
    for refund in refunds {
        seen.push(accountant.done(Ask::get(&format!("/v1/refunds/{}", refund.id))).await.body);
    }
    seen
}

fn not_confirmed(refund: &Refund, seen: &Value) -> Option<String> {
    let status = seen["status"].as_str().unwrap_or_default();
    match status {
        "confirmed" => None,
        "sending" => Some(format!("stuck: {} is still sending: {seen}", refund.id)),
        _ => Some(format!("lost: {} is {status} after the provider's payouts were fetched: {seen}", refund.id)),
    }
}

/// One payout for each refund: under a key of its own, over its amount, out of its payment; and none besides.
fn once_each(refunds: &[Refund], seen: &[Value], payouts: &[Payout]) -> Vec<String> {
    let mut of_payment: HashMap<&str, Vec<&Payout>> = HashMap::new();
    for payout in payouts {
        of_payment.entry(&payout.related).or_default().push(payout);
    }
    let mut wrong = Vec::new();
    for (refund, seen) in refunds.iter().zip(seen) {
        let found = of_payment.remove(refund.payment.as_str()).unwrap_or_default();
        match found.as_slice() {
            [] => wrong.push(format!("lost: {} was never paid", refund.id)),
            [one] => {
                let ours = seen["attempts"].as_array().into_iter().flatten();
                let accepted = ours.filter(|attempt| attempt["provider_key"] == one.payout_key.as_str());
                if accepted.count() != 1 || one.amount_minor != refund.amount_minor {
                    wrong.push(format!("wrong: {} was paid as {one:?}: {seen}", refund.id));
                }
            }
            more => wrong.push(format!("paid twice: {} left as {more:?}", refund.id)),
        }
    }
    wrong.extend(of_payment.values().map(|payouts| format!("paid twice: nobody asked for {payouts:?}")));
    wrong
}

fn submissions(seen: &Value) -> i64 {
    let attempts = seen["attempts"].as_array().into_iter().flatten();
    attempts.filter_map(|attempt| attempt["submissions"].as_i64()).max().unwrap_or(0)
}

async fn payouts_over_http(stage: &Stage) -> Vec<String> {
    let path = format!("/v1/sandbox/{}/payouts", stage.account);
    let items = stage.accountant.done(Ask::get(&path)).await;
    items.items().iter().map(|item| item["refund_key"].as_str().unwrap_or_default().to_owned()).collect()
}

fn keys(payouts: &[Payout]) -> Vec<String> {
    payouts.iter().map(|payout| payout.payout_key.clone()).collect()
}

async fn payouts_in_the_record(server: &Server) -> Vec<Payout> {
    let file = SqliteConnectOptions::new().filename(server.folder().join("sandbox.sqlite"));
    let record = SqlitePool::connect_with(file).await.unwrap();
    let query =
        "SELECT payout_key, related, -amount_minor AS amount_minor FROM item WHERE kind = 'payout' ORDER BY changed";
    let rows: Vec<(String, String, i64)> = sqlx::query_as(query).fetch_all(&record).await.unwrap();
    let payout = |(payout_key, related, amount_minor)| Payout { payout_key, related, amount_minor };
    rows.into_iter().map(payout).collect()
}
