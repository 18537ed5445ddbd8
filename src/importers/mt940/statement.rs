//! What is a statement, from its header over its pages to its arithmetic?
//!
//! One statement open at a time. `:20:` begins a message; if it goes on with `:60M:` where the last one stopped with
//! `:62M:`, it is the next page of the same statement. Lines are handed over one by one, of what went by only counts and
//! sums are kept. A statement that opens with a balance and ends without one was cut off.

use chrono::NaiveDate;

use super::super::emitter::{Emitter, Place, both};
use super::super::totals::{self, Totals};
use super::super::{StatementEnd, StatementEvent, StatementHeader};
use super::balance::{self, Balance};
use super::entry::{self, Around, Entry};
use super::fields::{FIELD_MAX, Field, LINE_WEIGHT};
use super::head::Head;
use super::line::{self, Report};
use crate::domain::money::{Currency, Money};

/// One statement being read.
pub(super) struct Statement {
    header: StatementHeader,
    /// The currency entries are in, once something has said it.
    currency: Option<Currency>,
    opening: Option<Balance>,
    closing: Option<Balance>,
    pub(super) state: State,
    report: Report,
    floor: bool,
    announced: bool,
    entries: u64,
    entry: Option<Entry>,
    totals: Totals,
    /// Line of the last balance, for what is said at the end.
    line: u64,
    /// What the entries come to by sign, for the sums of an interim report.
    debits: Option<Money>,
    credits: Option<Money>,
}

/// How far a statement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No balance yet: headers, or an interim report.
    Unbalanced,
    /// Opened with a balance and not closed.
    Open,
    /// Closed, the next page follows.
    PageEnded,
    Closed,
}

impl Statement {
    pub(super) fn new(ordinal: u64, head: &Head) -> Self {
        Self {
            header: head.header(ordinal),
            currency: head.currency(),
            opening: None,
            closing: None,
            state: State::Unbalanced,
            report: head.report(),
            floor: head.has_floor(),
            announced: false,
            entries: 0,
            entry: None,
            totals: Totals::default(),
            line: head.line(),
            debits: None,
            credits: None,
        }
    }

    /// Whether a message that opens with `:60M:` is the next page of this one.
    pub(super) fn continues_with(&self, head: &Head) -> bool {
        let next = head.header(0);
        let number = |id: &Option<String>| id.as_deref().and_then(|id| id.split('/').next()).map(str::to_owned);
        let same_account =
            (&self.header.account_iban, &self.header.account_other) == (&next.account_iban, &next.account_other);
        self.state == State::PageEnded && same_account && number(&self.header.id) == number(&next.id)
    }

    /// `:60F:`, or `:60M:` of the first page.
    pub(super) fn open(&mut self, field: &Field, emitter: &mut Emitter<'_>) {
        let before = std::mem::replace(&mut self.state, State::Open);
        (self.line, self.report) = (field.line, Report::Statement);
        if field.tag == "60M" && before == State::Unbalanced {
            self.warn_of_page(":60M:", ("first", "erste"), emitter);
        }
        let Some(balance) = self.balance(field, emitter) else { return };
        self.currency = Some(balance.amount.currency());
        if self.opening.is_none() {
            // Its day is the one the statement before closed on, with most banks: where this one begins its lines say.
            self.header.opening = Some(balance.amount);
            self.opening = Some(balance);
        }
    }

    /// `:62F:`, `:62M:`.
    pub(super) fn close(&mut self, field: &Field, emitter: &mut Emitter<'_>) {
        self.flush(emitter);
        self.line = field.line;
        self.state = if field.tag == "62F" { State::Closed } else { State::PageEnded };
        self.closing = self.balance(field, emitter);
        let closing = self.closing.map(|balance| balance.amount.currency());
        self.currency = self.currency.or(closing);
    }

    fn warn_of_page(&self, tag: &str, which: (&str, &str), emitter: &mut Emitter<'_>) {
        let (which, welche) = which;
        let message = both(
            format!("the statement's {which} page is missing in this file; import it as well"),
            format!("die {welche} Seite des Auszugs fehlt in der Datei; importieren Sie auch sie"),
        );
        emitter.warn(Place { line: self.line, entry: None, field: tag }, "page_missing", message);
    }

    fn balance(&self, field: &Field, emitter: &mut Emitter<'_>) -> Option<Balance> {
        let read = balance::balance(&field.compact(), self.currency);
        let tag = format!(":{}:", field.tag);
        let place = Place { line: field.line, entry: None, field: &tag };
        read.map_err(|message| emitter.warn(place, "invalid_balance", message)).ok()
    }

