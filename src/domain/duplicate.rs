//! May two lines of different files be the same payment, although they do not say the same (lessons R59, R60)?
//!
//! Lines that say the same are the same movement, by count (`importers::fingerprint`); what is asked here is weaker, so its
//! answer is shown to a person and never acted upon. A file that has both lines settles it: they are two.

use chrono::NaiveDate;

use super::money::Money;

/// So many days apart two bookings with the same end-to-end id may be: one file has the day of booking, another one the
/// day of value.
pub const SAME_ID_DAYS: u64 = 10;
/// Letters and digits of a purpose that tell a payment by themselves.
const TELLING: usize = 12;

crate::codes! {
    /// Why two movements may be the same payment.
    pub enum DuplicateReason {
        /// Same amount and end-to-end id, within ten days.
        SameEndToEndId = "same_end_to_end_id",
        /// Same day and amount, and counterparty and purpose that go together.
        SameDay = "same_day",
        /// Same day and amount in two files, and by the balances of the statements one is too many.
        Balance = "balance",
    }
    /// What a person made of it.
    pub enum DuplicateDecision {
        Kept = "kept",
        Hidden = "hidden",
    }
}

/// What a line says, folded: letters and digits in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub booking_date: NaiveDate,
    pub amount: Money,
    /// Empty when it names none, as all of these.
    pub end_to_end_id: String,
    pub iban: String,
    pub name: String,
    pub purpose: String,
}

/// Why they may be the same payment; `None` when nothing speaks for it, or something against it.
pub fn possible(one: &Said, other: &Said) -> Option<DuplicateReason> {
    if one.amount != other.amount {
        return None;
    }
    if !one.end_to_end_id.is_empty() && !other.end_to_end_id.is_empty() {
        let apart = one.booking_date.signed_duration_since(other.booking_date).num_days().unsigned_abs();
        let same = one.end_to_end_id == other.end_to_end_id && apart <= SAME_ID_DAYS;
        return same.then_some(DuplicateReason::SameEndToEndId);
    }
    if one.booking_date != other.booking_date || !part_of_one_another(&one.purpose, &other.purpose) {
        return None;
    }
    let both = |one: &str, other: &str| !one.is_empty() && !other.is_empty();
    let who = match (both(&one.iban, &other.iban), both(&one.name, &other.name)) {
        (true, _) => one.iban == other.iban,
        (false, true) => part_of_one_another(&one.name, &other.name),
        // One of them names nobody: the purpose has to tell.
        (false, false) => one.purpose.len().min(other.purpose.len()) >= TELLING,
    };
    who.then_some(DuplicateReason::SameDay)
}

/// Banks cut texts, and put words in front of them or behind.
fn part_of_one_another(one: &str, other: &str) -> bool {
    one.contains(other) || other.contains(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn said(day: u32, id: &str, [iban, name, purpose]: [&str; 3]) -> Said {
        Said {
            booking_date: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
            amount: Money::new(1_190, Currency::EUR),
            end_to_end_id: id.into(),
            iban: iban.into(),
            name: name.into(),
            purpose: purpose.into(),
        }
    }

    #[test]
    fn what_may_be_one_payment_and_what_may_not() {
        use DuplicateReason::{SameDay, SameEndToEndId};
        let (de, at) = ("de02120300000000202051", "at611904300234573201");
        let full = |iban, purpose| [iban, "juergengross", purpose];
        for (one, other, expected) in [
            (said(20, "RE1", full(de, "rechnung1")), said(22, "RE1", full(de, "sonstwas")), Some(SameEndToEndId)),
            (said(1, "RE1", full(de, "a")), said(11, "RE1", full(de, "b")), Some(SameEndToEndId)),
            (said(1, "RE1", full(de, "a")), said(12, "RE1", full(de, "a")), None),
            (said(20, "RE1", full(de, "rechnung1")), said(20, "RE2", full(de, "rechnung1")), None),
            (said(20, "RE1", full(de, "rechnung1")), said(20, "", full(de, "rechnung1danke")), Some(SameDay)),
            (said(20, "", full(de, "rechnung1")), said(20, "", full(de, "")), Some(SameDay)),
            (said(20, "", full(de, "rechnung1")), said(20, "", full(de, "rechnung2")), None),
            (said(20, "", full(de, "rechnung1")), said(21, "", full(de, "rechnung1")), None),
            (said(20, "", full(de, "rechnung1")), said(20, "", full(at, "rechnung1")), None),
            (said(20, "", full("", "danke")), said(20, "", ["", "juergengrossundsoehne", "danke"]), Some(SameDay)),
            (said(20, "", full("", "danke")), said(20, "", ["", "erikamuster", "danke"]), None),
            (said(20, "", full("", "danke")), said(20, "", ["", "", "danke"]), None),
            (said(20, "", full("", "rechnung2026")), said(20, "", ["", "", "svwzrechnung2026"]), Some(SameDay)),
            (said(20, "", full("", "rechnung2026")), said(20, "", ["", "", ""]), None),
        ] {
            assert_eq!(possible(&one, &other), expected, "{one:?}\n{other:?}");
            assert_eq!(possible(&other, &one), expected, "the other way round: {one:?}\n{other:?}");
        }
        let (one, mut other) = (said(20, "RE1", full(de, "a")), said(20, "RE1", full(de, "a")));
        other.amount = Money::new(1_191, Currency::EUR);
        assert_eq!(possible(&one, &other), None);
    }
}
