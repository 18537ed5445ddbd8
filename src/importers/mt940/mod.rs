//! How does an MT940 statement or an MT942 interim report (SWIFT, also in the German rules) become statement events?
//!
//! One pass over the lines: `lines` decodes them, `fields` joins them to fields, `head` and `statement` keep what stands
//! around the entries, `entry` reads `:61:`, `details` (with `slashes`) the text behind it, `charges` and
//! `codes` say what it means, `line` makes the lines. Nothing of a statement is kept but its header, its sums and the
//! current entry. Must never look at the clock or a database.

mod balance;
mod charges;
mod codes;
mod details;
mod entry;
mod fields;
mod head;
mod line;
mod lines;
mod slashes;
mod statement;
mod values;

#[cfg(test)]
mod tests;

use std::io::BufRead;
use std::ops::ControlFlow;

use self::fields::{Field, Fields, Item};
use self::head::Head;
use self::statement::{State, Statement};
use super::emitter::{Emitter, Place};
use super::excerpt::Lines as Piece;
use super::{ImportError, Refusal, Span, StatementEvent, Summary};

/// Reads a file of one or more messages and tells `sink` what is in it, until the sink breaks or the file ends.
///
/// # Errors
/// [`ImportError`] when the file as a whole cannot be trusted: no statement, cut off, beyond the limits. The sink may have
/// had events before; the caller drops them with its transaction.
pub fn read(
    input: impl BufRead,
    sink: &mut dyn FnMut(StatementEvent) -> ControlFlow<()>,
) -> Result<Summary, ImportError> {
    let mut fields = Fields::new(input);
    let mut emitter = Emitter { sink, summary: Summary::default() };
    let mut reader = Reader::default();
    while !emitter.summary.stopped {
        match fields.next()? {
            Some(Item::Field(field)) => reader.take(field, &mut emitter),
            Some(Item::Break) => reader.end_of_message(&mut emitter),
            Some(Item::Stray(line)) => {
                let message =
                    "this text belongs to no field and is not read; compare the lines with the bank's own list";
                emitter.warn(Place { line, entry: None, field: "-" }, "text_outside", message);
            }
            None => {
                reader.end(fields.line(), &mut emitter)?;
                break;
            }
        }
    }
    Ok(emitter.summary)
}

/// Whether the first bytes of a file, taken as Latin letters, are those of an MT940 or MT942.
///
/// A statement names itself and its account or number; some banks deliver entries without any of these.
pub(super) fn is_one(start: &str) -> bool {
    let lines = || start.split(['\n', '\r']).map(without_headers);
    let begins = |tags: &[&str]| lines().any(|line| tags.iter().any(|tag| line.starts_with(tag)));
    let is_entry = |line: &str| {
        let digits = line.strip_prefix(":61:").and_then(|entry| entry.get(..6));
        digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let named = begins(&[":20:"]) && begins(&[":25:", ":25P:", ":28:", ":28C:", ":60F:", ":60M:"]);
    named || lines().any(is_entry)
}

fn without_headers(line: &str) -> &str {
    let line = line.trim_start_matches(|character: char| character.is_control() || character == ' ');
    line.split_once("{4:").map_or(line, |(_, rest)| rest)
}

/// What a message goes on with behind its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// `:60F:`, a statement's own opening balance.
    First,
    /// `:60M:`, the balance between two pages.
    Page,
    /// No balance: entries, or a closing balance.
    None,
}

impl Opening {
    /// Whether it can follow in a statement that has come so far.
    fn fits(self, state: State) -> bool {
        match self {
            Self::First => state == State::Unbalanced,
            Self::Page | Self::None => state != State::Closed,
        }
    }
}

/// The message and the statement being read.
#[derive(Default)]
struct Reader {
    head: Option<Head>,
    statement: Option<Statement>,
    /// Line of the last field.
    line: u64,
    /// An end of line follows the last field.
    ended: bool,
}

