//! Invoices.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query};
use crate::access::require::{ReadOrders, Require, WriteOrders};
use crate::domain::balance::InvoiceFolder;
use crate::domain::id::{CustomerId, InvoiceId, OrderId};
use crate::services::invoices::{self, InvoiceFilter};
use crate::services::page::Direction;
use crate::state::AppState;
use crate::views::documents::{BalanceView, CreateInvoice, InvoiceView};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create).service(page).service(show).service(balance);
}

impl Versioned for InvoiceView {
    fn version(&self) -> i64 {
        self.version
    }
}

crate::codes! {
    /// The order of the list.
    pub enum InvoiceSort {
        Oldest = "invoice_date",
        Newest = "-invoice_date",
    }
}

impl InvoiceSort {
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
pub struct InvoiceQuery {
    #[param(inline)]
    pub folder: Option<InvoiceFolder>,
    #[param(inline)]
    pub customer_id: Option<CustomerId>,
    #[param(inline)]
    pub order_id: Option<OrderId>,
    pub number: Option<String>,
    /// `-invoice_date` (default) or `invoice_date`.
    #[param(inline)]
    pub sort: Option<InvoiceSort>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Issue the invoice of an order
///
/// The number is gapless per year and taken in the issuing transaction. What was paid on the order counts for the
/// invoice.
#[utoipa::path(post, path = "/v1/invoices", tag = "Invoices", operation_id = "invoice_create", request_body = CreateInvoice,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible characters")),
    responses((status = 201, body = InvoiceView), (status = 409, description = "`order_has_invoice`, `order_already_cancelled`, `idempotency_key_in_flight`")),
    security(("bearer" = ["orders.write"])))]
#[post("/v1/invoices")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<WriteOrders>,
    call: Call,
    body: Body<CreateInvoice>,
) -> Answered {
    let key = call.required_key(&caller, &body.hash)?;
    answer::once(&state, &caller, key, async |txn| {
        let view = invoices::create(txn, &caller, &body).await?;
        answer::created(format!("/v1/invoices/{}", view.id), &view)
    })
    .await
}

/// List invoices
#[utoipa::path(get, path = "/v1/invoices", tag = "Invoices", operation_id = "invoice_list", params(InvoiceQuery),
    responses((status = 200, body = List<InvoiceView>)), security(("bearer" = ["orders.read"])))]
#[get("/v1/invoices")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadOrders>,
    query: Query<InvoiceQuery>,
) -> Answered {
    let filter = InvoiceFilter {
        folder: query.folder,
        customer_id: query.customer_id,
        order_id: query.order_id,
        number: query.number.clone(),
    };
    let direction = query.sort.map_or(Direction::Descending, InvoiceSort::direction);
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, invoices::page(state.db.reader(), &filter, direction, &page).await?)
}

/// Show an invoice
#[utoipa::path(get, path = "/v1/invoices/{id}", tag = "Invoices", operation_id = "invoice_show", params(("id" = InvoiceId, Path)),
    responses((status = 200, body = InvoiceView)), security(("bearer" = ["orders.read"])))]
#[get("/v1/invoices/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadOrders>,
    call: Call,
    id: PathId<InvoiceId>,
) -> Answered {
    answer::resource(&call, &invoices::show(state.db.reader(), id.0).await?)
}

/// Show what is due, paid and open on an invoice
#[utoipa::path(get, path = "/v1/invoices/{id}/balance", tag = "Invoices", operation_id = "invoice_balance", params(("id" = InvoiceId, Path)),
    responses((status = 200, body = BalanceView)), security(("bearer" = ["orders.read"])))]
#[get("/v1/invoices/{id}/balance")]
pub async fn balance(state: web::Data<AppState>, _caller: Require<ReadOrders>, id: PathId<InvoiceId>) -> Answered {
    Ok(HttpResponse::Ok().json(invoices::balance(state.db.reader(), id.0).await?))
}
