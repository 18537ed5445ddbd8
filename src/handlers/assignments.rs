//! Assignments and assignment runs.

use actix_web::{HttpRequest, delete, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query};
use super::waiting::{self, Seen};
use crate::access::require::{AssignMovements, ReadMovements, Require};
use crate::domain::assignment::AssignmentOrigin;
use crate::domain::id::{AssignmentId, AssignmentRunId, InvoiceId, MovementId, OrderId};
use crate::services::assignments::{self, AssignmentFilter};
use crate::services::{idempotency, matching};
use crate::state::AppState;
use crate::views::assignments::{
    AssignmentRunSummary, AssignmentRunView, AssignmentView, CreateAssignment, CreateAssignmentRun,
};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create).service(page).service(show).service(undo);
    config.service(run_create).service(run_page).service(run_show);
}

impl Versioned for AssignmentView {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for AssignmentRunView {
    fn version(&self) -> i64 {
        self.run.version
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssignmentQuery {
    #[param(inline)]
    pub movement_id: Option<MovementId>,
    #[param(inline)]
    pub order_id: Option<OrderId>,
    #[param(inline)]
    pub invoice_id: Option<InvoiceId>,
    #[param(inline)]
    pub origin: Option<AssignmentOrigin>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Assign a movement to an order or invoice
///
/// Without an amount: the smaller of what is open on either side. An explicit amount is limited by the movement only.
#[utoipa::path(post, path = "/v1/assignments", tag = "Assignments", operation_id = "assignment_create", request_body = CreateAssignment,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible characters")),
    responses((status = 201, body = AssignmentView),
        (status = 409, description = "`movement_hidden`, `movement_not_completed`, `movement_is_fee`, `no_open_amount`, `order_already_cancelled`, `idempotency_key_in_flight`"),
        (status = 422, description = "`amount_exceeds_open_amount`, `currency_mismatch`, `amount_not_positive`, `reference_not_found`")),
    security(("bearer" = ["movements.assign"])))]
#[post("/v1/assignments")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<AssignMovements>,
    call: Call,
    body: Body<CreateAssignment>,
) -> Answered {
    let key = call.required_key(&caller, &body.hash)?;
    let wanted = assignments::parse(&body)?;
    answer::once(&state, &caller, key, async |txn| {
        let view = assignments::create(txn, &caller, &wanted).await?;
        answer::created(format!("/v1/assignments/{}", view.id), &view)
    })
    .await
}

/// List assignments, newest first; undone ones are left out
#[utoipa::path(get, path = "/v1/assignments", tag = "Assignments", operation_id = "assignment_list", params(AssignmentQuery),
    responses((status = 200, body = List<AssignmentView>)), security(("bearer" = ["movements.read"])))]
#[get("/v1/assignments")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadMovements>,
    query: Query<AssignmentQuery>,
) -> Answered {
    let filter = AssignmentFilter {
        movement_id: query.movement_id,
        order_id: query.order_id,
        invoice_id: query.invoice_id,
        origin: query.origin,
    };
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, assignments::page(state.db.reader(), &filter, &page).await?)
}

/// Show an assignment
#[utoipa::path(get, path = "/v1/assignments/{id}", tag = "Assignments", operation_id = "assignment_show", params(("id" = AssignmentId, Path)),
    responses((status = 200, body = AssignmentView)), security(("bearer" = ["movements.read"])))]
#[get("/v1/assignments/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadMovements>,
    call: Call,
    id: PathId<AssignmentId>,
) -> Answered {
    answer::resource(&call, &assignments::show(state.db.reader(), id.0).await?)
}

/// Undo an assignment exactly
///
/// Both sides are as before; the history is kept.
#[utoipa::path(delete, path = "/v1/assignments/{id}", tag = "Assignments", operation_id = "assignment_undo",
    params(("id" = AssignmentId, Path), ("If-Match" = String, Header, description = "ETag that was seen")),
    responses((status = 204, description = "Undone"), (status = 409, description = "`booked_by_refund`, `amount_already_refunded`, `assignment_undone`"), (status = 412, description = "`version_mismatch`"), (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["movements.assign"])))]
#[delete("/v1/assignments/{id}")]
pub async fn undo(
    state: web::Data<AppState>,
    caller: Require<AssignMovements>,
    call: Call,
    id: PathId<AssignmentId>,
) -> Answered {
    let version = call.required_version()?;
    answer::once(&state, &caller, None, async |txn| {
        assignments::undo(txn, &caller, (id.0, version)).await?;
        Ok(answer::no_content())
    })
    .await
}

/// Assign automatically
///
/// Works on movements that are fetched already. Books what is certain (full document number and exact amount); when
/// several documents fit equally well, none.
#[utoipa::path(post, path = "/v1/assignment-runs", tag = "Assignments", operation_id = "assignment_run_create", request_body = CreateAssignmentRun,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters"), ("Prefer" = Option<String>, Header, description = "`wait=N`, N up to 30 seconds")),
    responses((status = 200, description = "Finished within `Prefer: wait`", body = AssignmentRunView), (status = 202, body = AssignmentRunView), (status = 409, description = "`idempotency_key_in_flight`")),
    security(("bearer" = ["movements.assign"])))]
#[post("/v1/assignment-runs")]
pub async fn run_create(
    state: web::Data<AppState>,
    caller: Require<AssignMovements>,
    call: Call,
    body: Body<CreateAssignmentRun>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    let started = idempotency::run(&state.db, &state.flights, &caller, key.as_ref(), async |txn| {
        let view = matching::start(txn, &caller, &body).await?;
        answer::accepted(format!("/v1/assignment-runs/{}", view.run.id), &view)
    });
    let started = started.await?;
    waiting::settle(&state, (&call, key.as_ref()), started, async |location| {
        let id: AssignmentRunId = waiting::id_in(location)?;
        let view = matching::show(state.db.reader(), id).await?;
        Seen::of(&view, !view.run.status.is_under_way())
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunQuery {
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// List assignment runs, newest first
#[utoipa::path(get, path = "/v1/assignment-runs", tag = "Assignments", operation_id = "assignment_run_list", params(RunQuery),
    responses((status = 200, body = List<AssignmentRunSummary>)), security(("bearer" = ["movements.read"])))]
#[get("/v1/assignment-runs")]
pub async fn run_page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadMovements>,
    query: Query<RunQuery>,
) -> Answered {
    let asked = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, matching::page(state.db.reader(), &asked).await?)
}

/// Show an assignment run and what became of each movement
#[utoipa::path(get, path = "/v1/assignment-runs/{id}", tag = "Assignments", operation_id = "assignment_run_show", params(("id" = AssignmentRunId, Path)),
    responses((status = 200, body = AssignmentRunView)), security(("bearer" = ["movements.read"])))]
#[get("/v1/assignment-runs/{id}")]
pub async fn run_show(
    state: web::Data<AppState>,
    _caller: Require<ReadMovements>,
    call: Call,
    id: PathId<AssignmentRunId>,
) -> Answered {
    answer::resource(&call, &matching::show(state.db.reader(), id.0).await?)
}
