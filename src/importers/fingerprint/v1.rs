//! Version 1, for movements that were stored under it: their files still find them. Must never change.
//!
//! `v1-<24 hex digits>-<n>`: booking date, amount, currency, counterparty (its IBAN, else its folded name), folded purpose
//! and end-to-end id; `n` counts equal lines of a file.

use super::super::StatementLine;
use super::Digest12;

/// The content of a line, without the count.
pub(super) fn content_id(line: &StatementLine) -> String {
    format!("v1-{}", Digest12::of(&content(line)))
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
