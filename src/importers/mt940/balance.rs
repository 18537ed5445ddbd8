//! What do the figures around the entries say: balances (`:60F:` …), floor limits (`:34F:`), sums (`:90C:`, `:90D:`)?
//!
//! A figure that cannot be read is not used, and that is said; it must never stand for another.

use chrono::NaiveDate;

use super::super::emitter::Words;
use super::super::values as shared;
use super::values;
use crate::domain::money::{Currency, Money};

/// A balance as written: `C261124EUR1234,56`. The currency may be missing where the statement has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Balance {
    pub(super) amount: Money,
    pub(super) day: Option<NaiveDate>,
}

/// Reads a balance, or says why it is none.
pub(super) fn balance(text: &str, default: Option<Currency>) -> Result<Balance, Words> {
    let (mark, rest) = text.split_at_checked(1).unwrap_or((text, ""));
    let credit = match mark {
        "C" => true,
        "D" => false,
        _ => return Err("the balance does not say C or D; it is not used".into()),
    };
    let Some((day, rest)) = rest.split_at_checked(6).filter(|(day, _)| day.bytes().all(|byte| byte.is_ascii_digit()))
    else {
        return Err("the balance has no date of six digits; it is not used".into());
    };
    let (code, digits) = with_code(rest);
    let money = shared::currency(code, default)
        .and_then(|currency| values::amount(digits, currency))
        .map_err(|fault| values::fault_words(&fault))?;
    let amount =
        if credit { Ok(money) } else { money.checked_neg() }.map_err(|_| shared::AmountFault::TooLarge.words())?;
    Ok(Balance { amount, day: values::date(day) })
}

fn with_code(text: &str) -> (Option<&str>, &str) {
    match text.split_at_checked(3) {
        Some((code, digits)) if code.bytes().all(|byte| byte.is_ascii_uppercase()) => (Some(code), digits),
        _ => (None, text),
    }
}

/// Currency and amount of a floor limit: `EUR0,`, `EURD100,00`. Entries below the limit are not in the message.
pub(super) fn floor_limit(text: &str) -> Option<(Currency, Option<Money>)> {
    let (code, rest) = with_code(text);
    let currency = Currency::parse(code?).ok()?;
    let amount = values::amount(rest.trim_start_matches(['C', 'D']), currency).ok();
    Some((currency, amount))
}

/// The sum in `2EUR30,15`: so many entries, and what they come to.
pub(super) fn sum(text: &str) -> Option<Money> {
    let (code, digits) = with_code(text.trim_start_matches(|character: char| character.is_ascii_digit()));
    values::amount(digits, Currency::parse(code?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balances_are_signed_and_dated() {
        let read =
            |text| balance(text, Some(Currency::EUR)).map(|found| (found.amount.to_string(), found.day.is_some()));
        assert_eq!(read("C261124EUR1234,56"), Ok(("1234.56 EUR".to_owned(), true)));
        assert_eq!(read("D261124EUR0000000000000007,"), Ok(("-7.00 EUR".to_owned(), true)));
        assert_eq!(read("C020315105000,00"), Ok(("105000.00 EUR".to_owned(), true)));
        assert_eq!(read("C261331USD1,"), Ok(("1.00 USD".to_owned(), false)));
        for wrong in
            ["", "C", "X261124EUR1,", "Dnullnull7414,3", "C261124EUR", "C261124EUR1.000,00", "C261124DEM5,", "äöü"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(balance("C261124100,00", None).is_err());
    }

    #[test]
    fn limits_and_sums_are_read() {
        let euro = |minor| Money::new(minor, Currency::EUR);
        assert_eq!(floor_limit("EURD0,00"), Some((Currency::EUR, Some(euro(0)))));
        assert_eq!(floor_limit("EUR100"), Some((Currency::EUR, Some(euro(10_000)))));
        assert_eq!(floor_limit("EUR"), Some((Currency::EUR, None)));
        assert_eq!(floor_limit("0,00"), None);
        assert_eq!((sum("12EUR30,15"), sum("EUR7,"), sum("12")), (Some(euro(3_015)), Some(euro(700)), None));
    }
}
