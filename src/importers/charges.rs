//! Which part of a booked amount are the bank's charges?
//!
//! Formats name an original amount and charges in words of their own; the arithmetic decides for all of them. Charges
//! inside the booked amount become lines of their own, charges that were booked apart make none, and nothing is split
//! that does not add up to the last digit: a line and its charges are together what the bank booked.

use super::emitter::{Emitter, Place};
use super::{LineKind, Ordinal, StatementLine};
use crate::domain::money::Money;

/// Most charges of one booking. Banks name two.
pub(super) const CHARGES_MAX: usize = 8;

/// What a file says about the charges of a booking.
#[derive(Debug, Default)]
pub(super) struct Charges {
    /// What it names as the amount before charges, without sign, the most telling first.
    pub(super) originals: Vec<Money>,
    /// Signed: what the bank takes is negative.
    pub(super) charges: Vec<Money>,
    /// The bank says in so many words that all of them are inside the amount.
    pub(super) included: bool,
}

/// What becomes of a booked amount.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// No charges, or they are booked apart.
    Whole,
    /// The rest and the charges, signed; together they are what was booked.
    Parts(Money, Vec<Money>),
    /// Charges are named, and it cannot be told whether they are inside.
    Unclear,
}

impl Charges {
    /// Compares with what was booked.
    pub(super) fn split(mut self, booked: Money) -> Split {
        self.charges.retain(|charge| !charge.is_zero());
        if self.charges.is_empty() {
            return Split::Whole;
        }
        let currency = booked.currency();
        let signed = |amount: Money| if booked.is_negative() { amount.checked_neg().ok() } else { Some(amount) };
        let usable = |amount: &Money| amount.currency() == currency && !amount.is_zero();
        let originals: Vec<Money> = self.originals.into_iter().filter(usable).filter_map(signed).collect();
        if originals.contains(&booked) {
            return Split::Whole;
        }
        let rest = Money::sum(self.charges.iter().copied(), currency).and_then(|charges| booked.checked_sub(charges));
        let Ok(rest) = rest else { return Split::Unclear };
        let named = originals.contains(&rest);
        let said = self.included && originals.is_empty() && usable(&rest) && rest.is_negative() == booked.is_negative();
        if named || said { Split::Parts(rest, self.charges) } else { Split::Unclear }
    }
}

/// The line without its charges, and a line for each of them; `next` is the first place in the entry that is free.
pub(super) fn apart(
    mut line: StatementLine,
    (charges, next): (Charges, u64),
    place: Place<'_>,
    emitter: &mut Emitter<'_>,
) -> Vec<StatementLine> {
    let charges = match charges.split(line.amount) {
        Split::Whole => Vec::new(),
        Split::Parts(rest, charges) => {
            line.amount = rest;
            charges
        }
        Split::Unclear => {
            let message = "the charges named here and the original amount do not make up the booked amount; it is one \
                           line, compare it with the bank's own list";
            emitter.warn(place, "charges_not_split", message);
            Vec::new()
        }
    };
    let fees: Vec<StatementLine> = (next..).zip(charges).map(|(number, charge)| fee(&line, number, charge)).collect();
    std::iter::once(line).chain(fees).collect()
}

/// A charge has the texts of what it was for, so that people see it and equal charges of different bookings differ.
fn fee(of: &StatementLine, number: u64, charge: Money) -> StatementLine {
    let ordinal = Ordinal { detail: number, ..of.ordinal };
    StatementLine {
        ordinal,
        amount: charge,
        kind: LineKind::Fee,
        return_reason: None,
        fee_of: Some(of.ordinal),
        ..of.clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::money::Currency;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn split(originals: &[i64], charges: &[i64], included: bool, booked: i64) -> Split {
        let all = |minor: &[i64]| minor.iter().copied().map(eur).collect();
        Charges { originals: all(originals), charges: all(charges), included }.split(eur(booked))
    }

    #[test]
    fn any_of_the_named_amounts_may_be_the_one_that_adds_up() {
        let parts = |rest, charges: &[i64]| Split::Parts(eur(rest), charges.iter().copied().map(eur).collect());
        assert_eq!(split(&[1_000], &[-300, -250], false, -1_550), parts(-1_000, &[-300, -250]));
        assert_eq!(split(&[7, 1_000], &[-300, 0, -250], false, -1_550), parts(-1_000, &[-300, -250]));
        assert_eq!(split(&[1_185], &[-50], false, 1_135), parts(1_185, &[-50]));
        assert_eq!(split(&[1_000], &[-540, 20], false, -1_520), parts(-1_000, &[-540, 20]), "a charge given back");
    }

    #[test]
    fn a_bank_that_says_they_are_inside_is_believed_where_nothing_contradicts_it() {
        assert_eq!(split(&[], &[-550], true, -1_550), Split::Parts(eur(-1_000), vec![eur(-550)]));
        assert_eq!(split(&[], &[-50], true, 1_135), Split::Parts(eur(1_185), vec![eur(-50)]));
        for unclear in [
            split(&[], &[-550], false, -1_550),
            split(&[999], &[-550], true, -1_550),
            split(&[], &[-1_550], true, -1_550),
            split(&[], &[-1_551], true, -1_550),
        ] {
            assert_eq!(unclear, Split::Unclear);
        }
    }

    #[test]
    fn charges_booked_apart_and_no_charges_leave_the_amount_whole() {
        for whole in [split(&[1_550], &[-550], true, -1_550), split(&[], &[], true, 1), split(&[5], &[0], false, -7)] {
            assert_eq!(whole, Split::Whole);
        }
        let dollars = Money::new(1_000, Currency::parse("USD").unwrap());
        let foreign = Charges { originals: vec![dollars], charges: vec![eur(-550)], included: false };
        assert_eq!(foreign.split(eur(-1_550)), Split::Unclear);
        let foreign = Charges { originals: vec![eur(1_000)], charges: vec![dollars], included: true };
        assert_eq!(foreign.split(eur(-1_550)), Split::Unclear);
    }

    proptest! {
        #[test]
        fn the_parts_are_always_what_was_booked(
            originals in prop::collection::vec(0_i64..50, 0..3),
            charges in prop::collection::vec(-20_i64..20, 0..4),
            included: bool,
            booked in -50_i64..50,
        ) {
            if let Split::Parts(rest, parts) = split(&originals, &charges, included, booked) {
                prop_assert_eq!(rest.minor() + parts.iter().map(|part| part.minor()).sum::<i64>(), booked);
                prop_assert!(!rest.is_zero() && parts.iter().all(|part| !part.is_zero()));
            }
        }
    }
}
