//! Payments keyed by hand, and the list of all payments of a document.

use actix_web::{HttpRequest, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query};
use crate::access::require::{ReadOrders, Require, WriteOrders};
use crate::domain::id::{InvoiceId, OrderId, PaymentId};
use crate::services::payments::{self, PaymentFilter};
use crate::state::AppState;
use crate::views::payments::{CreatePayment, PaymentView};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create).service(page).service(show);
}

impl Versioned for PaymentView {
    fn version(&self) -> i64 {
        self.version
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PaymentQuery {
    #[param(inline)]
    pub order_id: Option<OrderId>,
    #[param(inline)]
    pub invoice_id: Option<InvoiceId>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Key in a payment
///
/// Money keyed by hand pays the document, but cannot be paid back through a provider: no movement stands behind it.
#[utoipa::path(post, path = "/v1/payments", tag = "Payments", operation_id = "payment_create", request_body = CreatePayment,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible characters")),
    responses((status = 201, body = PaymentView), (status = 409, description = "`order_already_cancelled`, `idempotency_key_in_flight`")),
    security(("bearer" = ["orders.write"])))]
#[post("/v1/payments")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<WriteOrders>,
    call: Call,
    body: Body<CreatePayment>,
) -> Answered {
    let key = call.required_key(&caller, &body.hash)?;
    answer::once(&state, &caller, key, async |txn| {
        let view = payments::key_in(txn, &caller, &body).await?;
        answer::created(format!("/v1/payments/{}", view.id), &view)
    })
    .await
}

/// List payments and payouts, newest first
#[utoipa::path(get, path = "/v1/payments", tag = "Payments", operation_id = "payment_list", params(PaymentQuery),
    responses((status = 200, body = List<PaymentView>)), security(("bearer" = ["orders.read"])))]
#[get("/v1/payments")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadOrders>,
    query: Query<PaymentQuery>,
) -> Answered {
    let filter = PaymentFilter { order_id: query.order_id, invoice_id: query.invoice_id };
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, payments::page(state.db.reader(), &filter, &page).await?)
}

/// Show a payment
#[utoipa::path(get, path = "/v1/payments/{id}", tag = "Payments", operation_id = "payment_show", params(("id" = PaymentId, Path)),
    responses((status = 200, body = PaymentView)), security(("bearer" = ["orders.read"])))]
#[get("/v1/payments/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadOrders>,
    call: Call,
    id: PathId<PaymentId>,
) -> Answered {
    answer::resource(&call, &payments::show(state.db.reader(), id.0).await?)
}
