//! What does a statement line (`:61:`) say: dates, direction, amount, code, references?
//!
//! `YYMMDD[MMDD]mark[letter]amount[code][reference][//reference]`, and a second line for people. Banks leave parts out,
//! put blanks for them, and break lines anywhere, so it is read from left to right and breaks count as blanks. What is no
//! entry is told as an error; nothing is guessed that moves money.

use chrono::NaiveDate;

use super::super::emitter::{Emitter, Place, both, value_date_missing};
use super::super::values as shared;
use super::fields::{Field, is_full};
use super::values;
use crate::domain::money::{Currency, Money};

/// Room of the second line.
const SUPPLEMENT_MAX: usize = 34;

/// The mark in front of the amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) credit: bool,
    /// `RC` takes back a credit, so it is a debit; `RD` the other way round.
    pub(super) reversal: bool,
    /// `EC`, `ED`: expected, not booked (MT942 only).
    pub(super) expected: bool,
}

/// One `:61:`, and where it is.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) ordinal: u64,
    pub(super) line: u64,
    pub(super) offset: u64,
    pub(super) end: u64,
    pub(super) booking_date: NaiveDate,
    pub(super) value_date: Option<NaiveDate>,
    /// As the account sees it: what leaves it is negative.
    pub(super) amount: Money,
    pub(super) mark: Mark,
    /// Such as `NTRF`.
    pub(super) code: Option<String>,
    pub(super) customer_reference: Option<String>,
    pub(super) bank_reference: Option<String>,
    pub(super) supplement: Option<String>,
    /// `:86:` behind it, line by line.
    pub(super) details: Vec<String>,
    /// `:NS:` behind it, which some banks write instead.
    pub(super) narrative: Vec<String>,
}

/// What an entry needs to know of its statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    pub(super) ordinal: u64,
    pub(super) currency: Option<Currency>,
    /// The day of the opening balance.
    pub(super) day: Option<NaiveDate>,
}

/// Reads an entry, or says why it is none.
pub(super) fn read(field: &Field, around: Around, emitter: &mut Emitter<'_>) -> Option<Entry> {
    let text = field.lines.join("\n");
    let at = |name| Place { line: field.line, entry: Some(around.ordinal), field: name };
    let mut rest = Cursor { rest: text.trim_start() };
    let dates = (rest.take_dates(), around.day);
    let Some(mark) = rest.take_mark() else {
        let message = "the entry does not say C or D; enter it by hand from the bank's own list";
        emitter.error(at(":61: Debit/Credit Mark"), "missing_direction", message);
        return None;
    };
    let letter = rest.take_letter();
    let digits = rest.take_amount();
    let amount = shared::currency(None, around.currency).and_then(|currency| values::amount(&digits, currency));
    let amount = match amount {
        Ok(amount) => amount,
        Err(fault) => {
            emitter.error(at(":61: Amount"), fault.code(), values::fault_words(&fault));
            return None;
        }
    };
    if amount.is_zero() {
        emitter.warn(at(":61: Amount"), "zero_amount", "the amount is zero; the entry makes no line");
        return None;
    }
    if letter == Some('R') && !amount.currency().code().ends_with('R') {
        let message = "R behind C or D is no letter of the currency; it is read as the English abbreviation, not as a \
                       reversal; compare the sign with the bank's own list";
        emitter.warn(at(":61: Debit/Credit Mark"), "unclear_direction", message);
    }
    let (booking_date, value_date) = days(dates, at, emitter)?;
    let amount = if mark.credit == mark.reversal { amount.checked_neg().ok()? } else { amount };
    let tail = rest.tail();
    Some(Entry {
        ordinal: around.ordinal,
        line: field.line,
        offset: field.offset,
        end: field.end,
        booking_date,
        value_date,
        amount,
        mark,
        code: tail.code,
        customer_reference: tail.customer,
        bank_reference: tail.bank,
        supplement: tail.supplement,
        details: Vec::new(),
        narrative: Vec::new(),
    })
}

