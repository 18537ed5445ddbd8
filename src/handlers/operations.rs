//! For machines that look after this one: health, version, the OpenAPI document. No token is needed, so nothing here
//! says more than a stranger may know.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::require::Public;
use crate::openapi::DocumentText;
use crate::services::health::{self, Finding};
use crate::state::AppState;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(live).service(ready).service(version).service(document);
}

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Live {
    #[schema(example = "ok")]
    pub status: &'static str,
}

/// Whether this process can do its work, and what it looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// `ready` or `not_ready`.
    #[schema(example = "ready")]
    pub status: &'static str,
    pub checks: Vec<ReadinessCheck>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReadinessCheck {
    /// `database`, `migrations` or `worker`.
    #[schema(example = "worker")]
    pub name: &'static str,
    pub ok: bool,
    #[schema(example = "seen 4 s ago")]
    pub detail: String,
}

impl From<Finding> for ReadinessCheck {
    fn from(finding: Finding) -> Self {
        Self { name: finding.name, ok: finding.ok, detail: finding.detail }
    }
}

/// Which program this is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    #[schema(example = "heller")]
    pub name: &'static str,
    #[schema(example = "0.1.0")]
    pub version: &'static str,
}

/// Is the process alive
///
/// Looks at nothing else, so that a busy database does not get the process restarted.
#[utoipa::path(get, path = "/health/live", tag = "Operations", operation_id = "health_live",
    responses((status = 200, body = Live)))]
#[get("/health/live")]
pub async fn live(_everybody: Public) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(Live { status: "ok" })
}

/// Can the process do its work
///
/// Looks at the database, the schema and the workers; a server without worker shows the others' heartbeat.
#[utoipa::path(get, path = "/health/ready", tag = "Operations", operation_id = "health_ready",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness, description = "Something is wrong; the check that is not ok names it")))]
#[get("/health/ready")]
pub async fn ready(state: web::Data<AppState>, _everybody: Public) -> HttpResponse {
    let checks: Vec<ReadinessCheck> =
        health::look(&state.db, state.clock.now()).await.into_iter().map(ReadinessCheck::from).collect();
    let (status, word) = if checks.iter().all(|check| check.ok) {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    let mut answer = HttpResponseBuilder::new(status);
    answer.insert_header(("Cache-Control", "no-store")).json(Readiness { status: word, checks })
}

/// Name and version of the program
#[utoipa::path(get, path = "/version", tag = "Operations", operation_id = "version",
    responses((status = 200, body = Version)))]
#[get("/version")]
pub async fn version(_everybody: Public) -> HttpResponse {
    HttpResponse::Ok().json(Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") })
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "Operations", operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
#[get("/openapi.json")]
pub async fn document(text: web::Data<DocumentText>, _everybody: Public) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(text.0.clone())
}
