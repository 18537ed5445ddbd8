//! The headers of the contract: idempotency key, conditions, and how long to wait.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::extract::{Local, behind_gate};
use crate::access::ctx::{Actor, Ctx};
use crate::error::{Code, Error, Place};
use crate::services::idempotency::Key;
use crate::views::limits;

/// Versions begin with 1.
const VERSION_OF_NOTHING: i64 = 0;
/// Longest `Prefer: wait`, in seconds; who asks for more gets this.
const WAIT_MAX: u64 = 30;

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

    /// The version in `If-Match`; `None` when absent or `*`. An ETag that was never ours is a version that nothing has,
    /// so that the refusal can name the current one.
    pub fn version(&self) -> Option<i64> {
        match self.if_match.as_deref().map(str::trim) {
            None | Some("*") => None,
            Some(tag) => Some(tag.trim_matches('"').parse().unwrap_or(VERSION_OF_NOTHING)),
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
        Ok(self.version())
    }

    /// Whether the client has this version already.
    pub fn has(&self, etag: &str) -> bool {
        let tags = self.if_none_match.as_deref().unwrap_or_default();
        tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
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

/// The value of `wait` in one preference of RFC 7240: names in any case, values perhaps quoted, parameters passed over.
fn preferred_wait(preference: &str) -> Option<String> {
    let (name, value) = preference.split(';').next()?.split_once('=')?;
    name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"').to_owned())
}

fn read_call(request: &HttpRequest) -> Result<Call, Error> {
    let header = |name: &str| {
        let value = request.headers().get(name)?;
        Some(value.to_str().map(str::to_owned).unwrap_or_else(|_| "\u{fffd}".to_owned()))
    };
    let key = header("Idempotency-Key");
    let visible =
        |key: &String| (1..=limits::KEY).contains(&key.len()) && key.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    if key.as_ref().is_some_and(|key| !visible(key)) {
        return Err(Error::new(Code::IdempotencyKeyInvalid).at_place(Place::Header, "Idempotency-Key"));
    }
    let wait_s = header("Prefer").and_then(|prefer| {
        let wait = prefer.split(',').find_map(preferred_wait)?;
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

#[cfg(test)]
mod tests {
    use super::preferred_wait;

    #[test]
    fn a_preference_is_read_as_rfc_7240_writes_it() {
        for text in ["wait=2", " WAIT=2", "wait=\"2\"", "wait=2; x=1", "Wait = 2"] {
            assert_eq!(preferred_wait(text).as_deref(), Some("2"), "{text}");
        }
        for text in ["respond-async", "waiting=2", "", "wait"] {
            assert_eq!(preferred_wait(text), None, "{text}");
        }
    }
}
