//! The licence: show, install, remove, start the trial.

use actix_web::{HttpResponse, delete, get, post, put, web};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered};
use super::extract::{Body, Call, Nothing};
use crate::access::require::{LoggedIn, ManageLicence, Require};
use crate::services::licences;
use crate::state::AppState;
use crate::views::licence::LicenceView;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(show).service(install).service(remove).service(trial);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallLicence {
    /// The vendor's signed token.
    pub token: String,
}

/// Show the licence
#[utoipa::path(get, path = "/v1/licence", tag = "Licence", operation_id = "licence_show",
    responses((status = 200, body = LicenceView)), security(("bearer" = [])))]
#[get("/v1/licence")]
pub async fn show(state: web::Data<AppState>, caller: Require<LoggedIn>) -> Answered {
    let installed = licences::installed(state.db.reader(), &caller, &state.licences).await?;
    Ok(HttpResponse::Ok().json(LicenceView::from(installed)))
}

/// Install a licence
#[utoipa::path(put, path = "/v1/licence", tag = "Licence", operation_id = "licence_install", request_body = InstallLicence,
    responses((status = 200, body = LicenceView), (status = 422, description = "`licence_invalid`")),
    security(("bearer" = ["licence.manage"])))]
#[put("/v1/licence")]
pub async fn install(
    state: web::Data<AppState>,
    caller: Require<ManageLicence>,
    body: Body<InstallLicence>,
) -> Answered {
    let work =
        async |txn: &sea_orm::DatabaseTransaction| licences::install(txn, &caller, &state.licences, &body.token).await;
    let installed = state.db.write(work).await?;
    Ok(HttpResponse::Ok().json(LicenceView::from(installed)))
}

/// Remove the licence
#[utoipa::path(delete, path = "/v1/licence", tag = "Licence", operation_id = "licence_remove",
    responses((status = 204, description = "Removed")), security(("bearer" = ["licence.manage"])))]
#[delete("/v1/licence")]
pub async fn remove(state: web::Data<AppState>, caller: Require<ManageLicence>) -> Answered {
    state.db.write(async |txn| licences::remove(txn, &caller).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Start the trial of 30 days, once
#[utoipa::path(post, path = "/v1/licence/trial", tag = "Licence", operation_id = "licence_trial",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    responses((status = 200, body = LicenceView), (status = 409, description = "`trial_already_used`, `idempotency_key_in_flight`")),
    security(("bearer" = ["licence.manage"])))]
#[post("/v1/licence/trial")]
pub async fn trial(
    state: web::Data<AppState>,
    caller: Require<ManageLicence>,
    (call, body): (Call, Body<Nothing>),
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        answer::ok_plain(&LicenceView::from(licences::start_trial(txn, &caller, &state.licences).await?))
    })
    .await
}
