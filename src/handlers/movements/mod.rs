//! Account movements. What lists are asked for is in `query`, the export in `export`.

mod export;
mod query;

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

pub use self::query::{ExportFormat, MovementQuery, MovementSort, SummaryQuery};
use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Nothing, PathId, Query};
use crate::access::require::{AssignMovements, HideMovements, ReadMovements, Require};
use crate::domain::id::MovementId;
use crate::services::movements::{self, Visibility};
use crate::services::reconciliation::reread;
use crate::state::AppState;
use crate::views::movements::{
    Folders, MovementDetails, MovementIds, MovementPatch, MovementSummary, MovementText, MovementView, Movements,
};

pub fn configure(config: &mut ServiceConfig<'_>) {
    // The fixed paths come before `{id}`.
    config
        .service(page)
        .service(folders)
        .service(summary)
        .service(export::download)
        .service(hide)
        .service(unhide)
        .service(keep);
    config.service(show).service(related).service(source).service(comment);
}

impl Versioned for MovementView {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for MovementDetails {
    fn version(&self) -> i64 {
        self.movement.version
    }
}

/// List account movements
#[utoipa::path(get, path = "/v1/account-movements", tag = "Account movements", operation_id = "account_movement_list", params(MovementQuery),
    responses((status = 200, body = List<MovementView>)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadMovements>,
    query: Query<MovementQuery>,
) -> Answered {
    let filter = query.applied().filter()?;
    let order = query.sort.unwrap_or(MovementSort::Newest).order();
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, movements::list::page(state.db.reader(), &filter, order, &page).await?)
}

/// Count and sum the folders
///
/// Folders overlap: a partly assigned movement is in `not_assigned` and in `partially_assigned`.
#[utoipa::path(get, path = "/v1/account-movements/folders", tag = "Account movements", operation_id = "account_movement_folders",
    responses((status = 200, body = Folders)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements/folders")]
pub async fn folders(state: web::Data<AppState>, _caller: Require<ReadMovements>) -> Answered {
    Ok(HttpResponse::Ok().json(movements::list::folders(state.db.reader()).await?))
}

/// Count and sum what a filter finds
///
/// Takes the filters of the list, and says how many movements there are without them: whoever misses one sees whether a
/// filter hides it.
#[utoipa::path(get, path = "/v1/account-movements/summary", tag = "Account movements", operation_id = "account_movement_summary", params(SummaryQuery),
    responses((status = 200, body = MovementSummary)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements/summary")]
pub async fn summary(
    state: web::Data<AppState>,
    _caller: Require<ReadMovements>,
    query: Query<SummaryQuery>,
) -> Answered {
    let applied = query.applied();
    let summary = movements::list::summary(state.db.reader(), &applied.filter()?).await?;
    Ok(HttpResponse::Ok().json(MovementSummary::of(summary, applied)))
}

/// Show a movement with its assignments and what may be done with it
#[utoipa::path(get, path = "/v1/account-movements/{id}", tag = "Account movements", operation_id = "account_movement_show", params(("id" = MovementId, Path)),
    responses((status = 200, body = MovementDetails)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadMovements>,
    call: Call,
    id: PathId<MovementId>,
) -> Answered {
    answer::resource(&call, &movements::show(state.db.reader(), id.0).await?)
}

/// Show the movements of the same case: fees, refunds, chargebacks
#[utoipa::path(get, path = "/v1/account-movements/{id}/related", tag = "Account movements", operation_id = "account_movement_related", params(("id" = MovementId, Path)),
    responses((status = 200, body = Movements)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements/{id}/related")]
pub async fn related(state: web::Data<AppState>, _caller: Require<ReadMovements>, id: PathId<MovementId>) -> Answered {
    Ok(HttpResponse::Ok().json(movements::related(state.db.reader(), id.0).await?))
}

/// Show the text a movement was read from
///
/// The piece of the statement file, as the bank wrote it: to compare with what was made of it.
#[utoipa::path(get, path = "/v1/account-movements/{id}/source", tag = "Account movements", operation_id = "account_movement_source", params(("id" = MovementId, Path)),
    responses((status = 200, body = MovementText)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements/{id}/source")]
pub async fn source(state: web::Data<AppState>, _caller: Require<ReadMovements>, id: PathId<MovementId>) -> Answered {
    Ok(HttpResponse::Ok().json(reread::text(&state.db, id.0).await?))
}

/// Change the internal comment
#[utoipa::path(patch, path = "/v1/account-movements/{id}", tag = "Account movements", operation_id = "account_movement_update", request_body = MovementPatch,
    params(("id" = MovementId, Path), ("If-Match" = String, Header, description = "ETag that was seen")),
    responses((status = 200, body = MovementView), (status = 412, description = "`version_mismatch`"), (status = 428, description = "`precondition_required`"), (status = 409, description = "`concurrent_change`")),
    security(("bearer" = ["movements.assign"])))]
#[patch("/v1/account-movements/{id}")]
pub async fn comment(
    state: web::Data<AppState>,
    caller: Require<AssignMovements>,
    call: Call,
    (id, body): (PathId<MovementId>, Body<MovementPatch>),
) -> Answered {
    let version = call.required_version()?;
    answer::once(&state, &caller, None, async |txn| {
        answer::ok(&movements::comment(txn, &caller, (id.0, version), &body).await?)
    })
    .await
}

/// Hide movements
///
/// A hidden movement is only in the folder `hidden`; nothing about its money changes.
#[utoipa::path(post, path = "/v1/account-movements/hide", tag = "Account movements", operation_id = "account_movement_hide", request_body = MovementIds,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 200, body = Movements), (status = 409, description = "`idempotency_key_in_flight`")), security(("bearer" = ["movements.hide"])))]
#[post("/v1/account-movements/hide")]
pub async fn hide(
    state: web::Data<AppState>,
    caller: Require<HideMovements>,
    call: Call,
    body: Body<MovementIds>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        answer::ok_plain(&movements::set_visibility(txn, &caller, &body.ids, Visibility::Hidden).await?)
    })
    .await
}

/// Keep a movement that may be a duplicate
///
/// It is a payment of its own, and so are the lines it was taken for: the mark goes from all that nothing else speaks
/// against. Keeping what is not in doubt changes nothing. Whoever finds a movement to be a duplicate hides it instead.
#[utoipa::path(post, path = "/v1/account-movements/{id}/keep", tag = "Account movements", operation_id = "account_movement_keep",
    params(("id" = MovementId, Path), ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 200, body = MovementView), (status = 409, description = "`idempotency_key_in_flight`")), security(("bearer" = ["movements.hide"])))]
#[post("/v1/account-movements/{id}/keep")]
pub async fn keep(
    state: web::Data<AppState>,
    caller: Require<HideMovements>,
    call: Call,
    (id, body): (PathId<MovementId>, Body<Nothing>),
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| answer::ok(&movements::duplicates::keep(txn, &caller, id.0).await?))
        .await
}

/// Show hidden movements again
#[utoipa::path(post, path = "/v1/account-movements/unhide", tag = "Account movements", operation_id = "account_movement_unhide", request_body = MovementIds,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 200, body = Movements), (status = 409, description = "`idempotency_key_in_flight`")), security(("bearer" = ["movements.hide"])))]
#[post("/v1/account-movements/unhide")]
pub async fn unhide(
    state: web::Data<AppState>,
    caller: Require<HideMovements>,
    call: Call,
    body: Body<MovementIds>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        answer::ok_plain(&movements::set_visibility(txn, &caller, &body.ids, Visibility::Visible).await?)
    })
    .await
}
