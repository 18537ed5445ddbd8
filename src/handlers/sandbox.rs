//! Steers the `sandbox` provider, for demos, Postman and tests of front ends. The `{id}` is the account's.

use actix_web::{HttpResponse, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered};
use super::extract::{Body, Call, PathId, SubId};
use crate::access::require::{ManageSandbox, Require};
use crate::domain::id::{AccountId, SandboxPaymentId};
use crate::services::sandbox;
use crate::state::AppState;
use crate::views::sandbox::{
    BehaviourView, CreateSandboxPayment, PayoutsView, SandboxPaymentPatch, SandboxPaymentView, SetBehaviour,
};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(add_payment).service(change_payment).service(set_behaviour).service(payouts);
}

/// Put a payment into the sandbox
///
/// The next reconciliation run fetches it. `pending` is announced, `paid` is final, `expired` was never paid.
#[utoipa::path(
    post, path = "/v1/sandbox/{id}/payments", tag = "Sandbox", operation_id = "sandbox_payment_create",
    request_body = CreateSandboxPayment,
    params(("id" = AccountId, Path, description = "`account_id` of an account with provider `sandbox`."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    responses((status = 201, body = SandboxPaymentView),
        (status = 409, description = "`account_not_sandbox`, `idempotency_key_in_flight`"),
        (status = 422, description = "`amount_not_positive`, `currency_mismatch`, `iban_invalid`, `invalid_value`, `idempotency_key_reused`")),
    security(("bearer" = ["accounts.manage"]), ("bearer" = ["reconciliation.run"]))
)]
#[post("/v1/sandbox/{id}/payments")]
pub async fn add_payment(
    state: web::Data<AppState>,
    caller: Require<ManageSandbox>,
    call: Call,
    (id, body): (PathId<AccountId>, Body<CreateSandboxPayment>),
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    // The one exception to "nothing outside is called in a transaction": the sandbox's file is a test device, and at
    // worst it holds one more payment than was answered.
    answer::once(&state, &caller, key, async |txn| {
        let payment = sandbox::add_payment(txn, &state.providers.sandbox, id.0, &body).await?;
        answer::created_plain(Some(format!("/v1/sandbox/{}/payments/{}", id.0, payment.id)), &payment)
    })
    .await
}

/// Change the state of a sandbox payment
///
/// The next reconciliation run fetches the change.
#[utoipa::path(
    patch, path = "/v1/sandbox/{id}/payments/{sub_id}", tag = "Sandbox", operation_id = "sandbox_payment_change",
    request_body = SandboxPaymentPatch,
    params(("id" = AccountId, Path, description = "`account_id` of an account with provider `sandbox`."),
        ("sub_id" = SandboxPaymentId, Path, description = "Id of the payment.")),
    responses((status = 200, body = SandboxPaymentView), (status = 409, description = "`account_not_sandbox`")),
    security(("bearer" = ["accounts.manage"]), ("bearer" = ["reconciliation.run"]))
)]
#[patch("/v1/sandbox/{id}/payments/{sub_id}")]
pub async fn change_payment(
    state: web::Data<AppState>,
    _caller: Require<ManageSandbox>,
    (id, payment): (PathId<AccountId>, SubId<SandboxPaymentId>),
    body: Body<SandboxPaymentPatch>,
) -> Answered {
    let (conn, target) = (state.db.reader(), (id.0, payment.0));
    let changed = sandbox::set_payment_state(conn, &state.providers.sandbox, target, body.status).await?;
    Ok(HttpResponse::Ok().json(changed))
}

/// Say how the sandbox answers the next payouts
///
/// A provider's refusal is no HTTP error of the refund's send: it makes the refund `failed`. Mode `refuse` with the code
/// `confirmation_required` or `credentials_invalid` refuses the next fetch too: its item fails and the account locks
/// itself (`auto_import_locked`). Other modes and codes concern payouts only.
#[utoipa::path(
    put, path = "/v1/sandbox/{id}/behaviour", tag = "Sandbox", operation_id = "sandbox_behaviour_set",
    request_body = SetBehaviour,
    params(("id" = AccountId, Path, description = "`account_id` of an account with provider `sandbox`.")),
    responses((status = 200, body = BehaviourView), (status = 409, description = "`account_not_sandbox`"),
        (status = 422, description = "`invalid_value`")),
    security(("bearer" = ["accounts.manage"]), ("bearer" = ["reconciliation.run"]))
)]
#[put("/v1/sandbox/{id}/behaviour")]
pub async fn set_behaviour(
    state: web::Data<AppState>,
    _caller: Require<ManageSandbox>,
    id: PathId<AccountId>,
    body: Body<SetBehaviour>,
) -> Answered {
    let behaviour = sandbox::set_behaviour(state.db.reader(), &state.providers.sandbox, id.0, &body).await?;
    Ok(HttpResponse::Ok().json(behaviour))
}

/// List what left the sandbox
///
/// The provider's own record of payouts, oldest first.
#[utoipa::path(
    get, path = "/v1/sandbox/{id}/payouts", tag = "Sandbox", operation_id = "sandbox_payout_list",
    params(("id" = AccountId, Path, description = "`account_id` of an account with provider `sandbox`.")),
    responses((status = 200, body = PayoutsView), (status = 409, description = "`account_not_sandbox`")),
    security(("bearer" = ["accounts.manage"]), ("bearer" = ["reconciliation.run"]))
)]
#[get("/v1/sandbox/{id}/payouts")]
pub async fn payouts(state: web::Data<AppState>, _caller: Require<ManageSandbox>, id: PathId<AccountId>) -> Answered {
    let payouts = sandbox::payouts(state.db.reader(), &state.providers.sandbox, id.0).await?;
    Ok(HttpResponse::Ok().json(payouts))
}
