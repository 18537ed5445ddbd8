//! What do a day, an amount and a column's name mean in a CSV file?
//!
//! The profile says how they are written. Where a text could mean two things (`1.234` with a decimal comma, `05/06/2026`
//! without a known order) it means nothing and is reported: money is never guessed.

use chrono::NaiveDate;

use super::super::values;
use super::super::values::{AmountFault, excerpt};
use super::profile::{DateOrder, NumberStyle};
use crate::domain::day;
use crate::domain::money::{Currency, Money};

/// A name without what banks vary: case, blanks, marks, the spelling of umlauts.
pub(super) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            // The combining diaeresis follows its letter where texts are decomposed.
            '\u{308}' => folded.push('e'),
            'ß' => folded.push_str("ss"),
            other if other.is_alphanumeric() => folded.push(other),
            _ => {}
        }
    }
    folded
}

/// A signed amount, with the mark behind it if there is one (`12,00 S`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) money: Money,
    pub(super) mark: Option<String>,
}

/// Reads an amount of `currency`; signs in front or behind, currency signs and blanks around it do not matter.
///
/// # Errors
/// [`AmountFault`] when it is none, or could be two.
pub(super) fn amount(text: &str, style: NumberStyle, currency: Currency) -> Result<Amount, AmountFault> {
    let wrong = || AmountFault::NotAnAmount(excerpt(text));
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',' | '\'' | '’' | '-' | '+' | '−');
    let start =
        text.find(is_part).ok_or_else(|| if text.trim().is_empty() { AmountFault::Missing } else { wrong() })?;
    let before = text.get(..start).unwrap_or_default().trim();
    let body = text.get(start..).unwrap_or_default();
    let end = body.rfind(is_part).map_or(0, |end| {
        end.saturating_add(body.get(end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8))
    });
    let after = body.get(end..).unwrap_or_default().trim();
    let body = body.get(..end).unwrap_or_default();
    if !is_currency(before, currency) {
        return Err(wrong());
    }
    let mark = (!is_currency(after, currency)).then(|| after.trim_start_matches(['€', '\u{a0}']).trim().to_owned());
    if mark.as_ref().is_some_and(|mark| mark.chars().count() > 8 || mark.chars().any(|letter| !letter.is_alphabetic()))
    {
        return Err(wrong());
    }
    let (negative, digits) = signed(body).ok_or_else(wrong)?;
    let plain = plain(digits, style).ok_or_else(wrong)?;
    let money = values::amount(&plain, currency)?;
    let money = if negative { money.checked_neg().map_err(|_| AmountFault::TooLarge)? } else { money };
    Ok(Amount { money, mark })
}

fn is_currency(text: &str, currency: Currency) -> bool {
    text.is_empty() || text == "€" && currency == Currency::EUR || text.eq_ignore_ascii_case(currency.code())
}

/// The sign and the rest; a number has one sign at most.
fn signed(body: &str) -> Option<(bool, &str)> {
    let body = body.trim();
    let sign = |letter: char| matches!(letter, '-' | '+' | '−');
    let rest = body.strip_prefix(sign).or_else(|| body.strip_suffix(sign));
    let digits = rest.unwrap_or(body).trim();
    let negative = rest.is_some() && !(body.starts_with('+') || body.ends_with('+'));
    (!digits.contains(sign)).then_some((negative, digits))
}

