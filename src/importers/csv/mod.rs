//! How does a CSV file become statement events?
//!
//! A profile says what the columns mean. `recognise` finds it by the header or `unknown` says why there is none, `builtin` holds those of the usual banks;
//! `text` makes lines of bytes, `rows` makes rows of lines, `line` decides what a row is and `money` what it
//! moves, with `values` and `purpose` reading single cells, and `statement` keeps the account and its sums. Nothing of a file is kept but its first
//! 64 KiB, the current row and sums. Must never ask which format or bank it is, nor look at a clock or a database.

mod builtin;
mod line;
mod money;
mod profile;
mod purpose;
mod recognise;
mod rows;
mod statement;
mod text;
mod unknown;
mod values;

#[cfg(test)]
mod tests;

use std::io::{BufRead, Cursor, Read};
use std::ops::ControlFlow;

pub use self::builtin::PROFILES;
pub use self::profile::{Column, DateOrder, Encoding, Field, NumberStyle, Origin, Profile, Rules, SignRule};
use self::recognise::Found;
use self::rows::{Row, Rows};
use self::statement::{Notes, Statement};
use self::text::{Lines, at};
use self::values::fold;
use super::emitter::{Emitter, Place, both};
use super::excerpt::Lines as Piece;
use super::values::{account, looks_like_iban};
use super::{ImportError, Refusal, Span, StatementEvent, Summary};
use crate::domain::money::Currency;

/// How much of a file is looked at for its profile.
const HEAD: usize = 64 * 1024;

/// What must be known besides the file.
#[derive(Debug, Clone)]
pub struct Reader {
    pub profiles: Vec<Profile>,
    /// Of the account, for amounts that do not name one.
    pub currency: Currency,
}

impl Reader {
    /// Reads files with the built-in profiles alone.
    pub fn built_in(currency: Currency) -> Self {
        Self { profiles: PROFILES.clone(), currency }
    }
}

/// What was found out about a file before its first booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    pub key: String,
    pub name: String,
    pub encoding: Option<Encoding>,
    pub delimiter: char,
    /// Line of the header, or of the first booking where there is none.
    pub line: u64,
    pub header: Vec<String>,
    pub dates: DateOrder,
    pub numbers: NumberStyle,
}

/// Whether the first bytes of a file may be those of a CSV file.
pub fn looks_like(head: &[u8]) -> bool {
    recognise::looks_like(head)
}

/// Reads a file and tells `sink` what is in it, until the sink breaks or the file ends.
///
/// # Errors
/// [`ImportError`] when the file as a whole cannot be trusted: no profile or several fit, characters that cannot be
/// read, rows beyond the limits. The sink may have had events before; the caller drops them with its transaction.
pub fn read(
    input: impl BufRead,
    reader: &Reader,
    sink: &mut dyn FnMut(StatementEvent) -> ControlFlow<()>,
) -> Result<Summary, ImportError> {
    read_detecting(input, reader, &mut |_| {}, sink)
}

/// As [`read`], and tells what was detected before the first event.
///
/// # Errors
/// As [`read`].
pub fn read_detecting(
    mut input: impl BufRead,
    reader: &Reader,
    detected: &mut dyn FnMut(Detected),
    sink: &mut dyn FnMut(StatementEvent) -> ControlFlow<()>,
) -> Result<Summary, ImportError> {
    let (head, found) = recognise(&mut input, reader)?;
    let lines = Lines::new(Cursor::new(head.clone()).chain(input), found.profile.rules.encoding)?;
    let mut rows = Rows::new(lines, found.delimiter);
    rows.expect(found.columns.header.len().max(found.columns.reach()));
    let mut file =
        File { found: &found, currency: reader.currency, notes: Notes::default(), statement: None, count: 0 };
    let mut emitter = Emitter { sink, summary: Summary::default() };
    let mut told = false;
    while !emitter.summary.stopped {
        let Some(row) = rows.next()? else { break };
        if !told && row.line >= found.line {
            told = true;
            detected(file.detected(rows.lines().encoding()));
        }
        file.take(&row, &mut emitter);
    }
    file.end(rows.line(), &mut emitter);
    Ok(emitter.summary)
}

/// A file being read.
struct File<'a> {
    found: &'a Found<'a>,
    currency: Currency,
    notes: Notes,
    statement: Option<Statement>,
    count: u64,
}

