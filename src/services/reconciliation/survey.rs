//! The first look over a statement file: counts, issues, and whether it may be imported at all. Pure.

use super::log::LogEntry;
use super::ownership::{Ownership, Standing};
use super::{Counts, issues, texts};
use crate::domain::money::Currency;
use crate::importers::{Format, ImportIssue, Severity, StatementEvent, StatementLine};

/// Most rows of one run in the logbook; more help nobody.
const ENTRIES_MAX: usize = 1_000;

/// Whether wrong entries stop the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    Lenient,
    Strict,
}

/// What is known of a file after its first reading.
#[derive(Debug)]
pub struct Survey {
    currency: Currency,
    format: Option<Format>,
    ownership: Ownership,
    standing: Standing,
    /// The file of an archive that is looked at.
    part: Option<String>,
    entries: Vec<LogEntry>,
    more: i64,
    /// Lines that can be imported.
    valid: i64,
    /// All lines that were handed over.
    pub lines: i64,
    /// What can be counted now: entries that make no line.
    pub counts: Counts,
    /// Lines that are there and cannot be imported.
    refused: i64,
    /// Whether a statement of the account itself was seen, and the first one of another.
    has_own: bool,
    foreign: Option<LogEntry>,
    /// Whether a statement of the account contradicts itself.
    inconsistent: bool,
}

/// What follows from a survey.
#[derive(Debug)]
pub enum Verdict {
    /// Import, and write these rows.
    Import(Vec<LogEntry>),
    /// Store nothing but these rows.
    Refuse(Vec<LogEntry>),
}

impl Survey {
    pub const fn new(currency: Currency, ownership: Ownership, format: Option<Format>) -> Self {
        Self {
            currency,
            format,
            ownership,
            standing: Standing::Own,
            part: None,
            entries: Vec::new(),
            more: 0,
            valid: 0,
            lines: 0,
            counts: Counts { read: 0, created: 0, updated: 0, unchanged: 0, discarded: 0, hidden: 0, failed: 0 },
            refused: 0,
            has_own: false,
            foreign: None,
            inconsistent: false,
        }
    }

    /// Takes an event in.
    pub fn see(&mut self, event: &StatementEvent) {
        match event {
            StatementEvent::Part(part) => {
                self.format = part.format;
                self.part = Some(part.name.clone());
            }
            StatementEvent::Statement(header) => {
                self.standing = self.ownership.judge(header);
                match self.standing {
                    Standing::Own => self.has_own = true,
                    Standing::Foreign => self.see_foreign(issues::other_account(header.source_line, self.format)),
                }
            }
            StatementEvent::Line(line) => self.see_line(line),
            StatementEvent::Issue(issue) => self.see_issue(issue),
            StatementEvent::StatementEnd(_) => {}
        }
    }

    fn see_foreign(&mut self, entry: LogEntry) {
        let entry = LogEntry { file: self.part.clone(), ..entry };
        self.foreign.get_or_insert_with(|| entry.clone());
        self.note(entry);
    }

    fn see_line(&mut self, line: &StatementLine) {
        self.lines = self.lines.saturating_add(1);
        if self.standing != Standing::Own {
            self.refused = self.refused.saturating_add(1);
        } else if line.amount.currency() == self.currency {
            self.valid = self.valid.saturating_add(1);
        } else {
            self.refused = self.refused.saturating_add(1);
            let place = i64::try_from(line.source_line).ok();
            self.note(texts::other_currency(place, self.currency, line.amount.currency()));
        }
    }

    /// An entry that makes no line is counted here, because no line will tell of it.
    fn see_issue(&mut self, issue: &ImportIssue) {
        let one = match (issue.severity, issue.code) {
            (Severity::Error, _) => Counts { read: 1, failed: 1, ..Counts::default() },
            (Severity::Warning, "zero_amount") => Counts { read: 1, discarded: 1, ..Counts::default() },
            (Severity::Warning, _) => Counts::default(),
        };
        self.counts = self.counts.plus(one);
        self.inconsistent |= self.standing == Standing::Own && issues::is_contradiction(issue);
        self.note(issues::of_issue(issue));
    }

    fn note(&mut self, entry: LogEntry) {
        if self.entries.len() < ENTRIES_MAX {
            self.entries.push(LogEntry { file: self.part.clone(), ..entry });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    pub fn verdict(self, strictness: Strictness) -> Verdict {
        // The file was given to the wrong account: one row says it, whatever else is wrong in it.
        if let (false, Some(foreign)) = (self.has_own, self.foreign) {
            return Verdict::Refuse(vec![foreign]);
        }
        let errors = self.counts.failed.saturating_add(self.refused);
        let mut entries = self.entries;
        if self.more > 0 {
            entries.push(issues::and_more(self.more));
        }
        if strictness == Strictness::Strict && errors > 0 {
            entries.push(issues::strict_refused(errors));
            return Verdict::Refuse(entries);
        }
        if strictness == Strictness::Strict && self.inconsistent {
            entries.push(issues::statement_inconsistent());
            return Verdict::Refuse(entries);
        }
        if self.valid == 0 {
            entries.push(issues::nothing_to_import());
            return Verdict::Refuse(entries);
        }
        Verdict::Import(entries)
    }
}
