//! Money in JSON: a decimal string with exactly the currency's digits, and the currency.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::money::{Currency, Money};
use crate::domain::text::composed;
use crate::error::{Error, FieldError, Kind, Place, Reason};

/// An amount: a decimal **string** with exactly the currency's digits, signed where the bank signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Money)]
pub struct MoneyView {
    #[schema(value_type = Amount)]
    pub amount: String,
    /// ISO 4217.
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency().code().to_owned() }
    }
}

/// An amount in a request: fewer digits than the currency has are fine, more are refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyInput {
    #[schema(value_type = Amount)]
    pub amount: String,
    /// ISO 4217.
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
}

/// The schema of an amount's text; the longest is that of the largest number there is.
pub struct Amount;

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(24));
        let text = text.pattern(Some(r"^-?(0|[1-9][0-9]*)(\.[0-9]{1,4})?$"));
        text.description(Some("A decimal number as text.")).examples([serde_json::json!("119.00")]).into()
    }
}

impl ToSchema for Amount {}

/// The schema of a currency's code; [`Currency::parse`] decides which codes there are.
pub struct CurrencyCode;

impl PartialSchema for CurrencyCode {
    fn schema() -> RefOr<Schema> {
        let code = ObjectBuilder::new().schema_type(Type::String).max_length(Some(3)).pattern(Some("^[A-Z]{3}$"));
        code.description(Some("ISO 4217, with minor units.")).examples([serde_json::json!("EUR")]).into()
    }
}

impl ToSchema for CurrencyCode {}

/// Collects everything that is wrong with a body or a query, so that a client learns all of it at once.
#[derive(Debug)]
pub struct Checks {
    place: Place,
    wrong: Vec<FieldError>,
}

impl Default for Checks {
    /// Of a body.
    fn default() -> Self {
        Self { place: Place::Body, wrong: Vec::new() }
    }
}

impl Checks {
    /// Of a query: names of parameters instead of pointers.
    pub const fn of_query() -> Self {
        Self { place: Place::Query, wrong: Vec::new() }
    }

    /// Notes what is wrong at a pointer, and goes on.
    pub fn note<T>(&mut self, pointer: impl Into<String>, found: Result<T, Error>) -> Option<T> {
        match found {
            Ok(value) => Some(value),
            Err(error) => {
                let (code, params) = (error.code(), error.params().clone());
                self.wrong.push(FieldError { place: self.place, pointer: pointer.into(), code, params });
                None
            }
        }
    }

    /// A range whose first end lies above the second finds nothing, which is never what was meant.
    pub fn ordered<T: PartialOrd>(&mut self, (from, to): (&'static str, &'static str), ends: (Option<T>, Option<T>)) {
        if matches!(&ends, (Some(first), Some(last)) if first > last) {
            let reversed = Error::wrong(Reason::RangeReversed).with("from", from).with("to", to);
            self.note::<()>(from, Err(reversed));
        }
    }

    pub fn money(&mut self, pointer: &str, input: &MoneyInput) -> Option<Money> {
        let currency = self.currency(&format!("{pointer}/currency"), &input.currency)?;
        self.note(format!("{pointer}/amount"), Money::parse(&input.amount, currency).map_err(Error::from))
    }

    pub fn optional_money(&mut self, pointer: &str, input: Option<&MoneyInput>) -> Option<Money> {
        self.money(pointer, input?)
    }

    pub fn currency(&mut self, pointer: &str, code: &str) -> Option<Currency> {
        self.note(pointer, Currency::parse(code).map_err(Error::from))
    }

    /// A text of `1..=max` characters, trimmed and composed (NFC).
    pub fn text(&mut self, pointer: &str, text: &str, max: usize) -> Option<String> {
        let composed = composed(text.trim());
        let length = composed.chars().count();
        let found = if (1..=max).contains(&length) {
            Ok(composed)
        } else {
            Err(Error::wrong(Reason::TextLength).with("max", max).with("given", length))
        };
        self.note(pointer, found)
    }

    /// As [`Self::text`]; absent and null stay absent.
    pub fn optional_text(&mut self, pointer: &str, text: Option<&String>, max: usize) -> Option<String> {
        self.text(pointer, text?, max)
    }

    /// A whole number of a range.
    pub fn number(&mut self, pointer: &str, number: i64, (min, max): (i64, i64)) -> Option<i64> {
        let range = || Error::wrong(Reason::NumberRange).with("min", min).with("max", max);
        self.note(pointer, if (min..=max).contains(&number) { Ok(number) } else { Err(range()) })
    }

    /// An id of a wanted kind.
    pub fn id<T: std::str::FromStr>(&mut self, pointer: &str, text: &str, kind: Kind) -> Option<T> {
        self.note(pointer, text.parse().map_err(|_| Error::unknown_reference(kind)))
    }

    /// Notes the first entry of a list that stood in it before.
    pub fn distinct(&mut self, pointer: &str, entries: &[String]) {
        let mut seen = BTreeSet::new();
        if let Some(index) = entries.iter().position(|entry| !seen.insert(entry)) {
            self.note::<()>(format!("{pointer}/{index}"), Err(Error::wrong(Reason::GivenTwice)));
        }
    }

    /// # Errors
    /// All that was noted, if anything was.
    pub fn finish(self) -> Result<(), Error> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Error::invalid(self.wrong)) }
    }
}
