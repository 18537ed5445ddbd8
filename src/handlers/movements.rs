//! Account movements.

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered, List, Versioned};
use super::extract::{Body, Call, PathId, Query, query_id};
use crate::access::require::{AssignMovements, HideMovements, ReadMovements, Require};
use crate::domain::id::MovementId;
use crate::domain::money::{Currency, Money};
use crate::domain::movement::{BookingType, Direction as MoneyDirection, Folder, MovementStatus};
use crate::error::{Code, Error, Place};
use crate::services::movements::list::{AmountBound, MovementFilter, SortBy};
use crate::services::movements::{self, Visibility};
use crate::services::page::Direction;
use crate::state::AppState;
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
    #[param(example = "10.00")]
    pub amount_from: Option<String>,
    /// At most, inclusive, signed.
    pub amount_to: Option<String>,
    /// At least, whatever the sign.
    pub amount_abs_from: Option<String>,
    /// At most, whatever the sign.
    pub amount_abs_to: Option<String>,
    #[param(example = "EUR")]
    pub currency: Option<String>,
    pub account_id: Option<String>,
    #[param(inline)]
    pub booking_type: Option<BookingType>,
    #[param(inline)]
    pub status: Option<MovementStatus>,
    #[param(inline)]
    pub direction: Option<MoneyDirection>,
    pub date_from: Option<NaiveDate>,
    pub date_to: Option<NaiveDate>,
    #[param(example = "2026")]
    pub year: Option<String>,
    #[param(example = "2026-11")]
    pub month: Option<String>,
    #[param(example = "2026-11-22")]
    pub day: Option<NaiveDate>,
    /// `-booking_date` (default), `booking_date`, `-amount`, `amount`.
    #[param(example = "-booking_date")]
    pub sort: Option<String>,
    /// 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

fn wrong(name: &'static str, reason: impl std::fmt::Display) -> Error {
    Error::new(Code::InvalidValue).with("reason", reason).at_place(Place::Query, name)
}

impl MovementQuery {
    fn filter(&self) -> Result<MovementFilter, Error> {
        let at = |name: &'static str| move |error| Error::from(error).at_place(Place::Query, name);
        let currency = self.currency.as_deref().map(Currency::parse).transpose().map_err(at("currency"))?;
        let in_currency = currency.unwrap_or(Currency::EUR);
        let bound = |name: &'static str, text: &Option<String>| {
            let parsed = text.as_deref().map(|text| Money::parse(text, in_currency)).transpose();
            parsed.map(|money| money.map(|money| AmountBound(money.minor()))).map_err(at(name))
        };
        let (amount_from, amount_to) = (bound("amount_from", &self.amount_from)?, bound("amount_to", &self.amount_to)?);
        let amount_abs_from = bound("amount_abs_from", &self.amount_abs_from)?;
        let amount_abs_to = bound("amount_abs_to", &self.amount_abs_to)?;
        let bounded = [amount_from, amount_to, amount_abs_from, amount_abs_to].iter().any(Option::is_some);
        if amount_from.zip(amount_to).is_some_and(|(from, to)| from.0 > to.0) {
            return Err(wrong("amount_from", "amount_from is above amount_to"));
        }
        let (date_from, date_to) = self.period()?;
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
            account_id: query_id("account_id", self.account_id.as_ref())?,
            booking_type: self.booking_type,
            status: self.status,
            direction: self.direction,
            date_from,
            date_to,
        })
    }

    fn period(&self) -> Result<(Option<NaiveDate>, Option<NaiveDate>), Error> {
        let ranged = self.date_from.is_some() || self.date_to.is_some();
        let given = [self.year.is_some(), self.month.is_some(), self.day.is_some(), ranged];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err(wrong("date_from", "give one of year, month, day, or date_from with date_to"));
        }
        if let Some(day) = self.day {
            return Ok((Some(day), Some(day)));
        }
        if let Some(month) = &self.month {
            let first: NaiveDate =
                format!("{month}-01").parse().map_err(|_| wrong("month", "month is like 2026-11"))?;
            return Ok((
                Some(first),
                first.checked_add_months(chrono::Months::new(1)).and_then(|next| next.pred_opt()),
            ));
        }
        if let Some(year) = &self.year {
            let number = year.parse::<i32>().ok().filter(|number| (1900..=2200).contains(number));
            let number = number.ok_or_else(|| wrong("year", "year is like 2026"))?;
            let first = NaiveDate::from_ymd_opt(number, 1, 1).map(|first| first.with_day(1).unwrap_or(first));
            return Ok((first, NaiveDate::from_ymd_opt(number, 12, 31)));
        }
        if self.date_from.zip(self.date_to).is_some_and(|(from, to)| from > to) {
            return Err(wrong("date_from", "date_from is after date_to"));
        }
        Ok((self.date_from, self.date_to))
    }

    fn order(&self) -> Result<(SortBy, Direction), Error> {
        match self.sort.as_deref() {
            None | Some("-booking_date") => Ok((SortBy::BookingDate, Direction::Descending)),
            Some("booking_date") => Ok((SortBy::BookingDate, Direction::Ascending)),
            Some("-amount") => Ok((SortBy::Amount, Direction::Descending)),
            Some("amount") => Ok((SortBy::Amount, Direction::Ascending)),
            Some(_) => Err(wrong("sort", "sort is booking_date or amount, with - for descending")),
        }
    }
}

/// List account movements
#[utoipa::path(get, path = "/v1/account-movements", tag = "Account movements", operation_id = "account_movement_list", params(MovementQuery),
    responses((status = 200, body = List<MovementView>)), security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements")]
pub async fn page(
    state: web::Data<AppState>,
    request: HttpRequest,
    _caller: Require<ReadMovements>,
    query: Query<MovementQuery>,
) -> Answered {
    let (filter, order) = (query.filter()?, query.order()?);
    let page = query.page(query.limit, query.cursor.as_ref())?;
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
