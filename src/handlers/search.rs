//! Search across everything the caller may read.

use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::Answered;
use super::extract::Query;
use crate::access::permission::Permission;
use crate::access::require::{LoggedIn, Require};
use crate::error::{Error, FieldError, Place, Reason};
use crate::services::search::{self, Needle};
use crate::state::AppState;
use crate::views::search::{SearchKind, SearchView};

/// Most characters of a question.
const QUESTION_MAX: usize = 100;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(find);
}

/// The schema of a question.
pub struct Question;

impl PartialSchema for Question {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.min_length(Some(1)).max_length(Some(QUESTION_MAX)).into()
    }
}

impl ToSchema for Question {}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// A number, a name, or a part of either; for movements also of the purpose and the transaction id.
    #[param(inline, value_type = Question, example = "RE-2026-00001")]
    pub q: String,
    /// One kind only.
    #[serde(rename = "type")]
    #[param(inline)]
    pub kind: Option<SearchKind>,
}

/// Find by number or text
///
/// Customers, orders, invoices, invoice corrections, refunds and account movements that the caller may read: without a
/// `type` the other kinds are left out silently, and `searched` names those that were looked at. At most ten of each kind.
#[utoipa::path(get, path = "/v1/search", tag = "Operations", operation_id = "search", params(SearchQuery),
    responses((status = 200, body = SearchView),
        (status = 403, description = "`missing_permission` for the kind asked for, and the licence codes")),
    security(("bearer" = [])))]
#[get("/v1/search")]
pub async fn find(state: web::Data<AppState>, caller: Require<LoggedIn>, query: Query<SearchQuery>) -> Answered {
    let needle = Needle::of(&question(&query.q)?);
    let kinds = match query.kind {
        Some(kind) => may_read(&caller, kind).map(|()| vec![kind])?,
        None => SearchKind::ALL.iter().copied().filter(|kind| may_read(&caller, *kind).is_ok()).collect(),
    };
    Ok(HttpResponse::Ok().json(search::search(state.db.reader(), kinds, &needle).await?))
}

/// What the lists of a kind ask for.
fn may_read(caller: &Require<LoggedIn>, kind: SearchKind) -> Result<(), Error> {
    match kind {
        SearchKind::Customer | SearchKind::Order | SearchKind::Invoice => caller.require(Permission::OrdersRead),
        SearchKind::InvoiceCorrection => caller.require(Permission::CorrectionsRead),
        SearchKind::Refund => caller.require(Permission::RefundsRead).and_then(|()| caller.require_licence()),
        SearchKind::AccountMovement => {
            caller.require(Permission::MovementsRead).and_then(|()| caller.require_licence())
        }
    }
}

fn question(text: &str) -> Result<String, Error> {
    let trimmed = text.trim();
    let given = trimmed.chars().count();
    if (1..=QUESTION_MAX).contains(&given) {
        return Ok(trimmed.to_owned());
    }
    let error = Error::wrong(Reason::TextLength).with("max", QUESTION_MAX).with("given", given);
    let (code, params) = (error.code(), error.params().clone());
    Err(Error::invalid(vec![FieldError { place: Place::Query, pointer: "q".to_owned(), code, params }]))
}
