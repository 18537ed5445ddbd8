//! The books: accounts, journal, trial balance, proof. Read only; entries are posted by what happens.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Call, Limit, PathId, Query};
use super::problem::lang::Lang;
use crate::access::require::{ReadLedger, Require};
use crate::domain::id::{JournalEntryId, SubjectId};
use crate::domain::ledger::EntryKind;
use crate::services::ledger::{self, EntryFilter, NameOf};
use crate::services::verify;
use crate::state::AppState;
use crate::views::day::Day;
use crate::views::ledger::{AccountsView, JournalEntryView, ProofView, TrialBalanceView};
use crate::views::money::Checks;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(accounts).service(entries).service(entry).service(trial_balance).service(proof);
}

impl Versioned for JournalEntryView {
    fn version(&self) -> i64 {
        self.version
    }
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntryQuery {
    /// Only entries of this movement, assignment, invoice, correction, payment or refund.
    #[param(inline, value_type = Option<SubjectId>)]
    pub subject_id: Option<String>,
    #[param(inline)]
    pub kind: Option<EntryKind>,
    #[param(inline)]
    pub date_from: Option<Day>,
    #[param(inline)]
    pub date_to: Option<Day>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrialBalanceQuery {
    /// The last day that counts; without it everything.
    #[param(inline)]
    pub date_to: Option<Day>,
}

/// Names of accounts in the language of the request.
fn name_of(request: &HttpRequest) -> NameOf {
    match Lang::of(request) {
        Lang::De => |names| &names.german,
        Lang::En => |names| &names.english,
    }
}

/// List the accounts of the ledger
#[utoipa::path(get, path = "/v1/ledger/accounts", tag = "Ledger", operation_id = "ledger_accounts",
    responses((status = 200, body = AccountsView)), security(("bearer" = ["ledger.read"])))]
#[get("/v1/ledger/accounts")]
pub async fn accounts(state: web::Data<AppState>, _caller: Require<ReadLedger>, request: HttpRequest) -> Answered {
    let items = ledger::accounts(state.db.reader(), name_of(&request)).await?;
    Ok(HttpResponse::Ok().json(AccountsView { items, next_cursor: None, has_more: false }))
}

/// List journal entries, newest date first
#[utoipa::path(get, path = "/v1/journal-entries", tag = "Ledger", operation_id = "journal_entry_list", params(EntryQuery),
    responses((status = 200, body = List<JournalEntryView>)), security(("bearer" = ["ledger.read"])))]
#[get("/v1/journal-entries")]
pub async fn entries(
    state: web::Data<AppState>,
    _caller: Require<ReadLedger>,
    request: HttpRequest,
    query: Query<EntryQuery>,
) -> Answered {
    let page = query.page(query.limit, query.cursor.as_ref());
    let EntryQuery { subject_id, kind, date_from, date_to, .. } = query.value.clone();
    let mut checks = Checks::of_query();
    checks.ordered(("date_from", "date_to"), (date_from, date_to));
    checks.finish()?;
    let filter =
        EntryFilter { subject_id, kind, date_from: date_from.map(Into::into), date_to: date_to.map(Into::into) };
    answer::list(&request, ledger::entries(state.db.reader(), &filter, &page, name_of(&request)).await?)
}

/// Show a journal entry
#[utoipa::path(get, path = "/v1/journal-entries/{id}", tag = "Ledger", operation_id = "journal_entry_show",
    params(("id" = JournalEntryId, Path)), responses((status = 200, body = JournalEntryView)),
    security(("bearer" = ["ledger.read"])))]
#[get("/v1/journal-entries/{id}")]
pub async fn entry(
    state: web::Data<AppState>,
    _caller: Require<ReadLedger>,
    request: HttpRequest,
    (call, id): (Call, PathId<JournalEntryId>),
) -> Answered {
    answer::resource(&call, &ledger::entry(state.db.reader(), id.0, name_of(&request)).await?)
}

/// Sums of every account
#[utoipa::path(get, path = "/v1/ledger/trial-balance", tag = "Ledger", operation_id = "ledger_trial_balance",
    params(TrialBalanceQuery), responses((status = 200, body = TrialBalanceView)),
    security(("bearer" = ["ledger.read"])))]
#[get("/v1/ledger/trial-balance")]
pub async fn trial_balance(
    state: web::Data<AppState>,
    _caller: Require<ReadLedger>,
    request: HttpRequest,
    query: Query<TrialBalanceQuery>,
) -> Answered {
    let balance = ledger::trial_balance(state.db.reader(), query.date_to.map(Into::into), name_of(&request)).await?;
    Ok(HttpResponse::Ok().json(balance))
}

/// Prove the books: every invariant, and who breaks it
///
/// The same as `heller verify`. 200 also when something is wrong: look at `ok`.
#[utoipa::path(get, path = "/v1/ledger/proof", tag = "Ledger", operation_id = "ledger_proof",
    responses((status = 200, body = ProofView)), security(("bearer" = ["ledger.read"])))]
#[get("/v1/ledger/proof")]
pub async fn proof(state: web::Data<AppState>, _caller: Require<ReadLedger>) -> Answered {
    Ok(HttpResponse::Ok().json(ProofView::from(verify::verify(state.db.reader()).await?)))
}
