//! A shop in which there is one of everything, and what makes a request for an operation from the document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use heller::access::role::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::requests::STATEMENT;
use super::requests::{self, Made};
use super::{Ask, DOCUMENT, Sent, all};
use crate::support::client::Client;
use crate::support::document::{Operation, prefix_of, resolved};
use crate::support::licence::Licence;
use crate::support::shop::Shop;

const INCOMPLETE: &str = include_str!("../../fixtures/camt053/missing_fields.xml");
/// How many payments are fetched at once.
const POOL: usize = 6;

pub struct World {
    pub shop: Shop,
    /// Every role at once.
    pub all: Client,
    /// By prefix, the id of something that is there.
    ids: BTreeMap<String, String>,
    movements: Mutex<Movements>,
    /// Whether a request was made that changes something: the licence, or what is in the queue.
    used: AtomicBool,
}

#[derive(Default)]
struct Movements {
    free: Vec<String>,
    known: BTreeSet<String>,
}

impl World {
    /// With people and a sandbox account, and nothing in any list.
    pub async fn bare() -> Self {
        let shop = Shop::open().await;
        let all = shop.app.user_with(Role::ALL).await;
        // A server whose worker was never seen is not ready.
        let state = shop.app.state();
        heller::services::queue::beat(&state.db, uuid::Uuid::new_v4(), shop.app.clock.now()).await.unwrap();
        let (ids, movements) = (BTreeMap::new(), Mutex::default());
        Self { shop, all, ids, movements, used: AtomicBool::new(false) }
    }

    /// With a row in every list.
    pub async fn open() -> Self {
        let mut world = Self::bare().await;
        Box::pin(world.more()).await;
        let mut ids = BTreeMap::new();
        for operation in lists() {
            let page = world.all.get(format!("{}?limit=1", operation.path)).await.expect(200);
            if let Some(id) = page.json["items"][0]["id"].as_str() {
                ids.insert(id.split('_').next().unwrap().to_owned(), id.to_owned());
            }
        }
        // The sandbox account can be fetched and can send.
        ids.insert("acc".to_owned(), world.shop.account.clone());
        world.ids = ids;
        world
    }

    /// One more row in every list.
    pub async fn more(&self) {
        let shop = &self.shop;
        let movement = self.movement().await;
        shop.assign(&movement, &shop.order("60.00").await, None).await;
        shop.refund_remaining(&movement).await;
        let order = shop.order("10.00").await;
        shop.correction(&shop.invoice(&order).await).await;
        shop.keyed(&order, "1.00").await;
        shop.cancel_call(&shop.order("10.00").await, false).await.expect(201);
        self.all.post("/v1/customers", json!({ "name": "Max Muster" })).await.expect(201);
        // A file whose lines are incomplete has something to say in the logbook.
        let (account, file) = (self.account().await, format!("{INCOMPLETE}<!-- {} -->", uuid::Uuid::new_v4()));
        let import = format!("/v1/statement-imports/raw?account_id={account}");
        self.all.post_raw(import, "application/xml", file).await.expect(202);
        // One with balances is a statement that is kept.
        let (account, file) = (self.account().await, format!("{STATEMENT}<!-- {} -->", uuid::Uuid::new_v4()));
        let import = format!("/v1/statement-imports/raw?account_id={account}");
        self.all.post_raw(import, "application/xml", file).await.expect(202);
        self.all.post("/v1/assignment-runs", json!({})).await.expect(202);
        self.profile().await;
        shop.app.run_pending().await;
        shop.pay("3.00", "Danke", "paid").await;
        shop.fetch().await;
    }

    /// A movement of 100.00 of which nothing is assigned, for each call another one.
    pub async fn movement(&self) -> String {
        let mut movements = self.movements.lock().await;
        if movements.free.is_empty() {
            for _ in 0..POOL {
                self.shop.pay("100.00", "Danke", "paid").await;
            }
            self.shop.fetch().await;
            let only = format!("account_id={}&amount_from=100&amount_to=100&limit=200", self.shop.account);
            let found = self.all.get(format!("/v1/account-movements?folder=not_assigned&{only}")).await.expect(200);
            for item in found.at("/items").as_array().unwrap() {
                let id = item["id"].as_str().unwrap().to_owned();
                if movements.known.insert(id.clone()) {
                    movements.free.push(id);
                }
            }
        }
        movements.free.pop().unwrap()
    }

    /// A refund that nobody has sent.
    pub async fn refund(&self) -> String {
        let movement = self.movement().await;
        self.shop.assign(&movement, &self.shop.order("60.00").await, None).await;
        self.shop.refund_remaining(&movement).await
    }

    /// A draft over an invoice of two lines.
    pub async fn draft(&self) -> String {
        let order = self.shop.order_lines(&["10.00", "20.00"]).await;
        self.shop.correction(&self.shop.invoice(&order).await).await
    }

    /// An account that takes files.
    pub async fn account(&self) -> String {
        let account = json!({ "name": "Hausbank", "provider": "bank_file", "currency": "EUR" });
        self.all.post("/v1/payment-accounts", account).await.expect(201).id()
    }

