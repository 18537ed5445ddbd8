//! The load: so many clients, each with one request at a time, for so long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::json;
use uuid::Uuid;

use crate::Failure;
use crate::by_hand::{self, ByHand};
use crate::dialect::{Kind, id_bits};
use crate::install::{Heller, text_id};
use crate::raw::{Merchant, Work};

/// What a round came to.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    pub done: u32,
    pub failed: u32,
    /// What the first failure said.
    pub complaint: Option<String>,
    pub seconds: f64,
    pub latencies_us: Vec<u32>,
}

impl Measured {
    pub fn add(&mut self, begun: Instant, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => {
                self.done += 1;
                self.latencies_us.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
            Err(complaint) => {
                self.failed += 1;
                self.complaint.get_or_insert(complaint);
            }
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.done += other.done;
        self.failed += other.failed;
        self.complaint = self.complaint.take().or(other.complaint);
        self.latencies_us.extend(other.latencies_us);
    }

    pub fn per_second(&self) -> f64 {
        f64::from(self.done) / self.seconds
    }
}

/// The movements and orders one side of one work may use: numbers from `first`, `count` of them, again and again.
#[derive(Debug)]
pub struct Pool {
    pub first: u64,
    pub count: u64,
    /// Grows through all rounds, so that nothing new ever has an old number.
    pub next: AtomicU64,
}

impl Pool {
    /// The same numbers from where this one stands.
    pub fn again(&self) -> Self {
        let Self { first, count, next } = self;
        Self { first: *first, count: *count, next: AtomicU64::new(next.load(Ordering::Relaxed)) }
    }

    pub fn item(&self) -> u64 {
        self.first + self.next.fetch_add(1, Ordering::Relaxed) % self.count
    }
}

/// Clients of one server and one kind of work.
#[derive(Clone)]
pub struct Load {
    http: Client,
    base: String,
    token: String,
    work: Work,
    merchant: Merchant,
    /// The server is the one by hand.
    by_hand: bool,
}

impl Load {
    pub fn new(heller: &Heller, (merchant, token): (&Merchant, &str), work: Work) -> Result<Self, Failure> {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build();
        let http = http.map_err(Failure::at("making a client"))?;
        Ok(Self {
            http,
            base: heller.url(""),
            token: token.to_owned(),
            work,
            merchant: merchant.clone(),
            by_hand: false,
        })
    }

    /// The same question to the server by hand; none where it is no list.
    pub fn by_hand(&self, server: &ByHand) -> Option<Self> {
        let Work::Find(find) = self.work else { return None };
        by_hand::path(find, 0).map(|_| Self { base: server.base.clone(), by_hand: true, ..self.clone() })
    }

    /// The answer to one request.
    pub async fn once(&self, item: u64) -> Result<serde_json::Value, Failure> {
        let answer = self.request(item).send().await.and_then(reqwest::Response::error_for_status);
        answer.map_err(Failure::at("asking"))?.json().await.map_err(Failure::at("asking"))
    }

    /// Runs a round.
    pub async fn run(&self, pool: &Arc<Pool>, clients: u32, length: Duration) -> Measured {
        let begun = Instant::now();
        let tasks = (0..clients).map(|_| tokio::spawn(self.clone().client(Arc::clone(pool), begun + length)));
        let mut sum = Measured::default();
        for task in tasks.collect::<Vec<_>>() {
            if let Ok(measured) = task.await {
                sum.merge(measured);
            }
        }
        sum.seconds = begun.elapsed().as_secs_f64();
        sum
    }

    async fn client(self, pool: Arc<Pool>, end: Instant) -> Measured {
        let mut measured = Measured::default();
        while Instant::now() < end {
            let request = self.request(pool.item());
            let begun = Instant::now();
            measured.add(begun, ask(request).await);
        }
        measured
    }

    fn request(&self, item: u64) -> RequestBuilder {
        let movement = text_id("mov", id_bits(Kind::Movement, item));
        let one = json!({ "amount": "1.00", "currency": "EUR" });
        let post = |path: &str, body| {
            let request = self.http.post(format!("{}{path}", self.base)).json(&body);
            request.header("Idempotency-Key", Uuid::new_v4().to_string())
        };
        let request = match self.work {
            Work::Assign => {
                let order = text_id("ord", id_bits(Kind::Order, item));
                let target = json!({ "type": "order", "id": order });
                post("/v1/assignments", json!({ "movement_id": movement, "target": target, "amount": one }))
            }
            Work::Refund => {
                let origin = json!({ "type": "remaining_amount", "id": movement });
                post("/v1/refunds", json!({ "origin": origin, "amount": one }))
            }
            Work::List => self.http.get(format!("{}/v1/account-movements?folder=not_assigned&limit=50", self.base)),
            Work::Find(find) if self.by_hand => {
                self.http.get(format!("{}{}", self.base, by_hand::path(find, item).unwrap_or_default()))
            }
            Work::Find(find) => self.http.get(format!("{}{}", self.base, find.path(&self.merchant, item))),
        };
        request.bearer_auth(&self.token)
    }
}

/// Asks, and reads the whole answer.
async fn ask(request: RequestBuilder) -> Result<(), String> {
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(|error| error.to_string())?;
    if status.is_success() { Ok(()) } else { Err(format!("{status} {}", String::from_utf8_lossy(&body))) }
}
