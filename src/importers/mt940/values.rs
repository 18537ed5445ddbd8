//! What does one text of a SWIFT field mean: a date, an amount, an account?
//!
//! Pure functions of their arguments; they must never round, never guess a sign, and take no point for a comma: where a
//! thousands dot is possible, money could change a thousandfold.

use chrono::{Datelike, NaiveDate};

use super::super::emitter::{Words, both};
use super::super::values::{self, AmountFault};
use crate::domain::day;
use crate::domain::money::{Currency, Money};

/// Reads `YYMMDD`. SWIFT's rule for the century: 80 to 99 are 19xx.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let (year, month_day) = text.split_at_checked(2)?;
    day_of(year_of(year)?, month_day)
}

/// The year of two digits.
pub(super) fn year_of(text: &str) -> Option<i32> {
    let two: i32 = digits(text, 2)?;
    two.checked_add(if two >= 80 { 1900 } else { 2000 })
}

/// Reads `MMDD` of a year.
fn day_of(year: i32, text: &str) -> Option<NaiveDate> {
    let month = digits(text.get(..2)?, 2)?;
    let day = digits(text.get(2..)?, 2)?;
    NaiveDate::from_ymd_opt(year, month, day).filter(|date| day::YEARS.contains(&date.year()))
}

/// The last day of February where a bank's interest calendar has the 30th (or the 29th, or the 31st).
pub(super) fn end_of_february(text: &str) -> Option<NaiveDate> {
    let year = year_of(text.get(..2)?)?;
    matches!(text.get(2..)?, "0229" | "0230" | "0231").then(|| NaiveDate::from_ymd_opt(year, 3, 1)?.pred_opt())?
}

/// Reads `MMDD` in the year that brings it nearest to another date: entries of 31 December have values of January.
pub(super) fn day_near(text: &str, near: NaiveDate) -> Option<NaiveDate> {
    let years = [-1, 0, 1].into_iter().filter_map(|step| near.year().checked_add(step));
    years
        .filter_map(|year| day_of(year, text))
        .min_by_key(|day| day.signed_duration_since(near).num_days().unsigned_abs())
}

fn digits<N: std::str::FromStr>(text: &str, count: usize) -> Option<N> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Reads an unsigned amount with a decimal comma: `12,3`, `12,`, `12`, `0,`.
pub(super) fn amount(text: &str, currency: Currency) -> Result<Money, AmountFault> {
    if text.contains('.') {
        return Err(AmountFault::NotAnAmount(values::excerpt(text)));
    }
    values::amount(&text.replace(',', "."), currency)
}

/// As [`AmountFault::words`], in those of this format.
pub(super) fn fault_words(fault: &AmountFault) -> Words {
    match fault {
        AmountFault::NotAnAmount(text) => both(
            format!(
                "'{text}' is not an amount with a decimal comma such as 1234,56; enter it by hand from the bank's list"
            ),
            format!(
                "'{text}' ist kein Betrag mit Dezimalkomma wie 1234,56; erfassen Sie ihn von Hand nach der Liste der Bank"
            ),
        ),
        AmountFault::UnknownCurrency(code) if code.is_empty() => {
            "nothing says the currency, neither a balance nor the account; ask the bank for a complete file".into()
        }
        other => other.words(),
    }
}

/// What `:25:` says about the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) iban: Option<String>,
    pub(super) other: Option<String>,
    pub(super) currency: Option<Currency>,
}

/// Reads `BLZ/number`, `BIC/IBAN`, an IBAN or a number, each with or without a currency at its end.
pub(super) fn account(text: &str) -> Account {
    let Some(text) = values::account(text) else { return Account::default() };
    let (text, currency) = without_currency(&text);
    let iban = text.split('/').map(str::to_owned).find(|part| values::looks_like_iban(part));
    let other = if iban.is_none() { values::clean(text) } else { None };
    Account { iban, other, currency }
}

