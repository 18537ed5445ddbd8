//! Statement profiles: list, create, show, change, delete, try.

use actix_web::{HttpRequest, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query};
use crate::access::require::{ManageAccounts, ReadAccounts, Require};
use crate::domain::id::StatementProfileId;
use crate::services::statement_profiles;
use crate::state::AppState;
use crate::views::statement_profiles::{CreateProfile, ProfilePatch, ProfileSample, ProfileTest, ProfileView};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(show).service(change).service(remove).service(test);
}

impl Versioned for ProfileView {
    fn version(&self) -> i64 {
        self.version
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProfileListQuery {
    /// True: those that come with the program, on one page. False: those that were made here. Both unless told.
    pub built_in: Option<bool>,
    /// 1 to 200, 50 unless told.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// List statement profiles
///
/// Those that come with the program, then those that were made here, oldest first.
#[utoipa::path(
    get, path = "/v1/statement-profiles", tag = "Payment accounts", operation_id = "statement_profile_list",
    params(ProfileListQuery), responses((status = 200, body = List<ProfileView>)),
    security(("bearer" = ["movements.read"]))
)]
#[get("/v1/statement-profiles")]
pub async fn list(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadAccounts>,
    query: Query<ProfileListQuery>,
) -> Answered {
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, statement_profiles::page(state.db.reader(), query.built_in, &page).await?)
}

/// Create a statement profile
///
/// Files are recognised by their header: by profiles of the account first, then by others that were made here, then by
/// built-in ones. A booking date, an amount and a purpose are needed. Not while a file of its account is imported, or
/// any file where it is tied to none.
#[utoipa::path(
    post, path = "/v1/statement-profiles", tag = "Payment accounts", operation_id = "statement_profile_create",
    request_body = CreateProfile,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    responses((status = 201, body = ProfileView), (status = 409, description = "`reconciliation_in_progress`, `idempotency_key_in_flight`"),
        (status = 422, description = "`invalid_value`, `reference_not_found`, `unknown_currency`, `idempotency_key_reused`")),
    security(("bearer" = ["accounts.manage"]))
)]
#[post("/v1/statement-profiles")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<ManageAccounts>,
    call: Call,
    body: Body<CreateProfile>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        let profile = statement_profiles::create(txn, &caller, &body).await?;
        answer::created(format!("/v1/statement-profiles/{}", profile.id), &profile)
    })
    .await
}

/// Show a statement profile
#[utoipa::path(
    get, path = "/v1/statement-profiles/{id}", tag = "Payment accounts", operation_id = "statement_profile_show",
    params(("id" = StatementProfileId, Path, description = "Id of the profile.")),
    responses((status = 200, body = ProfileView)),
    security(("bearer" = ["movements.read"]))
)]
#[get("/v1/statement-profiles/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadAccounts>,
    call: Call,
    id: PathId<StatementProfileId>,
) -> Answered {
    answer::resource(&call, &statement_profiles::show(state.db.reader(), id.0).await?)
}

/// Change a statement profile
///
/// JSON merge patch: what is absent stays; the rules are replaced as a whole. Not while a file is imported.
#[utoipa::path(
    patch, path = "/v1/statement-profiles/{id}", tag = "Payment accounts", operation_id = "statement_profile_change",
    request_body = ProfilePatch,
    params(("id" = StatementProfileId, Path, description = "Id of the profile."),
        ("If-Match" = String, Header, description = "ETag of the version that was read.")),
    responses((status = 200, body = ProfileView),
        (status = 409, description = "`profile_built_in`, `reconciliation_in_progress`, `concurrent_change`"),
        (status = 412, description = "`version_mismatch`"),
        (status = 422, description = "`invalid_value`, `reference_not_found`, `unknown_currency`"),
        (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["accounts.manage"]))
)]
#[patch("/v1/statement-profiles/{id}")]
pub async fn change(
    state: web::Data<AppState>,
    caller: Require<ManageAccounts>,
    call: Call,
    (id, body): (PathId<StatementProfileId>, Body<ProfilePatch>),
) -> Answered {
    let target = (id.0, call.required_version()?);
    answer::once(&state, &caller, None, async |txn| {
        answer::ok(&statement_profiles::change(txn, &caller, target, &body).await?)
    })
    .await
}

/// Delete a statement profile
///
/// What was imported with it stays. Not while a file is imported.
#[utoipa::path(
    delete, path = "/v1/statement-profiles/{id}", tag = "Payment accounts", operation_id = "statement_profile_delete",
    params(("id" = StatementProfileId, Path, description = "Id of the profile."),
        ("If-Match" = String, Header, description = "ETag of the version that was read.")),
    responses((status = 204, description = "Deleted"),
        (status = 409, description = "`profile_built_in`, `reconciliation_in_progress`"),
        (status = 412, description = "`version_mismatch`"), (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["accounts.manage"]))
)]
#[delete("/v1/statement-profiles/{id}")]
pub async fn remove(
    state: web::Data<AppState>,
    caller: Require<ManageAccounts>,
    call: Call,
    id: PathId<StatementProfileId>,
) -> Answered {
    let version = call.required_version()?;
    answer::once(&state, &caller, None, async |txn| {
        statement_profiles::delete(txn, &caller, (id.0, version)).await?;
        Ok(answer::no_content())
    })
    .await
}

/// Try a statement profile
///
/// Reads a sample with this profile alone and answers what it makes of it. No movement is stored.
#[utoipa::path(
    post, path = "/v1/statement-profiles/{id}/test", tag = "Payment accounts", operation_id = "statement_profile_test",
    request_body = ProfileSample,
    params(("id" = StatementProfileId, Path, description = "Id of the profile."),
        ("Idempotency-Key" = Option<String>, Header, description = "Answers the same again.")),
    responses((status = 200, body = ProfileTest), (status = 409, description = "`idempotency_key_in_flight`"),
        (status = 422, description = "`invalid_value`, `unknown_currency`, `idempotency_key_reused`")),
    security(("bearer" = ["accounts.manage"]))
)]
#[post("/v1/statement-profiles/{id}/test")]
pub async fn test(
    state: web::Data<AppState>,
    caller: Require<ManageAccounts>,
    call: Call,
    (id, body): (PathId<StatementProfileId>, Body<ProfileSample>),
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    let read = statement_profiles::test(state.db.reader(), id.0, &body).await?;
    answer::once(&state, &caller, key, async |_| answer::ok_plain(&read)).await
}