impl File<'_> {
    fn detected(&self, encoding: Option<Encoding>) -> Detected {
        let Found { profile, columns, delimiter, dates, numbers, line, .. } = self.found;
        Detected {
            key: profile.key.clone(),
            name: profile.name.clone(),
            encoding,
            delimiter: char::from(*delimiter),
            line: *line,
            header: columns.header.iter().map(|name| name.trim().to_owned()).collect(),
            dates: *dates,
            numbers: *numbers,
        }
    }

    fn take(&mut self, row: &Row, emitter: &mut Emitter<'_>) {
        let columns = &self.found.columns;
        let is_header = !columns.header.is_empty() && row.cells == columns.header;
        if row.is_blank() || is_header {
            return;
        }
        let dated = [Field::BookingDate, Field::ValueDate]
            .map(|field| values::date(columns.text(row, field), self.found.dates));
        let booking = row.line >= self.found.line && dated.iter().any(Option::is_some) && self.is_whole(row);
        if booking {
            if row.broken {
                let place = Place { line: row.line, entry: None, field: "\"" };
                emitter.warn(
                    place,
                    "broken_quotes",
                    "a quote is not closed; the row is read with quotes as plain letters",
                );
            }
            return self.take_booking(row, emitter);
        }
        let account = self.notes.iban.clone();
        if self.notes.take(row, self.found, self.currency) {
            // A new block of the file begins with the number of its account.
            if self.notes.iban != account && self.statement.as_ref().is_some_and(|statement| !statement.is_empty()) {
                let next = Notes::of(self.notes.iban.take());
                self.finish(row.line, emitter);
                self.notes = next;
            }
        } else if row.line >= self.found.line {
            self.take_other(row, emitter);
        }
    }

    /// Whether all cells are there that the profile reads, and none that the header does not name.
    fn is_whole(&self, row: &Row) -> bool {
        let columns = &self.found.columns;
        let named = if columns.header.is_empty() { usize::MAX } else { columns.header.len() };
        let cells = row.cells.len();
        // Behind the last end of line cells may have been cut off.
        let enough = if row.ended { columns.reach() } else { columns.header.len().max(columns.reach()) };
        row.width() <= named && cells >= enough
    }

    fn take_booking(&mut self, row: &Row, emitter: &mut Emitter<'_>) {
        let named = account(self.found.columns.text(row, Field::Account));
        let (iban, other) = match named {
            Some(iban) if looks_like_iban(&iban) => (Some(iban), None),
            Some(other) => (None, Some(other)),
            None => (self.notes.iban.clone(), None),
        };
        let same =
            |statement: &Statement| statement.header.account_iban == iban && statement.header.account_other == other;
        if !self.statement.as_ref().is_some_and(same) {
            if self.statement.is_some() {
                self.finish(row.line, emitter);
            }
            self.count = self.count.saturating_add(1);
            let mut statement = Statement::new(self.count, row.line, self.currency);
            statement.header.account_iban = iban;
            statement.header.account_other = other;
            self.statement = Some(statement);
        }
        if let Some(statement) = &mut self.statement {
            statement.take(row, self.found, emitter);
        }
    }

    /// A row that is neither a booking nor anything that is known around bookings.
    fn take_other(&mut self, row: &Row, emitter: &mut Emitter<'_>) {
        let place = |field| Place { line: row.line, entry: None, field };
        let columns = &self.found.columns;
        let said = row.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        let money =
            [Field::Amount, Field::Debit, Field::Credit].iter().any(|field| !columns.text(row, *field).is_empty());
        if said <= 2 && !money {
            emitter.warn(
                place("#1"),
                "unread_row",
                "the row is no booking and nothing that is known around bookings; it makes no line",
            );
        } else if self.is_whole(row) {
            self.take_booking(row, emitter);
        } else {
            let (cells, header) = (row.cells.len(), columns.header.len().max(columns.reach()));
            let message = both(
                format!("the row has {cells} cells where the header has {header}; correct it or enter it by hand"),
                format!(
                    "die Zeile hat {cells} Zellen, die Kopfzeile {header}; berichtigen Sie sie oder erfassen Sie sie von Hand"
                ),
            );
            emitter.error(place(&columns.name(Field::BookingDate)), "wrong_columns", message);
        }
    }

    fn finish(&mut self, line: u64, emitter: &mut Emitter<'_>) {
        if let Some(statement) = self.statement.take() {
            statement.finish(&self.notes, (line, self.found), emitter);
        }
    }

    fn end(&mut self, line: u64, emitter: &mut Emitter<'_>) {
        if self.count == 0 {
            let mut empty = Statement::new(1, self.found.line, self.currency);
            empty.header.account_iban = self.notes.iban.clone();
            self.statement = Some(empty);
        }
        self.finish(line, emitter);
    }
}

/// Whether a name is one that a header could have, for those who check profiles.
pub fn is_column(name: &str) -> bool {
    profile::Place::parse(name).is_some() && (name.contains('#') || !fold(name).is_empty())
}

/// The lines of a piece of a file. Profiles come and go, and a file without one can still be shown: of a profile nothing is
/// needed but the encoding, and that is found out where none names it.
pub(super) fn excerpt(mut input: impl BufRead, reader: &Reader, span: Span) -> Result<String, ImportError> {
    let head = head_of(&mut input)?;
    let encoding = recognise_head(&head, reader).ok().and_then(|found| found.profile.rules.encoding);
    let mut lines = Lines::new(Cursor::new(head).chain(input), encoding)?;
    let mut piece = Piece::of(span);
    while let Some(line) = lines.next()? {
        if !piece.take(line.offset, &line.text) {
            break;
        }
    }
    Ok(piece.text())
}

/// The first bytes, and what they tell of the file.
fn recognise<'a>(input: &mut impl BufRead, reader: &'a Reader) -> Result<(Vec<u8>, Found<'a>), ImportError> {
    let head = head_of(input)?;
    let found = recognise_head(&head, reader)?;
    Ok((head, found))
}

fn head_of(input: &mut impl BufRead) -> Result<Vec<u8>, ImportError> {
    let mut head = Vec::new();
    let limit = u64::try_from(HEAD).unwrap_or(u64::MAX);
    input.by_ref().take(limit).read_to_end(&mut head).map_err(|error| at(1, Refusal::Read(error.to_string())))?;
    Ok(head)
}

fn recognise_head<'a>(head: &[u8], reader: &'a Reader) -> Result<Found<'a>, ImportError> {
    recognise::recognise((head, head.len() < HEAD), &reader.profiles, reader.currency)
}