    /// `:61:`. What follows belongs to it until the next field of another kind.
    pub(super) fn add(&mut self, field: &Field, emitter: &mut Emitter<'_>) {
        self.flush(emitter);
        self.announce(emitter);
        self.entries = self.entries.saturating_add(1);
        let day = self.opening.and_then(|balance| balance.day);
        let around = Around { ordinal: self.entries, currency: self.currency, day };
        self.warn_of_cut(field, emitter);
        self.entry = entry::read(field, around, emitter);
    }

    /// `:86:` or `:NS:` of the entry before it, else of the statement and then for people only; or sums at its end.
    pub(super) fn explain(&mut self, mut field: Field, emitter: &mut Emitter<'_>) {
        if matches!(field.tag.as_str(), "90C" | "90D") {
            return self.compare_sum(&field, emitter);
        }
        let Some(entry) = &mut self.entry else { return };
        entry.end = field.end;
        let lines = if field.tag == "NS" { &mut entry.narrative } else { &mut entry.details };
        // The standard has one text for an entry. Some banks write several; a million must not fill the memory.
        let weight = |lines: &[String]| lines.iter().map(|line| line.len().saturating_add(LINE_WEIGHT)).sum::<usize>();
        if lines.is_empty() || weight(lines).saturating_add(weight(&field.lines)) <= FIELD_MAX {
            lines.append(&mut field.lines);
        } else {
            field.cut = true;
        }
        self.warn_of_cut(&field, emitter);
    }

    fn warn_of_cut(&self, field: &Field, emitter: &mut Emitter<'_>) {
        if field.cut {
            let tag = format!(":{}:", field.tag);
            let place = Place { line: field.line, entry: Some(self.entries), field: &tag };
            let message = "the text is longer than can be kept; the end of it is missing, see the bank's own list";
            emitter.warn(place, "text_too_long", message);
        }
    }

    /// `:90C:`, `:90D:`: what all credits, or all debits, of an interim report come to.
    pub(super) fn compare_sum(&mut self, field: &Field, emitter: &mut Emitter<'_>) {
        self.flush(emitter);
        let own = if field.tag == "90D" { self.debits } else { self.credits };
        let Some(named) = balance::sum(&field.compact()) else { return };
        let own = own.unwrap_or(Money::zero(named.currency()));
        if self.floor || own.checked_abs() == Ok(named) {
            return;
        }
        let tag = format!(":{}:", field.tag);
        let place = Place { line: field.line, entry: None, field: &tag };
        let message = both(
            format!("the entries come to {own}, the bank's sum of them is {named}; compare the bank's list"),
            format!(
                "die Einträge ergeben {own}, die Bank nennt als Summe {named}; vergleichen Sie mit der Liste der Bank"
            ),
        );
        emitter.warn(place, "sum_mismatch", message);
    }

    /// Hands over the entry that is complete now.
    pub(super) fn flush(&mut self, emitter: &mut Emitter<'_>) {
        let Some(entry) = self.entry.take() else { return };
        let sum = if entry.amount.is_negative() { &mut self.debits } else { &mut self.credits };
        *sum = sum.unwrap_or(Money::zero(entry.amount.currency())).checked_add(entry.amount).ok();
        line::emit(&entry, (&self.header, self.report), &mut self.totals, emitter);
    }

    /// The statement ends: its balances are compared with its lines.
    pub(super) fn finish(mut self, emitter: &mut Emitter<'_>) {
        self.flush(emitter);
        self.announce(emitter);
        let place = Place { line: self.line, entry: None, field: ":62F:" };
        if self.state == State::Open {
            let message = "the statement has no closing balance, so it cannot be checked; compare the bank's list";
            emitter.warn(place, "balance_not_checked", message);
        } else if self.state == State::PageEnded {
            self.warn_of_page(":62M:", ("last", "letzte"), emitter);
        }
        let (opening, closing) =
            (self.opening.map(|balance| balance.amount), self.closing.map(|balance| balance.amount));
        let sum = self.totals.sum(self.currency);
        let gap = totals::gap((opening, closing, sum), place, emitter);
        let (ordinal, lines) = (self.header.ordinal, self.totals.lines);
        emitter.send(StatementEvent::StatementEnd(StatementEnd { ordinal, lines, opening, closing, sum, gap }));
    }

    /// Hands the header over, once, before the first line.
    fn announce(&mut self, emitter: &mut Emitter<'_>) {
        if !std::mem::replace(&mut self.announced, true) {
            self.header.currency = self.currency;
            self.header.closing = self.closing.map(|balance| balance.amount);
            self.header.to = self.closing.and_then(|balance| balance.day);
            emitter.send(StatementEvent::Statement(Box::new(self.header.clone())));
        }
    }

    /// The last entry may have been cut off with the file.
    pub(super) fn has_entry(&self) -> bool {
        self.entry.is_some()
    }
}

/// The day of a time stamp such as `2611241815+0100`.
pub(super) fn day_of_stamp(text: &str) -> Option<NaiveDate> {
    super::values::date(text.get(..6)?)
}