    /// A profile for files of rows and columns, of an account that is its own: no import keeps it from being made.
    pub async fn profile(&self) -> String {
        let column = |field: &str, name: &str| json!({ "field": field, "names": [name] });
        let columns = [column("booking_date", "Tag"), column("amount", "Umsatz"), column("purpose", "Text")];
        let rules = json!({ "dates": "day_month_year", "numbers": "comma", "columns": columns });
        let body = json!({ "name": "Hausbank CSV", "account_id": self.account().await, "rules": rules });
        self.all.post("/v1/statement-profiles", body).await.expect(201).id()
    }

    /// The id of something that is there.
    pub fn id(&self, prefix: &str) -> String {
        self.ids.get(prefix).cloned().unwrap_or_else(|| panic!("nothing with the prefix '{prefix}'"))
    }

    /// A request that is accepted now.
    pub async fn valid(&self, operation: &Operation<'_>) -> Ask {
        if self.used.swap(operation.method != "get", Ordering::Relaxed) {
            self.shop.app.set_licence(Licence::Active).await;
            self.shop.app.run_pending().await;
        }
        let made = Box::pin(requests::made(self, operation.id)).await;
        let path = self.path(operation, &made);
        let version = match made.version {
            None if operation.takes_header("If-Match") => Some(self.version_at(&path).await),
            version => version,
        };
        Ask {
            who: made.who.unwrap_or_else(|| self.all.clone()),
            method: Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap(),
            sent: made.sent.unwrap_or_else(|| self.sent(operation)),
            keyed: operation.takes_header("Idempotency-Key"),
            path,
            version,
        }
    }

    fn path(&self, operation: &Operation<'_>, made: &Made) -> String {
        let mut path = operation.path.to_owned();
        for parameter in operation.parameters("path") {
            let name = parameter["name"].as_str().unwrap();
            let given = if name == "id" { made.id.clone() } else { made.sub_id.clone() };
            let there = || match prefix_of(&DOCUMENT, parameter) {
                Some(prefix) => self.id(prefix),
                None => self.example(parameter).as_str().unwrap().to_owned(),
            };
            path = path.replace(&format!("{{{name}}}"), &given.unwrap_or_else(there));
        }
        match &made.query {
            Some(query) => format!("{path}?{query}"),
            None => path,
        }
    }

    /// The version of the resource that a path leads to, or leads through.
    async fn version_at(&self, path: &str) -> i64 {
        let mut path = path.split('?').next().unwrap();
        loop {
            let shown = self.all.get(path).await;
            if shown.status == 200 && shown.header("ETag").is_some() {
                return shown.version();
            }
            path = path.rsplit_once('/').unwrap_or_else(|| panic!("nothing versioned at {path}")).0;
        }
    }

    fn sent(&self, operation: &Operation<'_>) -> Sent {
        match operation.definition["requestBody"]["content"].get("application/json") {
            Some(media) => Sent::Json(self.example(&media["schema"])),
            None => Sent::Nothing,
        }
    }

    /// A value for a schema, from its examples; members that are optional and have none are left out.
    pub fn example(&self, schema: &Value) -> Value {
        let schema = target(schema);
        let example = schema.get("example").or_else(|| schema["examples"].get(0));
        if let Some(example) = example {
            return self.with_real_ids(example);
        }
        if let Some(first) = schema["enum"].get(0) {
            return first.clone();
        }
        match kind(schema) {
            "object" => {
                let required =
                    |name: &String| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
                let members = schema["properties"].as_object().into_iter().flatten();
                let wanted = members.filter(|(name, member)| required(name) || target(member).get("example").is_some());
                wanted.map(|(name, member)| (name.clone(), self.example(member))).collect()
            }
            "array" => json!([]),
            "boolean" => json!(false),
            "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
            _ => json!("x"),
        }
    }

    fn with_real_ids(&self, example: &Value) -> Value {
        match example {
            Value::String(text) if text.len() == 30 && text.as_bytes()[3] == b'_' => {
                self.ids.get(&text[..3]).map_or_else(|| example.clone(), |id| json!(id))
            }
            Value::Array(all) => all.iter().map(|one| self.with_real_ids(one)).collect(),
            _ => example.clone(),
        }
    }

    /// Ends the test. What the walks begun need not be finished, but the books add up.
    pub async fn close(self) {
        self.shop.app.set_licence(Licence::Active).await;
        self.shop.app.run_pending().await;
        self.shop.app.finish().await;
    }
}

/// The schema itself: references followed, null left out.
pub fn target(schema: &Value) -> &Value {
    let schema = resolved(&DOCUMENT, schema);
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let other = choices.into_iter().find(|choice| choice["type"] != "null");
    other.map_or(schema, |other| resolved(&DOCUMENT, other))
}

/// Its type, without null.
pub fn kind(schema: &Value) -> &str {
    let types = schema["type"].as_array().into_iter().flatten().chain(std::iter::once(&schema["type"]));
    types.filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default()
}

/// The operations that answer pages.
pub fn lists() -> Vec<Operation<'static>> {
    let pages = |one: &Operation<'_>| one.parameters("query").any(|parameter| parameter["name"] == "cursor");
    all().into_iter().filter(|one| one.method == "get" && pages(one)).collect()
}
