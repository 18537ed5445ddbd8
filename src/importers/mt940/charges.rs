//! Which part of a booked amount are the bank's charges?
//!
//! The texts name the original amount and the charges: `/OCMT/EUR10,00//CHGS/EUR5,50/`, or `OAMT+` and `COAM+` in German
//! returns. The arithmetic decides: charges inside the booked amount become lines of their own, charges that were booked
//! apart make none. Nothing is split that does not add up to the last digit.

use super::super::values as shared;
use super::values;
use crate::domain::money::{Currency, Money};

/// Most charges of one entry. Banks name two.
const CHARGES_MAX: usize = 8;

/// What the texts of an entry say about charges.
#[derive(Debug, Default)]
pub(super) struct Charges {
    original: Option<Money>,
    charges: Vec<Money>,
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
    pub(super) fn read(text: &str, (original, compensation): (Option<&str>, Option<&str>), own: Currency) -> Self {
        let plain = |text: Option<&str>| text.and_then(|text| money(text, Some(own)));
        let mut charges: Vec<Money> = behind(text, "/CHGS/").take(CHARGES_MAX).collect();
        charges.extend(plain(compensation));
        charges.retain(|charge| !charge.is_zero());
        Self { original: behind(text, "/OCMT/").next().or_else(|| plain(original)), charges }
    }

    /// Compares with what was booked.
    pub(super) fn split(self, booked: Money) -> Split {
        if self.charges.is_empty() {
            return Split::Whole;
        }
        let currency = booked.currency();
        let Some(original) = self.original.filter(|original| original.currency() == currency) else {
            return Split::Unclear;
        };
        let signed = if booked.is_negative() { original.checked_neg() } else { Ok(original) };
        let charges: Result<Vec<Money>, _> = self.charges.into_iter().map(Money::checked_neg).collect();
        let (Ok(signed), Ok(charges)) = (signed, charges) else { return Split::Unclear };
        if signed == booked {
            return Split::Whole;
        }
        let together = Money::sum(charges.iter().copied().chain([signed]), currency);
        if together == Ok(booked) && !signed.is_zero() { Split::Parts(signed, charges) } else { Split::Unclear }
    }
}

fn behind<'a>(text: &'a str, code: &'static str) -> impl Iterator<Item = Money> + 'a {
    text.match_indices(code).filter_map(move |(at, _)| {
        let rest = text.get(at.saturating_add(code.len())..)?;
        money(rest.split('/').next()?, None)
    })
}

/// `EUR11,85`, `EUR 11,85` or, where the currency is known, `11,85`.
fn money(text: &str, own: Option<Currency>) -> Option<Money> {
    let text = text.trim();
    let (code, amount) = text.split_at(text.find(|character: char| !character.is_ascii_uppercase())?);
    let currency = if code.is_empty() { own? } else { shared::currency(Some(code), None).ok()? };
    values::amount(amount.trim(), currency).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn split(text: &str, booked: i64) -> Split {
        Charges::read(text, (None, None), Currency::EUR).split(eur(booked))
    }

    #[test]
    fn charges_inside_an_amount_are_split_off_to_the_last_digit() {
        let parts = |rest, charges: &[i64]| Split::Parts(eur(rest), charges.iter().copied().map(eur).collect());
        assert_eq!(split("/OCMT/EUR10,00//CHGS/EUR5,50/", -1_550), parts(-1_000, &[-550]));
        assert_eq!(split("/OCMT/EUR10,//CHGS/EUR3,//CHGS/EUR2,5/", -1_550), parts(-1_000, &[-300, -250]));
        assert_eq!(split("/OCMT/EUR11,85//CHGS/EUR0,50/", 1_135), parts(1_185, &[-50]));
        let german = Charges::read("", (Some("100,00"), Some("EUR 3,50")), Currency::EUR);
        assert_eq!(german.split(eur(-10_350)), parts(-10_000, &[-350]));
    }

    #[test]
    fn charges_booked_apart_make_no_line_and_unclear_ones_are_said() {
        assert_eq!(split("/OCMT/EUR11,85//CHGS/EUR0,50/", 1_185), Split::Whole);
        assert_eq!(split("/OCMT/EUR11,85/", 1_135), Split::Whole);
        assert_eq!(split("/CHGS/EUR0,00/", 1_135), Split::Whole);
        assert_eq!(split("no charges", 1_135), Split::Whole);
        for unclear in ["/OCMT/EUR11,00//CHGS/EUR0,50/", "/CHGS/EUR0,50/", "/OCMT/USD11,85//CHGS/EUR0,50/"] {
            assert_eq!(split(unclear, 1_135), Split::Unclear, "{unclear}");
        }
        assert_eq!(split("/OCMT/EUR11,85//CHGS/USD0,50/", 1_135), Split::Unclear);
        assert_eq!(split("/OCMT//CHGS//CHGS/EUR/CHGS/EURx/OCMT/", 1_135), Split::Whole);
    }
}
