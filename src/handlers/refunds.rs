//! Refunds.

use actix_web::{HttpRequest, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query};
use super::waiting::{self, Seen};
use crate::access::require::{ApproveRefunds, GenerateRefunds, ReadRefunds, Require, SendRefunds};
use crate::domain::id::{MovementId, OrderId, RefundId};
use crate::domain::refund::{RefundFolder, RefundStatus};
use crate::services::idempotency;
use crate::services::refunds::{self, RefundFilter};
use crate::state::AppState;
use crate::views::refunds::{CreateRefund, RefundPatch, RefundView, Refunds, RejectRefund, SendRefund};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create).service(page).service(show).service(edit).service(remove);
    config.service(send).service(approve).service(reject);
}

impl Versioned for RefundView {
    fn version(&self) -> i64 {
        self.version
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RefundQuery {
    /// `not_sent` holds not_sent, awaiting_approval and sending; `sent` holds sent and confirmed.
    #[param(inline)]
    pub folder: Option<RefundFolder>,
    #[param(inline)]
    pub status: Option<RefundStatus>,
    #[param(inline)]
    pub movement_id: Option<MovementId>,
    #[param(inline)]
    pub order_id: Option<OrderId>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Generate refunds
///
/// One refund per source movement. The payout is booked and its money reserved at once; money moves at send.
#[utoipa::path(post, path = "/v1/refunds", tag = "Refunds", operation_id = "refund_create", request_body = CreateRefund,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible characters")),
    responses((status = 201, body = Refunds),
        (status = 409, description = "`movement_not_returnable`, `not_incoming`, `not_partially_assigned`, `correction_required`, `correction_not_formalised`, `order_not_cancelled`, `order_has_no_assigned_payment`, `outgoing_payment_already_generated`, `refundable_amount_changed`, `account_cannot_send`, `idempotency_key_in_flight`"),
        (status = 422, description = "`amount_exceeds_refundable_amount`, `amount_not_positive`, `currency_mismatch`, `reference_not_found`")),
    security(("bearer" = ["refunds.generate"])))]
#[post("/v1/refunds")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<GenerateRefunds>,
    call: Call,
    body: Body<CreateRefund>,
) -> Answered {
    let key = call.required_key(&caller, &body.hash)?;
    let wanted = refunds::parse(&body)?;
    answer::once(&state, &caller, key, async |txn| {
        let refunds = refunds::generate(txn, &caller, &wanted).await?;
        let location = refunds.first().map(|refund| format!("/v1/refunds/{}", refund.id));
        answer::created_plain(location, &Refunds { refunds })
    })
    .await
}

/// List refunds, newest first
#[utoipa::path(get, path = "/v1/refunds", tag = "Refunds", operation_id = "refund_list", params(RefundQuery),
    responses((status = 200, body = List<RefundView>)), security(("bearer" = ["refunds.read"])))]
#[get("/v1/refunds")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadRefunds>,
    query: Query<RefundQuery>,
) -> Answered {
    let filter = RefundFilter {
        folder: query.folder,
        status: query.status,
        movement_id: query.movement_id,
        order_id: query.order_id,
    };
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, refunds::page(state.db.reader(), &filter, &page).await?)
}

/// Show a refund with its attempts
#[utoipa::path(get, path = "/v1/refunds/{id}", tag = "Refunds", operation_id = "refund_show", params(("id" = RefundId, Path)),
    responses((status = 200, body = RefundView)), security(("bearer" = ["refunds.read"])))]
#[get("/v1/refunds/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadRefunds>,
    call: Call,
    id: PathId<RefundId>,
) -> Answered {
    answer::resource(&call, &refunds::show(state.db.reader(), id.0).await?)
}

/// Change a refund that was not sent, or the comment of one that was
///
/// A change of amount or purpose voids the approval.
#[utoipa::path(patch, path = "/v1/refunds/{id}", tag = "Refunds", operation_id = "refund_update", request_body = RefundPatch,
    params(("id" = RefundId, Path), ("If-Match" = String, Header, description = "ETag that was seen")),
    responses((status = 200, body = RefundView), (status = 409, description = "`outgoing_payment_already_sent`, `invalid_transition`"), (status = 412, description = "`version_mismatch`"), (status = 422, description = "`amount_exceeds_refundable_amount`"), (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["refunds.generate"])))]
#[patch("/v1/refunds/{id}")]
pub async fn edit(
    state: web::Data<AppState>,
    caller: Require<GenerateRefunds>,
    call: Call,
    (id, body): (PathId<RefundId>, Body<RefundPatch>),
) -> Answered {
    let version = call.required_version()?;
    answer::once(&state, &caller, None, async |txn| {
        answer::ok(&refunds::edit(txn, &caller, (id.0, version), &body).await?)
    })
    .await
}

/// Delete a refund that was not sent
///
/// Restores every balance to the cent.
#[utoipa::path(delete, path = "/v1/refunds/{id}", tag = "Refunds", operation_id = "refund_delete",
    params(("id" = RefundId, Path), ("If-Match" = String, Header, description = "ETag that was seen")),
    responses((status = 204, description = "Deleted"), (status = 409, description = "`outgoing_payment_already_sent`, `invalid_transition`"), (status = 412, description = "`version_mismatch`"), (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["refunds.generate"])))]
