//! When are two lines, from whatever file, the same movement?
//!
//! Contract, version 2 (lessons R54 to R60). The **core** of a line is its booking date, signed amount in minor units,
//! currency, counterparty (its name, without one its IBAN) and purpose; 96 bits of SHA-256 over them. Name and purpose count
//! by their letters and digits alone, in lower case, ä ö ü ß as ae oe ue ss and other marks dropped, the name's first 27
//! and the purpose's first 140: banks wrap, transcribe and cut per format. The end-to-end id is the line's **label**: some
//! formats leave it out, so it tells lines of a core apart, in files that have labels at all, and never makes a core. Statement number, position, bank
//! reference and status stay out: banks use the first three again, and a pending line and its booking are one movement.
//!
//! `services::reconciliation::identity` says which movement a line is, by core, label and how often both stood in its file.
//! A movement's id is `v2-<core>-<n>`, `n` counting the movements of a core on an account. To change any of this takes a new
//! version; stored ids keep theirs. Must never compare lines loosely.

mod v1;

use std::collections::{HashMap, HashSet};
use std::fmt;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::StatementLine;

/// Letters and digits of a name that count: what the shortest format keeps.
const NAME_MAX: usize = 27;
/// Letters and digits of a purpose that count: what a SEPA payment carries.
const PURPOSE_MAX: usize = 140;

/// What a line is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineKey {
    /// `v2-<24 hex digits>`
    pub core: String,
    /// The end-to-end id without what banks vary.
    pub label: Option<String>,
    /// Whether its file names end-to-end ids, so that having none says something.
    pub labelled_file: bool,
    /// Which line of its core in the file it is, from 1.
    pub ordinal: u64,
    /// Which line of its core and label in the file it is, from 1.
    pub nth: u64,
    /// The id that version 1 gave it, when wanted.
    pub v1: Option<String>,
}

impl LineKey {
    /// The id of the core's movement number `n`.
    pub fn id(&self, n: u64) -> String {
        format!("{}-{n}", self.core)
    }
}

/// Gives out the keys of one file's lines. Use a new one for each file.
///
/// Keeps about ten bytes per distinct line, and as many per label: what grows with the file in an import.
#[derive(Debug, Default)]
pub struct Fingerprints {
    labelled: bool,
    cores: Counter,
    labels: Counter,
    first_version: Option<Counter>,
}

impl Fingerprints {
    /// `labelled`: whether any line of the file has an end-to-end id.
    pub fn new(labelled: bool) -> Self {
        Self { labelled, ..Self::default() }
    }

    /// For an account that has movements of version 1.
    pub fn with_version_1(self) -> Self {
        Self { first_version: Some(Counter::default()), ..self }
    }

    /// For a file whose lines follow those of the one before as if both were one.
    pub const fn go_on(&mut self, labelled: bool) {
        self.labelled = labelled;
    }

    /// The key of `line`, the next one of this file.
    pub fn key(&mut self, line: &StatementLine) -> LineKey {
        let account = line.account_iban.as_deref().or(line.account_other.as_deref()).unwrap_or("");
        let core = format!("v2-{}", Digest12::of(&core(line)));
        let label = line.end_to_end_id.as_deref().and_then(label);
        let ordinal = self.cores.next(&[account, &core]);
        let nth =
            if self.labelled { self.labels.next(&[account, &core, label.as_deref().unwrap_or("")]) } else { ordinal };
        let v1 = self.first_version.as_mut().map(|counter| {
            let content = v1::content_id(line);
            let nth = counter.next(&[account, &content]);
            format!("{content}-{nth}")
        });
        LineKey { core, label, labelled_file: self.labelled, ordinal, nth, v1 }
    }
}

/// How often something was there, by 64 bits of its digest: two of a million things meet once in 30 million files.
#[derive(Debug, Default)]
struct Counter {
    seen: HashSet<u64>,
    repeated: HashMap<u64, u64>,
}

impl Counter {
    fn next(&mut self, parts: &[&str]) -> u64 {
        let key = Digest12::of(parts).0.iter().take(8).fold(0_u64, |key, byte| (key << 8) | u64::from(*byte));
        if self.seen.insert(key) {
            return 1;
        }
        let count = self.repeated.entry(key).or_insert(1);
        *count = count.saturating_add(1);
        *count
    }
}

/// The first twelve bytes of a SHA-256.
struct Digest12([u8; 12]);

impl Digest12 {
    /// Each part goes in with its length, so that no text can move from one part to the next unnoticed.
    fn of(parts: &[impl AsRef<str>]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            let bytes = part.as_ref().as_bytes();
            hash.update(format!("{}:", bytes.len()));
            hash.update(bytes);
        }
        let mut digest = [0; 12];
        digest.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        Self(digest)
    }
}

impl fmt::Display for Digest12 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

fn core(line: &StatementLine) -> [String; 5] {
    let name = line.counterparty_name.as_deref().map(fold_name).filter(|name| !name.is_empty());
    let who = match (name, &line.counterparty_iban) {
        (Some(name), _) => format!("name:{name}"),
        (None, Some(iban)) => format!("iban:{}", fold(iban, usize::MAX)),
        (None, None) => String::new(),
    };
    [
        line.booking_date.to_string(),
        line.amount.minor().to_string(),
        line.amount.currency().code().to_owned(),
        who,
        line.purpose.as_deref().map(fold_purpose).unwrap_or_default(),
    ]
}

/// A name as it counts.
pub fn fold_name(name: &str) -> String {
    fold(name, NAME_MAX)
}

/// A purpose as it counts.
pub fn fold_purpose(purpose: &str) -> String {
    fold(purpose, PURPOSE_MAX)
}

/// An end-to-end id as it counts: without blanks, as banks wrap it, and in upper case.
pub fn label(end_to_end_id: &str) -> Option<String> {
    let label: String =
        end_to_end_id.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect();
    (!label.is_empty()).then_some(label)
}

fn fold(text: &str, most: usize) -> String {
    let mut folded = String::new();
    for letter in text.nfc().flat_map(char::to_lowercase) {
        match letter {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            'ß' => folded.push_str("ss"),
            // Letters that Unicode does not take apart, as banks transcribe them.
            'ı' => folded.push('i'),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            other => {
                let plain = std::iter::once(other).nfkd();
                folded.extend(plain.filter(|letter| letter.is_alphanumeric() && !is_combining_mark(*letter)));
            }
        }
    }
    folded.chars().take(most).collect()
}

#[cfg(test)]
mod tests;
