//! What handlers take apart a request with: body, query, path id, and the headers of the contract. All failures are
//! problems with a code and a place, never the framework's plain text.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::reading;
use crate::access::ctx::{Actor, Ctx};
use crate::access::require::Opening;
use crate::domain::id::IdError;
use crate::error::{Code, Error, Place};
use crate::services::idempotency::Key;
use crate::services::page::{Direction, PageRequest};

/// Largest JSON body, in bytes.
const BODY_MAX: usize = 2 * 1024 * 1024;
/// Longest `Prefer: wait`, in seconds.
const WAIT_MAX: u64 = 30;
pub const LIMIT_DEFAULT: u64 = 50;
pub const LIMIT_MAX: u64 = 200;

/// What was read from the head of a request, handed out when the gate is open.
fn behind_gate<T: 'static>(request: &HttpRequest, read: Result<T, Error>) -> Local<Result<T, Error>> {
    let request = request.clone();
    Box::pin(async move {
        Opening::wait(&request).await;
        read
    })
}

type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// A JSON body, parsed strictly, with the hash its idempotency key is bound to.
pub struct Body<T> {
    pub value: T,
    pub hash: String,
}

impl<T> Deref for Body<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Local<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media = content_type(request.headers());
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            Opening::wait(&request).await;
            let bytes = read_all(payload, BODY_MAX).await?;
            // An action without a body is as good as one with an empty object.
            let empty = bytes.is_empty();
            if !empty && !matches!(media.as_deref(), Some("application/json" | "application/merge-patch+json")) {
                return Err(Error::new(Code::UnsupportedMediaType).with("expected", "application/json"));
            }
            let text = if empty { b"{}".as_slice() } else { bytes.as_slice() };
            let value = reading::json(text)?;
            Ok(Self { value, hash: hex::encode(Sha256::digest(&bytes)) })
        })
    }
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

async fn read_all(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Error::new(Code::MalformedBody).with("reason", error))?;
        if bytes.len().saturating_add(chunk.len()) > limit {
            return Err(Error::new(Code::TooLarge).with("limit", limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Query parameters, with the fingerprint a cursor is bound to.
pub struct Query<T> {
    pub value: T,
    fingerprint: String,
}

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Query<T> {
    /// The page asked for.
    ///
    /// # Errors
    /// `invalid_value` for a limit outside 1 to 200.
    pub fn page(&self, limit: Option<u64>, cursor: Option<&String>) -> Result<PageRequest, Error> {
        let limit = limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            let error = Error::new(Code::InvalidValue).with("reason", format!("limit is 1 to {LIMIT_MAX}"));
            return Err(error.at_place(Place::Query, "limit"));
        }
        Ok(PageRequest { limit, cursor: cursor.cloned(), fingerprint: self.fingerprint.clone() })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Error;
    type Future = Local<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.query_string();
        behind_gate(
            request,
            reading::query(text).map(|value| Self { value, fingerprint: fingerprint(request.path(), text) }),
        )
    }
}

/// Path, filter and sorting of a list, without what differs from page to page.
fn fingerprint(path: &str, query: &str) -> String {
    let mut pairs: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("cursor=") && !pair.starts_with("limit="))
        .collect();
    pairs.sort_unstable();
    let hash = Sha256::digest(format!("{path}?{}", pairs.join("&")));
    hex::encode(hash).chars().take(16).collect()
}

/// The id in the path.
pub struct PathId<T>(pub T);

/// Ids that can stand in a path.
pub trait PathKind: FromStr<Err = IdError> + 'static {
    const PREFIX: &'static str;
    /// What is not found, in the words of the API.
    const KIND: &'static str;
}

macro_rules! path_kinds {
    ($($id:ident = $kind:literal),+ $(,)?) => {$(
        impl PathKind for crate::domain::id::$id {
            const PREFIX: &'static str = crate::domain::id::$id::PREFIX;
            const KIND: &'static str = $kind;
        }
    )+};
}

path_kinds! {
    AccountId = "payment account", RunId = "reconciliation run", MovementId = "account movement",
    AssignmentId = "assignment", AssignmentRunId = "assignment run", CustomerId = "customer", OrderId = "order",
    InvoiceId = "invoice", CorrectionId = "invoice correction", CorrectionLineId = "correction line",
    CancellationId = "cancellation", PaymentId = "payment", RefundId = "refund", JobId = "job",
    JournalEntryId = "journal entry", SandboxPaymentId = "sandbox payment",
}

impl<T: PathKind> PathId<T> {
    fn parse(text: &str) -> Result<Self, Error> {
        text.parse().map(Self).map_err(|error| match error {
            IdError::WrongPrefix => Error::new(Code::WrongIdType).with("prefix", T::PREFIX),
            IdError::Malformed => Error::not_found(T::KIND),
        })
    }
}

impl<T: PathKind> FromRequest for PathId<T> {
    type Error = Error;
    type Future = Local<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        behind_gate(request, Self::parse(request.match_info().get("id").unwrap_or_default()))
    }
}

/// A second id in the path, `{id}/lines/{line_id}`.
pub struct SubId<T>(pub T);

