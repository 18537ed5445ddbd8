//! Payment accounts: list, create, show, change, hide, show again, unlock.

use actix_web::{HttpRequest, get, patch, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, Nothing, PathId, Query};
use crate::access::require::{ManageAccounts, ReadAccounts, Require};
use crate::domain::account::ProviderKind;
use crate::domain::id::AccountId;
use crate::services::accounts::{self, AccountFilter, Visibility};
use crate::services::idempotency::Key;
use crate::state::AppState;
use crate::views::accounts::{AccountPatch, AccountView, CreateAccount};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(show).service(change).service(hide).service(unhide).service(unlock);
}

impl Versioned for AccountView {
    fn version(&self) -> i64 {
        self.version
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountListQuery {
    #[param(inline)]
    pub provider: Option<ProviderKind>,
    /// Only hidden or only visible accounts.
    pub hidden: Option<bool>,
    /// 1 to 200, 50 unless told.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// List payment accounts
///
/// Oldest first.
#[utoipa::path(
    get, path = "/v1/payment-accounts", tag = "Payment accounts", operation_id = "account_list",
    params(AccountListQuery), responses((status = 200, body = List<AccountView>)),
    security(("bearer" = ["movements.read"]))
)]
#[get("/v1/payment-accounts")]
pub async fn list(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadAccounts>,
    query: Query<AccountListQuery>,
) -> Answered {
    let page = query.page(query.limit, query.cursor.as_ref());
    let filter = AccountFilter { provider: query.provider, hidden: query.hidden };
    answer::list(&request, accounts::page(state.db.reader(), &filter, &page).await?)
}

/// Create a payment account
///
/// `bank_file` accounts take statement files, `sandbox` accounts are fetched and can send. The other providers have
/// no adapter in this version: their accounts can be kept, but not fetched.
#[utoipa::path(
    post, path = "/v1/payment-accounts", tag = "Payment accounts", operation_id = "account_create",
    request_body = CreateAccount,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    responses((status = 201, body = AccountView), (status = 409, description = "`idempotency_key_in_flight`"),
        (status = 422, description = "`invalid_value`, `iban_invalid`, `unknown_currency`, `idempotency_key_reused`")),
    security(("bearer" = ["accounts.manage"]))
)]
#[post("/v1/payment-accounts")]
pub async fn create(
    state: web::Data<AppState>,
    caller: Require<ManageAccounts>,
    call: Call,
    body: Body<CreateAccount>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        let account = accounts::create(txn, &caller, &body).await?;
        answer::created(format!("/v1/payment-accounts/{}", account.id), &account)
    })
    .await
}

/// Show a payment account
#[utoipa::path(
    get, path = "/v1/payment-accounts/{id}", tag = "Payment accounts", operation_id = "account_show",
    params(("id" = AccountId, Path, description = "Id of the account.")),
    responses((status = 200, body = AccountView)),
    security(("bearer" = ["movements.read"]))
)]
#[get("/v1/payment-accounts/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadAccounts>,
    call: Call,
    id: PathId<AccountId>,
) -> Answered {
    answer::resource(&call, &accounts::show(state.db.reader(), id.0).await?)
}

/// Change name, IBAN or cutoff date
///
/// JSON merge patch: what is absent stays, null clears.
#[utoipa::path(
    patch, path = "/v1/payment-accounts/{id}", tag = "Payment accounts", operation_id = "account_change",
    request_body = AccountPatch,
    params(("id" = AccountId, Path, description = "Id of the account."),
        ("If-Match" = String, Header, description = "ETag of the version that was read.")),
    responses((status = 200, body = AccountView), (status = 409, description = "`concurrent_change`"),
        (status = 412, description = "`version_mismatch`"),
        (status = 422, description = "`invalid_value`, `iban_invalid`"),
        (status = 428, description = "`precondition_required`")),
    security(("bearer" = ["accounts.manage"]))
)]
#[patch("/v1/payment-accounts/{id}")]
pub async fn change(
    state: web::Data<AppState>,
    caller: Require<ManageAccounts>,
    call: Call,
    (id, body): (PathId<AccountId>, Body<AccountPatch>),
) -> Answered {
    let target = (id.0, call.required_version()?);
    answer::once(&state, &caller, None, async |txn| answer::ok(&accounts::change(txn, &caller, target, &body).await?))
        .await
}

