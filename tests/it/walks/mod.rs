//! Walks over **every** operation of the OpenAPI document, one file for each rule of the contract (`api.md`, section 1)
//! and one for the bad-input corpus. Nobody adds an operation to a list: a request is made from the schemas and examples
//! of the document, and [`requests`] says only what must be there first. An operation whose request is not accepted
//! fails [`every_operation_has_a_request_that_is_accepted`].

mod corpus;
mod framework;
mod idempotency;
mod lists;
mod media;
mod methods;
mod problems;
mod requests;
mod strictness;
mod versions;
mod world;

use std::fmt::Display;
use std::sync::LazyLock;

use reqwest::Method;
use serde_json::Value;

use crate::support::answer::Answer;
use crate::support::client::{Call, Client};
use crate::support::document::{Operation, operations};
use world::World;

/// The document, made once.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(heller::openapi::document);

pub fn all() -> Vec<Operation<'static>> {
    operations(&DOCUMENT)
}

#[derive(Clone)]
pub enum Sent {
    Nothing,
    Json(Value),
    Raw { media: String, bytes: Vec<u8> },
}

/// A request that is accepted now, taken apart so that a rule can break it.
#[derive(Clone)]
pub struct Ask {
    pub who: Client,
    pub method: Method,
    pub path: String,
    pub sent: Sent,
    /// For `If-Match`, where the operation takes it.
    pub version: Option<i64>,
    keyed: bool,
}

impl Ask {
    /// The whole request, with a fresh key and the version where the operation takes them.
    pub fn call(&self) -> Call {
        self.conditional(self.keyless())
    }

    /// Without `If-Match`.
    pub fn blind(&self) -> Call {
        if self.keyed { self.keyless().idempotent() } else { self.keyless() }
    }

    /// Without key and `If-Match`.
    pub fn keyless(&self) -> Call {
        match &self.sent {
            Sent::Nothing => self.who.request(self.method.clone(), &self.path, None),
            Sent::Json(body) => self.who.request(self.method.clone(), &self.path, Some(body.clone())),
            Sent::Raw { media, bytes } => self.who.raw(self.method.clone(), &self.path, Some(media), bytes.clone()),
        }
    }

    /// The same with other bytes as its body.
    pub fn raw(&self, media: Option<&str>, bytes: impl Into<Vec<u8>>) -> Call {
        self.conditional(self.who.raw(self.method.clone(), &self.path, media, bytes))
    }

    pub fn with_path(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self.clone() }
    }

    pub fn with_body(&self, body: Value) -> Self {
        Self { sent: Sent::Json(body), ..self.clone() }
    }

    /// With one more parameter in its query.
    pub fn with_parameter(&self, parameter: &str) -> Self {
        let joiner = if self.path.contains('?') { '&' } else { '?' };
        self.with_path(format!("{}{joiner}{parameter}", self.path))
    }

    pub fn json(&self) -> Option<&Value> {
        if let Sent::Json(body) = &self.sent { Some(body) } else { None }
    }

    fn conditional(&self, call: Call) -> Call {
        let call = if self.keyed { call.idempotent() } else { call };
        match self.version {
            Some(version) => call.if_match(version),
            None => call,
        }
    }
}

/// What is not as a rule says, collected, so that a walk shows all of it at once.
#[derive(Default)]
pub struct Offences(Vec<String>);

impl Offences {
    pub fn note(&mut self, right: bool, what: impl Display) {
        if !right {
            self.0.push(what.to_string());
        }
    }

    /// Sends; an answer that the document does not know is an offence too.
    pub async fn send(&mut self, call: Call) -> Option<Answer> {
        match tokio::spawn(call.send()).await {
            Ok(answer) => Some(answer),
            Err(panicked) => {
                let panicked = panicked.into_panic();
                self.0.push(panicked.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned()));
                None
            }
        }
    }

    /// Sends, and expects a problem.
    pub async fn refused(&mut self, rule: &str, call: Call, (status, code): (u16, &str)) -> Option<Answer> {
        let answer = self.send(call).await?;
        let right = (answer.status, answer.json["code"].as_str()) == (status, Some(code));
        self.note(right, format_args!("{rule}: expected {status} {code}: {answer:?}"));
        right.then_some(answer)
    }

    /// Sends, and expects a problem that names a place.
    pub async fn refused_at(&mut self, rule: &str, call: Call, expected: (u16, &str), place: &str) {
        if let Some(answer) = self.refused(rule, call, expected).await {
            let mut errors = answer.json["errors"].as_array().into_iter().flatten();
            let named = errors.any(|error| error["pointer"] == place);
            self.note(named, format_args!("{rule}: '{place}' is not named: {answer:?}"));
        }
    }

    #[track_caller]
    pub fn none(self) {
        let count = self.0.len();
        assert!(self.0.is_empty(), "{count} offences\n{}", self.0.join("\n"));
    }
}

#[tokio::test]
async fn every_operation_has_a_request_that_is_accepted() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in all() {
        let ask = world.valid(&operation).await;
        let Some(answer) = offences.send(ask.call()).await else { continue };
        let rule = format!("{}: say in walks/requests.rs what its request needs", operation.id);
        offences.note(answer.status < 300, format_args!("{rule}: {:?} {answer:?}", ask.json()));
    }
    world.close().await;
    offences.none();
}
