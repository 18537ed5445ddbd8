//! What stands in front of a statement's first balance or entry?
//!
//! Fields in any order: number of the message and of the statement, account, floor limits, time. Kept until something
//! follows that tells whether a statement begins or the last one goes on.

use super::super::StatementHeader;
use super::super::values as shared;
use super::fields::Field;
use super::line::Report;
use super::statement::day_of_stamp;
use super::{balance, values};
use crate::domain::money::Currency;

#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    line: u64,
    message: Option<String>,
    number: Option<String>,
    account: values::Account,
    has_account: bool,
    floor_currency: Option<Currency>,
    /// A limit other than zero: entries below it are not in the message.
    floor: bool,
    has_limit: bool,
    created: Option<chrono::NaiveDate>,
    /// Whether it says when it was made.
    has_stamp: bool,
}

impl Head {
    pub(super) fn new(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// Takes a field in.
    pub(super) fn take(&mut self, field: &Field) {
        match field.tag.as_str() {
            "20" => self.message = shared::clean(&field.compact()),
            "25" | "25P" => {
                self.account = values::account(field.lines.first().map_or("", String::as_str));
                self.has_account = true;
            }
            "28" | "28C" => self.number = shared::clean(&field.compact()),
            "34F" => self.take_limit(&field.compact()),
            "13" | "13D" => {
                self.created = day_of_stamp(&field.compact());
                self.has_stamp = true;
            }
            _ => {}
        }
    }

    fn take_limit(&mut self, text: &str) {
        self.has_limit = true;
        if let Some((currency, limit)) = balance::floor_limit(text) {
            self.floor_currency = Some(currency);
            self.floor |= limit.is_none_or(|limit| !limit.is_zero());
        }
    }

    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn header(&self, ordinal: u64) -> StatementHeader {
        StatementHeader {
            ordinal,
            source_line: self.line,
            id: self.number.clone().or_else(|| self.message.clone()),
            account_iban: self.account.iban.clone(),
            account_other: self.account.other.clone(),
            created: self.created,
            ..StatementHeader::default()
        }
    }

    pub(super) fn currency(&self) -> Option<Currency> {
        self.floor_currency.or(self.account.currency)
    }

    /// Interim reports have limits, or at least say at what time they were made; statements have balances, and an opening
    /// balance behind this head makes it one.
    pub(super) const fn report(&self) -> Report {
        if self.has_limit || self.has_stamp { Report::Interim } else { Report::Statement }
    }

    pub(super) const fn has_floor(&self) -> bool {
        self.floor
    }

    pub(super) const fn has_account(&self) -> bool {
        self.has_account
    }
}
