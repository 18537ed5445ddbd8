//! What does one text of a bank mean, whatever the format: an amount, a currency, a name, an account?
//!
//! Liberal where a bank's habit is harmless (zeros behind the cents, blanks in an IBAN), strict where money could change.
//! Pure functions of their arguments; they must never round and never guess a sign.

use super::emitter::{Words, both};
use crate::domain::money::{Currency, Money, MoneyError};

/// Why a text is no amount; each has an issue code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::importers) enum AmountFault {
    Missing,
    UnknownCurrency(String),
    NotAnAmount(String),
    TooManyDecimals(String, Currency),
    TooLarge,
}

impl AmountFault {
    pub(in crate::importers) fn code(&self) -> &'static str {
        match self {
            Self::Missing | Self::NotAnAmount(_) | Self::TooLarge => "invalid_amount",
            Self::UnknownCurrency(_) => "unknown_currency",
            Self::TooManyDecimals(..) => "too_many_decimals",
        }
    }

    pub(in crate::importers) fn words(&self) -> Words {
        let (english, german) = match self {
            Self::Missing => (
                "there is no amount; ask the bank for a complete file".to_owned(),
                "es gibt keinen Betrag; verlangen Sie von der Bank eine vollständige Datei".to_owned(),
            ),
            Self::UnknownCurrency(code) => (
                format!("'{code}' is no ISO 4217 currency; ask the bank for a correct file"),
                format!("'{code}' ist keine Währung nach ISO 4217; verlangen Sie von der Bank eine richtige Datei"),
            ),
            Self::NotAnAmount(text) => (
                format!("'{text}' is not an unsigned decimal amount such as 12.30; ask the bank for a correct file"),
                format!(
                    "'{text}' ist kein Betrag ohne Vorzeichen wie 12.30; verlangen Sie von der Bank eine richtige Datei"
                ),
            ),
            Self::TooManyDecimals(text, currency) => {
                let digits = currency.digits();
                (
                    format!(
                        "'{text}' has more than the {digits} decimals of {currency}; enter the booked amount by hand"
                    ),
                    format!(
                        "'{text}' hat mehr als die {digits} Nachkommastellen von {currency}; erfassen Sie den gebuchten Betrag von Hand"
                    ),
                )
            }
            Self::TooLarge => (
                "the amount is larger than can be kept; check the file with the bank".to_owned(),
                "der Betrag ist größer, als gespeichert werden kann; prüfen Sie die Datei mit der Bank".to_owned(),
            ),
        };
        both(english, german)
    }
}

/// Reads an unsigned XML decimal. Zeros that change nothing (`0012.30000`, `.5`, `5.`) are accepted.
pub(in crate::importers) fn amount(text: &str, currency: Currency) -> Result<Money, AmountFault> {
    let wrong = || AmountFault::NotAnAmount(excerpt(text));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(if text.is_empty() { AmountFault::Missing } else { wrong() });
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    };
    let fraction = fraction.trim_end_matches('0');
    let plain = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    if plain.starts_with('-') {
        return Err(wrong());
    }
    Money::parse(&plain, currency).map_err(|error| match error {
        MoneyError::TooManyDecimals { currency, .. } => AmountFault::TooManyDecimals(excerpt(text), currency),
        MoneyError::Overflow => AmountFault::TooLarge,
        MoneyError::NotAnAmount(_) | MoneyError::UnknownCurrency(_) | MoneyError::CurrencyMismatch(..) => wrong(),
    })
}

/// Reads a currency code, or takes `default` where the bank left the attribute out.
pub(in crate::importers) fn currency(code: Option<&str>, default: Option<Currency>) -> Result<Currency, AmountFault> {
    match code.map(str::trim) {
        Some(code) => Currency::parse(code).map_err(|_| AmountFault::UnknownCurrency(excerpt(code))),
        None => default.ok_or_else(|| AmountFault::UnknownCurrency(String::new())),
    }
}

/// A text as we keep it: no control characters (databases refuse NUL), blanks collapsed, none if nothing is left.
pub(in crate::importers) fn clean(text: &str) -> Option<String> {
    let mut kept = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let start = kept.len();
        if start > 0 {
            kept.push(' ');
        }
        let before = kept.len();
        kept.extend(word.chars().filter(|character| !character.is_control()));
        if kept.len() == before {
            kept.truncate(start);
        }
    }
    (!kept.is_empty()).then_some(kept)
}

/// A reference as we keep it; the words banks write for "there is none" count as none.
pub(in crate::importers) fn reference(text: &str) -> Option<String> {
    let none = ["NOTPROVIDED", "NOT PROVIDED", "NOTAVAIL", "NONREF"];
    clean(text).filter(|text| !none.iter().any(|word| text.eq_ignore_ascii_case(word)))
}

/// An account number without blanks, upper case. Check digits are not tested: what the bank sent is kept.
pub(in crate::importers) fn account(text: &str) -> Option<String> {
    let compact: String =
        text.chars().filter(|character| !character.is_whitespace() && !character.is_control()).collect();
    (!compact.is_empty()).then(|| compact.to_uppercase())
}

/// Whether an account number has the shape of an IBAN. Some banks put IBANs where other numbers belong.
pub(in crate::importers) fn looks_like_iban(account: &str) -> bool {
    let shape = |(place, byte): (usize, u8)| match place {
        0 | 1 => byte.is_ascii_uppercase(),
        2 | 3 => byte.is_ascii_digit(),
        _ => byte.is_ascii_alphanumeric(),
    };
    (15..=34).contains(&account.len()) && account.bytes().enumerate().all(shape)
}

/// The start of a text, for messages. Callers pass amounts, dates and codes only, never names or accounts.
pub(in crate::importers) fn excerpt(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_lose_no_digit_and_gain_none() {
        for (text, minor) in
            [("8.850", 885), ("0012.3", 1230), (".5", 50), ("5.", 500), ("0.00000", 0), ("1000", 100_000)]
        {
            assert_eq!(amount(text, Currency::EUR).unwrap().minor(), minor, "{text}");
        }
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(amount("2700.00", yen).unwrap().minor(), 2700);
    }

    #[test]
    fn what_is_no_amount_has_a_code() {
        for text in
            ["", ".", "-1.00", "-0", "0-1", "00-1.00", "+-1", "inf", "NaN", "1,00", "1e3", "1.2.3", "EUR 5", "٣"]
        {
            assert_eq!(amount(text, Currency::EUR).unwrap_err().code(), "invalid_amount", "{text}");
        }
        assert_eq!(amount("100.0000000000005", Currency::EUR).unwrap_err().code(), "too_many_decimals");
        assert_eq!(amount("99999999999999999999", Currency::EUR).unwrap_err().code(), "invalid_amount");
        assert_eq!(currency(Some("ZZZ"), None).unwrap_err().code(), "unknown_currency");
    }

    #[test]
    fn texts_lose_control_characters_and_needless_blanks() {
        assert_eq!(clean("  Müller\u{0} \u{1}\n\t & \u{7f} Söhne ").as_deref(), Some("Müller & Söhne"));
        assert_eq!(clean("\u{0} \n"), None);
        assert_eq!(reference(" notprovided "), None);
        assert_eq!(account("de89 3704 0044 0532 0130 00").as_deref(), Some("DE89370400440532013000"));
    }
}
