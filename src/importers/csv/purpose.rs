//! What did the payer write, once the bank's own words are taken out of the purpose?
//!
//! Some banks put the fields of a SEPA payment into one text: behind keywords (`EREF+… SVWZ+…`) or behind German words
//! (`End-to-End-Ref.: …`). What stands behind them goes to its member, so that the same payment reads alike in every
//! format. Nothing but names and values of known fields is ever taken out.

use super::super::codes;
use super::super::keywords::{self, Keyword};
use super::super::values::{account, clean, looks_like_iban, reference};

/// What a purpose holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) purpose: Option<String>,
    pub(super) end_to_end_id: Option<String>,
    pub(super) mandate_id: Option<String>,
    pub(super) iban: Option<String>,
    pub(super) bic: Option<String>,
    /// Amount of a returned debit, and the charges on it, as written.
    pub(super) original_amount: Option<String>,
    pub(super) charges: Option<String>,
}

const END_TO_END: [&str; 3] = ["End-to-End-Ref.:", "End-to-End-Referenz:", "Ende-zu-Ende-Ref.:"];
const MANDATE: [&str; 3] = ["Mandatsref:", "Mandatsref.:", "Mandatsreferenz:"];
const CUSTOMER: [&str; 2] = ["Kundenreferenz:", "Kundenref.:"];
const CREDITOR: [&str; 3] = ["Gläubiger-ID:", "Glaeubiger-ID:", "CRED-ID:"];

/// Takes out what stands behind keywords.
pub(super) fn split(text: &str) -> Parts {
    let found = keywords::read_joined(text);
    let one = |keyword, read: fn(&str) -> Option<String>| found.get(keyword).and_then(read);
    Parts {
        purpose: found.purpose(),
        end_to_end_id: one(Keyword::EndToEnd, reference),
        mandate_id: one(Keyword::Mandate, reference),
        iban: one(Keyword::Iban, account).filter(|iban| looks_like_iban(iban)),
        bic: one(Keyword::Bic, account),
        original_amount: one(Keyword::OriginalAmount, clean),
        charges: one(Keyword::Compensation, clean),
    }
}

/// Takes out what stands behind German words, for banks without columns for it. A value is one word.
pub(super) fn split_words(text: &str) -> Parts {
    let mut rest = text.to_owned();
    let mut take = |labels: &[&str]| {
        let (place, label) = labels.iter().find_map(|label| Some((rest.find(label)?, *label)))?;
        let behind = rest.get(place.saturating_add(label.len())..).unwrap_or_default();
        let value = behind.trim_start();
        let word = value.split_whitespace().next().unwrap_or_default().to_owned();
        let after = value.get(word.len()..).unwrap_or_default().to_owned();
        let before = rest.get(..place).unwrap_or_default().to_owned();
        rest = format!("{before} {after}");
        Some(word)
    };
    let end_to_end_id = take(&END_TO_END).as_deref().and_then(reference);
    let mandate_id = take(&MANDATE).as_deref().and_then(reference);
    take(&CREDITOR);
    take(&CUSTOMER);
    Parts { purpose: clean(&rest), end_to_end_id, mandate_id, ..Parts::default() }
}

/// The reason of a return (ISO 20022), where the text holds one.
pub(super) fn return_reason(text: &str) -> Option<String> {
    codes::reason_in(text).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_go_to_their_members() {
        let parts =
            split("EREF+RE-42 KREF+NONREF MREF+M-7CRED+DE98ZZZ09999999999 SVWZ+Rechnung RE-42\nvom 3.11. ABWA+Tante");
        assert_eq!(parts.purpose.as_deref(), Some("Rechnung RE-42 vom 3.11."));
        assert_eq!((parts.end_to_end_id.as_deref(), parts.mandate_id.as_deref()), (Some("RE-42"), Some("M-7")));
        assert_eq!(split("EREF+NOTPROVIDED"), Parts::default());
        let returned = split("Retoure SVWZ+RUECKLASTSCHRIFT AC04 OAMT+EUR 10,00 COAM+EUR 3,00");
        assert_eq!(
            (returned.original_amount.as_deref(), returned.charges.as_deref()),
            (Some("EUR 10,00"), Some("EUR 3,00"))
        );
        assert_eq!(return_reason(returned.purpose.as_deref().unwrap()).as_deref(), Some("AC04"));
    }

    #[test]
    fn a_purpose_without_keywords_stays_as_it_is() {
        for text in ["Rechnung 1+1", "Danke für MOBIC+", "IBAN und BIC"] {
            assert_eq!(split(text).purpose.as_deref(), Some(text));
        }
        assert_eq!(split("").purpose, None);
        assert_eq!(return_reason("Rechnung MD066 vom Mai"), None);
    }

    #[test]
    fn words_lose_their_value_and_nothing_else() {
        let parts = split_words(
            "Muster GmbH Rechnung 7 End-to-End-Ref.: E-7 Mandatsref: M-99 Gläubiger-ID: DE98ZZZ1 wiederholend",
        );
        assert_eq!(parts.purpose.as_deref(), Some("Muster GmbH Rechnung 7 wiederholend"));
        assert_eq!((parts.end_to_end_id.as_deref(), parts.mandate_id.as_deref()), (Some("E-7"), Some("M-99")));
        let without = split_words("Miete End-to-End-Ref.: NOTPROVIDED Kundenreferenz: NONREF");
        assert_eq!((without.purpose.as_deref(), without.end_to_end_id), (Some("Miete"), None));
    }
}
