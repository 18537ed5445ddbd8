//! The logbook: what went wrong in runs and imports, or is worth a look.

use actix_web::http::header::{CONTENT_LANGUAGE, HeaderValue};
use actix_web::{HttpRequest, get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered};
use super::extract::{Limit, Query};
use super::problem::lang::Lang;
use crate::access::require::{ReadMovements, Require};
use crate::domain::id::{AccountId, RunId};
use crate::domain::run::LogLevel;
use crate::services::reconciliation::log::{self, LogFilter};
use crate::state::AppState;
use crate::views::runs::{LogRowView, Logbook};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogbookQuery {
    #[param(inline)]
    pub run_id: Option<RunId>,
    #[param(inline)]
    pub account_id: Option<AccountId>,
    #[param(inline)]
    pub level: Option<LogLevel>,
    /// 1 to 200, 50 unless told.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Read the logbook
///
/// Newest first. Rows are only ever added. Messages come in the language of `Accept-Language` and hold no names and
/// no account numbers.
#[utoipa::path(
    get, path = "/v1/logbook", tag = "Reconciliation", operation_id = "logbook_list",
    params(LogbookQuery, ("Accept-Language" = Option<String>, Header, description = "`de` or `en`.")),
    responses((status = 200, body = Logbook)), security(("bearer" = ["movements.read"]))
)]
#[get("/v1/logbook")]
pub async fn list(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadMovements>,
    query: Query<LogbookQuery>,
) -> Answered {
    let page = query.page(query.limit, query.cursor.as_ref());
    let filter = LogFilter { run_id: query.run_id, account_id: query.account_id, level: query.level };
    let (page, lang) = (log::page(state.db.reader(), &filter, &page).await?, Lang::of(&request));
    let spoken = |row: LogRowView| match lang {
        Lang::De => row.in_german(),
        Lang::En => row,
    };
    let mut answer = answer::list(&request, page.map(spoken))?;
    answer.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    Ok(answer)
}
