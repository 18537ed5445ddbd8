//! The files that items of a run wait for.

use actix_web::{HttpRequest, put, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered};
use super::extract::{Call, PathId, Query, SubId};
use super::reconciliation::{location, seen};
use super::statement_imports::{check_announced, discard, receive};
use super::waiting;
use crate::access::require::{Require, RunReconciliation};
use crate::domain::id::{AccountId, RunId};
use crate::domain::text::filename;
use crate::services::idempotency;
use crate::services::reconciliation::upload::ImportOrder;
use crate::services::reconciliation::{ItemKey, deliver};
use crate::state::AppState;
use crate::views::runs::{RawStatement, RunView};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(put_file);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunFileQuery {
    /// For people; the format is told by the content.
    pub filename: Option<String>,
    /// One wrong entry, or a statement that contradicts itself (balances, days), refuses the whole file.
    pub strict: Option<bool>,
}

/// Give a run the file it waits for
///
/// An item with `needs_file` takes the bytes of the body as `POST /v1/statement-imports/raw` does, and the run goes on.
/// Bytes that the account knows are imported again and counted as `unchanged`. Needs no version: the run changes with every
/// step, and an item takes one file only; a repeated request is 409 `invalid_transition`.
#[utoipa::path(
    put, path = "/v1/reconciliation-runs/{id}/items/{sub_id}/file", tag = "Reconciliation",
    operation_id = "reconciliation_run_item_file",
    request_body(content = inline(RawStatement), content_type = "application/octet-stream", description = "The file as the bank made it."),
    params(("id" = RunId, Path, description = "Id of the run."), ("sub_id" = AccountId, Path, description = "Id of the item's account."),
        RunFileQuery,
        ("Prefer" = Option<String>, Header, description = "`wait=N`: answer when nothing runs any more, at most N (30) seconds later.")),
    responses((status = 202, body = RunView, description = "The import has begun; look at `Location`"),
        (status = 200, body = RunView, description = "Settled within `Prefer: wait`"),
        (status = 409, description = "`invalid_transition`, `account_hidden`, `account_takes_no_files`, `account_not_connected`, `reconciliation_in_progress`, `concurrent_change`"),
        (status = 413, description = "`too_large`"),
        (status = 422, description = "`file_format_invalid`, `unsafe_file`, `invalid_value`")),
    security(("bearer" = ["reconciliation.run"]))
)]
#[put("/v1/reconciliation-runs/{id}/items/{sub_id}/file")]
pub async fn put_file(
    state: web::Data<AppState>,
    caller: Require<RunReconciliation>,
    (call, id, account, query): (Call, PathId<RunId>, SubId<AccountId>, Query<RunFileQuery>),
    (request, payload): (HttpRequest, web::Payload),
) -> Answered {
    check_announced(&request, state.config.import_max_bytes)?;
    let (run, account) = (id.0, account.0);
    deliver::check(state.db.reader(), ItemKey { run_id: run, account_id: account }).await?;
    let received = receive(&state, &caller, payload).await?;
    let order = ImportOrder {
        account,
        received,
        filename: query.filename.as_deref().and_then(filename),
        dry_run: false,
        strict: query.strict.unwrap_or(false),
    };
    let begin = async |txn: &sea_orm::DatabaseTransaction| {
        answer::accepted(location(run), &deliver::deliver(txn, &caller.later(), run, &order).await?)
    };
    let outcome = idempotency::run(&state.db, &state.flights, &caller, None, begin).await;
    discard(&state, order.received.file).await;
    waiting::settle(&state, (&call, None), outcome?, async |_| seen(&state, run).await).await
}
