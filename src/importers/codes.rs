//! What do the banks' codes mean to the merchant, whatever the format that bears them?
//!
//! The German business cases (Geschäftsvorfallcodes, GVC), which stand at the start of `:86:` and in the middle of CAMT's own codes
//! (`NDDT+105+9310`), are from annex 3 ("Spezifikation der Datenformate") of the DFÜ agreement, version 3.x, chapter 8; the
//! transaction types are from SWIFT's standards for category 9. One table each, for all formats: the same booking must be
//! the same kind of movement whichever file tells of it. What stands in none says nothing, and the sign decides.

use super::LineKind;

/// German business cases that say more than the direction of the money. 0xx are those from before SEPA.
const BUSINESS_CASES: &[(&str, LineKind)] = &[
    ("004", LineKind::DirectDebit), // direct debit by order to the bank
    ("005", LineKind::DirectDebit), // direct debit by authorisation
    ("009", LineKind::Chargeback),  // direct debit charged back
    ("059", LineKind::Chargeback),  // transfer that came back
    ("071", LineKind::DirectDebit), // direct debits handed in
    ("084", LineKind::DirectDebit), // direct debits handed in online
    ("104", LineKind::DirectDebit), // SEPA direct debit B2B, debit
    ("105", LineKind::DirectDebit), // SEPA direct debit Core, debit
    ("107", LineKind::DirectDebit), // SEPA direct debit made at a point of sale, debit
    ("108", LineKind::Chargeback),  // SEPA direct debit B2B charged back
    ("109", LineKind::Chargeback),  // SEPA direct debit Core charged back
    ("110", LineKind::Chargeback),  // card payment charged back
    ("111", LineKind::Chargeback),  // cheque charged back
    ("159", LineKind::Chargeback),  // SEPA transfer that came back
    ("160", LineKind::Chargeback),  // instant transfer that came back
    ("171", LineKind::DirectDebit), // SEPA direct debit Core, credit
    ("174", LineKind::DirectDebit), // SEPA direct debit B2B, credit
    ("181", LineKind::Chargeback),  // SEPA direct debit Core credited back
    ("182", LineKind::Chargeback),  // card payment credited back
    ("183", LineKind::Chargeback),  // cheque that came back, credit
    ("184", LineKind::Chargeback),  // SEPA direct debit B2B credited back
    ("192", LineKind::DirectDebit), // collective SEPA direct debit Core, credit
    ("193", LineKind::Chargeback),  // SEPA direct debit taken back by the one who collected it
    ("195", LineKind::DirectDebit), // collective SEPA direct debit Core, debit
    ("196", LineKind::DirectDebit), // collective SEPA direct debit B2B, credit
    ("197", LineKind::DirectDebit), // collective SEPA direct debit B2B, debit
    ("199", LineKind::Chargeback),  // card payments taken back
    ("801", LineKind::Fee),         // bank card
    ("802", LineKind::Fee),         // cheque book
    ("803", LineKind::Fee),         // custody
    ("804", LineKind::Fee),         // standing order
    ("805", LineKind::Fee),         // closing of the account: charges and interest of the period
    ("806", LineKind::Fee),         // postage and charges of others
    ("807", LineKind::Fee),         // charges and expenses
    ("808", LineKind::Fee),         // charges
    ("809", LineKind::Fee),         // commission
    ("810", LineKind::Fee),         // reminder
    ("811", LineKind::Fee),         // cost of credit
];

/// SWIFT's transaction types, without their first letter.
const TRANSACTION_TYPES: &[(&str, LineKind)] = &[
    ("BRF", LineKind::Fee),
    ("CHG", LineKind::Fee),
    ("COM", LineKind::Fee),
    ("DDT", LineKind::DirectDebit),
    ("RTI", LineKind::Chargeback),
];

/// Reasons of ISO 20022 that SEPA returns have, to be found in texts.
const RETURN_REASONS: &[&str] = &[
    "AC01", "AC03", "AC04", "AC06", "AC13", "AC14", "AG01", "AG02", "AM04", "AM05", "AM09", "ARDT", "BE01", "BE04",
    "BE05", "BE06", "BE07", "CNOR", "CURR", "CUST", "DNOR", "DUPL", "ED05", "FF01", "FF05", "FOCR", "FR01", "FRAD",
    "LEGL", "MD01", "MD02", "MD06", "MD07", "MS02", "MS03", "NOAS", "NOOR", "RC01", "RC07", "RR01", "RR02", "RR03",
    "RR04", "SL01", "TECH", "TM01", "UPAY",
];

pub(super) fn look_up<T: Copy>(table: &[(&str, T)], code: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == code).map(|(_, found)| *found)
}

/// What the codes say beyond the direction of the money, if anything. The business case says more than the type.
pub(super) fn kind(business_case: Option<&str>, transaction_type: Option<&str>) -> Option<LineKind> {
    let by_type = || look_up(TRANSACTION_TYPES, transaction_type?.get(1..)?);
    business_case.and_then(|code| look_up(BUSINESS_CASES, code)).or_else(by_type)
}

/// The reason of a return that a text holds.
pub(super) fn reason_in(text: &str) -> Option<&str> {
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.find(|word| is_reason(word))
}

pub(super) fn is_reason(word: &str) -> bool {
    RETURN_REASONS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_business_case_says_what_a_booking_is() {
        for (code, expected) in [
            ("109", Some(LineKind::Chargeback)),
            ("159", Some(LineKind::Chargeback)),
            ("171", Some(LineKind::DirectDebit)),
            ("805", Some(LineKind::Fee)),
            ("166", None),
            ("820", None),
            ("999", None),
        ] {
            assert_eq!(kind(Some(code), Some("NMSC")), expected, "{code}");
        }
        assert_eq!(kind(Some("835"), Some("NCHG")), Some(LineKind::Fee));
        assert_eq!(kind(Some("109"), Some("NCHG")), Some(LineKind::Chargeback));
        assert_eq!(kind(None, Some("FRTI")), Some(LineKind::Chargeback));
        assert_eq!(kind(None, Some("N")), None);
    }

    #[test]
    fn the_tables_are_in_order_and_name_nothing_twice() {
        let sorted = |codes: Vec<&str>| codes.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(sorted(BUSINESS_CASES.iter().map(|(code, _)| *code).collect()));
        assert!(sorted(TRANSACTION_TYPES.iter().map(|(code, _)| *code).collect()));
        assert!(sorted(RETURN_REASONS.to_vec()));
    }

    #[test]
    fn a_reason_is_a_word_of_its_own() {
        for (text, expected) in
            [("RETURN/REASON MS03 SONST", Some("MS03")), ("SAC01X", None), ("Rechnung MD066 vom Mai", None), ("", None)]
        {
            assert_eq!(reason_in(text), expected, "{text}");
        }
    }
}
