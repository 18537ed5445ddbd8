//! Account movements.

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, Limit, PathId, Query};
use crate::access::require::{AssignMovements, HideMovements, ReadMovements, Require};
use crate::domain::day;
use crate::domain::id::{AccountId, MovementId};
use crate::domain::money::{Currency, Money};
use crate::domain::movement::{BookingType, Direction as MoneyDirection, Folder, MovementStatus};
use crate::error::{Error, Reason};
use crate::services::movements::list::{AmountBound, MovementFilter, SortBy};
use crate::services::movements::{self, Visibility};
use crate::services::page::Direction;
use crate::state::AppState;
use crate::views::day::Day;
use crate::views::money::{Amount, Checks, CurrencyCode};
use crate::views::movements::{Folders, MovementDetails, MovementIds, MovementPatch, MovementView, Movements};

pub fn configure(config: &mut ServiceConfig<'_>) {
    // The fixed paths come before `{id}`.
    config.service(page).service(folders).service(hide).service(unhide);
    config.service(show).service(related).service(comment);
}

impl Versioned for MovementView {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for MovementDetails {
    fn version(&self) -> i64 {
        self.movement.version
    }
}

/// All that is given must hold. Exactly one of `year`, `month`, `day`, or `date_from` with `date_to`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MovementQuery {
    /// Folders overlap; absent: everything that is not hidden.
    #[param(inline)]
    pub folder: Option<Folder>,
    /// A part of the counterparty's name; case and umlaut spelling do not matter.
    pub counterparty: Option<String>,
    /// A part of the purpose.
    pub purpose: Option<String>,
    /// A part of the transaction id.
    pub transaction_id: Option<String>,
    /// In counterparty, purpose or transaction id.
    pub q: Option<String>,
    /// At least, inclusive, signed; decimal string in `currency`. A bound without `currency` means EUR and finds
    /// movements in EUR only.
    #[param(inline, value_type = Option<Amount>, example = "10.00")]
    pub amount_from: Option<String>,
    /// At most, inclusive, signed.
    #[param(inline, value_type = Option<Amount>, example = "10.00")]
    pub amount_to: Option<String>,
    /// At least, whatever the sign.
    #[param(inline, value_type = Option<Amount>, example = "10.00")]
    pub amount_abs_from: Option<String>,
    /// At most, whatever the sign.
    #[param(inline, value_type = Option<Amount>, example = "10.00")]
    pub amount_abs_to: Option<String>,
    #[param(inline, value_type = Option<CurrencyCode>)]
    pub currency: Option<String>,
    #[param(inline)]
    pub account_id: Option<AccountId>,
    #[param(inline)]
    pub booking_type: Option<BookingType>,
    #[param(inline)]
    pub status: Option<MovementStatus>,
    #[param(inline)]
    pub direction: Option<MoneyDirection>,
    #[param(inline)]
    pub date_from: Option<Day>,
    #[param(inline)]
    pub date_to: Option<Day>,
    #[param(example = "2026", pattern = "^(19[0-9]{2}|2[01][0-9]{2}|2200)$")]
    pub year: Option<String>,
    #[param(example = "2026-11", pattern = "^(19[0-9]{2}|2[01][0-9]{2}|2200)-(0[1-9]|1[0-2])$")]
    pub month: Option<String>,
    #[param(inline)]
    pub day: Option<Day>,
    /// `-booking_date` (default), `booking_date`, `-amount`, `amount`.
    #[param(inline)]
    pub sort: Option<MovementSort>,
    /// 1 to 200; 50 when absent.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

crate::codes! {
    /// The order of the list.
    pub enum MovementSort {
        Newest = "-booking_date",
        Oldest = "booking_date",
        Largest = "-amount",
        Smallest = "amount",
    }
}

impl MovementSort {
    const fn order(self) -> (SortBy, Direction) {
        match self {
            Self::Newest => (SortBy::BookingDate, Direction::Descending),
            Self::Oldest => (SortBy::BookingDate, Direction::Ascending),
            Self::Largest => (SortBy::Amount, Direction::Descending),
            Self::Smallest => (SortBy::Amount, Direction::Ascending),
        }
    }
}

/// First and last day, inclusive.
type Period = (Option<NaiveDate>, Option<NaiveDate>);

fn reversed(from: &'static str, to: &'static str) -> Error {
    Error::wrong(Reason::RangeReversed).with("from", from).with("to", to)
}

impl MovementQuery {
    fn filter(&self) -> Result<MovementFilter, Error> {
        let mut checks = Checks::of_query();
        let currency = self.currency.as_deref().and_then(|code| checks.currency("currency", code));
        let in_currency = currency.unwrap_or(Currency::EUR);
        let mut bound = |name: &'static str, text: Option<&String>| {
            let parsed = Money::parse(text?, in_currency).map_err(Error::from);
            checks.note(name, parsed).map(|money| AmountBound(money.minor()))
        };
        let (amount_from, amount_to) =
            (bound("amount_from", self.amount_from.as_ref()), bound("amount_to", self.amount_to.as_ref()));
        let amount_abs_from = bound("amount_abs_from", self.amount_abs_from.as_ref());
        let amount_abs_to = bound("amount_abs_to", self.amount_abs_to.as_ref());
        let bounded = [amount_from, amount_to, amount_abs_from, amount_abs_to].iter().any(Option::is_some);
        if amount_from.zip(amount_to).is_some_and(|(from, to)| from.0 > to.0) {
            checks.note::<()>("amount_from", Err(reversed("amount_from", "amount_to")));
        }
        let (date_from, date_to) = self.period(&mut checks);
        checks.finish()?;
        Ok(MovementFilter {
            folder: self.folder,
            counterparty: self.counterparty.clone(),
            purpose: self.purpose.clone(),
            transaction_id: self.transaction_id.clone(),
            q: self.q.clone(),
            amount_from,
            amount_to,
            amount_abs_from,
            amount_abs_to,
            // A bound has a currency; ten yen are not within a bound of ten euros.
            currency: currency.or(bounded.then_some(in_currency)),
            account_id: self.account_id,
            booking_type: self.booking_type,
            status: self.status,
            direction: self.direction,
            date_from,
            date_to,
        })
    }

