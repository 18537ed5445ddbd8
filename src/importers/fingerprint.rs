//! When are two lines, from whatever file, the same movement?
//!
//! Contract, version 1 (lessons R54–R60): an id is `v1-<24 hex digits>-<n>`, unique within its account. The digits are
//! 96 bits of SHA-256 over booking date, signed amount in minor units, currency, counterparty (its IBAN, else its
//! folded name), folded purpose and end-to-end id. Folded: no white space, lower case, ä ö ü ß as ae oe ue ss, because
//! banks wrap and transcribe per format. `n` counts equal lines of an account in one file from 1: two equal lines in
//! a file are two movements, while the same file, or one that overlaps by whole days, gives the same ids again.
//! Statement number, position and bank reference stay out (banks reuse them), and so does the status: a pending line
//! and its booking on the same day share an id, and the caller must update the line, not drop the booking. To change
//! any of this takes a new prefix; stored ids keep theirs. Must never compare lines loosely.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::StatementLine;

/// Gives out the ids of one file's lines. Use a new one for each file.
///
/// Keeps about ten bytes per distinct line, the one thing in an import that grows with the file.
#[derive(Debug, Default)]
pub struct Fingerprints {
    seen: HashSet<u64>,
    repeated: HashMap<u64, u64>,
}

impl Fingerprints {
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of `line`, the next one of this file.
    pub fn transaction_id(&mut self, line: &StatementLine) -> String {
        let content = digest(&content(line));
        let account = line.account_iban.as_deref().or(line.account_other.as_deref()).unwrap_or("");
        let occurrence = self.occurrence(&[account, &hexadecimal(&content)]);
        format!("v1-{}-{occurrence}", hexadecimal(&content))
    }

    fn occurrence(&mut self, line: &[&str]) -> u64 {
        // 64 bits suffice to count: two of a million different lines meet once in 30 million files.
        let key = digest(line).iter().take(8).fold(0_u64, |key, byte| (key << 8) | u64::from(*byte));
        if self.seen.insert(key) {
            return 1;
        }
        let count = self.repeated.entry(key).or_insert(1);
        *count = count.saturating_add(1);
        *count
    }
}

fn content(line: &StatementLine) -> [String; 6] {
    let text = |text: &Option<String>| text.as_deref().map(fold).unwrap_or_default();
    let counterparty = match &line.counterparty_iban {
        Some(iban) => format!("iban:{}", fold(iban)),
        None => format!("name:{}", text(&line.counterparty_name)),
    };
    [
        line.booking_date.to_string(),
        line.amount.minor().to_string(),
        line.amount.currency().code().to_owned(),
        counterparty,
        text(&line.purpose),
        line.end_to_end_id.clone().unwrap_or_default(),
    ]
}

/// Each part goes in with its length, so that no text can move from one part to the next unnoticed.
fn digest(parts: &[impl AsRef<str>]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        let bytes = part.as_ref().as_bytes();
        hash.update(format!("{}:", bytes.len()));
        hash.update(bytes);
    }
    hash.finalize().iter().copied().take(12).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        match character {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            // The combining diaeresis follows its letter where texts are decomposed.
            'ü' => folded.push_str("ue"),
            '\u{308}' => folded.push('e'),
            'ß' => folded.push_str("ss"),
            other if other.is_whitespace() => {}
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::money::{Currency, Money};
    use crate::importers::{LineKind, LineStatus, Ordinal};

    fn line() -> StatementLine {
        StatementLine {
            ordinal: Ordinal { statement: 1, entry: 1, detail: 1 },
            source_line: 10,
            account_iban: Some("DE89370400440532013000".to_owned()),
            account_other: None,
            booking_date: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap(),
            value_date: None,
            amount: Money::new(11_900, Currency::EUR),
            kind: LineKind::Incoming,
            status: LineStatus::Booked,
            counterparty_name: Some("Jürgen Groß".to_owned()),
            counterparty_iban: None,
            counterparty_bic: None,
            purpose: Some("Rechnung RE-2026-0042".to_owned()),
            purpose_raw: None,
            reference: None,
            bank_reference: None,
            transaction_code: None,
            end_to_end_id: None,
            mandate_id: None,
            return_reason: None,
            fee_of: None,
            span: None,
        }
    }

    fn id(line: &StatementLine) -> String {
        Fingerprints::new().transaction_id(line)
    }

    #[test]
    fn version_1_never_changes() {
        assert_eq!(id(&line()), "v1-dd28028ae95f7f7c02543175-1");
    }

    #[test]
    fn two_equal_lines_of_a_file_are_two_movements() {
        let mut file = Fingerprints::new();
        let ids = [line(), line(), line()].map(|line| file.transaction_id(&line));
        assert_eq!(ids.each_ref().map(|id| id.rsplit_once('-').unwrap().1), ["1", "2", "3"]);
        assert_eq!(ids[0], id(&line()));
    }

    #[test]
    fn equal_lines_of_two_accounts_are_counted_apart() {
        let mut file = Fingerprints::new();
        let first = file.transaction_id(&line());
        let second = file.transaction_id(&StatementLine { account_iban: None, ..line() });
        assert_eq!(first, second);
    }

    #[test]
    fn position_wrapping_and_transcription_do_not_matter() {
        let moved = StatementLine { ordinal: Ordinal { statement: 7, entry: 8, detail: 9 }, source_line: 99, ..line() };
        let wrapped = StatementLine { purpose: Some("RECHNUNG RE-20 26-0042".to_owned()), ..line() };
        let transcribed = StatementLine { counterparty_name: Some("JUERGEN GROSS".to_owned()), ..line() };
        let decomposed = StatementLine { counterparty_name: Some("Ju\u{308}rgen Groß".to_owned()), ..line() };
        for same in [moved, wrapped, transcribed, decomposed] {
            assert_eq!(id(&same), id(&line()));
        }
    }

    #[test]
    fn every_part_of_the_content_matters() {
        let iban = Some("DE89370400440532013000".to_owned());
        let others = [
            StatementLine { booking_date: NaiveDate::from_ymd_opt(2026, 11, 25).unwrap(), ..line() },
            StatementLine { amount: Money::new(-11_900, Currency::EUR), ..line() },
            StatementLine { amount: Money::new(11_900, Currency::parse("CHF").unwrap()), ..line() },
            StatementLine { counterparty_iban: iban, ..line() },
            StatementLine { counterparty_name: None, ..line() },
            StatementLine { purpose: None, ..line() },
            StatementLine { end_to_end_id: Some("E2E-1".to_owned()), ..line() },
            StatementLine { purpose: None, end_to_end_id: Some("rechnungre-2026-0042".to_owned()), ..line() },
        ];
        let ids: HashSet<String> = others.iter().chain([&line()]).map(id).collect();
        assert_eq!(ids.len(), others.len() + 1);
    }

    proptest! {
        #[test]
        fn ids_are_deterministic_and_shaped(minor in any::<i64>(), purpose in ".*", name in ".*") {
            let line = StatementLine {
                amount: Money::new(minor, Currency::EUR),
                purpose: Some(purpose),
                counterparty_name: Some(name),
                ..line()
            };
            let id_one = id(&line);
            prop_assert_eq!(&id_one, &id(&line));
            let parts: Vec<&str> = id_one.split('-').collect();
            prop_assert_eq!((parts.len(), parts[0], parts[1].len(), parts[2]), (3, "v1", 24, "1"));
            prop_assert!(parts[1].bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
}
