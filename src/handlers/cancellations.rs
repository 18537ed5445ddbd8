//! Cancellations of orders.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query};
use crate::access::permission::Permission;
use crate::access::require::{CancelOrders, ReadOrders, Require};
use crate::domain::id::{CancellationId, OrderId};
use crate::services::cancellations;
use crate::state::AppState;
use crate::views::cancellations::{CancellationView, CreateCancellation, CreatedCancellation, Reasons};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create).service(page).service(show).service(reasons);
}

impl Versioned for CreatedCancellation {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for CancellationView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Cancel an order, plainly or with a refund
///
/// With `with_refund` the order is cancelled and a refund is generated for every assigned movement, in one
/// transaction; that also needs `refunds.generate` and the payment module. Sending is a separate step.
#[utoipa::path(post, path = "/v1/cancellations", tag = "Cancellations", operation_id = "cancellation_create", request_body = CreateCancellation,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible characters")),
    responses((status = 201, body = CreatedCancellation),
        (status = 409, description = "`order_has_invoice`, `order_already_cancelled`, `order_has_no_assigned_payment`, `movement_not_returnable`, `idempotency_key_in_flight`"),
        (status = 422, description = "`cancellation_comment_required`, `reference_not_found`")),
    security(("bearer" = ["orders.cancel"])))]
#[post("/v1/cancellations")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<CancelOrders>,
    call: Call,
    body: Body<CreateCancellation>,
) -> Answered {
    if body.with_refund {
        caller.require(Permission::RefundsGenerate)?;
        caller.require_licence()?;
    }
    let key = call.required_key(&caller, &body.hash)?;
    answer::once(&state, &caller, key, async |txn| {
        let view = cancellations::create(txn, &caller, &body).await?;
        answer::created(format!("/v1/cancellations/{}", view.id), &view)
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CancellationQuery {
    #[param(inline)]
    pub order_id: Option<OrderId>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// List cancellations, newest first
#[utoipa::path(get, path = "/v1/cancellations", tag = "Cancellations", operation_id = "cancellation_list", params(CancellationQuery),
    responses((status = 200, body = List<CancellationView>)), security(("bearer" = ["orders.read"])))]
#[get("/v1/cancellations")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadOrders>,
    query: Query<CancellationQuery>,
) -> Answered {
    let order = query.order_id;
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, cancellations::page(state.db.reader(), order, &page).await?)
}

/// Show a cancellation
#[utoipa::path(get, path = "/v1/cancellations/{id}", tag = "Cancellations", operation_id = "cancellation_show", params(("id" = CancellationId, Path)),
    responses((status = 200, body = CancellationView)), security(("bearer" = ["orders.read"])))]
#[get("/v1/cancellations/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadOrders>,
    call: Call,
    id: PathId<CancellationId>,
) -> Answered {
    answer::resource(&call, &cancellations::show(state.db.reader(), id.0).await?)
}

/// List the reasons an order can be cancelled for
#[utoipa::path(get, path = "/v1/cancellation-reasons", tag = "Cancellations", operation_id = "cancellation_reason_list",
    responses((status = 200, body = Reasons)), security(("bearer" = ["orders.read"])))]
#[get("/v1/cancellation-reasons")]
pub async fn reasons(state: web::Data<AppState>, _caller: Require<ReadOrders>) -> Answered {
    Ok(HttpResponse::Ok().json(cancellations::reasons(state.db.reader()).await?))
}
