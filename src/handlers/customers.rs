//! Customers.

use actix_web::{HttpRequest, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query};
use crate::access::require::{ReadOrders, Require, WriteOrders};
use crate::domain::id::CustomerId;
use crate::services::customers::{self, CustomerFilter};
use crate::state::AppState;
use crate::views::customers::{CreateCustomer, CustomerView};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create).service(page).service(show);
}

impl Versioned for CustomerView {
    fn version(&self) -> i64 {
        self.version
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CustomerQuery {
    /// A part of the name, whatever its case and umlauts.
    pub name: Option<String>,
    pub external_number: Option<String>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Create a customer
#[utoipa::path(post, path = "/v1/customers", tag = "Customers", operation_id = "customer_create", request_body = CreateCustomer,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 201, body = CustomerView), (status = 409, description = "`duplicate_external_number`, `idempotency_key_in_flight`")),
    security(("bearer" = ["orders.write"])))]
#[post("/v1/customers")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<WriteOrders>,
    call: Call,
    body: Body<CreateCustomer>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        let view = customers::create(txn, &caller, &body).await?;
        answer::created(format!("/v1/customers/{}", view.id), &view)
    })
    .await
}

/// List customers, newest first
#[utoipa::path(get, path = "/v1/customers", tag = "Customers", operation_id = "customer_list", params(CustomerQuery),
    responses((status = 200, body = List<CustomerView>)), security(("bearer" = ["orders.read"])))]
#[get("/v1/customers")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadOrders>,
    query: Query<CustomerQuery>,
) -> Answered {
    let filter = CustomerFilter { name: query.name.clone(), external_number: query.external_number.clone() };
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, customers::page(state.db.reader(), &filter, &page).await?)
}

/// Show a customer
#[utoipa::path(get, path = "/v1/customers/{id}", tag = "Customers", operation_id = "customer_show",
    params(("id" = CustomerId, Path)),
    responses((status = 200, body = CustomerView)), security(("bearer" = ["orders.read"])))]
#[get("/v1/customers/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadOrders>,
    call: Call,
    id: PathId<CustomerId>,
) -> Answered {
    answer::resource(&call, &customers::show(state.db.reader(), id.0).await?)
}