/// Hide a payment account
///
/// It is neither fetched nor imported from now on. Hiding a hidden account changes nothing.
#[utoipa::path(
    post, path = "/v1/payment-accounts/{id}/hide", tag = "Payment accounts", operation_id = "account_hide",
    params(("id" = AccountId, Path, description = "Id of the account."),
        ("If-Match" = Option<String>, Header, description = "Only if the account still has this version."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    responses((status = 200, body = AccountView), (status = 409, description = "`concurrent_change`"),
        (status = 412, description = "`version_mismatch`")),
    security(("bearer" = ["accounts.manage"]))
)]
#[post("/v1/payment-accounts/{id}/hide")]
pub async fn hide(
    state: web::Data<AppState>,
    caller: Require<ManageAccounts>,
    call: Call,
    (id, body): (PathId<AccountId>, Body<Nothing>),
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    set_visibility(&state, &caller, key, (id.0, call.version(), Visibility::Hidden)).await
}

/// Show a hidden payment account again
///
/// Showing a visible account changes nothing.
#[utoipa::path(
    post, path = "/v1/payment-accounts/{id}/show", tag = "Payment accounts", operation_id = "account_unhide",
    params(("id" = AccountId, Path, description = "Id of the account."),
        ("If-Match" = Option<String>, Header, description = "Only if the account still has this version."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    responses((status = 200, body = AccountView), (status = 409, description = "`concurrent_change`"),
        (status = 412, description = "`version_mismatch`")),
    security(("bearer" = ["accounts.manage"]))
)]
#[post("/v1/payment-accounts/{id}/show")]
pub async fn unhide(
    state: web::Data<AppState>,
    caller: Require<ManageAccounts>,
    call: Call,
    (id, body): (PathId<AccountId>, Body<Nothing>),
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    set_visibility(&state, &caller, key, (id.0, call.version(), Visibility::Visible)).await
}

/// Unlock a payment account
///
/// The system locks an account by itself when the provider wants a confirmation or does not accept the credentials
/// while nobody is there (`auto_import_locked`): asking again and again could block the access. Give the provider what
/// it wants first, or the next fetch locks the account again. Unlocking an account that is not locked changes nothing.
#[utoipa::path(
    post, path = "/v1/payment-accounts/{id}/unlock", tag = "Payment accounts", operation_id = "account_unlock",
    params(("id" = AccountId, Path, description = "Id of the account."),
        ("If-Match" = Option<String>, Header, description = "Only if the account still has this version."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    responses((status = 200, body = AccountView), (status = 409, description = "`concurrent_change`"),
        (status = 412, description = "`version_mismatch`")),
    security(("bearer" = ["accounts.manage"]))
)]
#[post("/v1/payment-accounts/{id}/unlock")]
pub async fn unlock(
    state: web::Data<AppState>,
    caller: Require<ManageAccounts>,
    call: Call,
    (id, body): (PathId<AccountId>, Body<Nothing>),
) -> Answered {
    let (key, target) = (call.optional_key(&caller, &body.hash), (id.0, call.version()));
    answer::once(&state, &caller, key, async |txn| answer::ok(&accounts::unlock_import(txn, &caller, target).await?))
        .await
}

async fn set_visibility(
    state: &AppState,
    caller: &Require<ManageAccounts>,
    key: Option<Key>,
    (id, version, wanted): (AccountId, Option<i64>, Visibility),
) -> Answered {
    answer::once(state, caller, key, async |txn| {
        answer::ok(&accounts::set_visibility(txn, caller, (id, version), wanted).await?)
    })
    .await
}
