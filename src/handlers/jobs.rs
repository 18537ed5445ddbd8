//! Background jobs: list, show, try a dead one again.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List};
use super::extract::{Body, Call, Limit, Nothing, PathId, Query};
use crate::access::require::{ManageSettings, ReadSettings, Require};
use crate::domain::id::JobId;
use crate::domain::job::JobState;
use crate::services::{self, queue};
use crate::state::AppState;
use crate::views::jobs::JobView;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(show).service(retry);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    /// Only jobs in this state.
    #[param(inline)]
    pub state: Option<JobState>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// List background jobs, newest first
#[utoipa::path(get, path = "/v1/jobs", tag = "Operations", operation_id = "job_list", params(JobQuery),
    responses((status = 200, body = List<JobView>)), security(("bearer" = ["settings.read"])))]
#[get("/v1/jobs")]
pub async fn list(
    state: web::Data<AppState>,
    _caller: Require<ReadSettings>,
    request: HttpRequest,
    query: Query<JobQuery>,
) -> Answered {
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, services::jobs::page(state.db.reader(), query.state, &page).await?)
}

/// Show a background job
#[utoipa::path(get, path = "/v1/jobs/{id}", tag = "Operations", operation_id = "job_show",
    params(("id" = JobId, Path)), responses((status = 200, body = JobView)),
    security(("bearer" = ["settings.read"])))]
#[get("/v1/jobs/{id}")]
pub async fn show(state: web::Data<AppState>, _caller: Require<ReadSettings>, id: PathId<JobId>) -> Answered {
    Ok(HttpResponse::Ok().json(services::jobs::show(state.db.reader(), id.0).await?))
}

/// Put a dead job back into the queue
///
/// It gets its full number of attempts again. What a job does is harmless when it is done twice.
#[utoipa::path(post, path = "/v1/jobs/{id}/retry", tag = "Operations", operation_id = "job_retry",
    params(("id" = JobId, Path), ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 200, body = JobView), (status = 409, description = "`job_not_dead`, `idempotency_key_in_flight`")),
    security(("bearer" = ["settings.manage"])))]
#[post("/v1/jobs/{id}/retry")]
pub async fn retry(
    state: web::Data<AppState>,
    caller: Require<ManageSettings>,
    id: PathId<JobId>,
    (call, body): (Call, Body<Nothing>),
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    let answered = answer::once(&state, &caller, key, async |txn| {
        answer::ok_plain(&JobView::from(queue::retry(txn, &caller, id.0).await?))
    })
    .await;
    state.job_bell.notify_one();
    answered
}
