//! How do a parser's findings reach its sink: counted, and silent once the sink has had enough.

use std::ops::ControlFlow;

use super::{ImportIssue, Severity, StatementEvent, Summary};

/// What is said of a place in a file. Where nothing of the file is in it, the German is that of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) english: String,
    pub(super) german: Option<String>,
}

impl From<&str> for Words {
    fn from(english: &str) -> Self {
        Self { english: english.to_owned(), german: None }
    }
}

/// In English and German, with what the file says.
pub(super) const fn both(english: String, german: String) -> Words {
    Words { english, german: Some(german) }
}

/// Of a value date that is there and none.
pub(super) fn value_date_missing() -> Words {
    both(
        "the value date is no date; the line has none".to_owned(),
        "die Wertstellung ist kein Datum; die Bewegung hat keine".to_owned(),
    )
}

/// Hands events to the sink, counts them, and falls silent once the sink has broken off.
pub(super) struct Emitter<'a> {
    pub(super) sink: &'a mut dyn FnMut(StatementEvent) -> ControlFlow<()>,
    pub(super) summary: Summary,
}

/// Where in the file an issue is.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) line: u64,
    pub(super) entry: Option<u64>,
    pub(super) field: &'a str,
}

impl Emitter<'_> {
    pub(super) fn send(&mut self, event: StatementEvent) {
        if self.summary.stopped {
            return;
        }
        let counter = match &event {
            StatementEvent::Line(_) => Some(&mut self.summary.lines),
            StatementEvent::Issue(issue) => Some(match issue.severity {
                Severity::Error => &mut self.summary.errors,
                Severity::Warning => &mut self.summary.warnings,
            }),
            StatementEvent::Part(_) | StatementEvent::Statement(_) | StatementEvent::StatementEnd(_) => None,
        };
        if let Some(counter) = counter {
            *counter = counter.saturating_add(1);
        }
        self.summary.stopped = (self.sink)(event).is_break();
    }

    /// A movement of the file will be missing from the lines.
    pub(super) fn error(&mut self, place: Place<'_>, code: &'static str, words: impl Into<Words>) {
        self.issue(Severity::Error, place, (code, words.into()));
    }

    pub(super) fn warn(&mut self, place: Place<'_>, code: &'static str, words: impl Into<Words>) {
        self.issue(Severity::Warning, place, (code, words.into()));
    }

    /// Something about the file, in no field of an entry.
    pub(super) fn warn_of_file(&mut self, line: u64, code: &'static str, message: &str) {
        let message = message.to_owned();
        let (line, severity) = (Some(line), Severity::Warning);
        let issue = ImportIssue { severity, line, entry: None, field: None, code, message, german: None };
        self.send(StatementEvent::Issue(issue));
    }

    fn issue(&mut self, severity: Severity, place: Place<'_>, (code, words): (&'static str, Words)) {
        let Place { line, entry, field } = place;
        let field = Some(field.to_owned());
        let (line, message, german) = (Some(line), words.english, words.german);
        self.send(StatementEvent::Issue(ImportIssue { severity, line, entry, field, code, message, german }));
    }
}

/// Whether the German of an issue names what its English names: numbers, and what is quoted.
#[cfg(test)]
pub(super) fn facts_are_told_in_german(issue: &ImportIssue) -> bool {
    let words = issue.message.split(|letter: char| letter.is_whitespace() || ",;()".contains(letter));
    let is_fact = |word: &&str| word.contains(|letter: char| letter.is_ascii_digit()) || word.starts_with('\'');
    let facts: Vec<&str> = words.filter(is_fact).map(|word| word.trim_matches(['\'', '.', ':'])).collect();
    match &issue.german {
        Some(german) => facts.iter().all(|fact| german.contains(fact)),
        None => facts.is_empty(),
    }
}
