//! Which balances does a statement begin and end with, and do its lines lead from one to the other?
//!
//! Only booked balances count; available ones hold credit lines. An interim report may leave out what an earlier one told,
//! so its balances are looked at, but never held against it; a notification has none. Must never hold lines.

use chrono::NaiveDate;

use super::super::emitter::Words;
use super::super::totals;
use super::entry::{Direction, Leaf, RawAmount};
use super::{Emitter, Family, Place, values};
use crate::domain::money::{Currency, Money};

/// The balances of one statement.
#[derive(Default)]
pub(super) struct Balances {
    current: Balance,
    pub(super) opening: Option<Money>,
    pub(super) closing: Option<Money>,
    pub(super) closing_date: Option<NaiveDate>,
    /// First and last interim balance.
    interim: Option<(Money, Money)>,
}

/// One `Bal` being read.
#[derive(Default)]
struct Balance {
    kind: String,
    amount: Option<RawAmount>,
    direction: Option<Direction>,
    date: Option<NaiveDate>,
}

impl Balances {
    pub(super) fn open(&mut self) {
        self.current = Balance::default();
    }

    /// An element closes; `path` is below `Bal`.
    pub(super) fn close(&mut self, path: &str, leaf: Leaf<'_>) {
        let balance = &mut self.current;
        match path {
            "Tp/CdOrPrtry/Cd" => leaf.text.trim().clone_into(&mut balance.kind),
            "Amt" => balance.amount = Some(leaf.into()),
            "CdtDbtInd" => balance.direction = Direction::parse(leaf.text),
            "Dt/Dt" | "Dt/DtTm" => balance.date = values::date(leaf.text.trim()),
            _ => {}
        }
    }

    /// A `Bal` closes.
    ///
    /// # Errors
    /// What is wrong with a balance that would count.
    pub(super) fn take(&mut self, default: Option<Currency>) -> Result<(), Words> {
        let balance = std::mem::take(&mut self.current);
        if !matches!(balance.kind.as_str(), "OPBD" | "PRCD" | "CLBD" | "ITBD") {
            return Ok(());
        }
        let money = balance.money(default)?;
        match balance.kind.as_str() {
            "OPBD" => self.opening = Some(money),
            "CLBD" => (self.closing, self.closing_date) = (Some(money), balance.date),
            "ITBD" => self.interim = Some((self.interim.map_or(money, |(first, _)| first), money)),
            // The balance the previous statement closed with stands in for a missing opening balance.
            _ => self.opening = self.opening.or(Some(money)),
        }
        Ok(())
    }

    /// The gap between the closing balance and what opening balance and lines give; none where it cannot be told.
    pub(super) fn check(
        &self,
        sum: Option<Money>,
        (family, place): (Family, Place<'_>),
        emitter: &mut Emitter<'_>,
    ) -> Option<Money> {
        if family != Family::Report {
            return totals::gap((self.opening, self.closing, sum), place, emitter);
        }
        let several = self.interim.filter(|(first, last)| first != last);
        let opening = self.opening.or(several.map(|(first, _)| first))?;
        let closing = self.closing.or(self.interim.map(|(_, last)| last))?;
        let change = closing.checked_sub(opening).ok();
        if change.is_some() && change == sum {
            return self.closing.map(|closing| Money::zero(closing.currency()));
        }
        let message = "the entries do not lead from one balance to the other; an interim report may leave out what an \
                       earlier one told, so its balances are not checked";
        emitter.warn(place, "balance_not_checked", message);
        None
    }
}

impl Balance {
    fn money(&self, default: Option<Currency>) -> Result<Money, Words> {
        let raw = self.amount.as_ref().ok_or_else(|| values::AmountFault::Missing.words())?;
        let money = values::currency(raw.currency.as_deref(), default)
            .and_then(|currency| values::amount(&raw.text, currency))
            .map_err(|fault| fault.words())?;
        match self.direction {
            Some(direction) => direction.sign(money).ok_or_else(|| values::AmountFault::TooLarge.words()),
            None if money.is_zero() => Ok(money),
            None => Err("the balance does not say whether it is a credit or a debit; it is not used".into()),
        }
    }
}