/// Takes the currency from the end of an account, unless it belongs to the number: some countries' IBANs end with one.
fn without_currency(text: &str) -> (&str, Option<Currency>) {
    let split = text.len().checked_sub(3).and_then(|at| text.split_at_checked(at));
    let Some((number, Ok(currency))) = split.map(|(number, code)| (number, Currency::parse(code))) else {
        return (text, None);
    };
    let number = number.trim_end_matches('/');
    let whole = text.rsplit('/').next().unwrap_or(text).parse::<iban::Iban>().is_ok();
    if whole || !number.ends_with(|last: char| last.is_ascii_digit() || last.is_ascii_uppercase()) {
        return (text, None);
    }
    (number, Some(currency))
}

/// Whether a bank's code is a BIC and not a domestic number.
pub(super) fn looks_like_bic(text: &str) -> bool {
    let shape = |(place, byte): (usize, u8)| match place {
        0..=5 => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
    };
    matches!(text.len(), 8 | 11) && text.bytes().enumerate().all(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(date: Option<NaiveDate>) -> String {
        date.map_or("-".to_owned(), |date| date.to_string())
    }

    #[test]
    fn dates_have_a_century_and_must_exist() {
        for (text, expected) in [
            ("261124", "2026-11-24"),
            ("790101", "2079-01-01"),
            ("991231", "1999-12-31"),
            ("240229", "2024-02-29"),
            ("260230", "-"),
            ("261301", "-"),
            ("000000", "-"),
            ("26112", "-"),
            ("2611ä", "-"),
            ("+61124", "-"),
        ] {
            assert_eq!(shown(date(text)), expected, "{text}");
        }
        assert_eq!(shown(end_of_february("160230")), "2016-02-29");
        assert_eq!(shown(end_of_february("260231")), "2026-02-28");
        assert_eq!(shown(end_of_february("260431")), "-");
    }

    #[test]
    fn a_day_without_year_is_the_nearest_one() {
        for (near, text, expected) in [
            ("260102", "1231", "2025-12-31"),
            ("251231", "0102", "2026-01-02"),
            ("261124", "1124", "2026-11-24"),
            ("250301", "0229", "2024-02-29"),
            ("261124", "0000", "-"),
            ("261124", "1131", "-"),
        ] {
            assert_eq!(shown(day_near(text, date(near).unwrap())), expected, "{near} {text}");
        }
    }

    #[test]
    fn amounts_have_a_comma_and_never_a_point() {
        for (text, minor) in [("0,", 0), ("1234,", 123_400), ("500", 50_000), (",50", 50), ("0000000012,3", 1_230)] {
            assert_eq!(amount(text, Currency::EUR).unwrap().minor(), minor, "{text}");
        }
        for text in ["", ",", "1.234", "1.234,56", "1,234.56", "1,2,3", "-1,00", "inf", "12a"] {
            assert_eq!(amount(text, Currency::EUR).unwrap_err().code(), "invalid_amount", "{text}");
        }
        assert_eq!(amount("1,005", Currency::EUR).unwrap_err().code(), "too_many_decimals");
    }

    #[test]
    fn accounts_are_read_in_all_their_spellings() {
        let iban = "DE89370400440532013000";
        for text in
            [iban, "de89 3704 0044 0532 0130 00", "COBADEFFXXX/DE89370400440532013000", "DE89370400440532013000EUR"]
        {
            assert_eq!(account(text).iban.as_deref(), Some(iban), "{text}");
        }
        for (text, number) in [
            ("37040044/0532013000", "37040044/0532013000"),
            ("37040044/0532013000EUR", "37040044/0532013000"),
            ("UBRTHUHB/123456789/HUF", "UBRTHUHB/123456789"),
            ("123456789", "123456789"),
        ] {
            assert_eq!((account(text).iban, account(text).other.as_deref()), (None, Some(number)), "{text}");
        }
        let seychelles = "SC18SSCB11010000000000001497USD";
        assert_eq!((account(seychelles).iban.as_deref(), account(seychelles).currency), (Some(seychelles), None));
        assert_eq!(account("37040044/0532013000EUR").currency, Some(Currency::EUR));
        assert_eq!(account(" "), Account::default());
    }

    #[test]
    fn a_bic_is_told_from_a_number() {
        for (text, is_bic) in [("BYLADEMM", true), ("COBADEFFXXX", true), ("37040044", false), ("COBADEFFX", false)] {
            assert_eq!(looks_like_bic(text), is_bic, "{text}");
        }
    }
}
