//! Answers of handlers: bodies with their status, ETag and Location, stored with an idempotency key when there is one.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::Call;
use crate::access::ctx::Ctx;
use crate::error::Error;
use crate::services::idempotency::{self, Answer, Key, Outcome};
use crate::services::page::Page;
use crate::state::AppState;

pub type Answered = Result<HttpResponse, Error>;

/// A body with the version it shows.
pub trait Versioned: Serialize {
    fn version(&self) -> i64;
}

pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

fn body(view: &impl Serialize) -> Result<Option<String>, Error> {
    serde_json::to_string(view).map(Some).map_err(Error::internal)
}

/// 201 with `Location` and ETag.
pub fn created(location: String, view: &impl Versioned) -> Result<Answer, Error> {
    let etag = Some(etag(view.version()));
    Ok(Answer { status: 201, body: body(view)?, location: Some(location), etag })
}

/// 201 for what has no single version.
pub fn created_plain(location: Option<String>, view: &impl Serialize) -> Result<Answer, Error> {
    Ok(Answer { status: 201, body: body(view)?, location, etag: None })
}

pub fn ok(view: &impl Versioned) -> Result<Answer, Error> {
    Ok(Answer { status: 200, body: body(view)?, location: None, etag: Some(etag(view.version())) })
}

pub fn ok_plain(view: &impl Serialize) -> Result<Answer, Error> {
    Ok(Answer { status: 200, body: body(view)?, location: None, etag: None })
}

/// 202: work has begun, look at `location`.
pub fn accepted(location: String, view: &impl Versioned) -> Result<Answer, Error> {
    Ok(Answer { status: 202, ..created(location, view)? })
}

pub const fn no_content() -> Answer {
    Answer { status: 204, body: None, location: None, etag: None }
}

/// A stored or fresh answer as HTTP.
pub fn respond(answer: Answer, replayed: bool) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponseBuilder::new(status);
    if let Some(location) = answer.location {
        response.insert_header(("Location", location));
    }
    if let Some(etag) = answer.etag {
        response.insert_header(("ETag", etag));
    }
    if replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    match answer.body {
        Some(body) => response.content_type("application/json").body(body),
        None => response.finish(),
    }
}

/// Runs a write once per key and answers it.
///
/// # Errors
/// What the work answers, and the idempotency codes.
pub async fn once<F>(state: &AppState, ctx: &Ctx, key: Option<Key>, work: F) -> Answered
where
    F: AsyncFn(&DatabaseTransaction) -> Result<Answer, Error>,
{
    match idempotency::run(&state.db, &state.flights, ctx, key.as_ref(), work).await? {
        Outcome::Fresh(answer) => Ok(respond(answer, false)),
        Outcome::Replayed(answer) => Ok(respond(answer, true)),
    }
}

/// A single resource: 200 with ETag, or 304 when the client has this version.
pub fn resource(call: &Call, view: &impl Versioned) -> Answered {
    let tag = etag(view.version());
    if call.has(&tag) {
        return Ok(HttpResponse::NotModified().insert_header(("ETag", tag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header(("ETag", tag)).json(view))
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page; null on the last one.
    #[schema(nullable)]
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

/// 200 with `Link: rel="next"` when there is more.
pub fn list<T: Serialize>(request: &actix_web::HttpRequest, page: Page<T>) -> Answered {
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = &page.next_cursor {
        let kept = request.query_string().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
        let query: Vec<&str> = kept.collect();
        let joiner = if query.is_empty() { "" } else { "&" };
        let link = format!("<{}?{}{joiner}cursor={cursor}>; rel=\"next\"", request.path(), query.join("&"));
        response.insert_header(("Link", link));
    }
    let has_more = page.next_cursor.is_some();
    Ok(response.json(List { items: page.items, next_cursor: page.next_cursor, has_more }))
}