/// Digits with a decimal point and nothing else; none when the thousands are not set apart as they should be.
fn plain(digits: &str, style: NumberStyle) -> Option<String> {
    let (decimal, thousands) = match style {
        NumberStyle::Comma => (',', '.'),
        NumberStyle::Point => ('.', ','),
        NumberStyle::Detected => return None,
    };
    let (whole, cents) = match digits.split_once(decimal) {
        Some((whole, cents)) => (whole, Some(cents)),
        None => (digits, None),
    };
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(cents.unwrap_or("0")) {
        return None;
    }
    let separator = |letter: char| letter == thousands || matches!(letter, '\'' | '’' | '\u{a0}' | '\u{202f}');
    let groups: Vec<&str> = whole.split(separator).collect();
    let (first, rest) = groups.split_first()?;
    let shaped = is_digits(first) && rest.iter().all(|group| group.len() == 3 && is_digits(group));
    let grouped = !rest.is_empty();
    // `1.234` is one and a bit to half of the world: only a comma or a second point make it a thousand.
    let ambiguous = grouped && cents.is_none() && rest.len() < 2;
    if !shaped || ambiguous || grouped && (first.len() > 3 || first.starts_with('0')) {
        return None;
    }
    Some(format!("{}.{}", groups.concat(), cents.unwrap_or("0")))
}

/// What a text tells about the style of its file, if it can only be one.
pub(super) fn style_of(text: &str) -> Option<NumberStyle> {
    let body = text.trim_matches(|letter: char| !letter.is_ascii_digit());
    let place = body.rfind([',', '.'])?;
    let two_decimals = body.len().checked_sub(place) == Some(3);
    let style = if body.get(place..)?.starts_with(',') { NumberStyle::Comma } else { NumberStyle::Point };
    two_decimals.then_some(style)
}

/// What a text tells about the order of its file's days, if it can only be one.
pub(super) fn order_of(text: &str) -> Option<DateOrder> {
    let [first, second, third] = parts(text)?;
    match (first, second) {
        _ if first.len() == 4 => Some(DateOrder::YearMonthDay),
        _ if third.len() < 2 => None,
        _ if text.contains('.') => Some(DateOrder::DayMonthYear),
        _ if number(first)? > 12 => Some(DateOrder::DayMonthYear),
        _ if number(second)? > 12 => Some(DateOrder::MonthDayYear),
        _ => None,
    }
}

/// Reads a day; what follows it (a time) does not matter: the bank's own day counts, whatever its time zone.
pub(super) fn date(text: &str, order: DateOrder) -> Option<NaiveDate> {
    let [first, second, third] = parts(text)?;
    let (year, month, day) = match order {
        DateOrder::YearMonthDay => (first, second, third),
        DateOrder::DayMonthYear => (third, second, first),
        DateOrder::MonthDayYear => (third, first, second),
        DateOrder::Detected => return None,
    };
    let year = match (year.len(), number(year)?) {
        (4, year) => year,
        // Statements are not older than electronic banking.
        (2, year) if year < 80 => year.checked_add(2000)?,
        (2, year) => year.checked_add(1900)?,
        _ => return None,
    };
    if month.len() > 2 || day.len() > 2 {
        return None;
    }
    day::parse(&format!("{year:04}-{:02}-{:02}", number(month)?, number(day)?))
}

/// The three numbers of a day, in front of a time if there is one.
fn parts(text: &str) -> Option<[&str; 3]> {
    let text = text.trim();
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || matches!(letter, '.' | '-' | '/')));
    let (day, behind) = text.split_at(end.unwrap_or(text.len()));
    if !(behind.is_empty() || behind.starts_with(['T', ' ', ','])) {
        return None;
    }
    let separator = day.find(['.', '-', '/']).and_then(|place| day.get(place..)?.chars().next())?;
    let mut parts = day.split(separator);
    let found = [parts.next()?, parts.next()?, parts.next()?];
    let whole =
        found.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()));
    (whole && parts.next().is_none()).then_some(found)
}

