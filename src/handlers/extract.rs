//! What handlers take apart a request with: body, query and path id; the headers of the contract are in `call`. All failures are
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
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

pub use super::call::Call;
use super::reading;
use crate::access::require::Opening;
use crate::domain::id::IdError;
use crate::error::{Code, Error, Kind, Reason};
use crate::services::page::PageRequest;

/// Largest JSON body, in bytes.
const BODY_MAX: usize = 1024 * 1024;
pub const LIMIT_DEFAULT: u64 = 50;
pub const LIMIT_MAX: u64 = 200;

/// What was read from the head of a request, handed out when the gate is open.
pub fn behind_gate<T: 'static>(request: &HttpRequest, read: Result<T, Error>) -> Local<Result<T, Error>> {
    let request = request.clone();
    Box::pin(async move {
        Opening::wait(&request).await;
        read
    })
}

pub type Local<T> = Pin<Box<dyn Future<Output = T>>>;

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
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().map(str::to_owned);
    let charsets = parts.filter_map(|part| part.strip_prefix("charset="));
    // JSON is UTF-8 and nothing else.
    media.filter(|_| charsets.map(|charset| charset.trim_matches('"')).all(|charset| charset == "utf-8"))
}

async fn read_all(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(reading::broken_off)?;
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
    pub fn page(&self, limit: Option<Limit>, cursor: Option<&String>) -> PageRequest {
        let limit = limit.map_or(LIMIT_DEFAULT, |limit| limit.0);
        PageRequest { limit, cursor: cursor.cloned(), fingerprint: self.fingerprint.clone() }
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

/// How many items a page has: 1 to 200.
#[derive(Debug, Clone, Copy)]
pub struct Limit(u64);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let range = || Error::wrong(Reason::NumberRange).with("min", 1).with("max", LIMIT_MAX);
        let number = u64::deserialize(deserializer).ok().filter(|number| (1..=LIMIT_MAX).contains(number));
        number.map(Self).ok_or_else(|| serde::de::Error::custom(range()))
    }
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(LIMIT_MAX));
        number.default(Some(LIMIT_DEFAULT.into())).into()
    }
}

impl ToSchema for Limit {}

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
    const KIND: Kind;
}

macro_rules! path_kinds {
    ($($id:ident = $kind:ident),+ $(,)?) => {
        /// What an id with this prefix belongs to.
        pub fn kind_of_prefix(prefix: &str) -> Option<Kind> {
            let all = [$((crate::domain::id::$id::PREFIX, Kind::$kind)),+];
            all.iter().find(|(known, _)| *known == prefix).map(|(_, kind)| *kind)
        }
        $(
        impl PathKind for crate::domain::id::$id {
            const PREFIX: &'static str = crate::domain::id::$id::PREFIX;
            const KIND: Kind = Kind::$kind;
        }
        )+
    };
}

path_kinds! {
    AccountId = PaymentAccount, RunId = ReconciliationRun, MovementId = AccountMovement,
    AssignmentId = Assignment, AssignmentRunId = AssignmentRun, CustomerId = Customer, OrderId = Order,
    InvoiceId = Invoice, CorrectionId = InvoiceCorrection, CorrectionLineId = CorrectionLine,
    CancellationId = Cancellation, PaymentId = Payment, RefundId = Refund, JobId = Job,
    JournalEntryId = JournalEntry, SandboxPaymentId = SandboxPayment,
    StatementProfileId = StatementProfile,
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

/// The body of an action that takes nothing: absent or an empty object.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}
