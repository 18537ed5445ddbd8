//! What the list, the summary and the export of account movements are asked for, and what that means.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::day;
use crate::domain::id::{AccountId, CustomerId};
use crate::domain::money::{Currency, Money};
use crate::domain::movement::{BookingType, Direction as MoneyDirection, Folder, MovementStatus};
use crate::error::{Error, Reason};
use crate::handlers::extract::Limit;
use crate::services::movements::list::{AmountBound, MovementFilter, SortBy};
use crate::services::page::Direction;
use crate::views::day::Day;
use crate::views::money::Checks;
use crate::views::movements::AppliedFilters;

/// The filters, which list, summary and export have in common; each is a flat object of its own, because unknown
/// parameters are refused by name.
macro_rules! filtered {
    ($(#[$doc:meta])* $name:ident { $($more:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
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
            /// At least, whatever the sign; not negative.
            pub amount_abs_from: Option<String>,
            /// At most, whatever the sign; not negative.
            pub amount_abs_to: Option<String>,
            #[param(example = "EUR")]
            pub currency: Option<String>,
            #[param(inline)]
            pub account_id: Option<AccountId>,
            /// Assigned to an order, invoice or refund of this customer.
            #[param(inline)]
            pub customer_id: Option<CustomerId>,
            #[param(inline)]
            pub booking_type: Option<BookingType>,
            #[param(inline)]
            pub status: Option<MovementStatus>,
            #[param(inline)]
            pub direction: Option<MoneyDirection>,
            /// `true`: those that may be the same payment as a line of another file; `false`: the others.
            pub possible_duplicate: Option<bool>,
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
            $($more)*
        }

        impl $name {
            /// The filters as they were given.
            pub fn applied(&self) -> AppliedFilters {
                AppliedFilters {
                    folder: self.folder,
                    counterparty: self.counterparty.clone(),
                    purpose: self.purpose.clone(),
                    transaction_id: self.transaction_id.clone(),
                    q: self.q.clone(),
                    amount_from: self.amount_from.clone(),
                    amount_to: self.amount_to.clone(),
                    amount_abs_from: self.amount_abs_from.clone(),
                    amount_abs_to: self.amount_abs_to.clone(),
                    currency: self.currency.clone(),
                    account_id: self.account_id,
                    customer_id: self.customer_id,
                    booking_type: self.booking_type,
                    status: self.status,
                    direction: self.direction,
                    possible_duplicate: self.possible_duplicate,
                    date_from: self.date_from,
                    date_to: self.date_to,
                    year: self.year.clone(),
                    month: self.month.clone(),
                    day: self.day,
                }
            }
        }
    };
}

filtered! {
    /// All that is given must hold. Exactly one of `year`, `month`, `day`, or `date_from` with `date_to`.
    MovementQuery {
        /// `-booking_date` (default), `booking_date`, `-amount`, `amount`.
        #[param(inline)]
        pub sort: Option<MovementSort>,
        /// 1 to 200; 50 when absent.
        #[param(inline)]
        pub limit: Option<Limit>,
        /// `next_cursor` of the page before.
        pub cursor: Option<String>,
    }
}

filtered! {
    /// The filters of the list.
    SummaryQuery {}
}

filtered! {
    /// The filters and orders of the list.
    ExportQuery {
        /// `csv` for programs and, in German, for Excel; `xlsx` with numbers and dates as such.
        #[param(inline)]
        pub format: ExportFormat,
        /// `-booking_date` (default), `booking_date`, `-amount`, `amount`.
        #[param(inline)]
        pub sort: Option<MovementSort>,
    }
}

crate::codes! {
    /// What an export is written as.
    pub enum ExportFormat {
        Csv = "csv",
        Xlsx = "xlsx",
    }

    /// The order of the list.
    pub enum MovementSort {
        Newest = "-booking_date",
        Oldest = "booking_date",
        Largest = "-amount",
        Smallest = "amount",
    }
}

impl MovementSort {
    pub const fn order(self) -> (SortBy, Direction) {
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

impl AppliedFilters {
    /// What they mean.
    ///
    /// # Errors
    /// `invalid_value` and the rules' codes, for every wrong value at once.
    pub fn filter(&self) -> Result<MovementFilter, Error> {
        let mut checks = Checks::of_query();
        let currency = self.currency.as_deref().and_then(|code| checks.currency("currency", code));
        let in_currency = currency.unwrap_or(Currency::EUR);
        let mut bound = |name: &'static str, text: Option<&String>, signed: bool| {
            let parsed = Money::parse(text?, in_currency).map_err(Error::from).and_then(|money| match money.minor() {
                minor if signed || minor >= 0 => Ok(AmountBound(minor)),
                _ => Err(Error::wrong(Reason::NegativeBound)),
            });
            checks.note(name, parsed)
        };
        let (amount_from, amount_to) =
            (bound("amount_from", self.amount_from.as_ref(), true), bound("amount_to", self.amount_to.as_ref(), true));
        let amount_abs_from = bound("amount_abs_from", self.amount_abs_from.as_ref(), false);
        let amount_abs_to = bound("amount_abs_to", self.amount_abs_to.as_ref(), false);
        let bounded = [amount_from, amount_to, amount_abs_from, amount_abs_to].iter().any(Option::is_some);
        checks.ordered(("amount_from", "amount_to"), (amount_from, amount_to));
        checks.ordered(("amount_abs_from", "amount_abs_to"), (amount_abs_from, amount_abs_to));
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
            customer_id: self.customer_id,
            booking_type: self.booking_type,
            status: self.status,
            direction: self.direction,
            possible_duplicate: self.possible_duplicate,
            date_from,
            date_to,
        })
    }

    fn period(&self, checks: &mut Checks) -> Period {
        let (from, to) = (self.date_from.map(NaiveDate::from), self.date_to.map(NaiveDate::from));
        let given = [
            ("year", self.year.is_some()),
            ("month", self.month.is_some()),
            ("day", self.day.is_some()),
            ("date_from", from.is_some()),
            ("date_to", from.is_none() && to.is_some()),
        ];
        for (name, _) in given.iter().filter(|(_, given)| *given).skip(1) {
            checks.note::<()>(*name, Err(Error::wrong(Reason::OnePeriodOnly)));
        }
        checks.ordered(("date_from", "date_to"), (from, to));
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
