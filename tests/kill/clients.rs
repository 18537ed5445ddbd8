//! Those who send: one caller for each refund, who does not give up, and one who tells the provider how to behave.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::api::{Api, Ask};
use super::plan::Dice;

/// Every behaviour of the provider, in turn, and how many of a round's twenty refunds it is told for.
const MODES: [(&str, usize); 6] = [
    ("accept", 3),
    ("refuse", 3),
    ("delay", 4),
    ("timeout_after_effect", 4),
    ("timeout_before_effect", 3),
    ("server_error", 3),
];
/// How many of a round may be on their way when the next one begins.
const REST: usize = 5;
const LOOK: Duration = Duration::from_millis(15);

/// A refund, and how often somebody meant to send it.
#[derive(Debug)]
pub struct Refund {
    pub id: String,
    pub amount_minor: i64,
    /// The provider's id of the payment it pays back.
    pub payment: String,
    pub sends: u32,
}

pub struct Clients {
    api: Api,
    account: String,
    seed: u64,
    pub tally: Tally,
}

/// How long a caller stays with a refund.
#[derive(Clone, Copy)]
enum Until<'a> {
    /// Most of its round is through: settled, or the provider did not say what became of it, which the server finds out
    /// by itself. The next round begins while the rest of this one is still on its way. The counter holds the rest.
    RoundIsThrough(&'a AtomicUsize),
    Settled,
}

impl Until<'_> {
    fn through(self) {
        if let Self::RoundIsThrough(rest) = self {
            rest.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn is_enough(self) -> bool {
        match self {
            Self::RoundIsThrough(rest) => rest.load(Ordering::Relaxed) <= REST,
            Self::Settled => false,
        }
    }
}

impl Clients {
    pub fn new(api: Api, account: String, seed: u64) -> Self {
        let tally = Tally { broken: Arc::clone(&api.broken), ..Tally::default() };
        Self { api, account, seed, tally }
    }

    /// Sends a round, behaviour by behaviour, and stays until most of it is through.
    pub async fn send_round(self: Arc<Self>, mut round: Vec<Refund>, number: usize) -> Vec<Refund> {
        let mut dice = Dice::new(self.seed, &format!("round {number}"));
        let mut rest = round.as_mut_slice();
        for (mode, share) in MODES {
            let (group, others) = rest.split_at_mut(share);
            rest = others;
            self.behave(mode, &mut dice).await;
            join_all(group.iter_mut().map(|refund| self.send(refund))).await;
        }
        let rest = AtomicUsize::new(round.len());
        join_all(round.iter_mut().map(|refund| self.carry(refund, Until::RoundIsThrough(&rest)))).await;
        round
    }

    async fn behave(&self, mode: &str, dice: &mut Dice) {
        let times = if mode == "refuse" { 1 } else { dice.between(1..=3) };
        let behaviour = json!({ "mode": mode, "times": times, "delay_ms": dice.between(20..=200) });
        self.api.done(Ask::put(&format!("/v1/sandbox/{}/behaviour", self.account), behaviour)).await;
    }

    /// Stays with every refund until it is settled; nobody is killed any more.
    pub async fn settle(&self, refunds: &mut [Refund]) {
        self.behave_well().await;
        join_all(refunds.iter_mut().map(|refund| self.carry(refund, Until::Settled))).await;
    }

    async fn behave_well(&self) {
        let behaviour = json!({ "mode": "accept" });
        self.api.done(Ask::put(&format!("/v1/sandbox/{}/behaviour", self.account), behaviour)).await;
    }

    async fn carry(&self, refund: &mut Refund, until: Until<'_>) {
        loop {
            let seen = self.api.done(Ask::get(&format!("/v1/refunds/{}", refund.id))).await;
            let unknown = seen.body["outcome_unknown"] == true;
            match seen.text("/status").as_str() {
                "not_sent" => panic!("lost: {} was accepted for sending: {}", refund.id, seen.body),
                "failed" => {
                    self.tally.refused.fetch_add(1, Ordering::Relaxed);
                    self.send(refund).await;
                }
                "sending" if unknown && matches!(until, Until::RoundIsThrough(_)) => {
                    self.tally.unknown.fetch_add(1, Ordering::Relaxed);
                    return until.through();
                }
                "sending" if until.is_enough() => return,
                "sending" => tokio::time::sleep(LOOK).await,
                "sent" | "confirmed" => return until.through(),
                other => panic!("{} is {other}: {}", refund.id, seen.body),
            }
        }
    }

    /// One intended send: one key, however often it has to be said.
    async fn send(&self, refund: &mut Refund) {
        refund.sends += 1;
        let path = format!("/v1/refunds/{}/send", refund.id);
        let ask = Ask::post(&path, &format!("{}-{}", refund.id, refund.sends), Value::Object(serde_json::Map::new()));
        // Every fourth waits for the outcome, so that kills meet waiting requests too.
        let patient = refund.amount_minor % 4 == 0;
        let said = self.api.done(if patient { ask.with("Prefer", "wait=1") } else { ask }).await;
        self.tally.sends.fetch_add(1, Ordering::Relaxed);
        if said.replayed {
            self.tally.replayed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What the callers have seen.
#[derive(Default)]
pub struct Tally {
    sends: AtomicUsize,
    replayed: AtomicUsize,
    refused: AtomicUsize,
    unknown: AtomicUsize,
    broken: Arc<AtomicUsize>,
}

impl Tally {
    /// A run that is long enough has met everything it is about; otherwise it proves nothing.
    pub fn expect_everything_seen(&self) {
        for (what, counter) in
            [("refusal", &self.refused), ("unknown outcome", &self.unknown), ("answer lost to a kill", &self.replayed)]
        {
            assert_ne!(counter.load(Ordering::Relaxed), 0, "no {what} in the whole run");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        write!(
            f,
            "{} sends, {} answered from the first try's record, {} refused and sent again, {} with unknown outcome, \
             {} connections broken or refused",
            seen(&self.sends),
            seen(&self.replayed),
            seen(&self.refused),
            seen(&self.unknown),
            seen(&self.broken)
        )
    }
}
