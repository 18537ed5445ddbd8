//! Does a statement's arithmetic hold: opening balance plus booked lines gives the closing balance?
//!
//! The bank's own figures are the only judge of a reading. Lines are not held: of what went by, only count and sum are.

use chrono::NaiveDate;

use super::emitter::{Emitter, Place, both};
use super::{LineStatus, StatementLine};
use crate::domain::money::{Currency, Money};

/// What is kept of the lines that went by.
#[derive(Default)]
pub(in crate::importers) struct Totals {
    pub(in crate::importers) lines: u64,
    sum: Option<Money>,
    /// Several currencies or more than an i64 holds: no sum can be given.
    broken: bool,
    /// First and last day of the booked lines.
    days: Option<(NaiveDate, NaiveDate)>,
}

impl Totals {
    pub(in crate::importers) fn count(&mut self, line: &StatementLine) {
        self.lines = self.lines.saturating_add(1);
        if line.status == LineStatus::Booked {
            let sum = self.sum.unwrap_or(Money::zero(line.amount.currency())).checked_add(line.amount);
            self.broken |= sum.is_err();
            self.sum = sum.ok().or(self.sum);
            let day = line.booking_date;
            let (first, last) = self.days.unwrap_or((day, day));
            self.days = Some((first.min(day), last.max(day)));
        }
    }

    /// Whether a line is booked before a day or after another.
    pub(in crate::importers) fn reach_beyond(&self, from: Option<NaiveDate>, to: Option<NaiveDate>) -> bool {
        self.days.is_some_and(|(first, last)| from.is_some_and(|from| first < from) || to.is_some_and(|to| last > to))
    }

    pub(in crate::importers) fn sum(&self, currency: Option<Currency>) -> Option<Money> {
        let nothing = currency.map(Money::zero);
        if self.broken { None } else { self.sum.or(nothing) }
    }
}

/// Closing balance minus opening balance minus sum, and what there is to say about it at `place`.
pub(in crate::importers) fn gap(
    (opening, closing, sum): (Option<Money>, Option<Money>, Option<Money>),
    place: Place<'_>,
    emitter: &mut Emitter<'_>,
) -> Option<Money> {
    let gap = match (opening, closing, sum) {
        (Some(opening), Some(closing), Some(sum)) => {
            closing.checked_sub(opening).and_then(|change| change.checked_sub(sum)).ok()
        }
        _ => None,
    };
    match gap {
        Some(gap) if gap.is_zero() => {}
        Some(gap) => {
            let message = both(
                format!(
                    "opening balance plus booked lines misses the closing balance by {gap}; compare the bank's list"
                ),
                format!(
                    "Anfangssaldo und Buchungen verfehlen den Endsaldo um {gap}; vergleichen Sie mit der Liste der Bank"
                ),
            );
            emitter.warn(place, "balance_mismatch", message);
        }
        None if opening.is_some() && closing.is_some() => {
            let message = "the balances cannot be checked, they or the lines have several currencies";
            emitter.warn(place, "balance_not_checked", message);
        }
        // Several banks leave balances out, and the standard's newer versions let them.
        None => {}
    }
    gap
}
