//! What is the reason of a return, in the words of the format?
//!
//! Business cases, transaction types and the reasons of ISO 20022 are the same in all formats and stand in `importers/codes`.

pub(super) use super::super::codes::kind;
use super::super::codes::{look_up, reason_in};

/// German numbers of return reasons (`?34` of a return), as far as the lists of several banks agree about them. Another
/// number is kept as it is: people can look it up, and no reason is guessed.
const RETURN_REASONS: &[(&str, &str)] = &[
    ("901", "AC01"),
    ("902", "AC04"),
    ("903", "AC06"),
    ("904", "AG01"),
    ("906", "AM04"),
    ("908", "BE04"),
    ("909", "MD01"),
    ("910", "MD02"),
    ("912", "MD06"),
    ("913", "MD07"),
    ("915", "RC01"),
];

/// The reason of a return: the code the bank names, its own number for it, or a code in the text.
pub(super) fn return_reason(named: Option<&str>, number: Option<&str>, text: &str) -> Option<String> {
    let in_text = || reason_in(text).map(str::to_owned);
    let by_number = || {
        // 99x are not reasons but what ordinary payments have there.
        let number = number?.get(..3).filter(|number| number.starts_with('9') && !number.starts_with("99"))?;
        Some(look_up(RETURN_REASONS, number).unwrap_or(number).to_owned())
    };
    named.map(str::to_owned).or_else(in_text).or_else(by_number)
}

#[cfg(test)]
mod tests {
    use super::super::super::codes::is_reason;
    use super::*;

    #[test]
    fn the_table_is_in_order_and_names_reasons_that_are_known() {
        assert!(RETURN_REASONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(RETURN_REASONS.iter().all(|(_, reason)| is_reason(reason)));
    }

    #[test]
    fn a_reason_is_named_numbered_or_in_the_text() {
        for (named, number, text, expected) in [
            (Some("AC04"), Some("912"), "MD06", Some("AC04")),
            (None, Some("912"), "RUECKGABE", Some("MD06")),
            (None, Some("912"), "RETURN/REASON MS03 SONST", Some("MS03")),
            (None, Some("914"), "", Some("914")),
            (None, Some("992"), "SAC01X", None),
            (None, Some("9"), "", None),
            (None, None, "", None),
        ] {
            assert_eq!(return_reason(named, number, text).as_deref(), expected, "{number:?} {text}");
        }
    }
}
