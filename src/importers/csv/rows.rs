//! How do lines become rows of cells, whatever a bank does with its quotes?
//!
//! `csv-core` splits; this file decides what is one row. A quoted cell may hold line breaks, but a quote that is never
//! closed would swallow the rows behind it: where the cells of several lines do not make the row that the header
//! promises, the lines are read one by one with quotes as plain letters. No row is ever longer than the limits.

use std::collections::VecDeque;
use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::super::{ImportError, Refusal, Span};
use super::text::{LINE_MAX, Line, Lines, at};

/// Most columns of a row. PayPal's longest report has fewer than a hundred.
pub(super) const COLUMNS_MAX: usize = 300;
/// Most lines that one quoted cell may span. Purposes have at most 14.
const LINES_MAX: usize = 50;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// Number of its first line, from 1.
    pub(super) line: u64,
    pub(super) span: Span,
    /// Whether an end of line follows.
    pub(super) ended: bool,
    /// Its quotes were not closed and count as letters.
    pub(super) broken: bool,
}

impl Row {
    pub(super) fn cell(&self, place: usize) -> &str {
        self.cells.get(place).map_or("", String::as_str)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// How many cells there are up to the last that says something.
    pub(super) fn width(&self) -> usize {
        let said = self.cells.iter().rposition(|cell| !cell.trim().is_empty());
        said.map_or(0, |place| place.saturating_add(1))
    }
}

pub(super) struct Rows<R: BufRead> {
    lines: Lines<R>,
    /// Lines that were read ahead and given back.
    ahead: VecDeque<Line>,
    splitter: Splitter,
    /// How many columns the header has.
    columns: Option<usize>,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(lines: Lines<R>, delimiter: u8) -> Self {
        Self { lines, ahead: VecDeque::new(), splitter: Splitter::new(delimiter), columns: None }
    }

    pub(super) fn expect(&mut self, columns: usize) {
        self.columns = Some(columns);
    }

    /// The number of the last line that was read.
    pub(super) fn line(&self) -> u64 {
        self.lines.number()
    }

    pub(super) fn lines(&self) -> &Lines<R> {
        &self.lines
    }

    /// The next row that is not empty.
    pub(super) fn next(&mut self) -> Result<Option<Row>, ImportError> {
        loop {
            let Some(first) = self.line_ahead()? else { return Ok(None) };
            if !first.text.trim().is_empty() {
                return self.row(first).map(Some);
            }
        }
    }

    fn line_ahead(&mut self) -> Result<Option<Line>, ImportError> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next(),
        }
    }

    fn row(&mut self, first: Line) -> Result<Row, ImportError> {
        let number = first.number;
        self.splitter.begin();
        let mut cells = self.splitter.feed(Quotes::Meant, &first.text, number)?;
        let (mut length, mut taken) = (first.text.len(), vec![first]);
        while cells.is_none() && taken.len() < LINES_MAX && length < LINE_MAX {
            let Some(line) = self.line_ahead()? else { break };
            cells = self.splitter.feed(Quotes::Meant, &line.text, number)?;
            length = length.saturating_add(line.text.len());
            taken.push(line);
        }
        if let Some(cells) = cells
            && (taken.len() == 1 || self.is_one_row(&taken, cells.len())?)
        {
            return Ok(row(&taken, cells, false));
        }
        let behind = taken.split_off(1);
        behind.into_iter().rev().for_each(|line| self.ahead.push_front(line));
        let (text, number) = taken.first().map_or(("", 0), |line| (line.text.as_str(), line.number));
        self.splitter.begin();
        let cells = self.splitter.feed(Quotes::Letters, text, number)?.unwrap_or_default();
        Ok(row(&taken, cells, true))
    }

    /// Whether several lines are one row with line breaks in a cell. Where the first and another of them are rows by
    /// themselves, an open quote has swallowed them.
    fn is_one_row(&mut self, lines: &[Line], cells: usize) -> Result<bool, ImportError> {
        let Some(columns) = self.columns.filter(|columns| *columns == cells) else { return Ok(false) };
        let mut whole = 0_usize;
        for line in lines {
            self.splitter.begin();
            let plain = self.splitter.feed(Quotes::Letters, &line.text, line.number)?.unwrap_or_default();
            let complete = plain.len() >= columns;
            if whole == 0 && !complete {
                return Ok(true);
            }
            whole = whole.saturating_add(usize::from(complete));
        }
        Ok(whole < 2)
    }
}

fn row(lines: &[Line], cells: Vec<String>, broken: bool) -> Row {
    let (first, last) = (lines.first(), lines.last());
    let offset = first.map_or(0, |line| line.offset);
    let end = last.map_or(0, |line| line.offset.saturating_add(u64::try_from(line.text.len()).unwrap_or(u64::MAX)));
    Row {
        cells,
        line: first.map_or(0, |line| line.number),
        span: Span { offset, length: end.saturating_sub(offset) },
        ended: last.is_some_and(|line| line.ended),
        broken,
    }
}

/// Cuts one row into cells.
struct Splitter {
    quoted: Reader,
    plain: Reader,
    output: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    used: usize,
}

impl Splitter {
    fn new(delimiter: u8) -> Self {
        let reader = |quoting| ReaderBuilder::new().delimiter(delimiter).quoting(quoting).build();
        let ends = vec![0; COLUMNS_MAX];
        Self { quoted: reader(true), plain: reader(false), output: Vec::new(), written: 0, ends, used: 0 }
    }

    fn begin(&mut self) {
        (self.written, self.used) = (0, 0);
        self.quoted.reset();
        self.plain.reset();
    }

    /// Takes a line in; the cells when it ends the row, none while a quote is open.
    fn feed(&mut self, quotes: Quotes, text: &str, line: u64) -> Result<Option<Vec<String>>, ImportError> {
        for part in [text.as_bytes(), b"\n"].into_iter().filter(|part| !part.is_empty()) {
            // Cells are never longer than the text they stand in.
            self.output.resize(self.written.saturating_add(part.len()).saturating_add(1), 0);
            let output = self.output.get_mut(self.written..).unwrap_or_default();
            let ends = self.ends.get_mut(self.used..).unwrap_or_default();
            let reader = if quotes == Quotes::Meant { &mut self.quoted } else { &mut self.plain };
            let (result, _, written, used) = reader.read_record(part, output, ends);
            self.written = self.written.saturating_add(written);
            self.used = self.used.saturating_add(used);
            match result {
                ReadRecordResult::OutputEndsFull => return Err(at(line, Refusal::TooManyColumns(COLUMNS_MAX))),
                ReadRecordResult::Record => return Ok(Some(self.cells())),
                _ => {}
            }
        }
        Ok(None)
    }

    fn cells(&self) -> Vec<String> {
        let mut start = 0;
        let ends = self.ends.iter().take(self.used);
        ends.map(|end| {
            let cell = self.output.get(start..*end).unwrap_or_default();
            start = *end;
            trimmed(&String::from_utf8_lossy(cell))
        })
        .collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Meant,
    Letters,
}

/// Quotes that stand alone at an end of a cell (`Firma"`) are a bank's mistake and no part of the text.
fn trimmed(cell: &str) -> String {
    let lone = cell.matches('"').count() % 2 == 1;
    let text = if lone { cell.strip_suffix('"').or_else(|| cell.strip_prefix('"')).unwrap_or(cell) } else { cell };
    text.to_owned()
}