    fn period(&self, checks: &mut Checks) -> Period {
        let (from, to) = (self.date_from.map(NaiveDate::from), self.date_to.map(NaiveDate::from));
        let given = [self.year.is_some(), self.month.is_some(), self.day.is_some(), from.or(to).is_some()];
        if given.iter().filter(|given| **given).count() > 1 {
            checks.note::<()>("date_from", Err(Error::wrong(Reason::OnePeriodOnly)));
        }
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            checks.note::<()>("date_from", Err(reversed("date_from", "date_to")));
        }
        let month = self
            .month
            .as_deref()
            .and_then(|month| checks.note("month", month_of(month).ok_or_else(|| Error::wrong(Reason::NotAMonth))));
        let year = self
            .year
            .as_deref()
            .and_then(|year| checks.note("year", year_of(year).ok_or_else(|| Error::wrong(Reason::NotAYear))));
        let day = self.day.map(NaiveDate::from).map(|day| (Some(day), Some(day)));
        day.or(month).or(year).unwrap_or((from, to))
    }
}

fn month_of(text: &str) -> Option<Period> {
    let first = day::parse(&format!("{text}-01"))?;
    let last = first.checked_add_months(chrono::Months::new(1)).and_then(|next| next.pred_opt());
    Some((Some(first), last))
}

fn year_of(text: &str) -> Option<Period> {
    Some((Some(day::parse(&format!("{text}-01-01"))?), day::parse(&format!("{text}-12-31"))))
}

/// List account movements
///
/// Every filter that is given must hold. One kind of period at a time: `year`, `month`, `day`, or `date_from` with
/// `date_to`; two kinds in one request are 422.
#[utoipa::path(get, path = "/v1/account-movements", tag = "Account movements", operation_id = "account_movement_list", params(MovementQuery),
    responses((status = 200, body = List<MovementView>)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadMovements>,
    query: Query<MovementQuery>,
) -> Answered {
    let filter = query.filter()?;
    let order = query.sort.unwrap_or(MovementSort::Newest).order();
    let page = query.page(query.limit, query.cursor.as_ref());
    answer::list(&request, movements::list::page(state.db.reader(), &filter, order, &page).await?)
}

