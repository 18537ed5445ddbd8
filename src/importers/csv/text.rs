//! How do bytes of whatever encoding become lines of text, with number and place, without ever taking much memory?
//!
//! The encoding is named by a byte order mark, by the profile, by NUL bytes (UTF-16), or is found out at the first byte
//! that is not ASCII: what is UTF-8 there is UTF-8 all along, anything else is the older encoding of German banks. Which
//! it is must never change in the middle: a byte that does not fit refuses the file with its line.

use std::io::{BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding as Table, ISO_8859_15, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::super::{ImportError, Refusal};
use crate::domain::statement_profile::Encoding;

/// Longest line, in bytes of UTF-8. Real rows have hundreds.
pub(super) const LINE_MAX: usize = 64 * 1024;
/// How much is decoded at once, so that the limit above also holds for a source that hands out more.
const CHUNK: usize = 8 * 1024;
/// How many bytes are looked at for a byte order mark and for NUL bytes.
const LOOK: usize = 4 * 1024;

/// One line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    /// From 1.
    pub(super) number: u64,
    /// Where it begins in the text as UTF-8, without byte order mark.
    pub(super) offset: u64,
    /// Whether an end of line follows; without one the file may have been cut off.
    pub(super) ended: bool,
}

/// The lines of a file, whether they end with CR LF, LF or CR.
pub(super) struct Lines<R: BufRead> {
    input: R,
    /// Bytes that were read and are not decoded yet.
    held: Vec<u8>,
    encoding: Option<Encoding>,
    decoder: Option<Decoder>,
    text: String,
    /// How much of `text` has been handed out.
    used: usize,
    number: u64,
    offset: u64,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(mut input: R, named: Option<Encoding>) -> Result<Self, ImportError> {
        let limit = u64::try_from(LOOK).unwrap_or(u64::MAX);
        let mut head = Vec::new();
        input.by_ref().take(limit).read_to_end(&mut head).map_err(|error| at(1, Refusal::Read(error.to_string())))?;
        let (marked, mark) = byte_order_mark(&head);
        let held = head.split_off(mark);
        let encoding = marked.or(named).or_else(|| wide(&held));
        let decoder = encoding.map(|encoding| table(encoding).new_decoder_without_bom_handling());
        let (text, used) = (String::new(), 0);
        Ok(Self { input, held, encoding, decoder, text, used, number: 0, offset: 0, ended: false })
    }

