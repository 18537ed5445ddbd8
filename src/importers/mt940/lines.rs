//! How do bytes of unknown origin become lines of text without ever taking much memory?
//!
//! Lines end with CR LF, LF or CR. Each line is decoded for itself: as UTF-8 where it is that, else as Windows-1252,
//! which holds ISO-8859-1. Banks mix both in one file, and a line of one is almost never a line of the other. Offsets count
//! the text as UTF-8, ends of lines included, a byte order mark not. Knows nothing of fields.

use std::io::{BufRead, ErrorKind};

use encoding_rs::WINDOWS_1252;

use super::super::{ImportError, Refusal};

/// Longest line in bytes. The standard has 65 characters; banks that do not wrap write the 400 of a whole field.
pub(super) const LINE_MAX: usize = 64 * 1024;

/// One line without its end and without control characters.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) text: String,
    /// From 1.
    pub(super) number: u64,
    pub(super) offset: u64,
    /// Where its text ends, in front of the end of line.
    pub(super) end: u64,
    /// An end of line follows. The last line of a file that was cut off has none.
    pub(super) ended: bool,
}

/// The lines of a file, in order.
pub(super) struct Lines<R> {
    input: R,
    number: u64,
    offset: u64,
    /// The last line ended with CR: a LF that follows belongs to it.
    after_cr: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, number: 0, offset: 0, after_cr: false }
    }

    /// Number of the last line read.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn next(&mut self) -> Result<Option<Line>, ImportError> {
        self.skip_line_feed()?;
        let (offset, number) = (self.offset, self.number.saturating_add(1));
        let Some((bytes, ended)) = self.take(number)? else { return Ok(None) };
        self.number = number;
        let bytes = if number == 1 { without_mark(bytes)? } else { bytes };
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| WINDOWS_1252.decode_without_bom_handling(error.as_bytes()).0.into_owned());
        let end = offset.saturating_add(length(text.len()));
        self.offset = end.saturating_add(u64::from(ended));
        let text = if text.contains(char::is_control) { printable(&text) } else { text };
        Ok(Some(Line { text, number, offset, end, ended }))
    }

    fn skip_line_feed(&mut self) -> Result<(), ImportError> {
        if std::mem::take(&mut self.after_cr) && self.fill()?.first() == Some(&b'\n') {
            self.input.consume(1);
            self.offset = self.offset.saturating_add(1);
        }
        Ok(())
    }

    /// The bytes up to the next end of line, and whether there is one.
    fn take(&mut self, number: u64) -> Result<Option<(Vec<u8>, bool)>, ImportError> {
        let mut taken = Vec::new();
        loop {
            let buffer = self.fill()?;
            if buffer.is_empty() {
                return Ok((!taken.is_empty()).then_some((taken, false)));
            }
            let end = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = end.and_then(|end| buffer.get(..end)).unwrap_or(buffer);
            if taken.len().saturating_add(part.len()) > LINE_MAX {
                return Err(ImportError { reason: Refusal::LineTooLong(LINE_MAX), line: number });
            }
            taken.extend_from_slice(part);
            let carriage = end.and_then(|end| buffer.get(end)) == Some(&b'\r');
            let used = end.map_or(buffer.len(), |end| end.saturating_add(1));
            self.input.consume(used);
            if end.is_some() {
                self.after_cr = carriage;
                return Ok(Some((taken, true)));
            }
        }
    }

    fn fill(&mut self) -> Result<&[u8], ImportError> {
        let line = self.number.saturating_add(1);
        loop {
            match self.input.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(ImportError { reason: Refusal::Read(error.to_string()), line }),
            }
        }
        // Asked again for the borrow; what is filled is not read twice.
        self.input.fill_buf().map_err(|error| ImportError { reason: Refusal::Read(error.to_string()), line })
    }
}

fn without_mark(bytes: Vec<u8>) -> Result<Vec<u8>, ImportError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(ImportError { reason: Refusal::Encoding("UTF-16".to_owned()), line: 1 });
    }
    Ok(bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes))
}

fn printable(text: &str) -> String {
    text.replace('\t', " ").chars().filter(|character| !character.is_control()).collect()
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn read(bytes: &[u8], capacity: usize) -> Vec<(String, u64, u64)> {
        let mut lines = Lines::new(BufReader::with_capacity(capacity, bytes));
        std::iter::from_fn(|| lines.next().unwrap()).map(|line| (line.text, line.offset, line.end)).collect()
    }

    #[test]
    fn all_ends_of_lines_give_the_same_lines_whatever_the_chunks() {
        for capacity in [1, 2, 3, 64] {
            let expected = [("a", 0, 1), ("", 3, 3), ("ä", 5, 7), ("c", 8, 9), ("d", 10, 11)];
            let expected = expected.map(|(text, offset, end)| (text.to_owned(), offset, end));
            assert_eq!(read("a\r\n\r\nä\nc\rd".as_bytes(), capacity), expected, "{capacity}");
        }
    }

    #[test]
    fn each_line_is_utf_8_or_windows_1252() {
        let expected = [("Müller".to_owned(), 0, 7), ("Müller €".to_owned(), 8, 19)];
        assert_eq!(read(b"\xef\xbb\xbfM\xc3\xbcller\nM\xfcller \x80", 8), expected);
        assert_eq!(read(b"a\x00\x01\tb\x7f", 8), [("a b".to_owned(), 0, 6)]);
    }

    #[test]
    fn other_encodings_and_endless_lines_are_refused() {
        let code = |bytes: &[u8]| Lines::new(bytes).next().unwrap_err().code();
        assert_eq!(code(b"\xff\xfe:\x002\x00"), "invalid_encoding");
        assert_eq!(code(&vec![b'x'; LINE_MAX + 1]), "line_too_long");
    }
}
