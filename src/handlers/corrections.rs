//! Invoice corrections.

use actix_web::{HttpRequest, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query, SubId};
use crate::access::require::{FormaliseCorrections, ReadCorrections, Require, WriteCorrections};
use crate::domain::correction::CorrectionStatus;
use crate::domain::id::{CorrectionId, CorrectionLineId, InvoiceId};
use crate::services::corrections::{self, CorrectionFilter};
use crate::state::AppState;
use crate::views::corrections::{CorrectionPatch, CorrectionView, CreateCorrection, Formalise};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create).service(page).service(show).service(edit).service(remove);
    config.service(remove_line).service(formalise);
}

impl Versioned for CorrectionView {
    fn version(&self) -> i64 {
        self.version
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CorrectionQuery {
    #[param(inline)]
    pub status: Option<CorrectionStatus>,
    #[param(inline)]
    pub invoice_id: Option<InvoiceId>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Draft an invoice correction
///
/// Filled with all that is left to correct unless lines are named. A draft moves no money and uses no number.
#[utoipa::path(post, path = "/v1/invoice-corrections", tag = "Invoice corrections", operation_id = "invoice_correction_create", request_body = CreateCorrection,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 201, body = CorrectionView), (status = 409, description = "`nothing_to_correct`, `idempotency_key_in_flight`"), (status = 422, description = "`line_not_on_invoice`, `quantity_exceeds_remaining`, `lines_empty`, `reference_not_found`")),
    security(("bearer" = ["corrections.write"])))]
#[post("/v1/invoice-corrections")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<WriteCorrections>,
    call: Call,
    body: Body<CreateCorrection>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        let view = corrections::create(txn, &caller, &body).await?;
        answer::created(format!("/v1/invoice-corrections/{}", view.id), &view)
    })
    .await
}

/// List invoice corrections, newest first
#[utoipa::path(get, path = "/v1/invoice-corrections", tag = "Invoice corrections", operation_id = "invoice_correction_list", params(CorrectionQuery),
    responses((status = 200, body = List<CorrectionView>)), security(("bearer" = ["corrections.read"])))]
#[get("/v1/invoice-corrections")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadCorrections>,
    query: Query<CorrectionQuery>,
) -> Answered {
    let filter = CorrectionFilter { status: query.status, invoice_id: query.invoice_id };
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, corrections::page(state.db.reader(), &filter, &page).await?)
}

/// Show an invoice correction
#[utoipa::path(get, path = "/v1/invoice-corrections/{id}", tag = "Invoice corrections", operation_id = "invoice_correction_show", params(("id" = CorrectionId, Path)),
    responses((status = 200, body = CorrectionView)), security(("bearer" = ["corrections.read"])))]
#[get("/v1/invoice-corrections/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadCorrections>,
    call: Call,
    id: PathId<CorrectionId>,
) -> Answered {
    answer::resource(&call, &corrections::show(state.db.reader(), id.0).await?)
}

/// Change date or note of a draft
#[utoipa::path(patch, path = "/v1/invoice-corrections/{id}", tag = "Invoice corrections", operation_id = "invoice_correction_update", request_body = CorrectionPatch,
    params(("id" = CorrectionId, Path), ("If-Match" = String, Header, description = "ETag that was seen")),
    responses((status = 200, body = CorrectionView), (status = 409, description = "`correction_formalised`"), (status = 412, description = "`version_mismatch`"), (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["corrections.write"])))]
#[patch("/v1/invoice-corrections/{id}")]
pub async fn edit(
    state: web::Data<AppState>,
    caller: Require<WriteCorrections>,
    call: Call,
    (id, body): (PathId<CorrectionId>, Body<CorrectionPatch>),
) -> Answered {
    let version = call.required_version()?;
    answer::once(&state, &caller, None, async |txn| {
        answer::ok(&corrections::edit(txn, &caller, (id.0, version), &body).await?)
    })
    .await
}

/// Delete a draft
#[utoipa::path(delete, path = "/v1/invoice-corrections/{id}", tag = "Invoice corrections", operation_id = "invoice_correction_delete",
    params(("id" = CorrectionId, Path), ("If-Match" = String, Header, description = "ETag that was seen")),
    responses((status = 204, description = "Deleted"), (status = 409, description = "`correction_formalised`"), (status = 412, description = "`version_mismatch`"), (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["corrections.write"])))]
#[delete("/v1/invoice-corrections/{id}")]
pub async fn remove(
    state: web::Data<AppState>,
    caller: Require<WriteCorrections>,
    call: Call,
    id: PathId<CorrectionId>,
) -> Answered {
    let version = call.required_version()?;
    answer::once(&state, &caller, None, async |txn| {
        corrections::delete(txn, &caller, (id.0, version)).await?;
        Ok(answer::no_content())
    })
    .await
}

/// Take a line out of a draft
///
/// Takes the correction's version and answers the correction.
#[utoipa::path(delete, path = "/v1/invoice-corrections/{id}/lines/{sub_id}", tag = "Invoice corrections", operation_id = "invoice_correction_line_delete",
    params(("id" = CorrectionId, Path), ("sub_id" = CorrectionLineId, Path, description = "Id of the line"), ("If-Match" = String, Header, description = "ETag of the correction")),
    responses((status = 200, body = CorrectionView), (status = 409, description = "`correction_formalised`"), (status = 412, description = "`version_mismatch`"), (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["corrections.write"])))]
#[delete("/v1/invoice-corrections/{id}/lines/{sub_id}")]
pub async fn remove_line(
    state: web::Data<AppState>,
    caller: Require<WriteCorrections>,
    call: Call,
    (id, line): (PathId<CorrectionId>, SubId<CorrectionLineId>),
) -> Answered {
    let version = call.required_version()?;
    answer::once(&state, &caller, None, async |txn| {
        answer::ok(&corrections::delete_line(txn, &caller, (id.0, version), line.0).await?)
    })
    .await
}

/// Formalise a draft: final from here on
///
/// Both warnings have to be acknowledged. Takes the gapless number, lowers what is due on the invoice, posts the
/// reverse of the invoice.
#[utoipa::path(post, path = "/v1/invoice-corrections/{id}/formalise", tag = "Invoice corrections", operation_id = "invoice_correction_formalise", request_body = Formalise,
    params(("id" = CorrectionId, Path), ("Idempotency-Key" = String, Header, description = "1 to 255 visible characters"), ("If-Match" = Option<String>, Header, description = "ETag that was seen")),
    responses((status = 200, body = CorrectionView), (status = 409, description = "`confirmation_required`, `correction_formalised`, `idempotency_key_in_flight`"), (status = 412, description = "`version_mismatch`"), (status = 422, description = "`lines_empty`, `quantity_exceeds_remaining`")),
    security(("bearer" = ["corrections.formalise"])))]
#[post("/v1/invoice-corrections/{id}/formalise")]
pub async fn formalise(
    state: web::Data<AppState>,
    caller: Require<FormaliseCorrections>,
    call: Call,
    (id, body): (PathId<CorrectionId>, Body<Formalise>),
) -> Answered {
    let key = call.required_key(&caller, &body.hash)?;
    let version = call.version();
    answer::once(&state, &caller, key, async |txn| {
        answer::ok(&corrections::formalise(txn, &caller, (id.0, version), &body).await?)
    })
    .await
}
