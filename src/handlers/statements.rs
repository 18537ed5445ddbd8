//! Statements that were imported: their balances, and what lies between them.

use actix_web::{HttpRequest, get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered};
use super::extract::{Limit, Query};
use crate::access::require::{ReadMovements, Require};
use crate::domain::id::AccountId;
use crate::services::reconciliation::balances::{self, StatementFilter};
use crate::state::AppState;
use crate::views::day::Day;
use crate::views::money::Checks;
use crate::views::statements::Statements;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    #[param(inline)]
    pub account_id: Option<AccountId>,
    /// First of the last days.
    #[param(inline)]
    pub date_from: Option<Day>,
    /// Last of the last days.
    #[param(inline)]
    pub date_to: Option<Day>,
    /// 1 to 200, 50 unless told.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// List imported statements
///
/// By their last day, the newest first; without those of hidden accounts. `gap` says whether a statement adds up, `gap_before` what is missing between it and the
/// one of the account before it: days that were not imported.
#[utoipa::path(
    get, path = "/v1/statements", tag = "Reconciliation", operation_id = "statement_list",
    params(StatementQuery), responses((status = 200, body = Statements)), security(("bearer" = ["movements.read"]))
)]
#[get("/v1/statements")]
pub async fn list(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadMovements>,
    query: Query<StatementQuery>,
) -> Answered {
    let page = query.page(query.limit, query.cursor.as_ref());
    let mut checks = Checks::of_query();
    checks.ordered(("date_from", "date_to"), (query.date_from, query.date_to));
    checks.finish()?;
    let filter = StatementFilter {
        account_id: query.account_id,
        date_from: query.date_from.map(Into::into),
        date_to: query.date_to.map(Into::into),
    };
    answer::list(&request, balances::page(state.db.reader(), &filter, &page).await?)
}