    /// The encoding as far as it is known: none as long as all is ASCII.
    pub(super) fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// The number of the line that was handed out last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn next(&mut self) -> Result<Option<Line>, ImportError> {
        let mut searched = 0;
        loop {
            let rest = self.text.get(self.used..).unwrap_or_default();
            let end = line_end(rest.get(searched..).unwrap_or_default()).map(|place| place.saturating_add(searched));
            // A CR at the end may be half of an end of line.
            let split = end.is_some_and(|end| rest.ends_with('\r') && end.saturating_add(1) == rest.len());
            match end {
                Some(end) if !split || self.ended => return Ok(Some(self.take(end, true))),
                _ if rest.len() > LINE_MAX => {
                    return Err(at(self.number.saturating_add(1), Refusal::LineTooLong(LINE_MAX)));
                }
                None if self.ended && rest.is_empty() => return Ok(None),
                None if self.ended => {
                    let end = rest.len();
                    return Ok(Some(self.take(end, false)));
                }
                _ => searched = end.unwrap_or(rest.len()),
            }
            self.drop_used();
            self.decode()?;
        }
    }

    fn take(&mut self, length: usize, ended: bool) -> Line {
        let rest = self.text.get(self.used..).unwrap_or_default();
        let text = rest.get(..length).unwrap_or_default().to_owned();
        let behind = rest.get(length..).unwrap_or_default();
        let end = if behind.starts_with("\r\n") { 2 } else { usize::from(ended) };
        let whole = length.saturating_add(end);
        self.number = self.number.saturating_add(1);
        let line = Line { text, number: self.number, offset: self.offset, ended };
        self.used = self.used.saturating_add(whole);
        self.offset = self.offset.saturating_add(u64::try_from(whole).unwrap_or(u64::MAX));
        line
    }

    fn drop_used(&mut self) {
        self.text.drain(..self.used);
        self.used = 0;
    }

    /// Decodes the next bytes; at the end of the input says so.
    fn decode(&mut self) -> Result<(), ImportError> {
        let bytes = self.next_bytes()?;
        if bytes.is_empty() {
            self.ended = true;
        }
        match &mut self.decoder {
            Some(_) => self.run_decoder(&bytes),
            None => {
                let ascii = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(bytes.len());
                let (plain, other) = bytes.split_at(ascii);
                self.text.push_str(&String::from_utf8_lossy(plain));
                if other.is_empty() { Ok(()) } else { self.decide(other) }
            }
        }
    }

    fn next_bytes(&mut self) -> Result<Vec<u8>, ImportError> {
        if !self.held.is_empty() {
            return Ok(std::mem::take(&mut self.held));
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let read = self.input.by_ref().take(limit).read_to_end(&mut bytes);
        read.map_err(|error| at(self.place(), Refusal::Read(error.to_string())))?;
        Ok(bytes)
    }

    /// The first byte beyond ASCII tells the encoding.
    fn decide(&mut self, other: &[u8]) -> Result<(), ImportError> {
        let mut bytes = other.to_vec();
        // The longest sequence of UTF-8 has four bytes.
        if bytes.len() < 4 {
            bytes.extend(self.next_bytes()?);
        }
        let encoding = match std::str::from_utf8(&bytes) {
            Ok(_) => Encoding::Utf8,
            // Cut off by the end of the piece.
            Err(error) if error.valid_up_to() > 0 || error.error_len().is_none() => Encoding::Utf8,
            Err(_) => older(&bytes),
        };
        self.encoding = Some(encoding);
        self.decoder = Some(table(encoding).new_decoder_without_bom_handling());
        self.run_decoder(&bytes)
    }

    fn run_decoder(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let before = self.text.len();
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(LINE_MAX);
        self.text.reserve(room);
        let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut self.text, bytes.is_empty());
        let fresh = self.text.get(before..).unwrap_or_default();
        // The holes of the older encodings are taken for control characters, which no bank writes.
        let holes = |letter| ('\u{80}'..='\u{9f}').contains(&letter);
        let hole = if fresh.is_ascii() { None } else { fresh.find(holes) };
        let bad = hole.or(matches!(result, DecoderResult::Malformed(..)).then_some(fresh.len()));
        match (bad, self.encoding) {
            (Some(bad), Some(encoding)) => {
                let good = fresh.get(..bad).unwrap_or_default();
                let line =
                    lines_in(self.text.get(self.used..before).unwrap_or_default()).saturating_add(lines_in(good));
                let reason = Refusal::Characters(encoding.name());
                Err(at(self.place().saturating_add(line), reason))
            }
            _ => Ok(()),
        }
    }

    /// The line that comes next.
    fn place(&self) -> u64 {
        self.number.saturating_add(1)
    }
}

/// Whichever end comes first; two searches for one letter are faster than one for two.
fn line_end(text: &str) -> Option<usize> {
    let feed = text.find('\n');
    let before = text.get(..feed.unwrap_or(text.len())).unwrap_or_default();
    before.find('\r').or(feed)
}

fn lines_in(text: &str) -> u64 {
    let ends = text.matches('\n').count().max(text.matches('\r').count());
    u64::try_from(ends).unwrap_or(u64::MAX)
}

fn table(encoding: Encoding) -> &'static Table {
    match encoding {
        Encoding::Utf8 => UTF_8,
        Encoding::Utf16Le => UTF_16LE,
        Encoding::Utf16Be => UTF_16BE,
        Encoding::Windows1252 => WINDOWS_1252,
        Encoding::Iso8859_15 => ISO_8859_15,
    }
}

fn byte_order_mark(head: &[u8]) -> (Option<Encoding>, usize) {
    match head {
        [0xef, 0xbb, 0xbf, ..] => (Some(Encoding::Utf8), 3),
        [0xff, 0xfe, ..] => (Some(Encoding::Utf16Le), 2),
        [0xfe, 0xff, ..] => (Some(Encoding::Utf16Be), 2),
        _ => (None, 0),
    }
}

/// UTF-16 without a mark: every other byte of mostly Latin letters is NUL.
fn wide(head: &[u8]) -> Option<Encoding> {
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let enough = head.len().checked_div(4).unwrap_or(0).max(2);
    match (first >= enough, second >= enough) {
        (true, false) => Some(Encoding::Utf16Be),
        (false, true) => Some(Encoding::Utf16Le),
        _ => None,
    }
}

/// Windows-1252 unless the euro sign stands where only ISO-8859-15 has it.
fn older(bytes: &[u8]) -> Encoding {
    let has = |wanted: std::ops::RangeInclusive<u8>| bytes.iter().any(|byte| wanted.contains(byte));
    if has(0xa4..=0xa4) && !has(0x80..=0x9f) { Encoding::Iso8859_15 } else { Encoding::Windows1252 }
}

pub(super) fn at(line: u64, reason: Refusal) -> ImportError {
    ImportError { reason, line }
}