/// Count and sum the folders
///
/// Folders overlap: a partly assigned movement is in `not_assigned` and in `partially_assigned`.
#[utoipa::path(get, path = "/v1/account-movements/folders", tag = "Account movements", operation_id = "account_movement_folders",
    responses((status = 200, body = Folders)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements/folders")]
pub async fn folders(state: web::Data<AppState>, _caller: Require<ReadMovements>) -> Answered {
    Ok(HttpResponse::Ok().json(movements::list::folders(state.db.reader()).await?))
}

/// Show a movement with its assignments and what may be done with it
#[utoipa::path(get, path = "/v1/account-movements/{id}", tag = "Account movements", operation_id = "account_movement_show", params(("id" = MovementId, Path)),
    responses((status = 200, body = MovementDetails)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements/{id}")]
pub async fn show(
    state: web::Data<AppState>,
    _caller: Require<ReadMovements>,
    call: Call,
    id: PathId<MovementId>,
) -> Answered {
    answer::resource(&call, &movements::show(state.db.reader(), id.0).await?)
}

/// Show the movements of the same case: fees, refunds, chargebacks
#[utoipa::path(get, path = "/v1/account-movements/{id}/related", tag = "Account movements", operation_id = "account_movement_related", params(("id" = MovementId, Path)),
    responses((status = 200, body = Movements)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements/{id}/related")]
pub async fn related(state: web::Data<AppState>, _caller: Require<ReadMovements>, id: PathId<MovementId>) -> Answered {
    Ok(HttpResponse::Ok().json(movements::related(state.db.reader(), id.0).await?))
}

/// Change the internal comment
#[utoipa::path(patch, path = "/v1/account-movements/{id}", tag = "Account movements", operation_id = "account_movement_update", request_body = MovementPatch,
    params(("id" = MovementId, Path), ("If-Match" = String, Header, description = "ETag that was seen")),
    responses((status = 200, body = MovementView), (status = 412, description = "`version_mismatch`"), (status = 428, description = "`precondition_required`"), (status = 409, description = "`concurrent_change`")),
    security(("bearer" = ["movements.assign"])))]
#[patch("/v1/account-movements/{id}")]
pub async fn comment(
    state: web::Data<AppState>,
    caller: Require<AssignMovements>,
    call: Call,
    (id, body): (PathId<MovementId>, Body<MovementPatch>),
) -> Answered {
    let version = call.required_version()?;
    answer::once(&state, &caller, None, async |txn| {
        answer::ok(&movements::comment(txn, &caller, (id.0, version), &body).await?)
    })
    .await
}

/// Hide movements
///
/// A hidden movement is only in the folder `hidden`; nothing about its money changes.
#[utoipa::path(post, path = "/v1/account-movements/hide", tag = "Account movements", operation_id = "account_movement_hide", request_body = MovementIds,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 200, body = Movements), (status = 409, description = "`idempotency_key_in_flight`")), security(("bearer" = ["movements.hide"])))]
#[post("/v1/account-movements/hide")]
pub async fn hide(
    state: web::Data<AppState>,
    caller: Require<HideMovements>,
    call: Call,
    body: Body<MovementIds>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        answer::ok_plain(&movements::set_visibility(txn, &caller, &body.ids, Visibility::Hidden).await?)
    })
    .await
}

/// Show hidden movements again
#[utoipa::path(post, path = "/v1/account-movements/unhide", tag = "Account movements", operation_id = "account_movement_unhide", request_body = MovementIds,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 200, body = Movements), (status = 409, description = "`idempotency_key_in_flight`")), security(("bearer" = ["movements.hide"])))]
#[post("/v1/account-movements/unhide")]
pub async fn unhide(
    state: web::Data<AppState>,
    caller: Require<HideMovements>,
    call: Call,
    body: Body<MovementIds>,
) -> Answered {
    let key = call.optional_key(&caller, &body.hash);
    answer::once(&state, &caller, key, async |txn| {
        answer::ok_plain(&movements::set_visibility(txn, &caller, &body.ids, Visibility::Visible).await?)
    })
    .await
}