/// Booking and value date. The standard lets the entry date out; then the value date is the booking date.
fn days<'a>(
    ((value, booked), opening): ((&str, Option<&str>), Option<NaiveDate>),
    at: impl Fn(&'a str) -> Place<'a>,
    emitter: &mut Emitter<'_>,
) -> Option<(NaiveDate, Option<NaiveDate>)> {
    let mut value_date = values::date(value);
    if value_date.is_none() {
        value_date = values::end_of_february(value);
        let message = if value_date.is_some() {
            both(
                "the value date is a day of the bank's interest calendar; the last day of February is used".to_owned(),
                "die Wertstellung ist ein Tag des Zinskalenders der Bank; der letzte Februartag gilt".to_owned(),
            )
        } else {
            value_date_missing()
        };
        emitter.warn(at(":61: Value Date"), "invalid_date", message);
    }
    let new_year = || values::year_of(value.get(..2)?).and_then(|year| NaiveDate::from_ymd_opt(year, 7, 1));
    let near = value_date.or(opening).or_else(new_year);
    let booking_date = booked.zip(near).and_then(|(text, near)| values::day_near(text, near));
    match (booking_date, value_date) {
        (Some(day), _) => Some((day, value_date)),
        (None, Some(day)) => {
            if booked.is_some() {
                let message = both(
                    format!("the entry date is no date; the value date {day} is used"),
                    format!("das Buchungsdatum ist kein Datum; das der Wertstellung, {day}, gilt"),
                );
                emitter.warn(at(":61: Entry Date"), "invalid_date", message);
            }
            Some((day, value_date))
        }
        (None, None) => {
            let message = both(
                "the entry has no usable date; enter it by hand from the bank's own list".to_owned(),
                "der Eintrag hat kein brauchbares Datum; erfassen Sie ihn von Hand nach der Liste der Bank".to_owned(),
            );
            emitter.error(at(":61: Value Date"), "missing_date", message);
            None
        }
    }
}

/// What follows the amount.
#[derive(Debug, Default)]
struct Tail {
    code: Option<String>,
    customer: Option<String>,
    bank: Option<String>,
    supplement: Option<String>,
}

/// What is still to be read.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let first = self.rest.chars().next().filter(|first| wanted(*first))?;
        self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
        Some(first)
    }

    fn take_digits(&mut self, count: usize) -> Option<&'a str> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| {
            self.rest = rest;
            digits
        })
    }

    /// Value date and entry date as written; an empty text where the first is missing.
    fn take_dates(&mut self) -> (&'a str, Option<&'a str>) {
        let value = self.take_digits(6).unwrap_or_default();
        (value, self.take_digits(4))
    }

    fn take_mark(&mut self) -> Option<Mark> {
        self.skip_blanks();
        let mut marks = self.rest.chars();
        let (first, second) = (marks.next()?, marks.next());
        let follows = matches!(second, Some('C' | 'D'));
        let expected = first == 'E' && follows;
        let reversal = first == 'R' && follows;
        if expected || reversal {
            self.take_if(|_| true);
        }
        let credit = self.take_if(|mark| matches!(mark, 'C' | 'D'))? == 'C';
        Some(Mark { credit, reversal, expected })
    }

    /// The third letter of the currency, where the bank writes it.
    fn take_letter(&mut self) -> Option<char> {
        self.skip_blanks();
        self.take_if(|letter| letter.is_ascii_uppercase())
    }

    /// Digits and commas. A break or blank between them belongs to the amount only where the code follows: else it
    /// could join the amount with a number for people on the next line.
    fn take_amount(&mut self) -> String {
        self.skip_blanks();
        let is_part = |character: char| character.is_ascii_digit() || matches!(character, ',' | '.');
        let wide = self.rest.find(|character: char| !is_part(character) && !character.is_whitespace());
        let (wide, behind) = self.rest.split_at(wide.unwrap_or(self.rest.len()));
        let narrow = self.rest.find(|character| !is_part(character)).unwrap_or(self.rest.len());
        let coded = behind.starts_with(['N', 'S', 'F']) && !wide.ends_with(char::is_whitespace);
        let taken = if coded { wide } else { self.rest.get(..narrow).unwrap_or_default() };
        self.rest = self.rest.get(taken.len()..).unwrap_or_default();
        taken.chars().filter(|character| !character.is_whitespace()).collect()
    }

    fn tail(self) -> Tail {
        let (first, more) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        let mut tail = Tail { supplement: supplement(more), ..Tail::default() };
        let mut references = first.trim_start();
        if let Some((code, rest)) = references.split_at_checked(4)
            && code.starts_with(|letter: char| letter.is_ascii_uppercase())
        {
            tail.code = shared::clean(code);
            references = rest;
        }
        let (customer, bank) = references.split_once("//").unwrap_or((references, ""));
        tail.customer = shared::reference(customer);
        tail.bank = shared::reference(bank);
        tail
    }
}

fn supplement(lines: &str) -> Option<String> {
    let mut whole = String::new();
    for line in lines.split('\n') {
        whole.push_str(line);
        if !is_full(line, SUPPLEMENT_MAX) {
            whole.push(' ');
        }
    }
    shared::clean(&whole)
}
