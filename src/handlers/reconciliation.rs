//! Reconciliation runs: start, list, show.

use actix_web::{HttpRequest, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, Nothing, PathId, Query};
use super::waiting::{self, Seen};
use crate::access::require::{ReadMovements, Require, RunReconciliation};
use crate::domain::id::RunId;
use crate::error::Error;
use crate::services::idempotency::{self, Answer};
use crate::services::reconciliation::{self, runs};
use crate::state::AppState;
use crate::views::runs::{RunView, StartRun};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(start).service(show).service(cancel);
}

impl Versioned for RunView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Where a run is found.
pub fn location(id: RunId) -> String {
    format!("/v1/reconciliation-runs/{id}")
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunListQuery {
    /// 1 to 200, 50 unless told.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// List reconciliation runs
///
/// Newest first.
#[utoipa::path(
    get, path = "/v1/reconciliation-runs", tag = "Reconciliation", operation_id = "reconciliation_run_list",
    params(RunListQuery), responses((status = 200, body = List<RunView>)),
    security(("bearer" = ["movements.read"]))
)]
#[get("/v1/reconciliation-runs")]
pub async fn list(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadMovements>,
    query: Query<RunListQuery>,
) -> Answered {
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, runs::page(state.db.reader(), &page).await?)
}

/// Start a reconciliation run
///
/// Without `account_ids` it is over all connected accounts. Provider accounts are fetched, accounts with files wait
/// for theirs (`needs_file`). One item of an account runs at a time. Accounts that are hidden or locked are left out; the
/// logbook names the locked ones.
#[utoipa::path(
    post, path = "/v1/reconciliation-runs", tag = "Reconciliation", operation_id = "reconciliation_run_create",
    request_body = StartRun,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless."),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: answer when nothing runs any more, at most N (30) seconds later.")),
    responses((status = 202, body = RunView, description = "The run has begun; look at `Location`"),
        (status = 200, body = RunView, description = "Settled within `Prefer: wait`"),
        (status = 409, description = "`account_hidden`, `account_locked`, `account_not_connected`, `reconciliation_in_progress`, `idempotency_key_in_flight`"),
        (status = 422, description = "`reference_not_found`, `invalid_value`, `idempotency_key_reused`")),
    security(("bearer" = ["reconciliation.run"]))
)]
#[post("/v1/reconciliation-runs")]
pub async fn start(
    state: web::Data<AppState>,
    caller: Require<RunReconciliation>,
    call: Call,
    body: Body<StartRun>,
) -> Answered {
    let (id, key): (RunId, _) = (caller.id(), call.optional_key(&caller, &body.hash));
    let begin = async |txn: &sea_orm::DatabaseTransaction| {
        answer::accepted(location(id), &runs::start(txn, &caller, id, &body).await?)
    };
    let outcome = idempotency::run(&state.db, &state.flights, &caller, key.as_ref(), begin).await?;
    waiting::settle(&state, (&call, key.as_ref()), outcome, async |_| seen(&state, id).await).await
}

/// The run as it is; settled once nothing of it is running.
pub async fn seen(state: &AppState, id: RunId) -> Result<Seen, Error> {
    let run = runs::show(state.db.reader(), id).await?;
    let answer = Answer { location: Some(location(id)), ..answer::ok(&run)? };
    Ok(if run.status.is_under_way() { Seen::Running(answer) } else { Seen::Settled(answer) })
}

/// Show a reconciliation run
#[utoipa::path(
    get, path = "/v1/reconciliation-runs/{id}", tag = "Reconciliation", operation_id = "reconciliation_run_show",
    params(("id" = RunId, Path, description = "Id of the run.")),
    responses((status = 200, body = RunView)),
    security(("bearer" = ["movements.read"]))
)]
#[get("/v1/reconciliation-runs/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadMovements>,
    call: Call,
    id: PathId<RunId>,
) -> Answered {
    answer::resource(&call, &runs::show(state.db.reader(), id.0).await?)
}

/// Cancel a reconciliation run
///
/// Ends a run that is running or waits for files; its open items fail. What was stored by then stays, and the same file
/// imported again adds the rest without doubling a line. Needs no version: it changes with every step of the run.
#[utoipa::path(
    post, path = "/v1/reconciliation-runs/{id}/cancel", tag = "Reconciliation", operation_id = "reconciliation_run_cancel",
    params(("id" = RunId, Path, description = "Id of the run."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    responses((status = 200, body = RunView), (status = 409, description = "`run_ended`, `concurrent_change`")),
    security(("bearer" = ["reconciliation.run"]))
)]
#[post("/v1/reconciliation-runs/{id}/cancel")]
pub async fn cancel(
    state: web::Data<AppState>,
    caller: Require<RunReconciliation>,
    call: Call,
    (id, body): (PathId<RunId>, Body<Nothing>),
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    let answered = answer::once(&state, &caller, key, async |txn| {
        answer::ok(&reconciliation::cancel::cancel(txn, &caller, id.0).await?)
    })
    .await;
    state.settled_bell.notify_waiters();
    answered
}
