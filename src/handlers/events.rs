//! `GET /v1/events/stream`: what is asked for, and who may ask. How it is told is in `event_stream`.

use actix_web::dev::Payload;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::Answered;
use super::event_stream;
use super::extract::{Local, behind_gate};
use super::middleware::HeadOnly;
use super::reading;
use crate::access::permission::Permission;
use crate::access::require::{FollowProgress, Require};
use crate::domain::id::StreamSubjectId;
use crate::domain::progress::{StreamEvent, Subject};
use crate::error::{Error, FieldError, Kind, Place, Reason};
use crate::services::progress::Position;
use crate::services::progress::follow::Scope;
use crate::services::progress::looking;
use crate::state::AppState;
use crate::views::events::ProgressEvent;

/// Most things that one stream names.
const NAMED_MAX: usize = 20;
/// Longest `wait`, in seconds.
const WAIT_MAX: u32 = 3600;
const SUBJECT: &str = "subject_id";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(stream);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// Only these runs (`run_`), assignment runs (`asr_`) and refunds (`rfd_`), 20 at most. The parameter may be
    /// repeated, or hold several ids with commas between them.
    #[param(value_type = Option<Vec<StreamSubjectId>>, min_items = 1, max_items = 20, style = Form, explode = true, nullable = false)]
    #[expect(dead_code, reason = "it is read before the others, because it may be repeated")]
    subject_id: Option<String>,
    /// End the stream after so many seconds, 0 to 3600: with 0 it tells the present and ends.
    #[param(inline, value_type = Option<u32>, minimum = 0, maximum = 3600, nullable = false)]
    wait: Option<Wait>,
}

/// How long to go on, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Wait(u32);

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let range = || Error::wrong(Reason::NumberRange).with("min", 0).with("max", WAIT_MAX);
        let number = u32::deserialize(deserializer).ok().filter(|number| *number <= WAIT_MAX);
        number.map(Self).ok_or_else(|| serde::de::Error::custom(range()))
    }
}

/// What a stream was asked for.
pub struct Asked {
    named: Option<Vec<Subject>>,
    from: Position,
    wait_s: Option<u32>,
    head_only: bool,
}

impl FromRequest for Asked {
    type Error = Error;
    type Future = Local<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        behind_gate(request, read(request))
    }
}

fn read(request: &HttpRequest) -> Result<Asked, Error> {
    let (named, rest) = reading::repeated(request.query_string(), SUBJECT);
    let query: StreamQuery = reading::query(&rest)?;
    let from = match request.headers().get("Last-Event-ID") {
        Some(id) => Position::parse(id.to_str().unwrap_or_default())?,
        None => Position::BEGINNING,
    };
    Ok(Asked {
        named: named.as_deref().map(subjects).transpose()?,
        from,
        wait_s: query.wait.map(|wait| wait.0),
        head_only: request.extensions().get::<HeadOnly>().is_some(),
    })
}

fn subjects(ids: &[String]) -> Result<Vec<Subject>, Error> {
    let mut found = Vec::new();
    for id in ids {
        let Some(subject) = Subject::parse(id) else {
            return Err(wrong(Error::wrong(Reason::OtherPrefix).with("known", Subject::PREFIXES.join(", "))));
        };
        if !found.contains(&subject) {
            found.push(subject);
        }
    }
    if found.len() > NAMED_MAX {
        return Err(wrong(Error::wrong(Reason::TooMany).with("min", 1).with("max", NAMED_MAX)));
    }
    Ok(found)
}

fn wrong(error: Error) -> Error {
    let (code, params) = (error.code(), error.params().clone());
    Error::invalid(vec![FieldError { place: Place::Query, pointer: SUBJECT.to_owned(), code, params }])
}

/// The kinds that a caller may read, each by the permission of its own address.
pub fn readable(caller: &Require<FollowProgress>) -> Vec<StreamEvent> {
    let kinds = [StreamEvent::ReconciliationRun, StreamEvent::AssignmentRun, StreamEvent::Refund];
    kinds.into_iter().filter(|kind| caller.may(permission(*kind))).collect()
}

const fn kind_of(subject: Subject) -> Kind {
    match subject {
        Subject::Run(_) => Kind::ReconciliationRun,
        Subject::AssignmentRun(_) => Kind::AssignmentRun,
        Subject::Refund(_) => Kind::Refund,
    }
}

const fn permission(kind: StreamEvent) -> Permission {
    match kind {
        StreamEvent::Refund => Permission::RefundsRead,
        StreamEvent::ReconciliationRun | StreamEvent::AssignmentRun | StreamEvent::End => Permission::MovementsRead,
    }
}

/// Follow runs and refunds as server-sent events
///
/// Tells what is under way, or how the things named by `subject_id` are, and then every change, as soon as it is
/// committed, whichever machine made it. An event holds the present state of its run or refund; states in between may be
/// left out, and an event may come twice: keep the newest by `id` and `version` of its data. A comment comes every 15
/// seconds. Kinds that the caller may not read are left out.
///
/// The stream ends with `end` when all that was named has settled, or `wait` is over. Closed without it, it was cut, or the
/// access token has expired: ask again with the last `id` in `Last-Event-ID`, and everything that changed since is told, and
/// what changed in the two minutes before it once more: clocks of machines differ.
/// A browser's `EventSource` cannot send `Authorization`: read the stream with `fetch`.
#[utoipa::path(get, path = "/v1/events/stream", tag = "Operations", operation_id = "event_stream",
    params(StreamQuery, ("Last-Event-ID" = Option<String>, Header, description = "`id` of the last event that was read: tells everything since.")),
    responses((status = 200, body = ProgressEvent, content_type = "text/event-stream", description = "The stream; the schema is that of each event"),
        (status = 403, description = "`missing_permission`, also for a kind that is named, and the licence codes"),
        (status = 429, description = "`rate_limited`: this user has 8 streams already, or the server 256",
            headers(("Retry-After" = u32, description = "Seconds to wait.")))),
    security(("bearer" = ["movements.read"]), ("bearer" = ["refunds.read"])))]
#[get("/v1/events/stream")]
pub async fn stream(state: web::Data<AppState>, caller: Require<FollowProgress>, asked: Asked) -> Answered {
    for subject in asked.named.iter().flatten() {
        caller.require(permission(subject.event()))?;
    }
    // It would look as if it had settled.
    if let Some(unknown) = looking::unknown(state.db.reader(), asked.named.as_deref().unwrap_or_default()).await? {
        return Err(wrong(Error::unknown_reference(kind_of(unknown))));
    }
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/event-stream").insert_header((CACHE_CONTROL, "no-store"));
    // A proxy that collects answers before it passes them on would keep every event to itself.
    answer.insert_header(("X-Accel-Buffering", "no"));
    if asked.head_only {
        return Ok(answer.finish());
    }
    let seat = state.progress.places.take(caller.person()?).await?;
    let scope = Scope { kinds: readable(&caller), named: asked.named };
    let body = event_stream::open(state, (caller, seat), (scope, asked.from, asked.wait_s)).await?;
    Ok(answer.streaming(body))
}
