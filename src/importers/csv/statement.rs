//! What is known of an account in a CSV file around its rows, and does its arithmetic hold?
//!
//! Banks put the account's number and its balances in front of the rows, behind them, or into a column; some put several
//! accounts into one file. Rows run from old to new or from new to old: a column of balances tells both. No row is
//! kept; of what went by, only sums and the two ends are.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::emitter::{Emitter, Place, both};
use super::super::totals;
use super::super::values::{account, looks_like_iban};
use super::super::{LineStatus, StatementEnd, StatementEvent, StatementHeader, StatementLine};
use super::line::{Entry, Made};
use super::profile::Field;
use super::recognise::Found;
use super::rows::Row;
use super::values::{amount, fold};
use crate::domain::money::{Currency, Money};

/// What rows in front of and behind the bookings say.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    pub(super) iban: Option<String>,
    opening: Option<Money>,
    closing: Option<Money>,
}

impl Notes {
    pub(super) fn of(iban: Option<String>) -> Self {
        Self { iban, ..Self::default() }
    }

    /// Takes a row in that is no booking; whether it says anything we know.
    pub(super) fn take(&mut self, row: &Row, found: &Found<'_>, currency: Currency) -> bool {
        let label = fold(row.cell(0));
        let balance = || {
            let cells = row.cells.iter().skip(1).rev();
            let mut money = cells.filter_map(|cell| amount(cell, found.numbers, currency).ok());
            money.find(|amount| amount.mark.is_none()).map(|amount| amount.money)
        };
        let begins = |words: &[&str]| words.iter().any(|word| label.starts_with(word));
        if begins(&["letzterkontostand", "alterkontostand", "anfangssaldo", "altersaldo"]) {
            self.opening = balance();
            return true;
        }
        if begins(&["kontostand", "neuerkontostand", "endsaldo", "neuersaldo", "saldo"]) {
            self.closing = balance();
            return true;
        }
        // A row without an end may be the rest of a booking.
        let iban = (row.ended && row.width() <= 3).then(|| row.cells.iter().find_map(|cell| iban_in(cell))).flatten();
        let known = iban.is_some();
        self.iban = iban.or(self.iban.take());
        known
    }
}

/// An IBAN alone in a cell, with blanks in it, or behind or in front of a word.
fn iban_in(cell: &str) -> Option<String> {
    let whole = account(cell).filter(|text| looks_like_iban(text) && text.len() >= 18);
    whole.or_else(|| {
        let mut words = cell.split(|letter: char| letter.is_whitespace() || letter == '/');
        words.find(|word| looks_like_iban(word) && word.len() >= 18).map(str::to_owned)
    })
}

/// The rows of one account.
pub(super) struct Statement {
    pub(super) header: StatementHeader,
    currency: Currency,
    announced: bool,
    entries: u64,
    lines: u64,
    books: BTreeMap<&'static str, Book>,
}

/// What is kept of the bookings of one currency.
#[derive(Debug)]
struct Book {
    sum: Option<Money>,
    held: Option<Money>,
    first: Option<End>,
    last: Option<End>,
}

/// One end of the bookings: the balance behind it, and what it moved.
#[derive(Debug, Clone, Copy)]
struct End {
    balance: Money,
    moved: Money,
    date: NaiveDate,
}

