//! What is known of the statement around its entries, and does its arithmetic hold?
//!
//! Opening balance plus booked lines must give the closing balance; where it does not, the lines are handed over all
//! the same and the gap is named, because the bank's own figures are the only judge of a reading. It must never
//! hold lines: of what went by, only count and sum are kept.

use chrono::NaiveDate;

use super::super::emitter::Words;
use super::super::totals::Totals;
use super::super::{StatementEnd, StatementEvent, StatementHeader};
use super::balances::Balances;
use super::entry::{At, Entry, Leaf};
use super::{Emitter, Family, Place, line, values};
use crate::domain::money::Money;

/// One `Stmt`, `Rpt` or `Ntfctn` being read.
pub(super) struct Statement {
    family: Family,
    header: StatementHeader,
    balances: Balances,
    announced: bool,
    entry: Option<Entry>,
    entries: u64,
    totals: Totals,
}

impl Statement {
    pub(super) fn new(family: Family, ordinal: u64, line: u64) -> Self {
        Self {
            family,
            header: StatementHeader { ordinal, source_line: line, ..StatementHeader::default() },
            balances: Balances::default(),
            announced: false,
            entry: None,
            entries: 0,
            totals: Totals::default(),
        }
    }

    /// An element opens; `path` is below the statement.
    pub(super) fn open(&mut self, path: &str, at: At, emitter: &mut Emitter<'_>) {
        match path {
            "Bal" => self.balances.open(),
            "Ntry" => {
                self.announce(emitter);
                self.entries = self.entries.saturating_add(1);
                self.entry = Some(Entry::new(self.entries, at));
            }
            _ => {
                if let (Some(entry), Some(below)) = (&mut self.entry, path.strip_prefix("Ntry/")) {
                    entry.open(below, at);
                }
            }
        }
    }

    /// An element closes; `path` is below the statement.
    pub(super) fn close(&mut self, path: &str, leaf: Leaf<'_>, emitter: &mut Emitter<'_>) {
        if let Some(below) = path.strip_prefix("Ntry/") {
            if let Some(entry) = &mut self.entry {
                entry.close(below, leaf);
            }
        } else if path == "Ntry" {
            if let Some(mut entry) = self.entry.take() {
                entry.end(leaf.at);
                let about = line::About { family: self.family, header: &self.header, date: self.date() };
                line::emit(entry, about, &mut self.totals, emitter);
            }
        } else if path == "Bal" {
            if let Err(message) = self.balances.take(self.header.currency) {
                self.warn(leaf.at.line, "Bal", ("invalid_balance", message), emitter);
            }
        } else if let Some(below) = path.strip_prefix("Bal/") {
            self.balances.close(below, leaf);
        } else {
            self.close_header(path, leaf, emitter);
        }
    }

    /// The statement ends: its balances are compared with its lines.
    pub(super) fn finish(mut self, line: u64, emitter: &mut Emitter<'_>) {
        self.announce(emitter);
        if self.totals.reach_beyond(self.header.from, self.header.to) {
            let message = "a booking date lies outside of the days the statement is about; compare the bank's list";
            self.warn(line, "FrToDt", ("date_outside_statement", message.into()), emitter);
        }
        let sum = self.totals.sum(self.header.currency);
        let field = format!("{}/Bal", self.family.body());
        let place = Place { line, entry: None, field: &field };
        let gap = self.balances.check(sum, (self.family, place), emitter);
        let (ordinal, lines) = (self.header.ordinal, self.totals.lines);
        let Balances { opening, closing, .. } = self.balances;
        emitter.send(StatementEvent::StatementEnd(StatementEnd { ordinal, lines, opening, closing, sum, gap }));
    }

    fn warn(&self, line: u64, field: &str, (code, words): (&'static str, Words), emitter: &mut Emitter<'_>) {
        let field = format!("{}/{field}", self.family.body());
        emitter.warn(Place { line, entry: None, field: &field }, code, words);
    }

    /// The day to fall back to where an entry has none.
    fn date(&self) -> Option<NaiveDate> {
        self.balances.closing_date.or(self.header.to).or(self.header.created)
    }

    /// Hands the header over, once, before the first line. The standard puts all of it in front of the entries.
    fn announce(&mut self, emitter: &mut Emitter<'_>) {
        if self.announced {
            return;
        }
        self.announced = true;
        let header = &mut self.header;
        (header.opening, header.closing) = (self.balances.opening, self.balances.closing);
        let of_balance = || header.opening.or(header.closing).map(Money::currency);
        header.currency = header.currency.or_else(of_balance);
        emitter.send(StatementEvent::Statement(Box::new(header.clone())));
    }

    fn close_header(&mut self, path: &str, leaf: Leaf<'_>, emitter: &mut Emitter<'_>) {
        let header = &mut self.header;
        match path {
            "Id" => header.id = values::clean(leaf.text),
            "CreDtTm" => header.created = values::date(leaf.text.trim()),
            "FrToDt/FrDtTm" | "FrToDt/FrDt" => header.from = values::date(leaf.text.trim()),
            "FrToDt/ToDtTm" | "FrToDt/ToDt" => header.to = values::date(leaf.text.trim()),
            "Acct/Id/IBAN" => header.account_iban = values::account(leaf.text),
            "Acct/Id/Othr/Id" | "Acct/Id/PrtryAcct/Id" => header.account_other = values::clean(leaf.text),
            "Acct/Ccy" => match values::currency(Some(leaf.text), None) {
                Ok(currency) => header.currency = Some(currency),
                Err(fault) => self.warn(leaf.at.line, "Acct/Ccy", (fault.code(), fault.words()), emitter),
            },
            _ => {}
        }
    }
}
