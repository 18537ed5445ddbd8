//! What do the texts of an entry say about charges?
//!
//! They name the original amount and the charges: `/OCMT/EUR10,00//CHGS/EUR5,50/`, or `OAMT+` and `COAM+` in German
//! returns. What follows from it is the same for all formats and stands in `importers::charges`.

use super::super::charges::{CHARGES_MAX, Charges};
use super::super::values as shared;
use super::values;
use crate::domain::money::{Currency, Money};

pub(super) fn read(text: &str, (original, compensation): (Option<&str>, Option<&str>), own: Currency) -> Charges {
    let plain = |text: Option<&str>| text.and_then(|text| money(text, Some(own)));
    let named: Vec<Money> = behind(text, "/CHGS/").take(CHARGES_MAX).chain(plain(compensation)).collect();
    let original = behind(text, "/OCMT/").next().or_else(|| plain(original));
    let charges = named.into_iter().filter_map(|charge| charge.checked_neg().ok()).collect();
    Charges { originals: original.into_iter().collect(), charges, included: false }
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
    use super::super::super::charges::Split;
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn split(text: &str, booked: i64) -> Split {
        read(text, (None, None), Currency::EUR).split(eur(booked))
    }

    #[test]
    fn charges_inside_an_amount_are_split_off_to_the_last_digit() {
        let parts = |rest, charges: &[i64]| Split::Parts(eur(rest), charges.iter().copied().map(eur).collect());
        assert_eq!(split("/OCMT/EUR10,00//CHGS/EUR5,50/", -1_550), parts(-1_000, &[-550]));
        assert_eq!(split("/OCMT/EUR10,//CHGS/EUR3,//CHGS/EUR2,5/", -1_550), parts(-1_000, &[-300, -250]));
        assert_eq!(split("/OCMT/EUR11,85//CHGS/EUR0,50/", 1_135), parts(1_185, &[-50]));
        let german = read("", (Some("100,00"), Some("EUR 3,50")), Currency::EUR);
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