fn number(digits: &str) -> Option<u32> {
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str, style: NumberStyle) -> Option<i64> {
        amount(text, style, Currency::EUR)
            .ok()
            .filter(|amount| amount.mark.is_none())
            .map(|amount| amount.money.minor())
    }

    #[test]
    fn amounts_are_read_as_the_profile_says() {
        for (text, expected) in [
            ("1.234,56", 123_456),
            ("-1.234,56", -123_456),
            ("1.234,56-", -123_456),
            ("−62,3", -6_230),
            ("200", 20_000),
            ("-10,7", -1_070),
            ("0", 0),
            ("+5,00 €", 500),
            ("-40,00\u{a0}€", -4_000),
            (" 12,00 EUR ", 1_200),
            ("EUR 12,00", 1_200),
            ("1.234.567", 123_456_700),
            ("3.500", 0),
            ("-0,00", 0),
        ] {
            let found = minor(text, NumberStyle::Comma);
            assert_eq!(found, if text == "3.500" { None } else { Some(expected) }, "{text}");
        }
        assert_eq!(minor("1,234.56", NumberStyle::Point), Some(123_456));
        assert_eq!(minor("-15.0", NumberStyle::Point), Some(-1_500));
        assert_eq!(minor("1'234.50", NumberStyle::Point), Some(123_450));
    }

    #[test]
    fn what_could_mean_two_things_means_nothing() {
        for text in [
            "1,234.56",
            "1.234",
            "12.50",
            "-1.234,56-",
            "1.23,45",
            "1..234,00",
            "01.234,00",
            "12,3,4",
            "inf",
            "NaN",
            "1e3",
            "",
            "-",
            ",",
            "12,",
            "1 2,00",
            "USD 5,00",
            "5,00 USD!",
            "--5,00",
            "٣,00",
        ] {
            assert_eq!(minor(text, NumberStyle::Comma), None, "{text}");
        }
        for text in ["1.234,56", "1,234", "12,50"] {
            assert_eq!(minor(text, NumberStyle::Point), None, "{text}");
        }
        assert_eq!(amount("1,234", NumberStyle::Comma, Currency::EUR).unwrap_err().code(), "too_many_decimals");
    }

    #[test]
    fn a_mark_behind_the_amount_is_told_apart_from_its_currency() {
        let marked = amount("119,00 S", NumberStyle::Comma, Currency::EUR).unwrap();
        assert_eq!((marked.money.minor(), marked.mark.as_deref()), (11_900, Some("S")));
        assert_eq!(amount("119,00 EUR", NumberStyle::Comma, Currency::EUR).unwrap().mark, None);
    }

    #[test]
    fn days_are_read_in_the_order_of_the_profile() {
        let expected = NaiveDate::from_ymd_opt(2026, 3, 1);
        for (text, order) in [
            ("01.03.2026", DateOrder::DayMonthYear),
            ("1.3.26", DateOrder::DayMonthYear),
            ("01/03/2026 23:59:59", DateOrder::DayMonthYear),
            ("3/1/2026", DateOrder::MonthDayYear),
            ("2026-03-01T23:30:00+01:00", DateOrder::YearMonthDay),
        ] {
            assert_eq!(date(text, order), expected, "{text}");
        }
        for text in
            ["", "31.02.2026", "1.3", "01.03.026", "01-03.2026", "2026-03-01", "00.00.0000", "31.12.9999", "1.3.2026x"]
        {
            assert_eq!(date(text, DateOrder::DayMonthYear), None, "{text}");
        }
        assert_eq!(date("31.12.99", DateOrder::DayMonthYear), NaiveDate::from_ymd_opt(1999, 12, 31));
    }

    #[test]
    fn orders_and_styles_are_only_told_where_they_are_sure() {
        assert_eq!(order_of("24/11/2026"), Some(DateOrder::DayMonthYear));
        assert_eq!(order_of("11/24/2026"), Some(DateOrder::MonthDayYear));
        assert_eq!(order_of("11/12/2026"), None);
        assert_eq!(order_of("2026-11-12"), Some(DateOrder::YearMonthDay));
        assert_eq!(
            (style_of("-23,00"), style_of("1,234.50 USD")),
            (Some(NumberStyle::Comma), Some(NumberStyle::Point))
        );
        assert_eq!((style_of("1.234"), style_of("12"), style_of("")), (None, None, None));
    }
}