impl Reader {
    fn take(&mut self, field: Field, emitter: &mut Emitter<'_>) {
        (self.line, self.ended) = (field.line, field.ended);
        match field.tag.as_str() {
            "20" => self.begin_head(&field, emitter),
            "25" | "25P" if self.expects_no_account() => self.begin_head(&field, emitter),
            "25" | "25P" | "28" | "28C" | "34F" | "13" | "13D" => self.take_head(&field, emitter),
            "60F" => self.statement_of(Opening::First, emitter).open(&field, emitter),
            "60M" => self.statement_of(Opening::Page, emitter).open(&field, emitter),
            "61" => self.current(emitter).add(&field, emitter),
            "62F" | "62M" => self.current(emitter).close(&field, emitter),
            "90C" | "90D" if self.head.is_some() => self.current(emitter).compare_sum(&field, emitter),
            "86" | "NS" | "90C" | "90D" => {
                if let Some(statement) = &mut self.statement {
                    statement.explain(field, emitter);
                }
            }
            _ => self.pass(&field, emitter),
        }
    }

    /// Fields that say nothing about bookings: related references, available balances. Unknown ones are named.
    fn pass(&mut self, field: &Field, emitter: &mut Emitter<'_>) {
        if let Some(statement) = &mut self.statement {
            statement.flush(emitter);
        }
        if !matches!(field.tag.as_str(), "21" | "64" | "65") {
            let tag = format!(":{}:", field.tag);
            let place = Place { line: field.line, entry: None, field: &tag };
            emitter.warn(place, "unknown_field", "this field is not known in account statements; it is not read");
        }
    }

    /// An account where none belongs begins a message that does not say so.
    fn expects_no_account(&self) -> bool {
        self.head.as_ref().map_or(self.statement.is_some(), Head::has_account)
    }

    fn begin_head(&mut self, field: &Field, emitter: &mut Emitter<'_>) {
        self.end_of_message(emitter);
        self.head = Some(Head::new(field.line));
        self.take_head(field, emitter);
    }

    /// Takes a field of a head in; inside a statement it says nothing about bookings.
    fn take_head(&mut self, field: &Field, emitter: &mut Emitter<'_>) {
        match (&mut self.head, &mut self.statement) {
            (Some(head), _) => head.take(field),
            (None, Some(statement)) => statement.flush(emitter),
            (None, None) => self.head.insert(Head::new(field.line)).take(field),
        }
    }

    /// The statement that a message is of: a new one, or the one before.
    fn statement_of(&mut self, opening: Opening, emitter: &mut Emitter<'_>) -> &mut Statement {
        let head = self.head.take();
        let goes_on = match (&self.statement, &head) {
            (Some(statement), Some(head)) => opening == Opening::Page && statement.continues_with(head),
            (Some(statement), None) => opening.fits(statement.state),
            (None, _) => false,
        };
        if !goes_on {
            self.finish(emitter);
        }
        let (summary, line) = (&mut emitter.summary, self.line);
        self.statement.get_or_insert_with(|| {
            summary.statements = summary.statements.saturating_add(1);
            Statement::new(summary.statements, &head.unwrap_or_else(|| Head::new(line)))
        })
    }

    /// The statement that an entry or a closing balance belongs to. One without any head is a statement all the same.
    fn current(&mut self, emitter: &mut Emitter<'_>) -> &mut Statement {
        self.statement_of(Opening::None, emitter)
    }

    fn end_of_message(&mut self, emitter: &mut Emitter<'_>) {
        if self.head.is_some() {
            self.statement_of(Opening::None, emitter);
        }
        if let Some(statement) = &mut self.statement {
            statement.flush(emitter);
        }
    }

    fn finish(&mut self, emitter: &mut Emitter<'_>) {
        if let Some(statement) = self.statement.take() {
            statement.finish(emitter);
        }
    }

    /// The file ends: with a whole statement, or in the middle of one.
    fn end(mut self, line: u64, emitter: &mut Emitter<'_>) -> Result<(), ImportError> {
        let refuse = |reason| Err(ImportError { reason, line });
        if self.head.is_none() && emitter.summary.statements == 0 {
            return refuse(Refusal::NoStatement);
        }
        let is_cut = |statement: &Statement| statement.state == State::Open || (statement.has_entry() && !self.ended);
        if self.head.is_some() || self.statement.as_ref().is_some_and(is_cut) {
            return refuse(Refusal::Truncated);
        }
        self.finish(emitter);
        Ok(())
    }
}

/// The lines of a piece of a file.
pub(super) fn excerpt(input: impl BufRead, span: Span) -> Result<String, ImportError> {
    let (mut lines, mut piece) = (lines::Lines::new(input), Piece::of(span));
    while let Some(line) = lines.next()? {
        if !piece.take(line.offset, &line.text) {
            break;
        }
    }
    Ok(piece.text())
}