#[delete("/v1/refunds/{id}")]
pub async fn remove(
    state: web::Data<AppState>,
    caller: Require<GenerateRefunds>,
    call: Call,
    id: PathId<RefundId>,
) -> Answered {
    let version = call.required_version()?;
    answer::once(&state, &caller, None, async |txn| {
        refunds::delete(txn, &caller, (id.0, version)).await?;
        Ok(answer::no_content())
    })
    .await
}

/// Send a refund through its provider
///
/// Answers 202 while it is being sent, 200 when it has settled within `Prefer: wait`. A provider's refusal is a result
/// (`failed`, `last_error`), not an error of this request.
#[utoipa::path(post, path = "/v1/refunds/{id}/send", tag = "Refunds", operation_id = "refund_send", request_body = SendRefund,
    params(("id" = RefundId, Path), ("Idempotency-Key" = String, Header, description = "1 to 255 visible characters"), ("If-Match" = Option<String>, Header, description = "ETag that was seen"), ("Prefer" = Option<String>, Header, description = "`wait=N`, N up to 30 seconds")),
    responses((status = 200, description = "Settled", body = RefundView), (status = 202, body = RefundView), (status = 409, description = "`approval_required`, `invalid_transition`, `outgoing_payment_already_sent`, `account_cannot_send`, `account_hidden`, `idempotency_key_in_flight`"), (status = 412, description = "`version_mismatch`")),
    security(("bearer" = ["refunds.send"])))]
#[post("/v1/refunds/{id}/send")]
pub async fn send(
    state: web::Data<AppState>,
    caller: Require<SendRefunds>,
    call: Call,
    (id, body): (PathId<RefundId>, Body<SendRefund>),
) -> Answered {
    let key = call.required_key(&caller, &body.hash)?;
    let version = call.version();
    let begun = idempotency::run(&state.db, &state.flights, &caller, key.as_ref(), async |txn| {
        let view = refunds::send(txn, &caller, (id.0, version), &body).await?;
        #[cfg(feature = "fault-call-before-intent")]
        refunds::fault::call_before_intent(&state, txn, id.0).await?;
        answer::accepted(format!("/v1/refunds/{}", view.id), &view)
    });
    let begun = begun.await?;
    waiting::settle(&state, (&call, key.as_ref()), begun, async |_| {
        let view = refunds::show(state.db.reader(), id.0).await?;
        Seen::of(&view, !view.status.is_under_way())
    })
    .await
}

/// Approve a refund
///
/// The second pair of eyes: not the one who requested or changed it.
#[utoipa::path(post, path = "/v1/refunds/{id}/approve", tag = "Refunds", operation_id = "refund_approve",
    params(("id" = RefundId, Path), ("Idempotency-Key" = String, Header, description = "1 to 255 visible characters"), ("If-Match" = Option<String>, Header, description = "ETag that was seen")),
    responses((status = 200, body = RefundView), (status = 403, description = "`self_approval`, `missing_permission`, licence codes"), (status = 409, description = "`invalid_transition`, `outgoing_payment_already_sent`, `idempotency_key_in_flight`"), (status = 412, description = "`version_mismatch`")),
    security(("bearer" = ["refunds.approve"])))]
#[post("/v1/refunds/{id}/approve")]
pub async fn approve(
    state: web::Data<AppState>,
    caller: Require<ApproveRefunds>,
    call: Call,
    (id, body): (PathId<RefundId>, Body<super::extract::Nothing>),
) -> Answered {
    let key = call.required_key(&caller, &body.hash)?;
    let version = call.version();
    answer::once(&state, &caller, key, async |txn| answer::ok(&refunds::approve(txn, &caller, (id.0, version)).await?))
        .await
}

/// Reject a refund; it can then only be edited or deleted
#[utoipa::path(post, path = "/v1/refunds/{id}/reject", tag = "Refunds", operation_id = "refund_reject", request_body = RejectRefund,
    params(("id" = RefundId, Path), ("Idempotency-Key" = String, Header, description = "1 to 255 visible characters"), ("If-Match" = Option<String>, Header, description = "ETag that was seen")),
    responses((status = 200, body = RefundView), (status = 403, description = "`self_approval`, `missing_permission`, licence codes"), (status = 409, description = "`invalid_transition`, `outgoing_payment_already_sent`, `idempotency_key_in_flight`"), (status = 412, description = "`version_mismatch`")),
    security(("bearer" = ["refunds.approve"])))]
#[post("/v1/refunds/{id}/reject")]
pub async fn reject(
    state: web::Data<AppState>,
    caller: Require<ApproveRefunds>,
    call: Call,
    (id, body): (PathId<RefundId>, Body<RejectRefund>),
) -> Answered {
    let key = call.required_key(&caller, &body.hash)?;
    let version = call.version();
    answer::once(&state, &caller, key, async |txn| {
        answer::ok(&refunds::reject(txn, &caller, (id.0, version), &body.reason).await?)
    })
    .await
}