impl<T: PathKind> FromRequest for SubId<T> {
    type Error = Error;
    type Future = Local<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        behind_gate(
            request,
            PathId::<T>::parse(request.match_info().get("sub_id").unwrap_or_default()).map(|id| Self(id.0)),
        )
    }
}

/// The headers of the contract: `Idempotency-Key`, `If-Match`, `If-None-Match`, `Prefer`.
#[derive(Debug, Clone)]
pub struct Call {
    target: String,
    query: String,
    key: Option<String>,
    if_match: Option<String>,
    if_none_match: Option<String>,
    wait_s: Option<u64>,
}

impl Call {
    /// The key of a request that books or moves money.
    ///
    /// # Errors
    /// `idempotency_key_missing`.
    pub fn required_key(&self, ctx: &Ctx, body_hash: &str) -> Result<Option<Key>, Error> {
        match self.optional_key(ctx, body_hash) {
            Some(key) => Ok(Some(key)),
            None => Err(Error::new(Code::IdempotencyKeyMissing).at_place(Place::Header, "Idempotency-Key")),
        }
    }

    pub fn optional_key(&self, ctx: &Ctx, body_hash: &str) -> Option<Key> {
        let caller = match &ctx.actor {
            Actor::User { id, .. } => id.to_string(),
            Actor::System => "system".to_owned(),
        };
        let scope = format!("{caller} {}", self.target);
        // What a request is conditional on is a part of what it asks for.
        let request_hash = format!("{body_hash}{}{}", self.if_match.as_deref().unwrap_or_default(), self.query);
        self.key.clone().map(|key| Key { scope, key, request_hash })
    }

    /// The version in `If-Match`; `None` when absent or `*`.
    ///
    /// # Errors
    /// `version_mismatch` for an ETag that was never ours.
    pub fn version(&self) -> Result<Option<i64>, Error> {
        match self.if_match.as_deref().map(str::trim) {
            None | Some("*") => Ok(None),
            Some(tag) => match tag.trim_matches('"').parse() {
                Ok(version) => Ok(Some(version)),
                Err(_) => Err(Error::new(Code::VersionMismatch).with("current_version", "unknown")),
            },
        }
    }

    /// As [`Self::version`], for what must not be changed blindly.
    ///
    /// # Errors
    /// `precondition_required` without the header.
    pub fn required_version(&self) -> Result<Option<i64>, Error> {
        if self.if_match.is_none() {
            return Err(Error::new(Code::PreconditionRequired).at_place(Place::Header, "If-Match"));
        }
        self.version()
    }

    /// Whether the client has this version already.
    pub fn has(&self, etag: &str) -> bool {
        let tags = self.if_none_match.as_deref().unwrap_or_default();
        tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
    }

    /// How many seconds the client wants to wait for a settled answer.
    pub const fn wait_s(&self) -> Option<u64> {
        self.wait_s
    }
}

impl FromRequest for Call {
    type Error = Error;
    type Future = Local<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        behind_gate(request, read_call(request))
    }
}

fn read_call(request: &HttpRequest) -> Result<Call, Error> {
    let header = |name: &str| {
        let value = request.headers().get(name)?;
        Some(value.to_str().map(str::to_owned).unwrap_or_else(|_| "\u{fffd}".to_owned()))
    };
    let key = header("Idempotency-Key");
    let visible =
        |key: &String| (1..=255).contains(&key.len()) && key.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    if key.as_ref().is_some_and(|key| !visible(key)) {
        return Err(Error::new(Code::IdempotencyKeyInvalid).at_place(Place::Header, "Idempotency-Key"));
    }
    let wait_s = header("Prefer").and_then(|prefer| {
        let wait = prefer.split(',').find_map(|part| part.trim().strip_prefix("wait=").map(str::to_owned))?;
        wait.parse::<u64>().ok().map(|seconds| seconds.min(WAIT_MAX))
    });
    Ok(Call {
        target: format!("{} {}", request.method(), request.path()),
        query: request.query_string().to_owned(),
        key,
        if_match: header("If-Match"),
        if_none_match: header("If-None-Match"),
        wait_s,
    })
}

/// An id in the query; one of another kind or nonsense is refused, not silently without effect.
///
/// # Errors
/// `reference_not_found`.
pub fn query_id<T: PathKind>(name: &'static str, text: Option<&String>) -> Result<Option<T>, Error> {
    let Some(text) = text else { return Ok(None) };
    let unknown = || Error::new(Code::ReferenceNotFound).with("kind", T::KIND).at_place(Place::Query, name);
    text.parse().map(Some).map_err(|_| unknown())
}

/// `field` or `-field`; descending when absent.
///
/// # Errors
/// `invalid_value` for anything else.
pub fn sort_direction(sort: Option<&str>, field: &'static str) -> Result<Direction, Error> {
    match sort {
        None => Ok(Direction::Descending),
        Some(sort) if sort == field => Ok(Direction::Ascending),
        Some(sort) if sort.strip_prefix('-') == Some(field) => Ok(Direction::Descending),
        Some(_) => {
            let error = Error::new(Code::InvalidValue).with("reason", format!("sort is {field} or -{field}"));
            Err(error.at_place(Place::Query, "sort"))
        }
    }
}

/// The body of an action that takes nothing: absent or an empty object.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}
