//! How do a parser's findings reach its sink: counted, and silent once the sink has had enough.

use std::ops::ControlFlow;

use super::{ImportIssue, Severity, StatementEvent, Summary};

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
    pub(super) fn error(&mut self, place: Place<'_>, code: &'static str, message: impl Into<String>) {
        self.issue(Severity::Error, place, (code, message.into()));
    }

    pub(super) fn warn(&mut self, place: Place<'_>, code: &'static str, message: impl Into<String>) {
        self.issue(Severity::Warning, place, (code, message.into()));
    }

    fn issue(&mut self, severity: Severity, place: Place<'_>, (code, message): (&'static str, String)) {
        let Place { line, entry, field } = place;
        let field = Some(field.to_owned());
        self.send(StatementEvent::Issue(ImportIssue { severity, line: Some(line), entry, field, code, message }));
    }
}
