//! What is known of the statement around its entries, and does its arithmetic hold?
//!
//! Opening balance plus booked lines must give the closing balance; where it does not, the lines are handed over all
//! the same and the gap is named, because the bank's own figures are the only judge of a reading. It must never
//! hold lines: of what went by, only count and sum are kept.

use chrono::NaiveDate;

use super::super::totals::{self, Totals};
use super::super::{StatementEnd, StatementEvent, StatementHeader};
use super::entry::{Direction, Entry, Leaf, RawAmount};
use super::{Emitter, Place, line, values};
use crate::domain::money::{Currency, Money};

/// One `Stmt` being read.
pub(super) struct Statement {
    header: StatementHeader,
    balance: Balance,
    closing_date: Option<NaiveDate>,
    announced: bool,
    entry: Option<Entry>,
    entries: u64,
    totals: Totals,
}

/// One `Bal` being read.
#[derive(Default)]
struct Balance {
    kind: String,
    amount: Option<RawAmount>,
    direction: Option<Direction>,
    date: Option<NaiveDate>,
}

impl Statement {
    pub(super) fn new(ordinal: u64, line: u64) -> Self {
        Self {
            header: StatementHeader { ordinal, source_line: line, ..StatementHeader::default() },
            balance: Balance::default(),
            closing_date: None,
            announced: false,
            entry: None,
            entries: 0,
            totals: Totals::default(),
        }
    }

    /// An element opens; `path` is below `Stmt`.
    pub(super) fn open(&mut self, path: &str, line: u64, emitter: &mut Emitter<'_>) {
        match path {
            "Bal" => self.balance = Balance::default(),
            "Ntry" => {
                self.announce(emitter);
                self.entries = self.entries.saturating_add(1);
                self.entry = Some(Entry::new(self.entries, line));
            }
            _ => {
                if let (Some(entry), Some(below)) = (&mut self.entry, path.strip_prefix("Ntry/")) {
                    entry.open(below, line);
                }
            }
        }
    }

    /// An element closes; `path` is below `Stmt`.
    pub(super) fn close(&mut self, path: &str, leaf: Leaf<'_>, emitter: &mut Emitter<'_>) {
        if let Some(below) = path.strip_prefix("Ntry/") {
            if let Some(entry) = &mut self.entry {
                entry.close(below, leaf);
            }
        } else if path == "Ntry" {
            if let Some(entry) = self.entry.take() {
                line::emit(entry, (&self.header, self.date()), &mut self.totals, emitter);
            }
        } else if path == "Bal" {
            self.close_balance(leaf.line, emitter);
        } else if let Some(below) = path.strip_prefix("Bal/") {
            self.balance.close(below, leaf);
        } else {
            self.close_header(path, leaf, emitter);
        }
    }

    /// The statement ends: its balances are compared with its lines.
    pub(super) fn finish(mut self, line: u64, emitter: &mut Emitter<'_>) {
        self.announce(emitter);
        if self.totals.reach_beyond(self.header.from, self.header.to) {
            let message = "a booking date lies outside of the days the statement is about; compare the bank's list";
            emitter.warn(Place { line, entry: None, field: "Stmt/FrToDt" }, "date_outside_statement", message);
        }
        let (opening, closing) = (self.header.opening, self.header.closing);
        let sum = self.totals.sum(self.header.currency);
        let place = Place { line, entry: None, field: "Stmt/Bal" };
        let gap = totals::gap((opening, closing, sum), place, emitter);
        let (ordinal, lines) = (self.header.ordinal, self.totals.lines);
        emitter.send(StatementEvent::StatementEnd(StatementEnd { ordinal, lines, opening, closing, sum, gap }));
    }

    /// The day to fall back to where an entry has none.
    fn date(&self) -> Option<NaiveDate> {
        self.closing_date.or(self.header.to).or(self.header.created)
    }

    /// Hands the header over, once, before the first line. The standard puts all of it in front of the entries.
    fn announce(&mut self, emitter: &mut Emitter<'_>) {
        if self.announced {
            return;
        }
        self.announced = true;
        let header = &mut self.header;
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
            "Acct/Id/Othr/Id" => header.account_other = values::clean(leaf.text),
            "Acct/Ccy" => match values::currency(Some(leaf.text), None) {
                Ok(currency) => header.currency = Some(currency),
                Err(fault) => {
                    let place = Place { line: leaf.line, entry: None, field: "Stmt/Acct/Ccy" };
                    emitter.warn(place, fault.code(), fault.message());
                }
            },
            _ => {}
        }
    }

    fn close_balance(&mut self, line: u64, emitter: &mut Emitter<'_>) {
        let balance = std::mem::take(&mut self.balance);
        if !matches!(balance.kind.as_str(), "OPBD" | "PRCD" | "CLBD") {
            return;
        }
        let money = match balance.money(self.header.currency) {
            Ok(money) => money,
            Err(message) => {
                emitter.warn(Place { line, entry: None, field: "Stmt/Bal" }, "invalid_balance", message);
                return;
            }
        };
        match balance.kind.as_str() {
            "OPBD" => self.header.opening = Some(money),
            "CLBD" => {
                self.header.closing = Some(money);
                self.closing_date = balance.date;
            }
            // The balance the previous statement closed with stands in for a missing opening balance.
            _ => self.header.opening = self.header.opening.or(Some(money)),
        }
    }
}

impl Balance {
    fn close(&mut self, path: &str, leaf: Leaf<'_>) {
        match path {
            "Tp/CdOrPrtry/Cd" => leaf.text.trim().clone_into(&mut self.kind),
            "Amt" => self.amount = Some(leaf.into()),
            "CdtDbtInd" => self.direction = Direction::parse(leaf.text),
            "Dt/Dt" | "Dt/DtTm" => self.date = values::date(leaf.text.trim()),
            _ => {}
        }
    }

    fn money(&self, default: Option<Currency>) -> Result<Money, String> {
        let raw = self.amount.as_ref().ok_or_else(|| values::AmountFault::Missing.message())?;
        let money = values::currency(raw.currency.as_deref(), default)
            .and_then(|currency| values::amount(&raw.text, currency))
            .map_err(|fault| fault.message())?;
        match self.direction {
            Some(Direction::Credit) => Ok(money),
            Some(Direction::Debit) => money.checked_neg().map_err(|error| error.to_string()),
            None if money.is_zero() => Ok(money),
            None => Err("the balance does not say whether it is a credit or a debit; it is not used".to_owned()),
        }
    }
}