impl Statement {
    pub(super) fn new(ordinal: u64, line: u64, currency: Currency) -> Self {
        let header =
            StatementHeader { ordinal, source_line: line, currency: Some(currency), ..StatementHeader::default() };
        Self { header, currency, announced: false, entries: 0, lines: 0, books: BTreeMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Reads a row of bookings.
    pub(super) fn take(&mut self, row: &Row, found: &Found<'_>, emitter: &mut Emitter<'_>) {
        self.announce(emitter);
        self.entries = self.entries.saturating_add(1);
        let entry = Entry { found, row, header: &self.header, currency: self.currency, number: self.entries };
        let made = entry.make(emitter);
        let balance = |currency| {
            let read = amount(found.columns.text(row, Field::Balance), found.numbers, currency).ok()?;
            read.mark.is_none().then_some(read.money)
        };
        match made {
            Made::Nothing => {}
            Made::Held(money) => self.book(money.currency()).hold(money),
            Made::Lines(main, fee) => {
                if main.status == LineStatus::Booked {
                    let fee_amount = fee.as_ref().map(|fee| fee.amount);
                    let balance = balance(main.amount.currency());
                    self.book(main.amount.currency()).count(&main, fee_amount, balance);
                }
                for line in [Some(main), fee].into_iter().flatten() {
                    self.lines = self.lines.saturating_add(1);
                    emitter.send(StatementEvent::Line(line));
                }
            }
        }
    }

    fn book(&mut self, currency: Currency) -> &mut Book {
        let nothing = Some(Money::zero(currency));
        self.books.entry(currency.code()).or_insert(Book { sum: nothing, held: nothing, first: None, last: None })
    }

    pub(super) fn announce(&mut self, emitter: &mut Emitter<'_>) {
        if !self.announced {
            self.announced = true;
            emitter.summary.statements = emitter.summary.statements.saturating_add(1);
            emitter.send(StatementEvent::Statement(Box::new(self.header.clone())));
        }
    }

    /// The rows of the account end: its balances are compared with them, currency by currency.
    pub(super) fn finish(mut self, notes: &Notes, (line, found): (u64, &Found<'_>), emitter: &mut Emitter<'_>) {
        self.announce(emitter);
        let own = self.currency.code();
        self.book(self.currency);
        let name = found.columns.name(Field::Balance);
        let place = Place { line, entry: None, field: if name.is_empty() { "Kontostand" } else { &name } };
        let several = self.books.values().filter(|book| book.first.is_some() || !book.is_idle()).count() > 1;
        let mut end = StatementEnd {
            ordinal: self.header.ordinal,
            lines: self.lines,
            opening: None,
            closing: None,
            sum: None,
            gap: None,
        };
        for (code, book) in &self.books {
            let told = book.balances();
            let noted = (notes.opening, notes.closing);
            let (opening, closing) = match told {
                Some((opening, closing)) => (Some(opening), Some(closing)),
                None if *code == own => noted,
                None => (None, None),
            };
            let gap = book.gap((opening, closing), place, emitter);
            if *code == own {
                end = StatementEnd { opening, closing, gap, sum: book.sum.filter(|_| !several), ..end };
            }
        }
        emitter.send(StatementEvent::StatementEnd(end));
    }
}

impl Book {
    fn is_idle(&self) -> bool {
        self.sum.is_some_and(Money::is_zero)
    }

    fn hold(&mut self, money: Money) {
        self.held = self.held.and_then(|held| held.checked_add(money).ok());
    }

    fn count(&mut self, line: &StatementLine, fee: Option<Money>, balance: Option<Money>) {
        let moved = fee.map_or(Some(line.amount), |fee| line.amount.checked_add(fee).ok());
        self.sum = self.sum.zip(moved).and_then(|(sum, moved)| sum.checked_add(moved).ok());
        if let (Some(balance), Some(moved)) = (balance, moved) {
            let end = End { balance, moved, date: line.booking_date };
            self.first = self.first.or(Some(end));
            self.last = Some(end);
        }
    }

    /// Opening and closing balance, whichever way the rows run: the way that adds up, else the way the days run.
    fn balances(&self) -> Option<(Money, Money)> {
        let (first, last) = (self.first?, self.last?);
        let before = |end: End| end.balance.checked_sub(end.moved).ok();
        let forwards = before(first).map(|opening| (opening, last.balance));
        let backwards = before(last).map(|opening| (opening, first.balance));
        let all = self.sum.zip(self.held).and_then(|(sum, held)| sum.checked_add(held).ok());
        let fits = |way: &(Money, Money)| way.1.checked_sub(way.0).ok() == all;
        let by_day = if first.date > last.date { backwards } else { forwards };
        forwards.filter(fits).or(backwards.filter(fits)).or(by_day)
    }

    fn gap(
        &self,
        (opening, closing): (Option<Money>, Option<Money>),
        place: Place<'_>,
        emitter: &mut Emitter<'_>,
    ) -> Option<Money> {
        let held = self.held.filter(|held| !held.is_zero());
        let Some(held) = held else { return totals::gap((opening, closing, self.sum), place, emitter) };
        let message = both(
            format!("{held} is still held at the end of the file; it shows in the balance and makes no line"),
            format!(
                "am Ende der Datei sind noch {held} einbehalten; sie stehen im Saldo und ergeben keine Kontobewegung"
            ),
        );
        emitter.warn(place, "hold_open", message);
        let change = opening.zip(closing).and_then(|(opening, closing)| closing.checked_sub(opening).ok());
        change.zip(self.sum).and_then(|(change, sum)| change.checked_sub(sum).ok())
    }
}
