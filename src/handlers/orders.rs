//! Orders.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query};
use crate::access::require::{ReadOrders, Require, WriteOrders};
use crate::domain::balance::{OrderStatus, PaymentStatus};
use crate::domain::id::{CustomerId, OrderId};
use crate::services::orders::{self, OrderFilter};
use crate::services::page::Direction;
use crate::state::AppState;
use crate::views::documents::{BalanceView, CreateOrder, OrderView};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create).service(page).service(show).service(balance);
}

impl Versioned for OrderView {
    fn version(&self) -> i64 {
        self.version
    }
}

crate::codes! {
    /// The order of the list.
    pub enum OrderSort {
        Oldest = "order_date",
        Newest = "-order_date",
    }
}

impl OrderSort {
    const fn direction(self) -> Direction {
        match self {
            Self::Oldest => Direction::Ascending,
            Self::Newest => Direction::Descending,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrderQuery {
    #[param(inline)]
    pub customer_id: Option<CustomerId>,
    #[param(inline)]
    pub status: Option<OrderStatus>,
    #[param(inline)]
    pub payment_status: Option<PaymentStatus>,
    pub is_overpaid: Option<bool>,
    pub number: Option<String>,
    pub external_number: Option<String>,
    /// `-order_date` (default) or `order_date`.
    #[param(inline)]
    pub sort: Option<OrderSort>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Create an order
#[utoipa::path(post, path = "/v1/orders", tag = "Orders", operation_id = "order_create", request_body = CreateOrder,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 201, body = OrderView), (status = 409, description = "`duplicate_external_number`, `idempotency_key_in_flight`")),
    security(("bearer" = ["orders.write"])))]
#[post("/v1/orders")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<WriteOrders>,
    call: Call,
    body: Body<CreateOrder>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        let view = orders::create(txn, &caller, &body).await?;
        answer::created(format!("/v1/orders/{}", view.id), &view)
    })
    .await
}

/// List orders
#[utoipa::path(get, path = "/v1/orders", tag = "Orders", operation_id = "order_list", params(OrderQuery),
    responses((status = 200, body = List<OrderView>)), security(("bearer" = ["orders.read"])))]
#[get("/v1/orders")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadOrders>,
    query: Query<OrderQuery>,
) -> Answered {
    let filter = OrderFilter {
        customer_id: query.customer_id,
        status: query.status,
        payment_status: query.payment_status,
        is_overpaid: query.is_overpaid,
        number: query.number.clone(),
        external_number: query.external_number.clone(),
    };
    let direction = query.sort.map_or(Direction::Descending, OrderSort::direction);
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, orders::page(state.db.reader(), &filter, direction, &page).await?)
}

/// Show an order
#[utoipa::path(get, path = "/v1/orders/{id}", tag = "Orders", operation_id = "order_show", params(("id" = OrderId, Path)),
    responses((status = 200, body = OrderView)), security(("bearer" = ["orders.read"])))]
#[get("/v1/orders/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadOrders>,
    call: Call,
    id: PathId<OrderId>,
) -> Answered {
    answer::resource(&call, &orders::show(state.db.reader(), id.0).await?)
}

/// Show what is due, paid and open on an order
#[utoipa::path(get, path = "/v1/orders/{id}/balance", tag = "Orders", operation_id = "order_balance", params(("id" = OrderId, Path)),
    responses((status = 200, body = BalanceView)), security(("bearer" = ["orders.read"])))]
#[get("/v1/orders/{id}/balance")]
pub async fn balance(state: web::Data<AppState>, _caller: Require<ReadOrders>, id: PathId<OrderId>) -> Answered {
    Ok(HttpResponse::Ok().json(orders::balance(state.db.reader(), id.0).await?))
}
